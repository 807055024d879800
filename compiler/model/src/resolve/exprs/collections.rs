//! Lists and records as values.

use smol_str::SmolStr;

use super::super::Resolver;
use super::Cx;
use crate::expr::{Expr, ExprKind};
use crate::{FieldId, Scalar, StructId, Type, TypeKind};
use polity_syntax::ast;
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(super) fn list(
        &mut self,
        values: &'t [ast::Expr],
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Expr {
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

    pub(super) fn record_value(
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
}
