//! Databases that are there, adopted and led on.

use polity_tests::engines::Postgres;

use super::support::{Lineage, holds};

/// A database that somebody made by hand: other names of constraints and indexes, another order of columns, another owner, and things
/// that the source does not know.
pub const BY_HAND: &str = "
CREATE ROLE shop_app_of_before LOGIN;
CREATE SCHEMA core AUTHORIZATION shop_app_of_before;
SET ROLE shop_app_of_before;
CREATE TABLE core.orders (
    total numeric(12, 2) NOT NULL DEFAULT 0 CONSTRAINT total_is_positive CHECK (total >= 0),
    id uuid CONSTRAINT orders_key PRIMARY KEY DEFAULT gen_random_uuid(),
    phone text,
    legacy_code integer
);
CREATE TABLE core.users (email text NOT NULL, id uuid CONSTRAINT users_key PRIMARY KEY DEFAULT gen_random_uuid());
ALTER TABLE core.orders ADD buyer uuid NOT NULL CONSTRAINT bought_by REFERENCES core.users (id) ON DELETE CASCADE;
CREATE INDEX by_phone ON core.orders (phone);
CREATE INDEX by_mail ON core.users (lower(email));
CREATE TABLE core.old_things (id integer PRIMARY KEY, note text);
INSERT INTO core.users (id, email) SELECT gen_random_uuid(), 'U' || n || '@example.org' FROM generate_series(1, 50) n;
INSERT INTO core.orders (buyer, total, phone, legacy_code) SELECT id, 3, '+221', 7 FROM core.users;
INSERT INTO core.old_things VALUES (1, 'kept');
RESET ROLE;
";

/// The source of that database.
pub const SOURCE: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity User as \"users\" {
    id: uuid key = uuid_v4()
    email: text(80)
    index (lower(email))
  }
  entity Purchase was \"orders\" {
    id: uuid key = uuid_v4()
    mobile: text? was phone
    total: decimal(12, 2) = 0 check (total >= 0)
    buyer: -> User on delete cascade
    index (mobile)
  }
}
unmanaged \"role shop_app_of_before\" because \"it runs until June\"
unmanaged \"table core.old_things\" because \"the old shop reads it until June\"
unmanaged \"column core.purchase.legacy_code\" because \"nobody knows\"
accept break on core.Purchase because \"the old shop is stopped for it\"
accept rewrite on core.User.email because \"short\"
";

#[test]
fn a_database_made_by_hand_is_adopted_and_led_on() {
    let Some(mut server) = Postgres::server() else { return };
    server.run(BY_HAND).expect("it is made");
    let mut lineage = Lineage::adopt(server, SOURCE).unwrap_or_else(|found| panic!("{found}"));
    // The ledger has the migration: nothing of it is left to run.
    let valid = polity::history::sealed(&lineage.sources(SOURCE), None).0.expect("it is valid");
    let plan = polity::apply::Plan::of(&valid, "main").expect("something was sealed");
    let target = polity::live::Target::read(&lineage.server.url("postgres")).expect("it is a URL");
    let choices = polity::apply::Choices { at_once: 1, stop_after: 1, dry_run: true, record: false };
    let left = polity::apply::apply(&plan, &target, Some(&target), &choices, &|_| {}).expect("it is known");
    assert_eq!((left.places, left.files), (1, 0), "{left:?}");
    let open = lineage.open(SOURCE).unwrap_or_else(|found| panic!("{found}"));
    // What the database has under other names is neither made anew nor dropped.
    let steps: Vec<String> = open.changes[0]
        .change
        .part(false)
        .flat_map(|file| &file.steps)
        .map(|step| step.object.clone())
        .collect();
    for kept in [
        "by_mail",
        "by_phone",
        "users_key",
        "orders_key",
        "bought_by",
        "total_is_positive",
        "legacy_code",
        "old_things",
    ] {
        assert!(!steps.iter().any(|object| object.contains(kept)), "{kept}: {steps:#?}");
    }
    lineage.lead_on(SOURCE, "second").unwrap_or_else(|found| panic!("{found}"));
    holds(
        &mut lineage,
        "SELECT count(*) = 50 AND bool_and(legacy_code = 7 AND mobile = '+221') FROM core.purchase",
    );
    holds(&mut lineage, "SELECT note = 'kept' FROM core.old_things");
    let of_before = "SELECT email FROM core.users; INSERT INTO core.users (email) VALUES ('x@example.org')";
    lineage.server.script_as("shop_app_of_before", of_before).expect("the role of before goes on");
    // A new installation begins with what the database held, and ends where it does.
    let Some(other) = Postgres::server() else { return };
    lineage.anew(other);
    lineage.migrate(SOURCE).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(lineage.drift(SOURCE), Ok(Vec::new()));
}

