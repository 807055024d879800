//! Diagnostics drawn by miette: the source with its labels, in as many files as the story needs.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use miette::{
    Diagnostic as Drawable, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::labels;
use super::position::{BOM, Positions, ceil_boundary, floor_boundary};
use crate::diagnostics::printable::{in_one_line, in_place, without_commands};
use crate::diagnostics::{Diagnostic, Label, Severity};
use crate::source::{FileId, Sources, Span};

/// More than anybody reads at once; scripts get them all.
const MOST_DRAWN: usize = 50;

/// A line is drawn this many bytes to each side of its label, which keeps one of a megabyte readable.
const MOST_BESIDE: usize = 200;

/// Stands below the first word of a note.
const NEXT_LINE: &str = "\n      ";

pub(super) fn render(diagnostics: &[&Diagnostic], sources: &Sources, color: bool, width: usize) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_urls(false);
    let painter = Painter::new(sources);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MOST_DRAWN) {
        let drawing = Drawing::new(diagnostic, &painter);
        let handler = match &diagnostic.note {
            Some(note) => handler.clone().with_footer(format!("note: {}", note.replace('\n', NEXT_LINE))),
            None => handler.clone(),
        };
        // Writing to a string does not fail, and `read_span` below refuses only what is asked speculatively.
        let drawn = handler.render_report(&mut out, &drawing);
        debug_assert!(drawn.is_ok(), "miette could not draw {diagnostic:?}");
        out.push('\n');
    }
    if let Some(more) = diagnostics.get(MOST_DRAWN..).filter(|more| !more.is_empty()) {
        out.push_str(&format!("and {}, which `--format json` lists\n\n", count(more)));
    }
    if !diagnostics.is_empty() {
        out.push_str(&format!("{}\n", count(diagnostics)));
    }
    without_commands(&out).into_owned()
}

/// `2 errors and 1 warning`.
fn count(diagnostics: &[&Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let counted = |n: usize, word: &str| match n {
        1 => format!("1 {word}"),
        n => format!("{n} {word}s"),
    };
    match (errors, diagnostics.len() - errors) {
        (errors, 0) => counted(errors, "error"),
        (0, warnings) => counted(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

/// The files as they are drawn, each prepared when a diagnostic first mentions it.
struct Painter<'a> {
    sources: &'a Sources,
    positions: Positions<'a>,
    drawn: Vec<OnceLock<Cow<'a, str>>>,
}

impl<'a> Painter<'a> {
    fn new(sources: &'a Sources) -> Self {
        Self { sources, positions: Positions::new(sources), drawn: vec![OnceLock::new(); sources.slots()] }
    }

    fn text(&self, file: FileId) -> &str {
        self.drawn[self.sources.slot(file)].get_or_init(|| in_place(&self.sources.get(file).text))
    }
}

/// One diagnostic for miette, which draws labels of one source only. The files that the labels are in are
/// therefore laid one behind the other, the primary one first, as if they were one text with gaps between.
struct Drawing<'a> {
    diagnostic: &'a Diagnostic,
    painter: &'a Painter<'a>,
    /// Each file with the offset that it starts at.
    files: Vec<(usize, FileId)>,
}

impl<'a> Drawing<'a> {
    fn new(diagnostic: &'a Diagnostic, painter: &'a Painter<'a>) -> Self {
        let mut files: Vec<(usize, FileId)> = Vec::new();
        let mut next = 0;
        for label in labels(diagnostic) {
            if !files.iter().any(|(_, file)| *file == label.span.file) {
                files.push((next, label.span.file));
                next += painter.text(label.span.file).len() + 2;
            }
        }
        Self { diagnostic, painter, files }
    }

    /// Where a label lies in the text laid together. A label of no width is widened to the character it stands
    /// at, where there is one, because miette would draw it at the end of the line before as well.
    fn place(&self, span: Span) -> (usize, usize) {
        let base = self.files.iter().find(|(_, file)| *file == span.file).map_or(0, |(base, _)| *base);
        let (start, mut end) = self.painter.positions.clamp(span);
        if start == end {
            end += self.painter.text(span.file)[start..].chars().next().map_or(0, char::len_utf8);
        }
        (base + start, end - start)
    }

    fn label(&self, label: &Label, primary: bool) -> LabeledSpan {
        let text = Some(label.text.clone()).filter(|text| !text.is_empty());
        let place = self.place(label.span);
        if primary {
            LabeledSpan::new_primary_with_span(text, place)
        } else {
            LabeledSpan::new_with_span(text, place)
        }
    }
}

impl Drawable for Drawing<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.diagnostic.help.as_deref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.files.is_empty()).then_some(self as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let primary = self.diagnostic.primary.iter().map(|label| self.label(label, true));
        let others = self.diagnostic.others.iter().map(|label| self.label(label, false));
        Some(Box::new(primary.chain(others)))
    }
}

impl SourceCode for Drawing<'_> {
    /// The lines of `span` with those around it. A span over two files is refused, which tells miette to draw
    /// them apart.
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let after = self.files.partition_point(|(base, _)| *base <= span.offset());
        let (base, file) =
            *after.checked_sub(1).and_then(|at| self.files.get(at)).ok_or(MietteError::OutOfBounds)?;
        let (text, positions) = (self.painter.text(file), &self.painter.positions);
        let (start, end) = (span.offset() - base, span.offset() - base + span.len());
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let last = if end > start { end - 1 } else { end };
        let (first_line, last_line) = (positions.line_of(file, start), positions.line_of(file, last));
        let top = first_line.saturating_sub(lines_before);
        let mut from = positions.line_start(file, top);
        let mut to = positions.line_start(file, last_line + lines_after + 1);
        let mut line = top;
        if start - from > MOST_BESIDE {
            from = floor_boundary(text, start - MOST_BESIDE).max(positions.line_start(file, first_line));
            line = first_line;
        }
        if to - end > MOST_BESIDE {
            let end_of_line = positions.line_start(file, last_line + 1);
            to = ceil_boundary(text, end + MOST_BESIDE).min(end_of_line).max(end);
        }
        if text[from..].starts_with(BOM) && start >= from + BOM.len_utf8() {
            from += BOM.len_utf8();
        }
        let column = match lines_before {
            // Asked without context, miette wants to print the place itself.
            0 => {
                from = start;
                line = first_line;
                positions.position(file, start).column - 1
            }
            _ => 0,
        };
        Ok(Box::new(MietteSpanContents::new_named(
            in_one_line(&self.painter.sources.get(file).path).into_owned(),
            &text.as_bytes()[from..to],
            (base + from, to - from).into(),
            line,
            column,
            last_line + lines_after - line,
        )))
    }
}

impl fmt::Display for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl fmt::Debug for Drawing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl std::error::Error for Drawing<'_> {}
