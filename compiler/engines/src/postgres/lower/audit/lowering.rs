//! The tables and the functions of a trail.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::super::sql::{Ident, Name};
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, Step, arguments, plpgsql, settings, sql};
use super::super::names::{LIMIT, fit};
use super::Trail;
use polity_catalog::relational::{
    self, ConstraintRule, Function, Index, IndexColumn, Language, Privilege, Sequence, Target, Volatility,
};
use polity_templates::postgres::functions;

/// Lowers every trail.
pub(in crate::postgres) fn lower(database: &Database, lowered: &mut Lowered) {
    for trail in &database.trails {
        let lowering = Lowering {
            database,
            trail,
            tenant: database.tenancy.as_ref().map(|tenancy| tenancy.column.as_str()),
        };
        lowering.log(lowered);
        lowering.payload(lowered);
        if trail.log.chained {
            lowering.chain(lowered);
        } else if let Some(counter) = trail.counter() {
            lowering.counter(&counter, lowered);
        }
        lowering.rights(lowered);
        lowering.functions(lowered);
    }
}

pub(super) struct Lowering<'l, 'd> {
    pub(super) database: &'l Database<'d>,
    pub(super) trail: &'l Trail<'d>,
    /// The tenant's column, where there is one.
    pub(super) tenant: Option<&'l str>,
}

impl Lowering<'_, '_> {
    fn log(&self, lowered: &mut Lowered) {
        let (trail, chained) = (self.trail, self.trail.log.chained);
        let comment = match trail.log.named.docs.as_str() {
            "" => "Who changed what, when.",
            docs => docs,
        };
        let mut table = self.table(
            &trail.name,
            comment,
            "Whose row it was; empty where all tenants share it. Each has a chain of its own.",
        );
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
        if chained {
            table = table
                .column("commitment", "bytea", "SHA-256 over the salt and the values of the payload.")
                .column("previous", "bytea", "The hash of the entry before.")
                .column("hash", "bytea", "SHA-256 over previous, this entry and its commitment.");
        }
        let operations = "operation IN ('INSERT', 'UPDATE', 'DELETE', 'DROP')".to_owned();
        table = self
            .keyed(table, &["seq", "at"])
            .constraint(&named(&trail.name, "operation_values"), ConstraintRule::Check(operations));
        let mut remark = format!(
            "{}: who changed what, when. The entries hold no values; those are in its payload, where they can be\n\
             erased with the person they are about.",
            trail.name
        );
        if chained {
            remark.push_str(
                "\nEach entry carries a hash over itself and over the hash of the entry before, and a salted hash of its values,\n\
                 so that the chain still proves the rest once values are gone. Writers of the trail wait for each other.",
            );
        }
        lowered.own_table(&remark, self.in_partitions(table));
        let row: Vec<&str> = self.tenant.into_iter().chain(["entity", "row_key", "at"]).collect();
        lowered.add(index(&trail.name, "entity_row_key_at_idx", "btree", &row));
        lowered.add(index(&trail.name, "at_idx", "brin", &["at"]));
    }

    fn payload(&self, lowered: &mut Lowered) {
        let trail = self.trail;
        let comment = format!("The values of {}, apart from it so that they can be erased.", trail.name);
        let mut table = self
            .table(&trail.payload, &comment, "")
            .column("seq", "bigint", "")
            .column("at", "timestamptz", "")
            .column("subjects", "text[]", "Keys of the persons whom the values are about.");
        if trail.log.chained {
            let salt = "Chance, so that nobody can guess an erased value from its hash.";
            table = table.column("salt", "bytea", salt);
        }
        table = table
            .column("old", "jsonb", "The values before; secret ones never.")
            .optional()
            .column("new", "jsonb", "The values after; secret ones never.")
            .optional();
        lowered.own_table("", self.in_partitions(self.keyed(table, &["seq", "at"])));
        lowered.add(index(&trail.payload, "subjects_idx", "gin", &["subjects"]));
    }