#[test]
fn whatever_the_source_does_not_know_is_named() {
    let Some(mut server) = Postgres::server() else { return };
    server.run(BY_HAND).expect("it is made");
    let more = "CREATE ROLE reports; GRANT SELECT ON core.orders TO reports;
        CREATE VIEW core.totals AS SELECT sum(total) FROM core.orders;
        CREATE FUNCTION core.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touched BEFORE UPDATE ON core.orders FOR EACH ROW EXECUTE FUNCTION core.touch();
        CREATE INDEX old_codes ON core.orders (legacy_code);
        ALTER TABLE core.orders ADD CHECK (total < 1000);
        CREATE SEQUENCE core.numbers;";
    server.run(more).expect("it is made");
    let lines: Vec<&str> = SOURCE.lines().filter(|line| !line.starts_with("unmanaged")).collect();
    let source = lines.join("\n") + "\nunmanaged \"table core.nowhere\" because \"x\"\n";
    let Err(found) = Lineage::adopt(server, &source) else { panic!("it is adopted") };
    let named: Vec<&str> = found.lines().filter_map(|line| line.split('`').nth(1)).collect();
    let expected = [
        "table core.nowhere",
        "column core.purchase.legacy_code",
        "constraint core.purchase.orders_total_check",
        "function core.touch()",
        "index core.old_codes",
        "role reports",
        "sequence core.numbers",
        "table core.old_things",
        "trigger core.purchase.touched",
        "view core.totals",
    ];
    assert_eq!(named, expected, "{found}");
    assert!(found.lines().all(|line| line.starts_with("E1911")), "{found}");
}

/// Types and numbers that somebody made.
const OF_THEIR_OWN: &str = "
CREATE TYPE core.mood AS ENUM ('glad', 'sad');
CREATE DOMAIN core.code AS text CHECK (VALUE <> '');
CREATE TYPE core.pair AS (a integer, b integer);
CREATE TABLE core.tickets (id serial PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, mood core.mood NOT NULL DEFAULT 'glad', code core.code);
CREATE TABLE core.archive () INHERITS (core.tickets);
CREATE STATISTICS core.linked ON id, number FROM core.tickets;
CREATE AGGREGATE core.all_of(integer) (SFUNC = int4pl, STYPE = integer);
INSERT INTO core.tickets (mood) SELECT 'sad' FROM generate_series(1, 7);
";

const TICKETS: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
enum Mood { glad, sad }
schema core in main {
  sequence tickets_id_seq from 1
  entity Ticket as \"tickets\" {
    id: int key = next(tickets_id_seq)
    number: bigint = identity()
    mood: Mood = glad
    code: text?
  }
}
";

fn refused(server: Postgres, source: &str) -> Vec<String> {
    match Lineage::adopt(server, source) {
        Ok(_) => panic!("it is adopted"),
        Err(found) => {
            found.lines().map(|line| line.split('`').take(2).collect::<Vec<_>>().concat()).collect()
        }
    }
}

