//! The files of sealed migrations of engines that read no SQL: their order, and their names where they are written.

use polity_model::history::SealedMigration;

/// The files of a migration, that of the administrator first.
pub(crate) fn in_order(migration: &SealedMigration) -> impl Iterator<Item = (&str, &str)> {
    let files = || migration.files.iter().map(|(file, text)| (file.as_str(), text.as_str()));
    files().filter(|(file, _)| is_admins(file)).chain(files().filter(|(file, _)| !is_admins(file)))
}

pub(crate) fn is_admins(file: &str) -> bool {
    file.starts_with("10_")
}

/// `V0003.20`
pub(crate) fn id(migration: &SealedMigration, file: &str) -> String {
    format!("V{:04}.{}", migration.number, parts(file).0)
}

/// The number of a file, and the words behind it.
pub(crate) fn parts(file: &str) -> (&str, &str) {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    stem.split_once('_').unwrap_or((stem, ""))
}

/// The path of a file below the folder of the store.
pub(crate) fn target(migration: &SealedMigration, file: &str) -> String {
    let SealedMigration { number, name, files, .. } = migration;
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let (part, subject) = parts(file);
    if is_admins(file) {
        return format!("migrations/admin/V{number:04}__{name}.{ending}");
    }
    match files.iter().filter(|(file, _)| !is_admins(file)).count() {
        1 => format!("migrations/V{number:04}__{name}.{ending}"),
        _ => format!("migrations/V{number:04}.{part}__{name}_{subject}.{ending}"),
    }
}
