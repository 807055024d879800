//! Audit trails: tables that only the functions of triggers write.
//!
//! | module | makes |
//! |---|---|
//! | [`parts`] | the tables of a trail, as columns |
//! | [`lowering`] | these tables, and who may read and write them |
//! | [`functions`] | what writes entries that no trigger does, and what erases values |
//! | [`triggers`] | the triggers of audited tables, and their functions |
//! | [`persons`] | the persons whom an entry is about |
//! | [`sealing`], [`seal_values`] | seals, and what judges them |
//! | [`secrets`] | the columns whose values no trail holds |

mod functions;
mod lowering;
mod parts;
pub(super) mod persons;
mod seal_values;
mod sealing;
mod secrets;
mod triggers;

use smol_str::SmolStr;

use super::super::sql::{Ident, Literal, Name};
use super::database::Database;
use super::names::{LIMIT, Names, Space, fit};
use super::placement::Placement;
use super::table::partitions::stem_of_ranges;
use super::table::{Table, column_names};
pub(super) use lowering::lower;
pub(in crate::postgres) use parts::{Part, PartKind};
use polity_model::entity::{Operation, PartitionPeriod};
use polity_model::{AuditLog, Chained, Entity, EntityId};
pub(in crate::postgres) use sealing::{Sealing, watches};
pub(in crate::postgres) use secrets::leaves_out;
pub(super) use secrets::{secret_columns, without};
pub(in crate::postgres) use triggers::trigger_names;
pub(super) use triggers::{lower_triggers, pinned};

/// An audit log and the names of its parts.
#[derive(Debug)]
pub(in crate::postgres) struct Trail<'a> {
    pub(in crate::postgres) log: &'a AuditLog,
    pub(in crate::postgres) name: Name,
    pub(in crate::postgres) form: Form,
    pub(in crate::postgres) partition: Option<PartitionPeriod>,
    /// The beginning of the names of its functions and of its sequence.
    stem: SmolStr,
    /// The beginnings of the names of partitions, in the order of [`Trail::partitioned`].
    pub(super) stems: Vec<SmolStr>,
    /// The function of the triggers of each audited table.
    writers: Vec<(EntityId, Name)>,
}

/// The ends of the names of a trail's functions and of its sequence.
const PARTS: &[&str] = &[
    "cluster",
    "commitment",
    "erase",
    "hash",
    "last_seal",
    "open",
    "seal",
    "seal_all",
    "seq",
    "verify",
    "write",
];

/// The most bytes before such an end.
const STEM: usize = LIMIT - 12;

/// The tables that a trail consists of.
#[derive(Debug)]
pub(in crate::postgres) enum Form {
    /// One, with the values in the entries.
    Plain,
    /// One as well, sealed by a job.
    Sealed { seals: Name, parts: Name },
    /// Entries that are chained when they are written, with the values apart.
    Serial { payload: Name, anchor: Name, head: Name },
}

impl<'a> Trail<'a> {
    pub(super) fn lower(placement: &Placement, log: &'a AuditLog, names: &mut Names) -> Self {
        let schema = placement.schema(log.schema);
        let name = Name::new(schema.clone(), fit(&log.named.stored, LIMIT));
        let mut part = |suffix: &str| {
            let wanted = format!("{}_{suffix}", name.name);
            let space = Space::Relations(schema.clone());
            Name::new(schema.clone(), names.derived(space, &wanted, &wanted, log.named.span))
        };
        let form = match log.chained {
            None => Form::Plain,
            Some(Chained::Sealed) => Form::Sealed { seals: part("seals"), parts: part("parts") },
            Some(Chained::Strictly) => {
                Form::Serial { payload: part("payload"), anchor: part("anchor"), head: part("head") }
            }
        };
        let spaces = [Space::Relations(schema.clone()), Space::Functions(schema.clone())];
        let stem = names.stem(&spaces, &name.name, STEM, |part| PARTS.contains(&part));
        let writers = triggers::writers(placement, log, &name, names);
        let mut trail = Self { log, name, form, partition: log.partition, stem, stems: Vec::new(), writers };
        trail.stems = trail.partitioned().iter().map(|of| stem_of_ranges(names, &schema, &of.name)).collect();
        trail
    }

    /// Returns the function that writes an entry which no trigger writes.
    pub(super) fn write(&self) -> Name {
        self.part("write")
    }

    fn part(&self, suffix: &str) -> Name {
        Name::new(self.name.schema.clone(), fit(&format!("{}_{suffix}", self.stem), LIMIT))
    }

