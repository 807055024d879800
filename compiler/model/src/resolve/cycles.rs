//! Finds things that contain or refer to themselves without end, reports them and cuts them there, so that later steps
//! that follow types come to an end.
//!
//! A record that holds itself is an error even through a list or `?`: no store can check the shape of a value that
//! may nest without bound. `json` can hold such a thing, and rows that refer to rows can say it.

use super::Resolver;
use super::budgets::{RECORDS, REFERENCES, VIEWS};
use crate::{EntityId, Field, FieldId, StructId, Type, TypeKind, ViewId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0211, E0312};

/// How far a thing that may hold others has been followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    New,
    Open,
    /// To its end, with so many others in one another below it.
    Done(usize),
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
        let mut levels = 0;
        for i in 0..self.platform[id].fields.len() {
            let Some(inner) = self.platform[id].fields[i].ty.record() else { continue };
            if colours[inner.index()] == Colour::New && depth < RECORDS {
                self.struct_cycle(inner, colours, depth + 1);
            }
            if let Colour::Done(below) = colours[inner.index()]
                && below < RECORDS
            {
                levels = levels.max(below + 1);
                continue;
            }
            let field = &mut self.platform[id].fields[i];
            field.ty.kind = TypeKind::Broken;
            let span = field.ty_span;
            if colours[inner.index()] != Colour::Open {
                let what = format!("more than {RECORDS} records hold one another here");
                self.too_long(span, &what, "hold it as `json`, or in an entity that this one refers to");
                continue;
            }
            let (outer, inner) = (&self.platform[id].named, &self.platform[inner].named);
            let message = if outer.name == inner.name {
                format!("`{}` holds itself", outer.name)
            } else {
                format!("`{}` holds itself by way of `{}`", inner.name, outer.name)
            };
            let diagnostic = Diagnostic::new(E0211, span, message)
                .also(inner.span, "the record")
                .note("no store can check the shape of what may nest without bound")
                .help("hold it as `json`, or make it an entity that refers to itself");
            self.error(diagnostic);
        }
        colours[id.index()] = Colour::Done(levels);
    }

    /// A view that reads itself, or by way of others, is never finished. What closes the ring is cut.
    pub(super) fn view_cycles(&mut self) {
        let mut colours = vec![Colour::New; self.platform.views.len()];
        let mut cut = vec![false; self.platform.views.len()];
        for i in 0..self.platform.views.len() {
            self.view_cycle(ViewId(i as u32), &mut colours, &mut cut, 0);
        }
        self.queries.retain(|query| !cut[query.view.index()]);
    }

    fn view_cycle(&mut self, id: ViewId, colours: &mut [Colour], cut: &mut [bool], depth: usize) {
        if colours[id.index()] != Colour::New {
            return;
        }
        colours[id.index()] = Colour::Open;
        let mut levels = 0;
        for inner in self.platform[id].builds_on.clone() {
            if colours[inner.index()] == Colour::New && depth < VIEWS {
                self.view_cycle(inner, colours, cut, depth + 1);
            }
            if let Colour::Done(below) = colours[inner.index()]
                && below < VIEWS
            {
                levels = levels.max(below + 1);
                continue;
            }
            let (outer, inner) = (&self.platform[id], &self.platform[inner]);
            if colours[inner.id.index()] == Colour::Open {
                let message = if outer.id == inner.id {
                    format!("`{}` reads itself", outer.named.name)
                } else {
                    format!("`{}` reads itself by way of `{}`", inner.named.name, outer.named.name)
                };
                let diagnostic = Diagnostic::new(E0211, outer.sql_span, message)
                    .also(inner.named.span, "the view that it reads")
                    .help("read the tables in one of them; `WITH RECURSIVE` follows rows that refer to rows");
                self.error(diagnostic);
            } else {
                let what = format!("more than {VIEWS} views read one another here");
                self.too_long(outer.sql_span, &what, "read the tables in some of them");
            }
            self.platform[id].builds_on.clear();
            cut[id.index()] = true;
            levels = 0;
            break;
        }
        self.platform.view_order.push(id);
        colours[id.index()] = Colour::Done(levels);
    }

    /// A key that is a reference takes the type of another key; somewhere that has to end.
    fn reference_cycles(&mut self) {
        // How many references each leads along; those that have not been followed yet are not known.
        let mut steps: Vec<Vec<Option<usize>>> =
            self.platform.entities.iter().map(|e| vec![None; e.fields.len()]).collect();
        for i in 0..self.platform.entities.len() {
            for f in 0..self.platform.entities[i].fields.len() {
                self.follow((EntityId(i as u32), FieldId(f as u32)), &mut steps);
            }
        }
    }

    fn follow(&mut self, start: (EntityId, FieldId), steps: &mut [Vec<Option<usize>>]) {
        if steps[start.0.index()][start.1.index()].is_some() {
            return;
        }
        let mut path = vec![start];
        let mut ahead = 0;
        while let Some((entity, field)) = path.last().copied() {
            let Some(next) = self.platform[entity].fields[field.index()].ty.reference() else { break };
            let known = steps[next.0.index()].get(next.1.index()).copied().unwrap_or(Some(0));
            let is_ring = path.contains(&next);
            if is_ring || known.unwrap_or(path.len()) >= REFERENCES {
                let broken = &mut self.platform[entity].fields[field.index()];
                broken.ty.kind = TypeKind::Broken;
                let (span, name) = (broken.ty_span, broken.named.name.clone());
                if is_ring {
                    self.error(
                        Diagnostic::new(E0211, span, format!("the type of `{name}` is never said"))
                            .note("a reference takes the type of the key it leads to, and that is a reference back to here")
                            .help("give one of the keys a type of its own, such as `uuid`"),
                    );
                } else {
                    let what =
                        format!("more than {REFERENCES} references take their type from one another here");
                    self.too_long(span, &what, "give one of the keys a type of its own, such as `uuid`");
                }
                break;
            }
            if let Some(known) = known {
                ahead = known + 1;
                break;
            }
            path.push(next);
        }
        for (behind, (entity, field)) in path.into_iter().rev().enumerate() {
            if let Some(steps) = steps[entity.index()].get_mut(field.index()) {
                *steps = Some(ahead + behind);
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
