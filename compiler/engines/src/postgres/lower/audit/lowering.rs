//! The tables of a trail, and the rights on them.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::super::sql::{Ident, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, Step};
use super::super::names::{LIMIT, fit};
use super::parts::tenant_column;
use super::{Form, PartKind, Trail, functions, sealing};
use polity_catalog::relational::{
    self, ConstraintRule, Index, IndexColumn, Privilege, Reach, Sequence, SequenceMore, Target,
};

/// Lowers every trail.
pub(in crate::postgres) fn lower(database: &Database, lowered: &mut Lowered) {
    super::persons::lower(database, lowered);
    for trail in &database.trails {
        let lowering = Lowering { database, trail, tenant: tenant_column(database) };
        lowering.entries(lowered);
        match &trail.form {
            Form::Plain => {}
            Form::Sealed { seals, parts } => sealing::tables(&lowering, seals, parts, lowered),
            Form::Serial { payload, anchor, head } => {
                lowering.payload(payload, lowered);
                lowering.chain(head, anchor, lowered);
            }
        }
        if let Some(counter) = trail.counter() {
            lowering.counter(&counter, lowered);
        }
        lowering.rights(lowered);
        functions::lower(&lowering, lowered);
        sealing::lower(&lowering, lowered);
    }
}

pub(super) struct Lowering<'l, 'd> {
    pub(super) database: &'l Database<'d>,
    pub(super) trail: &'l Trail<'d>,
    /// The tenant's column, where there is one.
    pub(super) tenant: Option<&'l str>,
}

impl Lowering<'_, '_> {
    fn entries(&self, lowered: &mut Lowered) {
        let trail = self.trail;
        let comment = match trail.log.named.docs.as_str() {
            "" => "Who changed what, when.",
            docs => docs,
        };
        let mut table =
            self.table(&trail.name, comment, "Whose row it was; empty where all tenants share it.");
        if let Form::Sealed { .. } = trail.form {
            table = table
                .column("cluster", "bigint", "The server that wrote it: numbers of transactions are its own.")
                .column("xact", "xid8", "The transaction that wrote it, by which a seal tells its entries.");
        }
        table = table
            .column("seq", "bigint", "Counts the entries, from 1.")
            .column("at", "timestamptz", "When the change was made.")
            .column(
                "actor",
                "text",
                "Who made it, as whoever logged in says by the setting polity.actor; the role itself where it says nothing.",
            )
            .column("login", "text", "The role that logged in: what the server knows.")
            .column("operation", "text", "INSERT, UPDATE, DELETE, or DROP where retention dropped a partition.")
            .column("entity", "text", "The table.")
            .column("row_key", "jsonb", "The key of the row.")
            .column("fields", "text[]", "The columns that were set or changed, secret ones too.");
        table = match trail.form {
            Form::Plain => values(table, false),
            Form::Sealed { .. } => values(table, true).constraint(
                &named(&trail.name, "erased"),
                ConstraintRule::Check("(commitment IS NULL) = (salt IS NOT NULL)".to_owned()),
            ),
            Form::Serial { .. } => table
                .column("commitment", "bytea", "SHA-256 over the salt and the values of the payload.")
                .column("previous", "bytea", "The hash of the entry before.")
                .column("hash", "bytea", "SHA-256 over previous, this entry and its commitment."),
        };
        let ending =
            if trail.log.after.is_some() { format!(", '{}'", sealing::CLOSE) } else { String::new() };
        let operations = format!("operation IN ('INSERT', 'UPDATE', 'DELETE', 'DROP'{ending})");
        table = match trail.form {
            // A seal reads it by transactions.
            Form::Sealed { .. } => table.key(&["xact", "seq", "at"]),
            _ => self.keyed(table, &["seq", "at"]),
        };
        table = table.constraint(&named(&trail.name, "operation_values"), ConstraintRule::Check(operations));
        lowered.own_table(&self.about(), self.in_partitions(table));
        self.indexes(lowered);
    }

