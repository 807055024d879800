//! The parts that many clauses are made of: columns, lists of names, paths, texts.

use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Column, Expr, Literal, Name, Path, Text};
use polity_text::diagnostics::{Diagnostic, codes};

impl Reader<'_> {
    pub(super) fn columns(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Column>> {
        let mut columns = Vec::new();
        for column in kids.take(Rule::columns)?.into_inner() {
            let mut inner = Kids::of(column);
            let expr = self.expr(inner.next()?)?;
            let mut column = Column { expr, descending: None, nulls_first: None, weight: None };
            while let Some(part) = inner.next() {
                let span = self.span(&part);
                let word = part.as_str().split(' ').next().unwrap_or("").to_owned();
                let again = match part.as_rule() {
                    Rule::direction => column.descending.replace(part.as_str() == "desc").is_some(),
                    Rule::nulls => column.nulls_first.replace(part.as_str().ends_with("first")).is_some(),
                    _ => {
                        let weight = self.next_literal(&mut Kids::of(part))?;
                        column.weight.replace(weight).is_some()
                    }
                };
                if again {
                    self.said_twice(&word, span);
                }
            }
            columns.push(column);
        }
        Some(columns)
    }

    /// `(a, b.c)`
    pub(super) fn paths(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Path>> {
        let names = kids.take(Rule::names)?.into_inner();
        Some(names.filter(|pair| pair.as_rule() == Rule::path).map(|pair| self.path(&pair)).collect())
    }

    /// `(a, b)`: plain names, so a dotted one is an error.
    pub(super) fn names(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Name>> {
        let mut names = Vec::new();
        for path in self.paths(kids)? {
            if path.names.len() > 1 {
                self.push(
                    Diagnostic::new(codes::E0117, path.span, "a plain name belongs here, without a dot")
                        .help("name a field of this thing itself"),
                );
            }
            names.extend(path.names.into_iter().next_back());
        }
        Some(names)
    }

    pub(super) fn filter(&mut self, kids: &mut Kids<'_>) -> Option<Option<Expr>> {
        match kids.take(Rule::where_) {
            Some(pair) => self.inside(pair).map(Some),
            None => Some(None),
        }
    }

    pub(super) fn next_path(&mut self, kids: &mut Kids<'_>) -> Option<Path> {
        kids.take(Rule::path).map(|pair| self.path(&pair))
    }

    pub(super) fn next_name(&mut self, kids: &mut Kids<'_>) -> Option<Name> {
        kids.next().map(|pair| self.name(&pair))
    }

    pub(super) fn next_text(&mut self, kids: &mut Kids<'_>) -> Option<Text> {
        kids.next().map(|pair| self.text(&pair))
    }

    /// A text that says something to people, as one without a word does not.
    pub(super) fn words(&mut self, pair: &Pair<'_>) -> Text {
        let text = self.text(pair);
        if text.value.trim().is_empty() {
            self.push(
                Diagnostic::new(codes::E0207, text.span, "this text says nothing")
                    .help("say it in words, for whoever reads it later"),
            );
        }
        text
    }

    pub(super) fn next_words(&mut self, kids: &mut Kids<'_>) -> Option<Text> {
        kids.next().map(|pair| self.words(&pair))
    }

    pub(super) fn next_literal(&mut self, kids: &mut Kids<'_>) -> Option<Literal> {
        kids.next().map(|pair| self.literal(&pair))
    }

    /// The path inside the next pair, if that is of this rule.
    pub(super) fn path_in(&mut self, kids: &mut Kids<'_>, rule: Rule) -> Option<Path> {
        let pair = kids.take(rule)?;
        self.next_path(&mut Kids::of(pair))
    }
}
