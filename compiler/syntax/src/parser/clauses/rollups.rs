//! The clause `rollup`, whose block holds columns.

use super::super::faults::After;
use super::super::items::join_docs;
use super::super::{Kids, Pair, Reader, Rule};
use crate::ast::{ClauseKind, RollupColumn};
use polity_text::diagnostics::{Diagnostic, codes};

impl Reader<'_> {
    pub(super) fn rollup(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name_pair = kids.next()?;
        let keyword = self.span(&name_pair);
        let name = self.lower(name_pair);
        let (mut every, mut by, mut retain) = (None, Vec::new(), None);
        let mut columns = Vec::new();
        while let Some(part) = kids.next() {
            match part.as_rule() {
                Rule::every => every = self.next_literal(&mut Kids::of(part)),
                Rule::by => by = self.paths(&mut Kids::of(part))?,
                Rule::keep => retain = self.next_literal(&mut Kids::of(part)),
                _ => columns = self.rollup_columns(part),
            }
        }
        let Some(every) = every else {
            self.push(
                Diagnostic::new(codes::E0117, keyword, "a rollup needs the width of its buckets")
                    .help("write `rollup NAME every 1h by (…) { … }`"),
            );
            return None;
        };
        Some(ClauseKind::Rollup { name, every, by, retain, columns })
    }

    fn rollup_columns(&mut self, pair: Pair<'_>) -> Vec<RollupColumn> {
        let mut columns = Vec::new();
        let mut docs = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::doc => {
                    docs.push(pair);
                    continue;
                }
                Rule::rollup_column => {
                    let documented = join_docs(&docs);
                    let mut kids = Kids::of(pair);
                    if let (Some(name), Some(expr)) = (kids.next(), kids.next()) {
                        let name = self.lower(name);
                        if let Some(expr) = self.expr(expr) {
                            columns.push(RollupColumn {
                                docs: documented,
                                name,
                                expr,
                                modifiers: self.modifiers(&mut kids),
                            });
                        }
                    }
                }
                Rule::rest => {
                    self.unread_rest(&pair, After::Field);
                }
                _ => self.unread_statement(&pair, false),
            }
            docs.clear();
        }
        self.dangling(&docs);
        columns
    }
}
