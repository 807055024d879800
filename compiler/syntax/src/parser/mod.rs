//! Pairs of the grammar to the tree.
//!
//! - [`items`], [`statements`], [`clauses`], [`shapes`], [`types`], [`values`] and [`expressions`] mirror the
//!   grammar's sections; [`parts`] is what many clauses share.
//! - [`literals`] judges what stands inside a token, [`names`] how a name is written, [`taken_words`] what may be none.
//! - [`faults`], [`unread_rest`], [`unread_statement`] and [`odd_signs`] work out, only for what could not be read,
//!   what was meant; [`forms`] is what they know of the right forms, [`habits`] what other languages write.

mod clauses;
mod expressions;
mod faults;
mod forms;
mod habits;
mod items;
mod literals;
mod marks;
mod names;
mod odd_signs;
mod parts;
mod recovery;
mod shapes;
mod statements;
mod taken_words;
mod types;
mod unread_rest;
mod unread_statement;
mod values;

use pest::Parser;
use smol_str::SmolStr;

use super::ast::{File, Item, ItemKind, Name, Path, Text, Tree};
use super::hidden::hidden;
use super::layout::{Layout, Unit, UnitKind, layout};
use polity_text::cores;
use polity_text::diagnostics::{Code, Diagnostic};
use polity_text::source::{self, FileId, Source, Sources, Span};

// The derive makes a public enum of the rules, which nobody outside this folder needs.
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "grammar.pest"]
    pub(super) struct Grammar;
}

use grammar::{Grammar, Rule};
pub(super) use marks::{Marks, Member, Shape, marks};

type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// The tree of every file, in their order, and what is wrong with them. Several files are read in parallel.
#[must_use]
pub fn parse(sources: &Sources) -> (Tree, Vec<Diagnostic>) {
    let files: Vec<_> = sources.iter().collect();
    let mut parsed = cores::on_all(&files, |(id, source)| parse_file(*id, &source.text));
    let packs = packs_in_use(&parsed);
    parsed.extend(packs.into_iter().map(|(id, source)| parse_file(id, &source.text)));
    let diagnostics = parsed.iter_mut().flat_map(|(_, diagnostics)| diagnostics.drain(..)).collect();
    (Tree { files: parsed.into_iter().map(|(file, _)| file).collect() }, diagnostics)
}

/// The policies that come with the compiler and that some `use policy` names, each once.
fn packs_in_use(parsed: &[(File, Vec<Diagnostic>)]) -> Vec<(FileId, &'static Source)> {
    let mut packs: Vec<(FileId, &'static Source)> = Vec::new();
    for item in parsed.iter().flat_map(|(file, _)| &file.items) {
        if let ItemKind::UsePolicy { name, .. } = &item.kind
            && let [name] = &name.names[..]
            && let Some(pack) = source::pack(&name.text)
            && packs.iter().all(|(id, _)| *id != pack.0)
        {
            packs.push(pack);
        }
    }
    packs
}

/// The tree of one file, and what is wrong with it, in the order of the text.
#[must_use]
pub fn parse_file(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let Layout { text: laid, units, marks, faults, .. } = layout(file, text);
    let mut reader = Reader {
        file,
        text: &laid,
        base: 0,
        shift: 0,
        marks: &marks,
        diagnostics: hidden(file, text).into_iter().chain(faults).collect(),
        last_fault: None,
        outside: false,
        misspelt: 0,
        carried: false,
    };
    let items = reader.units(&units);
    let mut diagnostics = reader.diagnostics;
    diagnostics.sort_by_key(|d| d.primary.as_ref().map(|label| label.span.start));
    (File { id: file, items }, diagnostics)
}

/// Reads the units of one file.
struct Reader<'t> {
    file: FileId,
    /// The text after layout.
    text: &'t str,
    /// Where the unit that is being read begins in the file.
    base: usize,
    marks: &'t [usize],
    diagnostics: Vec<Diagnostic>,
    /// How far the positions of the text that is being read lie behind those of the unit: not zero only where a
    /// part of a broken unit, or a mended copy of it, is read again.
    shift: isize,
    /// Where the last unreadable clause ended: what a comma cuts off from it is not judged by itself.
    last_fault: Option<usize>,
    /// Whether the item before was no item, but a statement outside of any block.
    outside: bool,
    /// How many items were read by another first word than they have.
    misspelt: usize,
    /// Whether a value of `annotations` is read, which is carried along as it is.
    carried: bool,
}

