//! Diagnostics as plain text, as a compiler prints them: for build scripts, which draw nothing.

use super::labels;
use super::position::{Positions, ceil_boundary, floor_boundary};
use crate::diagnostics::printable::{in_one_line, in_place, without_commands};
use crate::diagnostics::{Diagnostic, Label, Severity};
use crate::source::Sources;

/// The characters of a line that are shown on each side of a label; the rest of a longer line is left out.
const MOST_BESIDE: usize = 100;

/// A block for each diagnostic, with an empty line behind it:
///
/// ```text
/// error[E0101]: `}` is missing
///  --> shop.polity:1:15
///   |
/// 1 | platform shop {
///   |               ^ opened here
///   = help: write `}`
/// ```
pub(super) fn render(diagnostics: &[&Diagnostic], sources: &Sources) -> String {
    let positions = Positions::new(sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        out.push_str(&format!("{severity}[{}]: {}\n", diagnostic.code, diagnostic.message));
        for (at, label) in labels(diagnostic).enumerate() {
            excerpt(label, if at == 0 { '^' } else { '-' }, sources, &positions, &mut out);
        }
        for (name, text) in [("note", &diagnostic.note), ("help", &diagnostic.help)] {
            if let Some(text) = text {
                let text = text.replace('\n', "\n          ");
                out.push_str(&format!("  = {name}: {text}\n"));
            }
        }
        out.push('\n');
    }
    without_commands(&out).into_owned()
}

/// The place of a label and the line that it begins in, with `mark` below what it covers there.
fn excerpt(label: &Label, mark: char, sources: &Sources, positions: &Positions<'_>, out: &mut String) {
    let source = sources.get(label.span.file);
    let start = positions.start(label.span);
    let (from, to) = positions.clamp(label.span);
    let line_start = positions.line_start(label.span.file, start.line - 1);
    let line_end = positions.line_start(label.span.file, start.line);
    let end = line_start + source.text[line_start..line_end].trim_end_matches(['\n', '\r']).len();

    let (from, to) = (from.min(end), to.clamp(from.min(end), end));
    let first = floor_boundary(&source.text, from.saturating_sub(MOST_BESIDE)).max(line_start);
    let covered = to.min(ceil_boundary(&source.text, from + MOST_BESIDE));
    let last = ceil_boundary(&source.text, covered + MOST_BESIDE).min(end);

    let number = start.line.to_string();
    let margin = " ".repeat(number.len());
    let shown = in_place(&source.text[first..last]);
    // A tab is repeated below itself, so that the mark stands below its text however wide tabs are.
    let before = source.text[first..from].chars().filter(|c| *c != super::position::BOM);
    let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let marks: String =
        std::iter::repeat_n(mark, source.text[from..covered].chars().count().max(1)).collect();
    out.push_str(&format!("{margin}--> {}:{}:{}\n", in_one_line(&source.path), start.line, start.column));
    out.push_str(&format!("{margin} |\n{number} | {}\n", shown.trim_start_matches(super::position::BOM)));
    let marked = format!("{margin} | {indent}{marks} {}", label.text);
    out.push_str(marked.trim_end());
    out.push('\n');
}