    /// The end of each chain, and where it goes on after retention.
    fn chain(&self, lowered: &mut Lowered) {
        let (trail, owner) = (self.trail, &self.database.roles.owner);
        let comment = "The end of the chain. An owner of the database can rewrite a chain: who must be able to prove otherwise copies this row elsewhere.";
        let head = self.table(&trail.head, comment, "");
        let head = match self.tenant {
            Some(tenant) => head.column("seq", "bigint", "").column("hash", "bytea", "").key(&[tenant]),
            None => OwnTable::new(&trail.head, owner, comment)
                .column("one", "boolean", "")
                .defaults_to("true")
                .column("seq", "bigint", "")
                .column("hash", "bytea", "")
                .key(&["one"])
                .constraint(&named(&trail.head, "one"), ConstraintRule::Check("one".to_owned())),
        };
        lowered.own_table("", if self.tenant.is_some() { head.closed() } else { head });
        if self.tenant.is_none() {
            lowered.steps.push(Step {
                remark: String::new(),
                sql: format!("INSERT INTO {} (seq, hash) VALUES (0, '\\x')", trail.head),
            });
        }
        let comment = "Where the chain goes on after retention dropped what stood before.";
        let anchor = self
            .table(&trail.anchor, comment, "")
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
            comment: SmolStr::default(),
        });
        lowered.grant(Target::Sequence(name.0.clone()), &roles.owner, [&roles.auditor], &[Privilege::Usage]);
    }

    fn rights(&self, lowered: &mut Lowered) {
        let (trail, roles) = (self.trail, &self.database.roles);
        let schema = Target::Schema(trail.name.schema.clone());
        lowered.grant(schema, &roles.owner, [&roles.auditor, &roles.audit_reader], &[Privilege::Usage]);
        let mut grant = |name: &Name, to: &SmolStr, privileges: &[Privilege]| {
            lowered.grant(Target::Relation(name.0.clone()), &roles.owner, [to], privileges);
        };
        let (select, insert, update, delete) =
            (Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete);
        grant(&trail.name, &roles.auditor, &[select, insert]);
        grant(&trail.payload, &roles.auditor, &[select, insert, delete]);
        if trail.log.chained {
            grant(&trail.head, &roles.auditor, &[select, update]);
            if self.tenant.is_some() {
                grant(&trail.head, &roles.auditor, &[insert]);
            }
            grant(&trail.anchor, &roles.auditor, &[select]);
        }
        for table in trail.tables() {
            grant(&table, &roles.audit_reader, &[select]);
        }
    }

    fn functions(&self, lowered: &mut Lowered) {
        let (trail, roles) = (self.trail, &self.database.roles);
        let values = self.values();
        let body = |template| polity_templates::render(template, &values);
        let one = |suffix: &str, returns: &str, body: &str| {
            let mut function = plpgsql(&trail.part(suffix), &roles.auditor, returns, body);
            function.security_definer = true;
            function
        };
        let tenant = self.tenant.map(|_| ("of_tenant", "text"));
        let with_tenant = |named: &[(&str, &str)]| {
            let all: Vec<_> = tenant.into_iter().chain(named.iter().copied()).collect();
            arguments(&all)
        };

        let mut write = Function {
            arguments: with_tenant(&[
                ("operation", "text"),
                ("entity", "text"),
                ("row_key", "jsonb"),
                ("fields", "text[]"),
                ("subjects", "text[]"),
                ("old", "jsonb"),
                ("new", "jsonb"),
            ]),
            ..one("write", "void", &body(functions::AUDIT_WRITE))
        };
        self.judged(&mut write);
        let docs = "Writes one entry. Only the functions below and retention call it.";
        lowered.function(docs, write, [&roles.maintenance]);

        let mut append = one("append", "trigger", &body(functions::AUDIT_APPEND));
        append.settings.extend(settings(&[
            ("TimeZone", "'UTC'"),
            ("bytea_output", "'hex'"),
            ("IntervalStyle", "'iso_8601'"),
            ("extra_float_digits", "1"),
        ]));
        self.judged(&mut append);
        lowered.function(
            "The trigger. Its arguments: the columns of the key, those that hold secrets, those that name a person. What\n\
             a value looks like as text must not depend on who writes, hence the settings.",
            append,
            [&roles.owner],
        );

        let mut erase = one("erase", "bigint", &body(functions::AUDIT_ERASE));
        erase.language = Language::Sql;
        let subject: Vec<_> = std::iter::once(("subject", "text")).chain(tenant).collect();
        erase.arguments = arguments(&subject);
        self.judged(&mut erase);
        lowered.function("Erases the values about a person; the entries stay.", erase, [&roles.owner]);

        if trail.log.chained {
            self.verify(&body(functions::AUDIT_VERIFY), lowered);
        }
    }

    fn verify(&self, body: &str, lowered: &mut Lowered) {
        let roles = &self.database.roles;
        let tenant = if self.tenant.is_some() { "of_tenant text, " } else { "" };
        let returns = format!("TABLE ({tenant}seq bigint, at timestamptz, entry text, payload text)");
        let mut verify = sql(&self.trail.part("verify"), &roles.auditor, &returns, body);
        verify.arguments = arguments(&[("since", "timestamptz"), ("until", "timestamptz")]);
        for (argument, default) in verify.arguments.iter_mut().zip(["'-infinity'", "'infinity'"]) {
            argument.default = Some(SmolStr::new_static(default));
        }
        verify.volatility = Volatility::Stable;
        verify.security_definer = true;
        self.judged(&mut verify);
        lowered.function(
            "Judges the chain: an entry is `ok`, `TAMPERED`, or follows a `GAP`; its payload is `ok`, `erased` or\n\
             `TAMPERED`; a last entry that is gone is `MISSING`.",
            verify,
            [&roles.owner, &roles.audit_reader],
        );
    }

    /// Lets row security judge a function, where there is any.
    fn judged(&self, function: &mut Function) {
        if self.tenant.is_some() {
            function.settings.extend(settings(&[("row_security", "on")]));
        }
    }

    /// A table that begins with the tenant's column and is closed, where there are tenants.
    fn table(&self, name: &Name, comment: &str, tenant_comment: &str) -> OwnTable {
        let table = OwnTable::new(name, &self.database.roles.owner, comment);
        match self.tenant {
            Some(tenant) => table.column(tenant, "text", tenant_comment).closed(),
            None => table,
        }
    }

    /// Adds the key, which begins with the tenant where there is one.
    fn keyed(&self, table: OwnTable, columns: &[&str]) -> OwnTable {
        let columns: Vec<&str> = self.tenant.into_iter().chain(columns.iter().copied()).collect();
        table.key(&columns)
    }

    fn in_partitions(&self, table: OwnTable) -> OwnTable {
        if self.trail.partition.is_some() { table.by_range_of("at") } else { table }
    }
}

/// A name that begins with its table's.
fn named(table: &Name, suffix: &str) -> SmolStr {
    fit(&format!("{}_{suffix}", table.name), LIMIT)
}

fn index(table: &Name, suffix: &str, method: &str, columns: &[&str]) -> Index {
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
