//! Channels: pattern and message.

use super::Resolver;
use crate::resolve::types::At;
use crate::{ChannelId, Type, TypeKind};
use polity_syntax::ast::{ClauseKind, ShapeKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0207, E0319};
use polity_text::source::Span;

impl Resolver<'_> {
    pub(super) fn channels(&mut self) {
        for (i, block) in self.declared.channels.iter().enumerate() {
            let id = ChannelId(i as u32);
            let labels = self.labels(&block.header.labels);
            self.platform[id].labels = labels;
            let mut value_seen: Option<Span> = None;
            for stated in &block.body.statements {
                let Statement::Clause(clause) = &stated.kind else {
                    self.no_member(&stated.kind, "a channel");
                    continue;
                };
                match &clause.kind {
                    ClauseKind::Pattern(text) => {
                        if let Some(first) = self.platform[id].pattern.span {
                            self.error(
                                Diagnostic::new(E0203, clause.keyword, "the pattern is said twice")
                                    .also(first, "said here first")
                                    .help("keep one of the two"),
                            );
                            continue;
                        }
                        let pattern = self.key_pattern(text, block.scope, None);
                        self.platform[id].pattern = pattern;
                    }
                    ClauseKind::Value(shape) => {
                        if let Some(first) = value_seen.replace(clause.keyword) {
                            self.error(
                                Diagnostic::new(E0203, clause.keyword, "the value is said twice")
                                    .also(first, "said here first")
                                    .help("keep one of the two"),
                            );
                            continue;
                        }
                        let name = self.platform[id].named.name.clone();
                        let at = At { scope: block.scope, path: &name };
                        let value = match &shape.kind {
                            ShapeKind::Scalar(ty) => Some(self.present(ty, at)),
                            ShapeKind::Json(body) => Some(Type::required(TypeKind::Struct(
                                self.value_record(body, shape.span, at),
                            ))),
                            _ => {
                                self.error(
                                    Diagnostic::new(E0319, shape.span, "a message is one value")
                                        .help("write a type, or `value json { … }`"),
                                );
                                None
                            }
                        };
                        self.platform[id].value = value;
                    }
                    _ => self.misplaced_clause(
                        clause.keyword,
                        "this does not belong into a channel",
                        "a channel says `pattern` and `value`",
                    ),
                }
            }
            let channel = &self.platform[id];
            let broken = block.body.broken() || block.body.span.is_none();
            if channel.pattern.span.is_none() && !broken {
                let span = channel.named.span;
                self.error(
                    Diagnostic::new(E0207, span, "what is the channel called in the store?")
                        .help("write `pattern \"user:{user: -> core.User}:notices\"`"),
                );
            }
            let channel = &self.platform[id];
            if value_seen.is_none() && !broken {
                let span = channel.named.span;
                self.error(
                    Diagnostic::new(E0207, span, "what are its messages?").help("write `value NoticeEvent`"),
                );
            }
        }
    }
}