#[test]
fn what_no_catalog_holds_is_named_too() {
    let Some(mut home) = Postgres::server() else { return };
    let mut server = home.another();
    server.run("CREATE SCHEMA core").expect("it is made");
    server.run(OF_THEIR_OWN).expect("it is made");
    let found = refused(server.copy(), TICKETS);
    let stranger = |object: &str| format!("E1911 the database has {object}");
    let expected = [
        stranger("aggregate core.all_of(integer)"),
        stranger("domain core.code"),
        stranger("inheritance core.archive"),
        stranger("statistics core.linked"),
        stranger("table core.archive"),
        stranger("type core.mood"),
        stranger("type core.pair"),
        "E1912 column core.tickets.code".to_owned(),
        "E1912 column core.tickets.mood".to_owned(),
    ];
    assert_eq!(found, expected);
    // What the help says, and lines for the rest.
    server
        .run(
            "DROP TABLE core.archive; ALTER TABLE core.tickets ALTER COLUMN code TYPE text USING code::text; DROP DOMAIN core.code;
             ALTER TABLE core.tickets ALTER COLUMN mood DROP DEFAULT, ALTER COLUMN mood TYPE text USING mood::text, ALTER COLUMN mood SET DEFAULT 'glad'",
        )
        .expect("it is mended");
    let lines =
        ["aggregate core.all_of(integer)", "statistics core.linked", "type core.mood", "type core.pair"];
    let lines: String =
        lines.iter().map(|line| format!("unmanaged \"{line}\" because \"a trial\"\n")).collect();
    let source = TICKETS.to_owned() + &lines;
    let mut lineage = Lineage::adopt(server, &source).unwrap_or_else(|found| panic!("{found}"));
    lineage.lead_on(&source, "second").unwrap_or_else(|found| panic!("{found}"));
    // Numbers go on behind those that are there, by serial and by identity.
    lineage.server.run("INSERT INTO core.tickets (mood) VALUES ('glad')").expect("it is written");
    holds(&mut lineage, "SELECT count(*) = 8 AND max(id) = 8 AND max(number) = 8 FROM core.tickets");
    holds(&mut lineage, "SELECT count(*) = 7 FROM core.tickets WHERE mood = 'sad'");
    let Some(other) = Postgres::server() else { return };
    lineage.anew(other);
    lineage.migrate(&source).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(lineage.drift(&source), Ok(Vec::new()));
}

/// A `serial` that the source does not draw from would leave a default in history that no new installation has a sequence for.
#[test]
fn the_sequence_of_a_serial_is_declared() {
    let Some(mut home) = Postgres::server() else { return };
    let mut server = home.another();
    server.run("CREATE SCHEMA core; CREATE TABLE core.tickets (id serial PRIMARY KEY)").expect("it is made");
    let source = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
schema core in main { entity Ticket as \"tickets\" { id: int key } }
";
    let found = refused(server.copy(), source);
    assert_eq!(found, ["E1911 the database has sequence core.tickets_id_seq"]);
    let left = format!("{source}unmanaged \"sequence core.tickets_id_seq\" because \"a trial\"\n");
    assert_eq!(refused(server.copy(), &left), ["E1912 column core.tickets.id"]);
    let declared = source
        .replace("schema core in main { ", "schema core in main {\n  sequence tickets_id_seq from 1\n  ")
        .replace("key }", "key = next(tickets_id_seq) }");
    let lineage = Lineage::adopt(server, &declared).unwrap_or_else(|found| panic!("{found}"));
    drop(lineage);
}

#[test]
fn places_of_tenants_are_refused() {
    for isolation in ["schema", "database"] {
        let source = super::tiers::FIRST
            .replace("isolation: database", "isolation: row")
            .replace("isolation: schema", &format!("isolation: {isolation}"));
        let sources = polity::source::Sources::single("test.polity", &source);
        let (open, found) = polity::history::open_to_adopt(&sources, None);
        let open = open.unwrap_or_else(|| panic!("{found:#?}"));
        let refused = open.may_adopt("main").expect_err("they would be left out");
        assert_eq!(refused.code.to_string(), "E1912");
        assert!(refused.message.contains("tier `middle`"), "{}", refused.message);
    }
}
