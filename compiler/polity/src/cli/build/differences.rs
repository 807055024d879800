//! The output of `build --check`.

use std::path::Path;

use super::super::diff;
use crate::io::plan::{Change, Plan};
use crate::io::regular::{self, OUTPUT};
use crate::io::shown;
use crate::io::write::stray;
use polity_text::diagnostics::{Diagnostic, codes};

/// The number of files whose differences are shown; of the others only the name is.
const MOST_FILES: usize = 50;

/// Each file that differs, with the difference where there are two texts to compare, as far as anybody reads that.
pub(super) fn show(out: &Path, plan: &Plan<'_>, color: bool) -> String {
    let mut text = String::new();
    let mut compared = 0;
    for (path, change) in &plan.changes {
        match change {
            Change::Create(_) => text.push_str(&format!("missing: {path}\n")),
            Change::Remove => text.push_str(&format!("superfluous: {path}\n")),
            Change::Replace(new) => {
                text.push_str(&format!("out of date: {path}\n"));
                compared += 1;
                if compared <= MOST_FILES {
                    let old = regular::read(&out.join(path), OUTPUT).ok().flatten().unwrap_or_default();
                    text.push_str(&diff::unified(&old, new, color));
                }
            }
        }
    }
    text
}

/// The differences as diagnostics: one for all files that a build would mend where people read it, since they have
/// seen each; one a file for machines.
pub(super) fn diagnostics(out: &Path, plan: &Plan<'_>, is_for_people: bool) -> Vec<Diagnostic> {
    let help = "run `polity build` and commit what it writes";
    let mut stale: Vec<String> = plan
        .changes
        .iter()
        .map(|(path, change)| match change {
            Change::Create(_) => format!("`{path}` is missing"),
            Change::Replace(_) => format!("`{path}` is out of date"),
            Change::Remove => format!("`{path}` is superfluous"),
        })
        .collect();
    if plan.manifest_changes {
        stale.push("`manifest.json` is out of date".to_owned());
    }
    if plan.was_stopped || !plan.leftovers.is_empty() {
        stale.push("a build was stopped before its end and left temporary files".to_owned());
    }
    let mut found: Vec<Diagnostic> = match stale.as_slice() {
        [] => Vec::new(),
        all if is_for_people => vec![
            Diagnostic::global(codes::E1008, format!("`{}` is not what the source says", shown(out)))
                .note(all.join("\n"))
                .help(help),
        ],
        all => all.iter().map(|message| Diagnostic::global(codes::E1008, message).help(help)).collect(),
    };
    found.extend(plan.conflicts.iter().cloned());
    found.extend(plan.strays.iter().map(|path| stray(out, path)));
    found
}
