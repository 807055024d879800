//! The changelogs of Liquibase. They list the files of migrations, which stay what any other program runs.
//!
//! | file | holds |
//! |---|---|
//! | `migrations/db.changelog-master.yaml` | the migrator's files with their undo, and a tag behind each migration |
//! | `admin/db.changelog-admin.yaml` | those that an administrator runs before, with an account of their own |
//! | `liquibase.properties` beside each | its name, and where its account stands |

use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::database::Database;
use super::super::lower::placement::Placement;
use super::super::sql::Ident;
use crate::artifact::Artifacts;
use polity_text::tokens;

/// The schema of its account, which is no part of the platform.
const ACCOUNT: &str = "polity_liquibase";

/// The line behind each statement. To everybody else it is a remark.
pub(super) const PARTS: &str = "--polity-next";

/// One migration, by the names of its files.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Listed {
    /// The tag behind it: `V0003`.
    pub(in crate::postgres) tag: String,
    /// The administrator's file.
    pub(in crate::postgres) admin: Option<String>,
    /// The migrator's, each with whether it is one transaction.
    pub(in crate::postgres) files: Vec<(String, bool)>,
    pub(in crate::postgres) undo: Option<String>,
    /// Whether it stays as it is.
    pub(in crate::postgres) is_sealed: bool,
}

/// A change set, each part as YAML.
#[derive(Default, Serialize)]
struct Set {
    id: String,
    tag: Option<String>,
    file: Option<String>,
    undo: Option<String>,
    /// Whether the undo of the first file of its migration takes it back as well.
    is_undone_by_first: bool,
    /// Whether it runs outside of a transaction.
    is_beside: bool,
    /// Whether it runs again when its text changes.
    is_again: bool,
    /// Whether another frame around the same statements is no other file.
    is_sealed: bool,
}

/// Adds the changelogs of a place in a folder: its migrations, then the scripts that run behind all others.
pub(in crate::postgres) fn emit(
    database: &Database,
    migrations: &[Listed],
    scripts: impl IntoIterator<Item = String>,
    folder: &str,
    artifacts: &mut Artifacts,
) {
    let again = |name: String| Set { is_again: true, ..of_file(&name, true) };
    // Tenants with schemas in one database share an account, and each has tags of its own.
    let whose =
        if database.placement.tenant.is_some() { format!(".{}", tokens::ROLE) } else { String::new() };
    let own =
        migrations.iter().flat_map(|one| sets(one, &whose)).chain(scripts.into_iter().map(again)).collect();
    let master = ("db.changelog-master.yaml", "", "");
    let what = ["Run by the migrator: liquibase update."];
    add(database, master, &what, own, &format!("{folder}/migrations"), artifacts);
    let admins = migrations.iter().filter_map(|one| one.admin.as_deref());
    let admins: Vec<Set> = admins.map(|name| Set { is_sealed: true, ..of_file(name, true) }).collect();
    if !admins.is_empty() {
        let what = ["Run by an administrator, before the changelog of the migrator: liquibase update."];
        let log = ("db.changelog-admin.yaml", "/admin", "_admin");
        add(database, log, &what, admins, &format!("{folder}/admin"), artifacts);
    }
}

/// Returns the statements by which an administrator makes the place of the account.
pub(super) fn account(database: &Database) -> String {
    let migrator = Ident(&database.roles.migrator);
    format!(
        "CREATE SCHEMA IF NOT EXISTS {ACCOUNT};\nGRANT USAGE, CREATE ON SCHEMA {ACCOUNT} TO {migrator};\n"
    )
}

/// Returns the change sets of a migration. Its undo goes with the first file, which is the last to be taken back.
fn sets(migration: &Listed, whose: &str) -> Vec<Set> {
    let mut sets: Vec<Set> = Vec::new();
    for (name, in_transaction) in &migration.files {
        let is_first = sets.is_empty();
        sets.push(Set {
            undo: migration.undo.as_ref().filter(|_| is_first).map(|name| yaml(name)),
            is_undone_by_first: migration.undo.is_some() && !is_first,
            is_sealed: migration.is_sealed,
            ..of_file(name, *in_transaction)
        });
    }
    let tag = Some(yaml(&format!("{}{whose}", migration.tag)));
    sets.push(Set { id: yaml(&migration.tag), tag, ..Set::default() });
    sets
}

fn of_file(name: &str, in_transaction: bool) -> Set {
    Set {
        id: yaml(name.trim_end_matches(".sql")),
        file: Some(yaml(name)),
        is_beside: !in_transaction,
        ..Set::default()
    }
}

/// Adds a changelog, and what says where it and its account are.
fn add(
    database: &Database,
    (name, part, suffix): (&str, &str, &str),
    remarks: &[&str],
    sets: Vec<Set>,
    folder: &str,
    artifacts: &mut Artifacts,
) {
    #[derive(Serialize)]
    struct Changelog<'c> {
        platform: &'c str,
        remarks: &'c [&'c str],
        /// The name by which an account knows the files, wherever they lie.
        place: String,
        /// The name of the token that stands for a dollar sign.
        dollar: &'static str,
        delimiter: String,
        sets: Vec<Set>,
    }
    let platform = database.platform.name.as_str();
    let values = Changelog {
        platform,
        remarks,
        place: yaml(&(place(&database.placement).to_string() + part)),
        dollar: tokens::name(tokens::DOLLAR),
        delimiter: yaml(PARTS),
        sets,
    };
    let text = polity_templates::render(polity_templates::postgres::CHANGELOG, values);
    artifacts.add(format!("{folder}/{name}"), text);
    let mut properties = format!(
        "# Generated by Polity from {platform}; do not edit.\n\
         changelogFile={name}\n\
         liquibase.liquibaseSchemaName={ACCOUNT}\n"
    );
    if !suffix.is_empty() {
        properties += &format!(
            "liquibase.databaseChangelogTableName=databasechangelog{suffix}\n\
             liquibase.databaseChangelogLockTableName=databasechangeloglock{suffix}\n"
        );
    }
    artifacts.add(format!("{folder}/liquibase.properties"), properties);
}

/// The name of a place in an account; tenants with schemas in one database share one.
fn place(placement: &Placement) -> SmolStr {
    match placement.tenant {
        Some(_) => format!("{}/{}", placement.in_history(), tokens::ROLE).into(),
        None => placement.in_history(),
    }
}

/// A text as YAML.
fn yaml(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
