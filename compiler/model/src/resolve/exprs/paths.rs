//! Paths in expressions: fields, what lies in them, and enum values by the type that is expected.

use smol_str::SmolStr;

use super::super::names::{Kind, written};
use super::super::{Owner, Resolver};
use super::{Cx, Place, broken, habits};
use crate::expr::{Expr, ExprKind, FieldPath, Step};
use crate::{EnumId, FieldId, Scalar, StructId, Thing, Type, TypeKind};
use polity_syntax::ast;
use polity_text::diagnostics::codes::{E0201, E0302, E0311};
use polity_text::diagnostics::{Diagnostic, Help, nearest};

impl<'t> Resolver<'t> {
    /// A field first, then a value of the expected enum.
    pub(in super::super) fn path(&mut self, path: &'t ast::Path, cx: Cx, expected: Option<&Type>) -> Expr {
        let [first, rest @ ..] = &path.names[..] else { return broken(path.span) };
        let wanted_enum = match expected.and_then(|ty| self.underlying(ty)) {
            Some(TypeKind::Enum(id)) => Some(id),
            _ => None,
        };
        let field = if cx.place == Place::Default { None } else { self.own_field(cx, &first.text) };
        let value = |resolver: &Self, of: EnumId, name: &str| {
            resolver.platform[of].values.iter().position(|v| v.named.name == name)
        };
        let bare =
            wanted_enum.filter(|_| rest.is_empty()).and_then(|of| Some((of, value(self, of, &first.text)?)));
        match (field, bare) {
            (Some(_), Some((of, _))) => {
                let name = &self.platform[of].named.name;
                let value = format!("{name}.{}", first.text);
                let help = Help::write(value).and(" for the value, or rename the field");
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
            self.mention(path.span, Thing::Enum(of));
            if let Some(value) = value(self, of, &last.text) {
                let ty = Type::required(TypeKind::Enum(of));
                return Expr { kind: ExprKind::EnumValue { of, value }, ty, span: path.span };
            }
            self.unknown_value(of, last);
            return broken(path.span);
        }
        // The field that this is compared with has a type that nobody knows; it may be an enum of this value.
        if rest.is_empty()
            && expected.is_some_and(|ty| ty.kind == TypeKind::Broken)
            && cx.place != Place::Default
        {
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
            Some(near) => Help::instead(near, format!("did you mean `{near}`?")),
            None => {
                let all: Vec<&str> = e.values.iter().take(20).map(|v| v.named.name.as_str()).collect();
                format!("it has: {}", all.join(", ")).into()
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
            let value = habits::value(&written(path)).filter(|_| !is_field);
            let help = value.unwrap_or_else(|| help.into());
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
            Some(near) => diagnostic.help(Help::instead(near, format!("did you mean `{near}`?"))),
            None if let Some(field) = self.moment_of_deletion(&first.text, cx) => diagnostic.help(format!(
                "a row is deleted where `{field}` is set: write `{field} is null` for those that are not"
            )),
            None if let Some(value) = habits::value(&first.text) => diagnostic.help(value),
            None => {
                diagnostic.help("an expression names fields of the thing it stands in; texts stand in quotes")
            }
        };
        self.error(diagnostic);
    }

    /// The field that is set when a row is deleted, where somebody asks for `deleted`.
    fn moment_of_deletion(&self, name: &str, cx: Cx) -> Option<SmolStr> {
        let Owner::Entity(entity) = cx.owner else { return None };
        let entity = &self.platform[entity];
        let field = entity.soft_delete().filter(|_| name.eq_ignore_ascii_case("deleted"))?;
        Some(entity.field(field).named.name.clone())
    }

    /// The field of a name, as the owner counts its fields.
    pub(super) fn own_field(&self, cx: Cx, name: &SmolStr) -> Option<FieldId> {
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
        match self.walk(start, &path.names[1..], cx.place == Place::Index) {
            Some((ty, steps)) => {
                Expr { kind: ExprKind::Field(FieldPath { root, steps }), ty, span: path.span }
            }
            None => broken(path.span),
        }
    }

    /// Follows names into records, json and maps, and into what lists hold where that means something.
    pub(crate) fn walk(
        &mut self,
        start: Type,
        names: &[ast::Name],
        into_lists: bool,
    ) -> Option<(Type, Vec<Step>)> {
        let (mut ty, mut steps) = (start, Vec::new());
        for name in names {
            let mut optional = ty.optional;
            while into_lists && let Some(TypeKind::List(element)) = self.underlying(&ty) {
                optional |= element.optional;
                ty = *element;
            }
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
                    let found = self.platform.type_name(&ty);
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

    pub(super) fn unknown_member(&mut self, id: StructId, name: &ast::Name) {
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
}
