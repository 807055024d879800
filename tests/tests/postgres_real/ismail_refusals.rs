//! Every constraint of ISMAIL, one by one, refuses a row that breaks it and nothing else. The constraints are read
//! from the catalog, so that a new one is tried as well.
//!
//! A row that is allowed is found for each table by trying plain values; then the columns of one constraint are
//! changed until that constraint, by name, refuses the row.

use std::collections::BTreeMap;

use polity_tests::engines::{Postgres, SqlError};
use polity_tests::project;

use super::support::installed;

/// A row as SQL: column and value.
pub type Row = BTreeMap<String, String>;

struct Column {
    name: String,
    ty: String,
    required: bool,
    /// Required until the row is anonymized, or the blind index of such a column.
    until_anonymized: bool,
    has_default: bool,
}

pub struct Table {
    pub name: String,
    columns: Vec<Column>,
    /// Check constraints, each with its columns.
    checks: Vec<(String, Vec<String>)>,
    /// The texts in quotes in the checks of each column: values of enums and the like.
    quoted: BTreeMap<String, Vec<String>>,
}

impl Table {
    pub fn read(db: &mut Postgres, name: &str) -> Self {
        let mut rows = |sql: &str| db.rows(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let columns = rows(&format!(
            "select attname, format_type(atttypid, atttypmod), attnotnull, atthasdef or attidentity <> '' from pg_attribute
              where attrelid = '{name}'::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum"
        ));
        let columns = columns.iter().map(|row| Column {
            name: text(&row[0]),
            ty: text(&row[1]),
            required: text(&row[2]) == "t",
            until_anonymized: false,
            has_default: text(&row[3]) == "t",
        });
        let mut columns: Vec<Column> = columns.collect();
        let mut checks = Vec::new();
        let mut quoted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows(&format!(
            "select conname, pg_get_constraintdef(oid), (select string_agg(attname, ',' order by attnum) from pg_attribute
                     where attrelid = conrelid and attnum = any (conkey))
               from pg_constraint where conrelid = '{name}'::regclass and contype = 'c' order by conname"
        )) {
            let of: Vec<String> = text(&row[2]).split(',').map(str::to_owned).collect();
            for column in &of {
                let values = text(&row[1]).split('\'').skip(1).step_by(2).map(|v| format!("'{v}'")).collect::<Vec<_>>();
                quoted.entry(column.clone()).or_default().extend(values);
            }
            checks.push((text(&row[0]), of));
        }
        let table = name.split('.').next_back().unwrap_or_default();
        for column in &mut columns {
            let field = column.name.strip_suffix("_bx").unwrap_or(&column.name);
            let check = format!("{table}_{field}_required");
            column.until_anonymized = checks.iter().any(|(name, _)| *name == check);
        }
        Self { name: name.to_owned(), columns, checks, quoted }
    }

    pub fn insert(&self, row: &Row) -> String {
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        let values: Vec<&str> = row.values().map(String::as_str).collect();
        format!("insert into {} ({}) values ({})", self.name, names.join(", "), values.join(", "))
    }

    /// A row that is allowed: of what is required, or of every column.
    pub fn allowed(&self, db: &mut Postgres, full: bool) -> Row {
        let chosen: Vec<&Column> = self
            .columns
            .iter()
            .filter(|c| !c.has_default && (full || c.required || c.until_anonymized))
            .collect();
        let mut next = vec![0; chosen.len()];
        for _ in 0..400 {
            let mut row = Row::new();
            for (column, next) in chosen.iter().zip(&next) {
                let good = self.good(column);
                row.insert(column.name.clone(), good[next % good.len()].clone());
            }
            let Err(error) = tried(db, &self.insert(&row)) else { return row };
            let broken = self.checks.iter().find(|(name, _)| Some(name) == error.constraint.as_ref());
            let Some((_, of)) = broken else { panic!("{}: {error}", self.insert(&row)) };
            // The last column of the check takes its next value, and where it has had all, the one before it.
            for column in of.iter().rev() {
                let Some(at) = chosen.iter().position(|c| c.name == *column) else { continue };
                next[at] += 1;
                if !next[at].is_multiple_of(self.good(chosen[at]).len()) {
                    break;
                }
            }
        }
        panic!("no row is allowed in {}", self.name)
    }

