//! `promote.sh`: moves a tenant's rows from where they are into the database, or the schemas, that it has to itself.

mod items;

use foldhash::{HashMap, HashSet};
use serde::Serialize;
use smol_str::SmolStr;

use super::super::lower::audit::{Sealing, Trail, trigger_names};
use super::super::lower::database::Database;
use super::super::lower::erasure;
use super::super::lower::table::Table;
use super::super::sql::{Ident, List, Literal, Name, dollar_quote};
use items::{Item, Sealed, items};
use polity_catalog::relational::{self, ColumnValue};
use polity_model::governance::Tenant;

#[derive(Serialize)]
struct Promotion {
    header: String,
    /// The tenant.
    id: String,
    /// The prefix of the schemas that it leaves, or empty.
    place: String,
    /// The dollar quote of the blocks, which nothing in them holds.
    quote: String,
    /// The end of the here-documents, which nothing in them holds.
    end: String,
    /// Parents before those that refer to them.
    moved: Vec<Moved>,
    here: Here,
    there: There,
    /// The schemas that the tenant leaves, which go with all that is in them.
    dropped: String,
    from_owner: String,
    /// The functions that refresh stored views where the rows were.
    refreshed: Vec<String>,
    /// `('core', 'acme_core')`: by schema, where it stands afterwards.
    schemas: String,
    /// `('core.visits'::regclass, 'acme_core.visits')`: the same by partitioned table.
    partitioned: String,
}

/// A table of which rows move.
#[derive(Serialize)]
struct Moved {
    from: String,
    /// The statement that reads the rows where they go, as a text.
    into: String,
    columns: String,
    rows: String,
}

/// The queries and statements where the rows are.
#[derive(Serialize)]
struct Here {
    /// The tables that are dropped with the tenant's schemas.
    tables: String,
    /// Counts and hashes of all that is copied.
    copied: String,
    /// Counts and hashes of all that is removed, with how many rows must be in the new place.
    checked: String,
    /// `('acme_core.visits', 'core.visits', false)`: how each is called here, and whether it may have lost rows.
    known: String,
    /// The functions that seal trails, so that no entry moves without a seal.
    sealed: Vec<String>,
    /// The number of entries from which on one of these must be called again.
    most: u32,
    /// The statements that take the rows away.
    emptied: Vec<String>,
}

/// The queries and statements where the rows go.
#[derive(Serialize)]
struct There {
    place: String,
    tables: String,
    /// The names of tables that hold rows.
    filled: String,
    copied: String,
    checked: String,
    counted: String,
    emptied: Vec<String>,
    /// The statements that let rows in as they are, as a text and as themselves.
    opened: String,
    opened_now: String,
    /// The statements that undo these.
    closed: String,
}

/// The script from one place to another.
pub(super) fn file(from: &Database, to: &Database, tenant: &Tenant) -> String {
    let items = items(from, to, tenant);
    let place = |database: &Database| Literal(database.placement.prefix().unwrap_or_default()).to_string();
    let dropped: Vec<SmolStr> = match from.placement.prefix() {
        Some(_) => {
            from.schemas.iter().map(|(name, _)| name.clone()).chain([from.functions_schema.clone()]).collect()
        }
        None => Vec::new(),
    };
    let stored = from.views.iter().filter(|view| view.view.materialized.is_some() && dropped.is_empty());
    let mut values = Promotion {
        header: header(from, to, tenant),
        id: Literal(tenant.id()).to_string(),
        place: place(from),
        quote: String::new(),
        end: String::new(),
        moved: items.iter().map(moved).collect(),
        here: here(from, tenant, &items),
        there: there(to, tenant, place(to), &items),
        dropped: List(&dropped).to_string(),
        from_owner: Ident(&from.roles.owner).to_string(),
        refreshed: stored.map(|view| view.refresher.to_string()).collect(),
        schemas: schemas(from, to),
        partitioned: partitioned(from, to),
    };
    let all = serde_json::to_string(&values).unwrap_or_default();
    (values.quote, values.end) = (dollar_quote(&all), here_end(&all));
    polity_templates::render(polity_templates::postgres::PROMOTE, values)
}

/// The end of a here-document that does not occur in a text.
pub(super) fn here_end(text: &str) -> String {
    let numbered = (1_u64..).map(|number| format!("SQL{number}"));
    let mut ends = std::iter::once("SQL".to_owned()).chain(numbered);
    ends.find(|end| !text.contains(end)).unwrap_or_default()
}

/// Writes the header of a shell script, as comments.
pub(super) fn remarks(database: &Database, what: &str) -> String {
    let header = super::header(database, what);
    let lines = header.trim_end().split('\n');
    lines.map(|line| format!("#{}\n", line.strip_prefix("--").unwrap_or(line))).collect()
}

