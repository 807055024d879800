//! Rows and trails are the same whatever a session, a role or a server sets: what a value means is never theirs to say.

use std::sync::LazyLock;

use polity::artifact::Artifacts;
use polity_runtime::regex_lite::Regex;
use polity_tests::engines::Postgres;
use polity_tests::project::{build, example, text};

use crate::postgres_real::ismail_refusals::Table;

/// Settings that change how values are written, read or compared. The zone is one where it is another day now.
fn hostile(hour: u32) -> Vec<(&'static str, &'static str)> {
    let zone = if hour >= 10 { "Pacific/Kiritimati" } else { "Etc/GMT+12" };
    vec![
        ("timezone", zone),
        ("datestyle", "SQL, DMY"),
        ("intervalstyle", "sql_standard"),
        ("quote_all_identifiers", "on"),
        ("standard_conforming_strings", "off"),
        ("escape_string_warning", "off"),
        ("search_path", "evil, pg_catalog"),
        ("extra_float_digits", "-15"),
        ("bytea_output", "escape"),
        ("xmlbinary", "hex"),
        ("array_nulls", "off"),
        ("transform_null_equals", "on"),
        ("default_transaction_isolation", "serializable"),
        ("lc_monetary", "C.utf8"),
        ("lc_numeric", "C.utf8"),
        ("lc_time", "C.utf8"),
        ("plpgsql.variable_conflict", "use_column"),
        ("check_function_bodies", "off"),
        ("enable_seqscan", "off"),
    ]
}

/// The settings that a session reads with, so that all rows are told in one way.
const PLAIN: &str = "set timezone to 'UTC'; set datestyle to 'ISO, MDY'; set intervalstyle to 'postgres';
    set quote_all_identifiers to off; set standard_conforming_strings to on; set search_path to pg_catalog;
    set extra_float_digits to 1; set bytea_output to hex; set array_nulls to on; set transform_null_equals to off";

/// Functions that stand in front of PostgreSQL's own for whoever looks for them there.
const EVIL: &str = "create schema evil; grant usage on schema evil to public;
    create function evil.now() returns timestamptz language sql as $$ select '1970-01-01 00:00+00'::timestamptz $$;
    create function evil.lower(text) returns text language sql as $$ select 'evil' $$;
    create function evil.to_char(timestamp, text) returns text language sql as $$ select 'evil' $$;
    create function evil.jsonb_build_object(variadic \"any\") returns jsonb language internal as 'jsonb_build_array_noargs';
    create function evil.clock_timestamp() returns timestamptz language sql as $$ select '1970-01-01 00:00+00'::timestamptz $$;";

/// A platform on a server, written to under plain or hostile settings, and all of its rows as they are read plainly.
struct Written<'a> {
    name: &'a str,
    artifacts: &'a Artifacts,
    /// Settings of the server and of every role.
    settings: Vec<(&'static str, &'static str)>,
}

impl Written<'_> {
    fn rows(&self, write: impl Fn(&mut Postgres)) -> Option<Vec<String>> {
        let of_server: Vec<String> = self
            .settings
            .iter()
            .filter(|(name, _)| *name != "plpgsql.variable_conflict")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let of_server: Vec<&str> = of_server.iter().map(String::as_str).collect();
        let mut db = Postgres::server_with(&of_server)?;
        db.run(EVIL).expect("functions in front");
        let install = |db: &Postgres, role: &str, file: &str| {
            db.script_as(role, &text(self.artifacts, &format!("main/{file}")))
                .unwrap_or_else(|e| panic!("{file}: {e}"));
        };
        install(&db, "postgres", "roles.sql");
        self.on_roles(&mut db);
        install(&db, &format!("{}_migrator", self.name), "schema.sql");
        write(&mut db);
        let mut reader = db.session("postgres").expect("logs in");
        reader.batch_execute(PLAIN).expect("plain settings");
        let masked = Masked::at(&mut reader);
        let tables = "select c.oid::regclass::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
              where relkind in ('r', 'p') and not relispartition and nspname !~ '^pg_'
                and nspname not in ('information_schema', 'cron', 'extensions', 'evil', 'public') order by 1";
        let tables: Vec<String> =
            reader.query(tables, &[]).expect("tables").iter().map(|row| row.get(0)).collect();
        let mut rows = Vec::new();
        for table in tables {
            let all = format!("select to_jsonb(t)::text from {table} t");
            let mut of_table: Vec<String> = reader
                .query(&all, &[])
                .expect("rows")
                .iter()
                .map(|row| format!("{table} {}", masked.text(row.get(0))))
                .collect();
            of_table.sort();
            rows.append(&mut of_table);
        }
        Some(rows)
    }

    /// Every role of the platform says the same for itself.
    fn on_roles(&self, db: &mut Postgres) {
        let roles =
            format!("select rolname from pg_catalog.pg_roles where rolname ~ '^({}_|postgres$)'", self.name);
        for role in db.run(&roles).expect("roles").lines() {
            for (setting, value) in &self.settings {
                // A list of schemas is no one name.
                let value =
                    if *setting == "search_path" { (*value).to_owned() } else { format!("'{value}'") };
                db.run(&format!("alter role {role} set {setting} to {value}")).expect("a setting");
            }
        }
    }
}

