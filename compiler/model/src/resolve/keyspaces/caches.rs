//! Caches: when each of their keys is written anew, and the key of the source that they go by.

use super::Resolver;
use crate::keyspace::{Cache, Local, OnWrite};
use crate::resolve::literals::bytes;
use crate::{FieldId, KeyspaceId};
use polity_syntax::ast::{self, ClauseKind, LiteralKind};
use polity_text::diagnostics::codes::{E0201, E0318};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

impl Resolver<'_> {
    /// `on write invalidate`, `refresh at 80%`, `local 5s max 64MiB`
    pub(super) fn clause_of_cache(&mut self, id: KeyspaceId, clause: &ast::Clause, is_cache: bool) {
        match &clause.kind {
            ClauseKind::OnWrite(word) => {
                let span = clause.keyword.to(word.span);
                let action = self.action_on_write(word).map(|action| (action, span));
                self.set_in_cache(id, clause.keyword, is_cache, |cache| cache.on_write = action);
            }
            ClauseKind::RefreshAt(literal) => {
                let percent = match &literal.kind {
                    LiteralKind::Percent(text) => text.parse::<u8>().ok().filter(|p| (1..100).contains(p)),
                    _ => None,
                };
                if percent.is_none() {
                    self.refuse_literal::<()>(literal, "a percentage from 1% to 99%", "refresh at 80%");
                }
                self.set_in_cache(id, clause.keyword, is_cache, |cache| cache.refresh_at = percent);
            }
            ClauseKind::Local { ttl, max } => {
                let ttl_span = ttl.span;
                let ttl = self.duration(ttl);
                let max_bytes = match max {
                    Some(ast::Literal { kind: LiteralKind::Size { count, unit }, .. }) => {
                        bytes(*count, *unit)
                    }
                    Some(literal) => self.refuse_literal(literal, "a size", "1GiB"),
                    None => None,
                };
                let local = ttl.map(|ttl| Local { ttl, ttl_span, max_bytes });
                self.set_in_cache(id, clause.keyword, is_cache, |cache| cache.local = local);
            }
            _ => {}
        }
    }

    fn action_on_write(&mut self, word: &ast::Name) -> Option<OnWrite> {
        const ACTIONS: &[(&str, OnWrite)] =
            &[("invalidate", OnWrite::Invalidate), ("update", OnWrite::Update), ("queue", OnWrite::Queue)];
        let action = ACTIONS.iter().find(|(name, _)| *name == word.text).map(|(_, action)| *action);
        if action.is_none() {
            let help = did_you_mean(&word.text, ACTIONS.iter().map(|(name, _)| *name))
                .unwrap_or_else(|| "write `invalidate`, `update` or `queue`".to_owned());
            let message = format!("a cache cannot `{}` on write", word.text);
            self.error(Diagnostic::new(E0201, word.span, message).help(help));
        }
        action
    }

    fn set_in_cache(&mut self, id: KeyspaceId, span: Span, is_cache: bool, set: impl FnOnce(&mut Cache)) {
        match &mut self.platform[id].cache {
            Some(cache) => set(cache),
            None if is_cache => {}
            None => self.misplaced_clause(
                span,
                "only a cache follows a source",
                "write `keyspace Name in STORE from ENTITY { … }`",
            ),
        }
    }

    /// The placeholders of a cache must be a key of its source, so that one key holds one row.
    pub(super) fn cache_key(&mut self, id: KeyspaceId) {
        let keyspace = &self.platform[id];
        let Some(cache) = &keyspace.cache else { return };
        let source = cache.source;
        if keyspace.pattern.parts.is_empty() {
            return;
        }
        let parameters: Vec<(smol_str::SmolStr, Span)> =
            keyspace.pattern.parameters.iter().map(|p| (p.name.clone(), p.span)).collect();
        let mut key: Vec<FieldId> = Vec::new();
        for (name, span) in parameters {
            let Some(field) = self.field_of(source, &ast::Name { text: name, span }) else { return };
            key.push(field);
        }
        if !self.is_unique(source, &key) && !self.outlines[source.index()].incomplete {
            let (span, entity) = (self.platform[id].pattern.span, &self.platform[source]);
            let names: Vec<&str> = entity.key.iter().map(|f| entity.field(*f).named.name.as_str()).collect();
            let diagnostic = Diagnostic::new(
                E0318,
                span.unwrap_or(entity.named.span),
                format!("these placeholders do not name one `{}`", entity.named.name),
            )
            .also(entity.named.span, format!("its key: {}", names.join(", ")))
            .note("a cache holds one row for each of its keys")
            .help("make the placeholders the fields of its key, or of a `unique` of it");
            self.error(diagnostic);
            return;
        }
        if let Some(cache) = &mut self.platform[id].cache {
            cache.key = key;
        }
    }
}
