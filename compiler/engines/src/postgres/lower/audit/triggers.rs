//! The triggers of audited tables. They fire once a statement and write all of its entries at once; each table has a
//! function of its own, which knows its columns.

use foldhash::HashSet;
use serde::Serialize;
use smol_str::{SmolStr, format_smolstr};

use super::super::super::sql::{ArrayText, Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, plpgsql, settings};
use super::super::names::{Names, Space, word};
use super::super::placement::Placement;
use super::super::removing::{self, REMOVES};
use super::super::table::{Table, column_names};
use super::parts::tenant_column;
use super::persons::{self, Named};
use super::{Form, Trail, row_key, secret_columns, trail_of, without};
use polity_catalog::relational::{Event, Firing, TransitionTables, Trigger};
use polity_govern::Stored;
use polity_model::entity::Operation;
use polity_model::{AuditLog, Entity, EntityId};
use polity_templates::postgres::functions;

/// Names the functions of a trail's triggers, one for each audited table.
pub(super) fn writers(
    placement: &Placement,
    log: &AuditLog,
    trail: &Name,
    names: &mut Names,
) -> Vec<(EntityId, Name)> {
    let platform = placement.platform;
    let is_audited = |entity: &&Entity| platform.audit(entity.id).is_some_and(|audit| audit.into == log.id);
    let writer = |entity: &Entity| {
        let table = placement.shared_table_of(entity);
        let wanted = format!("{}_of_{}", trail.name, word(&format!("{}_{}", table.schema, table.name)));
        let space = Space::Functions(trail.schema.clone());
        let name = names.derived(space, &wanted, &table.to_string(), entity.named.span);
        (entity.id, Name::new(trail.schema.clone(), name))
    };
    platform.entities_in(placement.store.id).filter(is_audited).map(writer).collect()
}

/// Returns the names of the triggers of an audited table. They run after every other.
pub(in crate::postgres) fn trigger_names(platform: &Stored, entity: &Entity) -> Vec<SmolStr> {
    let operations = platform.audit(entity.id).into_iter().flat_map(|audit| &audit.operations);
    operations.map(|operation| format_smolstr!("zz_audit_{}", event(*operation).1)).collect()
}

fn event(operation: Operation) -> (Event, &'static str) {
    match operation {
        Operation::Insert => (Event::Insert, "insert"),
        Operation::Update => (Event::Update, "update"),
        Operation::Delete => (Event::Delete, "delete"),
    }
}

/// Lowers the triggers of an audited table, and their function.
pub(in super::super) fn lower_triggers(database: &Database, table: &Table, lowered: &mut Lowered) {
    let audit = database.platform.audit(table.entity.id);
    let (Some(audit), Some(trail)) = (audit, trail_of(database, table)) else { return };
    let Some((_, writer)) = trail.writers.iter().find(|(entity, _)| *entity == table.entity.id) else {
        return;
    };
    for (operation, name) in audit.operations.iter().zip(trigger_names(database.platform, table.entity)) {
        let there = |name, is_there: bool| is_there.then(|| SmolStr::new_static(name));
        lowered.add(Trigger {
            table: table.name.0.clone(),
            name,
            before: false,
            events: vec![event(*operation).0],
            each_row: false,
            rows: TransitionTables {
                old: there(WAS, *operation != Operation::Insert),
                new: there(BECAME, *operation != Operation::Delete),
            },
            condition: None,
            function: writer.0.clone(),
            arguments: Vec::new(),
            columns: Vec::new(),
            firing: Firing::default(),
        });
    }
    let roles = &database.roles;
    let body =
        polity_templates::render(functions::TRAIL_ENTRIES, Writer::of(database, trail, table).values());
    let mut function = plpgsql(writer, &roles.auditor, "trigger", &body);
    function.security_definer = true;
    function.settings.extend(pinned(table));
    if database.tenancy.is_some() {
        function.settings.extend(settings(&[("row_security", "on")]));
    }
    let docs = format!(
        "Writes the entries of a statement that changed {}. What a value looks like as text must not depend on who\n\
         writes, hence the settings.",
        table.name
    );
    lowered.function(&docs, function, [&roles.owner]);
}

/// The rows of a statement as they were, and as they became.
const WAS: &str = "was";
const BECAME: &str = "became";

/// The settings that change what a value of some column looks like as a text; each costs every statement something.
pub(in super::super) fn pinned(table: &Table) -> Vec<(SmolStr, SmolStr)> {
    let all = [
        ("TimeZone", "'UTC'", "timestamptz"),
        ("IntervalStyle", "'iso_8601'", "interval"),
        ("bytea_output", "'hex'", "bytea"),
        ("extra_float_digits", "1", "double precision"),
    ];
    let types = || table.columns.iter().map(|column| column.ty.strip_suffix("[]").unwrap_or(&column.ty));
    // Nobody knows what a type of an extension depends on.
    let is_foreign = types().any(|ty| !is_exact(ty) && ty != "interval");
    let asked = all.into_iter().filter(|(_, _, ty)| is_foreign || types().any(|of| of == *ty));
    asked.map(|(name, value, _)| (SmolStr::new_static(name), SmolStr::new_static(value))).collect()
}

