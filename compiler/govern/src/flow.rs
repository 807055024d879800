//! Labels flow into whatever reads what carries them: references to labelled keys, computed fields, copies, caches,
//! views, and what SQL by hand fills. A copy stored as a keyed hash (`pseudonymous`) and a column that says `declassify` drop them.

use foldhash::{HashMap, HashMapExt};

use crate::Governed;
use crate::labels::{Carried, Labels, Origin};
use polity_model::entity::Destination;
use polity_model::expr::{ExprKind, Step};
use polity_model::keyspace::Held;
use polity_model::{AuditLogId, EntityId, Field, FieldId, LabelId, Lineage, StructId, Type, TypeKind};

/// Finds the labels that everything carries, in rounds until nothing new flows. Each round follows every edge once; a
/// label can only be added, so there are at most as many rounds as there are steps in the longest chain of copies.
pub(super) fn flow(platform: &Governed) -> Labels {
    let mut flow = Flow { platform, cached: cached(platform), labels: empty(platform), changed: true };
    while std::mem::take(&mut flow.changed) {
        flow.members();
        flow.fields();
        flow.columns();
    }
    flow.trails();
    flow.keyspaces();
    flow.channels();
    flow.labels
}

struct Flow<'p> {
    platform: &'p Governed,
    /// The fields that the members of records are copies of, in caches that name what they hold.
    cached: HashMap<(StructId, FieldId), (EntityId, FieldId)>,
    labels: Labels,
    changed: bool,
}

/// A record that is written into a cache is held there alone.
fn cached(platform: &Governed) -> HashMap<(StructId, FieldId), (EntityId, FieldId)> {
    let mut cached = HashMap::new();
    for keyspace in &platform.keyspaces {
        let (Some(cache), Held::Record(record)) = (&keyspace.cache, keyspace.value.held()) else { continue };
        for (i, member) in platform[record].fields.iter().enumerate() {
            let fields = platform[cache.source].fields();
            let own = fields.into_iter().find(|(_, field)| field.named.name == member.named.name);
            cached.extend(own.map(|(field, _)| ((record, FieldId(i as u32)), (cache.source, field))));
        }
    }
    cached
}

fn empty(platform: &Governed) -> Labels {
    Labels {
        fields: platform.entities.iter().map(|e| vec![Vec::new(); e.fields.len()]).collect(),
        members: platform.structs.iter().map(|s| vec![Vec::new(); s.fields.len()]).collect(),
        keyspaces: vec![Vec::new(); platform.keyspaces.len()],
        channels: vec![Vec::new(); platform.channels.len()],
        audit_logs: vec![Vec::new(); platform.audit_logs.len()],
        columns: platform.views.iter().map(|v| vec![Vec::new(); v.columns.len()]).collect(),
    }
}

