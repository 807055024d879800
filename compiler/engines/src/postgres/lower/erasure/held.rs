//! The rows of persons who are held, which retention spares. A row is spared where a reference of it leads to a person of whom
//! a hold stands, over however many rows: each entity on such a way has a function that gives its rows, by which the next one
//! asks, so that every reference is written once.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use serde::Serialize;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, plpgsql, settings, unmodified};
use super::super::names::{LIMIT, fit, word};
use super::super::table::{Table, arm_column, column_name};
use super::super::types::column_type;
use super::holds::{STANDS, table};
use super::rows::said_inside;
use super::{function_name, is_needed};
use polity_catalog::relational::Volatility;
use polity_govern::Stored;
use polity_govern::erasure::{Inside, Plan, Rows};
use polity_model::entity::Entity;
use polity_model::{EntityId, FieldId, Reference};
use polity_templates::postgres::functions;

/// The entities of a database whose rows lead to one kind of person, each with the references that do.
#[derive(Debug)]
pub(in super::super) struct Leading<'a> {
    plan: &'a Plan,
    rows: HashMap<EntityId, &'a Rows>,
    /// The fields of an entity to which references on these ways lead.
    sought: HashMap<EntityId, BTreeSet<FieldId>>,
}

impl<'a> Leading<'a> {
    /// Follows the references back from the person, each once.
    pub(in super::super) fn of(platform: &Stored, entities: &HashSet<EntityId>, plan: &'a Plan) -> Self {
        let here: Vec<&Rows> = plan.found_rows().filter(|rows| entities.contains(&rows.entity)).collect();
        let mut sought: HashMap<EntityId, BTreeSet<FieldId>> = HashMap::new();
        let mut referring: HashMap<EntityId, Vec<EntityId>> = HashMap::new();
        let mut ready = Vec::new();
        for rows in &here {
            if rows.entity == plan.subject {
                ready.push(rows.entity);
            }
            for way in ways(platform, plan, rows) {
                match way.function {
                    None => ready.push(rows.entity),
                    Some((target, fields)) => {
                        referring.entry(target).or_default().push(rows.entity);
                        sought.entry(target).or_default().extend(fields);
                    }
                }
            }
        }
        let mut leading: HashSet<EntityId> = HashSet::new();
        while let Some(entity) = ready.pop() {
            if leading.insert(entity) {
                ready.extend(referring.remove(&entity).unwrap_or_default());
            }
        }
        let rows = here.into_iter().filter(|rows| leading.contains(&rows.entity));
        Self { plan, rows: rows.map(|rows| (rows.entity, rows)).collect(), sought }
    }
}

/// A reference by which a row is a person's.
struct Way<'a> {
    leads: Leads<'a>,
    /// The entity of whose rows, and the fields of these by which, it asks; `None` where it holds the key of the person.
    function: Option<(EntityId, Vec<FieldId>)>,
}

enum Leads<'a> {
    /// The reference is one of the row.
    Row(&'a Reference),
    /// It stands inside of a record of the row.
    Inside(&'a Inside),
}

/// Returns the references by which rows are a person's.
fn ways<'a>(platform: &'a Stored, plan: &Plan, rows: &'a Rows) -> impl Iterator<Item = Way<'a>> {
    let subject = &platform[plan.subject];
    let of_row = rows.by.iter().map(move |i| {
        let reference = platform.reference(rows.entity, *i);
        let is_key = key_of(platform, plan, reference).is_some();
        let is_direct = reference.target == plan.subject && is_key;
        let function = (!is_direct).then(|| (reference.target, reference.target_fields.clone()));
        Way { leads: Leads::Row(reference), function }
    });
    let inside = rows.inside.iter().map(move |inside| {
        let is_key = subject.identity().first() == Some(&inside.field);
        let tenant = subject.tenant.filter(|_| platform[rows.entity].tenant.is_some());
        let fields = || tenant.into_iter().chain([inside.field]).collect();
        Way { leads: Leads::Inside(inside), function: (!is_key).then(|| (subject.id, fields())) }
    });
    of_row.chain(inside)
}

/// Returns the field of a referring row that holds the key of the person.
fn key_of(platform: &Stored, plan: &Plan, reference: &Reference) -> Option<FieldId> {
    let key = platform[plan.subject].identity().first()?;
    let at = reference.target_fields.iter().position(|field| field == key)?;
    reference.fields.get(at).copied()
}

/// Lowers the functions that give rows of persons who are held: those of which retention asks, and those of which these ask.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    for leading in &database.leading {
        let held = Held { database, leading };
        let p = database.platform;
        let retained = database.tables.iter().map(|table| table.entity.id);
        let mut asked: Vec<EntityId> = retained.filter(|id| p.retain(*id).is_some()).collect();
        let mut seen: HashSet<EntityId> = HashSet::new();
        while let Some(entity) = asked.pop() {
            let Some(rows) = leading.rows.get(&entity) else { continue };
            let targets = ways(p, leading.plan, rows).filter_map(|way| Some(way.function?.0));
            for target in targets.filter(|target| leading.rows.contains_key(target)) {
                if seen.insert(target) {
                    held.lower(target, lowered);
                    asked.push(target);
                }
            }
        }
    }
}

/// Returns the end of a condition on rows `t` of a table that spares those of persons who are held; nothing where no person
/// has any.
pub(in crate::postgres) fn spared(database: &Database, table: &Table) -> String {
    let held = held(database, table, "t");
    held.map_or_else(String::new, |held| format!(" AND ({held}) IS NOT TRUE"))
}

