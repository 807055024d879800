//! The tables of a database before a file runs, and how a session touches them.

use std::collections::BTreeMap;

use polity_engines::change::LockMode;
use postgres::Client;

/// The number by which a server knows a relation.
pub type Oid = u32;

/// The tables, partitions and views that are there before a file runs.
pub struct Known {
    pub relations: BTreeMap<Oid, Relation>,
    /// The relation of each index and of each sequence of a column: whoever uses it waits for a lock on them as well.
    parts: BTreeMap<Oid, Oid>,
}

pub struct Relation {
    pub name: String,
    pub is_table: bool,
    /// The table of a partition.
    of: Option<Oid>,
    pub rows: i64,
}

/// How much was read of each relation, and the file in which it lies.
pub type Touched = BTreeMap<Oid, (i64, Option<Oid>)>;

const RELATIONS: &str = "SELECT c.oid, c.oid::regclass::text, c.relkind IN ('r', 'p'),
    (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid),
    CASE WHEN c.relkind = 'r' THEN (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', c.oid::regclass), false, true, '')))[1]::text::bigint ELSE 0 END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

const PARTS: &str = "SELECT indexrelid, indrelid FROM pg_index
UNION ALL SELECT d.objid, d.refobjid FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')";

/// Rows that the transaction of a session has read so far.
const IN_TRANSACTION: &str =
    "SELECT oid, pg_stat_get_xact_tuples_returned(oid) + pg_stat_get_xact_tuples_fetched(oid),
    pg_relation_filenode(oid) FROM unnest($1::oid[]) AS oid";

/// Rows that all sessions have read that said so.
const EVER: &str = "SELECT oid, pg_stat_get_tuples_returned(oid) + pg_stat_get_tuples_fetched(oid),
    pg_relation_filenode(oid) FROM unnest($1::oid[]) AS oid";

const LOCKS: &str = "SELECT relation, mode, granted FROM pg_locks WHERE pid = $1 AND locktype = 'relation'";

impl Known {
    pub fn of(client: &mut Client) -> Self {
        let rows = client.query(RELATIONS, &[]).expect("the catalog can be read");
        let relation = |row: postgres::Row| {
            let (name, is_table, of, rows) = (row.get(1), row.get(2), row.get(3), row.get(4));
            (row.get(0), Relation { name, is_table, of, rows })
        };
        let relations = rows.into_iter().map(relation).collect();
        let parts = client.query(PARTS, &[]).expect("the catalog can be read");
        Self { relations, parts: parts.into_iter().map(|row| (row.get(0), row.get(1))).collect() }
    }

    /// Returns the strongest lock on each relation that a session has, or waits for; those alone that keep somebody waiting.
    pub fn locks(&self, client: &mut Client, session: i32, granted: bool) -> BTreeMap<Oid, LockMode> {
        self.locks_on(client, session, granted, &self.parts)
    }

    /// Like [`Known::locks`], of tables alone: `DROP INDEX CONCURRENTLY` locks the index at the end, once nobody uses it.
    pub fn locks_on_tables(
        &self,
        client: &mut Client,
        session: i32,
        granted: bool,
    ) -> BTreeMap<Oid, LockMode> {
        self.locks_on(client, session, granted, &BTreeMap::new())
    }

    fn locks_on(
        &self,
        client: &mut Client,
        session: i32,
        granted: bool,
        parts: &BTreeMap<Oid, Oid>,
    ) -> BTreeMap<Oid, LockMode> {
        let mut strongest = BTreeMap::new();
        for row in client.query(LOCKS, &[&session]).expect("locks can be read") {
            let (relation, mode, is_granted): (Oid, String, bool) = (row.get(0), row.get(1), row.get(2));
            let relation = parts.get(&relation).copied().unwrap_or(relation);
            if let Some(mode) = mode_of(&mode)
                && is_granted == granted
                && self.relations.contains_key(&relation)
            {
                let known = strongest.entry(relation).or_insert(mode);
                *known = mode.max(*known);
            }
        }
        strongest
    }

    /// Returns how much the transaction of a session has read.
    pub fn touched(&self, client: &mut Client) -> Touched {
        self.read(client, IN_TRANSACTION)
    }

    /// Returns how much was read so far.
    pub fn ever_touched(&self, client: &mut Client) -> Touched {
        self.read(client, EVER)
    }

    fn read(&self, client: &mut Client, query: &str) -> Touched {
        let all: Vec<Oid> = self.relations.keys().copied().collect();
        let rows = client.query(query, &[&all]).expect("statistics can be read");
        rows.into_iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
    }

    /// The relation, and the tables of which it is a partition.
    pub fn up(&self, relation: Oid) -> impl Iterator<Item = Oid> {
        std::iter::successors(Some(relation), |at| self.relations.get(at)?.of)
    }

    /// Whether a relation is another or one of its partitions.
    pub fn is_of(&self, part: Oid, whole: Oid) -> bool {
        self.up(part).any(|at| at == whole)
    }

    pub fn name(&self, relation: Oid) -> &str {
        self.relations.get(&relation).map_or("?", |relation| &relation.name)
    }
}

fn mode_of(word: &str) -> Option<LockMode> {
    Some(match word {
        "ShareUpdateExclusiveLock" => LockMode::ShareUpdateExclusive,
        "ShareLock" => LockMode::Share,
        "ShareRowExclusiveLock" => LockMode::ShareRowExclusive,
        // No step says the one between.
        "ExclusiveLock" | "AccessExclusiveLock" => LockMode::AccessExclusive,
        _ => return None,
    })
}
