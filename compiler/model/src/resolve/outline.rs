//! The fields of every entity and struct by name, with includes in their place, and which of them are a key. What
//! refers to an entity takes the type of its key, so keys are known before types are.

use foldhash::HashMap;
use smol_str::{SmolStr, format_smolstr};

use super::budgets::{BYTES, INCLUDES};
use super::names::{Kind, Scope, written};
use super::{Resolver, types::State};
use crate::{EntityId, FieldId, StructId, Thing};
use polity_syntax::ast::{self, Body, ClauseKind, ModifierKind, Statement};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0211};
use polity_text::source::Span;

/// The fields of an entity or a struct, in order and by name, with its keys.
#[derive(Debug, Default, Clone)]
pub(super) struct Outline<'t> {
    pub fields: Vec<OutlineField<'t>>,
    pub by_name: HashMap<SmolStr, FieldId>,
    /// The bytes of its fields in the source, with their comments and those of included structs.
    pub bytes: usize,
    /// How many structs include one another in it.
    pub includes: usize,
    pub key: Vec<FieldId>,
    /// Fields that are unique by themselves.
    pub uniques: Vec<FieldId>,
    /// Whether a field may have been lost, so that none is known to be missing.
    pub broken: bool,
    /// Whether anything in it could not be read, so that no key and no constraint is known to be missing.
    pub incomplete: bool,
}

