//! Fields and what stands after their types.

use smol_str::{SmolStr, format_smolstr};

use super::declare::{TypeItem, named, upper_camel};
use super::outline::{Origin, OutlineField};
use super::types::At;
use super::{Owner, Resolver, pattern};
use crate::diagnostics::codes::{E0201, E0205, E0206, E0214, E0303, E0310, E0319};
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::entity::{Encrypted, Field, StoreWord};
use crate::model::types::Constraints;
use crate::model::{ConstrainedId, EntityId, FieldId, LabelId, Scalar, StructId, Type, TypeKind};
use crate::source::Span;
use crate::syntax::ast::{self, Literal, ModifierKind};

use super::names::Scope;

/// An expression beside a field, which waits until all fields have types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending<'t> {
    pub owner: Owner,
    pub field: FieldId,
    pub scope: Scope,
    pub what: What<'t>,
    /// For a field that was included: the struct whose fields the expression names, and where its first one stands.
    pub included: Option<(StructId, u32)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'t> {
    Default(&'t ast::Expr),
    OnUpdate(&'t ast::Expr),
    Computed(&'t ast::Expr),
    Check(&'t ast::Expr),
    Anonymized(&'t ast::Expr),
}

impl<'t> Resolver<'t> {
    pub(super) fn entity_fields(&mut self) {
        for (i, block) in self.declared.entities.iter().enumerate() {
            let id = EntityId(i as u32);
            let outlined = self.outlines[i].fields.clone();
            let name = self.platform[id].named.name.clone();
            let fields = self.fields(Owner::Entity(id), &outlined, At { scope: block.scope, path: &name });
            self.platform[id].fields = fields;
            self.platform[id].key = self.outlines[i].key.clone();
            let labels = self.labels(&block.header.labels);
            self.platform[id].labels = labels;
        }
        self.taken_fields();
    }

    /// The fields of an outline with their types; expressions beside them are put off.
    pub(super) fn fields(&mut self, owner: Owner, outlined: &[OutlineField<'t>], at: At<'_>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::with_capacity(outlined.len());
        let mut stored: std::collections::HashMap<SmolStr, Span> = std::collections::HashMap::new();
        for (i, outlined) in outlined.iter().enumerate() {
            let id = FieldId(i as u32);
            let field = match outlined.origin {
                Origin::Written(field, docs) => self.field(owner, id, field, docs, at),
                Origin::Included { of, at: inner, offset, .. } => {
                    self.include_pending(owner, id, of, inner, offset);
                    self.platform[of].fields[inner.index()].clone()
                }
                Origin::Taken(..) => Field::new(
                    named(&outlined.name, None, &SmolStr::default(), None, &mut self.found),
                    Type::required(TypeKind::Broken),
                    outlined.name.span,
                ),
            };
            if let Some(first) = stored.insert(field.named.stored.clone(), field.named.span)
                && first != field.named.span
            {
                self.error(
                    Diagnostic::new(
                        E0205,
                        field.named.span,
                        format!("two fields would be stored as `{}`", field.named.stored),
                    )
                    .also(first, "the first")
                    .help("give one of them another name with `as \"…\"`"),
                );
            }
            fields.push(field);
        }
        fields
    }

    /// The expressions beside a struct's field hold wherever it is included.
    fn include_pending(&mut self, owner: Owner, field: FieldId, of: StructId, inner: FieldId, offset: u32) {
        let scope = self.declared.structs[of.index()].scope;
        let modifiers = self.struct_outlines[of.index()].modifiers(inner, &self.struct_outlines);
        for modifier in modifiers {
            if let Some(what) = expression(&modifier.kind) {
                self.pending.push(Pending { owner, field, scope, what, included: Some((of, offset)) });
            }
        }
    }

    fn field(
        &mut self,
        owner: Owner,
        id: FieldId,
        written: &'t ast::Field,
        docs: &'t ast::Docs,
        at: At<'_>,
    ) -> Field {
        let path = format_smolstr!("{}{}", at.path, upper_camel(&written.name.text));
        let ty = self.ty(&written.ty, At { scope: at.scope, path: &path });
        let (mut stored, mut was) = (None, None);
        for modifier in &written.modifiers {
            match &modifier.kind {
                ModifierKind::As(text) => stored = Some(text),
                ModifierKind::Was(before) => was = Some(before),
                _ => {}
            }
        }
        let named = named(&written.name, stored, docs, was, &mut self.found);
        let mut field = Field::new(named, ty, written.ty.span);
        for modifier in &written.modifiers {
            if let Some(what) = expression(&modifier.kind) {
                self.pending.push(Pending { owner, field: id, scope: at.scope, what, included: None });
            }
            self.modifier(owner, &mut field, modifier);
        }
        self.judge_limits(&field.ty, &mut field.constraints);
        if let (Some(default), Some(computed)) = (
            written.modifiers.iter().find(|m| matches!(m.kind, ModifierKind::Default(_))),
            written.modifiers.iter().find(|m| matches!(m.kind, ModifierKind::Computed(_))),
        ) {
            self.error(
                Diagnostic::new(E0303, default.span, "a computed field takes no other value")
                    .also(computed.span, "computed here")
                    .help("leave out one of the two"),
            );
        }
        field
    }

    pub(super) fn modifier(&mut self, owner: Owner, field: &mut Field, modifier: &'t ast::Modifier) {
        let span = modifier.span;
        let word = |word: &str, argument: SmolStr| StoreWord { word: word.into(), argument, span };
        match &modifier.kind {
            ModifierKind::Key => self.key_field(owner, field, span),
            ModifierKind::Unique => {
                if self.is_composite(&field.ty) && !matches!(field.ty.kind, TypeKind::List(_)) {
                    self.misplaced(span, "`unique`", "a single value, not a record or json");
                } else {
                    field.unique = Some(span);
                }
            }
            ModifierKind::Immutable => field.immutable = Some(span),
            ModifierKind::Inline => match field.ty.kind {
                TypeKind::Struct(_) => field.inline = Some(span),
                TypeKind::Broken => {}
                _ => self.misplaced(span, "`inline`", "a record"),
            },
            ModifierKind::Optimistic => match self.own_scalar(&field.ty) {
                Some(Scalar::Int | Scalar::BigInt) if !field.ty.optional => field.optimistic = Some(span),
                None if field.ty.kind == TypeKind::Broken => {}
                _ => self.misplaced(span, "`optimistic`", "an `int` that every update raises"),
            },
            ModifierKind::SoftDelete => match self.own_scalar(&field.ty) {
                Some(Scalar::Timestamp) if field.ty.optional => field.soft_delete = Some(span),
                None if field.ty.kind == TypeKind::Broken => {}
                _ => self.misplaced(span, "`soft_delete`", "a `timestamp?`, absent while the row lives"),
            },
            ModifierKind::OnDelete(_) | ModifierKind::Deferrable | ModifierKind::Unchecked => {
                let what = match modifier.kind {
                    ModifierKind::OnDelete(_) => "`on delete`",
                    ModifierKind::Deferrable => "`deferrable`",
                    _ => "`unchecked`",
                };
                match (&field.ty.kind, owner) {
                    (TypeKind::Broken, _) => {}
                    (TypeKind::Reference { .. } | TypeKind::Union(_), Owner::Entity(_)) => {}
                    _ => self.misplaced(span, what, "a reference of an entity"),
                }
            }
            ModifierKind::Min(literal) => {
                field.constraints.min = self.bound(&field.ty, literal, span, "`min`");
            }
            ModifierKind::Max(literal) => {
                field.constraints.max = self.bound(&field.ty, literal, span, "`max`");
            }
            ModifierKind::Length { min, max } => {
                let ty = field.ty.clone();
                self.length(&ty, min.as_ref(), max.as_ref(), span, &mut field.constraints);
            }
            ModifierKind::Matches(text) => {
                field.constraints.matches = self.matches(&field.ty, text);
            }
            ModifierKind::Label(name) => {
                if let Some(label) = self.label(name) {
                    field.labels.push((label, name.span));
                }
            }
            ModifierKind::Declassify { label, because } => {
                if let Some(label) = self.label(label) {
                    field.declassified.push((label, because.value.clone(), span));
                }
            }
            ModifierKind::Encrypted { key, searchable } => {
                let found = self.platform.encryption_keys.iter().find(|k| k.named.name == key.text);
                match found {
                    Some(found) => {
                        field.encrypted = Some(Encrypted { key: found.id, searchable: *searchable, span });
                    }
                    None => {
                        let known = self.platform.encryption_keys.iter().map(|k| k.named.name.as_str());
                        let help = did_you_mean(&key.text, known)
                            .unwrap_or_else(|| format!("declare it: `encryption key {} {{ … }}`", key.text));
                        self.error(
                            Diagnostic::new(
                                E0201,
                                key.span,
                                format!("there is no encryption key `{}`", key.text),
                            )
                            .help(help),
                        );
                    }
                }
            }
            ModifierKind::NotEncrypted { because } => {
                field.not_encrypted = Some((because.value.clone(), span));
            }
            ModifierKind::AcceptLeak { because } => field.accept_leak = Some((because.value.clone(), span)),
            ModifierKind::Pseudonymous => match field.ty.kind {
                TypeKind::Reference { .. } | TypeKind::Union(_) => field.pseudonymous = Some(span),
                TypeKind::Broken => {}
                _ => self.misplaced(span, "`pseudonymous`", "a reference"),
            },
            ModifierKind::Tag => field.store_words.push(word("tag", SmolStr::default())),
            ModifierKind::Dimension => field.store_words.push(word("dimension", SmolStr::default())),
            ModifierKind::Metric => field.store_words.push(word("metric", SmolStr::default())),
            ModifierKind::Analyzed(name) => field.store_words.push(word("analyzed", name.text.clone())),
            ModifierKind::Weight(literal) => {
                let weight = self.whole(literal, 1, 99_999).unwrap_or(1);
                field.store_words.push(word("weight", format_smolstr!("{weight}")));
            }
            ModifierKind::Codec(expr) => field.store_words.push(word("codec", codec(expr))),
            ModifierKind::Default(_)
            | ModifierKind::Computed(_)
            | ModifierKind::Check(_)
            | ModifierKind::OnUpdate(_)
            | ModifierKind::Anonymized(_)
            | ModifierKind::As(_)
            | ModifierKind::Was(_) => {}
        }
    }

    fn key_field(&mut self, owner: Owner, field: &Field, span: Span) {
        if let Owner::Struct(_) = owner {
            self.error(
                Diagnostic::new(E0206, span, "a record has no key")
                    .help("an entity has one; say there which fields it is"),
            );
        } else if field.ty.optional {
            self.error(
                Diagnostic::new(E0214, span, format!("the key field `{}` may be absent", field.named.name))
                    .also(field.ty_span, "optional here")
                    .help("leave out the `?`: a row is told from others by its key"),
            );
        } else if self.is_composite(&field.ty) || matches!(field.ty.kind, TypeKind::Union(_)) {
            self.misplaced(span, "`key`", "a single value, not a list, a record or json");
        }
    }

    /// Lists, maps, records, json and shapes, whose equality stores see in different ways.
    pub(super) fn is_composite(&self, ty: &Type) -> bool {
        match &ty.kind {
            TypeKind::List(_) | TypeKind::Map(_) | TypeKind::Struct(_) => true,
            TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Enum(_)
            | TypeKind::Broken
            | TypeKind::Null => false,
            TypeKind::Scalar(_) | TypeKind::Constrained(_) => matches!(
                self.own_scalar(ty),
                Some(
                    Scalar::Json
                        | Scalar::GeoPoint
                        | Scalar::GeoLine
                        | Scalar::GeoPolygon
                        | Scalar::Vector { .. }
                        | Scalar::Password
                )
            ),
        }
    }

    /// The scalar of a type that is no reference: what limits and flags are about, and known before entities are.
    fn own_scalar(&self, ty: &Type) -> Option<Scalar> {
        match &ty.kind {
            TypeKind::Scalar(scalar) => Some(*scalar),
            TypeKind::Constrained(id) => self.own_scalar(&self.platform[*id].base),
            _ => None,
        }
    }

    fn misplaced(&mut self, span: Span, what: &str, where_it_belongs: &str) {
        self.error(
            Diagnostic::new(E0303, span, format!("{what} means nothing here"))
                .help(format!("it belongs to {where_it_belongs}")),
        );
    }

    /// `min 0`: a number of the field's own kind.
    fn bound(
        &mut self,
        ty: &Type,
        literal: &Literal,
        span: Span,
        what: &str,
    ) -> Option<(crate::model::types::Number, Span)> {
        if ty.kind == TypeKind::Broken {
            return None;
        }
        let Some(scalar) = self.own_scalar(ty).filter(|s| is_number(*s)) else {
            self.misplaced(span, what, "a number; a text takes `length 1..80`, a date `check (…)`");
            return None;
        };
        let number = self.number(literal)?;
        let (whole, fraction) = super::literals::digits(&number.0);
        let fits = match scalar {
            Scalar::Decimal { precision, scale } => {
                fraction <= usize::from(scale) && whole <= usize::from(precision - scale)
            }
            Scalar::Float => true,
            _ => fraction == 0 && integer_fits(&number.0, scalar),
        };
        if !fits {
            self.error(
                Diagnostic::new(
                    E0319,
                    literal.span,
                    format!("no `{}` can be {}", super::types::scalar_name(scalar), number.0),
                )
                .help("give a number that a value of the type can reach"),
            );
            return None;
        }
        Some((number, span))
    }

    fn length(
        &mut self,
        ty: &Type,
        min: Option<&Literal>,
        max: Option<&Literal>,
        span: Span,
        constraints: &mut Constraints,
    ) {
        let applies = match &ty.kind {
            TypeKind::Broken => return,
            TypeKind::List(_) => true,
            _ => self.own_scalar(ty).is_some_and(|s| is_text(s) || s == Scalar::Bytes),
        };
        if !applies {
            self.misplaced(span, "`length`", "a text, bytes or a list; a number takes `min` and `max`");
            return;
        }
        let limit = u64::from(u32::MAX);
        constraints.min_length = min.and_then(|l| self.whole(l, 0, limit)).map(|n| (n as u32, span));
        constraints.max_length = max.and_then(|l| self.whole(l, 0, limit)).map(|n| (n as u32, span));
    }

    /// A pattern of the subset that means the same in PostgreSQL, PCRE and Rust.
    pub(super) fn matches(&mut self, ty: &Type, text: &ast::Text) -> Option<(SmolStr, Span)> {
        if ty.kind == TypeKind::Broken {
            return None;
        }
        if !self.own_scalar(ty).is_some_and(is_text) {
            self.misplaced(text.span, "`matches`", "a text");
            return None;
        }
        self.judged_pattern(text.value.clone(), text.span).map(|pattern| (pattern, text.span))
    }

    pub(super) fn judged_pattern(&mut self, value: SmolStr, span: Span) -> Option<SmolStr> {
        match pattern::judge(&value) {
            Ok(()) => Some(value),
            Err(refused) => {
                self.error(
                    Diagnostic::new(E0310, span, format!("the pattern has {}", refused.what))
                        .note("only what PostgreSQL, PCRE and Rust read alike may stand in a pattern")
                        .help(refused.help),
                );
                None
            }
        }
    }

    /// Limits that no value can meet.
    fn judge_limits(&mut self, ty: &Type, constraints: &mut Constraints) {
        if let (Some((min, _)), Some((max, span))) = (&constraints.min, &constraints.max)
            && super::literals::compare(&min.0, &max.0).is_gt()
        {
            self.error(
                Diagnostic::new(
                    E0319,
                    *span,
                    format!("no value is at least {} and at most {}", min.0, max.0),
                )
                .help("swap the two"),
            );
        }
        if let (Some((min, _)), Some((max, span))) = (constraints.min_length, constraints.max_length)
            && min > max
        {
            self.error(
                Diagnostic::new(E0319, span, format!("no length is at least {min} and at most {max}"))
                    .help("swap the two"),
            );
        }
        let most = match self.own_scalar(ty) {
            Some(Scalar::Text { max: Some(max) }) => max,
            Some(Scalar::Char { length }) => length,
            _ => return,
        };
        for (length, span) in constraints.min_length.iter().chain(&constraints.max_length) {
            if *length > most {
                self.error(
                    Diagnostic::new(E0319, *span, format!("the type holds at most {most} characters"))
                        .help(format!("write a length up to {most}, or a longer type")),
                );
            }
        }
    }

    /// What stands after the type of `type Sku = …`.
    pub(super) fn constraints_of_type(&mut self, id: ConstrainedId, item: TypeItem<'t>) {
        let ty = self.platform[id].base.clone();
        let mut constraints = Constraints::default();
        let mut labels = self.labels(item.labels);
        for modifier in item.modifiers {
            match &modifier.kind {
                ModifierKind::Min(literal) => {
                    constraints.min = self.bound(&ty, literal, modifier.span, "`min`");
                }
                ModifierKind::Max(literal) => {
                    constraints.max = self.bound(&ty, literal, modifier.span, "`max`");
                }
                ModifierKind::Length { min, max } => {
                    self.length(&ty, min.as_ref(), max.as_ref(), modifier.span, &mut constraints);
                }
                ModifierKind::Matches(text) => constraints.matches = self.matches(&ty, text),
                ModifierKind::Label(name) => labels.extend(self.label(name)),
                _ => self.error(
                    Diagnostic::new(E0206, modifier.span, "this belongs to a field, not to a type").help(
                        "a type takes `min`, `max`, `length`, `matches` and labels; write the rest at the field",
                    ),
                ),
            }
        }
        self.judge_limits(&ty, &mut constraints);
        self.platform[id].constraints = constraints;
        self.platform[id].labels = labels;
    }

    pub(super) fn labels(&mut self, names: &[ast::Name]) -> Vec<LabelId> {
        names.iter().filter_map(|name| self.label(name)).collect()
    }

    pub(super) fn label(&mut self, name: &ast::Name) -> Option<LabelId> {
        if let Some(label) = self.platform.labels.iter().find(|l| l.name == name.text) {
            return Some(label.id);
        }
        let known = self.platform.labels.iter().map(|l| l.name.as_str());
        let help =
            did_you_mean(&name.text, known).unwrap_or_else(|| format!("declare it: `label {}`", name.text));
        self.error(
            Diagnostic::new(E0201, name.span, format!("there is no label `#{}`", name.text)).help(help),
        );
        None
    }
}

fn expression(kind: &ModifierKind) -> Option<What<'_>> {
    match kind {
        ModifierKind::Default(expr) => Some(What::Default(expr)),
        ModifierKind::OnUpdate(expr) => Some(What::OnUpdate(expr)),
        ModifierKind::Computed(expr) => Some(What::Computed(expr)),
        ModifierKind::Check(expr) => Some(What::Check(expr)),
        ModifierKind::Anonymized(expr) => Some(What::Anonymized(expr)),
        _ => None,
    }
}

/// `zstd(3)`, as written.
fn codec(expr: &ast::Expr) -> SmolStr {
    match &expr.kind {
        ast::ExprKind::Path(path) => super::names::written(path).into(),
        ast::ExprKind::Call { function, arguments } => {
            let arguments: Vec<SmolStr> = arguments.iter().map(codec).collect();
            format_smolstr!("{}({})", super::names::written(function), arguments.join(", "))
        }
        ast::ExprKind::Literal(literal) => super::literals::shown(literal),
        _ => SmolStr::default(),
    }
}

pub(super) fn is_number(scalar: Scalar) -> bool {
    is_whole(scalar) || matches!(scalar, Scalar::Float | Scalar::Decimal { .. })
}

pub(super) fn is_whole(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::SmallInt | Scalar::Int | Scalar::BigInt)
}

/// Whether a value is a text, whatever form it must have.
pub(super) fn is_text(scalar: Scalar) -> bool {
    matches!(
        scalar,
        Scalar::Text { .. }
            | Scalar::Char { .. }
            | Scalar::Email
            | Scalar::Phone
            | Scalar::Url
            | Scalar::Country
            | Scalar::Currency
            | Scalar::Language
    )
}

pub(super) fn integer_fits(digits: &str, scalar: Scalar) -> bool {
    match scalar {
        Scalar::SmallInt => digits.parse::<i16>().is_ok(),
        Scalar::Int => digits.parse::<i32>().is_ok(),
        _ => digits.parse::<i64>().is_ok(),
    }
}
