//! Diagnostics as text: drawn for people, plain, one JSON object a line, or SARIF for code scanners.
//!
//! Nothing here writes or asks the terminal anything; the command line says what it has.

#[cfg(feature = "draw")]
mod human;
mod json;
mod plain;
mod position;
mod sarif;

use std::borrow::Cow;

use super::codes::W1002;
use super::printable::{in_json, in_one_line};
use super::{Diagnostic, Label};
use crate::source::Sources;

/// As many diagnostics as are told.
const MOST: usize = 10_000;

/// For whom diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Drawn with the source, at most `width` columns wide where text can be wrapped.
    #[cfg(feature = "draw")]
    Human { color: bool, width: usize },
    /// Plain text with the lines that are meant, as a build script prints it.
    Plain,
    /// One JSON object a line.
    Json,
    /// One SARIF 2.1.0 log.
    Sarif,
}

impl Format {
    /// As many diagnostics as are told; whoever draws them for people counts all.
    fn most(self) -> usize {
        match self {
            #[cfg(feature = "draw")]
            Self::Human { .. } => usize::MAX,
            Self::Plain | Self::Json | Self::Sarif => MOST,
        }
    }
}

/// Every diagnostic in the order of files and of places in them; those without a place come last. Of more than 10,000 the
/// first are told, errors before warnings, and the number of the others (W1002). For people fewer are drawn.
///
/// Text for people is empty where there is nothing to say. SARIF is a whole log even then, because a scanner that
/// finds none cannot tell success from a crash.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, format: Format) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    let more = (sorted.len() > format.most()).then(|| {
        sorted.sort_by_key(|diagnostic| (diagnostic.severity, order(diagnostic)));
        let more = sorted.split_off(MOST);
        let errors = more.iter().filter(|diagnostic| diagnostic.is_error()).count();
        let message =
            format!("more was found than is told: {errors} errors and {} warnings", more.len() - errors);
        Diagnostic::global(W1002, message).help("mend these first; the others are found again then")
    });
    let printable: Vec<Cow<'_, Diagnostic>> = sorted.into_iter().chain(&more).map(printable).collect();
    let mut sorted: Vec<&Diagnostic> = printable.iter().map(Cow::as_ref).collect();
    sorted.sort_by_key(|diagnostic| order(diagnostic));
    match format {
        #[cfg(feature = "draw")]
        Format::Human { color, width } => human::render(&sorted, sources, color, width),
        Format::Plain => plain::render(&sorted, sources),
        Format::Json => in_json(&json::render(&sorted, sources)).into_owned(),
        Format::Sarif => in_json(&sarif::render(&sorted, sources)).into_owned(),
    }
}

fn order(diagnostic: &Diagnostic) -> impl Ord + use<> {
    let place = diagnostic.primary.as_ref().map(|label| label.span);
    let place = place.map(|span| (span.file, span.start, span.end));
    (place.is_none(), place, diagnostic.severity, diagnostic.code)
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

#[cfg(all(test, feature = "draw"))]
mod tests;
