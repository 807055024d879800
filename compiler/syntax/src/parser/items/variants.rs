//! The values of an enum.

use super::super::faults::After;
use super::super::forms::{ITEMS, form};
use super::super::{Kids, Pair, Reader, Rule};
use super::headers::set;
use super::join_docs;
use crate::ast::{Docs, Variant};
use polity_text::source::Span;

impl Reader<'_> {
    pub(super) fn variants(&mut self, kids: &mut Kids<'_>) -> (Vec<Variant>, bool) {
        if let Some(stray) = kids.take(Rule::stray) {
            self.stray_header(&stray, form(ITEMS, "enum").unwrap_or(""));
        }
        let mut broken = false;
        let mut variants = Vec::new();
        let mut docs = Vec::new();
        let Some(pair) = kids.take(Rule::variants) else { return (variants, true) };
        for pair in pair.into_inner() {
            let span = self.span(&pair);
            match pair.as_rule() {
                Rule::doc => docs.push(pair),
                Rule::variant | Rule::removed => {
                    match self.variant(pair, join_docs(&docs), span) {
                        Some(variant) => variants.push(variant),
                        None => broken = true,
                    }
                    docs.clear();
                }
                rule => {
                    broken = true;
                    if rule == Rule::rest {
                        self.unread_rest(&pair, After::Variant);
                    } else {
                        self.unread_variant(&pair);
                    }
                    docs.clear();
                }
            }
        }
        self.dangling(&docs);
        (variants, broken)
    }

    fn variant(&mut self, pair: Pair<'_>, docs: Docs, span: Span) -> Option<Variant> {
        if pair.as_rule() == Rule::removed {
            let removed = self.removed(&mut Kids::of(pair))?;
            let name = removed.path.names.into_iter().next()?;
            return Some(Variant {
                docs,
                name,
                stored: None,
                was: None,
                labels: Vec::new(),
                span,
                removed: Some(removed.because),
            });
        }
        let mut kids = Kids::of(pair);
        let name = self.name(&kids.next()?);
        self.check_variant(&name);
        let mut variant =
            Variant { docs, name, stored: None, was: None, labels: Vec::new(), span, removed: None };
        while let Some(part) = kids.next() {
            let (span, word) = (self.span(&part), part.as_str().split(' ').next().unwrap_or("").to_owned());
            let again = match part.as_rule() {
                Rule::as_text => {
                    let stored = self.as_text(part);
                    set(&mut variant.stored, stored)
                }
                Rule::was => {
                    let was = self.was(part);
                    set(&mut variant.was, was)
                }
                _ => {
                    variant.labels.push(self.label(&part));
                    false
                }
            };
            if again {
                self.said_twice(&word, span);
            }
        }
        Some(variant)
    }
}
