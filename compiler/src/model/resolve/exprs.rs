//! Expressions: every name bound, every operand of a type that its operator takes.

use smol_str::{SmolStr, format_smolstr};

use super::fields::{What, is_number, is_text, is_whole};
use super::names::{Kind, Scope, written};
use super::types::scalar_name;
use super::{Owner, Resolver};
use crate::diagnostics::codes::{E0201, E0206, E0302, E0309, E0311};
use crate::diagnostics::{Diagnostic, nearest};
use crate::model::expr::{Expr, ExprKind, FieldPath, Step};
use crate::model::{EnumId, FieldId, Scalar, StructId, Thing, Type, TypeKind};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOp, UnaryOp};

/// What an expression may name, and what it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cx {
    pub owner: Owner,
    pub scope: Scope,
    /// For an expression of an included struct: that struct, and where its first field stands in the owner.
    pub included: Option<(StructId, u32)>,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A value that a new row takes: no other field is known yet, and sequences may be drawn from.
    Default,
    /// Everything that looks at a row that is there.
    Row,
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
            let cx = Cx { owner: p.owner, scope: p.scope, included: p.included, place };
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
            if place == Place::Default {
                self.judge_value(p.owner, p.field, &resolved);
            }
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
    }
}

impl<'t> Resolver<'t> {
    /// A value for a field: a default, what an update writes, what stands in for an erased value.
    fn value_of(&mut self, e: &'t ast::Expr, cx: Cx, ty: &Type, field: &SmolStr) -> Expr {
        let value = self.expect(e, cx, ty);
        if value.kind == ExprKind::Null && !ty.optional && ty.kind != TypeKind::Broken {
            self.error(
                Diagnostic::new(E0302, e.span, format!("`{field}` is never absent, so it cannot be `null`"))
                    .help(format!("write `{}?`, or another value", self.type_name(ty))),
            );
        }
        value
    }

    /// An expression whose value must be of a type.
    pub(super) fn expect(&mut self, e: &'t ast::Expr, cx: Cx, ty: &Type) -> Expr {
        let value = self.expr(e, cx, Some(ty));
        if !self.assignable(&value.ty, ty) {
            let (wanted, found) = (self.type_name(ty), self.type_name(&value.ty));
            let mut diagnostic =
                Diagnostic::new(E0302, e.span, format!("`{wanted}` is expected, and this is `{found}`"));
            if let (Some(TypeKind::Enum(id)), ExprKind::Text(text)) = (self.underlying(ty), &value.kind) {
                let values = &self.platform[id].values;
                let meant = values.iter().find(|v| v.named.stored == *text || v.named.name == *text);
                if let Some(meant) = meant {
                    diagnostic = diagnostic.help(format!("write `{}`, without quotes", meant.named.name));
                }
            } else if let (Some(TypeKind::Scalar(to)), Some(TypeKind::Scalar(from))) =
                (self.underlying(ty), self.underlying(&value.ty))
                && super::functions::can_cast(from, to)
                && let Some(cast) = super::functions::cast_name(to)
            {
                diagnostic = diagnostic.help(format!("write `{cast}(…)` around it to convert it"));
            }
            self.error(diagnostic);
            return broken(e.span);
        }
        value
    }

