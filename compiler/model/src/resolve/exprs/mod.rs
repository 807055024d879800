//! Expressions: every name bound, every operand of a type that its operator takes.

mod admitted;
mod branches;
mod calls;
mod casts;
mod collections;
mod complete;
mod constants;
mod habits;
mod literals;
mod operators;
mod paths;
mod ranges;

use smol_str::SmolStr;

use super::fields::{Pending, What};
use super::names::Scope;
use super::{Owner, Resolver};
use crate::expr::{Expr, ExprKind};
use crate::{Scalar, StructId, Type, TypeKind};
use operators::same_family;
use polity_syntax::ast;
use polity_text::diagnostics::codes::{E0206, E0302};
use polity_text::diagnostics::{Diagnostic, Help};
use polity_text::source::Span;

/// The context of an expression: the names that it may use, and what it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cx {
    pub owner: Owner,
    pub scope: Scope,
    /// For an expression of an included struct: that struct, and where its first field stands in the owner.
    pub included: Option<(StructId, u32)>,
    pub place: Place,
    pub purpose: Purpose,
}

/// The place of an expression, as a store sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Default,
    OnUpdate,
    Anonymized,
    /// `backfill … = …`
    Backfill,
    Computed,
    Check,
    /// A column of an index or of a unique constraint.
    Index,
    /// The `where` of one of these.
    Predicate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A value that a new row takes: no other field is known yet, and sequences may be drawn from.
    Default,
    /// Everything that looks at a row that is there.
    Row,
    /// A column of an index: a row that is there, and paths may go on into the records of a list, of which some
    /// stores keep an entry each.
    Index,
}

impl<'t> Resolver<'t> {
    /// The expressions beside fields.
    pub(super) fn expressions(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for p in &pending {
            let field = match p.owner {
                Owner::Entity(id) => &self.platform[id].fields[p.field.index()],
                Owner::Struct(id) => &self.platform[id].fields[p.field.index()],
            };
            let (ty, name) = (field.ty.clone(), field.named.name.clone());
            let place = match p.what {
                What::Default(_) | What::OnUpdate(_) | What::Anonymized(_) => Place::Default,
                What::Computed(_) | What::Check(_) => Place::Row,
            };
            let purpose = match p.what {
                What::Default(_) => Purpose::Default,
                What::OnUpdate(_) => Purpose::OnUpdate,
                What::Anonymized(_) => Purpose::Anonymized,
                What::Computed(_) => Purpose::Computed,
                What::Check(_) => Purpose::Check,
            };
            let cx = Cx { owner: p.owner, scope: p.scope, included: p.included, place, purpose };
            // What is wrong with an included struct's expression was said at the struct.
            let said = self.found.len();
            let boolean = Type::required(TypeKind::Scalar(Scalar::Bool));
            let resolved = match p.what {
                What::Default(e) | What::OnUpdate(e) | What::Anonymized(e) => {
                    self.value_of(e, cx, &ty, &name)
                }
                What::Computed(e) => self.expect(e, cx, &ty),
                What::Check(e) => self.expect(e, cx, &boolean),
            };
            if p.included.is_some() {
                self.found.truncate(said);
            }
            let field = match p.owner {
                Owner::Entity(id) => &mut self.platform[id].fields[p.field.index()],
                Owner::Struct(id) => &mut self.platform[id].fields[p.field.index()],
            };
            match p.what {
                What::Default(_) => field.default = Some(resolved),
                What::OnUpdate(_) => field.on_update = Some(resolved),
                What::Computed(_) => field.computed = Some(resolved),
                What::Check(_) => field.constraints.checks.push(resolved),
                What::Anonymized(_) => field.anonymized = Some(resolved),
            }
        }
        self.complete_records();
        self.judge_values(&pending);
    }

