//! A tenant goes all the way: out of the shared tables into schemas of its own, and from these into a database.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::promotion::{ALL, promote};
use super::schemas::{PEOPLE, TIERS, in_schemas, install};
use super::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, query, rows};

const MIGRATOR: &str = "clinic_migrator";
const OWN_MIGRATOR: &str = "clinic_acme_migrator";

/// The shared database with rows of two tenants, old ones among them.
fn shared() -> Option<Postgres> {
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    let mut db = Postgres::server()?;
    install(&db, &artifacts, "main");
    db.script_as(MIGRATOR, &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as(MIGRATOR, &rows(THEIRS, THEIR_PATIENT, "theirs")).expect("fills");
    db.run(&format!(
        "select polity.add_partition('core.visits', 'visits', '2024_01', 'at', 'timestamptz', '2024-01-01 00:00+00', '2024-02-01 00:00+00', '');
         insert into core.visits (tenant_id, at, note) values ('{OURS}', '2024-01-05 10:00:00.123456Z', E'tab\\t \\\\N new\\nline')"
    ))
    .expect("fills");
    Some(db)
}

fn of(tenant: &str) -> String {
    ALL.replace("= 'T'", &format!("= '{tenant}'"))
}

#[test]
fn every_row_arrives_in_schemas_and_then_in_a_database() {
    let Some(mut db) = shared() else { return };
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    let (before, others) = (db.run(&of(OURS)).unwrap(), db.run(&of(THEIRS)).unwrap());
    assert!(before.lines().count() >= 7, "{before}");

    install(&db, &artifacts, "main/tenants/acme");
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    let step = |db: &Postgres, step: &str| promote(&script, step, (db, MIGRATOR), (db, MIGRATOR));
    assert!(step(&db, "copy").unwrap_err().contains("freeze the tenant first"));
    step(&db, "freeze").expect("freezes");
    step(&db, "copy").expect("copies");
    let theirs_there = in_schemas("acme_", &of(THEIRS));
    assert_eq!(db.run(&in_schemas("acme_", &of(OURS))).unwrap(), before, "every row is there, as it was");
    assert_eq!(db.run(&theirs_there).unwrap(), "");
    assert!(step(&db, "copy").is_err(), "twice is refused");
    step(&db, "remove").expect("removes");
    assert_eq!(db.run(&of(OURS)).unwrap(), "");
    assert_eq!(db.run(&of(THEIRS)).unwrap(), others);
    assert_eq!(db.run("select distinct verdict from acme_audit.trail_verify()").unwrap(), "ok");

    // It is served there at once, while its old place stays closed to it.
    db.run("create role web login in role clinic_app; create role acme_web login in role clinic_acme_app")
        .unwrap();
    let write =
        |table: &str| format!("begin; select polity.enter('{OURS}'); update {table} set name = 'z'; commit");
    let mut acme = db.session("acme_web").expect("logs in");
    query(&mut acme, &write("acme_core.patients")).expect("writes");
    let mut web = db.session("web").expect("logs in");
    assert_eq!(query(&mut web, &write("core.patients")).unwrap_err().0, "55000");

    // On to a database of its own, as the tier above says.
    let promoted = TIERS.replace("acme: premium", "acme: enterprise");
    let artifacts = project::build(&format!("{CLINIC}{promoted}"));
    let before = db.run(&in_schemas("acme_", &of(OURS))).unwrap();
    let mut own = db.another();
    for (role, file) in [("postgres", "roles.sql"), (OWN_MIGRATOR, "schema.sql")] {
        let path = format!("main/tenants/acme/{file}");
        own.script_as(role, &project::text(&artifacts, &path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    let script = project::text(&artifacts, "main/tenants/acme/promote_from_premium.sh");
    let step = |db: &Postgres, own: &Postgres, step: &str| {
        promote(&script, step, (db, MIGRATOR), (own, OWN_MIGRATOR))
    };
    step(&db, &own, "freeze").expect("freezes");
    let (code, said) = query(&mut acme, &write("acme_core.patients")).unwrap_err();
    assert_eq!(code, "55000", "{said}");
    acme.batch_execute("rollback").unwrap();
    step(&db, &own, "copy").expect("copies");
    assert_eq!(own.run(&of(OURS)).unwrap(), before);
    assert_eq!(own.run("select code from core.country").unwrap(), "SN", "what is global came along");
    assert_eq!(own.run("select distinct verdict from audit.trail_verify()").unwrap(), "ok");
    drop(acme);
    step(&db, &own, "remove").expect("removes");
    assert_eq!(db.run("select nspname from pg_namespace where nspname like 'acme%'").unwrap(), "");
    assert_eq!(db.run(&of(THEIRS)).unwrap(), others);
    drop(own);
}

#[test]
fn a_copy_that_is_spoiled_leaves_nothing_in_the_schemas() {
    let Some(mut db) = shared() else { return };
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    install(&db, &artifacts, "main/tenants/acme");
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    let step = |db: &Postgres, step: &str| promote(&script, step, (db, MIGRATOR), (db, MIGRATOR));
    let before = db.run(&of(OURS)).unwrap();
    step(&db, "freeze").expect("freezes");
    db.run(
        "create function public.spoil() returns trigger language plpgsql as $$ begin new.note := 'x'; return new; end $$;
         create trigger spoil before insert on acme_core.visits for each row execute function public.spoil()",
    )
    .unwrap();
    let said = step(&db, "copy").unwrap_err();
    assert!(said.contains("not everything arrived: acme_core.visits"), "{said}");
    assert_eq!(db.run(&in_schemas("acme_", &of(OURS))).unwrap(), "", "nothing is half there");
    step(&db, "thaw").expect("gives up");
    assert_eq!(db.run(&of(OURS)).unwrap(), before);
    db.run("create role web login in role clinic_app").unwrap();
    let mut web = db.session("web").expect("logs in");
    let write = format!("begin; select polity.enter('{OURS}'); update core.patients set name = name; commit");
    query(&mut web, &write).expect("writes again");
}

#[test]
fn who_was_erased_stays_erased_where_the_tenant_goes() {
    let artifacts = project::build(&format!("{PEOPLE}{TIERS}"));
    let Some(mut db) = Postgres::server() else { return };
    install(&db, &artifacts, "main");
    for tenant in [OURS, THEIRS] {
        let erase = format!(
            "begin; select polity.enter('{tenant}'); select polity.erase_subject('{OUR_PATIENT}'); commit"
        );
        db.run(&erase).expect("erases");
    }
    install(&db, &artifacts, "main/tenants/acme");
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    for step in ["freeze", "copy", "remove"] {
        promote(&script, step, (&db, MIGRATOR), (&db, MIGRATOR)).unwrap_or_else(|e| panic!("{step}: {e}"));
    }
    assert_eq!(
        db.run("select tenant, subject from acme_polity.erasure_log").unwrap(),
        format!("{OURS}|{OUR_PATIENT}")
    );
    assert_eq!(
        db.run("select count(*) from polity.erasure_log").unwrap(),
        "2",
        "backups of it hold both still"
    );
}

/// A tenant in its schemas, and the database that it is to have.
fn leaving_schemas() -> Option<(Postgres, Postgres, String)> {
    let mut db = shared()?;
    let promoted = TIERS.replace("acme: premium", "acme: enterprise");
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    install(&db, &artifacts, "main/tenants/acme");
    db.script_as(MIGRATOR, &in_schemas("acme_", &rows(OURS, OUR_PATIENT, "ours"))).expect("fills");
    let artifacts = project::build(&format!("{CLINIC}{promoted}"));
    let own = db.another();
    for (role, file) in [("postgres", "roles.sql"), (OWN_MIGRATOR, "schema.sql")] {
        own.script_as(role, &project::text(&artifacts, &format!("main/tenants/acme/{file}")))
            .expect("installs");
    }
    Some((db, own, project::text(&artifacts, "main/tenants/acme/promote_from_premium.sh")))
}

#[test]
fn schemas_are_dropped_with_a_seal_only() {
    let Some((mut db, mut own, script)) = leaving_schemas() else { return };
    let step = |db: &Postgres, own: &Postgres, step: &str| {
        promote(&script, step, (db, MIGRATOR), (own, OWN_MIGRATOR))
    };
    let here = in_schemas("acme_", &of(OURS));
    let refused = |db: &mut Postgres, own: &Postgres, of: &str, why: &str| {
        let before = db.run(&here).unwrap();
        let said = step(db, own, of).expect_err("it must be refused");
        assert!(said.contains(why), "{said}");
        assert_eq!(db.run(&here).unwrap(), before);
    };
    refused(&mut db, &own, "remove", "the tenant is not frozen");
    step(&db, &own, "freeze").expect("freezes");
    refused(&mut db, &own, "remove", "no seal of a copy that arrived");
    own.run("create function public.spoil() returns trigger language plpgsql as $$ begin new.note := 'x'; return new; end $$;
        create trigger spoil before insert on core.visits for each row execute function public.spoil()").unwrap();
    refused(&mut db, &own, "copy", "not everything arrived: core.visits");
    refused(&mut db, &own, "remove", "no seal of a copy that arrived");
    own.run("drop trigger spoil on core.visits").unwrap();
    step(&db, &own, "copy").expect("copies");
    refused(&mut db, &own, "copy", "copied there already");
    step(&db, &own, "thaw").expect("thaws");
    db.run(&format!(
        "insert into acme_core.patients (tenant_id, email, country) values ('{OURS}', 'late', 'SN')"
    ))
    .unwrap();
    step(&db, &own, "freeze").expect("freezes");
    refused(&mut db, &own, "remove", "no seal of a copy that arrived");
    step(&db, &own, "copy").expect("copies");
    db.run(&format!(
        "insert into acme_core.patients (tenant_id, email, country) values ('{OURS}', 'later', 'SN')"
    ))
    .unwrap();
    refused(&mut db, &own, "remove", "acme_core.patients (3 rows, copied 2)");
    db.run("delete from acme_core.patients where email = 'later'").unwrap();
    // The trail tells of it still.
    refused(&mut db, &own, "remove", "acme_audit.trail");
    for of in ["thaw", "freeze", "copy"] {
        step(&db, &own, of).unwrap_or_else(|e| panic!("{of}: {e}"));
    }
    let before = db.run(&here).unwrap();
    for _ in 0..2 {
        step(&db, &own, "remove").expect("removes");
    }
    assert_eq!(own.run(&of(OURS)).unwrap(), before);
    assert_eq!(db.run("select nspname from pg_namespace where nspname like 'acme%'").unwrap(), "");
    drop(own);
}

#[test]
fn nobody_leaves_a_place_before_he_has_ended_coming_there() {
    let Some(mut db) = shared() else { return };
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    install(&db, &artifacts, "main/tenants/acme");
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    let step = |db: &Postgres, step: &str| promote(&script, step, (db, MIGRATOR), (db, MIGRATOR));
    for of in ["freeze", "copy"] {
        step(&db, of).unwrap_or_else(|e| panic!("{of}: {e}"));
    }
    let promoted = TIERS.replace("acme: premium", "acme: enterprise");
    let artifacts = project::build(&format!("{CLINIC}{promoted}"));
    let onwards = project::text(&artifacts, "main/tenants/acme/promote_from_premium.sh");
    let freeze = |db: &Postgres| promote(&onwards, "freeze", (db, MIGRATOR), (db, MIGRATOR));
    assert!(freeze(&db).unwrap_err().contains("into this place has not ended"));
    step(&db, "remove").expect("removes");
    freeze(&db).expect("freezes");
    assert_eq!(db.run("select place, state from polity.frozen order by 1").unwrap(), "|left\nacme_|frozen");
}

/// Entries keep the name that a table had when they were written; retention takes the values out of all of them.
#[test]
fn retention_reaches_what_was_written_before_a_move() {
    for (form, values) in [("chained", "acme_audit.trail"), ("chained strictly", "acme_audit.trail_payload")]
    {
        let clinic = format!("{CLINIC}{TIERS}")
            .replace("text(60) unique #personal", "text(60)? unique #personal")
            .replace("retain 30d after deleted_at", "retain 30d after deleted_at then anonymize")
            .replace("retain 10y; chained }", &format!("retain 10y; {form} }}"));
        let artifacts = project::build(&clinic);
        let Some(mut db) = Postgres::server() else { return };
        install(&db, &artifacts, "main");
        db.script_as(MIGRATOR, &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
        install(&db, &artifacts, "main/tenants/acme");
        let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
        for step in ["freeze", "copy", "remove"] {
            promote(&script, step, (&db, MIGRATOR), (&db, MIGRATOR))
                .unwrap_or_else(|e| panic!("{step}: {e}"));
        }
        if form == "chained strictly" {
            // So were entries until they named rows: there was no other form.
            db.run("update acme_audit.trail_payload set subjects = '{}'").expect("an owner can");
        }
        db.run("update acme_core.patients set deleted_at = now() - interval '31 days'").expect("ages");
        let names = "select string_agg(distinct entity, ' ' order by entity) from acme_audit.trail";
        assert_eq!(db.run(names).unwrap(), "acme_core.patients core.patients", "{form}");
        let held = format!("select count(*) from {values} where old is not null or new is not null");
        assert_eq!(db.run(&held).unwrap(), "2", "{form}");
        db.script_as("clinic_cron", "call acme_polity.retain()").expect("retains");
        assert_eq!(db.run("select count(email) from acme_core.patients").unwrap(), "0", "{form}");
        assert_eq!(db.run(&held).unwrap(), "0", "{form}");
    }
}
