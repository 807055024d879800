//! The shapes of the values that keys hold.

use super::Resolver;
use crate::keyspace::{DeadLetter, ValueShape};
use crate::resolve::names::{Kind, Scope};
use crate::resolve::types::At;
use crate::{KeyspaceId, Scalar, Thing, Type, TypeKind};
use polity_syntax::ast::{self, ShapeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0303;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    /// Resolves the shape of the value that a key holds.
    pub(super) fn shape(&mut self, shape: &'t ast::Shape, at: At<'_>) -> ValueShape {
        match &shape.kind {
            ShapeKind::Scalar(ty) => ValueShape::Scalar(self.present(ty, at)),
            ShapeKind::Json(body) => ValueShape::Json(self.value_record(body, shape.span, at)),
            ShapeKind::Document(body) => ValueShape::Document(self.value_record(body, shape.span, at)),
            ShapeKind::Hash(body) => ValueShape::Hash(self.value_record(body, shape.span, at)),
            ShapeKind::Stream(body) => ValueShape::Stream {
                fields: self.value_record(body, shape.span, at),
                groups: Vec::new(),
                dead_letter: None,
            },
            ShapeKind::List(ty) => ValueShape::List(self.present(ty, at)),
            ShapeKind::Set(ty) => ValueShape::Set(self.member(ty, at)),
            ShapeKind::SortedSet { of, by, descending } => {
                let of = self.member(of, at);
                let by_span = by.as_ref().map_or(shape.span, |by| by.span);
                let by = match by {
                    Some(by) => self.present(by, at),
                    None => Type::required(TypeKind::Scalar(Scalar::Float)),
                };
                let scalar = self.platform.scalar(&by);
                let by_time = scalar == Some(Scalar::Timestamp);
                if !by_time && !scalar.is_some_and(Scalar::is_number) && by.kind != TypeKind::Broken {
                    self.misplaced_clause(
                        by_span,
                        "a sorted set is sorted by a number or a moment",
                        "write `by float`, `by int` or `by timestamp`",
                    );
                }
                ValueShape::SortedSet { of, by, by_time, descending: *descending }
            }
            ShapeKind::Geo(ty) => ValueShape::Geo(self.member(ty, at)),
            ShapeKind::Bloom(ty) => ValueShape::Bloom(self.member(ty, at)),
            ShapeKind::Counter => ValueShape::Counter,
            ShapeKind::Bitmap => ValueShape::Bitmap,
            ShapeKind::HyperLogLog => ValueShape::HyperLogLog,
            ShapeKind::TimeSeries => ValueShape::TimeSeries,
        }
    }

    pub(super) fn value_record(&mut self, body: &'t ast::Body, span: Span, at: At<'_>) -> crate::StructId {
        let path = format!("{}Value", at.path);
        self.record(body, span, At { path: &path, ..at })
    }

    /// A value that stands alone, so that nothing is left of it where it is absent.
    pub(super) fn present(&mut self, written: &'t ast::Type, at: At<'_>) -> Type {
        let mut ty = self.ty(written, at);
        if ty.optional && ty.kind != TypeKind::Broken {
            let name = self.platform.type_name(&ty);
            self.error(
                Diagnostic::new(E0303, written.span, format!("`{name}` means nothing here"))
                    .here("there is a value or there is none")
                    .help("leave out the `?`"),
            );
        }
        ty.optional = false;
        ty
    }

    /// A member of a set, which is one value.
    fn member(&mut self, written: &'t ast::Type, at: At<'_>) -> Type {
        let ty = self.ty(written, at);
        if ty.optional || self.is_composite(&ty) {
            let name = self.platform.type_name(&ty);
            self.error(
                Diagnostic::new(E0303, written.span, format!("`{name}` cannot be a member of a set"))
                    .help("a member is a single value that is always there"),
            );
        }
        ty
    }

    pub(super) fn stream_clauses(
        &mut self,
        id: KeyspaceId,
        groups: Option<(&[ast::Name], Span)>,
        dead_letter: Option<(&Option<ast::Path>, Span)>,
        scope: Scope,
    ) {
        let is_stream = matches!(self.platform[id].value, ValueShape::Stream { .. });
        let is_broken = matches!(self.platform[id].value, ValueShape::Broken);
        for span in groups.iter().map(|(_, s)| *s).chain(dead_letter.iter().map(|(_, s)| *s)) {
            if !is_stream && !is_broken {
                self.misplaced_clause(span, "only a stream has this", "write `value stream { … }`");
                return;
            }
        }
        let letter = match dead_letter {
            None => None,
            Some((None, _)) => Some(DeadLetter::Beside),
            Some((Some(path), _)) => match self.lookup(path, scope, &[Kind::Keyspace]) {
                Some(Thing::Keyspace(other)) => Some(DeadLetter::Keyspace(other, path.span)),
                _ => None,
            },
        };
        let names: Vec<smol_str::SmolStr> =
            groups.map_or(Vec::new(), |(names, _)| names.iter().map(|n| n.text.clone()).collect());
        for (i, name) in names.iter().enumerate() {
            if names[..i].contains(name)
                && let Some((written, _)) = groups
            {
                self.misplaced_clause(written[i].span, "the group is listed twice", "list it once");
            }
        }
        if let ValueShape::Stream { groups, dead_letter, .. } = &mut self.platform[id].value {
            *groups = names;
            *dead_letter = letter;
        }
    }
}
