//! `promote.sh`: moves a tenant's rows from where they are into the database, or the schemas, that it has to itself.

use std::collections::HashMap;

use serde::Serialize;

use super::audit::Trail;
use super::database::Database;
use super::sql::{Ident, List, Literal, Name};
use super::table::{Table, column_names};
use crate::model::governance::Tenant;
use crate::template;
use smol_str::SmolStr;

#[derive(Serialize)]
struct Context {
    header: String,
    id: String,
    /// The prefix of the tenant's schemas that it leaves, or empty.
    place: String,
    owner: String,
    tenant: String,
    /// Parents before those that refer to them.
    moved: Vec<Moved>,
    /// The same the other way round, without what all tenants share.
    removed: Vec<Moved>,
    /// The schemas that the tenant leaves, which go with all that is in them.
    dropped: String,
    from_owner: String,
    audited: Vec<String>,
    /// References that go round, judged when all rows are there.
    late: Vec<Late>,
    /// `('core', 'acme_core')`: by schema, where it stands afterwards.
    schemas: String,
    /// `('core.visits'::regclass, 'acme_core.visits')`: the same by partitioned table.
    partitioned: String,
}

/// A foreign key of which rows may come before those that they refer to.
#[derive(Debug, Serialize)]
pub(super) struct Late {
    table: String,
    name: String,
}

/// Of tables that are filled in this order: the keys that go round in a ring, unless they are deferred anyway. A key to
/// the table itself is judged when its statement ends.
pub(super) fn late(filled: &[&Table]) -> Vec<Late> {
    let place: HashMap<String, usize> =
        filled.iter().enumerate().map(|(i, table)| (table.name.to_string(), i)).collect();
    let mut found = Vec::new();
    for (i, table) in filled.iter().enumerate() {
        let comes_later = |target: &Name| place.get(&target.to_string()).is_some_and(|at| *at > i);
        for key in table.foreign_keys.iter().filter(|key| !key.deferrable && comes_later(&key.target)) {
            found.push(Late { table: table.name.to_string(), name: Ident(&key.name).to_string() });
        }
    }
    found
}

/// A table of which rows move.
#[derive(Serialize)]
struct Moved {
    /// Where the rows are.
    from: String,
    /// Where they go.
    name: String,
    text: String,
    /// Those that can be written.
    columns: String,
    /// How many rows there are, and a hash of all.
    compared: String,
    key: String,
    /// Which rows: the tenant's, or all of what every tenant shares.
    rows: String,
    file: String,
}

