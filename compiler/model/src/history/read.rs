//! From the files of `history/` to what was sealed. Whatever is not as it was sealed is an error that names it.

use std::collections::{BTreeMap, BTreeSet};

use polity_text::quoting::{is_invisible, visible};
use smol_str::SmolStr;

use super::rebase::is_in_conflict;
use super::{
    CATALOG, CHECKSUMS, FORMAT, History, MODEL, PENDING, STATE, SealedMigration, SealedModel, SealedStore,
    UNDO, checksums, sum,
};

/// The reason why a history cannot be taken for what was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The path below `history/`.
    pub path: String,
    pub reason: String,
    pub help: &'static str,
}

impl History {
    /// Reads the files of `history/`, each with its path below it.
    ///
    /// # Errors
    /// Every file that was edited, added or removed since it was sealed, and what cannot be read of the others.
    pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<Self, Vec<Unreadable>> {
        let mut files: BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let Some(sums) = files.remove(CHECKSUMS) else {
            return if files.is_empty() {
                Ok(Self::default())
            } else {
                Err(vec![unreadable(CHECKSUMS, "it is missing", RESTORE)])
            };
        };
        judge(&sums, &files)?;
        let model = files.get(MODEL).ok_or_else(|| vec![unreadable(MODEL, "it is missing", RESTORE)])?;
        let model: SealedModel = serde_json::from_str(model)
            .map_err(|error| vec![unreadable(MODEL, &error.to_string(), UPGRADE)])?;
        if model.format != FORMAT {
            let reason = format!("it has format {}, where {FORMAT} is expected", model.format);
            return Err(vec![unreadable(MODEL, &reason, UPGRADE)]);
        }
        if let Some(name) = model.names().find(|name| name.contains(is_invisible)) {
            let reason = format!("`{}` is no name: nobody sees a part of it", visible(name));
            return Err(vec![unreadable(MODEL, &reason, RESTORE)]);
        }
        let places = places(&files)?;
        Ok(Self { model, places, files, adopts: false, is_unreadable: false })
    }
}

pub(super) const RESTORE: &str = "take the file back from version control; history is never edited";
const UPGRADE: &str = "use the version of Polity that sealed it, or a newer one";
pub(super) const MERGED: &str = "two branches sealed: `polity seal --rebase --keep ours` keeps what HEAD sealed, `--keep theirs` what was merged into it, and seals the rest anew";

pub(super) fn unreadable(path: &str, reason: &str, help: &'static str) -> Unreadable {
    Unreadable { path: path.to_owned(), reason: reason.to_owned(), help }
}

/// Holds every file against its sum.
pub(super) fn judge(sums: &str, files: &BTreeMap<String, String>) -> Result<(), Vec<Unreadable>> {
    let (head, lines) = sums.split_once('\n').unwrap_or((sums, ""));
    if is_in_conflict(sums) {
        return Err(vec![unreadable(CHECKSUMS, "git left a conflict in it", MERGED)]);
    }
    if head != sum(lines) {
        let reason = "its first line is not the sum of the others";
        return Err(vec![unreadable(CHECKSUMS, reason, MERGED)]);
    }
    let known: BTreeMap<&str, &str> =
        lines.lines().filter_map(|line| line.split_once("  ")).map(|(sum, path)| (path, sum)).collect();
    let mut found = Vec::new();
    for (path, expected) in &known {
        match files.get(*path) {
            None => found.push(unreadable(path, "it is missing", RESTORE)),
            Some(text) if sum(text) != *expected => {
                found.push(unreadable(path, "it is not as it was sealed", RESTORE));
            }
            Some(_) => {}
        }
    }
    for path in files.keys().filter(|path| !known.contains_key(path.as_str())) {
        found.push(unreadable(
            path,
            "it was never sealed",
            "of another branch, once one side of a merge was taken: `polity seal --rebase` seals it anew; left by a seal that was stopped: remove it",
        ));
    }
    let rewritten = checksums(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    if found.is_empty() && rewritten != sums {
        found.push(unreadable(CHECKSUMS, "its lines are not in order, or one stands twice", RESTORE));
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// The places of stores with their migrations.
fn places(files: &BTreeMap<String, String>) -> Result<BTreeMap<SmolStr, SealedStore>, Vec<Unreadable>> {
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for path in files.keys().filter(|path| path.as_str() != MODEL) {
        let of_migration = path.rsplit_once('/').filter(|(_, file)| *file != PENDING);
        folders.extend(of_migration.map(|(folder, _)| folder));
    }
    let (mut places, mut found) = (BTreeMap::<SmolStr, SealedStore>::new(), Vec::new());
    for folder in folders {
        let Some((place, number, name)) = migration(folder) else {
            found.push(unreadable(folder, "it is no migration, such as `main/V0003__phones`", RESTORE));
            continue;
        };
        let of = |file: &str| files.get(&format!("{folder}/{file}")).cloned();
        let (Some(catalog), Some(state)) = (of(CATALOG), of(STATE)) else {
            found.push(unreadable(folder, "it has no `catalog.json` or no `state.json`", RESTORE));
            continue;
        };
        let mut scripts: Vec<(SmolStr, String)> = Vec::new();
        for (path, text) in
            files.range(format!("{folder}/")..).take_while(|(path, _)| path.starts_with(folder))
        {
            let file = &path[folder.len() + 1..];
            if !file.contains('/') && !file.ends_with(".json") && file != UNDO {
                scripts.push((file.into(), text.clone()));
            }
        }
        scripts.sort_by_key(|(file, _)| number_of(file));
        let store = places.entry(place.into()).or_default();
        store.migrations.push(SealedMigration { number, name: name.into(), files: scripts, undo: of(UNDO) });
        (store.catalog, store.state) = (catalog, state);
    }
    if found.is_empty() { Ok(places) } else { Err(found) }
}

/// The parts of `main/V0003__phones`; folders of a place are in the order of their numbers, for these have four digits or more.
fn migration(folder: &str) -> Option<(&str, u32, &str)> {
    let (place, last) = folder.rsplit_once('/')?;
    let (number, name) = last.strip_prefix('V')?.split_once("__")?;
    Some((place, number.parse().ok()?, name))
}

/// The number at the beginning of a file's name.
fn number_of(file: &str) -> u32 {
    file.split('_').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
