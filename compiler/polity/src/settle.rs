//! Diagnostics that only follow from another mistake are not told: they go when that one does, or come back by
//! themselves.

use super::edits;
use polity_syntax::ast::Tree;
use polity_text::diagnostics::codes::*;
use polity_text::diagnostics::{Code, Diagnostic};
use polity_text::source::{Sources, Span};

/// Errors that say that something is missing. What could not be read, or named nothing, may be just that.
const MISSING: &[Code] = &[
    E0207, E0208, E0305, E0306, E0318, E0345, E0506, E0512, E0514, E0516, E0602, E0603, E0705, E0706, E0707,
    E0805, E0825, E0826, E0836, E0842, E0844, E0847, E0851, E0852, E0880, E0881, E0885, E0886, E0888,
];

/// Errors of a name that leads nowhere.
const NAMES: &[Code] = &[E0201, E0202, E0204];

/// The places of the items of a project, in their order.
#[derive(Debug, Default)]
pub(crate) struct Items(Vec<Span>);

impl Items {
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut spans: Vec<Span> =
            tree.files.iter().flat_map(|file| file.leaves()).map(|item| item.span).collect();
        spans.sort_unstable();
        Self(spans)
    }

    /// The item around the place of a diagnostic.
    fn around(&self, diagnostic: &Diagnostic) -> Option<usize> {
        let place = diagnostic.primary.as_ref()?.span;
        let after = self.0.partition_point(|span| (span.file, span.start) <= (place.file, place.start));
        let at = after.checked_sub(1)?;
        (self.0[at].file == place.file && place.start < self.0[at].end).then_some(at)
    }

    /// Leaves out what only follows: warnings about an item with a mistake in it, and errors about what is missing where
    /// something could not be read. What nothing uses is told where all else is well. Nothing is said twice.
    pub(crate) fn settle(&self, sources: &Sources, diagnostics: &mut Vec<Diagnostic>) {
        let (mut errors, mut unread) = (vec![false; self.0.len()], vec![false; self.0.len()]);
        for diagnostic in diagnostics.iter().filter(|d| d.is_error()) {
            let Some(item) = self.around(diagnostic) else { continue };
            errors[item] |= is_of_shape(diagnostic.code);
            unread[item] |= is_of_syntax(diagnostic.code) || NAMES.contains(&diagnostic.code);
        }
        let is_broken = diagnostics.iter().any(Diagnostic::is_error);
        diagnostics.retain(|diagnostic| {
            let item = self.around(diagnostic);
            let is_in = |broken: &[bool]| item.is_some_and(|item| broken[item]);
            match diagnostic.is_error() {
                true => !(MISSING.contains(&diagnostic.code) && is_in(&unread)),
                false => !(is_in(&errors) || is_broken && diagnostic.code == W0103),
            }
        });
        sort(diagnostics);
        // Of two mistakes of one text the second only follows.
        diagnostics.dedup_by(|a, b| {
            let is_same = a.code == b.code && a.message == b.message;
            let place = |d: &Diagnostic| d.primary.as_ref().map(|p| p.span);
            place(a) == place(b) && (is_same || is_of_syntax(a.code) && is_of_syntax(b.code))
        });
        edits::judge(sources, diagnostics);
    }
}

/// Whether the error is about what stands there, and not about a setting, a policy or what is not carried out yet.
fn is_of_shape(code: Code) -> bool {
    ["E01", "E02", "E03", "E05", "E06", "E07"].iter().any(|band| code.as_str().starts_with(band))
}

fn is_of_syntax(code: Code) -> bool {
    code.as_str().starts_with("E01")
}

fn sort(diagnostics: &mut [Diagnostic]) {
    let place = |d: &Diagnostic| d.primary.as_ref().map(|p| (p.span.file, p.span.start));
    diagnostics.sort_by(|a, b| place(a).cmp(&place(b)).then(a.code.as_str().cmp(b.code.as_str())));
}
