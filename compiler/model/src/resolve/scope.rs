//! Tenancy: the tenant's column comes into everything that each tenant has its own of, and leads its keys, unique
//! constraints, references and ordered indexes. Tables have the same shape in every tier.

use super::Resolver;
use crate::entity::{Column, Field, IndexMethod};
use crate::expr::FieldPath;
use crate::keyspace::{Parameter, Part, Pattern};
use crate::{EntityId, FieldId, Named, Type, governance::Tenancy};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0821};
use polity_text::source::Span;

/// The name of the tenant's part of a key of Redis, or of a channel.
const PARAMETER: &str = "tenant";

impl Resolver<'_> {
    pub(super) fn scope_to_tenants(&mut self) {
        let Some(Tenancy { column, ty, span }) = self.platform.tenancy.clone() else { return };
        for i in 0..self.platform.entities.len() {
            if !self.platform.entities[i].global {
                self.add_tenant(EntityId(i as u32), &column, &ty, span);
            }
        }
        for i in 0..self.platform.entities.len() {
            let id = EntityId(i as u32);
            self.judge_global(id);
            if let Some(tenant) = self.platform[id].tenant {
                self.lead_with(id, tenant);
            }
        }
        self.scope_keyspaces(&ty, span);
        self.scope_channels(&ty, span);
    }

    /// Appended, so that every other field keeps its id; [`crate::Entity::in_order`] puts it first.
    fn add_tenant(&mut self, id: EntityId, column: &str, ty: &Type, span: Span) {
        if let Some(field) = self.platform[id].fields.iter().find(|field| field.named.name == column) {
            let written = field.named.span;
            self.error(
                Diagnostic::new(E0203, written, format!("field `{column}` is declared twice"))
                    .also(span, "tenancy brings it into every entity that is not `global`")
                    .help("remove the field, or make the entity `global`"),
            );
            return;
        }
        let named = Named {
            name: column.into(),
            stored: column.into(),
            aliased: false,
            docs: "Whose row it is.".into(),
            span,
            was: None,
            sealed: None,
        };
        let mut field = Field::new(named, ty.clone(), span);
        field.declared.immutable = Some(span);
        let entity = &mut self.platform[id];
        entity.tenant = Some(FieldId(entity.fields.len() as u32));
        entity.fields.push(field);
    }

    /// Reports references from what all tenants share to what each tenant has its own of, and a copy that is shared
    /// where its source is not, or the reverse.
    fn judge_global(&mut self, id: EntityId) {
        let entity = &self.platform[id];
        if let Some(projection) = &entity.projection
            && self.platform[projection.source].global != entity.global
        {
            let (copy, source) = (entity.named.span, self.platform[projection.source].named.span);
            let help = if entity.global { "leave out `global`" } else { "write `global entity` here too" };
            self.error(
                Diagnostic::new(E0821, copy, "a copy is shared by all tenants exactly if its source is")
                    .also(source, "the source")
                    .help(help),
            );
        }
        if !self.platform[id].global {
            return;
        }
        let scoped: Vec<(Span, EntityId)> = self.platform[id]
            .declared
            .references
            .iter()
            .filter(|reference| !self.platform[reference.target].global)
            .map(|reference| (reference.span, reference.target))
            .collect();
        for (span, target) in scoped {
            let name = &self.platform[target].named.name;
            let message =
                format!("what is `global` cannot refer to `{name}`, which each tenant has its own of");
            let diagnostic = Diagnostic::new(E0821, span, message)
                .note("one row that all tenants see would name the row of one of them")
                .also(self.platform[target].named.span, "scoped to a tenant")
                .help(format!("make `{name}` global as well, or leave `global` out here"));
            self.error(diagnostic);
        }
    }

    fn lead_with(&mut self, id: EntityId, tenant: FieldId) {
        let targets: Vec<Option<FieldId>> =
            self.platform[id].declared.references.iter().map(|r| self.platform[r.target].tenant).collect();
        let source = self.platform[id].projection.as_ref().and_then(|p| self.platform[p.source].tenant);
        let column = Column::of(tenant, self.platform[id].field(tenant));
        let entity = &mut self.platform[id];
        if !entity.key.is_empty() {
            entity.key.insert(0, tenant);
        }
        for unique in &mut entity.uniques {
            unique.columns.insert(0, column.clone());
        }
        // The others cannot lead with a plain value, or gain nothing from it.
        let ordered =
            |method: Option<(IndexMethod, Span)>| matches!(method, None | Some((IndexMethod::Btree, _)));
        for index in entity.indexes.iter_mut().filter(|index| ordered(index.method)) {
            index.columns.insert(0, column.clone());
        }
        for (reference, target) in entity.declared.references.iter_mut().zip(targets) {
            if let Some(target) = target {
                reference.fields.insert(0, tenant);
                reference.target_fields.insert(0, target);
            }
        }
        for overlap in &mut entity.no_overlaps {
            overlap.per.insert(0, column.expr.clone());
        }
        if let Some(shard) = &mut entity.shard {
            shard.fields.insert(0, tenant);
        }
        if !entity.order_by.is_empty() {
            entity.order_by.insert(0, column);
        }
        if let (Some(projection), Some(source)) = (&mut entity.projection, source) {
            projection.taken.push((tenant, FieldPath { root: source, steps: Vec::new() }));
        }
    }

    fn scope_keyspaces(&mut self, ty: &Type, span: Span) {
        for i in 0..self.platform.keyspaces.len() {
            let keyspace = &self.platform.keyspaces[i];
            let source = keyspace.cache.as_ref().map(|cache| cache.source);
            if let Some(source) = source
                && self.platform[source].global != keyspace.global
            {
                let diagnostic = Diagnostic::new(
                    E0821,
                    keyspace.named.span,
                    "a cache is shared by all tenants exactly if its source is",
                )
                .also(self.platform[source].named.span, "the source")
                .help(if keyspace.global {
                    "leave out `global`"
                } else {
                    "write `global keyspace` here too"
                });
                self.error(diagnostic);
                continue;
            }
            if keyspace.global {
                continue;
            }
            let tenant = source.and_then(|source| self.platform[source].tenant);
            let keyspace = &mut self.platform.keyspaces[i];
            let led = lead_pattern(&mut keyspace.pattern, ty, span);
            if led.is_ok() {
                keyspace.together_by.iter_mut().for_each(|at| *at += 1);
                if let (Some(cache), Some(tenant)) = (&mut keyspace.cache, tenant) {
                    cache.key.insert(0, tenant);
                }
            }
            self.found.extend(led.err());
        }
    }

    fn scope_channels(&mut self, ty: &Type, span: Span) {
        for channel in self.platform.channels.iter_mut().filter(|channel| !channel.global) {
            self.found.extend(lead_pattern(&mut channel.pattern, ty, span).err());
        }
    }
}

/// `{tenant}:` before everything else.
fn lead_pattern(pattern: &mut Pattern, ty: &Type, span: Span) -> Result<(), Diagnostic> {
    if let Some(taken) = pattern.parameters.iter().find(|parameter| parameter.name == PARAMETER) {
        return Err(Diagnostic::new(E0203, taken.span, format!("parameter `{PARAMETER}` is declared twice"))
            .also(span, "tenancy brings it into every pattern that is not `global`")
            .help("rename the parameter, or leave it out"));
    }
    for part in &mut pattern.parts {
        if let Part::Parameter(at) = part {
            *at += 1;
        }
    }
    pattern.parts.splice(0..0, [Part::Parameter(0), Part::Literal(":".into())]);
    let parameter = Parameter { name: PARAMETER.into(), ty: ty.clone(), labels: Vec::new(), span };
    pattern.parameters.insert(0, parameter);
    Ok(())
}
