//! A service that can be made to run foreign SQL: with `context: signed` it sees the tenant that the signer named, for a
//! moment and in one transaction, and no SQL of its own makes it another's.

use polity_tests::engines::Postgres;
use polity_tests::project;
use postgres::Client;

use super::schemas::{PEOPLE, TIERS, in_schemas, install};
use super::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, query, rows};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627";
const NEXT_KEY: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn signed(platform: &str) -> String {
    platform.replace("database: \"clinic\"", "database: \"clinic\"; context: signed")
}

struct Signed {
    db: Postgres,
    web: Client,
}

fn clinics() -> Option<Signed> {
    let artifacts = project::build(&format!("{}{TIERS}", signed(CLINIC)));
    let mut db = Postgres::server()?;
    install(&db, &artifacts, "main");
    install(&db, &artifacts, "main/tenants/acme");
    db.script_as("clinic_migrator", &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as("clinic_migrator", &rows(THEIRS, THEIR_PATIENT, "theirs")).expect("fills");
    db.run(
        "create extension pgcrypto schema public;
         create role web login in role clinic_app; create role acme_web login in role clinic_acme_app",
    )
    .expect("a service");
    db.run(&format!("select polity_key.add(decode('{KEY}', 'hex'))")).expect("adds a key");
    let web = db.session("web").expect("logs in");
    Some(Signed { db, web })
}

impl Signed {
    /// The signed value of a signer, `tenant.until.mac`, made by another implementation of HMAC.
    fn says(&mut self, key: &str, database: &str, role: &str, tenant: &str, seconds: i64) -> String {
        let until =
            self.db.run(&format!("select floor(extract(epoch from now()))::bigint + {seconds}")).unwrap();
        let message = format!("{database}\n{role}\n{tenant}\n{until}");
        let mac = format!(
            "select encode(public.hmac(convert_to($m${message}$m$, 'UTF8'), decode('{key}', 'hex'), 'sha256'), 'hex')"
        );
        format!("{tenant}.{until}.{}", self.db.run(&mac).expect("pgcrypto signs"))
    }

    fn ours(&mut self) -> String {
        self.says(KEY, "postgres", "web", OURS, 60)
    }

    /// How many patients the service sees, after it did something else.
    fn sees(&mut self, first: &str) -> String {
        let result = query(
            &mut self.web,
            &format!("begin; {first}; select count(*), min(tenant_id::text) from core.patients"),
        );
        self.web.batch_execute("rollback").expect("the session goes on");
        result.map_or_else(|(code, _)| code, |rows| rows.last().cloned().unwrap_or_default())
    }
}

#[test]
fn what_is_signed_is_seen_and_written() {
    let Some(mut clinics) = clinics() else { return };
    let said = clinics.ours();
    assert_eq!(clinics.sees(&format!("select polity.enter('{said}')")), format!("1|{OURS}"));
    let written = format!(
        "begin; select polity.enter('{said}'); insert into core.patients (email, country) values ('new', 'SN');
         insert into core.visits (note) values ('a'); select count(*) from core.names"
    );
    assert_eq!(query(&mut clinics.web, &written).expect("writes").last().map(String::as_str), Some("2"));
    clinics.web.batch_execute("commit").unwrap();
    assert_eq!(clinics.db.run("select count(*) from core.patients where email = 'new'").unwrap(), "1");
    // One prepared statement, and the tenants change.
    let theirs = clinics.says(KEY, "postgres", "web", THEIRS, 60);
    clinics.web.batch_execute("prepare all_ as select min(tenant_id::text) from core.patients").unwrap();
    for (said, tenant) in [(&said, OURS), (&theirs, THEIRS), (&said, OURS)] {
        let rows =
            query(&mut clinics.web, &format!("begin; select polity.enter('{said}'); execute all_; commit"));
        assert_eq!(rows.unwrap().last().map(String::as_str), Some(tenant));
    }
}

/// A cursor that outlives its transaction shows nothing to the next tenant.
#[test]
fn nothing_is_held_from_one_tenant_to_the_next() {
    let Some(mut clinics) = clinics() else { return };
    let ours = clinics.ours();
    let hold = format!(
        "begin; select polity.enter('{ours}'); declare kept cursor with hold for select email from core.patients; commit"
    );
    clinics.web.batch_execute(&hold).expect("a service may hold a cursor");
    assert_eq!(
        query(&mut clinics.web, "fetch all from kept").map(|rows| rows.len()).expect("still its own"),
        1
    );
    let theirs = clinics.says(KEY, "postgres", "web", THEIRS, 60);
    clinics.web.batch_execute(&format!("begin; select polity.enter('{theirs}')")).expect("the next tenant");
    assert_eq!(query(&mut clinics.web, "fetch backward all from kept").unwrap_err().0, "34000");
}

/// Within one statement that goes on and on the tenant is gone once the moment of the signature is over.
#[test]
fn a_signature_ends_within_a_block() {
    let Some(mut clinics) = clinics() else { return };
    let said = clinics.says(KEY, "postgres", "web", OURS, 2);
    let block = format!(
        "begin; select polity.enter('{said}'); do $$ begin perform pg_sleep(3.1); end $$; select count(*) from core.patients"
    );
    let late = format!(
        "begin; select polity.enter('{said}'); do $$ declare n bigint; begin perform pg_sleep(3.1); \
         select count(*) into n from core.patients; if n > 0 then raise exception 'seen'; end if; end $$"
    );
    clinics.web.batch_execute(&late).expect("nothing is seen");
    clinics.web.batch_execute("rollback").expect("goes on");
    assert_eq!(query(&mut clinics.web, &block).expect("counts").last().map(String::as_str), Some("0"));
}

#[test]
fn what_is_forged_over_or_for_another_is_nobodys() {
    let Some(mut clinics) = clinics() else { return };
    let said = clinics.ours();
    let (rest, mac) = said.rsplit_once('.').unwrap();
    let moved = format!("{}.{mac}", rest.replace(OURS, THEIRS));
    let longer = said.replacen(&rest[OURS.len() + 1..], "999999999999", 1);
    let wrong: Vec<String> = vec![
        moved,
        longer,
        format!("{rest}.{}", "0".repeat(64)),
        clinics.says(KEY, "postgres", "web", THEIRS, -5),
        clinics.says(KEY, "postgres", "web", THEIRS, 3600),
        clinics.says(KEY, "postgres", "acme_web", THEIRS, 60),
        clinics.says(KEY, "another", "web", THEIRS, 60),
        clinics.says(NEXT_KEY, "postgres", "web", THEIRS, 60),
        clinics.says(KEY, "postgres", "web", "garbage", 60),
        clinics.says(KEY, "postgres", "web", "", 60),
    ];
    for said in wrong {
        assert_eq!(clinics.sees(&format!("select polity.enter('{said}')")), "0|", "{said}");
        let write = format!("begin; select polity.enter('{said}'); delete from core.patients");
        assert_eq!(query(&mut clinics.web, &write).unwrap_err().0, "42501");
        clinics.web.batch_execute("rollback").unwrap();
    }
    // A tenant without a signature is refused aloud to who may not sign.
    assert_eq!(clinics.sees(&format!("select polity.enter('{THEIRS}')")), "42501");
}

#[test]
fn no_sql_of_its_own_makes_it_anothers() {
    let Some(mut clinics) = clinics() else { return };
    let said = clinics.ours();
    let enter = format!("select polity.enter('{said}')");
    for attack in [
        format!("set local polity.tenant_id = '{THEIRS}'"),
        format!(
            "select set_config('polity.tenant_id', '{THEIRS}@' || extract(epoch from transaction_timestamp())::text, true)"
        ),
        format!(
            "select set_config('polity.tenant_id', replace(current_setting('polity.tenant_id'), '{OURS}', '{THEIRS}'), true)"
        ),
        "reset polity.tenant_id".to_owned(),
    ] {
        assert_eq!(clinics.sees(&format!("{enter}; {attack}")), "0|", "{attack}");
    }
    for attack in [
        "select * from polity_key.signing".to_owned(),
        "insert into polity_key.signing (inner_pad, outer_pad) select decode(repeat('36', 64), 'hex'), decode(repeat('5c', 64), 'hex')".to_owned(),
        "select polity_key.add(decode(repeat('00', 32), 'hex'))".to_owned(),
        format!("select polity.signed('{THEIRS}')"),
        "select polity.signature('', '', '', '')".to_owned(),
        "set role clinic_context".to_owned(),
        "create or replace function polity.current_tenant() returns uuid language sql as 'select null::uuid'".to_owned(),
        "alter function polity.current_tenant() security invoker".to_owned(),
        "create function pg_temp.f() returns uuid language sql as 'select null::uuid'".to_owned(),
        "set session authorization clinic_migrator".to_owned(),
    ] {
        assert_eq!(clinics.sees(&format!("{enter}; {attack}")), "42501", "{attack}");
    }
    // What it kept of one transaction is worth nothing in the next, whoever it is lent to.
    let kept = format!(
        "begin; {enter}; select set_config('polity.tenant_id', current_setting('polity.tenant_id'), false); commit"
    );
    query(&mut clinics.web, &kept).expect("keeps");
    assert_eq!(clinics.sees("select 1"), "0|");
    // Two tenants in one statement: the tenant is asked for once.
    let theirs = clinics.says(KEY, "postgres", "web", THEIRS, 60);
    let both = format!(
        "begin; {enter}; select count(distinct tenant_id) from core.patients
         where set_config('polity.tenant_id', '{theirs}@' || extract(epoch from transaction_timestamp())::text, true) is not null"
    );
    assert_eq!(query(&mut clinics.web, &both).unwrap().last().map(String::as_str), Some("1"));
    clinics.web.batch_execute("rollback").unwrap();
}

#[test]
fn a_key_is_changed_without_a_gap_and_without_one_nobody_has_a_tenant() {
    let Some(mut clinics) = clinics() else { return };
    clinics.db.run(&format!("select polity_key.add(decode('{NEXT_KEY}', 'hex'))")).unwrap();
    let (old, new) = (clinics.ours(), clinics.says(NEXT_KEY, "postgres", "web", OURS, 60));
    for said in [&old, &new] {
        assert_eq!(clinics.sees(&format!("select polity.enter('{said}')")), format!("1|{OURS}"));
    }
    clinics
        .db
        .run("delete from polity_key.signing where added_at < (select max(added_at) from polity_key.signing)")
        .unwrap();
    assert_eq!(clinics.sees(&format!("select polity.enter('{old}')")), "0|");
    assert_eq!(clinics.sees(&format!("select polity.enter('{new}')")), format!("1|{OURS}"));
    clinics.db.run("delete from polity_key.signing").unwrap();
    assert_eq!(clinics.sees(&format!("select polity.enter('{new}')")), "0|");
    for short in ["", "00"] {
        let refused = clinics.db.run(&format!("select polity_key.add(decode('{short}', 'hex'))"));
        assert_eq!(refused.unwrap_err().sqlstate, "22023");
    }
}

#[test]
fn in_schemas_of_its_own_a_tenant_is_signed_for_as_well() {
    let Some(mut clinics) = clinics() else { return };
    let ours = in_schemas("acme_", &rows(OURS, OUR_PATIENT, "ours"));
    clinics.db.script_as("clinic_migrator", &ours).expect("fills");
    let said = clinics.says(KEY, "postgres", "acme_web", OURS, 60);
    let mut acme = clinics.db.session("acme_web").expect("logs in");
    let count = |acme: &mut Client, said: &str| {
        let rows = query(
            acme,
            &format!("begin; select polity.enter('{said}'); select count(*) from acme_core.patients; commit"),
        );
        rows.map_or_else(|(code, _)| code, |rows| rows.last().cloned().unwrap_or_default())
    };
    assert_eq!(count(&mut acme, &said), "1");
    let of_web = clinics.ours();
    assert_eq!(count(&mut acme, &of_web), "0");
}

#[test]
fn the_emitted_suite_holds_and_a_person_is_erased() {
    let artifacts = project::build(&format!("{}{TIERS}", signed(CLINIC)));
    let Some(mut clinics) = clinics() else { return };
    let failed = |db: &Postgres| -> Vec<String> {
        let said = db.script(&project::text(&artifacts, "main/tests/tenancy.sql")).expect("the suite runs");
        assert!(said.lines().filter(|line| line.starts_with("ok ")).count() > 50, "{said}");
        said.lines().filter(|line| line.starts_with("not ok")).map(str::to_owned).collect()
    };
    assert_eq!(failed(&clinics.db), [""; 0]);
    clinics
        .db
        .run("grant usage on schema polity_key to clinic_app; grant select on polity_key.signing to web")
        .unwrap();
    assert!(failed(&clinics.db).iter().any(|line| line.contains("knows a key")));

    let artifacts = project::build(&format!("{}{TIERS}", signed(PEOPLE)));
    let Some(mut db) = Postgres::server() else { return };
    install(&db, &artifacts, "main");
    db.run(&format!(
        "select polity_key.add(decode('{KEY}', 'hex'));
         insert into core.person (tenant_id, id, name) values ('{OURS}', '{OUR_PATIENT}', 'p'), ('{THEIRS}', '{OUR_PATIENT}', 'p')"
    ))
    .unwrap();
    let mut eraser = db.session("clinic_eraser").expect("logs in");
    query(
        &mut eraser,
        &format!(
            "begin; select polity.enter('{OURS}'); select polity.erase_subject('{OUR_PATIENT}'); commit"
        ),
    )
    .expect("erases");
    assert_eq!(db.run("select tenant_id from core.person").unwrap(), THEIRS);
    db.run(&format!(
        "insert into core.person (tenant_id, id, name) values ('{OURS}', '{OUR_PATIENT}', 'restored')"
    ))
    .unwrap();
    query(&mut eraser, "select polity.replay_erasures()").expect("replays");
    assert_eq!(db.run("select tenant_id from core.person").unwrap(), THEIRS);
    let undo = project::text(&artifacts, "main/migrations/U0001__initial.sql");
    db.script_as("clinic_migrator", &format!("begin; set polity.undo_may_lose = on; {undo} commit;"))
        .expect("undoes");
    assert_eq!(db.run("select nspname from pg_namespace where nspname like 'polity%'").unwrap(), "");
}

#[test]
fn a_tenant_told_by_a_text_may_have_any_letters() {
    let tenants = r#"tenancy by tenant_id: text(40)"#;
    let platform = signed(PEOPLE).replace("tenancy by tenant_id: uuid", tenants);
    let Some(mut db) = Postgres::server() else { return };
    install(&db, &project::build(&platform), "main");
    db.run(&format!(
        "create extension pgcrypto schema public; create role web login in role clinic_app;
         select polity_key.add(decode('{KEY}', 'hex'));
         insert into core.person (tenant_id, name) values ('a.b@1.c''é', 'p'), ('a', 'p')"
    ))
    .unwrap();
    let web = db.session("web").expect("logs in");
    let mut clinics = Signed { db, web };
    for (tenant, seen) in [("a.b@1.c'é", "1"), ("a", "1"), ("b", "0")] {
        let said = clinics.says(KEY, "postgres", "web", tenant, 60).replace('\'', "''");
        let rows = query(
            &mut clinics.web,
            &format!("begin; select polity.enter('{said}'); select count(*) from core.person; commit"),
        );
        assert_eq!(rows.unwrap().last().map(String::as_str), Some(seen), "{tenant}");
    }
}
