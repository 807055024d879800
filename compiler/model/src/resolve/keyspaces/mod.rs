//! Keyspaces: pattern, value, time to live, caches.
//!
//! | file | does |
//! |---|---|
//! | [`values`] | what a key holds |
//! | [`caches`] | how a cache follows its source |
//! | [`taken`] | the fields of its source that the value of a cache holds |
//! | [`channels`] | channels |

mod caches;
mod channels;
mod taken;
mod values;

use foldhash::{HashMap, HashMapExt};

use super::Resolver;
use super::names::Scope;
use super::types::At;
use crate::keyspace::{Cache, Limit, ValueShape};
use crate::{EntityId, KeyspaceId};
use polity_syntax::ast::{self, ClauseKind, Statement};
use polity_text::diagnostics::codes::{E0201, E0203, E0206, E0207};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(super) fn keyspaces(&mut self) {
        for (i, block) in self.declared.keyspaces.iter().enumerate() {
            let id = KeyspaceId(i as u32);
            let labels = self.labels(&block.header.labels);
            self.platform[id].labels = labels;
            let source = block.header.from.as_ref().and_then(|from| self.lookup_entity(from, block.scope));
            if let (Some(source), Some(from)) = (source, &block.header.from) {
                self.platform[id].cache = Some(Cache {
                    source,
                    key: Vec::new(),
                    taken: Vec::new(),
                    on_write: None,
                    refresh_at: None,
                    local: None,
                    span: from.span,
                });
            }
            let is_cache = block.header.from.is_some();
            let mut seen: HashMap<std::mem::Discriminant<ClauseKind>, Span> = HashMap::new();
            let mut together: &[ast::Name] = &[];
            let (mut groups, mut dead_letter) = (None, None);
            for stated in &block.body.statements {
                let Statement::Clause(clause) = &stated.kind else {
                    self.no_member(&stated.kind, "a keyspace");
                    continue;
                };
                if let Some(first) = seen.insert(std::mem::discriminant(&clause.kind), clause.keyword) {
                    self.error(
                        Diagnostic::new(E0203, clause.keyword, "this is said twice")
                            .also(first, "said here first")
                            .help("keep one of the two"),
                    );
                    continue;
                }
                match &clause.kind {
                    ClauseKind::TogetherBy(names) => together = names,
                    ClauseKind::Groups(names) => groups = Some((names.as_slice(), clause.keyword)),
                    ClauseKind::DeadLetter(path) => dead_letter = Some((path, clause.keyword)),
                    _ => self.keyspace_clause(id, clause, block.scope, source, is_cache),
                }
            }
            self.stream_clauses(id, groups, dead_letter, block.scope);
            self.together(id, together);
            self.finish_keyspace(id, block.body.broken() || block.body.span.is_none());
        }
        self.channels();
    }

    fn keyspace_clause(
        &mut self,
        id: KeyspaceId,
        clause: &'t ast::Clause,
        scope: Scope,
        source: Option<EntityId>,
        is_cache: bool,
    ) {
        let most = u64::from(u32::MAX);
        match &clause.kind {
            // A cache whose source is unknown was reported; its placeholders are judged no further.
            ClauseKind::Pattern(text) if is_cache && source.is_none() => {
                self.platform[id].pattern.span = Some(text.span);
            }
            ClauseKind::Pattern(text) => {
                self.platform[id].pattern = self.key_pattern(text, scope, source);
            }
            ClauseKind::Value(shape) => {
                let name = self.platform[id].named.name.clone();
                self.platform[id].value = self.shape(shape, At { scope, path: &name });
                self.platform[id].value_span = Some(shape.span);
            }
            ClauseKind::Ttl(literal) => {
                let ttl = self.any_duration(literal).map(|ttl| (ttl, literal.span));
                self.platform[id].ttl = ttl;
            }
            ClauseKind::Limit { count, per, sliding } => {
                self.platform[id].limit = self.limit(count, per, *sliding, clause.keyword);
            }
            ClauseKind::MaxLength(literal) => {
                let most = self.whole(literal, 0, most).map(|n| (n, literal.span));
                self.platform[id].max_length = most;
            }
            ClauseKind::Database(literal) => {
                let number = self.whole(literal, 0, most).map(|n| (n as u32, literal.span));
                self.platform[id].database = number;
            }
            ClauseKind::Purpose(names) => {
                let purposes = self.named_purposes(names);
                self.platform[id].purposes = purposes;
            }
            ClauseKind::OnWrite(_) | ClauseKind::RefreshAt(_) | ClauseKind::Local { .. } => {
                self.clause_of_cache(id, clause, is_cache);
            }
            ClauseKind::With(_) => self.misplaced_clause(
                clause.keyword,
                "Redis has no settings of a keyspace",
                "leave it out; settings of the server stand in the store",
            ),
            ClauseKind::Retain(_) => self.misplaced_clause(
                clause.keyword,
                "Redis retains nothing",
                "write `ttl 24h`: how long a key lives after its last write",
            ),
            _ => self.error(
                Diagnostic::new(E0206, clause.keyword, "this does not belong into a keyspace")
                    .help("a keyspace says `pattern`, `value`, `ttl`, `limit`, `max_length`, `database`, `purpose` and how a cache follows its source"),
            ),
        }
    }

    /// `limit 5 per 15m sliding`
    fn limit(
        &mut self,
        count: &ast::Literal,
        per: &ast::Literal,
        sliding: bool,
        keyword: Span,
    ) -> Option<Limit> {
        let (count, duration) = (self.whole(count, 0, u64::from(u32::MAX)), self.any_duration(per));
        let span = keyword.to(per.span);
        Some(Limit { count: count?, per: duration?, sliding, span, of_quota: false })
    }

    pub(super) fn no_member(&mut self, statement: &Statement, what: &str) {
        let span = match statement {
            Statement::Setting(setting) => setting.name.span,
            Statement::Field(field) => field.name.span,
            Statement::Clause(_) | Statement::Broken => return,
        };
        self.misplaced_clause(
            span,
            &format!("{what} has no members with a colon"),
            "leave the colon out: `ttl 24h`, `pattern \"…\"`",
        );
    }

    /// `together by (user)`: the parameters whose value decides the cluster slot.
    fn together(&mut self, id: KeyspaceId, names: &[ast::Name]) {
        for name in names {
            let parameters = &self.platform[id].pattern.parameters;
            match parameters.iter().position(|p| p.name == name.text) {
                Some(position) if !self.platform[id].together_by.contains(&position) => {
                    self.platform[id].together_by.push(position);
                    self.platform[id].together_spans.push(name.span);
                }
                Some(_) => {}
                None if self.platform[id].pattern.parts.is_empty() => {}
                None => {
                    let known = parameters.iter().map(|p| p.name.as_str());
                    let help = did_you_mean(&name.text, known)
                        .unwrap_or_else(|| "name a placeholder of the pattern".to_owned());
                    self.error(
                        Diagnostic::new(
                            E0201,
                            name.span,
                            format!("the pattern has no placeholder `{}`", name.text),
                        )
                        .help(help),
                    );
                }
            }
        }
    }

    /// Checks that a keyspace says what it must and that its clauses agree, and derives the value that its limit or
    /// cache implies.
    fn finish_keyspace(&mut self, id: KeyspaceId, is_broken: bool) {
        let keyspace = &self.platform[id];
        let span = keyspace.named.span;
        if keyspace.pattern.span.is_none() && !is_broken {
            self.error(
                Diagnostic::new(E0207, span, "which keys?")
                    .help("write `pattern \"user:session:{user: -> core.User}\"`"),
            );
        }
        let keyspace = &self.platform[id];
        if let (Some(limit), Some(value)) = (&keyspace.limit, keyspace.value_span) {
            let limit = limit.span;
            self.error(
                Diagnostic::new(E0203, value, "a limit says what the key holds")
                    .also(limit, "the limit")
                    .help("leave out the `value`"),
            );
        }
        let keyspace = &self.platform[id];
        if let (Some(limit), Some((_, ttl))) = (&keyspace.limit, keyspace.ttl) {
            let limit = limit.span;
            self.error(
                Diagnostic::new(E0203, ttl, "a limit says how long the key lives")
                    .also(limit, "the limit")
                    .help("leave out the `ttl`"),
            );
        }
        let keyspace = &mut self.platform[id];
        if keyspace.value_span.is_none() {
            if keyspace.limit.is_some() {
                keyspace.value = ValueShape::Limiter;
            } else if let Some(cache) = &keyspace.cache {
                keyspace.value = ValueShape::Entity(cache.source);
            } else if !is_broken && self.declared.keyspaces[id.index()].header.from.is_none() {
                self.error(
                    Diagnostic::new(E0207, span, "what do its keys hold?")
                        .help("write for example `value json { … }`, `value counter` or `limit 5 per 15m`"),
                );
            }
        }
        self.cache_key(id);
        self.taken_by(id);
    }
}
