//! Audit trails: tables that only one function writes, and the triggers that call it.

mod lowering;
mod values;

use smol_str::SmolStr;

use super::super::sql::{ArrayText, Ident, Name};
use super::database::Database;
use super::lowered::Lowered;
use super::names::{LIMIT, Names, Space, fit};
use super::placement::Placement;
use super::table::partitions::stem_of_ranges;
use super::table::{Table, column_name};
pub(super) use lowering::lower;
use polity_catalog::relational::{Event, Firing, TransitionTables, Trigger};
use polity_govern::erasure::Plan;
use polity_govern::{Holder, Stored};
use polity_model::entity::{Field, Operation, PartitionPeriod};
use polity_model::{AuditLog, Entity, FieldId, LabelId, Scalar, StructId, TypeKind};

/// An audit log and the names of its parts.
#[derive(Debug)]
pub(in crate::postgres) struct Trail<'a> {
    pub(super) log: &'a AuditLog,
    pub(in crate::postgres) name: Name,
    pub(in crate::postgres) payload: Name,
    pub(in crate::postgres) anchor: Name,
    pub(in crate::postgres) head: Name,
    pub(in crate::postgres) partition: Option<PartitionPeriod>,
    /// The beginning of the names of its functions and of its sequence.
    stem: SmolStr,
    /// The beginnings of the names of the partitions of its entries and of their values.
    pub(super) stems: [SmolStr; 2],
}

/// The ends of the names of a trail's functions and of its sequence.
const PARTS: &[&str] = &["append", "erase", "seq", "verify", "write"];

/// The most bytes before such an end.
const STEM: usize = LIMIT - 12;

impl<'a> Trail<'a> {
    pub(super) fn lower(placement: &Placement, log: &'a AuditLog, names: &mut Names) -> Self {
        let schema = placement.schema(log.schema);
        let name = Name::new(schema.clone(), fit(&log.named.stored, LIMIT));
        let mut part = |suffix: &str| {
            let wanted = format!("{}_{suffix}", name.name);
            let space = Space::Relations(schema.clone());
            Name::new(schema.clone(), names.derived(space, &wanted, &wanted, log.named.span))
        };
        let (payload, anchor, head) = (part("payload"), part("anchor"), part("head"));
        let spaces = [Space::Relations(schema.clone()), Space::Functions(schema.clone())];
        let stem = names.stem(&spaces, &name.name, STEM, |part| PARTS.contains(&part));
        let stems = [&name, &payload].map(|of| stem_of_ranges(names, &schema, &of.name));
        Self { log, payload, anchor, head, partition: log.partition, stem, stems, name }
    }

    /// Keeps the last entry of each chain before older ones go: what stands before `FROM`, and what stands last.
    pub(super) fn anchoring(&self, database: &Database) -> (String, String) {
        match &database.tenancy {
            Some(tenancy) => {
                let tenant = Ident(&tenancy.column);
                let into = format!(
                    "INSERT INTO {} ({tenant}, seq, at, hash) SELECT DISTINCT ON ({tenant}) {tenant}, seq, at, hash",
                    self.anchor
                );
                (into, format!("ORDER BY {tenant}, seq DESC"))
            }
            None => (
                format!("INSERT INTO {} (seq, at, hash) SELECT seq, at, hash", self.anchor),
                "ORDER BY seq DESC LIMIT 1".to_owned(),
            ),
        }
    }

    pub(super) fn write(&self) -> Name {
        self.part("write")
    }

    fn part(&self, suffix: &str) -> Name {
        Name::new(self.name.schema.clone(), fit(&format!("{}_{suffix}", self.stem), LIMIT))
    }

    /// The tables, in the order in which they are created.
    pub(in crate::postgres) fn tables(&self) -> Vec<Name> {
        let mut tables = vec![self.name.clone(), self.payload.clone()];
        if self.log.chained {
            tables.extend([self.head.clone(), self.anchor.clone()]);
        }
        tables
    }

