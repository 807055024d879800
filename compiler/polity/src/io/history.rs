//! Reads and writes `history/` beside the source.
//!
//! A seal is done when `checksums` is replaced, in one step. Whatever a stopped one left before that is not listed there, which is an
//! error that names it; `model.json` waits under a name of its own until then, from which it is read if the seal was
//! stopped right behind that step.

use std::collections::BTreeMap;
#[cfg(feature = "cli")]
use std::fs;
use std::path::{Path, PathBuf};

use super::read::{FILES, find_files};
use super::regular::{self, LARGE, SOURCES, size};
use super::{failure, named, way};
use polity_model::history::{CHECKSUMS, FOLDER, MODEL};
use polity_text::diagnostics::{Diagnostic, codes};
use polity_text::source::Source;

/// The name under which `model.json` waits.
const WAITING: &str = ".model.json";

/// Reads all files below `history/`, with their paths below it; none where the folder is not there.
pub(super) fn read(project: &Path) -> Result<Vec<Source>, Diagnostic> {
    let root = project.join(FOLDER);
    if !root.try_exists().map_err(|error| failure("read the folder", &root, &error))? {
        return Ok(Vec::new());
    }
    way::judge_input(&root)?;
    let (mut files, mut bytes) = (Vec::new(), 0);
    for path in listed(&root)? {
        let content = regular::read(&path, LARGE)?.unwrap_or_default();
        bytes += content.len() as u64;
        if bytes > SOURCES {
            return Err(too_much(&size(SOURCES)));
        }
        let text = String::from_utf8_lossy(&content).into_owned();
        files.push(Source { path: named(path.strip_prefix(&root).unwrap_or(&path))?, text: text.into() });
    }
    finish(&root, &mut files)?;
    Ok(files)
}

/// Takes `model.json` from where it waits, if a seal was stopped right before it was put in place.
fn finish(root: &Path, files: &mut [Source]) -> Result<(), Diagnostic> {
    let Some(waiting) = regular::read(&root.join(WAITING), LARGE)? else { return Ok(()) };
    let waiting = String::from_utf8_lossy(&waiting).into_owned();
    let all: BTreeMap<&str, &str> = files
        .iter()
        .filter(|file| file.path != CHECKSUMS && file.path != MODEL)
        .map(|file| (file.path.as_str(), &*file.text))
        .chain([(MODEL, waiting.as_str())])
        .collect();
    let sums = polity_model::history::checksums(all.into_iter());
    if files.iter().any(|file| file.path == CHECKSUMS && *file.text == sums)
        && let Some(model) = files.iter_mut().find(|file| file.path == MODEL)
    {
        model.text = waiting.into();
    }
    Ok(())
}

/// The paths of all files below a folder; hidden ones are passed over.
fn listed(root: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    find_files(root, |_| true, || too_much(&format!("{FILES} files")))
}

/// The error for more history than is read.
fn too_much(most: &str) -> Diagnostic {
    Diagnostic::global(codes::E1010, format!("`{FOLDER}/` has more than {most}"))
        .help("part the platform into several projects")
}

/// Brings `history/` to these files, of which all that were sealed before are as they were. `before` is the text of `checksums` that
/// they start from, empty where nothing was sealed; where another seal came between, nothing is written.
#[cfg(feature = "cli")]
pub fn write(project: &Path, before: &str, files: &BTreeMap<String, String>) -> Result<(), Diagnostic> {
    use super::lock::Lock;
    use super::write::replace_file;

    let root = project.join(FOLDER);
    let create = |folder: &Path| {
        fs::create_dir_all(folder).map_err(|error| failure("create the folder", folder, &error))
    };
    create(&root)?;
    way::judge_below(project, Path::new(FOLDER))?;
    let _lock = Lock::exclusive(&root, || {}).map_err(|error| failure("lock the folder", &root, &error))?;
    let there = regular::read(&root.join(CHECKSUMS), LARGE)?.unwrap_or_default();
    if there != before.as_bytes() {
        let message = format!("`{FOLDER}/` was sealed by another command meanwhile");
        return Err(
            Diagnostic::global(codes::E1901, message).help("run this one again, from what is sealed now")
        );
    }
    let last = [MODEL, CHECKSUMS];
    for (path, text) in files.iter().filter(|(path, _)| !last.contains(&path.as_str())) {
        let target = root.join(path);
        if regular::read(&target, LARGE)?.is_some_and(|there| there == text.as_bytes()) {
            continue;
        }
        create(target.parent().unwrap_or(&root))?;
        replace_file(&target, text.as_bytes())?;
    }
    let text = |path: &str| files.get(path).map_or(&[][..], String::as_bytes);
    replace_file(&root.join(WAITING), text(MODEL))?;
    replace_file(&root.join(CHECKSUMS), text(CHECKSUMS))?;
    replace_file(&root.join(MODEL), text(MODEL))?;
    for path in listed(&root)? {
        let known = named(path.strip_prefix(&root).unwrap_or(&path))?;
        if !files.contains_key(&known) {
            fs::remove_file(&path).map_err(|error| failure("remove", &path, &error))?;
            // A folder that holds something else stays.
            let _stays = fs::remove_dir(path.parent().unwrap_or(&root));
        }
    }
    fs::remove_file(root.join(WAITING)).map_err(|error| failure("remove", &root.join(WAITING), &error))
}
