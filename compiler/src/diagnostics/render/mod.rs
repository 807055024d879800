//! Diagnostics as text: drawn for people, plain, one JSON object a line, or SARIF for code scanners.
//!
//! Nothing here writes or asks the terminal anything; the command line says what it has.

#[cfg(feature = "cli")]
mod human;
mod json;
mod plain;
mod position;
mod sarif;

use std::borrow::Cow;

use super::printable::{in_json, in_one_line};
use super::{Diagnostic, Label};
use crate::source::Sources;

/// For whom diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Drawn with the source, at most `width` columns wide where text can be wrapped.
    #[cfg(feature = "cli")]
    Human { color: bool, width: usize },
    /// Plain text with the lines that are meant, as a build script prints it.
    Plain,
    /// One JSON object a line.
    Json,
    /// One SARIF 2.1.0 log.
    Sarif,
}

/// Every diagnostic in the order of files and of places in them; those without a place come last.
///
/// Text for people is empty where there is nothing to say. SARIF is a whole log even then, because a scanner that
/// finds none cannot tell success from a crash.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: Format) -> String {
    let diagnostics: Vec<Cow<'_, Diagnostic>> = diagnostics.iter().map(printable).collect();
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().map(Cow::as_ref).collect();
    sorted.sort_by_key(|d| {
        let place = d.primary.as_ref().map(|label| (label.span.file, label.span.start, label.span.end));
        (place.is_none(), place, d.severity, d.code)
    });
    match format {
        #[cfg(feature = "cli")]
        Format::Human { color, width } => human::render(&sorted, sources, color, width),
        Format::Plain => plain::render(&sorted, sources),
        Format::Json => in_json(&json::render(&sorted, sources)).into_owned(),
        Format::Sarif => in_json(&sarif::render(&sorted, sources)).into_owned(),
    }
}

/// The diagnostic with its words in lines of our own: a message or the words at a place are one, and only notes and
/// helps have more.
fn printable(diagnostic: &Diagnostic) -> Cow<'_, Diagnostic> {
    let is_clean = is_printable(&diagnostic.message)
        && labels(diagnostic).all(|label| is_printable(&label.text))
        && diagnostic.note.iter().chain(&diagnostic.help).all(|text| text.split('\n').all(is_printable));
    if is_clean {
        return Cow::Borrowed(diagnostic);
    }
    let line = |text: &mut String| *text = in_one_line(text).into_owned();
    let mut clean = diagnostic.clone();
    line(&mut clean.message);
    for label in clean.primary.iter_mut().chain(&mut clean.others) {
        line(&mut label.text);
    }
    for text in clean.note.iter_mut().chain(&mut clean.help) {
        *text = text.split('\n').map(in_one_line).collect::<Vec<_>>().join("\n");
    }
    Cow::Owned(clean)
}

fn is_printable(line: &str) -> bool {
    matches!(in_one_line(line), Cow::Borrowed(_))
}

/// The primary label, then the others.
fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    diagnostic.primary.iter().chain(&diagnostic.others)
}

#[cfg(all(test, feature = "cli"))]
mod tests;