    /// The columns of one of its tables, by its place among them.
    pub(in crate::postgres) fn columns(&self, table: usize, tenant: &str) -> String {
        let columns = match (table, self.log.chained) {
            (0, true) => {
                "seq, at, actor, login, operation, entity, row_key, fields, commitment, previous, hash"
            }
            (0, false) => "seq, at, actor, login, operation, entity, row_key, fields",
            (1, true) => "seq, at, subjects, salt, old, new",
            (1, false) => "seq, at, subjects, old, new",
            (2, _) => "seq, hash",
            _ => "seq, at, hash, dropped",
        };
        format!("{tenant}, {columns}")
    }

    pub(super) fn counter(&self) -> Option<Name> {
        (!self.log.chained).then(|| self.part("seq"))
    }
}

/// Lowers the trigger of an audited table. It is named so that it runs after every other.
pub(super) fn lower_trigger(database: &Database, table: &Table, lowered: &mut Lowered) {
    let Some(audit) = database.platform.audit(table.entity.id) else { return };
    let Some(trail) = database.trails.iter().find(|trail| trail.log.id == audit.into) else { return };
    let event = |operation: &Operation| match operation {
        Operation::Insert => Event::Insert,
        Operation::Update => Event::Update,
        Operation::Delete => Event::Delete,
    };
    let entity = table.entity;
    let keys: Vec<SmolStr> = entity.identity().iter().map(|id| column_name(entity, *id)).collect();
    let lists = [keys, secret_columns(database.platform, table), subjects(database, table)];
    let mut arguments: Vec<String> = lists.iter().map(|columns| ArrayText(columns).text()).collect();
    arguments.extend(entity.tenant.map(|tenant| column_name(entity, tenant).to_string()));
    lowered.add(Trigger {
        table: table.name.0.clone(),
        name: SmolStr::new_static("zz_audit"),
        before: false,
        events: audit.operations.iter().map(event).collect(),
        each_row: true,
        condition: None,
        function: trail.part("append").0,
        arguments,
        columns: Vec::new(),
        rows: TransitionTables::default(),
        firing: Firing::default(),
    });
}

/// The columns that name a person: the key of an entity that holds labelled fields, and what refers to one. Where the
/// source says who the persons are, the key of a row that is theirs, and the references by which it is: what only gives
/// way is about somebody else.
pub(super) fn subjects(database: &Database, table: &Table) -> Vec<SmolStr> {
    let (platform, entity) = (database.platform, table.entity);
    let mut columns = Vec::new();
    let mut take = |fields: &[FieldId]| {
        let own = fields.iter().filter(|id| Some(**id) != entity.tenant);
        columns.extend(own.map(|id| column_name(entity, *id)));
    };
    for rows in database.plans.iter().flat_map(Plan::found_rows).filter(|rows| rows.entity == entity.id) {
        take(entity.identity());
        rows.by.iter().for_each(|i| take(&platform.reference(entity.id, *i).fields));
    }
    if database.plans.is_empty() {
        if is_about_somebody(platform, entity) {
            take(entity.identity());
        }
        for reference in platform.references(entity.id) {
            if is_about_somebody(platform, &platform[reference.target]) && reference.arm.is_none() {
                take(&reference.fields);
            }
        }
    }
    let mut seen = std::collections::HashSet::new();
    columns.retain(|column| seen.insert(column.clone()));
    columns
}

fn is_about_somebody(platform: &Stored, entity: &Entity) -> bool {
    entity.subject.is_some()
        || entity.fields().any(|(id, _)| platform.labels_on(entity.id, id).next().is_some())
}

/// The columns whose values a trail never holds: those labelled `#secret`, passwords, and blind indexes.
pub(super) fn secret_columns(platform: &Stored, table: &Table) -> Vec<SmolStr> {
    let mut secrets = Vec::new();
    for (id, field) in table.entity.fields() {
        if platform.blind_index_of(table.entity.id, id).is_some() {
            // It says nothing that the ciphertext does not, and would outlive an erased key.
            secrets.push(column_name(table.entity, id));
            continue;
        }
        // What is computed or copied from a secret is one too.
        if field.inline.is_none() && platform.is_labelled(table.entity.id, id, "secret") {
            secrets.push(fit(&field.named.stored, LIMIT));
        } else {
            collect_secrets(platform, (table.entity.id.into(), id), field, "", &mut secrets);
        }
    }
    secrets
}