/// Returns the condition that a row of a table, by its name or by an alias, is that of a person who is held.
pub(in crate::postgres) fn held(database: &Database, table: &Table, named: &str) -> Option<String> {
    if !is_needed(database) {
        return None;
    }
    let held = database.leading.iter();
    let held = held.filter_map(|leading| Held { database, leading }.rows(table.entity.id, named));
    let held: Vec<String> = held.collect();
    (!held.is_empty()).then(|| held.join(" OR "))
}

/// The rows of persons of one kind who are held.
struct Held<'d> {
    database: &'d Database<'d>,
    leading: &'d Leading<'d>,
}

impl Held<'_> {
    /// Lowers the function that gives those of an entity.
    fn lower(&self, entity: EntityId, lowered: &mut Lowered) {
        #[derive(Serialize)]
        struct Rows {
            table: String,
            columns: String,
            held: String,
        }
        let (database, p) = (self.database, self.database.platform);
        let owner = &p[entity];
        let Some(held) = self.rows(entity, "t") else { return };
        let fields = || self.leading.sought.get(&entity).into_iter().flatten();
        let columns: Vec<String> = fields().map(|field| column(owner, *field, "t")).collect();
        let values =
            Rows { table: database.placement.table_of(owner).to_string(), columns: columns.join(", "), held };
        let body = polity_templates::render(functions::HELD_ROWS, values);
        let given = fields().map(|field| {
            let ty = unmodified(&column_type(p, &owner.field(*field).ty));
            format!("{} {ty}", Ident(&column_name(owner, *field)))
        });
        let returns = format!("TABLE ({})", given.collect::<Vec<_>>().join(", "));
        let mut function = plpgsql(&self.function(owner), &database.roles.maintenance, &returns, &body);
        function.volatility = Volatility::Stable;
        if database.tenancy.is_some() {
            // Maintenance sees every row, which those who ask have proven.
            function.settings.extend(settings(&[("row_security", "on")]));
        }
        let docs = format!(
            "The rows of {} by which others are a person's of whom a hold stands.",
            database.placement.table_of(owner)
        );
        lowered.function(&docs, function, []);
    }

    /// The name of that function.
    fn function(&self, entity: &Entity) -> Name {
        let database = self.database;
        let subject = &database.platform[self.leading.plan.subject];
        let kind = (database.plans.len() > 1).then_some(subject.named.stored.as_str());
        let table = database.placement.shared_table_of(entity);
        let what = format!("held_{}", word(&format!("{}_{}", table.schema, table.name)));
        Name::new(database.functions_schema.clone(), fit(&function_name(&what, kind), LIMIT))
    }

    /// The condition on rows that are named so.
    fn rows(&self, entity: EntityId, named: &str) -> Option<String> {
        let p = self.database.platform;
        let rows = self.leading.rows.get(&entity)?;
        let owner = &p[entity];
        if entity == self.leading.plan.subject {
            let key = owner.identity().first()?;
            return Some(self.person(owner, &column(owner, *key, named), named));
        }
        let ways = ways(p, self.leading.plan, rows);
        let ways: Vec<String> = ways.filter_map(|way| self.way(owner, &way, named)).collect();
        (!ways.is_empty()).then(|| ways.join(" OR "))
    }

    /// Whether a value is the key of a person who is held.
    fn person(&self, owner: &Entity, value: &str, named: &str) -> String {
        let p = self.database.platform;
        let subject = self.leading.plan.subject;
        let entity = Literal(&p.entity_path(subject)).to_string();
        let (mut sought, mut found) = (format!("{value}::text"), "h.subject".to_owned());
        if let Some(tenant) = owner.tenant.filter(|_| p[subject].tenant.is_some()) {
            sought = format!("({}::text, {sought})", column(owner, tenant, named));
            found = format!("h.tenant, {found}");
        }
        let holds = table(self.database);
        format!("{sought} IN (SELECT {found} FROM {holds} h WHERE h.entity = {entity} AND {STANDS})")
    }

    /// Whether a reference leads to what is held.
    fn way(&self, owner: &Entity, way: &Way, named: &str) -> Option<String> {
        let p = self.database.platform;
        let plan = self.leading.plan;
        let (own, arm) = match &way.leads {
            Leads::Row(reference) => {
                let own: Vec<String> =
                    reference.fields.iter().map(|field| column(owner, *field, named)).collect();
                let arm = reference.told_by(owner).map(|(arm, field)| {
                    format!("{named}.{} = {}", Ident(&arm_column(owner, field)), Literal(arm))
                });
                (own, arm)
            }
            Leads::Inside(inside) => {
                let said = said_inside(p, plan.subject, owner, inside, named);
                let tenant = owner.tenant.filter(|_| p[plan.subject].tenant.is_some());
                let tenant = tenant.map(|tenant| column(owner, tenant, named));
                (tenant.into_iter().chain([said.value]).collect(), said.arm)
            }
        };
        let led = match (&way.function, &way.leads) {
            (None, Leads::Row(reference)) => {
                self.person(owner, &column(owner, key_of(p, plan, reference)?, named), named)
            }
            (None, Leads::Inside(_)) => self.person(owner, own.last()?, named),
            (Some((target, fields)), _) => {
                self.leading.rows.get(target)?;
                let target = &p[*target];
                let its: Vec<String> = fields.iter().map(|field| column(target, *field, "held")).collect();
                let function = self.function(target);
                format!("({}) IN (SELECT {} FROM {function}() held)", own.join(", "), its.join(", "))
            }
        };
        Some(arm.map_or_else(|| led.clone(), |arm| format!("({led} AND {arm})")))
    }
}

fn column(owner: &Entity, field: FieldId, named: &str) -> String {
    format!("{named}.{}", Ident(&column_name(owner, field)))
}
