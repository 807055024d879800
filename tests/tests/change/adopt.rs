//! Databases that are there, adopted and led on.

use polity_tests::engines::Postgres;

use super::support::Lineage;

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

/// That database as a source says it.
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

fn holds(lineage: &mut Lineage, truth: &str) {
    let query =
        format!("DO $$ BEGIN IF ({truth}) IS NOT TRUE THEN RAISE 'it does not hold'; END IF; END $$;");
    lineage.server.script_as("postgres", &query).unwrap_or_else(|said| panic!("{truth}: {said}"));
}

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

/// The source of ISMAIL as it is today, in one text.
fn ismail() -> String {
    let files = polity_tests::project::example_sources("ismail");
    let texts: Vec<String> = files.iter().map(|(_, file)| file.text.to_string()).collect();
    format!("// platform ismail \n{}", texts.join("\n"))
}

/// The trail of before ends, and another begins.
const TRAILS: &str = "audit log AuditLogOfBefore as \"audit_log\" {
    partition by month ahead 3
    retain 10y
    chained strictly
  }

  /// Who changed what, when. Chained, so that a gap or an edit shows; kept ten years.
  audit log AuditLog as \"audit_entries\" {
    partition by month ahead 3
    retain 10y
    chained after AuditLogOfBefore
  }";

/// Rows of every kind in ISMAIL as it was, with the entries that they leave in its trail; and a copy of each row.
const ROWS: &str = r"
SET search_path = pg_catalog, pg_temp;
CREATE TEMP TABLE people AS
    SELECT n, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid AS id FROM generate_series(1, 40) n;
CREATE FUNCTION pg_temp.sealed(n integer, bytes integer) RETURNS bytea LANGUAGE sql AS
    $$ SELECT '\x01'::bytea || substr(string_agg(sha256(convert_to(n || '/' || i, 'UTF8')), ''), 1, bytes - 1) FROM generate_series(1, 12) i $$;
INSERT INTO core.users (id, phone, phone_bx, email, email_bx, first_name, last_name, kyc)
SELECT id, pg_temp.sealed(n, 55), sha256(pg_temp.sealed(n, 55)), pg_temp.sealed(n + 100, 60), sha256(pg_temp.sealed(n + 100, 60)),
       pg_temp.sealed(n + 200, 50), pg_temp.sealed(n + 300, 50), 'PENDING' FROM people;
UPDATE core.users SET kyc = 'VERIFIED', kyc_at = now();
INSERT INTO core.wallets (user_id, balance, blocked) SELECT id, n * 10, n FROM people;
INSERT INTO core.transactions (wallet_id, kind, amount, currency, reference)
SELECT id, 'DEPOSIT', 10.50, 'XOF', 'r' || row_number() OVER () FROM core.wallets;
INSERT INTO business.service_providers (user_id, name, category, location, address_street, address_city, languages)
SELECT id, 'Name', 'plumbing', 'SRID=4326;POINT(-17.4 14.7)'::extensions.geography, 'Rue 1', 'Dakar', '{fr}' FROM people WHERE n < 9;
INSERT INTO business.shop_orders (id, customer_id, merchant_id, total, deliver_to)
SELECT gen_random_uuid(), one.id, other.id, 12.5, pg_temp.sealed(one.n, 90)
  FROM people one JOIN people other ON other.n = one.n + 1;
INSERT INTO business.shop_order_items (order_id, line, product_id, name, quantity, unit_price)
SELECT id, 1, gen_random_uuid(), 'Thing', 3, 4.15 FROM business.shop_orders;
INSERT INTO business.recovery_cases (creditor_id, debtor_id, principal, due_on)
SELECT one.id, other.id, 99, current_date FROM people one JOIN people other ON other.n = one.n + 1 WHERE one.n < 9;
INSERT INTO business.recovery_actions (id, case_id, by_id, kind, note)
SELECT gen_random_uuid(), id, creditor_id, 'CALL', pg_temp.sealed(7, 80) FROM business.recovery_cases;
CREATE SCHEMA kept;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname IN ('core', 'business', 'audit') AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        EXECUTE format('CREATE TABLE kept.%I AS SELECT * FROM %I.%I', one.nspname || '.' || one.relname, one.nspname, one.relname);
    END LOOP;
END $$;
";

/// Looks for each row that was copied, with every value that it had.
const KEPT: &str = r"
SET TimeZone = 'UTC';
DO $$
DECLARE
    one text;
    lost bigint;
    seen bigint := 0;
    rows bigint;
BEGIN
    FOR one IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'kept'::regnamespace LOOP
        EXECUTE format('SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM %I.%I t WHERE to_jsonb(t) @> to_jsonb(k))) FROM kept.%I k',
                       split_part(one, '.', 1), split_part(one, '.', 2), one) INTO rows, lost;
        seen := seen + (rows > 0)::integer;
        IF lost > 0 THEN
            RAISE EXCEPTION '% of % rows of % are not what they were', lost, rows, one;
        END IF;
    END LOOP;
    IF seen < 10 THEN
        RAISE EXCEPTION 'only % tables had rows', seen;
    END IF;
END $$;
";

#[test]
fn ismail_of_before_is_adopted_and_led_to_today() {
    let Some(server) = Postgres::server() else { return };
    for (role, file) in [
        ("postgres", include_str!("../fixtures/ismail_of_before/roles.sql")),
        ("ismail_migrator", include_str!("../fixtures/ismail_of_before/schema.sql")),
    ] {
        server.script_as(role, file).unwrap_or_else(|said| panic!("{said}"));
    }
    server.script_as("postgres", ROWS).unwrap_or_else(|said| panic!("{said}"));
    let source = ismail();
    let begin = source.find("audit log AuditLog").expect("it has a trail");
    let end = begin + source[begin..].find('}').expect("it ends") + 1;
    let source = format!("{}{TRAILS}{}", &source[..begin], &source[end..]);
    let mut lineage = Lineage::adopt(server, &source).unwrap_or_else(|found| panic!("{found}"));
    lineage.lead_on(&source, "today").unwrap_or_else(|found| panic!("{found}"));
    lineage.server.script_as("postgres", KEPT).unwrap_or_else(|said| panic!("{said}"));
    // The trail of before still proves itself, and the new one goes on from its end.
    let all =
        "SELECT count(*) >= 120 AND bool_and(entry = 'ok' AND payload = 'ok') FROM audit.audit_log_verify()";
    holds(&mut lineage, all);
    let more = "UPDATE core.wallets SET balance = balance + 1, version = version; SELECT audit.audit_entries_seal();";
    lineage.server.script_as("postgres", more).unwrap_or_else(|said| panic!("{said}"));
    holds(&mut lineage, "SELECT count(*) >= 41 FROM audit.audit_entries");
    holds(&mut lineage, all);
    let judged = "SELECT count(*) > 0 AND bool_and(verdict = 'ok' OR verdict ~ '^open') FROM audit.audit_entries_verify()";
    holds(&mut lineage, judged);
    // A new installation begins with what was there before, and ends as today.
    let Some(other) = Postgres::server() else { return };
    lineage.anew(other);
    lineage.migrate(&source).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(lineage.drift(&source), Ok(Vec::new()));
}