    /// The indexes of the entries.
    fn indexes(&self, lowered: &mut Lowered) {
        let trail = self.trail;
        match trail.form {
            // One more over all entries would cost each writer as much as all else; the time of partitions is known.
            Form::Sealed { .. } if trail.partition.is_some() => {}
            Form::Sealed { .. } => lowered.add(index(&trail.name, "at_idx", "brin", &["at"])),
            Form::Plain | Form::Serial { .. } => {
                let row: Vec<&str> = self.tenant.into_iter().chain(["entity", "row_key", "at"]).collect();
                lowered.add(index(&trail.name, "entity_row_key_at_idx", "btree", &row));
                lowered.add(index(&trail.name, "at_idx", "brin", &["at"]));
            }
        }
        if !matches!(trail.form, Form::Serial { .. }) {
            lowered.add(Index {
                filter: Some("subjects <> '{}'".to_owned()),
                ..index(&trail.name, "subjects_idx", "gin", &["subjects"])
            });
        }
    }

    /// The remark above the entries.
    fn about(&self) -> String {
        let name = &self.trail.name;
        match self.trail.form {
            Form::Plain => format!(
                "{name}: who changed what, when. The values of an entry can be erased with the person whom they are about;\n\
                 the rest stays."
            ),
            Form::Sealed { .. } => format!(
                "{name}: who changed what, when. Nobody waits for anybody to write an entry; a job seals those of transactions\n\
                 that have ended. The values of an entry can be erased with the person whom they are about: `commitment`\n\
                 then holds a salted hash of them, so that the seal still proves the rest."
            ),
            Form::Serial { .. } => format!(
                "{name}: who changed what, when. The entries hold no values; those are in its payload, where they can be\n\
                 erased with the person they are about.\n\
                 Each entry carries a hash over itself and over the hash of the entry before, and a salted hash of its values,\n\
                 so that the chain still proves the rest once values are gone. Writers of the trail wait for each other."
            ),
        }
    }

    fn payload(&self, name: &Name, lowered: &mut Lowered) {
        let comment = format!("The values of {}, apart from it so that they can be erased.", self.trail.name);
        let table = self
            .table(name, &comment, "")
            .column("seq", "bigint", "")
            .column("at", "timestamptz", "")
            .column("subjects", "text[]", SUBJECTS)
            .column("salt", "bytea", SALT)
            .column("old", "jsonb", OLD)
            .optional()
            .column("new", "jsonb", NEW)
            .optional();
        lowered.own_table("", self.in_partitions(self.keyed(table, &["seq", "at"])));
        lowered.add(index(name, "subjects_idx", "gin", &["subjects"]));
    }

    /// The end of each chain, and where it goes on after retention.
    fn chain(&self, head_name: &Name, anchor_name: &Name, lowered: &mut Lowered) {
        let owner = &self.database.roles.owner;
        let comment = "The end of the chain. An owner of the database can rewrite a chain: who must be able to prove otherwise copies this row elsewhere.";
        let head = self.table(head_name, comment, "");
        let head = match self.tenant {
            Some(tenant) => head.column("seq", "bigint", "").column("hash", "bytea", "").key(&[tenant]),
            None => OwnTable::new(head_name, owner, comment)
                .column("one", "boolean", "")
                .defaults_to("true")
                .column("seq", "bigint", "")
                .column("hash", "bytea", "")
                .key(&["one"])
                .constraint(&named(head_name, "one"), ConstraintRule::Check("one".to_owned())),
        };
        lowered.own_table("", if self.tenant.is_some() { head.closed() } else { head });
        if self.tenant.is_none() {
            lowered.steps.push(Step {
                remark: String::new(),
                sql: format!("INSERT INTO {head_name} (seq, hash) VALUES (0, '\\x')"),
                makes_partitions: false,
            });
        }
        let comment = "Where the chain goes on after retention dropped what stood before.";
        let anchor = self
            .table(anchor_name, comment, "")
            .column("seq", "bigint", "")
            .column("at", "timestamptz", "")
            .column("hash", "bytea", "")
            .column("dropped", "timestamptz", "")
            .defaults_to("now()");
        lowered.own_table("", self.keyed(anchor, &["seq"]));
    }

    fn counter(&self, name: &Name, lowered: &mut Lowered) {
        let roles = &self.database.roles;
        lowered.add(Sequence {
            name: name.0.clone(),
            owner: roles.owner.clone(),
            least: 1,
            start: 1,
            more: SequenceMore::default(),
            comment: SmolStr::default(),
        });
        lowered.grant(Target::Sequence(name.0.clone()), &roles.owner, [&roles.auditor], &[Privilege::Usage]);
    }

