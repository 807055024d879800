//! Clauses: one arm for each keyword, and the parts that only one clause has.

use super::faults::After;
use super::forms::{CLAUSES, form};
use super::items::join_docs;
use super::{Kids, Pair, Reader, Rule};
use crate::ast::{ClauseKind, Fate, FateKind, GrantTarget, Index, Name, Retain, RollupColumn, Take};
use polity_text::diagnostics::{Diagnostic, codes};

/// The methods of an index. In `index WORD (…)` one of these is the method, any other word the index's name.
const INDEX_METHODS: &[&str] =
    &["btree", "hash", "gin", "gist", "brin", "geo", "text", "trigram", "vector", "wildcard"];

impl Reader<'_> {
    pub(super) fn clause_kind(&mut self, pair: Pair<'_>) -> Option<ClauseKind> {
        let rule = pair.as_rule();
        let mut kids = Kids::of(pair);
        let kids = &mut kids;
        Some(match rule {
            Rule::include => ClauseKind::Include(self.next_path(kids)?),
            Rule::key => ClauseKind::Key(self.paths(kids)?),
            Rule::unique => {
                let name = kids.take(Rule::name).map(|pair| self.lower(pair));
                let columns = self.columns(kids)?;
                let (mut filter, mut stored) = (None, None);
                while let Some(part) = kids.next() {
                    let span = self.span(&part);
                    let again = if part.as_rule() == Rule::where_ {
                        filter.replace(self.inside(part)?).is_some()
                    } else {
                        stored.replace(self.as_text(part)?).is_some()
                    };
                    if again {
                        self.said_twice("where", span);
                    }
                }
                ClauseKind::Unique { name, columns, filter, stored }
            }
            Rule::ref_clause => {
                let fields = self.names(kids)?;
                let target = self.next_path(kids)?;
                let target_fields =
                    if kids.rule() == Some(Rule::names) { self.names(kids)? } else { Vec::new() };
                ClauseKind::Ref { fields, target, target_fields, modifiers: self.modifiers(kids) }
            }
            Rule::check => {
                let name = kids.take(Rule::name).map(|pair| self.lower(pair));
                ClauseKind::Check { name, expr: self.inside(kids.next()?)? }
            }
            Rule::no_overlap => {
                let (from, to) = (self.next_name(kids)?, self.next_name(kids)?);
                let per = match kids.take(Rule::per) {
                    Some(pair) => self.paths(&mut Kids::of(pair))?,
                    None => Vec::new(),
                };
                ClauseKind::NoOverlap { from, to, per, filter: self.filter(kids)? }
            }
            Rule::index => ClauseKind::Index(Box::new(self.index(kids)?)),
            Rule::partition => {
                let method = self.next_name(kids)?;
                let columns = if kids.rule() == Some(Rule::names) { self.paths(kids)? } else { Vec::new() };
                let (mut ahead, mut into) = (None, None);
                while let Some(part) = kids.next() {
                    let slot = if part.as_rule() == Rule::ahead { &mut ahead } else { &mut into };
                    *slot = Some(self.literal(&part.into_inner().next()?));
                }
                ClauseKind::PartitionBy { method, columns, ahead, into }
            }
            Rule::shard => ClauseKind::ShardBy { hashed: kids.has(Rule::hashed), columns: self.paths(kids)? },
            Rule::order => ClauseKind::OrderBy(self.columns(kids)?),
            Rule::subject => ClauseKind::Subject,
            Rule::retain => ClauseKind::Retain(self.retain(kids)?),
            Rule::audit => {
                let operations =
                    if kids.rule() == Some(Rule::names) { self.names(kids)? } else { Vec::new() };
                ClauseKind::Audit { operations, into: self.path_in(kids, Rule::into_path) }
            }
            Rule::append_only => ClauseKind::AppendOnly,
            Rule::publish => {
                ClauseKind::Publish { operations: self.names(kids)?, to: self.path_in(kids, Rule::to_path) }
            }
            Rule::compress => ClauseKind::CompressAfter(self.next_literal(kids)?),
            Rule::rollup => self.rollup(kids)?,
            Rule::time => ClauseKind::Time(self.next_path(kids)?),
            Rule::with => ClauseKind::With(self.body(kids.next()?)),
            Rule::take => {
                let mut taken = Vec::new();
                while let Some(pair) = kids.next() {
                    let mut kids = Kids::of(pair);
                    let path = self.next_path(&mut kids)?;
                    taken.push(Take { path, modifiers: self.modifiers(&mut kids) });
                }
                ClauseKind::Take(taken)
            }
            Rule::removed => ClauseKind::Removed(self.removed(kids)?),
            Rule::sql => ClauseKind::Sql(self.next_text(kids)?),
            Rule::chained => ClauseKind::Chained,
            Rule::pattern => ClauseKind::Pattern(self.stored_text(&kids.next()?)),
            Rule::ttl => ClauseKind::Ttl(self.next_literal(kids)?),
            Rule::limit => {
                let (count, per) = (self.next_literal(kids)?, self.next_literal(kids)?);
                ClauseKind::Limit { count, per, sliding: kids.has(Rule::sliding) }
            }
            Rule::max_length => ClauseKind::MaxLength(self.next_literal(kids)?),
            Rule::database => ClauseKind::Database(self.next_literal(kids)?),
            Rule::together => ClauseKind::TogetherBy(self.names(kids)?),
            Rule::groups => {
                let mut groups = Vec::new();
                while kids.rule().is_some() {
                    groups.push(self.next_name(kids)?);
                }
                ClauseKind::Groups(groups)
            }
            Rule::dead_letter => ClauseKind::DeadLetter(self.next_path(kids)),
            Rule::on_write => ClauseKind::OnWrite(self.next_name(kids)?),
            Rule::refresh_at => ClauseKind::RefreshAt(self.next_literal(kids)?),
            Rule::refresh_every => ClauseKind::RefreshEvery(self.next_literal(kids)?),
            Rule::local => {
                let ttl = self.next_literal(kids)?;
                let max = kids.take(Rule::max).and_then(|pair| self.next_literal(&mut Kids::of(pair)));
                ClauseKind::Local { ttl, max }
            }
            Rule::in_environment => ClauseKind::InEnvironment {
                environment: self.next_name(kids)?,
                body: self.body(kids.next()?),
            },
            Rule::store_settings => {
                ClauseKind::StoreSettings { store: self.next_name(kids)?, body: self.body(kids.next()?) }
            }
            Rule::alert => {
                let expr = self.expr(kids.next()?)?;
                let lasting =
                    kids.take(Rule::lasting).and_then(|pair| self.next_literal(&mut Kids::of(pair)));
                let severity = kids.take(Rule::severity).and_then(|pair| self.next_name(&mut Kids::of(pair)));
                ClauseKind::Alert { expr, lasting, severity }
            }
            Rule::accept => {
                let what = self.next_name(kids)?;
                let place = self.path_in(kids, Rule::in_place);
                ClauseKind::Accept { what, place, because: self.because(kids.next()?)? }
            }
            Rule::parameter => {
                let name = self.lower(kids.next()?);
                let ty = self.ty(kids.next()?)?;
                let default = match kids.take(Rule::default) {
                    Some(pair) => Some(self.inside(pair)?),
                    None => None,
                };
                ClauseKind::Parameter { name, ty, default }
            }
            Rule::rule_clause => {
                let name = self.lower(kids.next()?);
                let cites = kids.take(Rule::string).map(|pair| self.text(&pair));
                ClauseKind::Rule { name, cites, body: self.block(kids, form(CLAUSES, "rule").unwrap_or("")) }
            }
            Rule::for_clause => ClauseKind::For { what: self.next_name(kids)?, filter: self.filter(kids)? },
            Rule::require => ClauseKind::Require(self.expr(kids.next()?)?),
            Rule::forbid => ClauseKind::Forbid(self.expr(kids.next()?)?),
            Rule::help => ClauseKind::Help(self.next_text(kids)?),
            Rule::severity => ClauseKind::Severity(self.next_name(kids)?),
            Rule::grant => {
                let verb = self.next_name(kids)?;
                let mut targets = Vec::new();
                while let Some(target) = kids.next() {
                    targets.push(self.target(Kids::of(target))?);
                }
                ClauseKind::Grant { verb, targets }
            }
            Rule::across => ClauseKind::AcrossTenants,
            _ => return None,
        })
    }

    fn index(&mut self, kids: &mut Kids<'_>) -> Option<Index> {
        let first = kids.take(Rule::name).map(|pair| self.name(&pair));
        let second = kids.take(Rule::name).map(|pair| self.name(&pair));
        let is_method = |name: &Name| INDEX_METHODS.contains(&name.text.as_str());
        let (name, mut method) = match (first, second) {
            (Some(word), None) if is_method(&word) => (None, Some(word)),
            (name, method) => (name, method),
        };
        if let Some(name) = &name {
            self.check_lower(name);
            self.near_method(name, method.is_some(), INDEX_METHODS);
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

    fn retain(&mut self, kids: &mut Kids<'_>) -> Option<Retain> {
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

    fn rollup(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
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

    fn target(&mut self, mut kids: Kids<'_>) -> Option<GrantTarget> {
        let pair = kids.next()?;
        let text = pair.as_str();
        let plain = text.strip_suffix(".*");
        let path = self.path_of(plain.unwrap_or(text), pair.as_span().start());
        let fields = if kids.rule() == Some(Rule::names) { self.names(&mut kids)? } else { Vec::new() };
        let mut target = GrantTarget { path, all: plain.is_some(), fields, except: Vec::new(), group: None };
        while let Some(part) = kids.next() {
            let rule = part.as_rule();
            let mut inner = Kids::of(part);
            if rule == Rule::as_group {
                target.group = self.next_name(&mut inner);
            } else {
                target.except.extend(inner.0.map(|label| self.label(&label)));
            }
        }
        Some(target)
    }
}
