//! The facts that the formatter needs about a text that parses: the grammar's opinion, without a tree.

use std::collections::{HashMap, HashSet};

use pest::Parser;

use super::grammar::Grammar;
use super::{Pair, Rule};
use crate::layout::{UnitKind, layout};
use polity_text::source::FileId;

/// Offsets are those of the file.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// The text in which a newline ends a statement.
    pub(crate) laid: String,
    /// The statements, by where they begin.
    pub(crate) members: HashMap<usize, Member>,
    /// The starts of the tokens that are glued to the token before them.
    pub(crate) glued: HashSet<usize>,
    /// The starts of the tokens that are glued to the token after them.
    pub(crate) glues: HashSet<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    #[default]
    Clause,
    /// A member that a comma ends: a field, a setting, a value of an enum.
    Member,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Member {
    pub(crate) shape: Shape,
    /// The place where the type begins, for a field.
    pub(crate) ty: Option<usize>,
    /// The place where the first modifier begins, for a field that has one.
    pub(crate) modifiers: Option<usize>,
}

/// The marks of a text that parses without an error.
pub(crate) fn marks(text: &str) -> Marks {
    let laid = layout(FileId(0), text);
    let mut marks = Marks::default();
    for unit in &laid.units {
        let rule = match unit.kind {
            UnitKind::Item => Rule::unit,
            UnitKind::SchemaHead => Rule::schema_unit,
            UnitKind::SchemaEnd => continue,
        };
        let Ok(pairs) = Grammar::parse(rule, &laid.text[unit.start..unit.end]) else { continue };
        for pair in pairs.filter(|pair| pair.as_rule() != Rule::doc) {
            marks.members.insert(unit.start + pair.as_span().start(), Member::default());
            marks.collect(pair, unit.start);
        }
    }
    marks.laid = laid.text;
    marks
}

impl Marks {
    fn collect(&mut self, pair: Pair<'_>, base: usize) {
        let rule = pair.as_rule();
        let start = base + pair.as_span().start();
        match rule {
            Rule::arguments | Rule::numbers | Rule::values | Rule::suffix => {
                self.glued.insert(start);
            }
            Rule::minus | Rule::signed => {
                self.glues.insert(start);
            }
            Rule::map => {
                let open = start + pair.as_str().find('<').unwrap_or(0);
                let close = base + pair.as_span().end() - 1;
                self.glued.extend([open, close]);
                self.glues.insert(open);
            }
            _ => {}
        }
        let is_block =
            matches!(rule, Rule::fields | Rule::settings | Rule::variants | Rule::rollups | Rule::record);
        for inner in pair.into_inner() {
            if is_block && inner.as_rule() != Rule::doc {
                self.members.insert(base + inner.as_span().start(), member(&inner, base));
            }
            self.collect(inner, base);
        }
    }
}

fn member(pair: &Pair<'_>, base: usize) -> Member {
    let mut starts = pair.clone().into_inner().map(|inner| base + inner.as_span().start());
    match pair.as_rule() {
        Rule::field => Member { shape: Shape::Member, ty: starts.nth(1), modifiers: starts.next() },
        Rule::setting | Rule::variant | Rule::rollup_column | Rule::entry => {
            Member { shape: Shape::Member, ..Member::default() }
        }
        _ => Member::default(),
    }
}
