//! `polity check --fix`: the changes that diagnostics propose, where nothing else can have been meant.

use std::collections::HashSet;
use std::path::Path;

use super::Outcome;
use super::project::Opened;
use super::terminal::Terminal;
use crate::io::way;
use crate::io::write::{may_write, replace_file};
use polity_model::Date;
use polity_text::diagnostics::{Diagnostic, mend};
use polity_text::source::{FileId, Source, Sources};

/// How often what was mended is looked through again: a mistake may have hidden another.
const ROUNDS: usize = 16;

/// Mends the project in memory until nothing is left that is certain, then replaces each file that changed in one step. Gives
/// the project as it is then.
pub(super) fn fix(
    opened: Opened,
    folder: &Path,
    day: Option<Date>,
    terminal: &Terminal,
) -> Result<Opened, Outcome> {
    way::judge_output(folder, Some(folder)).map_err(|refused| terminal.report_one(refused))?;
    // A file that is not UTF-8 was read with signs in the place of its bytes, and must not be written so.
    let places = opened.project.diagnostics.iter().filter_map(|found| found.primary.as_ref());
    let unreadable: HashSet<FileId> = places.map(|label| label.span.file).collect();
    let (sources, counts) = mended(&opened.project.sources, &unreadable, day);
    let changed: Vec<(FileId, usize)> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    for (file, _) in &changed {
        may_write(&folder.join(&sources.get(*file).path)).map_err(|refused| terminal.report_one(refused))?;
    }
    for (file, count) in &changed {
        let Source { path, text } = sources.get(*file);
        replace_file(&folder.join(path), text.as_bytes()).map_err(|refused| terminal.report_one(refused))?;
        let places = if *count == 1 { "1 place".to_owned() } else { format!("{count} places") };
        terminal.say(&format!("mended {path} in {places}"));
    }
    if changed.is_empty() {
        terminal.say("there is nothing to mend of which only one thing can have been meant");
        return Ok(opened);
    }
    Opened::read(folder, terminal)
}

/// The sources with all that is certain mended, and how much that was in each file.
fn mended(
    sources: &Sources,
    unreadable: &HashSet<FileId>,
    day: Option<Date>,
) -> (Sources, Vec<(FileId, usize)>) {
    let mut sources = sources.clone();
    let mut counts: Vec<(FileId, usize)> = sources.iter().map(|(file, _)| (file, 0)).collect();
    for _ in 0..ROUNDS {
        let found = crate::check(&sources, day);
        let is_certain = |d: &&Diagnostic| {
            d.is_certain && d.edits.iter().all(|edit| !unreadable.contains(&edit.span.file))
        };
        let files = mend(&sources, found.iter().filter(is_certain));
        if files.is_empty() {
            break;
        }
        let mut all: Vec<Source> = sources.iter().map(|(_, source)| source.clone()).collect();
        for file in files {
            let at = file.file.0 as usize;
            all[at].text = file.text.into();
            counts[at].1 += file.count;
        }
        sources = Sources::new(all).with_history(sources.history().to_vec());
    }
    (sources, counts)
}
