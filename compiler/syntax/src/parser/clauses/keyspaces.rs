//! Clauses of keyspaces.

use super::super::{Kids, Reader, Rule};
use crate::ast::ClauseKind;

impl Reader<'_> {
    pub(super) fn limit(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let (count, per) = (self.next_literal(kids)?, self.next_literal(kids)?);
        Some(ClauseKind::Limit { count, per, sliding: kids.has(Rule::sliding) })
    }

    pub(super) fn groups(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let mut groups = Vec::new();
        while kids.rule().is_some() {
            groups.push(self.next_name(kids)?);
        }
        Some(ClauseKind::Groups(groups))
    }

    pub(super) fn local(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let ttl = self.next_literal(kids)?;
        let max = kids.take(Rule::max).and_then(|pair| self.next_literal(&mut Kids::of(pair)));
        Some(ClauseKind::Local { ttl, max })
    }
}