    /// Values of which one is right for a column.
    fn good(&self, column: &Column) -> Vec<String> {
        let own: &[&str] = match column.ty.split('(').next().unwrap_or_default() {
            "text" | "character varying" => &[
                "'SN'",
                "'XOF'",
                "'fr'",
                "'+221770000001'",
                "'a@b.example'",
                "'$argon2id$x'",
                "'ISM-SN-12345678'",
                "'USRC17607839'",
            ],
            "smallint" | "integer" | "bigint" | "numeric" | "double precision" => &["1"],
            "boolean" => &["true"],
            "date" => &["'2026-01-01'", "'2026-01-02'"],
            "timestamp with time zone" => &["now()", "now() + interval '1 minute'"],
            "uuid" => &["gen_random_uuid()"],
            "bytea" => &["decode('01' || repeat('00', 49), 'hex')", "decode(repeat('00', 32), 'hex')"],
            "inet" => &["'127.0.0.1'"],
            "jsonb" => &["'{}'", r#"'{"street": "a", "district": "b", "city": "c", "country": "SN"}'"#],
            "text[]" => &["'{}'"],
            "extensions.geography" => &["'SRID=4326;POINT(-17 14)'"],
            other => panic!("{}.{} is a {other}", self.name, column.name),
        };
        let values = self.quoted.get(&column.name).filter(|_| column.ty == "text");
        let values = values.into_iter().flatten().filter(|value| !value.contains('^')).cloned();
        let most = column.ty.strip_prefix("character varying(").and_then(|rest| rest.strip_suffix(')'));
        let most: usize = most.and_then(|most| most.parse().ok()).unwrap_or(usize::MAX);
        let fits = |value: &&&str| value.len() <= most.saturating_add(2) || !value.starts_with('\'');
        values.chain(own.iter().filter(fits).map(|value| (*value).to_owned())).collect()
    }

    /// Values of which one breaks a check of a column.
    fn bad(&self, column: &str, allowed: &Row) -> Vec<String> {
        let column = self.columns.iter().find(|c| c.name == column).expect("a column that is written");
        let own: &[&str] = match column.ty.split('(').next().unwrap_or_default() {
            "text" | "character varying" => &["''", "'!'", "'zz'"],
            "date" => &["'1800-01-01'", "'2026-01-01'", "'infinity'", "'-infinity'"],
            "timestamp with time zone" => &["now() - interval '1 day'", "now()", "'infinity'", "'-infinity'"],
            "uuid" => &["'018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10'"],
            "jsonb" => &["'null'", "'[]'", r#"'{"zz": 1}'"#],
            "text[]" => &["'{NULL}'", "'{!}'"],
            "smallint" | "integer" | "bigint" => &["-1", "0", "1000", "2147483647"],
            "numeric" => &["-1", "0", "6", "1.5", "1000", "'NaN'"],
            "double precision" => &["-1", "'NaN'", "'Infinity'"],
            // No ciphertext, one too short and one too long, and none where its blind index is.
            "bytea" => &["decode(repeat('00', 49), 'hex')", "'\\x01'", "null"],
            _ => &[],
        };
        let mut values: Vec<String> = own.iter().map(|value| (*value).to_owned()).collect();
        values.extend(
            self.quoted.get(&column.name).into_iter().flatten().filter(|_| column.ty == "text").cloned(),
        );
        if let (Some(value), "jsonb") = (allowed.get(&column.name), column.ty.as_str()) {
            for member in ["street", "district", "city", "country"] {
                values.push(format!("jsonb_set({value}, '{{{member}}}', to_jsonb(repeat('x', 300)))"));
            }
        }
        values
    }
}

/// Runs a statement and takes it back.
fn tried(db: &mut Postgres, sql: &str) -> Result<String, SqlError> {
    let told = db.run(&format!("begin; {sql}"));
    db.run("rollback").expect("takes back");
    told
}

/// A server on which no trigger looks at references, and the tables of the two schemas.
fn ready() -> Option<(Postgres, Vec<Table>)> {
    let mut db = installed(&project::example("ismail"), "ismail")?;
    db.run("set session_replication_role = replica").expect("a superuser may");
    let names = db
        .run(
            "select c.oid::regclass from pg_class c where relnamespace in ('core'::regnamespace, 'business'::regnamespace)
                and relkind in ('r', 'p') and not relispartition order by 1",
        )
        .expect("reads");
    let tables: Vec<Table> = names.lines().map(|name| Table::read(&mut db, name)).collect();
    assert_eq!(tables.len(), 17);
    Some((db, tables))
}

/// The constraint or index of the whole table that a name belongs to: a partition has its own.
fn of_whole(db: &mut Postgres, table: &str, name: &str) -> String {
    let parent = format!(
        "select coalesce(
            (select p.conname from pg_constraint c join pg_constraint p on p.oid = c.conparentid
              where c.conname = '{name}' and p.conrelid = '{table}'::regclass limit 1),
            (select p.relname from pg_class c join pg_inherits on inhrelid = c.oid join pg_class p on p.oid = inhparent
               join pg_index on indexrelid = p.oid where c.relname = '{name}' and indrelid = '{table}'::regclass limit 1),
            '{name}')"
    );
    db.run(&parent).expect("reads")
}

#[test]
fn every_check_refuses_what_breaks_it() {
    let Some((mut db, tables)) = ready() else { return };
    let mut judged = 0;
    for table in &tables {
        let allowed = table.allowed(&mut db, true);
        for (name, of) in &table.checks {
            let written: Vec<&String> =
                of.iter().filter(|c| table.columns.iter().any(|known| known.name == **c)).collect();
            let mut rows = Vec::new();
            for (i, column) in written.iter().enumerate() {
                for value in table.bad(column, &allowed) {
                    let mut row = allowed.clone();
                    row.insert((*column).clone(), value.clone());
                    rows.push(row.clone());
                    // Two columns that must differ, or of which one must be there.
                    for other in written.iter().skip(i + 1) {
                        for value in [value.as_str(), "null"] {
                            let mut row = row.clone();
                            row.insert((*other).clone(), value.to_owned());
                            rows.push(row);
                        }
                    }
                }
            }
            // What is required until the row is anonymized is not there, in a row that is not.
            if name.ends_with("_required") {
                let mut row = allowed.clone();
                for column in of {
                    row.insert(column.clone(), "null".to_owned());
                    row.extend(
                        table
                            .columns
                            .iter()
                            .filter(|c| c.name == format!("{column}_bx"))
                            .map(|c| (c.name.clone(), "null".to_owned())),
                    );
                }
                rows.push(row);
            }
            // A column that is computed breaks its check by what it is computed from.
            if written.len() < of.len() {
                for column in table.columns.iter().filter(|c| c.ty.starts_with("numeric")) {
                    let mut row = allowed.clone();
                    row.insert(column.name.clone(), "'NaN'".to_owned());
                    rows.push(row);
                }
            }
            // Of several checks that a row breaks, PostgreSQL names the first; the others step aside here.
            let others: Vec<String> = table
                .checks
                .iter()
                .filter(|(other, _)| other != name)
                .map(|(other, _)| format!("alter table {} drop constraint {other}; ", table.name))
                .collect();
            let refused = rows.iter().any(|row| {
                // Beyond its range a moment has no partition, of which PostgreSQL looks for one first.
                tried(&mut db, &table.insert(row)).is_err_and(|e| {
                    e.constraint.as_ref() == Some(name)
                        || name.ends_with("_range") && e.message.starts_with("no partition of relation")
                }) || written.len() < of.len()
                    && tried(&mut db, &(others.concat() + &table.insert(row)))
                        .is_err_and(|e| e.constraint.as_ref() == Some(name))
            });
            assert!(refused, "{} on {} refused none of {rows:#?}", name, table.name);
            judged += 1;
        }
    }
    assert!(judged > 70, "{judged} checks");
}

#[test]
fn every_required_column_and_every_length_is_kept() {
    let Some((mut db, tables)) = ready() else { return };
    let mut judged = 0;
    for table in &tables {
        let allowed = table.allowed(&mut db, true);
        for column in &table.columns {
            let mut row = allowed.clone();
            if column.required {
                row.insert(column.name.clone(), "null".to_owned());
                let told = tried(&mut db, &table.insert(&row)).expect_err(&column.name);
                let routed = told.message.contains("no partition"); // which nothing can be that has no moment
                assert!(told.sqlstate == "23502" && told.message.contains(&column.name) || routed, "{told}");
                judged += 1;
            }
            let length = column.ty.strip_prefix("character varying(").and_then(|rest| rest.strip_suffix(')'));
            if let Some(length) = length {
                row.insert(column.name.clone(), format!("repeat('x', {length} + 1)"));
                let told = tried(&mut db, &table.insert(&row)).expect_err(&column.name);
                assert_eq!(told.sqlstate, "22001", "{}.{}: {told}", table.name, column.name);
                judged += 1;
            }
        }
    }
    assert!(judged > 150, "{judged} columns");
}

#[test]
fn every_key_reference_and_exclusion_refuses_what_breaks_it() {
    let Some((mut db, tables)) = ready() else { return };
    let mut judged = 0;
    for table in &tables {
        let name = &table.name;
        let rows = [table.allowed(&mut db, false), table.allowed(&mut db, true)];
        let all = "select conname, contype::text from pg_constraint where contype in ('p', 'u', 'x', 'f') and conrelid =";
        let partial = "select relname, 'i' from pg_index join pg_class on oid = indexrelid
                        where indisunique and indpred is not null and indrelid =";
        let constraints =
            db.rows(&format!("{all} '{name}'::regclass union all {partial} '{name}'::regclass order by 1"));
        let constraints: Vec<(String, String)> = constraints
            .expect("reads")
            .into_iter()
            .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
            .collect();
        let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let columns = columns.join(", ");
        for (constraint, kind) in &constraints {
            // One is tried; the others step aside.
            let schema = name.split('.').next().unwrap_or_default();
            let alone: String = constraints
                .iter()
                .filter(|(other, _)| other != constraint)
                .map(|(other, kind)| match kind.as_str() {
                    "i" => format!("drop index {schema}.{other}; "),
                    _ => format!("alter table {name} drop constraint {other} cascade; "),
                })
                .collect();
            let refused = rows.iter().any(|row| {
                let insert = table.insert(row);
                let sql = if kind == "f" {
                    format!("{alone} set local session_replication_role = origin; {insert}")
                } else {
                    // The same row once more.
                    format!("{alone} {insert}; insert into {name} ({columns}) overriding system value select {columns} from {name}")
                };
                let Err(told) = tried(&mut db, &sql) else { return false };
                let wanted = match kind.as_str() {
                    "f" => "23503",
                    "x" => "23P01",
                    _ => "23505",
                };
                assert_eq!(told.sqlstate, wanted, "{constraint}: {told}");
                let by = told.constraint.unwrap_or_default();
                of_whole(&mut db, name, &by) == *constraint
            });
            assert!(refused, "{constraint} on {name} refused nothing");
            judged += 1;
        }
    }
    assert!(judged > 40, "{judged} constraints");
}
