//! The persons whom an entry is about: found when it is written, so that an erasure reaches its values when nothing leads to
//! them any more.
//!
//! A row is named by its entity and its key, as in `core.Order 42`. An entry names its own row first, then the rows that it
//! refers to on the way to a person, and the persons at its end. Where a row on the way is gone already, as while a deletion
//! goes from row to row, the names of rows between lead from one entry to the next.

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, plpgsql, settings, unmodified};
use super::super::names::{LIMIT, fit, word};
use super::super::table::{arm_column, column_name};
use super::super::types::column_type;
use polity_catalog::relational::{Argument, Privilege, Target, Volatility};
use polity_govern::Stored;
use polity_model::{Entity, EntityId, FieldId, Reference};
use polity_templates::postgres::functions;

/// The rows that an entry about a row names: by them an erasure finds it.
pub(in super::super) struct Named {
    /// The row itself.
    pub(in super::super) own: Key,
    /// The rows that it refers to.
    pub(super) others: Vec<Other>,
}

/// A row, by the columns that hold its key.
pub(in super::super) struct Key {
    /// The path of the entity, with the blank behind it.
    path: String,
    pub(super) columns: Vec<Column>,
}

pub(super) struct Column {
    pub(super) name: SmolStr,
    ty: String,
}

/// A row that another refers to.
pub(super) struct Other {
    key: Key,
    /// The column that says which arm it is, and the arm.
    arm: Option<(SmolStr, SmolStr)>,
    /// The function that finds the persons behind it, and the columns that it takes.
    lookup: Option<(Name, Vec<SmolStr>)>,
    /// Whether the reference is by the key: by anything else no row is named.
    is_key: bool,
}

/// Finds what an entry about a row of an entity says of whom it is about; `None` where it is about nobody.
pub(in super::super) fn named(database: &Database, entity: &Entity) -> Option<Named> {
    let platform = database.platform;
    let ways = ways(database, entity)?;
    let key = entity.identity();
    let own = Key::new(platform, entity, key, entity);
    let others = ways.iter().map(|way| Other::new(database, entity, platform.reference(entity.id, *way)));
    let others = others.collect();
    Some(Named { own, others })
}

/// The references by which a row is about somebody; `None` where it is not.
fn ways(database: &Database, entity: &Entity) -> Option<Vec<usize>> {
    if database.plans.is_empty() {
        let platform = database.platform;
        let about = |reference: &Reference| {
            is_about_somebody(platform, &platform[reference.target]) && reference.arm.is_none()
        };
        let numbered = platform.numbered_references(entity.id);
        let ways: Vec<usize> =
            numbered.filter(|(_, reference)| about(reference)).map(|(number, _)| number).collect();
        return (is_about_somebody(platform, entity) || !ways.is_empty()).then_some(ways);
    }
    database.ways.get(&entity.id).cloned()
}

fn is_about_somebody(platform: &Stored, entity: &Entity) -> bool {
    entity.subject.is_some()
        || entity.fields().any(|(id, _)| platform.labels_on(entity.id, id).next().is_some())
}

impl Key {
    /// The key of `named`, whose values stand in these fields of `holder`.
    fn new(platform: &Stored, named: &Entity, fields: &[FieldId], holder: &Entity) -> Self {
        let column = |field: &FieldId| Column {
            name: column_name(holder, *field),
            ty: column_type(platform, &holder.field(*field).ty).into_owned(),
        };
        Self { path: path(platform, named.id), columns: fields.iter().map(column).collect() }
    }

    /// Writes the name of the row, of which `value` writes the columns; null where one is null.
    pub(in super::super) fn name(&self, value: impl Fn(&SmolStr) -> String) -> String {
        let values: Vec<(String, &str)> =
            self.columns.iter().map(|column| (value(&column.name), column.ty.as_str())).collect();
        name_of(&self.path, &values)
    }
}