impl Flow<'_> {
    fn members(&mut self) {
        for record in &self.platform.structs {
            for (i, field) in record.fields.iter().enumerate() {
                let mut found = self.of_field(field);
                found.extend(self.of_type(&field.ty));
                found.extend(self.filled(field));
                found.extend(record.labels.iter().map(|label| (*label, Origin::Written(record.named.span))));
                for from in read_by(field) {
                    found.extend(self.member(record.id, from));
                }
                if let Some((source, from)) = self.cached.get(&(record.id, FieldId(i as u32))) {
                    found.extend(self.field(*source, *from));
                }
                let mut into = std::mem::take(&mut self.labels.members[record.id.index()][i]);
                self.add(&mut into, found, field, field.declared.pseudonymous.is_some());
                self.labels.members[record.id.index()][i] = into;
            }
        }
    }

    fn fields(&mut self) {
        for entity in &self.platform.entities {
            for (id, field) in entity.fields() {
                let on = self.platform.labels_on(entity.id, id);
                let mut found: Vec<_> = on.map(|(label, span)| (label, Origin::Written(span))).collect();
                // Whose row it is says nothing of what is in it.
                if Some(id) != entity.tenant {
                    let whole = entity.labels.iter().map(|label| (*label, Origin::Entity(entity.id)));
                    found.extend(whole);
                }
                found.extend(self.of_type(&field.ty));
                found.extend(self.filled(field));
                for from in read_by(field) {
                    found.extend(self.field(entity.id, from));
                }
                for reference in self.platform.references(entity.id) {
                    let at = reference.fields.iter().position(|f| *f == id);
                    if let Some(target) = at.and_then(|at| reference.target_fields.get(at)) {
                        found.extend(self.field(reference.target, *target));
                    }
                }
                if let Some(projection) = &entity.projection {
                    for (_, path) in projection.taken.iter().filter(|(copy, _)| *copy == id) {
                        found.extend(self.path(projection.source, path.root, &path.steps));
                    }
                }
                let mut into = std::mem::take(&mut self.labels.fields[entity.id.index()][id.index()]);
                let is_hashed = self.platform.pseudonymous(entity.id, id).is_some();
                self.add(&mut into, found, field, is_hashed);
                self.labels.fields[entity.id.index()][id.index()] = into;
            }
        }
    }

    /// A view's column carries what the columns carry that its SQL computes it from.
    fn columns(&mut self) {
        for view in &self.platform.views {
            for (i, column) in view.columns.iter().enumerate() {
                let mut found = self.of_field(column);
                let sources = view.lineage.get(i).into_iter().flatten();
                found.extend(sources.flat_map(|source| self.source(*source)));
                let mut into = std::mem::take(&mut self.labels.columns[view.id.index()][i]);
                self.add(&mut into, found, column, column.declared.pseudonymous.is_some());
                self.labels.columns[view.id.index()][i] = into;
            }
        }
    }

    /// The labels of a field, trail or column that SQL reads.
    fn source(&self, source: Lineage) -> Vec<(LabelId, Origin)> {
        match source {
            Lineage::Field(entity, field) => self.field(entity, field),
            Lineage::AuditLog(log) => self.trail(log),
            Lineage::Column(view, at) => {
                let carried = &self.labels.columns[view.index()][at.index()];
                carried.iter().map(|c| (c.label, Origin::View(view, at))).collect()
            }
        }
    }

    /// The labels that SQL by hand brings into a field: values that it puts there carry what they come from.
    fn filled(&self, field: &Field) -> Vec<(LabelId, Origin)> {
        let mut found = Vec::new();
        for filled in &field.filled {
            let carried = filled.from.iter().flat_map(|source| self.source(*source));
            found.extend(carried.map(|(label, _)| (label, Origin::Sql(filled.span))));
        }
        found
    }

    /// A trail holds the values of what is audited into it, but for what is secret.
    fn trail(&self, log: AuditLogId) -> Vec<(LabelId, Origin)> {
        let secret = self.platform.label("secret");
        let mut found = Vec::new();
        for entity in &self.platform.entities {
            if self
                .platform
                .audit(entity.id)
                .is_none_or(|audit| !self.platform.has_entries_in(audit.into, log))
            {
                continue;
            }
            for (id, field) in entity.fields() {
                let carried = self.field(entity.id, id);
                // Of a record in columns of its own, only those that are secret are left out.
                if field.inline.is_some() || carried.iter().all(|(label, _)| Some(*label) != secret) {
                    found.extend(carried);
                }
            }
        }
        found
    }

    /// Nothing else reads a trail but views.
    fn trails(&mut self) {
        for log in &self.platform.audit_logs {
            let mut into = Vec::new();
            for (label, origin) in self.trail(log.id) {
                self.carry(&mut into, label, origin);
            }
            self.labels.audit_logs[log.id.index()] = into;
        }
    }

    /// Nothing reads a keyspace, so these come last.
    fn keyspaces(&mut self) {
        for keyspace in &self.platform.keyspaces {
            let mut found = Vec::new();
            let pattern = Origin::Written(keyspace.pattern.span.unwrap_or(keyspace.named.span));
            found.extend(keyspace.labels.iter().map(|label| (*label, Origin::Written(keyspace.named.span))));
            for parameter in &keyspace.pattern.parameters {
                found.extend(parameter.labels.iter().map(|label| (*label, pattern.clone())));
                found.extend(self.of_type(&parameter.ty));
            }
            if let Some(cache) = &keyspace.cache {
                found.extend(cache.taken.iter().flat_map(|field| self.field(cache.source, *field)));
            }
            match keyspace.value.held() {
                Held::Record(record) => found.extend(self.record(record)),
                Held::Value(ty) => found.extend(self.of_type(ty)),
                Held::Entity(entity) => {
                    for (id, _) in self.platform[entity].fields() {
                        found.extend(self.field(entity, id));
                    }
                }
                Held::Nothing => {}
            }
            for stream in self.platform.buried_in(keyspace.id) {
                if let Held::Record(record) = stream.value.held() {
                    found.extend(self.record(record));
                }
            }
            found.extend(self.published(Destination::Stream(keyspace.id)));
            let mut into = Vec::new();
            for (label, origin) in found {
                self.carry(&mut into, label, origin);
            }
            self.labels.keyspaces[keyspace.id.index()] = into;
        }
    }

    fn channels(&mut self) {
        for channel in &self.platform.channels {
            let mut found = Vec::new();
            let pattern = Origin::Written(channel.pattern.span.unwrap_or(channel.named.span));
            found.extend(channel.labels.iter().map(|label| (*label, Origin::Written(channel.named.span))));
            for parameter in &channel.pattern.parameters {
                found.extend(parameter.labels.iter().map(|label| (*label, pattern.clone())));
                found.extend(self.of_type(&parameter.ty));
            }
            found.extend(channel.value.iter().flat_map(|value| self.of_type(value)));
            found.extend(self.published(Destination::Channel(channel.id)));
            let mut into = Vec::new();
            for (label, origin) in found {
                self.carry(&mut into, label, origin);
            }
            self.labels.channels[channel.id.index()] = into;
        }
    }

    /// The labels of what entities publish there.
    fn published(&self, to: Destination) -> Vec<(LabelId, Origin)> {
        let mut found = Vec::new();
        for entity in &self.platform.entities {
            for publish in entity.publishes.iter().filter(|publish| publish.to == to) {
                found.extend(publish.fields().flat_map(|field| self.field(entity.id, field)));
            }
        }
        found
    }

    /// The labels on a member of a record, or on a column of a view.
    fn of_field(&self, field: &Field) -> Vec<(LabelId, Origin)> {
        field.declared.labels.iter().map(|(label, span)| (*label, Origin::Written(*span))).collect()
    }

    /// A record carries what its members carry, a reference what its target's key carries.
    fn of_type(&self, ty: &Type) -> Vec<(LabelId, Origin)> {
        match &ty.kind {
            TypeKind::Struct(record) => self.record(*record),
            TypeKind::List(inner) | TypeKind::Map(inner) => self.of_type(inner),
            TypeKind::Reference { entity, field } => self.field(*entity, *field),
            TypeKind::Union(arms) => arms.iter().flat_map(|arm| self.field(arm.entity, arm.field)).collect(),
            TypeKind::Constrained(id) => {
                let named = &self.platform[*id];
                named.labels.iter().map(|label| (*label, Origin::Written(named.named.span))).collect()
            }
            TypeKind::Scalar(_) | TypeKind::Enum(_) | TypeKind::Null | TypeKind::Broken => Vec::new(),
        }
    }

    fn record(&self, record: StructId) -> Vec<(LabelId, Origin)> {
        (0..self.platform[record].fields.len()).flat_map(|i| self.member(record, FieldId(i as u32))).collect()
    }

    fn member(&self, record: StructId, field: FieldId) -> Vec<(LabelId, Origin)> {
        let carried = &self.labels.members[record.index()][field.index()];
        carried.iter().map(|c| (c.label, Origin::Member(record, field))).collect()
    }

    fn field(&self, entity: EntityId, field: FieldId) -> Vec<(LabelId, Origin)> {
        let carried = &self.labels.fields[entity.index()][field.index()];
        carried.iter().map(|c| (c.label, Origin::Field(entity, field))).collect()
    }

    /// `merchant.name`: what the field at the end carries, and what was written on the way to it.
    fn path(&self, entity: EntityId, root: FieldId, steps: &[Step]) -> Vec<(LabelId, Origin)> {
        let Some(Step::Member(record, last)) = steps.last() else { return self.field(entity, root) };
        let way = self.platform.labels_on(entity, root);
        let way = way.map(|(label, _)| (label, Origin::Field(entity, root)));
        way.chain(self.member(*record, *last)).collect()
    }

    fn add(
        &mut self,
        into: &mut Vec<Carried>,
        found: Vec<(LabelId, Origin)>,
        field: &Field,
        is_hashed: bool,
    ) {
        let before = into.len();
        for (label, origin) in found {
            let written = matches!(origin, Origin::Written(_) | Origin::Rule(_));
            if !written && self.drops(field, is_hashed, label) {
                continue;
            }
            self.carry(into, label, origin);
        }
        self.changed |= into.len() > before;
    }

    /// Whether a copy does not take the label over.
    fn drops(&self, field: &Field, is_hashed: bool, label: LabelId) -> bool {
        let below = |wanted: LabelId| self.is_below(label, wanted);
        field.declassified.iter().any(|(declassified, ..)| below(*declassified))
            || is_hashed && self.platform.label("personal").is_some_and(below)
    }

    fn is_below(&self, label: LabelId, wanted: LabelId) -> bool {
        label == wanted || self.platform[label].parents.iter().any(|parent| self.is_below(*parent, wanted))
    }

    fn carry(&self, into: &mut Vec<Carried>, label: LabelId, origin: Origin) {
        if into.iter().any(|carried| carried.label == label) {
            return;
        }
        into.push(Carried { label, origin });
        for parent in &self.platform[label].parents {
            self.carry(into, *parent, Origin::Parent(label));
        }
    }
}

/// The fields that a computed field is computed from.
fn read_by(field: &Field) -> Vec<FieldId> {
    let mut read = Vec::new();
    if let Some(expr) = &field.computed {
        expr.walk(&mut |part| {
            if let ExprKind::Field(path) = &part.kind {
                read.push(path.root);
            }
        });
    }
    read
}