/// The parts of which the function of a table is made.
struct Writer<'w> {
    database: &'w Database<'w>,
    trail: &'w Trail<'w>,
    table: &'w Table<'w>,
    /// The columns whose values are written, by their place among all.
    secrets: HashSet<SmolStr>,
    named: Option<Named>,
}

/// The values of the body.
#[derive(Serialize)]
struct Values {
    /// The statements that write rows `r`, up to them: where rows came, and where they only went.
    into: String,
    into_went: String,
    /// The condition that an erasure or a retention is carried out.
    removes: &'static str,
    inserts: bool,
    updates: bool,
    deletes: bool,
    /// The end of a condition that keeps the values of what an erasure or a retention changes out; or nothing.
    unless_hidden: &'static str,
    /// Whether those of a deletion are kept out too.
    hides_deletes: bool,
    /// All columns, as an array.
    all: String,
    /// The end of an expression that takes secrets out of a row; or nothing.
    without: String,
    /// The row that came, the one that went, and the one that changed.
    came: Row,
    went: Row,
    changed: Row,
    /// The columns whose values are written.
    shown: Vec<ColumnValue>,
    /// The names of columns that differ, and both versions of all columns with whether they do.
    differing: String,
    compared: String,
    /// The condition that two versions are one row's.
    same_row: String,
    /// A column of the key, as both versions have it.
    key: ColumnValue,
}

/// A row of a statement, as an entry tells of it.
#[derive(Serialize)]
struct Row {
    tenant: String,
    key: String,
    subjects: String,
}

#[derive(Serialize, Clone)]
struct ColumnValue {
    at: usize,
    name: String,
    text: String,
    /// The condition that it differs between two versions.
    #[serde(skip)]
    differs: String,
    #[serde(skip)]
    stored: SmolStr,
}

impl<'w> Writer<'w> {
    fn of(database: &'w Database<'w>, trail: &'w Trail<'w>, table: &'w Table<'w>) -> Self {
        let secrets = secret_columns(database.platform, table).into_iter().collect();
        Self { database, trail, table, secrets, named: persons::named(database, table.entity) }
    }

    fn values(&self) -> Values {
        let audit = self.database.platform.audit(self.table.entity.id);
        let operations = audit.map_or(&[][..], |audit| &audit.operations);
        // Values that a law wants kept stand in the entries before, or there are none of these.
        let stand_before = || [Operation::Insert, Operation::Update].iter().all(|of| operations.contains(of));
        let hides = removing::is_needed(self.database) && (!self.trail.keeps_payloads() || stand_before());
        let hides_deletes = hides && self.named.is_some();
        let hides = hides && operations.contains(&Operation::Update)
            || hides_deletes && operations.contains(&Operation::Delete);
        let mut all: Vec<SmolStr> = self.table.columns.iter().map(|column| column.name.clone()).collect();
        all.sort_unstable();
        let mut secrets: Vec<SmolStr> = self.secrets.iter().cloned().collect();
        secrets.sort_unstable();
        let keys = column_names(self.table.entity, &self.table.entity.key);
        let same = keys.iter().map(|key| format!("o.{0} = n.{0}", Ident(key)));
        let columns = self.columns();
        let is_key =
            |column: &&ColumnValue| keys.first().is_some_and(|key| column.name == Ident(key).to_string());
        let key = columns.iter().find(is_key).or(columns.first()).cloned();
        let each = |write: fn(&ColumnValue) -> String, between: &str| {
            columns.iter().map(write).collect::<Vec<_>>().join(between)
        };
        Values {
            into: self.into(BECAME),
            into_went: self.into(WAS),
            removes: REMOVES,
            inserts: operations.contains(&Operation::Insert),
            updates: operations.contains(&Operation::Update),
            deletes: operations.contains(&Operation::Delete),
            unless_hidden: if hides { " AND NOT entry.hidden" } else { "" },
            hides_deletes,
            all: format!("{}::text[]", ArrayText(&all)),
            without: without(&secrets),
            came: self.row(|name| format!("n.{}", Ident(name))),
            went: self.row(|name| format!("o.{}", Ident(name))),
            changed: self.changed(),
            same_row: same.collect::<Vec<_>>().join(" AND "),
            key: key.unwrap_or_else(|| self.column(0, &SmolStr::default(), "")),
            differing: each(
                |column| format!("CASE WHEN c.d{} THEN {} END", column.at, column.text),
                ",\n                           ",
            ),
            compared: each(
                |column| {
                    let ColumnValue { at, name, differs, .. } = column;
                    format!("o.{name} AS o{at}, n.{name} AS n{at}, {differs} AS d{at}")
                },
                ",\n                               ",
            ),
            shown: columns.into_iter().filter(|column| !self.secrets.contains(&column.stored)).collect(),
        }
    }