/// The script from one place to another.
pub(super) fn file(from: &Database, to: &Database, tenant: &Tenant) -> String {
    let column = to.tenancy.as_ref().map_or_else(String::new, |t| Ident(&t.column).to_string());
    let id = Literal(tenant.id()).to_string();
    let own = format!("WHERE {column} = {id}");
    let order = to.referrers_first();
    let mut sources: Vec<Option<&Name>> = vec![None; from.platform.entities.len()];
    for table in from.tables.iter().chain(&from.common) {
        sources[table.entity.id.index()] = Some(&table.name);
    }
    let source = |table: &Table| sources[table.entity.id.index()].unwrap_or(&table.name).to_string();
    let one = |table: &Table| Moved {
        from: source(table),
        name: table.name.to_string(),
        text: Literal(&table.name.to_string()).to_string(),
        compared: compared(&List(&written(table)).to_string()),
        columns: List(&written(table)).to_string(),
        key: List(&column_names(table.entity, &table.entity.key)).to_string(),
        rows: if table.is_scoped() { own.clone() } else { String::new() },
        file: format!("t{}", table.entity.id.index()),
    };
    let filled: Vec<&Table> = order.iter().rev().copied().collect();
    let mut moved: Vec<Moved> = order.iter().rev().map(|table| one(table)).collect();
    let mut removed: Vec<Moved> =
        order.iter().filter(|table| table.is_scoped()).map(|table| one(table)).collect();
    for (i, (left, trail)) in from.trails.iter().zip(&to.trails).enumerate() {
        for (j, (source, part)) in left.tables().into_iter().zip(trail.tables()).enumerate() {
            let part = || Moved {
                from: source.to_string(),
                name: part.to_string(),
                text: Literal(&part.to_string()).to_string(),
                compared: compared(&trail.columns(j, &column)),
                columns: trail.columns(j, &column),
                key: String::new(),
                rows: own.clone(),
                file: format!("a{i}_{j}"),
            };
            moved.push(part());
            removed.push(part());
        }
    }
    if super::erasure::is_needed(to) {
        // What was erased must stay so where it is restored: there, and in what is left behind.
        let log = |database: &Database| format!("{}.erasure_log", Ident(&database.own));
        moved.push(Moved {
            from: log(from),
            name: log(to),
            text: Literal(&log(to)).to_string(),
            compared: compared(ERASURE),
            columns: ERASURE.to_owned(),
            key: String::new(),
            rows: format!("WHERE tenant = {id}"),
            file: "erasures".to_owned(),
        });
    }
    let place = from.prefix();
    let what = match to.prefix() {
        Some(_) => format!("into schemas of its own in {}", to.name()),
        None => format!("into {}, which it has to itself", to.name()),
    };
    let whence = match &place {
        Some(prefix) => format!("from its schemas {prefix}*"),
        None => "from the tables that tenants share".to_owned(),
    };
    let dropped: Vec<SmolStr> = match place {
        Some(_) => from.schemas.iter().map(|(name, _)| name.clone()).chain([from.own.clone()]).collect(),
        None => Vec::new(),
    };
    let context = Context {
        header: super::schema::header(to, &format!("Moves {} {whence} {what}.", tenant.named.name))
            .replace("--", "#"),
        id,
        place: Literal(&place.unwrap_or_default()).to_string(),
        owner: Ident(&to.roles.owner).to_string(),
        from_owner: Ident(&from.roles.owner).to_string(),
        tenant: column,
        audited: (to.tables.iter().filter(|t| t.entity.audit.is_some()))
            .map(|t| t.name.to_string())
            .collect(),
        late: late(&filled),
        moved,
        removed,
        dropped: List(&dropped).to_string(),
        schemas: schemas(from, to),
        partitioned: partitioned(from, to, &source),
    };
    template::render(include_str!("../../../../templates/postgres/promote.sh.jinja"), context)
}

/// The columns of the log of erasures.
const ERASURE: &str = "tenant, entity, subject, erased_at, found";

fn compared(columns: &str) -> String {
    format!(
        "count(*) AS rows,\n           coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0) AS hash"
    )
}

/// The columns that a row is written by: those that PostgreSQL computes are left out.
pub(super) fn written(table: &Table) -> Vec<SmolStr> {
    let computed = |rest: &str| rest.starts_with("GENERATED ALWAYS");
    table.columns.iter().filter(|c| !computed(&c.rest)).map(|c| c.name.clone()).collect()
}

/// Schemas have the same place among those of the platform, whatever they are called for a tenant.
fn schemas(from: &Database, to: &Database) -> String {
    let stored = |database: &Database, i: usize| {
        let schema = database.platform.schemas.get(i)?;
        (schema.store == database.store.id).then(|| Literal(&schema.named.stored).to_string())
    };
    let named = from.platform.schemas.len().min(to.platform.schemas.len());
    let mut pairs: Vec<String> =
        (0..named).filter_map(|i| Some(format!("({}, {})", stored(from, i)?, stored(to, i)?))).collect();
    let home = |database: &Database| {
        let bare = format!("{}public", database.prefix().unwrap_or_default());
        database.schemas.iter().any(|(name, _)| *name == bare).then(|| Literal(&bare).to_string())
    };
    if let (Some(from), Some(to)) = (home(from), home(to)) {
        pairs.push(format!("({from}, {to})"));
    }
    pairs.join(", ")
}

fn partitioned(from: &Database, to: &Database, source: &dyn Fn(&Table) -> String) -> String {
    let pair = |from: &str, to: &str| format!("({}::regclass, {})", Literal(from), Literal(to));
    let tables = to.tables.iter().filter(|table| table.entity.partition.is_some());
    let mut pairs: Vec<String> = tables.map(|table| pair(&source(table), &table.name.to_string())).collect();
    let both = |trail: &Trail| [trail.name.to_string(), trail.payload.to_string()];
    for (left, trail) in from.trails.iter().zip(&to.trails).filter(|(_, t)| t.partition.is_some()) {
        pairs.extend(both(left).iter().zip(both(trail)).map(|(from, to)| pair(from, &to)));
    }
    pairs.join(", ")
}