fn header(from: &Database, to: &Database, tenant: &Tenant) -> String {
    let whence = match from.placement.prefix() {
        Some(prefix) => format!("from its schemas {prefix}*"),
        None => "from the tables that tenants share".to_owned(),
    };
    let whither = match to.placement.prefix() {
        Some(_) => format!("into schemas of its own in {}", to.placement.database_name()),
        None => format!("into {}, which it has to itself", to.placement.database_name()),
    };
    remarks(to, &format!("Moves {} {whence}\n{whither}.", tenant.named.name))
}

fn moved(item: &Item) -> Moved {
    Moved {
        from: item.from.clone(),
        into: Literal(&format!("COPY {} ({}) FROM STDIN;", item.to, item.columns)).to_string(),
        columns: item.columns.clone(),
        rows: format!("{}{}", item.rows, item.order),
    }
}

fn here(from: &Database, tenant: &Tenant, items: &[Item]) -> Here {
    let own = items.iter().filter(|item| item.is_removed || item.sealed != Sealed::Copied);
    let names: Vec<&str> = own.map(|item| item.from.as_str()).collect();
    let checked = || items.iter().filter(|item| item.sealed != Sealed::Copied);
    let known = checked().map(|item| {
        format!("({}, {}, {})", Literal(&item.to), Literal(&item.from), item.sealed == Sealed::AtMost)
    });
    let removed = items.iter().filter(|item| item.is_removed).map(|item| (&item.from, &item.rows));
    let order: Vec<&Table> = from.referrers_first().into_iter().filter(|table| table.is_scoped()).collect();
    let seals = from.trails.iter().filter_map(Trail::sealing);
    let mut emptied = emptied(from, tenant, &order, removed);
    emptied.extend(items.iter().filter_map(|item| item.left.clone()));
    Here {
        tables: names.join(", "),
        copied: union(7, items.iter().flat_map(|item| item.by_part("", ""))),
        checked: union(7, checked().flat_map(|item| item.by_part(&item.kept(), ", 0"))),
        known: known.collect::<Vec<_>>().join(",\n        "),
        sealed: seals.map(|sealing| sealing.seal.to_string()).collect(),
        most: Sealing::MOST,
        emptied,
    }
}

fn there(to: &Database, tenant: &Tenant, place: String, items: &[Item]) -> There {
    let names: Vec<&str> = items.iter().map(|item| item.to.as_str()).collect();
    let filled = |item: &Item| {
        vec![format!(
            "SELECT {} AS item WHERE EXISTS (SELECT FROM {}{})",
            Literal(&item.to),
            item.to,
            item.rows
        )]
    };
    let checked = items.iter().filter(|item| item.sealed != Sealed::Copied);
    let counted = items.iter().filter(|item| item.kept.is_some());
    let order = to.referrers_first();
    let filled_in: Vec<&Table> = order.iter().rev().copied().collect();
    let (opened, closed) = opened(to, &late(&filled_in));
    let mut emptied = emptied(to, tenant, &order, items.iter().map(|item| (&item.to, &item.rows)));
    let seals = to.trails.iter().filter_map(Trail::sealing);
    emptied.extend(seals.map(|sealing| format!("DELETE FROM {};", sealing.seals)));
    There {
        place,
        tables: names.join(", "),
        filled: union(11, items.iter().map(filled)),
        copied: union(11, items.iter().map(Item::arrived)),
        checked: union(11, checked.map(Item::arrived)),
        counted: union(11, counted.map(Item::counted)),
        emptied,
        opened: Literal(&opened).to_string(),
        opened_now: opened,
        closed,
    }
}

/// Queries as one, each in lines that begin so far to the right.
fn union(indent: usize, queries: impl IntoIterator<Item = Vec<String>>) -> String {
    let space = format!("\n{:indent$}", "");
    let queries: Vec<String> = queries.into_iter().map(|lines| lines.join(&space)).collect();
    queries.join(&format!("{space} UNION ALL{space}"))
}

/// The statements that take rows away: of the tables in this order, and of what else stands among the names.
fn emptied<'i>(
    database: &Database,
    tenant: &Tenant,
    order: &[&Table],
    names: impl Iterator<Item = (&'i String, &'i String)>,
) -> Vec<String> {
    let column = database.tenancy.as_ref().map_or_else(String::new, |t| Ident(&t.column).to_string());
    let own = |table: &Table| match table.is_scoped() {
        true => format!("{column} = {}", Literal(tenant.id())),
        false => "true".to_owned(),
    };
    let (rings, rows) = erasure::emptying(database.platform, order, own);
    let tables: HashSet<String> = order.iter().map(|table| table.name.to_string()).collect();
    let others = names.filter(|(name, _)| !tables.contains(*name));
    let others = others.map(|(name, rows)| format!("DELETE FROM {name}{rows};"));
    rings.into_iter().chain(rows).chain(others).collect()
}

