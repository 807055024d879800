//! Clauses of entities, and the parts that only one of them has.

use super::super::taken_words::INDEX_METHODS;
use super::super::{Kids, Reader, Rule};
use crate::ast::{ClauseKind, Fate, FateKind, Index, Name, Retain, Take};

impl Reader<'_> {
    pub(super) fn unique(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name = kids.take(Rule::name).map(|pair| self.lower(pair));
        let columns = self.columns(kids)?;
        let (mut filter, mut stored, mut not_distinct, mut deferrable) = (None, None, None, None);
        while let Some(part) = kids.next() {
            let span = self.span(&part);
            let (word, again) = match part.as_rule() {
                Rule::where_ => ("where", filter.replace(self.inside(part)?).is_some()),
                Rule::not_distinct => ("nulls not distinct", not_distinct.replace(span).is_some()),
                Rule::put_off => ("deferrable", deferrable.replace(span).is_some()),
                _ => ("as", stored.replace(self.as_text(part)?).is_some()),
            };
            if again {
                self.said_twice(word, span);
            }
        }
        Some(ClauseKind::Unique { name, columns, filter, stored, not_distinct, deferrable })
    }

    pub(super) fn ref_clause(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let fields = self.names(kids)?;
        let target = self.next_path(kids)?;
        let target_fields = self.names_if_any(kids)?;
        Some(ClauseKind::Ref { fields, target, target_fields, modifiers: self.modifiers(kids) })
    }

    pub(super) fn check(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name = kids.take(Rule::name).map(|pair| self.lower(pair));
        Some(ClauseKind::Check { name, expr: self.inside(kids.next()?)? })
    }

    pub(super) fn no_overlap(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name = kids.take(Rule::name).map(|pair| self.lower(pair));
        let pair = kids.next()?;
        let period = self.span(&pair);
        let mut ends = Kids::of(pair);
        let opens = ends.next()?.as_str() == "[";
        let (from, to) = (self.next_path(&mut ends)?, self.next_path(&mut ends)?);
        let closed = [opens, ends.next()?.as_str() == "]"];
        let per = match kids.take(Rule::per) {
            Some(pair) => self.paths(&mut Kids::of(pair))?,
            None => Vec::new(),
        };
        Some(ClauseKind::NoOverlap { name, from, to, closed, period, per, filter: self.filter(kids)? })
    }

    pub(super) fn partition(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let method = self.next_name(kids)?;
        let columns = if kids.rule() == Some(Rule::names) { self.paths(kids)? } else { Vec::new() };
        let (mut ahead, mut into, mut default) = (None, None, None);
        while let Some(part) = kids.next() {
            if part.as_rule() == Rule::all_other {
                default = Some(self.span(&part));
                continue;
            }
            let slot = if part.as_rule() == Rule::ahead { &mut ahead } else { &mut into };
            *slot = Some(self.literal(&part.into_inner().next()?));
        }
        Some(ClauseKind::PartitionBy { method, columns, ahead, into, default })
    }

    pub(super) fn audit(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let operations = self.names_if_any(kids)?;
        Some(ClauseKind::Audit { operations, into: self.path_in(kids, Rule::into_path) })
    }

    pub(super) fn publish(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let operations = self.names(kids)?;
        Some(ClauseKind::Publish { operations, to: self.path_in(kids, Rule::to_path) })
    }

    pub(super) fn take(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let mut taken = Vec::new();
        while let Some(pair) = kids.next() {
            let mut kids = Kids::of(pair);
            let path = self.next_path(&mut kids)?;
            taken.push(Take { path, modifiers: self.modifiers(&mut kids) });
        }
        Some(ClauseKind::Take(taken))
    }

    /// Names in brackets, which may be left out.
    pub(super) fn names_if_any(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Name>> {
        if kids.rule() == Some(Rule::names) { self.names(kids) } else { Some(Vec::new()) }
    }

    pub(super) fn index(&mut self, kids: &mut Kids<'_>) -> Option<Index> {
        let first = kids.take(Rule::name).map(|pair| self.name(&pair));
        let second = kids.take(Rule::name).map(|pair| self.name(&pair));
        let is_method = |name: &Name| INDEX_METHODS.contains(&name.text.as_str());
        let (name, mut method) = match (first, second) {
            (Some(word), None) if is_method(&word) => (None, Some(word)),
            (name, method) => (name, method),
        };
        if let Some(name) = &name {
            self.check_lower(name);
            let columns = kids.0.peek().map_or(name.span, |columns| self.span(&columns));
            self.near_method(name, columns, method.is_some(), INDEX_METHODS);
        }
        let columns = self.columns(kids)?;
        let mut index = Index {
            name,
            method: None,
            columns,
            include: Vec::new(),
            filter: None,
            language: None,
            with: None,
            stored: None,
        };
        while let Some(part) = kids.next() {
            let span = self.span(&part);
            let rule = part.as_rule();
            let word = part.as_str().split([' ', '(', '"', '{']).next().unwrap_or("").to_owned();
            let mut inner = Kids::of(part);
            let again = match rule {
                Rule::where_ => index.filter.replace(self.expr(inner.next()?)?).is_some(),
                Rule::using => method.replace(self.next_name(&mut inner)?).is_some(),
                Rule::covering => {
                    let again = !index.include.is_empty();
                    index.include.extend(self.paths(&mut inner)?);
                    again
                }
                Rule::language => index.language.replace(self.stored_text(&inner.next()?)).is_some(),
                Rule::with => index.with.replace(self.body(inner.next()?)).is_some(),
                _ => index.stored.replace(self.stored_text(&inner.next()?)).is_some(),
            };
            if again {
                self.said_twice(&word, span);
            }
        }
        index.method = method;
        Some(index)
    }

    pub(super) fn retain(&mut self, kids: &mut Kids<'_>) -> Option<Retain> {
        let duration = self.next_literal(kids)?;
        let after = self.path_in(kids, Rule::after);
        let then = match kids.take(Rule::then) {
            Some(pair) => {
                let fate = pair.into_inner().next()?;
                let span = self.span(&fate);
                let kind = match fate.as_str() {
                    "delete" => FateKind::Delete,
                    "anonymize" => FateKind::Anonymize,
                    _ => FateKind::ArchiveTo(self.next_path(&mut Kids::of(fate))?),
                };
                Some(Fate { span, kind })
            }
            None => None,
        };
        Some(Retain { duration, after, then })
    }
}