/// Tells alike, whatever differs from run to run: new uuids, hashes, and moments of today where they are written in the one
/// form that there is.
struct Masked {
    today: String,
}

static UUID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}").expect("a pattern")
});
static HASH: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"\\\\x[0-9a-f]{32,}"#).expect("a pattern"));
/// The number of a transaction, and that of an entry: what was refused took some.
static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""(xact|seq)": "?[0-9]+"?|"(after|upto)": "[0-9:,]+""#).expect("a pattern")
});
/// The number of an entry of the outbox: what was refused took some.
static OUTBOX: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""at": "NOW", "id": [0-9]+, "target""#).expect("a pattern"));
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#""(clock|hours)": "[0-9:]{8}(\.[0-9]+)?"|"number": [0-9]+"#).expect("a pattern")
});

impl Masked {
    fn at(reader: &mut postgres::Client) -> Self {
        let today = "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD') ";
        Self { today: reader.query_one(today, &[]).expect("a day").get(0) }
    }

    fn text(&self, row: String) -> String {
        let moment = format!(r"{}[T ][0-9:]{{8}}(\.[0-9]+)?(\+00:00|Z)", self.today);
        let moment = Regex::new(&moment).expect("a pattern");
        let row = UUID.replace_all(&row, "UUID");
        let row = HASH.replace_all(&row, "HASH");
        let row = NUMBERS.replace_all(&row, "NUMBER");
        let row = CLOCK.replace_all(&row, "CLOCK");
        let row = moment.replace_all(&row, "NOW");
        OUTBOX.replace_all(&row, "OUTBOX").into_owned()
    }
}

fn hour() -> Option<u32> {
    let mut db = Postgres::database()?;
    db.run("select extract(hour from now() at time zone 'UTC')::int").ok()?.parse().ok()
}

#[track_caller]
fn assert_same(plain: &[String], hostile: &[String]) {
    let only = |of: &[String], other: &[String]| {
        of.iter().filter(|row| !other.contains(row)).cloned().collect::<Vec<_>>().join("\n")
    };
    let (lost, new) = (only(plain, hostile), only(hostile, plain));
    assert!(lost.is_empty() && new.is_empty(), "under plain settings:\n{lost}\nunder hostile ones:\n{new}");
    assert_eq!(plain.len(), hostile.len());
}

