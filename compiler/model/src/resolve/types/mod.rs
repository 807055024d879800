//! Types: names of scalars with their arguments, named types, references, records.

mod habits;
mod scalars;
mod targets;

use smol_str::SmolStr;

use super::budgets::{DIMENSIONS, TYPES as LEVELS};
use super::names::{Scope, TYPES};
use super::{Owner, Resolver};
use crate::{ConstrainedId, Named, Struct, StructId, Thing, Type, TypeKind};
use polity_syntax::ast::{self, Body, Suffix};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0206, E0211, E0303, E0304, E0332};
use polity_text::source::Span;

/// How far a thing that others are built on has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    New,
    Open,
    Done,
}

/// Where a type stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    pub scope: Scope,
    /// The name of a record that is embedded here: the path to it, such as `UserProfilePreferences`.
    pub path: &'a str,
}

impl<'t> Resolver<'t> {
    /// The named types, then the structs.
    pub(super) fn types(&mut self) {
        let declared = self.declared;
        let mut levels = vec![None; declared.constrained.len()];
        for i in 0..declared.constrained.len() {
            self.constrained(ConstrainedId(i as u32), &mut levels, 0);
        }
        self.struct_states = vec![State::New; declared.structs.len()];
        for i in 0..declared.structs.len() {
            self.struct_fields(StructId(i as u32));
        }
    }

    /// `type Sku = text(32) matches "…"`; those it is built on come first.
    /// `levels`: on how many others each is built that has been looked at, none while it is being looked at.
    fn constrained(&mut self, id: ConstrainedId, levels: &mut [Option<Option<usize>>], depth: usize) {
        if levels[id.index()].is_some() {
            return;
        }
        levels[id.index()] = Some(None);
        let mut level = 0;
        let item = self.declared.constrained[id.index()];
        let name = self.platform[id].named.name.clone();
        if let ast::TypeKind::Named { path, .. } = &item.ty.kind {
            let found = self.names.find(&self.platform, &path.names, item.scope, TYPES);
            if let [Thing::Constrained(base)] = found[..] {
                if levels[base.index()] == Some(None) {
                    self.error(
                        Diagnostic::new(E0211, path.span, format!("`{name}` is built on itself"))
                            .also(self.platform[base].named.span, "by way of this")
                            .help("build one of them on a scalar, such as `text(80)`"),
                    );
                    levels[id.index()] = Some(Some(0));
                    return;
                }
                if depth < LEVELS {
                    self.constrained(base, levels, depth + 1);
                }
                level = levels[base.index()].flatten().map_or(LEVELS, |below| below) + 1;
                if level > LEVELS {
                    let what = format!("more than {LEVELS} named types are built on one another here");
                    self.too_long(path.span, &what, "build it on a scalar, such as `text(80)`");
                    levels[id.index()] = Some(Some(0));
                    return;
                }
            }
        }
        let mut base = match &item.ty.kind {
            ast::TypeKind::Record(_) => {
                self.error(
                    Diagnostic::new(E0303, item.ty.span, "a record has a name by `struct`")
                        .help(format!("write `struct {name} {{ … }}`")),
                );
                Type::required(TypeKind::Broken)
            }
            ast::TypeKind::Reference(_) => {
                self.error(
                    Diagnostic::new(E0303, item.ty.span, "a reference has no constraints to name")
                        .help("write the reference at the field"),
                );
                Type::required(TypeKind::Broken)
            }
            _ => self.ty(item.ty, At { scope: item.scope, path: &name }),
        };
        if base.optional {
            base.optional = false;
            self.error(
                Diagnostic::new(E0303, item.ty.span, "whether a value may be absent is said at the field")
                    .help(format!("leave the `?` out here and write `{name}?` at the field")),
            );
        }
        self.platform[id].base = base;
        levels[id.index()] = Some(Some(level));
        self.constraints_of_type(id, item);
    }

    /// The fields of a declared struct, with their types.
    fn struct_fields(&mut self, id: StructId) {
        if !matches!(self.struct_states[id.index()], State::New) {
            return;
        }
        self.struct_states[id.index()] = State::Open;
        let block = self.declared.structs[id.index()];
        // Those that it includes come first; cycles were reported and cut when the outlines were drawn.
        let included: Vec<StructId> = self.struct_outlines[id.index()]
            .fields
            .iter()
            .filter_map(|f| match f.origin {
                super::outline::Origin::Included { of, .. } => Some(of),
                _ => None,
            })
            .collect();
        for of in included {
            self.struct_fields(of);
        }
        self.only_fields(block.body);
        let name = self.platform[id].named.name.clone();
        let outlined = self.struct_outlines[id.index()].fields.clone();
        let fields = self.fields(Owner::Struct(id), &outlined, At { scope: block.scope, path: &name });
        self.platform[id].fields = fields;
        let labels = self.labels(&block.header.labels);
        self.platform[id].labels = labels;
        self.struct_states[id.index()] = State::Done;
    }

