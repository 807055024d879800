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