#[derive(Debug, Clone)]
pub(super) struct OutlineField<'t> {
    pub name: ast::Name,
    pub origin: Origin<'t>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'t> {
    Written(&'t ast::Field, &'t ast::Docs),
    /// `include S`: the field at `at` of that struct; the struct's first field stands at `offset`.
    Included {
        of: StructId,
        at: FieldId,
        offset: u32,
        span: Span,
    },
    /// `take merchant.name`: a copy of what that path leads to in the source. Absent for a key that was not named.
    Taken(Option<&'t ast::Take>, FieldId),
}

impl<'t> Outline<'t> {
    /// The field's modifiers, which an included field has from its struct.
    pub(super) fn modifiers(&self, id: FieldId, structs: &[Outline<'t>]) -> &'t [ast::Modifier] {
        match self.fields[id.index()].origin {
            Origin::Written(field, _) => &field.modifiers,
            Origin::Included { of, at, .. } => structs[of.index()].modifiers(at, structs),
            Origin::Taken(take, _) => take.map_or(&[], |take| &take.modifiers),
        }
    }
}

impl<'t> Resolver<'t> {
    pub(super) fn outlines(&mut self) {
        let declared = self.declared;
        self.copies_left = self.most_copies();
        self.struct_outlines = vec![Outline::default(); declared.structs.len()];
        self.struct_states = vec![State::New; declared.structs.len()];
        for i in 0..declared.structs.len() {
            self.struct_outline(StructId(i as u32), 0);
        }
        self.outlines = vec![Outline::default(); declared.entities.len()];
        for (i, block) in declared.entities.iter().enumerate() {
            if block.header.from.is_none() {
                let outline = self.outline(block.body, block.scope, 0);
                self.outlines[i] = outline;
                self.keys(EntityId(i as u32), block.body);
            }
        }
        for (i, block) in declared.entities.iter().enumerate() {
            if let Some(from) = &block.header.from {
                self.projection_outline(EntityId(i as u32), block.body, from, block.scope);
            }
        }
    }

    fn struct_outline(&mut self, id: StructId, depth: usize) {
        if !matches!(self.struct_states[id.index()], State::New) {
            return;
        }
        self.struct_states[id.index()] = State::Open;
        let block = self.declared.structs[id.index()];
        let outline = self.outline(block.body, block.scope, depth);
        self.struct_outlines[id.index()] = outline;
        self.struct_states[id.index()] = State::Done;
    }

    /// The fields of a block, those of included structs in their place.
    pub(super) fn outline(&mut self, body: &'t Body, scope: Scope, depth: usize) -> Outline<'t> {
        let broken = body.span.is_none() || body.lost_fields;
        let mut outline = Outline { broken, incomplete: broken || body.broken(), ..Outline::default() };
        for stated in &body.statements {
            outline.bytes += stated.docs.len() + (stated.span.end - stated.span.start) as usize;
            match &stated.kind {
                Statement::Field(field) => {
                    let origin = Origin::Written(field, &stated.docs);
                    self.add_field(&mut outline, OutlineField { name: field.name.clone(), origin });
                }
                Statement::Clause(clause) => {
                    if let ClauseKind::Include(path) = &clause.kind {
                        self.include(&mut outline, path, scope, depth);
                    }
                }
                Statement::Setting(_) | Statement::Broken => {}
            }
        }
        outline.incomplete |= outline.broken;
        outline
    }

    fn include(&mut self, outline: &mut Outline<'t>, path: &'t ast::Path, scope: Scope, depth: usize) {
        let Some(Thing::Struct(of)) = self.lookup(path, scope, &[Kind::Struct]) else {
            outline.broken = true;
            return;
        };
        if matches!(self.struct_states[of.index()], State::Open) {
            self.error(
                Diagnostic::new(E0211, path.span, format!("`{}` would include itself", written(path)))
                    .also(self.platform[of].named.span, "the struct")
                    .help("leave out one of the includes"),
            );
            outline.broken = true;
            return;
        }
        // A chain is followed no further than it may go; in which order its structs stand makes no difference.
        if depth < INCLUDES {
            self.struct_outline(of, depth + 1);
        }
        let included = &self.struct_outlines[of.index()];
        if depth == INCLUDES || included.includes >= INCLUDES {
            let what = format!("more than {INCLUDES} structs include one another here");
            self.too_long(path.span, &what, "write the fields of some of them out");
            outline.broken = true;
            return;
        }
        outline.includes = outline.includes.max(included.includes + 1);
        outline.broken |= included.broken;
        let offset = outline.fields.len() as u32;
        let names: Vec<ast::Name> = included.fields.iter().map(|f| f.name.clone()).collect();
        let bytes = included.bytes;
        outline.bytes += bytes;
        if !self.copies(names.len() + bytes / BYTES, path.span) {
            outline.broken = true;
            return;
        }
        for (at, name) in names.into_iter().enumerate() {
            let origin = Origin::Included { of, at: FieldId(at as u32), offset, span: path.span };
            // A struct's fields stay together, so that what it says of itself holds wherever it is included.
            let id = FieldId(outline.fields.len() as u32);
            if let Some(first) = outline.by_name.get(&name.text) {
                let first = outline.fields[first.index()].name.span;
                self.error(
                    Diagnostic::new(E0203, path.span, format!("field `{}` is declared twice", name.text))
                        .here("included here")
                        .also(first, "declared here first")
                        .also(name.span, "the included field")
                        .help("rename one of the two, or leave out the include"),
                );
            } else {
                outline.by_name.insert(name.text.clone(), id);
            }
            outline.fields.push(OutlineField { name, origin });
        }
    }

    fn add_field(&mut self, outline: &mut Outline<'t>, field: OutlineField<'t>) {
        let id = FieldId(outline.fields.len() as u32);
        if let Some(first) = outline.by_name.get(&field.name.text) {
            let first = &outline.fields[first.index()];
            let mut diagnostic = Diagnostic::new(
                E0203,
                field.name.span,
                format!("field `{}` is declared twice", field.name.text),
            )
            .here("declared again here")
            .help("rename one of the two, or remove it");
            diagnostic = match first.origin {
                Origin::Included { span, .. } => diagnostic.also(span, "included here first"),
                Origin::Written(..) | Origin::Taken(..) => {
                    diagnostic.also(first.name.span, "declared here first")
                }
            };
            self.error(diagnostic);
            return;
        }
        outline.by_name.insert(field.name.text.clone(), id);
        outline.fields.push(field);
    }

    /// Which fields are the key, and which are unique by themselves.
    fn keys(&mut self, id: EntityId, body: &'t Body) {
        let mut outline = std::mem::take(&mut self.outlines[id.index()]);
        for field in 0..outline.fields.len() {
            let field = FieldId(field as u32);
            for modifier in outline.modifiers(field, &self.struct_outlines) {
                match modifier.kind {
                    // A second one is reported, and must not make the key one of two fields.
                    ModifierKind::Key if outline.key.is_empty() => outline.key.push(field),
                    ModifierKind::Unique => outline.uniques.push(field),
                    _ => {}
                }
            }
        }
        for stated in &body.statements {
            let Statement::Clause(clause) = &stated.kind else { continue };
            match &clause.kind {
                ClauseKind::Key(paths) if outline.key.is_empty() => {
                    let fields = paths.iter().filter_map(|path| match &path.names[..] {
                        [name] => outline.by_name.get(&name.text).copied(),
                        _ => None,
                    });
                    outline.key = fields.collect();
                    outline.incomplete |= outline.key.len() != paths.len();
                }
                ClauseKind::Unique { columns, filter: None, .. } => {
                    if let [ast::Column { expr: ast::Expr { kind: ast::ExprKind::Path(path), .. }, .. }] =
                        &columns[..]
                        && let [name] = &path.names[..]
                    {
                        outline.uniques.extend(outline.by_name.get(&name.text));
                    }
                }
                _ => {}
            }
        }
        if let [only] = outline.key[..] {
            outline.uniques.push(only);
        }
        self.outlines[id.index()] = outline;
    }

    /// A projection has the fields it takes, after those of the source's key.
    fn projection_outline(&mut self, id: EntityId, body: &'t Body, from: &'t ast::Path, scope: Scope) {
        let mut outline = self.outline(body, scope, 0);
        let source = self.lookup_entity(from, scope).filter(|source| *source != id);
        let Some(source) = source else {
            (outline.broken, outline.incomplete) = (true, true);
            self.outlines[id.index()] = outline;
            return;
        };
        let takes = body.statements.iter().filter_map(|stated| match &stated.kind {
            Statement::Clause(ast::Clause { kind: ClauseKind::Take(takes), .. }) => Some(takes),
            _ => None,
        });
        let takes: Vec<&ast::Take> = takes.flatten().collect();
        for key in self.outlines[source.index()].key.clone() {
            let name = self.outlines[source.index()].fields[key.index()].name.clone();
            let is_taken = takes.iter().any(|t| t.path.names.len() == 1 && t.path.names[0].text == name.text);
            if !is_taken {
                self.add_field(&mut outline, OutlineField { name, origin: Origin::Taken(None, key) });
            }
        }
        for take in takes {
            let Some(first) = take.path.names.first() else { continue };
            let Some(root) = self.field_of(source, first) else {
                outline.broken = true;
                continue;
            };
            let text = match &take.path.names[..] {
                [one] => one.text.clone(),
                names => names
                    .iter()
                    .skip(1)
                    .fold(first.text.clone(), |all, name| format_smolstr!("{all}_{}", name.text)),
            };
            let name = ast::Name { text, span: take.path.span };
            self.add_field(&mut outline, OutlineField { name, origin: Origin::Taken(Some(take), root) });
        }
        for key in &self.outlines[source.index()].key {
            let name = &self.outlines[source.index()].fields[key.index()].name.text;
            outline.key.extend(outline.by_name.get(name));
        }
        outline.broken |= self.outlines[source.index()].broken;
        outline.incomplete |= outline.broken | self.outlines[source.index()].incomplete;
        self.outlines[id.index()] = outline;
    }
}
