//! The changes that diagnostics propose, made in the text.

use std::collections::BTreeMap;

use super::{Diagnostic, Edit};
use crate::source::{FileId, Sources, Span};

/// A file with the changes that were made in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub file: FileId,
    pub text: String,
    /// How many diagnostics it mends.
    pub count: usize,
}

/// The files of the project with the edits of these diagnostics made in them. Those of one diagnostic are made together or
/// not at all: one that would change what another has changed already is left for the next time.
#[must_use]
pub fn mend<'d>(sources: &Sources, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> Vec<Mended> {
    let mut taken: BTreeMap<(FileId, u32), &Edit> = BTreeMap::new();
    let mut mended: Vec<FileId> = Vec::new();
    for diagnostic in diagnostics.into_iter().filter(|d| !d.edits.is_empty()) {
        if diagnostic.edits.iter().all(|edit| fits(sources, edit) && is_free(&taken, edit)) {
            taken.extend(diagnostic.edits.iter().map(|edit| ((edit.span.file, edit.span.start), edit)));
            mended.push(diagnostic.edits[0].span.file);
        }
    }
    let taken: Vec<&Edit> = taken.into_values().collect();
    let files = taken.chunk_by(|a, b| a.span.file == b.span.file);
    let of = |edits: &[&Edit]| {
        let file = edits[0].span.file;
        let count = mended.iter().filter(|mended| **mended == file).count();
        Mended { file, text: edited(&sources.get(file).text, edits), count }
    };
    files.map(of).collect()
}

/// Whether the edit is about a file of the project, and about whole characters of it.
fn fits(sources: &Sources, edit: &Edit) -> bool {
    let Edit { span, .. } = edit;
    !span.file.is_built_in()
        && sources.get(span.file).text.get(span.start as usize..span.end as usize).is_some()
}

/// Whether nothing at this place is changed already. What is inserted beside a change is a change of the same place, for
/// their order would mean something.
fn is_free(taken: &BTreeMap<(FileId, u32), &Edit>, edit: &Edit) -> bool {
    let Span { file, start, end } = edit.span;
    // Those that are taken do not touch one another, so the last that begins before the end of this one tells.
    let before = taken.range((file, 0)..=(file, end)).next_back();
    before.is_none_or(|(_, other)| other.span.end < start)
}

/// The text with the edits, which stand in the order of their places. Their lines end like those of the text.
fn edited(text: &str, edits: &[&Edit]) -> String {
    let ends_in_two = text.find('\n').is_some_and(|end| text[..end].ends_with('\r'));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        out.push_str(&text[at..edit.span.start as usize]);
        match ends_in_two && edit.text.contains('\n') {
            true => out.push_str(&edit.text.replace("\r\n", "\n").replace('\n', "\r\n")),
            false => out.push_str(&edit.text),
        }
        at = edit.span.end as usize;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::mend;
    use crate::diagnostics::{Diagnostic, codes};
    use crate::source::{FileId, Sources, Span};

    fn at(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start, end)
    }

    fn wrong(start: usize, end: usize) -> Diagnostic {
        Diagnostic::new(codes::E0101, at(start, end), "wrong")
    }

    fn mended(found: &[Diagnostic]) -> Vec<(String, usize)> {
        let sources = Sources::single("a.polity", "one two thr\u{e9}e");
        mend(&sources, found).into_iter().map(|mended| (mended.text, mended.count)).collect()
    }

    #[test]
    fn edits_of_one_diagnostic_are_made_together_or_not_at_all() {
        let both = wrong(0, 3).edit(at(0, 3), "1").edit(at(4, 7), "2");
        let other = wrong(4, 7).edit(at(4, 7), "zwei").edit(at(8, 8), "drei ");
        assert_eq!(mended(&[both.clone(), other.clone()]), [("1 2 thr\u{e9}e".to_owned(), 1)]);
        assert_eq!(mended(&[other, both]), [("one zwei drei thr\u{e9}e".to_owned(), 1)]);
    }

    #[test]
    fn lines_of_an_edit_end_like_those_of_the_file() {
        let edits = |text: &str| {
            let found = [wrong(0, 1).edit(at(0, 1), "x\ny")];
            mend(&Sources::single("a.polity", text), &found).remove(0).text
        };
        assert_eq!(edits("a\r\nb\r\n"), "x\r\ny\r\nb\r\n");
        assert_eq!(edits("a\nb\r\n"), "x\ny\nb\r\n");
        assert_eq!(edits("a"), "x\ny");
    }

    #[test]
    fn edits_that_are_no_places_of_a_project_are_left_out() {
        assert_eq!(mended(&[wrong(11, 12).edit(at(12, 13), "x"), wrong(0, 1).edit(at(90, 91), "x")]), []);
        let pack = Span::new(FileId(u32::MAX), 0, 1);
        assert_eq!(mended(&[wrong(0, 1).edit(pack, "x")]), []);
        assert_eq!(mended(&[wrong(0, 1)]), []);
    }
}
