//! Months come and go, and the seals know.

use super::support::{judged, seal, with_rows};

const OLD: &str = "insert into audit.trail (cluster, xact, seq, at, actor, login, operation, entity, row_key, fields, subjects, salt)
    select system_identifier, pg_current_xact_id(), nextval('audit.trail_seq'), timestamptz '2010-01-05Z' + n * interval '1 hour', 'x', 'x', 'UPDATE', 'core.rows', '{}', '{}', '{}', '\\x00'
      from pg_control_system(), generate_series(1, 5) n";

#[test]
fn a_month_that_is_over_age_goes_with_its_entries_and_the_rest_stays_proven() {
    let Some(mut db) = with_rows(4) else { return };
    db.run("select polity.add_partition('audit.trail', 'trail', '2010_01', 'at', 'timestamptz', '2010-01-01 00:00+00', '2010-02-01 00:00+00', '')")
        .expect("a month of long ago");
    seal(&mut db);
    // One transaction, two months: two parts of one seal. And one that nobody has sealed when its month goes.
    db.run(&format!("{OLD}; update core.rows set n = 1")).expect("writes");
    assert_eq!(seal(&mut db), "9");
    db.run(OLD).expect("writes");
    assert_eq!(judged(&mut db), "ok 13, open 5");
    let parts = "select seal, period, entries, gone from audit.trail_parts where seal > 1 order by 1, 2";
    let month = db.run("select date_trunc('month', now() at time zone 'UTC')::date").expect("reads");
    assert_eq!(db.run(parts).expect("reads"), format!("2|2010-01-01|5|\n2|{month}|4|"));

    db.script_as("shop_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run("select count(*) from audit.trail where at < '2015-01-01'").expect("reads"), "0");
    assert_eq!(
        db.run(parts).expect("reads"),
        format!("2|2010-01-01|5|dropped\n2|{month}|4|\n3|2010-01-01|5|dropped")
    );
    assert_eq!(judged(&mut db), "dropped 5, dropped 5, ok 8");
    db.run("delete from audit.trail where seq = 3").expect("an owner can");
    assert!(judged(&mut db).contains("REMOVED: 1"));
}

/// A trail without partitions loses whole days, and never what no seal covers.
#[test]
fn days_that_are_over_age_go_from_a_trail_without_partitions() {
    let Some(mut db) = with_rows(0) else { return };
    let awa = "aaaaaaaa-0000-4000-8000-000000000001";
    db.run(&format!(
        "insert into core.people values ('{awa}', 'awa'); insert into core.booked values (1, '{awa}', 'x')"
    ))
    .expect("fills");
    let old = OLD.replace("audit.trail", "audit.books").replace("2010-01-05Z", "2010-01-05 23:30Z");
    db.run(&old).expect("writes");
    db.script_as("shop_cron", "call polity.retain()").expect("retains");
    assert_eq!(db.run("select count(*) from audit.books").expect("reads"), "1");
    let judged = "select verdict, entries from audit.books_verify() order by 1, 2";
    assert_eq!(db.run(judged).expect("verifies"), "dropped|5\nok|1");
    assert_eq!(db.run("select audit.books_seal()").expect("seals"), "0");
}

/// Once all that a seal covers is gone, and has been for as long as entries are kept, it goes itself; the one before the first
/// that still covers something stays, and is where the chain begins.
#[test]
fn seals_of_nothing_go_at_last() {
    let Some(mut db) = with_rows(0) else { return };
    let old = OLD.replace("audit.trail", "audit.books");
    let seal = "select audit.books_seal()";
    for _ in 0..2 {
        db.run(&old).expect("writes");
        assert_eq!(db.run(seal).expect("seals"), "5");
    }
    // As if they had been made then.
    for number in [1, 2] {
        db.run(&format!(
            "update audit.books_seals s set sealed_at = sealed_at - interval '13 years',
                    previous = coalesce((select b.hash from audit.books_seals b where b.number = s.number - 1), '')
              where number = {number};
             update audit.books_seals set hash = sha256(previous || root || convert_to(json_build_array(number, cluster, after::text, upto::text, parts, entries, extract(epoch from sealed_at))::text, 'UTF8'))
              where number = {number}"
        ))
        .expect("ages");
    }
    let awa = "aaaaaaaa-0000-4000-8000-000000000001";
    db.run(&format!(
        "insert into core.people values ('{awa}', 'awa'); insert into core.booked values (1, '{awa}', 'x')"
    ))
    .expect("fills");
    assert_eq!(db.run(seal).expect("seals"), "1");
    let judged = "select verdict, entries from audit.books_verify() order by 1, 2";
    assert_eq!(db.run(judged).expect("verifies"), "ok|11");
    db.script_as("shop_cron", "call polity.retain()").expect("retains");
    db.script_as("shop_cron", "call polity.retain()").expect("and once more");
    assert_eq!(db.run("select number from audit.books_seals order by 1").expect("reads"), "2\n3");
    assert_eq!(db.run("select seal from audit.books_parts order by 1").expect("reads"), "2\n3");
    assert_eq!(db.run(judged).expect("verifies"), "dropped|5\nok|1");
    // One that is not so old is missed.
    db.run("delete from audit.books_parts where seal = 2; delete from audit.books_seals where number = 2")
        .expect("an owner can");
    assert!(db.run(judged).expect("verifies").contains("SEAL BEFORE IT CHANGED OR REMOVED"));
}
