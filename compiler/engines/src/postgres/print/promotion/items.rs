//! The tables that move: all with the tenant's rows, copies of those that all tenants share, trails, and the log of
//! erasures.

use super::super::super::lower::audit::{PartKind, Trail};
use super::super::super::lower::database::Database;
use super::super::super::lower::erasure;
use super::super::super::lower::maintenance::{Leaving, kept, kept_entries, leaving};
use super::super::super::lower::outbox;
use super::super::super::lower::table::Table;
use super::super::super::sql::{Ident, List, Literal, Name};
use polity_model::entity::PartitionKind;
use polity_model::governance::Tenant;

/// A table of which rows move.
pub(super) struct Item {
    /// Where the rows are.
    pub(super) from: String,
    /// Where they go.
    pub(super) to: String,
    /// The columns that can be written.
    pub(super) columns: String,
    /// Which rows: ` WHERE` they are the tenant's, or nothing where all tenants share them.
    pub(super) rows: String,
    pub(super) sealed: Sealed,
    /// Whether the rows go from where they were.
    pub(super) is_removed: bool,
    /// Which rows must be found in the new place, if that can be said.
    pub(super) kept: Option<String>,
    /// The order in which they are copied, where it matters.
    pub(super) order: &'static str,
    /// The statement that runs where the rows were, when they are gone, for rows that stay there.
    pub(super) left: Option<String>,
    /// Whether retention takes whole partitions of it, so that each is counted by itself.
    is_parted: bool,
    /// The expressions of what is hashed of a row, in both places.
    hashed: [String; 2],
}

/// How what is there is held against the seal before it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sealed {
    /// Only when it is copied: it stays, or retention alone writes it.
    Copied,
    Exactly,
    /// It may have lost rows: what retention drops with a partition.
    AtMost,
}

/// The columns of the log of erasures.
const ERASURE: &str = "tenant, entity, subject, erased_at, found, ended_at";

/// The columns of a hold.
const HOLD: &str = "tenant, entity, subject, reason, until, placed_at, placed_by";

/// In the order in which they are filled.
pub(super) fn items(from: &Database, to: &Database, tenant: &Tenant) -> Vec<Item> {
    let column = to.tenancy.as_ref().map_or_else(String::new, |t| Ident(&t.column).to_string());
    let id = Literal(tenant.id());
    let own = format!(" WHERE {column} = {id}");
    let source = sources(from);
    let mut items: Vec<Item> = Vec::new();
    for table in to.referrers_first().into_iter().rev() {
        let scoped = table.is_scoped();
        let deletes =
            matches!(leaving(to.platform, table.entity), Some(Leaving::Batches | Leaving::Partitions));
        let kept = kept(from, table).filter(|_| deletes).unwrap_or_else(|| "true".to_owned());
        let columns = List(&super::written(table)).to_string();
        items.push(Item {
            from: source(table),
            to: table.name.to_string(),
            columns: columns.clone(),
            rows: if scoped { own.clone() } else { String::new() },
            sealed: if scoped { Sealed::Exactly } else { Sealed::Copied },
            is_removed: scoped,
            kept: scoped.then_some(kept),
            order: "",
            left: None,
            is_parted: is_ranged(table),
            hashed: whole(&columns),
        });
    }
    for (left, trail) in from.trails.iter().zip(&to.trails) {
        items.extend(of_trail(left, trail, &column, &own));
    }
    items.extend(of_outbox(from, to, &column, &own));
    if erasure::is_needed(to) {
        // What was erased must stay so where it is restored: there, and in what is left behind.
        let item = |table: fn(&Database) -> Name, columns: &str, is_removed: bool| Item {
            from: table(from).to_string(),
            to: table(to).to_string(),
            columns: columns.to_owned(),
            rows: format!(" WHERE tenant = {id}"),
            sealed: Sealed::AtMost,
            is_removed,
            kept: None,
            order: "",
            left: None,
            is_parted: false,
            hashed: whole(columns),
        };
        items.extend([item(erasure::holds::table, HOLD, true), item(erasure::log, ERASURE, false)]);
    }
    items
}

