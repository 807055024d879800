//! The files that were sealed, in the order in which they run, as a program runs them that keeps account of it.

use super::super::lower::database::Database;
use super::super::lower::lower;
use super::super::lower::placement::Placement;
use super::super::print;
use super::super::print::migrations::{Style, repeatable};
use super::super::print::schema;
use super::super::sql::statements::statements;
use super::files::{is_admins, is_transaction};
use crate::change::{Install, Runner, SealedFile, SealedPlace};
use polity_model::history::{SealedMigration, folder_of, sum};
use polity_text::tokens;

/// Returns what was sealed of a place.
pub(in crate::postgres) fn route(placement: Placement<'_>) -> SealedPlace {
    let tier = placement.tenant.map(|tenant| tenant.tier);
    let (place, is_apart) = (placement.in_history(), placement.is_apart());
    let sealed = placement.platform.history.places.get(&place);
    let migrations = sealed.map(|place| place.migrations.as_slice());
    let mut catalog = sealed.map(|place| place.catalog.clone()).unwrap_or_default();
    let database = Database::lower_in(placement);
    let mut files: Vec<SealedFile> = Vec::new();
    for migration in migrations.unwrap_or_default() {
        files.extend(migration.files.iter().map(|(name, text)| file(&database, migration, name, text)));
    }
    let script = |(name, text): (String, String)| SealedFile {
        number: 0,
        name,
        runs: Runner::Migrator,
        is_transaction: true,
        sum: sum(&text),
        texts: vec![text],
        counts: Vec::new(),
    };
    let mut scripts: Vec<SealedFile> = repeatable(&database, &Style::BARE).into_iter().map(script).collect();
    if tier.is_some() {
        for file in files.iter_mut().chain(&mut scripts) {
            for text in file.texts.iter_mut().chain(&mut file.counts) {
                *text = tokens::escaped(text, false);
            }
        }
        catalog = tokens::escaped(&catalog, false);
    }
    let install = install(&database);
    let migrator = database.roles.migrator;
    SealedPlace { place, tier, is_apart, migrator, files, repeatable: scripts, catalog, install }
}

/// Returns the texts that make the place of a tenant at once.
fn install(database: &Database) -> Option<Install> {
    let (platform, any) = (database.platform, database.placement.tenant?);
    let sealed = lower(database).as_sealed()?;
    let dependencies = sealed.catalog.dependencies();
    let mut objects = print::body(&sealed, &dependencies, &database.roles, String::new());
    schema::repeatable(database).into_iter().for_each(|(_, script)| objects.push_str(&script));
    let tier = &platform[any.tier];
    let own = [tokens::PREFIX, tokens::ROLE, tokens::ID].map(tokens::name);
    let mut parameters = platform.parameters(any);
    parameters.retain(|(name, _)| !own.contains(name));
    Some(Install {
        tier: tier.named.name.clone(),
        prefix: tier.prefix().to_owned(),
        parameters,
        roles: tokens::escaped(&print::roles(database, &sealed), false),
        objects: tokens::escaped(&objects, false),
    })
}

/// A file of a migration, with the settings around it that its statements need.
fn file(database: &Database, migration: &SealedMigration, name: &str, text: &str) -> SealedFile {
    let SealedMigration { number, name: called, .. } = migration;
    let is_transaction = is_transaction(name);
    let (runs, framed) = if is_admins(name) {
        (Runner::Admin, text.to_owned())
    } else {
        let what = format!("Sealed as {number}, {called}.");
        (Runner::Migrator, Style::BARE.sealed(database, &what, text, is_transaction))
    };
    let counts = counts(database, migration, name);
    let name = format!("{}/{name}", folder_of(*number, called));
    let texts = match is_transaction {
        true => vec![framed],
        false => statements(&framed).into_iter().map(str::to_owned).collect(),
    };
    SealedFile { number: *number, name, runs, is_transaction, texts, sum: sum(text), counts }
}

/// The queries that were sealed beside a file; those that were sealed before there were any have none.
fn counts(database: &Database, migration: &SealedMigration, name: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Beside {
        #[serde(default)]
        counts: Vec<String>,
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let folder = folder_of(migration.number, &migration.name);
    let path = format!("{}/{folder}/{stem}.json", database.placement.in_history());
    let beside = database.platform.history.files.get(&path);
    let read = beside.and_then(|text| serde_json::from_str::<Beside>(text).ok());
    read.map(|beside| beside.counts).unwrap_or_default()
}
