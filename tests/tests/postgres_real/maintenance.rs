//! Partitions are there before they are needed and gone when they are over age; so are rows.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{installed, person, run_as, shop};

/// A partition of long ago, made with the function that makes those of tomorrow.
fn old_partition(db: &mut Postgres) {
    db.run("select polity.add_partition('core.purchases', 'purchases', '2010_01', 'at', 'timestamptz', '2010-01-01 00:00+00', '2010-02-01 00:00+00', '')")
        .expect("creates");
    let id = db.run(&person(&[])).expect("a person");
    db.run(&format!(
        "insert into core.purchases (buyer, amount, at) values ('{id}', 1, '2010-01-05Z'), ('{id}', 1, now())"
    ))
    .expect("fills");
}

#[test]
fn an_old_partition_goes_and_the_trail_says_so() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    old_partition(&mut db);
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("call polity.retain()").expect("retains");
    assert_eq!(
        db.run("select count(*), to_regclass('core.purchases_2010_01') is null from core.purchases")
            .expect("reads"),
        "1|t"
    );
    assert_eq!(
        db.run("select actor, operation, row_key from audit.trail where entity = 'core.purchases'")
            .expect("reads"),
        "shop_cron|DROP|{\"rows\": 1, \"partition\": \"core.purchases_2010_01\"}"
    );
}

#[test]
fn who_is_busy_is_left_until_the_next_run() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    old_partition(&mut db);
    let mut reader = db.session("postgres").expect("logs in");
    reader.batch_execute("begin; select * from core.purchases").expect("reads");
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("call polity.retain()").expect("gives up without an error");
    assert_eq!(db.run("select count(*) from core.purchases").expect("reads"), "2");
    reader.batch_execute("commit").expect("done");
    cron.batch_execute("call polity.retain()").expect("retains");
    assert_eq!(db.run("select count(*) from core.purchases").expect("reads"), "1");
}

#[test]
fn partitions_are_made_while_somebody_writes() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    db.run("alter table core.purchases detach partition core.purchases_2010_01").ok();
    let newest = "select inhrelid::regclass::text from pg_inherits where inhparent = 'core.purchases'::regclass order by 1 desc limit 1";
    let last = db.run(newest).expect("reads");
    db.run(&format!("drop table {last}")).expect("drops");
    let id = db.run(&person(&[])).expect("a person");
    let mut writer = db.session("postgres").expect("logs in");
    writer.batch_execute("begin; select count(*) from core.purchases").expect("reads");
    writer.batch_execute("insert into core.bucket values (1, 'x')").expect("writes");
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("select polity.create_partitions()").expect("creates beside a reader");
    assert_eq!(db.run(newest).expect("reads"), last);
    writer
        .batch_execute(&format!("insert into core.purchases (buyer, amount) values ('{id}', 1); commit"))
        .expect("goes on");
    // It has what the parent has: the foreign key, the checks, the trigger, and no check of the bounds left over.
    let checks = db
        .run(&format!("select count(*) from pg_constraint where conrelid = '{last}'::regclass"))
        .expect("reads");
    assert_eq!(checks, "5");
    let leftover =
        db.run("select count(*) from pg_constraint where conname = 'polity_bounds'").expect("reads");
    assert_eq!(leftover, "0");
}

#[test]
fn rows_leave_in_batches() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    db.run("insert into core.visit (at) select now() - interval '31 days' from generate_series(1, 12000); insert into core.visit default values")
        .expect("fills");
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("call polity.retain()").expect("retains");
    assert_eq!(db.run("select count(*) from core.visit").expect("reads"), "1");
}

#[test]
fn persons_leave_and_their_rows_stay() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    db.run(
        // Nobody labelled the password, and whom one met takes two columns.
        "insert into core.guest (email, name, login, room, deleted_at, secret, met, met_type, seat_row, seat_number, seat_side)
         select guest.*, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', gen_random_uuid(), 'PERSON', 'A', 7, 'left' from (values
             ('a@b.example', 'Awa', 'awa', 1, now() - interval '31 days'),
             ('c@b.example', 'Coumba', 'coumba', 2, now() - interval '31 days'),
             ('d@b.example', 'Dior', 'dior', 3, now()),
             ('e@b.example', 'Eva', 'eva', 4, null)) guest",
    )
    .expect("fills");
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("call polity.retain()").expect("retains");
    cron.batch_execute("call polity.retain()").expect("and does it once");
    assert_eq!(
        db.run("select room, num_nonnulls(secret, met, met_type), seat_row, seat_number, seat_side from core.guest order by room")
            .expect("reads"),
        "1|0|none|0|\n2|0|none|0|\n3|3|A|7|left\n4|3|A|7|left"
    );
    assert_eq!(
        db.run("select room, email, name, length(login) > 30, anonymized_at is not null from core.guest order by room").expect("reads"),
        "1||—|t|t\n2||—|t|t\n3|d@b.example|Dior|f|f\n4|e@b.example|Eva|f|f"
    );
    assert_eq!(
        db.run(
            "select count(*), count(coalesce(old, new)), count(*) filter (where operation = 'UPDATE')
                  from audit.trail where entity = 'core.guest'"
        )
        .expect("reads"),
        "6|2|2"
    );
    // A service cannot hide what it changes.
    db.run("create role svc login in role shop_app").expect("a service");
    let mut service = db.session("svc").expect("logs in");
    service
        .batch_execute("set polity.retain = 'on'; update core.guest set email = 'x@b.example' where room = 4")
        .expect("changes");
    assert_eq!(
        db.run("select old ->> 'email' from audit.trail order by seq desc limit 1").expect("reads"),
        "e@b.example"
    );
    for says in ["", "set polity.retain = 'on'; "] {
        let sql = format!("{says}update core.guest set name = 'x' where room = 4");
        assert_eq!(db.run(&sql).expect_err("still immutable").sqlstate, "23514", "{sql}");
    }
    // Nobody writes the person back, and the row lives on.
    for back in [
        "email = 'a@b.example'",
        "login = 'awa'",
        "secret = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'",
        "met = gen_random_uuid(), met_type = 'NOTE'",
        "room = 9, email = 'a@b.example'",
        "anonymized_at = null",
    ] {
        for sql in [
            format!("update core.guest set {back} where room = 1"),
            format!("set polity.retain = 'on'; update core.guest set {back} where room = 1"),
        ] {
            let refused = service.batch_execute(&sql).expect_err(&sql);
            let code = refused.code().map(|code| code.code().to_owned()).unwrap_or_default();
            assert!(code == "23514" || code == "42501", "{sql}: {refused:?}");
        }
    }
    service.batch_execute("update core.guest set room = 7, email = null where room = 1").expect("lives on");
    let mut migrator = db.session("shop_migrator").expect("logs in");
    migrator
        .batch_execute("set role shop_maintenance; update core.guest set login = 'gone' where room = 7")
        .expect("maintenance may");
}

