//! What contains or refers to itself without end. It is reported and cut, so that whoever follows types later
//! comes to an end.
//!
//! A record that holds itself is an error even through a list or `?`: no store can check the shape of a value that
//! may nest without bound. `json` can hold such a thing, and rows that refer to rows can say it.

use super::Resolver;
use super::outline::DEPTH;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{E0211, E0312};
use crate::model::{EntityId, Field, FieldId, StructId, Type, TypeKind, ViewId};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    New,
    Open,
    Done,
}

impl Resolver<'_> {
    pub(super) fn cycles(&mut self) {
        let mut colours = vec![Colour::New; self.platform.structs.len()];
        for i in 0..self.platform.structs.len() {
            self.struct_cycle(StructId(i as u32), &mut colours, 0);
        }
        self.reference_cycles();
    }

    fn struct_cycle(&mut self, id: StructId, colours: &mut [Colour], depth: usize) {
        if colours[id.index()] != Colour::New {
            return;
        }
        colours[id.index()] = Colour::Open;
        for i in 0..self.platform[id].fields.len() {
            let Some(inner) = record_in(&self.platform[id].fields[i].ty) else { continue };
            if colours[inner.index()] == Colour::Open || depth >= DEPTH {
                let field = &mut self.platform[id].fields[i];
                field.ty.kind = TypeKind::Broken;
                let span = field.ty_span;
                let (outer, inner) = (&self.platform[id].named, &self.platform[inner].named);
                let message = if depth >= DEPTH {
                    format!("records are nested more than {DEPTH} deep here")
                } else if outer.name == inner.name {
                    format!("`{}` holds itself", outer.name)
                } else {
                    format!("`{}` holds itself by way of `{}`", inner.name, outer.name)
                };
                let diagnostic = Diagnostic::new(E0211, span, message)
                    .also(inner.span, "the record")
                    .note("no store can check the shape of what may nest without bound")
                    .help("hold it as `json`, or make it an entity that refers to itself");
                self.error(diagnostic);
                continue;
            }
            self.struct_cycle(inner, colours, depth + 1);
        }
        colours[id.index()] = Colour::Done;
    }

    /// A view that reads itself, or by way of others, is never finished. What closes the ring is cut.
    pub(super) fn view_cycles(&mut self) {
        let mut colours = vec![Colour::New; self.platform.views.len()];
        for i in 0..self.platform.views.len() {
            self.view_cycle(ViewId(i as u32), &mut colours, 0);
        }
    }

    fn view_cycle(&mut self, id: ViewId, colours: &mut [Colour], depth: usize) {
        if colours[id.index()] != Colour::New {
            return;
        }
        colours[id.index()] = Colour::Open;
        for inner in self.platform[id].builds_on.clone() {
            if colours[inner.index()] != Colour::Open && depth < DEPTH {
                self.view_cycle(inner, colours, depth + 1);
                continue;
            }
            let (outer, inner) = (&self.platform[id], &self.platform[inner]);
            let message = if depth >= DEPTH {
                format!("views are built on each other more than {DEPTH} deep here")
            } else if outer.id == inner.id {
                format!("`{}` reads itself", outer.named.name)
            } else {
                format!("`{}` reads itself by way of `{}`", inner.named.name, outer.named.name)
            };
            let diagnostic = Diagnostic::new(E0211, outer.sql_span, message)
                .also(inner.named.span, "the view that it reads")
                .help("read the tables in one of them; `WITH RECURSIVE` follows rows that refer to rows");
            self.error(diagnostic);
            self.platform[id].builds_on.clear();
            self.queries.retain(|(view, _)| *view != id);
            break;
        }
        self.platform.view_order.push(id);
        colours[id.index()] = Colour::Done;
    }

    /// A key that is a reference takes the type of another key; somewhere that has to end.
    fn reference_cycles(&mut self) {
        let ends: Vec<Vec<bool>> =
            self.platform.entities.iter().map(|e| vec![false; e.fields.len()]).collect();
        let mut ends = ends;
        for i in 0..self.platform.entities.len() {
            for f in 0..self.platform.entities[i].fields.len() {
                let mut path = vec![(EntityId(i as u32), FieldId(f as u32))];
                while let Some((entity, field)) = path.last().copied() {
                    if ends[entity.index()].get(field.index()).copied().unwrap_or(true) {
                        break;
                    }
                    let next = self.platform[entity].fields[field.index()].ty.reference();
                    let Some(next) = next else { break };
                    if path.contains(&next) || path.len() > DEPTH {
                        let broken = &mut self.platform[entity].fields[field.index()];
                        broken.ty.kind = TypeKind::Broken;
                        let span = broken.ty_span;
                        let name = self.platform[entity].fields[field.index()].named.name.clone();
                        self.error(
                            Diagnostic::new(E0211, span, format!("the type of `{name}` is never said"))
                                .note("a reference takes the type of the key it leads to, and that is a reference back to here")
                                .help("give one of the keys a type of its own, such as `uuid`"),
                        );
                        break;
                    }
                    path.push(next);
                }
                for (entity, field) in path {
                    if let Some(end) = ends[entity.index()].get_mut(field.index()) {
                        *end = true;
                    }
                }
            }
        }
    }
}

impl Resolver<'_> {
    /// A computed field cannot follow from itself.
    pub(super) fn computed_cycles(&mut self) {
        let entities = self.platform.entities.iter().map(|e| &e.fields);
        let records = self.platform.structs.iter().map(|s| &s.fields);
        let found: Vec<Diagnostic> =
            entities.chain(records).filter_map(|fields| computed_cycle(fields)).collect();
        self.found.extend(found);
    }
}

fn computed_cycle(fields: &[Field]) -> Option<Diagnostic> {
    let uses: Vec<Vec<usize>> = fields
        .iter()
        .map(|field| {
            let mut used = Vec::new();
            if let Some(computed) = &field.computed {
                computed.fields(&mut |path, _| used.push(path.root.index()));
            }
            used
        })
        .collect();
    (0..fields.len()).filter(|start| !uses[*start].is_empty()).find_map(|start| {
        let mut seen = vec![false; fields.len()];
        let mut next = uses[start].clone();
        while let Some(field) = next.pop() {
            if field == start {
                let field = &fields[start];
                return Some(
                    Diagnostic::new(
                        E0312,
                        field.computed.as_ref().map_or(field.named.span, |c| c.span),
                        format!("`{}` follows from itself", field.named.name),
                    )
                    .help("compute it from fields that are stored"),
                );
            }
            if !std::mem::replace(&mut seen[field], true) {
                next.extend(&uses[field]);
            }
        }
        None
    })
}

impl Type {
    /// The field whose type a reference takes; of several arms, the first.
    fn reference(&self) -> Option<(EntityId, FieldId)> {
        match &self.kind {
            TypeKind::Reference { entity, field } => Some((*entity, *field)),
            TypeKind::Union(arms) => arms.first().map(|arm| (arm.entity, arm.field)),
            _ => None,
        }
    }
}

/// The record that a value of the type holds, if it holds one.
pub(super) fn record_in(ty: &Type) -> Option<StructId> {
    match &ty.kind {
        TypeKind::Struct(id) => Some(*id),
        TypeKind::List(element) | TypeKind::Map(element) => record_in(element),
        _ => None,
    }
}