#[test]
fn rows_and_trails_are_the_same_under_hostile_settings() {
    let Some(hour) = hour() else { return };
    let artifacts = build(include_str!("sessions.polity"));
    let write = |db: &mut Postgres| {
        let mut desk = db.session("zones_desk").expect("logs in");
        for statement in [
            "insert into core.person (id, name) values (1, 'Awa')",
            "insert into core.person (id, name, blob, born) values (2, 'Binta', decode('00ff5c27', 'hex'), date '1990-05-01')",
            "insert into core.person (id, name, since, code) values (3, 'Coumba', timestamptz '2024-02-29 23:30+00', 'x.y')",
            "update core.person set name = 'Aïda' where id = 1",
            "update core.person set wait = interval '1 day 02:03:04.5', ratio = 0.1::float8 + 0.2 where id = 2",
            "delete from core.person where id = 3",
            "insert into core.stay (id, room, \"from\", \"to\") values (1, 'a', timestamptz '2024-01-01 00:00+00', timestamptz '2024-01-02 00:00+00')",
        ] {
            desk.batch_execute(statement).unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        }
        let refused = desk.batch_execute("insert into core.person (id, name, code) values (9, 'x', 'aXb')");
        assert!(refused.is_err(), "a pattern with a backslash means what it says");
        let mut cron = db.session("zones_cron").expect("logs in");
        cron.batch_execute("call polity.retain()").expect("retains");
        db.run("select core.trail_seal()").expect("seals");
        let verified = "select count(*) from core.trail_verify() where verdict <> 'ok'";
        let broken = db.run(verified).expect("verifies");
        assert_eq!(broken, "0");
    };
    let rows = |settings| Written { name: "zones", artifacts: &artifacts, settings }.rows(write);
    let (Some(plain), Some(hostile)) = (rows(Vec::new()), rows(hostile(hour))) else { return };
    assert_same(&plain, &hostile);
    let all = plain.join("\n");
    for told in [r#""mark": "b\\c'd\\'""#, r#""told": "NOW""#, r#""touched": ""#, r#""name": "gone\\nobody""#]
    {
        assert!(all.contains(told), "{told} in {all}");
    }
}

/// Every table of an example takes a row and changes it; nothing is held to references, so that each can be filled by
/// itself, and every row is of one tenant.
fn example_is_written_the_same(name: &str, platform: &str, tenant: &str) {
    let Some(hour) = hour() else { return };
    let artifacts = example(name);
    let free = format!(
        "do $$ declare it record; begin
             for it in select conrelid::regclass of_table, conname from pg_catalog.pg_constraint where contype = 'f' and conparentid = 0 loop
                 execute format('alter table %s drop constraint %I', it.of_table, it.conname);
             end loop;
             for it in select adrelid::regclass of_table, attname from pg_catalog.pg_attrdef join pg_catalog.pg_attribute
                        on attrelid = adrelid and attnum = adnum where pg_get_expr(adbin, adrelid) ~ 'current_tenant' loop
                 execute format('alter table %s alter column %I set default %L', it.of_table, it.attname, '{tenant}');
             end loop; end $$"
    );
    let statements = std::cell::RefCell::new(Vec::new());
    let find = |db: &mut Postgres| {
        db.run(&free).expect("drops references");
        let names = "select c.oid::regclass from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
              where relkind in ('r', 'p') and not relispartition and nspname !~ '^pg_'
                and nspname not in ('information_schema', 'cron', 'extensions', 'evil', 'public', 'polity', 'audit') order by 1";
        for name in db.run(names).expect("tables").lines() {
            let table = Table::read(db, name);
            let mut row = table.allowed(db, true);
            for (column, value) in &mut row {
                *value = value.replace("gen_random_uuid()", &format!("md5('{column}')::uuid"));
                *value = value.replace("now()", "pg_catalog.now()");
            }
            let columns: Vec<String> = row.keys().map(|column| format!("{column} = {column}")).collect();
            let mut of_table = vec![table.insert(&row)];
            of_table.extend(columns.iter().map(|column| format!("update {name} set {column}")));
            // What may not change refuses it under any settings.
            of_table.retain(|statement| db.run(statement).is_ok());
            assert!(of_table[0].starts_with("insert"), "{}", table.insert(&row));
            statements.borrow_mut().append(&mut of_table);
        }
    };
    let repeat = |db: &mut Postgres| {
        db.run(&free).expect("drops references");
        for statement in statements.borrow().iter() {
            db.run(statement).unwrap_or_else(|e| panic!("{statement}: {e}"));
        }
    };
    let written = |settings| Written { name: platform, artifacts: &artifacts, settings };
    let Some(plain) = written(Vec::new()).rows(find) else { return };
    let Some(hostile) = written(hostile(hour)).rows(repeat) else { return };
    assert_same(&plain, &hostile);
    assert!(plain.iter().filter(|row| row.starts_with("audit.")).count() > 4, "{plain:#?}");
}

#[test]
fn ismail_is_written_the_same_under_hostile_settings() {
    example_is_written_the_same("ismail", "ismail", "");
}

#[test]
fn spotify_ai_agent_is_written_the_same_under_hostile_settings() {
    example_is_written_the_same(
        "spotify-ai-agent",
        "spotify_ai_agent",
        "0191f3a0-0002-7000-8000-000000000001",
    );
}
