//! Diagnostics as text: drawn for people, plain, one JSON object a line, or SARIF for code scanners.
//!
//! Nothing here writes or asks the terminal anything; the command line says what it has.

#[cfg(feature = "cli")]
mod human;
mod json;
mod plain;
mod position;
mod sarif;
mod visible;

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
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| {
        let place = d.primary.as_ref().map(|label| (label.span.file, label.span.start, label.span.end));
        (place.is_none(), place, d.severity, d.code)
    });
    match format {
        #[cfg(feature = "cli")]
        Format::Human { color, width } => human::render(&sorted, sources, color, width),
        Format::Plain => plain::render(&sorted, sources),
        Format::Json => json::render(&sorted, sources),
        Format::Sarif => sarif::render(&sorted, sources),
    }
}

/// The primary label, then the others.
fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    diagnostic.primary.iter().chain(&diagnostic.others)
}

#[cfg(all(test, feature = "cli"))]
mod tests;