impl Other {
    fn new(database: &Database, entity: &Entity, reference: &Reference) -> Self {
        let platform = database.platform;
        let target = &platform[reference.target];
        let pairs = reference.fields.iter().zip(&reference.target_fields);
        let pairs: Vec<(FieldId, FieldId)> =
            pairs.filter(|(_, to)| Some(**to) != target.tenant).map(|(from, to)| (*from, *to)).collect();
        let (from, to): (Vec<FieldId>, Vec<FieldId>) = pairs.into_iter().unzip();
        let is_here = target.store == database.store.id;
        let is_key = to == target.identity();
        let is_person = target.subject.is_some() && is_key;
        let looked_up = is_here && !is_person && !database.plans.is_empty();
        let lookup = looked_up.then(|| {
            let tenant = entity.tenant.filter(|_| target.tenant.is_some());
            let columns = tenant.iter().chain(&from).map(|field| column_name(entity, *field)).collect();
            (lookup_name(database, target, &to), columns)
        });
        Self {
            key: Key::new(platform, target, &from, entity),
            arm: reference.told_by(entity).map(|(arm, field)| (arm_column(entity, field), arm.clone())),
            lookup,
            is_key,
        }
    }

    /// Writes the name of the row; null where the reference is empty or another arm.
    fn name(&self, value: &impl Fn(&SmolStr) -> String) -> Option<String> {
        self.is_key.then(|| self.if_arm(self.key.name(value), value))
    }

    /// Writes the call that finds the persons behind the row, as an array; null where there is none.
    fn persons(&self, value: &impl Fn(&SmolStr) -> String) -> Option<String> {
        let (function, columns) = self.lookup.as_ref()?;
        let arguments: Vec<String> = columns.iter().map(value).collect();
        Some(self.if_arm(format!("{function}({})", arguments.join(", ")), value))
    }

    fn if_arm(&self, sql: String, value: &impl Fn(&SmolStr) -> String) -> String {
        match &self.arm {
            Some((column, arm)) => format!("CASE WHEN {} = {} THEN {sql} END", value(column), Literal(arm)),
            None => sql,
        }
    }

    /// The columns on which the name and the persons depend.
    fn columns(&self) -> impl Iterator<Item = &SmolStr> {
        let key = self.key.columns.iter().map(|column| &column.name);
        key.chain(self.arm.iter().map(|(column, _)| column))
    }
}

impl Named {
    /// Writes the array of names that one version of a row has.
    pub(in super::super) fn of_row(&self, value: impl Fn(&SmolStr) -> String) -> String {
        self.array_of_row(true, value)
    }

    fn array_of_row(&self, with_own: bool, value: impl Fn(&SmolStr) -> String) -> String {
        let own = with_own.then(|| self.own.name(&value));
        let others = self.others.iter();
        let names = own.into_iter().chain(others.clone().filter_map(|other| other.name(&value)));
        let persons = others.filter_map(|other| other.persons(&value));
        array(names, persons)
    }

    /// Writes the array of names that two versions of a row have, where `differs` tells whether a column differs.
    pub(super) fn of_change(
        &self,
        own: impl Fn(&SmolStr) -> String,
        old: impl Fn(&SmolStr) -> String,
        new: impl Fn(&SmolStr) -> String,
        differs: impl Fn(&SmolStr) -> String,
    ) -> String {
        let (mut names, mut persons) = (vec![self.own.name(own)], Vec::new());
        for other in &self.others {
            let changed: Vec<String> = other.columns().map(&differs).collect();
            let before = |sql: String| format!("CASE WHEN {} THEN {sql} END", changed.join(" OR "));
            names.extend(other.name(&new));
            names.extend(other.name(&old).map(before));
            persons.extend(other.persons(&new));
            persons.extend(other.persons(&old).map(before));
        }
        array(names.into_iter(), persons.into_iter())
    }
}

/// Writes an array of names, without those that are null, and with the arrays behind it.
fn array(names: impl Iterator<Item = String>, more: impl Iterator<Item = String>) -> String {
    let names = names.collect::<Vec<_>>().join(", ");
    let more: String = more.map(|persons| format!(" || {persons}")).collect();
    format!("array_remove(ARRAY[{names}]::text[], NULL){more}")
}

/// `core.Order `: the beginning of the name of a row.
pub(in super::super) fn path(platform: &Stored, entity: EntityId) -> String {
    format!("{} ", platform.entity_path(entity))
}

/// Writes the name of a row, of which `values` are the key, each with its type.
pub(in super::super) fn name_of(path: &str, values: &[(String, &str)]) -> String {
    let path = Literal(path);
    match values {
        [(value, ty)] if is_plain(ty) => format!("{path} || {value}::text"),
        [(value, _)] => format!("{path} || (to_jsonb({value}) #>> '{{}}')"),
        values => {
            let there: Vec<String> = values.iter().map(|(value, _)| format!("{value} IS NOT NULL")).collect();
            let values: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
            format!(
                "CASE WHEN {} THEN {path} || jsonb_build_array({})::text END",
                there.join(" AND "),
                values.join(", ")
            )
        }
    }
}