    /// What a condition is.
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
            ast::ExprKind::Unary { op, operand } => self.unary(*op, operand, e.span, cx, expected),
            ast::ExprKind::Binary { op, left, right } => self.binary(*op, left, right, e.span, cx, expected),
            ast::ExprKind::IsNull { operand, negated } => {
                let operand = Box::new(self.expr(operand, cx, None));
                boolean(ExprKind::IsNull { operand, negated: *negated }, false, e.span)
            }
            ast::ExprKind::Between { operand, low, high, negated } => {
                let operand = self.expr(operand, cx, None);
                let (low, high) =
                    (self.expr(low, cx, Some(&operand.ty)), self.expr(high, cx, Some(&operand.ty)));
                self.comparable(&operand, &low, BinaryOp::LessEqual, e.span);
                self.comparable(&operand, &high, BinaryOp::LessEqual, e.span);
                let optional = operand.ty.optional;
                let kind = ExprKind::Between {
                    operand: Box::new(operand),
                    low: Box::new(low),
                    high: Box::new(high),
                    negated: *negated,
                };
                boolean(kind, optional, e.span)
            }
            ast::ExprKind::In { operand, list, negated } => {
                let operand = self.expr(operand, cx, None);
                let ast::ExprKind::List(values) = &list.kind else {
                    self.error(
                        Diagnostic::new(E0309, list.span, "`in` takes a list").help("write `in [one, two]`"),
                    );
                    return broken(e.span);
                };
                let mut list = Vec::with_capacity(values.len());
                for value in values {
                    let value = self.expr(value, cx, Some(&operand.ty));
                    self.comparable(&operand, &value, BinaryOp::Equal, value.span);
                    list.push(value);
                }
                let optional = operand.ty.optional;
                boolean(
                    ExprKind::In { operand: Box::new(operand), list, negated: *negated },
                    optional,
                    e.span,
                )
            }
            ast::ExprKind::List(values) => self.list(values, e.span, cx, expected),
            ast::ExprKind::Record(entries) => self.record_value(entries, e.span, cx, expected),
        }
    }

    /// A field first, then a value of the expected enum.
    fn path(&mut self, path: &'t ast::Path, cx: Cx, expected: Option<&Type>) -> Expr {
        let [first, rest @ ..] = &path.names[..] else { return broken(path.span) };
        let wanted_enum = match expected.and_then(|ty| self.underlying(ty)) {
            Some(TypeKind::Enum(id)) => Some(id),
            _ => None,
        };
        let field = if cx.place == Place::Row { self.own_field(cx, &first.text) } else { None };
        let value = |resolver: &Self, of: EnumId, name: &str| {
            resolver.platform[of].values.iter().position(|v| v.named.name == name)
        };
        let bare =
            wanted_enum.filter(|_| rest.is_empty()).and_then(|of| Some((of, value(self, of, &first.text)?)));
        match (field, bare) {
            (Some(_), Some((of, _))) => {
                let name = &self.platform[of].named.name;
                let help = format!("write `{name}.{}` for the value, or rename the field", first.text);
                self.error(
                    Diagnostic::new(
                        E0311,
                        path.span,
                        format!("`{}` is a field and a value of `{name}`", first.text),
                    )
                    .help(help),
                );
                return broken(path.span);
            }
            (Some(field), None) => return self.field_path(field, path, cx),
            (None, Some((of, value))) => {
                let ty = Type::required(TypeKind::Enum(of));
                return Expr { kind: ExprKind::EnumValue { of, value }, ty, span: path.span };
            }
            (None, None) => {}
        }
        // `Kyc.pending`, `core.Kyc.pending`
        if let [outer @ .., last] = &path.names[..]
            && !outer.is_empty()
            && let [Thing::Enum(of)] = self.names.find(&self.platform, outer, cx.scope, &[Kind::Enum])[..]
        {
            if let Some(value) = value(self, of, &last.text) {
                let ty = Type::required(TypeKind::Enum(of));
                return Expr { kind: ExprKind::EnumValue { of, value }, ty, span: path.span };
            }
            self.unknown_value(of, last);
            return broken(path.span);
        }
        match wanted_enum {
            Some(of) if rest.is_empty() => self.unknown_value(of, first),
            _ => self.unknown_operand(path, cx),
        }
        broken(path.span)
    }

    fn unknown_value(&mut self, of: EnumId, name: &ast::Name) {
        let e = &self.platform[of];
        if e.broken {
            return;
        }
        let near = nearest(&name.text, e.values.iter().map(|v| v.named.name.as_str()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let all: Vec<&str> = e.values.iter().take(20).map(|v| v.named.name.as_str()).collect();
                format!("it has: {}", all.join(", "))
            }
        };
        let diagnostic =
            Diagnostic::new(E0201, name.span, format!("`{}` has no value `{}`", e.named.name, name.text))
                .also(e.named.span, "the enum")
                .help(help);
        self.error(diagnostic);
    }

    fn unknown_operand(&mut self, path: &ast::Path, cx: Cx) {
        let Some(first) = path.names.first() else { return };
        if cx.place == Place::Default {
            let is_field = self.own_field(cx, &first.text).is_some();
            let (message, help) = if is_field {
                (
                    format!("a default cannot depend on the field `{}`", first.text),
                    "a new row has no other values yet; write `computed (…)` for a value that follows from others",
                )
            } else {
                (
                    format!("there is no value `{}` here", written(path)),
                    "a default is a literal, an enum value, a call such as `now()`, a list or a record",
                )
            };
            self.error(Diagnostic::new(E0201, path.span, message).help(help));
            return;
        }
        let outline = match cx.included {
            Some((of, _)) => &self.struct_outlines[of.index()],
            None => match cx.owner {
                Owner::Entity(id) => &self.outlines[id.index()],
                Owner::Struct(id) => &self.struct_outlines[id.index()],
            },
        };
        if outline.broken {
            return;
        }
        let near = nearest(&first.text, outline.fields.iter().map(|f| f.name.text.as_str()));
        let mut diagnostic =
            Diagnostic::new(E0201, first.span, format!("there is no field `{}` here", first.text));
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => {
                diagnostic.help("an expression names fields of the thing it stands in; texts stand in quotes")
            }
        };
        self.error(diagnostic);
    }

    /// The field of a name, as the owner counts its fields.
    fn own_field(&self, cx: Cx, name: &SmolStr) -> Option<FieldId> {
        if let Some((of, offset)) = cx.included {
            let inner = self.struct_outlines[of.index()].by_name.get(name)?;
            return Some(FieldId(inner.0 + offset));
        }
        match cx.owner {
            Owner::Entity(id) => self.outlines[id.index()].by_name.get(name).copied(),
            Owner::Struct(id) => self.struct_outlines[id.index()].by_name.get(name).copied(),
        }
    }

    fn field_path(&mut self, root: FieldId, path: &ast::Path, cx: Cx) -> Expr {
        let field = match cx.owner {
            Owner::Entity(id) => &self.platform[id].fields[root.index()],
            Owner::Struct(id) => &self.platform[id].fields[root.index()],
        };
        let start = field.ty.clone();
        match self.walk(start, &path.names[1..]) {
            Some((ty, steps)) => {
                Expr { kind: ExprKind::Field(FieldPath { root, steps }), ty, span: path.span }
            }
            None => broken(path.span),
        }
    }

    /// Follows names into records, json and maps.
    pub(super) fn walk(&mut self, start: Type, names: &[ast::Name]) -> Option<(Type, Vec<Step>)> {
        let (mut ty, mut steps) = (start, Vec::new());
        for name in names {
            let optional = ty.optional;
            match self.underlying(&ty)? {
                TypeKind::Struct(id) => {
                    let Some(field) = self.struct_outlines[id.index()].by_name.get(&name.text).copied()
                    else {
                        self.unknown_member(id, name);
                        return None;
                    };
                    ty = self.platform[id].fields.get(field.index())?.ty.clone();
                    ty.optional |= optional;
                    steps.push(Step::Member(id, field));
                }
                TypeKind::Scalar(Scalar::Json) => {
                    ty = Type { kind: TypeKind::Scalar(Scalar::Text { max: None }), optional: true };
                    steps.push(Step::Key(name.text.clone()));
                }
                // Deeper into json: what was read as text so far is json after all.
                TypeKind::Scalar(Scalar::Text { max: None })
                    if matches!(steps.last(), Some(Step::Key(_))) =>
                {
                    steps.push(Step::Key(name.text.clone()));
                }
                TypeKind::Map(element) => {
                    ty = Type { kind: element.kind, optional: true };
                    steps.push(Step::Key(name.text.clone()));
                }
                TypeKind::Broken => return None,
                _ => {
                    let found = self.type_name(&ty);
                    self.error(
                        Diagnostic::new(E0302, name.span, format!("`{found}` has nothing called `{}` in it", name.text))
                            .help("a path goes on into records, json and maps; it does not follow references or lists"),
                    );
                    return None;
                }
            }
        }
        Some((ty, steps))
    }

    fn unknown_member(&mut self, id: StructId, name: &ast::Name) {
        let outline = &self.struct_outlines[id.index()];
        if outline.broken {
            return;
        }
        let near = nearest(&name.text, outline.fields.iter().map(|f| f.name.text.as_str()));
        let named = &self.platform[id].named;
        let mut diagnostic =
            Diagnostic::new(E0201, name.span, format!("`{}` has no field `{}`", named.name, name.text))
                .also(named.span, "the record");
        if let Some(near) = near {
            diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
        }
        self.error(diagnostic);
    }

    fn unary(
        &mut self,
        op: UnaryOp,
        operand: &'t ast::Expr,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        match op {
            UnaryOp::Not => {
                let operand = self.condition(operand, cx);
                let optional = operand.ty.optional;
                boolean(ExprKind::Unary { op, operand: Box::new(operand) }, optional, span)
            }
            UnaryOp::Minus => {
                let operand = self.expr(operand, cx, expected);
                let ty = operand.ty.clone();
                let negatable = match self.underlying(&ty) {
                    None | Some(TypeKind::Broken) => return broken(span),
                    Some(TypeKind::Scalar(scalar)) => is_number(scalar) || scalar == Scalar::Interval,
                    Some(_) => false,
                };
                if !negatable {
                    return self.operands(span, "`-` takes a number", "compare or subtract numbers");
                }
                Expr { kind: ExprKind::Unary { op, operand: Box::new(operand) }, ty, span }
            }
        }
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: &'t ast::Expr,
        right: &'t ast::Expr,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let (left, right) = (self.condition(left, cx), self.condition(right, cx));
                let optional = left.ty.optional || right.ty.optional;
                boolean(join(op, left, right), optional, span)
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => {
                let (left, right) = self.both(left, right, cx, None);
                if let ExprKind::Null = right.kind {
                    let not = if op == BinaryOp::NotEqual { "not " } else { "" };
                    return self.operands(
                        span,
                        "nothing is equal to `null`",
                        &format!("write `is {not}null`"),
                    );
                }
                self.comparable(&left, &right, op, span);
                let optional = left.ty.optional || right.ty.optional;
                boolean(join(op, left, right), optional, span)
            }
            BinaryOp::Matches => {
                let text = Type::required(TypeKind::Scalar(Scalar::Text { max: None }));
                let left = self.expect(left, cx, &text);
                let right = self.expr(right, cx, Some(&text));
                if let ExprKind::Text(pattern) = &right.kind {
                    self.judged_pattern(pattern.clone(), right.span);
                } else if right.kind != ExprKind::Broken {
                    return self.operands(
                        right.span,
                        "a pattern is a text",
                        "write `name matches \"^[a-z]+$\"`",
                    );
                }
                let optional = left.ty.optional;
                boolean(join(op, left, right), optional, span)
            }
            BinaryOp::Concat => {
                let text = Type::required(TypeKind::Scalar(Scalar::Text { max: None }));
                let (left, right) = (self.expect(left, cx, &text), self.expect(right, cx, &text));
                let ty = Type { optional: left.ty.optional || right.ty.optional, ..text };
                Expr { kind: join(op, left, right), ty, span }
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                let (left, right) = self.both(left, right, cx, expected);
                self.arithmetic(op, left, right, span)
            }
        }
    }

    /// Both operands, the one that tells its type by itself first, so that the other can be read by it.
    fn both(
        &mut self,
        left: &'t ast::Expr,
        right: &'t ast::Expr,
        cx: Cx,
        expected: Option<&Type>,
    ) -> (Expr, Expr) {
        if !self.tells_its_type(left, cx) && self.tells_its_type(right, cx) {
            let right = self.expr(right, cx, None);
            let left = self.expr(left, cx, Some(&right.ty));
            return (left, right);
        }
        let left = self.expr(left, cx, expected);
        let right = self.expr(right, cx, Some(&left.ty));
        (left, right)
    }

    fn tells_its_type(&self, e: &ast::Expr, cx: Cx) -> bool {
        match &e.kind {
            ast::ExprKind::Literal(_) | ast::ExprKind::List(_) | ast::ExprKind::Record(_) => false,
            ast::ExprKind::Path(path) => {
                path.names.len() > 1
                    || path.names.first().is_some_and(|name| self.own_field(cx, &name.text).is_some())
            }
            ast::ExprKind::Paren(inner) => self.tells_its_type(inner, cx),
            ast::ExprKind::Unary { operand, .. } => self.tells_its_type(operand, cx),
            ast::ExprKind::Binary { left, right, .. } => {
                self.tells_its_type(left, cx) || self.tells_its_type(right, cx)
            }
            ast::ExprKind::Call { function, .. } => written(function) != "sql",
            _ => true,
        }
    }

    fn comparable(&mut self, left: &Expr, right: &Expr, op: BinaryOp, span: Span) {
        let (Some(a), Some(b)) = (self.underlying(&left.ty), self.underlying(&right.ty)) else { return };
        if matches!(a, TypeKind::Broken | TypeKind::Null) || matches!(b, TypeKind::Broken | TypeKind::Null) {
            return;
        }
        let ordered = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let agree = match (&a, &b) {
            (TypeKind::Scalar(a), TypeKind::Scalar(b)) => same_family(*a, *b),
            (a, b) => a == b,
        };
        let (left_name, right_name) = (self.type_name(&left.ty), self.type_name(&right.ty));
        if !agree {
            let help = match (&a, &b) {
                (TypeKind::Scalar(Scalar::Text { .. }), TypeKind::Scalar(other))
                    if matches!(&left.kind, ExprKind::Field(path) if !path.steps.is_empty())
                        && super::functions::cast_name(*other).is_some() =>
                {
                    let cast = super::functions::cast_name(*other).unwrap_or("int");
                    format!("what a path into json leads to is text; write `{cast}(…)` around it")
                }
                (_, TypeKind::Scalar(Scalar::Text { .. })) if matches!(a, TypeKind::Enum(_)) => {
                    "write the enum value without quotes".to_owned()
                }
                _ => "both sides must be of one type; a cast is written `int(…)`, `text(…)`, `date(…)`"
                    .to_owned(),
            };
            self.operands(span, &format!("`{left_name}` and `{right_name}` cannot be compared"), &help);
        } else if ordered
            && !matches!(&a, TypeKind::Scalar(s) if is_number(*s) || is_text(*s) || matches!(s,
                Scalar::Date | Scalar::Time | Scalar::Timestamp | Scalar::Interval | Scalar::Uuid | Scalar::Inet))
        {
            self.operands(
                span,
                &format!("values of `{left_name}` have no order"),
                "compare them with `=`, `!=` or `in [..]`",
            );
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, left: Expr, right: Expr, span: Span) -> Expr {
        let (Some(a), Some(b)) = (self.underlying(&left.ty), self.underlying(&right.ty)) else {
            return broken(span);
        };
        if matches!(a, TypeKind::Broken) || matches!(b, TypeKind::Broken) {
            return broken(span);
        }
        let optional = left.ty.optional || right.ty.optional;
        let result = match (&a, &b) {
            (TypeKind::Scalar(a), TypeKind::Scalar(b)) => result_of(op, *a, *b),
            _ => None,
        };
        let Some(result) = result else {
            let (a, b) = (self.type_name(&left.ty), self.type_name(&right.ty));
            let help = if is_text_kind(&a) && op == BinaryOp::Add {
                "texts are joined with `||`"
            } else {
                "numbers go with numbers, moments with durations"
            };
            return self.operands(span, &format!("`{a}` {} `{b}` has no value", sign(op)), help);
        };
        Expr { kind: join(op, left, right), ty: Type { kind: TypeKind::Scalar(result), optional }, span }
    }

    pub(super) fn operands(&mut self, span: Span, message: &str, help: &str) -> Expr {
        self.error(Diagnostic::new(E0309, span, message).help(help));
        broken(span)
    }

    fn list(&mut self, values: &'t [ast::Expr], span: Span, cx: Cx, expected: Option<&Type>) -> Expr {
        let expected = expected.and_then(|ty| self.underlying(ty));
        let (ty, element) = match expected {
            Some(TypeKind::List(element)) => (TypeKind::List(element.clone()), Some(*element)),
            Some(TypeKind::Scalar(Scalar::Json)) => (TypeKind::Scalar(Scalar::Json), None),
            Some(TypeKind::Scalar(Scalar::Vector { dimensions })) => {
                let float = Type::required(TypeKind::Scalar(Scalar::Float));
                (TypeKind::Scalar(Scalar::Vector { dimensions }), Some(float))
            }
            _ => (TypeKind::List(Box::new(Type::required(TypeKind::Broken))), None),
        };
        let mut list = Vec::with_capacity(values.len());
        for value in values {
            list.push(match &element {
                Some(element) => self.expect(value, cx, element),
                None => self.expr(value, cx, Some(&Type::required(ty.clone()))),
            });
        }
        Expr { kind: ExprKind::List(list), ty: Type::required(ty), span }
    }

    fn record_value(
        &mut self,
        entries: &'t [(ast::Name, ast::Expr)],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
        let kind = expected.and_then(|ty| self.underlying(ty));
        let mut out: Vec<(SmolStr, Expr)> = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            if out.iter().any(|(known, _)| *known == name.text) {
                self.operands(name.span, &format!("`{}` is given twice", name.text), "keep one of the two");
                continue;
            }
            let value = match &kind {
                Some(TypeKind::Struct(id)) => {
                    let field = self.struct_outlines[id.index()].by_name.get(&name.text).copied();
                    let ty =
                        field.and_then(|f| self.platform[*id].fields.get(f.index())).map(|f| f.ty.clone());
                    match ty {
                        Some(ty) => self.expect(value, cx, &ty),
                        None => {
                            self.unknown_member(*id, name);
                            continue;
                        }
                    }
                }
                Some(TypeKind::Map(element)) => self.expect(value, cx, element),
                Some(kind) => self.expr(value, cx, Some(&Type::required(kind.clone()))),
                None => self.expr(value, cx, None),
            };
            out.push((name.text.clone(), value));
        }
        if let Some(TypeKind::Struct(id)) = kind {
            self.missing_members(id, &out, span);
        }
        let ty = Type::required(match kind {
            Some(kind @ (TypeKind::Struct(_) | TypeKind::Map(_))) => kind,
            _ => TypeKind::Scalar(Scalar::Json),
        });
        Expr { kind: ExprKind::Record(out), ty, span }
    }

    fn missing_members(&mut self, id: StructId, given: &[(SmolStr, Expr)], span: Span) {
        // Not every default was resolved by now, so what was written counts.
        let outline = &self.struct_outlines[id.index()];
        let has_default = |i: usize| {
            let modifiers = outline.modifiers(FieldId(i as u32), &self.struct_outlines);
            modifiers.iter().any(|m| matches!(m.kind, ast::ModifierKind::Default(_)))
        };
        let missing: Vec<&str> = self.platform[id]
            .fields
            .iter()
            .enumerate()
            .filter(|(i, f)| !f.ty.optional && !has_default(*i))
            .map(|(_, f)| f.named.name.as_str())
            .filter(|name| !given.iter().any(|(known, _)| known == name))
            .collect();
        if !missing.is_empty() {
            let message = format!("the record lacks {}", missing.join(", "));
            self.operands(span, &message, "give each a value, make it optional, or give it a default");
        }
    }

    /// What a value is made of: named types and references followed to the type they stand for.
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
                same_family(*a, *b) && (!is_whole(*b) || is_whole(*a))
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