    fn rights(&self, lowered: &mut Lowered) {
        use Privilege::{Delete, Insert, Select, Update};
        let roles = &self.database.roles;
        let schema = Target::Schema(self.trail.name.schema.clone());
        lowered.grant(schema, &roles.owner, [&roles.auditor, &roles.audit_reader], &[Privilege::Usage]);
        for part in self.trail.parts() {
            let on = Target::Relation(part.name.0.clone());
            let written: &[Privilege] = match part.kind {
                PartKind::Entries | PartKind::Parts => &[Select, Insert],
                PartKind::Payload => &[Select, Insert, Delete],
                PartKind::Head if self.tenant.is_some() => &[Select, Insert, Update],
                PartKind::Head => &[Select, Update],
                PartKind::Anchor => &[Select],
                // To lock a table takes the right to change it.
                PartKind::Seals => &[Select, Insert, Update],
            };
            lowered.grant(on.clone(), &roles.owner, [&roles.auditor], written);
            // A seal counts what all tenants did.
            if part.kind != PartKind::Seals || self.tenant.is_none() {
                lowered.grant(on, &roles.owner, [&roles.audit_reader], &[Select]);
            }
        }
        if !matches!(self.trail.form, Form::Serial { .. }) {
            let sealed = matches!(self.trail.form, Form::Sealed { .. });
            let erased = if sealed { ERASED_SEALED } else { ERASED };
            let reach = Reach::Columns(erased.iter().copied().map(SmolStr::new_static).collect());
            let on = Target::Relation(self.trail.name.0.clone());
            lowered.grant_parts(on, &roles.owner, &roles.auditor, BTreeMap::from([(Update, reach)]));
        }
    }

    /// A table that begins with the tenant's column and is closed, where there are tenants.
    pub(super) fn table(&self, name: &Name, comment: &str, tenant_comment: &str) -> OwnTable {
        let table = OwnTable::new(name, &self.database.roles.owner, comment);
        match self.tenant {
            Some(tenant) => table.column(tenant, "text", tenant_comment).closed(),
            None => table,
        }
    }

    /// Adds the key, which begins with the tenant where there is one.
    pub(super) fn keyed(&self, table: OwnTable, columns: &[&str]) -> OwnTable {
        let columns: Vec<&str> = self.tenant.into_iter().chain(columns.iter().copied()).collect();
        table.key(&columns)
    }

    fn in_partitions(&self, table: OwnTable) -> OwnTable {
        if self.trail.partition.is_some() { table.by_range_of("at") } else { table }
    }
}

/// The columns that an erasure changes.
const ERASED: &[&str] = &["subjects", "old", "new"];
const ERASED_SEALED: &[&str] = &["commitment", "subjects", "salt", "old", "new"];

const SUBJECTS: &str =
    "Whom the values are about: the row itself, then persons, and the rows by which it is theirs.";
const SALT: &str = "Chance, so that nobody can guess an erased value from its hash.";
const OLD: &str = "The values before; secret ones never.";
const NEW: &str = "The values after; secret ones never.";

/// Adds the columns that an erasure changes.
fn values(table: OwnTable, is_sealed: bool) -> OwnTable {
    let mut table = table;
    if is_sealed {
        let commitment = "SHA-256 over salt, subjects, old and new, once these are erased.";
        table = table.column("commitment", "bytea", commitment).optional();
    }
    table = table.column("subjects", "text[]", SUBJECTS);
    if is_sealed {
        table = table.column("salt", "bytea", SALT).optional();
    }
    table.column("old", "jsonb", OLD).optional().column("new", "jsonb", NEW).optional()
}

/// A name that begins with its table's.
pub(super) fn named(table: &Name, suffix: &str) -> SmolStr {
    fit(&format!("{}_{suffix}", table.name), LIMIT)
}

pub(super) fn index(table: &Name, suffix: &str, method: &str, columns: &[&str]) -> Index {
    Index {
        name: relational::Name::new(table.schema.clone(), named(table, suffix)),
        table: table.0.clone(),
        unique: false,
        nulls_not_distinct: false,
        method: method.into(),
        columns: columns.iter().map(|name| IndexColumn::of(Ident(name).to_string())).collect(),
        include: Vec::new(),
        storage: BTreeMap::new(),
        filter: None,
        invalid: false,
    }
}