/// Whether no setting changes the text of a value.
fn is_plain(ty: &str) -> bool {
    matches!(ty, "uuid" | "smallint" | "integer" | "bigint" | "text") || ty.starts_with("varchar(")
}

/// The name of the function that finds the persons behind a row.
fn lookup_name(database: &Database, target: &Entity, by: &[FieldId]) -> Name {
    let table = database.placement.shared_table_of(target);
    let mut name = format!("persons_of_{}", word(&format!("{}_{}", table.schema, table.name)));
    if by != target.identity() {
        for field in by {
            name.push_str(&format!("_{}", target.field(*field).named.stored));
        }
        name = name.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "_");
    }
    Name::new(database.functions_schema.clone(), fit(&name, LIMIT))
}

/// Lowers the functions that find the persons behind rows which audited or published ones refer to.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    let mut wanted: BTreeMap<SmolStr, (EntityId, Vec<FieldId>)> = BTreeMap::new();
    let is_told = |entity: &Entity| {
        database.platform.audit(entity.id).is_some() || super::super::outbox::publishes(entity)
    };
    let told = database.tables.iter().filter(|table| is_told(table.entity));
    let mut open: Vec<EntityId> = told.map(|table| table.entity.id).collect();
    while let Some(id) = open.pop() {
        let entity = &database.platform[id];
        for way in ways(database, entity).unwrap_or_default() {
            let reference = database.platform.reference(id, way);
            let target = &database.platform[reference.target];
            let by: Vec<FieldId> =
                reference.target_fields.iter().copied().filter(|to| Some(*to) != target.tenant).collect();
            let is_wanted = Other::new(database, entity, reference).lookup.is_some();
            let name = lookup_name(database, target, &by);
            if is_wanted && !wanted.contains_key(&name.name) {
                wanted.insert(name.name.clone(), (target.id, by));
                open.push(target.id);
            }
        }
    }
    for (entity, by) in wanted.into_values() {
        lower_lookup(database, &database.platform[entity], &by, lowered);
    }
}

fn lower_lookup(database: &Database, target: &Entity, by: &[FieldId], lowered: &mut Lowered) {
    #[derive(Serialize)]
    struct Lookup {
        table: String,
        /// The condition that a row is the one that is asked for.
        row: String,
        persons: String,
    }
    let (platform, roles) = (database.platform, &database.roles);
    let fields: Vec<FieldId> = target.tenant.iter().chain(by).copied().collect();
    let column = |name: &SmolStr| format!("t.{}", Ident(name));
    let row = fields
        .iter()
        .enumerate()
        .map(|(at, field)| format!("{} = ${}", column(&column_name(target, *field)), at + 1));
    let named = named(database, target);
    let values = Lookup {
        table: database.placement.table_of(target).to_string(),
        row: row.collect::<Vec<_>>().join(" AND "),
        persons: named.map_or_else(
            || "'{}'::text[]".to_owned(),
            |named| named.array_of_row(by != target.identity(), column),
        ),
    };
    let body = polity_templates::render(functions::PERSONS_OF, values);
    let mut function = plpgsql(&lookup_name(database, target, by), &roles.maintenance, "text[]", &body);
    let argument = |field: &FieldId| Argument {
        name: column_name(target, *field),
        ty: unmodified(&column_type(platform, &target.field(*field).ty)),
        default: None,
    };
    function.arguments = fields.iter().map(argument).collect();
    function.volatility = Volatility::Stable;
    function.security_definer = true;
    function.settings.extend(settings(&[("TimeZone", "'UTC'"), ("bytea_output", "'hex'")]));
    if database.tenancy.is_some() {
        // Maintenance sees every row. It is called for each entry, and has nothing proven that costs more than all else.
        function.settings.extend(settings(&[("row_security", "on")]));
    }
    let own = Target::Schema(database.functions_schema.clone());
    lowered.grant(own, &roles.owner, [&roles.auditor], &[Privilege::Usage]);
    let readers = if database.outbox.is_some() { "trails and the outbox" } else { "the trail" };
    let docs =
        format!("The persons whom a row of {} is about, for {readers}.", database.placement.table_of(target));
    lowered.function(&docs, function, [&roles.auditor]);
}

impl Named {
    /// Returns the beginnings of all names.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let others = self.others.iter().map(|other| other.key.path.as_str());
        std::iter::once(self.own.path.as_str()).chain(others)
    }
}