fn boolean(kind: ExprKind, optional: bool, span: Span) -> Expr {
    Expr { kind, ty: Type { kind: TypeKind::Scalar(Scalar::Bool), optional }, span }
}

fn join(op: BinaryOp, left: Expr, right: Expr) -> ExprKind {
    ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }
}

/// Whether values of the two can be compared without a cast.
pub(super) fn same_family(a: Scalar, b: Scalar) -> bool {
    if is_number(a) && is_number(b) || is_text(a) && is_text(b) {
        return true;
    }
    a == b
}

fn result_of(op: BinaryOp, a: Scalar, b: Scalar) -> Option<Scalar> {
    use BinaryOp as B;
    use Scalar as S;
    if is_number(a) && is_number(b) {
        return match op {
            B::Modulo if a == S::Float || b == S::Float => None,
            _ => Some(wider(op, a, b)),
        };
    }
    match (op, a, b) {
        (B::Add | B::Subtract, S::Timestamp, S::Interval) | (B::Add, S::Interval, S::Timestamp) => {
            Some(S::Timestamp)
        }
        (B::Add | B::Subtract, S::Date, S::Interval) | (B::Add, S::Interval, S::Date) => Some(S::Date),
        (B::Add | B::Subtract, S::Time, S::Interval) => Some(S::Time),
        (B::Subtract, S::Timestamp, S::Timestamp) | (B::Add | B::Subtract, S::Interval, S::Interval) => {
            Some(S::Interval)
        }
        (B::Subtract, S::Date, S::Date) => Some(S::Int),
        (B::Multiply | B::Divide, S::Interval, n) if is_number(n) => Some(S::Interval),
        (B::Multiply, n, S::Interval) if is_number(n) => Some(S::Interval),
        _ => None,
    }
}