    /// Writes the statement that takes the entries of rows `r`, up to these. `rows` are those of the statement.
    fn into(&self, rows: &str) -> String {
        let entity = Literal(&self.table.name.to_string()).to_string();
        let tenant = tenant_column(self.database);
        let of_tenant = tenant.map_or("", |_| "r.tenant, ");
        let Some(counter) = self.trail.counter() else {
            return format!(
                "PERFORM {}({of_tenant}TG_OP, {entity}, r.row_key, r.fields, r.subjects, r.old, r.new)",
                self.trail.write()
            );
        };
        let counter = Literal(&counter.to_string()).to_string();
        let tenant = tenant.map_or_else(String::new, |tenant| format!("{}, ", Ident(tenant)));
        let head = format!(
            "nextval({counter}), clock_timestamp(), {of_tenant}entry.actor, session_user::text, TG_OP, {entity}, r.row_key, r.fields, r.subjects"
        );
        let names = format!("seq, at, {tenant}actor, login, operation, entity, row_key, fields, subjects");
        match self.trail.form {
            // A salt for each entry. Where a statement has several, they are made of one chance, which nobody keeps: chance is
            // what costs most.
            Form::Sealed { .. } => format!(
                "INSERT INTO {} (cluster, xact, {names}, salt, old, new)\n        \
                 SELECT {}(), pg_current_xact_id(), {head},\n               \
                 CASE WHEN (SELECT count(*) > 1 FROM (SELECT FROM {rows} LIMIT 2) s)\n                    \
                 THEN sha256((SELECT uuid_send(gen_random_uuid())) || convert_to(r.row_key::text, 'UTF8'))\n                    \
                 ELSE uuid_send(gen_random_uuid()) END, r.old, r.new",
                self.trail.name,
                self.trail.cluster()
            ),
            _ => format!(
                "INSERT INTO {} ({names}, old, new)\n        SELECT {head}, r.old, r.new",
                self.trail.name
            ),
        }
    }

    fn row(&self, value: impl Fn(&SmolStr) -> String) -> Row {
        Row {
            tenant: self.tenant(&value),
            key: self.key(&value),
            subjects: self.named.as_ref().map_or_else(nobody, |named| named.of_row(&value)),
        }
    }

    /// The row that changed: each column of both versions by its place, and those of the key of either.
    fn changed(&self) -> Row {
        let place = |name: &SmolStr| {
            let mut columns = self.table.columns.iter();
            columns.position(|column| column.name == *name).unwrap_or_default()
        };
        let either = |name: &SmolStr| format!("coalesce(c.n{0}, c.o{0})", place(name));
        let old = |name: &SmolStr| format!("c.o{}", place(name));
        let new = |name: &SmolStr| format!("c.n{}", place(name));
        let differs = |name: &SmolStr| format!("c.d{}", place(name));
        Row {
            tenant: self.tenant(&either),
            key: self.key(&either),
            subjects: (self.named.as_ref()).map_or_else(nobody, |n| n.of_change(either, old, new, differs)),
        }
    }

    fn tenant(&self, value: &impl Fn(&SmolStr) -> String) -> String {
        let entity = self.table.entity;
        let tenant = entity.tenant.filter(|_| self.database.tenancy.is_some());
        let column = |field| value(&super::super::table::column_name(entity, field));
        tenant.map_or_else(|| "''".to_owned(), |field| format!("{}::text", column(field)))
    }

    fn key(&self, value: &impl Fn(&SmolStr) -> String) -> String {
        row_key(self.table.entity, |_, name| value(name))
    }

    /// All columns by name, in which order an entry lists them.
    fn columns(&self) -> Vec<ColumnValue> {
        let mut columns: Vec<_> = self.table.columns.iter().enumerate().collect();
        columns.sort_unstable_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        columns.into_iter().map(|(at, column)| self.column(at, &column.name, &column.ty)).collect()
    }

    fn column(&self, at: usize, name: &SmolStr, ty: &str) -> ColumnValue {
        let ident = Ident(name).to_string();
        let differs = match is_exact(ty) {
            true => format!("o.{ident} IS DISTINCT FROM n.{ident}"),
            false => format!("record_image_ne(ROW(o.{ident}), ROW(n.{ident}))"),
        };
        ColumnValue { at, text: Literal(name).to_string(), differs, stored: name.clone(), name: ident }
    }
}

fn nobody() -> String {
    "'{}'::text[]".to_owned()
}

/// Whether values of a type that are equal look alike. `1 day` and `24 hours` do not, and a type of an extension has an
/// equality that stands in no schema which is searched.
fn is_exact(ty: &str) -> bool {
    let plain = [
        "uuid",
        "smallint",
        "integer",
        "bigint",
        "boolean",
        "text",
        "bytea",
        "date",
        "time",
        "timestamptz",
        "inet",
        "jsonb",
        "double precision",
    ];
    let base = ty.strip_suffix("[]").unwrap_or(ty);
    plain.contains(&base) || base.starts_with("varchar(") || base.starts_with("numeric(")
}
