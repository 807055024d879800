//! The files that were sealed, in the order in which they run, as a program runs them that keeps account of it.

use super::super::lower::database::Database;
use super::super::lower::placement::Placement;
use super::super::print::migrations::{Style, repeatable};
use super::files::{is_admins, is_transaction};
use crate::change::{Runner, SealedFile, SealedPlace};
use polity_model::history::{SealedMigration, folder_of, sum};
use polity_text::tokens;

/// Returns what was sealed of a place.
pub(in crate::postgres) fn sealed(placement: Placement<'_>) -> SealedPlace {
    let tier = placement.tenant.map(|tenant| tenant.tier);
    let (place, is_apart) = (placement.in_history(), placement.is_apart());
    let migrations = placement.platform.history.places.get(&place).map(|place| place.migrations.as_slice());
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
        text,
    };
    let mut scripts: Vec<SealedFile> = repeatable(&database, &Style::BARE).into_iter().map(script).collect();
    if tier.is_some() {
        for file in files.iter_mut().chain(&mut scripts) {
            file.text = tokens::escaped(&file.text, false);
        }
    }
    SealedPlace { place, tier, is_apart, migrator: database.roles.migrator, files, repeatable: scripts }
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
    let name = format!("{}/{name}", folder_of(*number, called));
    SealedFile { number: *number, name, runs, is_transaction, text: framed, sum: sum(text) }
}