    /// Judges the values beside fields, now that each is known.
    fn judge_values(&mut self, pending: &[Pending<'t>]) {
        // Those of an included struct were judged at the struct.
        for p in pending.iter().filter(|p| p.included.is_none()) {
            let field = match p.owner {
                Owner::Entity(id) => &self.platform[id].fields[p.field.index()],
                Owner::Struct(id) => &self.platform[id].fields[p.field.index()],
            };
            let value = match p.what {
                What::Default(_) => &field.default,
                What::OnUpdate(_) => &field.on_update,
                What::Anonymized(_) => &field.anonymized,
                What::Computed(_) | What::Check(_) => &None,
            };
            if let Some(value) = value.clone() {
                self.judge_value(p.owner, p.field, &value);
            }
        }
    }

    /// A value for a field: a default, what an update writes, what stands in for an erased value.
    fn value_of(&mut self, e: &'t ast::Expr, cx: Cx, ty: &Type, field: &SmolStr) -> Expr {
        let value = self.expect(e, cx, ty);
        if value.kind == ExprKind::Null && !ty.optional && ty.kind != TypeKind::Broken {
            self.error(
                Diagnostic::new(E0302, e.span, format!("`{field}` is never absent, so it cannot be `null`"))
                    .help(format!("write `{}?`, or another value", self.platform.type_name(ty))),
            );
        }
        value
    }

    /// An expression whose value must be of a type.
    pub(super) fn expect(&mut self, e: &'t ast::Expr, cx: Cx, ty: &Type) -> Expr {
        let value = self.expr(e, cx, Some(ty));
        if !self.assignable(&value.ty, ty) {
            let (wanted, found) = (self.platform.type_name(ty), self.platform.type_name(&value.ty));
            let mut diagnostic =
                Diagnostic::new(E0302, e.span, format!("`{wanted}` is expected, and this is `{found}`"));
            if let (Some(TypeKind::Enum(id)), ExprKind::Text(text)) = (self.underlying(ty), &value.kind) {
                let values = &self.platform[id].values;
                let meant = values.iter().find(|v| v.named.stored == *text || v.named.name == *text);
                if let Some(meant) = meant {
                    let name = &meant.named.name;
                    diagnostic = diagnostic
                        .help(Help::instead(name.as_str(), format!("write `{name}`, without quotes")));
                }
            } else if let (Some(TypeKind::Scalar(Scalar::Text { .. })), ExprKind::Integer(digits)) =
                (self.underlying(ty), &value.kind)
            {
                diagnostic = diagnostic.help(Help::write(format!("\"{digits}\"")));
            } else if let Some(bare) = self.without_quotes(ty, &value) {
                diagnostic = diagnostic.help(Help::write(bare).and(", without quotes"));
            } else if let (Some(TypeKind::Scalar(to)), Some(TypeKind::Scalar(from))) =
                (self.underlying(ty), self.underlying(&value.ty))
                && casts::can_cast(from, to)
                && let Some(cast) = casts::cast_name(to)
            {
                diagnostic = diagnostic.help(format!("write `{cast}(…)` around it to convert it"));
            }
            self.error(diagnostic);
            return broken(e.span);
        }
        value
    }

    /// Returns the text without its quotes, where a value of the type is written so: `3` of `"3"`.
    fn without_quotes(&self, ty: &Type, value: &Expr) -> Option<String> {
        let (ExprKind::Text(text), Some(TypeKind::Scalar(scalar))) = (&value.kind, self.underlying(ty))
        else {
            return None;
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let fits = match scalar {
            Scalar::SmallInt | Scalar::Int | Scalar::BigInt => is_number(digits),
            Scalar::Float | Scalar::Decimal { .. } => digits
                .split_once('.')
                .map_or(is_number(digits), |(whole, rest)| is_number(whole) && is_number(rest)),
            Scalar::Bool => matches!(text.as_str(), "true" | "false"),
            Scalar::Date => {
                text.len() == 10 && text.split('-').all(is_number) && text.matches('-').count() == 2
            }
            _ => false,
        };
        fits.then(|| text.to_string())
    }

    /// Resolves a condition, whose type must be `bool`.
    pub(super) fn condition(&mut self, e: &'t ast::Expr, cx: Cx) -> Expr {
        self.expect(e, cx, &Type::required(TypeKind::Scalar(Scalar::Bool)))
    }

    /// An expression with its type. `expected` tells literals and bare enum values what they are; it does not have
    /// to be met.
    pub(super) fn expr(&mut self, e: &'t ast::Expr, cx: Cx, expected: Option<&Type>) -> Expr {
        match &e.kind {
            ast::ExprKind::Literal(literal) => self.literal(literal, expected),
            ast::ExprKind::Paren(inner) => self.expr(inner, cx, expected),
            ast::ExprKind::Path(path) => self.path(path, cx, expected),
            ast::ExprKind::Label(name) => {
                self.error(
                    Diagnostic::new(E0206, e.span, format!("a label is no value: `#{}`", name.text))
                        .help("labels stand beside fields, and in the rules of a policy"),
                );
                broken(e.span)
            }
            ast::ExprKind::Call { function, arguments } => {
                self.call(function, arguments, e.span, cx, expected)
            }
            ast::ExprKind::Unary { op, operand } => self.unary((*op).into(), operand, e.span, cx, expected),
            ast::ExprKind::Binary { op, left, right } => {
                self.binary((*op).into(), left, right, e.span, cx, expected)
            }
            ast::ExprKind::IsNull { operand, negated } => {
                let operand = Box::new(self.expr(operand, cx, None));
                boolean(ExprKind::IsNull { operand, negated: *negated }, false, e.span)
            }
            ast::ExprKind::Between { operand, low, high, negated } => {
                self.between(operand, [low, high], *negated, e.span, cx)
            }
            ast::ExprKind::In { operand, list, negated } => {
                let operand = self.expr(operand, cx, None);
                self.within_list(operand, list, *negated, e.span, cx)
            }
            ast::ExprKind::Case { branches, otherwise } => {
                self.case(branches, otherwise.as_deref(), e.span, cx, expected)
            }
            ast::ExprKind::List(values) => self.list(values, e.span, cx, expected),
            ast::ExprKind::Record(entries) => self.record_value(entries, e.span, cx, expected),
        }
    }

    /// Returns the type that a value is made of: named types and references followed to the type they stand for.
    pub(super) fn underlying(&self, ty: &Type) -> Option<TypeKind> {
        Some(match &ty.kind {
            TypeKind::Constrained(id) => self.underlying(&self.platform[*id].base)?,
            TypeKind::Reference { entity, field } => {
                self.underlying(&self.platform[*entity].fields.get(field.index())?.ty)?
            }
            TypeKind::Union(arms) => {
                let arm = arms.first()?;
                self.underlying(&self.platform[arm.entity].fields.get(arm.field.index())?.ty)?
            }
            other => other.clone(),
        })
    }

    /// Whether a value of one type may be stored as another.
    fn assignable(&self, from: &Type, to: &Type) -> bool {
        let (Some(a), Some(b)) = (self.underlying(from), self.underlying(to)) else { return true };
        match (&a, &b) {
            (TypeKind::Broken | TypeKind::Null, _) | (_, TypeKind::Broken) => true,
            (TypeKind::Scalar(a), TypeKind::Scalar(b)) => {
                same_family(*a, *b) && (!b.is_whole() || a.is_whole())
            }
            (TypeKind::List(a), TypeKind::List(b)) | (TypeKind::Map(a), TypeKind::Map(b)) => {
                self.assignable(a, b)
            }
            (_, TypeKind::Scalar(Scalar::Json)) => {
                matches!(a, TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Struct(_))
            }
            (a, b) => a == b,
        }
    }
}

pub(super) fn broken(span: Span) -> Expr {
    Expr { kind: ExprKind::Broken, ty: Type::required(TypeKind::Broken), span }
}

pub(super) fn boolean(kind: ExprKind, optional: bool, span: Span) -> Expr {
    Expr { kind, ty: Type { kind: TypeKind::Scalar(Scalar::Bool), optional }, span }
}
