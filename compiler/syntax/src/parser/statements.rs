//! Blocks and the statements in them: fields, settings and clauses.

use super::faults::{After, is_clause, word};
use super::items::join_docs;
use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Body, Clause, Field, Setting, Stated, Statement, Type, TypeKind};
use polity_text::diagnostics::{Diagnostic, Help, codes};
use polity_text::source::Span;

impl Reader<'_> {
    /// The block of an item, after what is stray in its header.
    pub(super) fn block(&mut self, kids: &mut Kids<'_>, form: &'static str) -> Body {
        if let Some(stray) = kids.take(Rule::stray) {
            self.stray_header(&stray, form);
        }
        kids.next().map(|pair| self.body(pair)).unwrap_or_default()
    }

    pub(super) fn body(&mut self, pair: Pair<'_>) -> Body {
        let span = self.span(&pair);
        let is_setting = pair.as_rule() == Rule::settings;
        let mut statements: Vec<Stated> = Vec::new();
        let mut docs = Vec::new();
        let mut last = After::Setting;
        let mut lost_fields = false;
        for pair in pair.into_inner() {
            if pair.as_rule() == Rule::doc {
                docs.push(pair);
                continue;
            }
            let documented = join_docs(&docs);
            docs.clear();
            let span = self.span(&pair);
            match pair.as_rule() {
                rule @ (Rule::rest | Rule::junk) => {
                    if rule == Rule::rest {
                        if self.unread_rest(&pair, last)
                            && let Some(before) = statements.last_mut()
                        {
                            spoil(&mut before.kind);
                        }
                    } else {
                        self.unread_statement(&pair, is_setting);
                    }
                    statements.push(Stated { docs: documented.clone(), span, kind: Statement::Broken });
                    if let Some(name) = self.name_of_broken_field(&pair, is_setting) {
                        let ty = Type { span: name.span, kind: TypeKind::Broken, suffixes: Vec::new() };
                        let kind = Statement::Field(Field { name, ty, modifiers: Vec::new() });
                        statements.push(Stated { docs: documented, span, kind });
                    } else {
                        lost_fields |= rule == Rule::junk && !is_lost_clause(pair.as_str());
                    }
                }
                _ => {
                    last = match pair.as_rule() {
                        Rule::field => After::Field,
                        Rule::setting => After::Setting,
                        _ => After::Clause(word(pair.as_str())),
                    };
                    let mut hoisted = Vec::new();
                    let kind = self.statement(pair, &mut hoisted).unwrap_or(Statement::Broken);
                    statements.push(Stated { docs: documented, span, kind });
                    statements.append(&mut hoisted);
                }
            }
        }
        self.dangling(&docs);
        Body { statements, span: Some(span), lost_fields }
    }

    pub(super) fn statement(&mut self, pair: Pair<'_>, hoisted: &mut Vec<Stated>) -> Option<Statement> {
        match pair.as_rule() {
            Rule::field => {
                let mut kids = Kids::of(pair);
                let name = self.lower(kids.next()?);
                let ty = self.ty(kids.next()?)?;
                let modifiers = self.modifiers(&mut kids);
                Some(Statement::Field(Field { name, ty, modifiers }))
            }
            Rule::setting => {
                let mut kids = Kids::of(pair);
                let name = self.setting_name(&kids.next()?);
                let around = self.carried;
                self.carried |= name.text == "annotations";
                let value = self.value(&mut kids);
                self.carried = around;
                Some(Statement::Setting(Setting { name, value: value? }))
            }
            _ => {
                self.comma_after(&pair);
                Some(Statement::Clause(self.clause(pair, hoisted)?))
            }
        }
    }

    /// A clause ends with its line or with `;`: a comma may stand only after its `}`, or where its own list ended
    /// because what follows begins another statement (`read a, write b`).
    fn comma_after(&mut self, pair: &Pair<'_>) {
        if matches!(pair.as_rule(), Rule::grant | Rule::take) {
            return;
        }
        let span = pair.as_span();
        let end = self.absolute(span.end());
        let after = self.text.as_bytes()[end.min(self.text.len())..]
            .iter()
            .position(|&b| b != b' ')
            .map_or(end, |n| end + n);
        if self.text.as_bytes().get(after) == Some(&b',') && !span.as_str().ends_with('}') {
            self.push(
                Diagnostic::new(
                    codes::E0124,
                    Span::new(self.file, after, after + 1),
                    "a comma does not end a clause",
                )
                .help(Help::instead(";", "end it with its line, or with `;`"))
                .certain(),
            );
        }
    }

    pub(super) fn clause(&mut self, pair: Pair<'_>, hoisted: &mut Vec<Stated>) -> Option<Clause> {
        if self.names_nothing(&pair) {
            return None;
        }
        let keyword = self.keyword(&pair);
        let kind = match pair.as_rule() {
            Rule::value_clause => self.value_clause(Kids::of(pair), hoisted)?,
            Rule::apply => self.apply(pair)?,
            _ => self.clause_kind(pair)?,
        };
        Some(Clause { keyword, kind })
    }

    /// The span of a clause's first word, or words where it takes two to tell it.
    pub(super) fn keyword(&self, pair: &Pair<'_>) -> Span {
        let text = pair.as_str();
        let words = match pair.as_rule() {
            Rule::no_overlap
            | Rule::partition
            | Rule::shard
            | Rule::order
            | Rule::append_only
            | Rule::personal
            | Rule::compress
            | Rule::on_write
            | Rule::refresh_at
            | Rule::refresh_every
            | Rule::together
            | Rule::across => 2,
            _ => 1,
        };
        let mut end = 0;
        for _ in 0..words {
            end += text[end..].find(|c: char| c != ' ').unwrap_or(0);
            end += text[end..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(text.len() - end);
        }
        let start = pair.as_span().start();
        self.at(start, start + end)
    }
}

/// Whether unreadable text was meant to be a clause that brings no fields.
fn is_lost_clause(text: &str) -> bool {
    let first = word(text.trim_start());
    is_clause(first) && first != "include" && first != "take"
}

/// Takes back what was read of a statement, because what follows shows that something else was meant: its value or
/// type must not be judged as well. A field keeps its name.
fn spoil(statement: &mut Statement) {
    match statement {
        Statement::Field(field) => field.ty.kind = TypeKind::Broken,
        _ => *statement = Statement::Broken,
    }
}
