//! One JSON object a line, for scripts and editors.

use serde::Serialize;

use super::labels;
use super::position::Positions;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{Sources, Span};

/// A line of the output. `file` and the numbers after it are absent where no place is to blame. `start` and
/// `end` are bytes from 0, end exclusive; lines and columns count from 1, columns in Unicode characters.
#[derive(Serialize)]
struct Line<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place<'a>>,
    help: Option<&'a str>,
    note: Option<&'a str>,
    /// Every place of the story; the first is the one above.
    labels: Vec<LabelLine<'a>>,
    /// The changes that `help` proposes, to be made together.
    edits: Vec<EditLine<'a>>,
    /// Whether nothing else can have been meant, so that `--fix` makes the edits.
    certain: bool,
}

#[derive(Serialize)]
struct EditLine<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    /// The text that is to stand there.
    text: &'a str,
}

#[derive(Serialize)]
struct LabelLine<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: usize,
    end: usize,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

pub(super) fn render(diagnostics: &[&Diagnostic], sources: &Sources) -> String {
    let positions = Positions::new(sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let line = line(diagnostic, sources, &positions);
        out.push_str(&serde_json::to_string(&line).expect("text and numbers are always JSON"));
        out.push('\n');
    }
    out
}

fn line<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources, positions: &Positions<'a>) -> Line<'a> {
    Line {
        code: diagnostic.code.as_str(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &diagnostic.message,
        place: diagnostic.primary.as_ref().map(|label| place(label.span, sources, positions)),
        help: diagnostic.help.as_deref(),
        note: diagnostic.note.as_deref(),
        labels: labels(diagnostic)
            .map(|label| LabelLine { place: place(label.span, sources, positions), text: &label.text })
            .collect(),
        edits: diagnostic
            .edits
            .iter()
            .map(|edit| EditLine { place: place(edit.span, sources, positions), text: &edit.text })
            .collect(),
        certain: diagnostic.is_certain,
    }
}

fn place<'a>(span: Span, sources: &'a Sources, positions: &Positions<'a>) -> Place<'a> {
    let (start, end) = positions.clamp(span);
    let (first, last) = (positions.start(span), positions.end(span));
    Place {
        file: &sources.get(span.file).path,
        start,
        end,
        line: first.line,
        column: first.column,
        end_line: last.line,
        end_column: last.column,
    }
}