impl<'t> Reader<'t> {
    /// The items of a file; those between a schema's head and its end go into that schema.
    fn units(&mut self, units: &[Unit]) -> Vec<Item> {
        let mut open: Vec<(Item, Vec<Item>)> = Vec::new();
        let mut items = Vec::new();
        for unit in units {
            match unit.kind {
                UnitKind::Item => items.extend(self.unit(unit)),
                UnitKind::SchemaHead => {
                    let head = self.schema_head(unit);
                    open.push((head, std::mem::take(&mut items)));
                }
                UnitKind::SchemaEnd => {
                    let Some((mut schema, outer)) = open.pop() else { continue };
                    let inner = std::mem::replace(&mut items, outer);
                    schema.span.end = unit.end as u32;
                    match &mut schema.kind {
                        ItemKind::Schema { items, .. } => *items = inner,
                        // Its head could not be read: what stands inside is judged all the same.
                        _ => items.extend(inner),
                    }
                    items.push(schema);
                }
            }
        }
        items
    }

    fn unit(&mut self, unit: &Unit) -> Option<Item> {
        self.base = unit.start;
        let slice = &self.text[unit.start..unit.end];
        if slice.trim_ascii().is_empty() {
            return None;
        }
        let closed;
        let slice = if unit.unclosed == 0 {
            slice
        } else {
            closed = format!("{slice}{}", "}".repeat(unit.unclosed));
            &closed
        };
        match Grammar::parse(Rule::unit, slice) {
            Ok(pairs) => {
                self.outside = false;
                self.item(pairs)
            }
            Err(_) => self.unreadable_item(slice),
        }
    }

    fn schema_head(&mut self, unit: &Unit) -> Item {
        self.base = unit.start;
        let slice = &self.text[unit.start..unit.end];
        let item = match Grammar::parse(Rule::schema_unit, slice) {
            Ok(pairs) => self.item(pairs),
            Err(_) => self.unreadable_item(slice),
        };
        let span = Span::new(self.file, unit.start, unit.end);
        item.unwrap_or_else(|| Item { docs: SmolStr::default(), span, kind: broken(slice) })
    }

    fn span(&self, pair: &Pair<'_>) -> Span {
        let span = pair.as_span();
        self.at(span.start(), span.end())
    }

    /// The span of a range of the unit.
    fn at(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.absolute(start), self.absolute(end))
    }

    /// A position of the unit, in the file.
    fn absolute(&self, at: usize) -> usize {
        (self.base + at).saturating_add_signed(self.shift).min(self.text.len())
    }

    /// The text of this line before a position of the unit.
    fn unit_text_before(&self, at: usize) -> &'t str {
        let text = self.text.get(..self.absolute(at)).unwrap_or("");
        &text[text.rfind('\n').map_or(0, |n| n + 1)..]
    }

    fn name(&self, pair: &Pair<'_>) -> Name {
        Name { text: SmolStr::new(pair.as_str()), span: self.span(pair) }
    }

    fn path(&self, pair: &Pair<'_>) -> Path {
        self.path_of(pair.as_str(), pair.as_span().start())
    }

    /// `text` is dotted names without blanks, at `start` of the unit.
    fn path_of(&self, text: &str, start: usize) -> Path {
        let mut at = start;
        let names = text
            .split('.')
            .map(|part| {
                let name = Name { text: SmolStr::new(part), span: self.at(at, at + part.len()) };
                at += part.len() + 1;
                name
            })
            .collect();
        Path { names, span: self.at(start, start + text.len()) }
    }

    /// `#personal`, as `personal`; its span keeps the `#`.
    fn label(&self, pair: &Pair<'_>) -> Name {
        Name { text: SmolStr::new(pair.as_str().trim_start_matches('#')), span: self.span(pair) }
    }

    fn text(&mut self, pair: &Pair<'_>) -> Text {
        let (value, _) = self.unquoted(pair);
        Text { value, span: self.span(pair) }
    }

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::new(code, span, message));
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether layout has reported something inside this range of the unit.
    fn is_marked(&self, start: usize, end: usize) -> bool {
        let (start, end) = (self.absolute(start), self.absolute(end));
        let next = self.marks.partition_point(|&mark| mark < start);
        self.marks.get(next).is_some_and(|&mark| mark < end)
    }
}

/// An item that could not be read, with the words of its first line.
fn broken(text: &str) -> ItemKind {
    let head = &text[..text.find(['{', '\n']).unwrap_or(text.len())];
    let words = head.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    ItemKind::Broken { words: words.filter(|word| !word.is_empty()).map(SmolStr::new).collect() }
}

/// The pairs inside a pair, taken one by one.
struct Kids<'i>(pest::iterators::Pairs<'i, Rule>);

impl<'i> Kids<'i> {
    fn of(pair: Pair<'i>) -> Self {
        Self(pair.into_inner())
    }

    /// The next pair, if it is of this rule.
    fn take(&mut self, rule: Rule) -> Option<Pair<'i>> {
        if self.0.peek()?.as_rule() == rule { self.0.next() } else { None }
    }

    fn has(&mut self, rule: Rule) -> bool {
        self.take(rule).is_some()
    }

    fn rule(&self) -> Option<Rule> {
        self.0.peek().map(|pair| pair.as_rule())
    }

    fn next(&mut self) -> Option<Pair<'i>> {
        self.0.next()
    }
}