fn collect_secrets(
    platform: &Stored,
    (holder, id): (Holder, FieldId),
    field: &Field,
    prefix: &str,
    secrets: &mut Vec<SmolStr>,
) {
    let stored = format!("{prefix}{}", field.named.stored);
    let is_labelled = is_labelled(platform, holder, id);
    match super::expr::struct_of(platform, &field.ty) {
        Some(inner) if field.inline.is_some() && !is_labelled => {
            for (i, member) in platform[inner].fields.iter().enumerate() {
                let at = (inner.into(), FieldId(i as u32));
                collect_secrets(platform, at, member, &format!("{stored}_"), secrets);
            }
        }
        Some(inner) if field.inline.is_some() => {
            for member in &platform[inner].fields {
                secrets.push(fit(&format!("{stored}_{}", member.named.stored), LIMIT));
            }
        }
        // Its type or anything within it may be secret as well.
        _ if is_labelled || type_is_secret(platform, &field.ty.kind, 0) => secrets.push(fit(&stored, LIMIT)),
        _ => {}
    }
}

fn is_labelled(platform: &Stored, holder: Holder, field: FieldId) -> bool {
    platform.labels_on(holder, field).any(|(label, _)| label_is_secret(platform, label))
}

fn type_is_secret(platform: &Stored, kind: &TypeKind, depth: u8) -> bool {
    // Records may hold each other through lists; what lies deeper than this holds no column of its own.
    if depth > 16 {
        return false;
    }
    match kind {
        TypeKind::Scalar(scalar) => *scalar == Scalar::Password,
        TypeKind::Constrained(id) => {
            let named = &platform[*id];
            named.labels.iter().any(|label| label_is_secret(platform, *label))
                || type_is_secret(platform, &named.base.kind, depth + 1)
        }
        TypeKind::Struct(id) => struct_is_secret(platform, *id, depth),
        TypeKind::List(inner) | TypeKind::Map(inner) => type_is_secret(platform, &inner.kind, depth + 1),
        TypeKind::Enum(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => false,
    }
}

fn struct_is_secret(platform: &Stored, id: StructId, depth: u8) -> bool {
    platform[id].labels.iter().any(|label| label_is_secret(platform, *label))
        || platform[id].fields.iter().enumerate().any(|(i, field)| {
            is_labelled(platform, id.into(), FieldId(i as u32))
                || type_is_secret(platform, &field.ty.kind, depth + 1)
        })
}

fn label_is_secret(platform: &Stored, id: LabelId) -> bool {
    let mut open = vec![id];
    let mut seen = vec![id];
    while let Some(id) = open.pop() {
        let label = &platform[id];
        if label.name == "secret" {
            return true;
        }
        for parent in &label.parents {
            if !seen.contains(parent) {
                seen.push(*parent);
                open.push(*parent);
            }
        }
    }
    false
}

/// The trail that holds values about persons of a table's rows.
pub(super) fn holds_persons<'d>(database: &'d Database, table: &Table) -> Option<&'d Trail<'d>> {
    let audit = database.platform.audit(table.entity.id)?;
    (!subjects(database, table).is_empty()).then_some(())?;
    database.trails.iter().find(|trail| trail.log.id == audit.into)
}

/// Whether the removal of rows is to be recorded.
pub(super) fn records_deletes<'d>(database: &'d Database, table: &Table) -> Option<&'d Trail<'d>> {
    let audit = database.platform.audit(table.entity.id)?;
    audit.operations.contains(&Operation::Delete).then_some(())?;
    database.trails.iter().find(|trail| trail.log.id == audit.into)
}
