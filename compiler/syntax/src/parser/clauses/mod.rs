//! Clauses: one arm for each keyword. The parts that only one clause has stand in a file for what the clause is about.

mod entities;
mod keyspaces;
mod policies;
mod rollups;

use super::{Kids, Pair, Reader, Rule};
use crate::ast::ClauseKind;

impl Reader<'_> {
    pub(super) fn clause_kind(&mut self, pair: Pair<'_>) -> Option<ClauseKind> {
        let rule = pair.as_rule();
        let mut kids = Kids::of(pair);
        let kids = &mut kids;
        Some(match rule {
            Rule::include => ClauseKind::Include(self.next_path(kids)?),
            Rule::key => ClauseKind::Key(self.paths(kids)?),
            Rule::unique => self.unique(kids)?,
            Rule::ref_clause => self.ref_clause(kids)?,
            Rule::check => self.check(kids)?,
            Rule::no_overlap => self.no_overlap(kids)?,
            Rule::index => ClauseKind::Index(Box::new(self.index(kids)?)),
            Rule::partition => self.partition(kids)?,
            Rule::shard => ClauseKind::ShardBy { hashed: kids.has(Rule::hashed), columns: self.paths(kids)? },
            Rule::order => ClauseKind::OrderBy(self.columns(kids)?),
            Rule::subject => ClauseKind::Subject,
            Rule::personal => ClauseKind::PersonalOf(self.next_path(kids)?),
            Rule::retain => ClauseKind::Retain(self.retain(kids)?),
            Rule::audit => self.audit(kids)?,
            Rule::append_only => ClauseKind::AppendOnly,
            Rule::publish => self.publish(kids)?,
            Rule::compress => ClauseKind::CompressAfter(self.next_literal(kids)?),
            Rule::rollup => self.rollup(kids)?,
            Rule::time => ClauseKind::Time(self.next_path(kids)?),
            Rule::with => ClauseKind::With(self.body(kids.next()?)),
            Rule::take => self.take(kids)?,
            Rule::removed => ClauseKind::Removed(self.removed(kids)?),
            Rule::sql => ClauseKind::Sql(self.next_text(kids)?),
            Rule::chained | Rule::seal_every | Rule::keep_payloads => self.of_log(rule, kids)?,
            Rule::pattern => ClauseKind::Pattern(self.stored_text(&kids.next()?)),
            Rule::ttl => ClauseKind::Ttl(self.next_literal(kids)?),
            Rule::limit => self.limit(kids)?,
            Rule::max_length => ClauseKind::MaxLength(self.next_literal(kids)?),
            Rule::database => ClauseKind::Database(self.next_literal(kids)?),
            Rule::together => ClauseKind::TogetherBy(self.names(kids)?),
            Rule::groups => self.groups(kids)?,
            Rule::dead_letter => ClauseKind::DeadLetter(self.next_path(kids)),
            Rule::on_write => ClauseKind::OnWrite(self.next_name(kids)?),
            Rule::refresh_at => ClauseKind::RefreshAt(self.next_literal(kids)?),
            Rule::refresh_every => ClauseKind::RefreshEvery(self.next_literal(kids)?),
            Rule::local => self.local(kids)?,
            Rule::in_environment => self.in_environment(kids)?,
            Rule::store_settings => self.store_settings(kids)?,
            Rule::alert => self.alert(kids)?,
            Rule::accept => self.accept(kids)?,
            Rule::parameter => self.parameter(kids)?,
            Rule::rule_clause => self.rule(kids)?,
            Rule::for_clause => ClauseKind::For { what: self.next_name(kids)?, filter: self.filter(kids)? },
            Rule::require => ClauseKind::Require(self.expr(kids.next()?)?),
            Rule::forbid => ClauseKind::Forbid(self.expr(kids.next()?)?),
            Rule::help => ClauseKind::Help(self.next_words(kids)?),
            Rule::severity => ClauseKind::Severity(self.next_name(kids)?),
            Rule::grant => self.grant(kids)?,
            Rule::across => ClauseKind::AcrossTenants,
            Rule::purpose => self.purpose(kids),
            Rule::recipient => self.recipient(kids)?,
            _ => return None,
        })
    }

    /// The clauses that only an audit log has.
    fn of_log(&mut self, rule: Rule, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        Some(match rule {
            Rule::chained => {
                let strictly = kids.has(Rule::strictly);
                ClauseKind::Chained { strictly, after: self.path_in(kids, Rule::after_path) }
            }
            Rule::seal_every => ClauseKind::SealEvery(self.next_literal(kids)?),
            _ => {
                let duration = self.next_literal(kids)?;
                ClauseKind::KeepPayloads { duration, because: self.because(kids.next()?)? }
            }
        })
    }

    fn in_environment(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let environment = self.next_name(kids)?;
        Some(ClauseKind::InEnvironment { environment, body: self.body(kids.next()?) })
    }

    fn store_settings(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let store = self.next_name(kids)?;
        Some(ClauseKind::StoreSettings { store, body: self.body(kids.next()?) })
    }

    fn alert(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let expr = self.expr(kids.next()?)?;
        let lasting = kids.take(Rule::lasting).and_then(|pair| self.next_literal(&mut Kids::of(pair)));
        let severity = kids.take(Rule::severity).and_then(|pair| self.next_name(&mut Kids::of(pair)));
        Some(ClauseKind::Alert { expr, lasting, severity })
    }

    pub(super) fn apply(&mut self, pair: Pair<'_>) -> Option<ClauseKind> {
        let mut kids = Kids::of(pair);
        let modifiers = self.modifiers(&mut kids);
        match kids.next() {
            None => Some(ClauseKind::Apply(modifiers)),
            Some(clause) => {
                let mut hoisted = Vec::new();
                let clause = self.clause(clause, &mut hoisted)?;
                Some(ClauseKind::ApplyClause(Box::new(clause)))
            }
        }
    }
}