/// A row that leaves at the end of its retention leaves the trail as well, whichever role calls.
#[test]
fn the_trail_keeps_nothing_of_what_left() {
    for role in ["shop_cron", "shop_migrator"] {
        let Some(mut db) = installed(&shop(), "shop") else { return };
        db.run("select polity.add_partition('core.tapes', 'tapes', '2010_01', 'at', 'timestamptz', '2010-01-01 00:00+00', '2010-02-01 00:00+00', '');
                insert into core.calls (number, at) values ('+221770', now() - interval '31 days'), ('+221771', now());
                insert into core.tapes (voice, at) values ('of long ago', '2010-01-05Z'), ('of today', now())")
            .expect("fills");
        let held = "select string_agg(coalesce(new ->> 'number', new ->> 'voice', old ->> 'number'), ', ' order by seq) from audit.trail";
        assert_eq!(db.run(held).expect("reads"), "+221770, +221771, of long ago, of today");
        let mut session = db.session(role).expect("logs in");
        session.batch_execute("call polity.retain()").expect("retains");
        assert_eq!(db.run(held).expect("reads"), "+221771, of today", "{role}");
        let trail = "select string_agg(operation, ' ' order by seq) from audit.trail";
        let trail = db.run(trail).expect("reads");
        assert!(trail.contains("DELETE") && trail.contains("DROP"), "{trail}");
        db.run("select audit.trail_seal()").expect("seals");
        assert_eq!(db.run("select verdict from audit.trail_verify()").expect("verifies"), "ok");
    }
}

#[test]
fn a_materialized_view_is_refreshed_beside_its_readers() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    db.run(&person(&[])).expect("a person");
    let mut reader = db.session("postgres").expect("logs in");
    let indexes = "select string_agg(indexdef, E'\\n' order by indexname) from pg_indexes where tablename = 'countries'";
    assert_eq!(
        db.run(indexes).expect("reads"),
        "CREATE UNIQUE INDEX countries_country_key ON figures.countries USING btree (country)\n\
         CREATE INDEX countries_crowds ON figures.countries USING btree (people)\n\
         CREATE INDEX countries_people_country_idx ON figures.countries USING btree (people DESC NULLS LAST, country)"
    );
    reader.batch_execute("begin; select * from figures.countries").expect("reads");
    let mut cron = db.session("shop_cron").expect("logs in");
    cron.batch_execute("set lock_timeout = '2s'; select polity.refresh_figures_countries()")
        .expect("refreshes");
    assert_eq!(db.run("select * from figures.countries").expect("reads"), "SN|1");
}

#[test]
fn everything_on_the_schedule_runs_as_the_scheduler() {
    let Some(db) = installed(&shop(), "shop") else { return };
    run_as(&db, "shop_cron", &shop(), "main/maintenance.sql");
    let jobs = project::text(&shop(), "main/maintenance.sql");
    for job in [
        "SELECT polity.create_partitions();",
        "CALL polity.retain();",
        "SELECT polity.refresh_figures_countries();",
    ] {
        assert!(jobs.contains(job), "{jobs}");
    }
}

/// pg_cron itself takes the jobs, replaces them, and forgets those that are gone.
#[test]
fn pg_cron_takes_the_jobs() {
    let artifacts = project::example("ismail");
    let Some(mut db) = installed(&artifacts, "ismail") else { return };
    db.run("create database ismail_main").expect("the platform's own");
    run_as(&db, "postgres", &artifacts, "main/maintenance_cron.sql");
    db.run("set role ismail_cron;
            select cron.schedule('ismail/main/gone', '1 1 * * *', 'select 1'); select cron.schedule('ismail/main/acme/retain', '1 1 * * *', 'select 1');
            reset role; select cron.schedule('other', '1 1 * * *', 'select 1')")
        .expect("three more");
    run_as(&db, "postgres", &artifacts, "main/maintenance_cron.sql");
    assert_eq!(
        db.run("select jobname, username, database from cron.job order by jobname").expect("reads"),
        "ismail/main/acme/retain|ismail_cron|postgres\n\
         ismail/main/erase_due|ismail_cron|ismail_main\n\
         ismail/main/history|ismail_cron|postgres\n\
         ismail/main/partitions|ismail_cron|ismail_main\n\
         ismail/main/refresh_analytics_transaction_stats|ismail_cron|ismail_main\n\
         ismail/main/retain|ismail_cron|ismail_main\n\
         ismail/main/seal_audit_audit_log|ismail_cron|ismail_main\n\
         other|postgres|postgres"
    );
}