/// The type of what two numbers make; for decimals, one that loses no digit of a sum or product.
fn wider(op: BinaryOp, a: Scalar, b: Scalar) -> Scalar {
    let decimal = |s: Scalar| match s {
        Scalar::Decimal { precision, scale } => Some((precision, scale)),
        Scalar::SmallInt => Some((5, 0)),
        Scalar::Int => Some((10, 0)),
        Scalar::BigInt => Some((19, 0)),
        _ => None,
    };
    if a == Scalar::Float || b == Scalar::Float {
        return Scalar::Float;
    }
    if !is_whole(a) || !is_whole(b) {
        let (Some((p1, s1)), Some((p2, s2))) = (decimal(a), decimal(b)) else { return Scalar::Float };
        let scale = if op == BinaryOp::Multiply { s1 + s2 } else { s1.max(s2) };
        let whole = if op == BinaryOp::Multiply { (p1 - s1) + (p2 - s2) } else { (p1 - s1).max(p2 - s2) + 1 };
        return Scalar::Decimal { precision: whole + scale, scale };
    }
    if a == Scalar::BigInt || b == Scalar::BigInt { Scalar::BigInt } else { Scalar::Int }
}

fn is_text_kind(name: &str) -> bool {
    name.starts_with("text") || name.starts_with("char") || name == scalar_name(Scalar::Email)
}

fn sign(op: BinaryOp) -> SmolStr {
    match op {
        BinaryOp::Add => "+".into(),
        BinaryOp::Subtract => "-".into(),
        BinaryOp::Multiply => "*".into(),
        BinaryOp::Divide => "/".into(),
        BinaryOp::Modulo => "%".into(),
        other => format_smolstr!("{other:?}"),
    }
}
