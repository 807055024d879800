//! Modifiers: which fields each may stand on, and what it says of them.

use smol_str::{SmolStr, format_smolstr};

use super::super::literals::shown;
use super::super::names::written;
use super::super::{Owner, Resolver};
use crate::entity::{Encrypted, Field, Pseudonymous, StoreWord};
use crate::{Scalar, Type, TypeKind};
use polity_syntax::ast::{self, ModifierKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0206, E0214, E0303};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(crate) fn modifier(&mut self, owner: Owner, field: &mut Field, modifier: &'t ast::Modifier) {
        let span = modifier.span;
        match &modifier.kind {
            ModifierKind::Key => self.key_field(owner, field, span),
            ModifierKind::Unique
            | ModifierKind::Inline
            | ModifierKind::Optimistic
            | ModifierKind::SoftDelete
            | ModifierKind::OnDelete(_)
            | ModifierKind::Deferrable
            | ModifierKind::Unchecked => self.modifier_of_types(owner, field, modifier),
            ModifierKind::Immutable => field.declared.immutable = Some(span),
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
            ModifierKind::Label(_)
            | ModifierKind::Declassify { .. }
            | ModifierKind::Encrypted { .. }
            | ModifierKind::NotEncrypted { .. }
            | ModifierKind::NotPersonal { .. }
            | ModifierKind::AcceptLeak { .. }
            | ModifierKind::Pseudonymous { .. } => self.modifier_of_secrets(field, modifier),
            ModifierKind::Of(_) => match owner {
                Owner::Entity(_) => {}
                _ => self.misplaced(span, "`of`", "a labelled field of an entity"),
            },
            ModifierKind::Tag
            | ModifierKind::Dimension
            | ModifierKind::Metric
            | ModifierKind::Analyzed(_)
            | ModifierKind::Weight(_)
            | ModifierKind::Codec(_) => self.word_of_stores(field, modifier),
            ModifierKind::Default(_)
            | ModifierKind::Computed(_)
            | ModifierKind::Check(_)
            | ModifierKind::OnUpdate(_)
            | ModifierKind::Anonymized(_)
            | ModifierKind::As(_)
            | ModifierKind::Was(_) => {}
        }
    }

    /// A modifier that only fields of some types take.
    fn modifier_of_types(&mut self, owner: Owner, field: &mut Field, modifier: &ast::Modifier) {
        let span = modifier.span;
        match &modifier.kind {
            ModifierKind::Unique => {
                if self.is_composite(&field.ty) && !matches!(field.ty.kind, TypeKind::List(_)) {
                    self.misplaced(span, "`unique`", "a single value, not a record or json");
                } else {
                    field.unique = Some(span);
                }
            }
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
            ModifierKind::OnDelete(_) => self.term_of_reference(owner, field, span, "`on delete`"),
            ModifierKind::Deferrable => self.term_of_reference(owner, field, span, "`deferrable`"),
            ModifierKind::Unchecked => self.term_of_reference(owner, field, span, "`unchecked`"),
            _ => {}
        }
    }

    /// A term of a reference, which is read where references are; here only its place is judged.
    fn term_of_reference(&mut self, owner: Owner, field: &Field, span: Span, what: &str) {
        match (&field.ty.kind, owner) {
            (TypeKind::Broken, _) => {}
            (TypeKind::Reference { .. } | TypeKind::Union(_), Owner::Entity(_)) => {}
            _ => self.misplaced(span, what, "a reference of an entity"),
        }
    }

    /// A modifier about labels and about what hides a value.
    fn modifier_of_secrets(&mut self, field: &mut Field, modifier: &ast::Modifier) {
        let span = modifier.span;
        match &modifier.kind {
            ModifierKind::Label(name) => {
                if let Some(label) = self.label(name) {
                    field.declared.labels.push((label, name.span));
                }
            }
            ModifierKind::Declassify { label, because } => {
                if let Some(label) = self.label(label) {
                    field.declassified.push((label, because.value.clone(), span));
                }
            }
            ModifierKind::Encrypted { key, searchable } => {
                if let Some(key) = self.named_key(&key.text, key.span) {
                    field.declared.encrypted =
                        Some(Encrypted { key, searchable: *searchable, span, by_rule: false });
                }
            }
            ModifierKind::NotEncrypted { because } => {
                field.not_encrypted = Some((because.value.clone(), span));
            }
            ModifierKind::NotPersonal { because } => {
                field.not_personal = Some((because.value.clone(), span));
            }
            ModifierKind::AcceptLeak { because } => field.accept_leak = Some((because.value.clone(), span)),
            ModifierKind::Pseudonymous { key } => match field.ty.kind {
                TypeKind::Reference { .. } | TypeKind::Union(_) => {
                    field.declared.pseudonymous = self.pseudonymous(key.as_ref(), span);
                }
                TypeKind::Broken => {}
                _ => self.misplaced(span, "`pseudonymous`", "a reference"),
            },
            _ => {}
        }
    }

    /// A word that only some stores understand.
    fn word_of_stores(&mut self, field: &mut Field, modifier: &ast::Modifier) {
        let (word, argument) = match &modifier.kind {
            ModifierKind::Tag => ("tag", SmolStr::default()),
            ModifierKind::Dimension => ("dimension", SmolStr::default()),
            ModifierKind::Metric => ("metric", SmolStr::default()),
            ModifierKind::Analyzed(name) => ("analyzed", name.text.clone()),
            ModifierKind::Weight(literal) => {
                let weight = self.whole(literal, 1, 99_999).unwrap_or(1);
                ("weight", format_smolstr!("{weight}"))
            }
            ModifierKind::Codec(expr) => ("codec", codec(expr)),
            _ => return,
        };
        field.store_words.push(StoreWord { word: word.into(), argument, span: modifier.span });
    }

    /// `pseudonymous with pii`, or with the platform's only key.
    pub(crate) fn pseudonymous(&mut self, key: Option<&ast::Name>, span: Span) -> Option<Pseudonymous> {
        let key = match key {
            Some(key) => Some(self.named_key(&key.text, key.span)?),
            None => self.platform.only_key(),
        };
        Some(Pseudonymous { key, span, by_rule: false, refers: None })
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
    pub(crate) fn is_composite(&self, ty: &Type) -> bool {
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
    pub(super) fn own_scalar(&self, ty: &Type) -> Option<Scalar> {
        match &ty.kind {
            TypeKind::Scalar(scalar) => Some(*scalar),
            TypeKind::Constrained(id) => self.own_scalar(&self.platform[*id].base),
            _ => None,
        }
    }

    pub(super) fn misplaced(&mut self, span: Span, what: &str, where_it_belongs: &str) {
        self.error(
            Diagnostic::new(E0303, span, format!("{what} means nothing here"))
                .help(format!("it belongs to {where_it_belongs}")),
        );
    }
}

/// `zstd(3)`, as written.
fn codec(expr: &ast::Expr) -> SmolStr {
    match &expr.kind {
        ast::ExprKind::Path(path) => written(path).into(),
        ast::ExprKind::Call { function, arguments } => {
            let arguments: Vec<SmolStr> = arguments.iter().map(codec).collect();
            format_smolstr!("{}({})", written(function), arguments.join(", "))
        }
        ast::ExprKind::Literal(literal) => shown(literal),
        _ => SmolStr::default(),
    }
}