    /// Keeps the last entry of each chain before older ones go: what stands before `FROM`, and what stands last.
    pub(super) fn anchoring(&self, database: &Database) -> Option<(String, String)> {
        let Form::Serial { anchor, .. } = &self.form else { return None };
        Some(match &database.tenancy {
            Some(tenancy) => {
                let tenant = Ident(&tenancy.column);
                let into = format!(
                    "INSERT INTO {anchor} ({tenant}, seq, at, hash) SELECT DISTINCT ON ({tenant}) {tenant}, seq, at, hash"
                );
                (into, format!("ORDER BY {tenant}, seq DESC"))
            }
            None => (
                format!("INSERT INTO {anchor} (seq, at, hash) SELECT seq, at, hash"),
                "ORDER BY seq DESC LIMIT 1".to_owned(),
            ),
        })
    }

    /// Whether entries may be older than the names of rows in them: until there were seals, there were only trails of this
    /// form.
    pub(super) fn may_lack_names(&self) -> bool {
        matches!(self.form, Form::Serial { .. })
    }

    /// Whether the values of an entry are kept whoever is erased.
    pub(super) fn keeps_payloads(&self) -> bool {
        self.log.payloads.is_some()
    }

    /// Returns the query of all entries `e` with what says whom one is about, and its values: those of `p`.
    pub(super) fn entries(&self, database: &Database) -> String {
        match &self.form {
            Form::Plain | Form::Sealed { .. } => format!("{} e", self.name),
            Form::Serial { payload, .. } => {
                format!("{} e JOIN {payload} p ON {}", self.name, joined(database))
            }
        }
    }

    /// Returns the name under which [`Trail::entries`] and [`Trail::forgetting`] read the values of an entry.
    pub(super) fn values(&self) -> char {
        match &self.form {
            Form::Plain | Form::Sealed { .. } => 'e',
            Form::Serial { .. } => 'p',
        }
    }

    /// Returns the statement that takes the values out of entries, up to the condition that says of which: what changed, and
    /// by whom, stays. In the condition they are `e`, and what says whom they are about is of [`Trail::values`].
    pub(super) fn forgetting(&self, database: &Database) -> String {
        match &self.form {
            Form::Plain => {
                format!("UPDATE {} e SET subjects = '{{}}', old = NULL, new = NULL WHERE ", self.name)
            }
            Form::Sealed { .. } => format!(
                "UPDATE {} e SET commitment = {}(e.salt, e.subjects, e.old, e.new), subjects = '{{}}', salt = NULL, old = NULL, new = NULL WHERE e.salt IS NOT NULL AND ",
                self.name,
                self.part(sealing::COMMITMENT)
            ),
            Form::Serial { payload, .. } => {
                format!("DELETE FROM {payload} p USING {} e WHERE {} AND ", self.name, joined(database))
            }
        }
    }
}

/// Writes the key of a row as an entry holds it; `value` writes each column, which it is given with its place.
pub(super) fn row_key(entity: &Entity, value: impl Fn(usize, &SmolStr) -> String) -> String {
    let names = column_names(entity, entity.identity());
    let pairs = names.iter().enumerate();
    let pairs = pairs.map(|(at, name)| format!("{}, {}", Literal(name), value(at, name)));
    format!("jsonb_build_object({})", pairs.collect::<Vec<_>>().join(", "))
}

/// The condition that a payload is that of an entry.
fn joined(database: &Database) -> String {
    let tenant = database.tenancy.as_ref().map(|tenancy| Ident(&tenancy.column).to_string());
    let tenant = tenant.map_or_else(String::new, |tenant| format!("p.{tenant} = e.{tenant} AND "));
    format!("{tenant}p.seq = e.seq AND p.at = e.at")
}

/// The trail that a table's changes go into.
fn trail_of<'d>(database: &'d Database, table: &Table) -> Option<&'d Trail<'d>> {
    let into = database.platform.audit(table.entity.id)?.into;
    database.trails.iter().find(|trail| trail.log.id == into)
}

/// The trails out of which the values about persons of a table's rows go when the rows do: that of the table, and the one
/// before it.
pub(super) fn holding_persons<'d>(
    database: &'d Database,
    table: &Table,
) -> impl Iterator<Item = &'d Trail<'d>> {
    let (platform, entity) = (database.platform, table.entity);
    let is_about_somebody = platform.audit(entity.id).is_some() && persons::named(database, entity).is_some();
    let holds = move |trail: &&Trail| is_about_somebody && platform.has_entries_of(entity.id, trail.log.id);
    database.trails.iter().filter(holds).filter(|trail| !trail.keeps_payloads())
}

/// The trail that records the removal of a table's rows.
pub(super) fn records_deletes<'d>(database: &'d Database, table: &Table) -> Option<&'d Trail<'d>> {
    let audit = database.platform.audit(table.entity.id)?;
    audit.operations.contains(&Operation::Delete).then_some(())?;
    trail_of(database, table)
}