/// The statements by which rows come in, or go, as they are, and those that close the tables again: no entry of a trail
/// or of the outbox is written, references that go round are judged at the end, and no policy judges the owner, whom the migrator acts for:
/// `COPY FROM` is refused where one would.
fn opened(to: &Database, late: &[Late]) -> (String, String) {
    let owner = Ident(&to.roles.owner).to_string();
    let recording = |table: &Table| {
        let mut names = trigger_names(to.platform, table.entity);
        names.extend(to.outbox.iter().flat_map(|outbox| outbox.triggers(table.entity)));
        names
    };
    let scoped = to.tables.iter().filter(|table| table.is_scoped()).map(|table| table.name.clone());
    let trails = to.trails.iter().flat_map(Trail::parts).map(|part| part.name);
    let outbox = to.outbox.iter().map(|outbox| outbox.name.clone());
    let closed: Vec<Name> = scoped.chain(trails).chain(outbox).collect();
    let framed = |force: &str, trigger: &str, deferred: &str| {
        let mut lines = vec![format!("SET ROLE {owner};")];
        lines.extend(closed.iter().map(|name| format!("ALTER TABLE {name} {force} ROW LEVEL SECURITY;")));
        for table in &to.tables {
            lines.extend(
                recording(table)
                    .iter()
                    .map(|name| format!("ALTER TABLE {} {trigger} TRIGGER {name};", table.name)),
            );
        }
        lines.extend(
            late.iter()
                .map(|key| format!("ALTER TABLE {} ALTER CONSTRAINT {} {deferred};", key.table, key.name)),
        );
        lines.push("RESET ROLE;".to_owned());
        lines
    };
    let mut opened = framed("NO FORCE", "DISABLE", "DEFERRABLE INITIALLY DEFERRED");
    opened.push("SET CONSTRAINTS ALL DEFERRED;".to_owned());
    (opened.join("\n"), framed("FORCE", "ENABLE", "NOT DEFERRABLE").join("\n"))
}

/// A foreign key of which rows may come before those that they refer to.
#[derive(Debug, Serialize)]
pub(super) struct Late {
    table: String,
    name: String,
}

/// Finds the foreign keys to tables that are filled later in this order, as in a ring, unless they can be deferred
/// anyway. A key to the table itself is judged when its statement ends.
pub(super) fn late(filled: &[&Table]) -> Vec<Late> {
    let place: HashMap<&relational::Name, usize> =
        filled.iter().enumerate().map(|(i, table)| (&table.name.0, i)).collect();
    let mut keys = Vec::new();
    for (i, table) in filled.iter().enumerate() {
        let comes_later = |target: &relational::Name| place.get(target).is_some_and(|at| *at > i);
        for (name, _) in table.references().filter(|(_, key)| !key.deferred && comes_later(&key.target)) {
            keys.push(Late { table: table.name.to_string(), name: Ident(name).to_string() });
        }
    }
    keys
}

/// The columns that a row is written by: those that PostgreSQL computes are left out.
pub(super) fn written(table: &Table) -> Vec<SmolStr> {
    let computed = |value: &ColumnValue| matches!(value, ColumnValue::Generated(_));
    table.columns.iter().filter(|c| !computed(&c.value)).map(|c| c.name.clone()).collect()
}

/// The schemas whose sequences go on from where they are, each as it is called in both places. Within one database what
/// all share stays where it is: others are taking numbers from it.
fn schemas(from: &Database, to: &Database) -> String {
    let (from, to) = (&from.placement, &to.placement);
    let schemas = from.platform.schemas.iter().filter(|schema| schema.store == from.store.id);
    let named = schemas.map(|schema| (from.schema(schema.id), to.schema(schema.id)));
    let held = named.chain(from.bare().zip(to.bare()));
    let pairs = held.filter(|(source, target)| to.is_apart() || source != target);
    let pairs = pairs.map(|(source, target)| format!("({}, {})", Literal(&source), Literal(&target)));
    pairs.collect::<Vec<_>>().join(", ")
}

fn partitioned(from: &Database, to: &Database) -> String {
    let source = items::sources(from);
    let pair = |from: &str, to: &str| format!("({}::regclass, {})", Literal(from), Literal(to));
    let tables = to.tables.iter().filter(|table| table.entity.partition.is_some());
    let mut pairs: Vec<String> = tables.map(|table| pair(&source(table), &table.name.to_string())).collect();
    for (left, trail) in from.trails.iter().zip(&to.trails) {
        let both = left.partitioned().into_iter().zip(trail.partitioned());
        pairs.extend(both.map(|(from, to)| pair(&from.to_string(), &to.to_string())));
    }
    pairs.join(", ")
}