/// The tables of a trail of which the tenant has rows of its own.
fn of_trail<'t>(
    left: &'t Trail,
    trail: &'t Trail,
    column: &'t str,
    own: &'t str,
) -> impl Iterator<Item = Item> + 't {
    left.scoped_parts().zip(trail.scoped_parts()).map(move |(from, to)| {
        let kind = to.kind;
        let columns = trail.columns(kind, Some(column));
        let kept = || kept_entries(trail).unwrap_or_else(|| "true".to_owned());
        let stays = kind == PartKind::Parts;
        Item {
            sealed: match kind {
                PartKind::Anchor | PartKind::Parts | PartKind::Seals => Sealed::Copied,
                PartKind::Payload => Sealed::AtMost,
                PartKind::Entries | PartKind::Head => Sealed::Exactly,
            },
            is_removed: !stays,
            order: "",
            // What the seals of others are made of stays, without its entries.
            left: stays.then(|| {
                format!("UPDATE {} SET gone = 'moved', gone_at = now(){own} AND gone IS NULL;", from.name)
            }),
            kept: (kind == PartKind::Entries).then(kept),
            is_parted: trail.partition.is_some() && matches!(kind, PartKind::Entries | PartKind::Payload),
            hashed: [left, trail].map(|trail| match kind {
                // Retention may take values out meanwhile.
                PartKind::Entries => trail.lasting(column),
                _ => format!("ROW({columns})::text"),
            }),
            from: from.name.to_string(),
            to: to.name.to_string(),
            columns,
            rows: own.to_owned(),
        }
    })
}

/// The messages of the tenant that no relay has published yet.
fn of_outbox(from: &Database, to: &Database, column: &str, own: &str) -> Option<Item> {
    let (left, outbox) = (from.outbox.as_ref()?, to.outbox.as_ref()?);
    let columns = format!("{column}, {}", outbox::COLUMNS);
    Some(Item {
        from: left.name.to_string(),
        to: outbox.name.to_string(),
        rows: own.to_owned(),
        // The relay may take messages out of either place.
        sealed: Sealed::Copied,
        is_removed: true,
        kept: None,
        // They are counted anew.
        order: " ORDER BY id",
        left: None,
        is_parted: false,
        hashed: whole(&columns),
        columns,
    })
}

/// Where the rows of a table are.
pub(super) fn sources<'d>(from: &'d Database) -> impl Fn(&Table) -> String + 'd {
    let mut names = vec![None; from.platform.entities.len()];
    for table in from.tables.iter().chain(&from.common) {
        names[table.entity.id.index()] = Some(&table.name);
    }
    move |table| names[table.entity.id.index()].unwrap_or(&table.name).to_string()
}

/// A row as a text, in both places.
fn whole(columns: &str) -> [String; 2] {
    [format!("ROW({columns})::text"), format!("ROW({columns})::text")]
}

fn is_ranged(table: &Table) -> bool {
    table.entity.partition.as_ref().is_some_and(|partition| matches!(partition.kind, PartitionKind::Range(_)))
}

impl Item {
    /// Counts and a hash of what is where it was, of each partition by itself, with a column more, and what that is where
    /// there are no rows.
    pub(super) fn by_part(&self, more: &str, none: &str) -> Vec<Vec<String>> {
        let item = Literal(&self.to);
        let query = |part: &str, end: &str| {
            vec![
                format!(
                    "SELECT {item} AS item, {part} AS part, count(*) AS rows, {} AS hash{more}",
                    self.hash(false)
                ),
                format!("  FROM {}{}{end}", self.from, self.rows),
            ]
        };
        match self.is_parted {
            // Where it is empty it has no partition to be counted.
            true => vec![
                query("tableoid::regclass::text", " GROUP BY tableoid"),
                vec![format!("SELECT {item}, '', 0, 0{none}")],
            ],
            false => vec![query("''", "")],
        }
    }

    /// How many rows must be found in the new place, as one column more.
    pub(super) fn kept(&self) -> String {
        match &self.kept {
            Some(kept) => format!(", count(*) FILTER (WHERE {kept}) AS kept"),
            None => ", 0 AS kept".to_owned(),
        }
    }

    /// Counts and a hash of what is where it went.
    pub(super) fn arrived(&self) -> Vec<String> {
        vec![
            format!("SELECT {} AS item, count(*) AS rows, {} AS hash", Literal(&self.to), self.hash(true)),
            format!("  FROM {}{}", self.to, self.rows),
        ]
    }

    /// How many rows are where it went.
    pub(super) fn counted(&self) -> Vec<String> {
        vec![format!("SELECT {} AS item, count(*) AS rows FROM {}{}", Literal(&self.to), self.to, self.rows)]
    }

    /// The hash of all rows, where they were or where they went.
    fn hash(&self, is_there: bool) -> String {
        format!("coalesce(sum(hashtextextended({}, 0)::numeric), 0)", self.hashed[usize::from(is_there)])
    }
}
