//! Channels: pattern and message.

use super::Resolver;
use crate::resolve::names::Scope;
use crate::resolve::types::At;
use crate::{ChannelId, Type, TypeKind};
use polity_syntax::ast::{self, ClauseKind, ShapeKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0207, E0319};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
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
                            self.channel_says_twice("pattern", clause.keyword, first);
                            continue;
                        }
                        let pattern = self.key_pattern(text, block.scope, None);
                        self.platform[id].pattern = pattern;
                    }
                    ClauseKind::Value(shape) => {
                        if let Some(first) = value_seen.replace(clause.keyword) {
                            self.channel_says_twice("value", clause.keyword, first);
                            continue;
                        }
                        let value = self.message(id, shape, block.scope);
                        self.platform[id].value = value;
                    }
                    _ => self.misplaced_clause(
                        clause.keyword,
                        "this does not belong into a channel",
                        "a channel says `pattern` and `value`",
                    ),
                }
            }
            if !block.body.broken() && block.body.span.is_some() {
                self.judge_channel(id, value_seen.is_some());
            }
        }
    }

    fn channel_says_twice(&mut self, what: &str, again: Span, first: Span) {
        self.error(
            Diagnostic::new(E0203, again, format!("the {what} is said twice"))
                .also(first, "said here first")
                .help("keep one of the two"),
        );
    }

    /// The type of a channel's messages.
    fn message(&mut self, id: ChannelId, shape: &'t ast::Shape, scope: Scope) -> Option<Type> {
        let name = self.platform[id].named.name.clone();
        let at = At { scope, path: &name };
        match &shape.kind {
            ShapeKind::Scalar(ty) => Some(self.present(ty, at)),
            ShapeKind::Json(body) => {
                Some(Type::required(TypeKind::Struct(self.value_record(body, shape.span, at))))
            }
            _ => {
                self.error(
                    Diagnostic::new(E0319, shape.span, "a message is one value")
                        .help("write a type, or `value json { … }`"),
                );
                None
            }
        }
    }

    /// Checks that a channel says what it must.
    fn judge_channel(&mut self, id: ChannelId, has_value: bool) {
        let channel = &self.platform[id];
        let span = channel.named.span;
        if channel.pattern.span.is_none() {
            self.error(
                Diagnostic::new(E0207, span, "what is the channel called in the store?")
                    .help("write `pattern \"user:{user: -> core.User}:notices\"`"),
            );
        }
        if !has_value {
            self.error(
                Diagnostic::new(E0207, span, "what are its messages?").help("write `value NoticeEvent`"),
            );
        }
    }
}
