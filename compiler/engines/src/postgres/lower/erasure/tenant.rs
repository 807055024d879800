//! `polity.erase_tenant(tenant)`: all that is a tenant's gone from the tables that tenants share.

use std::collections::BTreeSet;

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::{Ident, Literal, Name};
use super::super::audit::{PartKind, Trail};
use super::super::database::Database;
use super::super::lowered::{Lowered, arguments, plpgsql};
use super::super::table::{Table, column_name};
use super::super::tenancy::sight::prove;
use super::super::tenancy::{freezes, moves};
use super::holds::STANDS;
use polity_govern::Stored;
use polity_model::{EntityId, Reference, TypeKind};
use polity_templates::postgres::functions;

/// The word for an erased tenant in the log, which is the name of no entity.
pub(super) const KIND: &str = "tenant";

/// Whether tenants share this database.
pub(super) fn is_shared(database: &Database) -> bool {
    database.tenancy.is_some() && database.placement.tenant.is_none()
}

/// Lowers `polity.erase_tenant(tenant)`.
pub(super) fn lower(database: &Database, lowered: &mut Lowered) {
    let Some(tenancy) = database.tenancy.as_ref().filter(|_| is_shared(database)) else { return };
    let roles = &database.roles;
    let body = body(database, Ident(&tenancy.column).to_string());
    let mut function = plpgsql(&Name::new("polity", "erase_tenant"), &roles.maintenance, "void", &body);
    function.arguments = arguments(&[("tenant", &tenancy.ty)]);
    function.security_definer = true;
    prove(database, &mut function);
    let docs = "Erases all that is a tenant's, what refers before what is referred to, and its trails. It may be run again at any\ntime. What all tenants share stays.";
    lowered.function(docs, function, [&roles.owner, &roles.eraser]);
}

/// The values of the body.
#[derive(Serialize)]
struct Erasure {
    /// The tenant's column.
    tenant: String,
    /// The statements that open rings of references, and those that delete.
    rings: Vec<String>,
    rows: Vec<String>,
    refreshers: Vec<String>,
    /// The tables of the trails and the outbox, and the parts of seals, which stay without entries.
    trails: Vec<String>,
    parts: Vec<String>,
    /// Whether tenants are moved, during which nothing is erased.
    moves: bool,
    /// Whether tenants are moved out of here.
    freezes: bool,
    /// The word for an erased tenant, as a text.
    kind: String,
    /// The condition that a hold stands.
    stands: &'static str,
}

fn body(database: &Database, tenant: String) -> String {
    let order: Vec<&Table> = database.referrers_first().into_iter().filter(|t| t.is_scoped()).collect();
    let (rings, rows) = emptying(database.platform, &order, |_| format!("{tenant} = $1"));
    let stored = database.views.iter().filter(|view| view.view.materialized.is_some());
    let (parts, trails): (Vec<_>, Vec<_>) =
        database.trails.iter().flat_map(Trail::scoped_parts).partition(|part| part.kind == PartKind::Parts);
    let values = Erasure {
        tenant,
        rings,
        rows,
        refreshers: stored.map(|view| view.refresher.to_string()).collect(),
        trails: trails
            .iter()
            .map(|part| &part.name)
            .chain(database.outbox.as_ref().map(|outbox| &outbox.name))
            .map(ToString::to_string)
            .collect(),
        parts: parts.iter().map(|part| part.name.to_string()).collect(),
        moves: moves(database),
        freezes: freezes(database),
        kind: Literal(KIND).to_string(),
        stands: STANDS,
    };
    polity_templates::render(functions::ERASE_TENANT, values)
}

/// The statements that take away the rows of tables, what refers before what is referred to: those that open rings of
/// references, and those that delete. `own` says which rows of a table.
pub(in crate::postgres) fn emptying(
    platform: &Stored,
    tables: &[&Table],
    own: impl Fn(&Table) -> String,
) -> (Vec<String>, Vec<String>) {
    let order = deletable(platform, tables);
    let place = places(&order);
    let mut rings = Vec::new();
    for table in &order {
        for columns in held_back(platform, table, &place) {
            let sets: Vec<String> =
                columns.iter().map(|column| format!("{} = NULL", Ident(column))).collect();
            rings.push(format!("UPDATE {} SET {} WHERE {};", table.name, sets.join(", "), own(table)));
        }
    }
    let rows = order.iter().map(|table| format!("DELETE FROM {} WHERE {};", table.name, own(table)));
    (rings, rows.collect())
}

/// The tables in the order in which they are given, but that in a ring whoever must refer goes before whoever may.
fn deletable<'t, 'd>(platform: &'d Stored, tables: &[&'t Table<'d>]) -> Vec<&'t Table<'d>> {
    let place = places(tables);
    // By table, how many others refer to it that still have rows, and how many of these must.
    let mut referrers = vec![(0_usize, 0_usize); tables.len()];
    let references = |table: &'t Table<'d>| {
        let enforced =
            platform.references(table.entity.id).filter(|r| r.enforced && r.target != table.entity.id);
        enforced.filter_map(|r| {
            let at = place.get(r.target.index()).copied().filter(|at| *at != usize::MAX)?;
            Some((at, emptied(table, r).is_empty()))
        })
    };
    for (target, must) in tables.iter().flat_map(|table| references(table)) {
        referrers[target].0 += 1;
        referrers[target].1 += usize::from(must);
    }
    let free = |at: &usize| referrers[*at].0 == 0;
    let mut free: BTreeSet<usize> = (0..tables.len()).filter(free).collect();
    let mut held: BTreeSet<usize> = (0..tables.len()).filter(|at| !free.contains(at)).collect();
    let mut order = Vec::with_capacity(tables.len());
    loop {
        // Where all that is left goes round, what only may be referred to opens the ring.
        let opened = || held.iter().copied().find(|at| referrers[*at].1 == 0).or(held.first().copied());
        let Some(next) = free.pop_first().or_else(opened) else { return order };
        held.remove(&next);
        order.push(tables[next]);
        for (target, must) in references(tables[next]) {
            referrers[target].0 -= 1;
            referrers[target].1 -= usize::from(must);
            if referrers[target].0 == 0 && held.remove(&target) {
                free.insert(target);
            }
        }
    }
}

/// The place of each entity's table in an order; `usize::MAX` for an entity that is not in it.
fn places(order: &[&Table]) -> Vec<usize> {
    let last = order.iter().map(|table| table.entity.id.index()).max().unwrap_or_default();
    let mut place = vec![usize::MAX; last + 1];
    for (i, table) in order.iter().enumerate() {
        place[table.entity.id.index()] = i;
    }
    place
}

/// The columns of references that lead to what goes before.
fn held_back(platform: &Stored, table: &Table, place: &[usize]) -> Vec<Vec<SmolStr>> {
    let own = place[table.entity.id.index()];
    let goes_before = |target: EntityId| place.get(target.index()).is_some_and(|at| *at <= own);
    let back = platform.references(table.entity.id).filter(|r| r.enforced && goes_before(r.target));
    back.map(|reference| emptied(table, reference)).filter(|columns| !columns.is_empty()).collect()
}

/// The columns of a reference that may be absent.
fn emptied(table: &Table, reference: &Reference) -> Vec<SmolStr> {
    let entity = table.entity;
    let optional =
        reference.fields.iter().filter(|field| reference.optional && entity.field(**field).ty.optional);
    let plain = optional.filter(|field| !matches!(entity.field(**field).ty.kind, TypeKind::Union(_)));
    plain.map(|field| column_name(entity, *field)).collect()
}
