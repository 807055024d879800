//! The files of migrations as the tools that run them want them: those that were sealed, and the open one.
//!
//! | file | holds |
//! |---|---|
//! | `migrations/V0003__phones.sql` | a migration of one file |
//! | `migrations/V0003.20__phones_expand.sql` | one of several files, in their order |
//! | `admin/V0003__phones.sql` | what an administrator runs before; tools look below `migrations/` |
//! | `migrations/U0003__phones.sql` | its undo, which once something was taken away says that there is none |
//! | `migrations/db.changelog-master.yaml` | their list, where Liquibase runs them |
//! | `provision.sh` | of a tier: makes a tenant that no line of the source names |
//! | `open/20_expand.sql` | a file of the change that is not sealed yet; nobody runs it |

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::placement::Placement;
use super::super::lower::whole;
use super::super::print::liquibase::{self, Listed};
use super::super::print::migrations::{Style, repeatable};
use super::super::print::provision;
use super::undo::{refusal, unrecorded};
use crate::artifact::Artifacts;
use crate::change::{Phase, Runner};
use polity_govern::check::Valid;
use polity_model::Store;
use polity_model::history::{SealedMigration, SealedStore};
use polity_text::tokens;

/// Adds the files of the migrations of a store of which something was sealed.
pub(in crate::postgres) fn emit(valid: &Valid, store: &Store, artifacts: &mut Artifacts) {
    for placement in Placement::sealed(valid, store) {
        let Some(place) = valid.history.places.get(&placement.in_history()) else { continue };
        let name = &store.named.name;
        let folder = match placement.tier() {
            Some(tier) => format!("{name}/tiers/{tier}"),
            None => name.to_string(),
        };
        let is_of_tier = placement.tier().is_some();
        let (database, lowered) = whole(placement);
        let mut files = Artifacts::default();
        of_place((&database, &lowered), &folder, place, &mut files);
        if let Some(script) = provision::file(&database) {
            artifacts.add(format!("{folder}/provision.sh"), script);
        }
        for (path, content) in files.iter() {
            match is_of_tier {
                // A migration is rendered by other tools as well, which know more tokens than ours.
                true => artifacts.add(path, tokens::escaped(&String::from_utf8_lossy(content), true)),
                false => artifacts.add(path, content),
            }
        }
    }
}

/// Adds the migrations of a place, and the open change.
fn of_place(
    (database, lowered): (&Database, &Lowered),
    folder: &str,
    place: &SealedStore,
    artifacts: &mut Artifacts,
) {
    let style = Style::of(database);
    let mut listed = Vec::new();
    let takes_away = |migration: &&SealedMigration| migration.files.iter().any(|(file, _)| is_contract(file));
    let taken = place.migrations.iter().filter(takes_away).map(|migration| migration.number).max();
    for migration in &place.migrations {
        let mut one = sealed(database, &style, folder, migration, artifacts);
        let text = match &migration.undo {
            _ if taken >= Some(migration.number) => Some(refusal(TAKEN)),
            undo => undo.clone(),
        };
        one.undo = text.map(|text| undone(database, &style, folder, migration, &text, artifacts));
        listed.push(one);
    }
    if style.has_changelog() {
        let scripts = repeatable(database, &style).into_iter().map(|(name, _)| name);
        liquibase::emit(database, &listed, scripts, folder, artifacts);
    }
    let change = super::change(database, lowered);
    if change.part(false).next().is_some() {
        artifacts.add(format!("{folder}/open/undo.sql"), style.undo(database, OPEN, &change.undo));
    }
    for file in change.files {
        let text = match file.runs {
            Runner::Admin => file.text,
            Runner::Migrator => style.sealed(database, OPEN, &file.text, file.phase.is_transaction()),
        };
        artifacts.add(format!("{folder}/open/{}", file.name), text);
    }
}

const OPEN: &str = "Not sealed: `polity seal NAME` makes it a migration. Nobody runs it before.";

/// The reason why nothing leads back to what was before a contract.
const TAKEN: &str = "what clients of before needed was taken away since";

/// Adds the undo of a migration, and returns its name.
fn undone(
    database: &Database,
    style: &Style,
    folder: &str,
    migration: &SealedMigration,
    text: &str,
    artifacts: &mut Artifacts,
) -> String {
    let SealedMigration { number, name, .. } = migration;
    let what =
        format!("Takes {number}, {name}, back. Roles and extensions stay: they are the administrator's.");
    let framed = style.undo(database, &what, &(unrecorded(database, *number) + text));
    let target = style.file_name('U', *number, name);
    // It is a transaction by itself.
    if let Some(configuration) = style.configuration(database, &framed, false) {
        artifacts.add(format!("{folder}/migrations/{target}.conf"), configuration);
    }
    artifacts.add(format!("{folder}/migrations/{target}"), framed);
    target
}

/// Adds the files of one migration, and returns their names.
fn sealed(
    database: &Database,
    style: &Style,
    folder: &str,
    migration: &SealedMigration,
    artifacts: &mut Artifacts,
) -> Listed {
    let SealedMigration { number, name, files, .. } = migration;
    let mut listed = Listed { tag: style.tag(*number), is_sealed: true, ..Listed::default() };
    let own = files.iter().filter(|(file, _)| !is_admins(file)).count();
    for (file, text) in files {
        if is_admins(file) {
            let target = style.file_name('V', *number, name);
            let text = style.spelled(database, text.clone());
            artifacts.add(format!("{folder}/admin/{target}"), text);
            listed.admin = Some(target);
            continue;
        }
        let (part, subject) = parts(file);
        let target = match own {
            1 => style.file_name('V', *number, name),
            _ => style.part_name(*number, part, &format!("{name}_{subject}")),
        };
        let in_transaction = is_transaction(file);
        let what = format!("Sealed as {number}, {name}.");
        let framed = style.sealed(database, &what, text, in_transaction);
        if let Some(configuration) = style.configuration(database, &framed, in_transaction) {
            artifacts.add(format!("{folder}/migrations/{target}.conf"), configuration);
        }
        artifacts.add(format!("{folder}/migrations/{target}"), framed);
        listed.files.push((target, in_transaction));
    }
    listed
}

/// Whether a file takes something away.
fn is_contract(file: &str) -> bool {
    let beside = format!("{}_", Phase::ContractBeside.word());
    file.trim_end_matches(".sql").split_once('_').is_some_and(|(_, rest)| {
        rest.trim_start_matches("admin_") == Phase::Contract.word() || rest.starts_with(&beside)
    })
}

/// Whether an administrator runs a file.
pub(super) fn is_admins(file: &str) -> bool {
    file.starts_with("10_")
}

/// Whether a file is one transaction.
pub(super) fn is_transaction(file: &str) -> bool {
    let (_, subject) = parts(file);
    !BESIDE.iter().any(|phase| subject.starts_with(phase.word()))
}

/// The number in the name of a file, and what stands behind it.
fn parts(file: &str) -> (&str, &str) {
    file.trim_end_matches(".sql").split_once('_').unwrap_or((file, ""))
}

/// The phases whose files are no transaction.
const BESIDE: &[Phase] = &[Phase::Index, Phase::Backfill, Phase::Validate, Phase::ContractBeside];