    /// Reports each clause of a record but `include`: what concerns rows means nothing there.
    fn only_fields(&mut self, body: &Body) {
        for stated in &body.statements {
            if let ast::Statement::Clause(clause) = &stated.kind
                && !matches!(clause.kind, ast::ClauseKind::Include(_))
            {
                self.error(
                    Diagnostic::new(E0206, clause.keyword, "a record holds fields and nothing else")
                        .help("what concerns rows stands in the entity"),
                );
            }
        }
    }

    /// A record without a name of its own; it is called after the path to it.
    pub(super) fn record(&mut self, body: &'t Body, span: Span, at: At<'_>) -> StructId {
        let id = StructId(self.platform.structs.len() as u32);
        let name = SmolStr::from(at.path);
        self.platform.structs.push(Struct {
            id,
            named: Named {
                stored: polity_text::naming::snake_case(&name),
                name,
                aliased: false,
                docs: SmolStr::default(),
                span,
                was: None,
                sealed: None,
            },
            embedded: true,
            fields: Vec::new(),
            labels: Vec::new(),
            encrypts: false,
        });
        self.struct_outlines.push(super::Outline::default());
        self.only_fields(body);
        let outline = self.outline(body, at.scope, 0);
        let outlined = outline.fields.clone();
        self.struct_outlines[id.index()] = outline;
        let fields = self.fields(Owner::Struct(id), &outlined, at);
        self.platform[id].fields = fields;
        id
    }

    /// A type as written, with its `?` and `[]`.
    pub(super) fn ty(&mut self, ty: &'t ast::Type, at: At<'_>) -> Type {
        let mut out = match &ty.kind {
            ast::TypeKind::Named { path, arguments } => self.named_type(path, arguments, at.scope),
            ast::TypeKind::Reference(arms) => self.reference(arms, at.scope),
            ast::TypeKind::Map(element) => {
                let element = self.ty(element, at);
                if matches!(element.kind, TypeKind::Reference { .. } | TypeKind::Union(_)) {
                    self.list_of_references(ty.span, "a map");
                    TypeKind::Broken
                } else if self.has_room(&element, ty.span) {
                    TypeKind::Map(Box::new(element))
                } else {
                    TypeKind::Broken
                }
            }
            ast::TypeKind::Record(body) => TypeKind::Struct(self.record(body, ty.span, at)),
            ast::TypeKind::Broken => TypeKind::Broken,
        };
        let mut optional = false;
        for suffix in &ty.suffixes {
            match suffix {
                Suffix::Optional => optional = true,
                Suffix::List => {
                    if matches!(out, TypeKind::Reference { .. } | TypeKind::Union(_)) {
                        self.list_of_references(ty.span, "a list");
                        return Type::required(TypeKind::Broken);
                    }
                    let element = Type { kind: out, optional };
                    if !self.has_room(&element, ty.span) {
                        return Type::required(TypeKind::Broken);
                    }
                    out = TypeKind::List(Box::new(element));
                    optional = false;
                }
            }
        }
        Type { kind: out, optional }
    }

    /// Whether a list or a map may hold such an element; one too many of them is reported.
    fn has_room(&mut self, element: &Type, span: Span) -> bool {
        let dimensions = self.platform.dimensions(element) + 1;
        if dimensions > DIMENSIONS {
            self.error(
                Diagnostic::new(
                    E0332,
                    span,
                    format!("lists and maps hold one another more than {DIMENSIONS} deep here"),
                )
                .help("give what is inside a record of its own, or hold it as `json`"),
            );
        }
        dimensions <= DIMENSIONS
    }

    fn list_of_references(&mut self, span: Span, what: &str) {
        self.error(
            Diagnostic::new(E0304, span, format!("{what} cannot hold references"))
                .note("no store checks them, and erasing what they point at would leave them dangling")
                .help("write a join entity: one row for each pair, with two references"),
        );
    }
}
