//! Getting round the guard: other roles, other policies, other statements; and those whom it must not stop.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{CLINIC, OURS, THEIR_PATIENT, THEIRS, clinics};

#[test]
fn a_policy_written_by_hand_widens_nothing() {
    let Some(mut clinics) = clinics() else { return };
    let by_hand = "create policy by_hand on core.patients using (true) with check (true);
        create policy for_all on core.visits to public using (true);
        create policy for_web on core.room for select to web using (true)";
    clinics.db.run(by_hand).unwrap();
    for table in ["core.patients", "core.visits", "core.room"] {
        assert_eq!(clinics.ours(&format!("select count(*) from {table}")).unwrap(), "1", "{table}");
    }
    clinics.refused("create policy mine on core.patients using (true)", "42501");
    clinics.refused("drop policy tenant_guard on core.patients", "42501");
}

#[test]
fn a_service_becomes_nobody_else_and_switches_nothing_off() {
    let Some(mut clinics) = clinics() else { return };
    for role in ["owner", "migrator", "maintenance", "reader", "auditor", "audit_reader", "cron"] {
        clinics.refused(&format!("set role clinic_{role}"), "42501");
        clinics.refused(&format!("set session authorization clinic_{role}"), "42501");
    }
    assert_eq!(clinics.ours("set role clinic_app; select count(*) from core.patients").unwrap(), "1");
    assert_eq!(clinics.ours("set role none; select count(*) from core.patients").unwrap(), "1");
    // To switch row security off is to be refused, not to see all.
    clinics.refused("set local row_security = off; select * from core.patients", "42501");
    for sql in [
        "alter table core.patients disable row level security",
        "alter table core.patients no force row level security",
        "alter table core.patients disable trigger all",
        "set local session_replication_role = replica",
        "truncate core.patients cascade",
        "create temp table loot as select * from core.patients",
        "create view core.loot as select * from core.patients",
        "select pg_terminate_backend(1)",
        "select polity.create_partitions()",
        "call polity.retain()",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
        "create trigger t after insert on core.patients for each row execute function polity.require_tenant()",
    ] {
        clinics.refused(sql, "42501");
    }
}

#[test]
fn copy_reads_the_tenants_rows_and_writes_none() {
    let Some(mut clinics) = clinics() else { return };
    // Refused whoever the tenant is: PostgreSQL does not judge COPY FROM by policies.
    clinics.refused("copy core.room (id, kind) from stdin", "0A000");
    clinics.service.batch_execute(&format!("begin; select polity.enter('{OURS}')")).unwrap();
    let mut text = String::new();
    let mut reader = clinics.service.copy_out("copy (select name from core.patients) to stdout").unwrap();
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    drop(reader);
    clinics.service.batch_execute("rollback").unwrap();
    assert_eq!(text, "ours\n");
    clinics.refused("copy core.patients to program 'cat'", "42501");
}

#[test]
fn the_guards_are_what_they_must_be() {
    let Some(mut clinics) = clinics() else { return };
    let mut none = |what: &str, sql: &str| assert_eq!(clinics.db.run(sql).unwrap(), "", "{what}");
    none(
        "tables and partitions that are open",
        "select oid::regclass from pg_class where relkind in ('r', 'p') and relnamespace in ('core'::regnamespace, 'audit'::regnamespace) and relname <> 'country' and not (relrowsecurity and relforcerowsecurity)",
    );
    none(
        "grants to everybody",
        "select oid::regclass from pg_class where relnamespace in ('core'::regnamespace, 'audit'::regnamespace) and relacl::text ~ '[{,]='",
    );
    none(
        "functions for everybody",
        "select oid::regprocedure from pg_proc where pronamespace in ('polity'::regnamespace, 'core'::regnamespace, 'audit'::regnamespace) and has_function_privilege('public', oid, 'execute')",
    );
    none(
        "an owner that logs in or bypasses",
        "select rolname from pg_roles where rolname in ('clinic_owner', 'clinic_app', 'clinic_reader', 'clinic_auditor') and (rolcanlogin or rolbypassrls or rolsuper)",
    );
    none(
        "a policy that asks once a row, or of somebody unnamed",
        "select polname from pg_policy where polroles = '{0}' or (pg_get_expr(polqual, polrelid) like '%current_tenant%' and pg_get_expr(polqual, polrelid) !~ '\\( SELECT')",
    );
    // Three read nothing but marks and lines of the log, which no policy closes.
    none(
        "definer functions of the owner",
        "select oid::regprocedure from pg_proc where prosecdef and pronamespace in ('polity'::regnamespace, 'core'::regnamespace, 'audit'::regnamespace) and proowner in ('clinic_owner'::regrole, 'clinic_migrator'::regrole) and proname not in ('is_removing', 'erasures_due', 'erasures_waiting')",
    );
    none(
        "definer functions without a search_path",
        "select oid::regprocedure from pg_proc where prosecdef and pronamespace in ('polity'::regnamespace, 'audit'::regnamespace) and coalesce(proconfig::text, '') !~ 'search_path=pg_catalog, pg_temp'",
    );
    assert_eq!(
        clinics
            .db
            .run("select provolatile from pg_proc where oid = 'polity.current_tenant()'::regprocedure")
            .unwrap(),
        "s"
    );
}

#[test]
fn maintenance_does_its_work_for_every_tenant() {
    let Some(mut clinics) = clinics() else { return };
    clinics.db.run("update core.patients set deleted_at = now() - interval '1 year'").unwrap();
    let mut cron = clinics.db.session("clinic_cron").expect("logs in");
    cron.batch_execute("select polity.create_partitions(); select polity.add_partition('core.visits', 'x', 'y', 'at', 'timestamptz', 'a', 'b', '')").expect_err("only what it is for");
    cron.batch_execute("call polity.retain()").expect("retains");
    assert_eq!(clinics.db.run("select count(*) from core.patients").unwrap(), "0");
    assert_eq!(clinics.db.run("select count(*) from core.visits where patient is null").unwrap(), "2");
    // Whoever loses what it needs for that fails, rather than find nothing to do.
    clinics.db.run(&format!("insert into core.patients (tenant_id, email, country, deleted_at) values ('{THEIRS}', 'old', 'SN', '2020-01-01'); drop policy every_row on core.patients")).unwrap();
    let error = cron.batch_execute("call polity.retain()").expect_err("it cannot see the rows");
    assert_eq!(error.as_db_error().map(|e| e.code().code()), Some("42501"));
    // The owner is held by the guards as well.
    let mut migrator = clinics.db.session("clinic_migrator").expect("logs in");
    assert!(
        migrator
            .batch_execute("set row_security = off; set role clinic_owner; select * from core.patients")
            .is_err()
    );
}

#[test]
fn an_old_partition_goes_with_the_rows_of_all_and_the_trail_counts_them() {
    let Some(mut clinics) = clinics() else { return };
    clinics.db.run("select polity.add_partition('core.visits', 'visits', '2010_01', 'at', 'timestamptz', '2010-01-01 00:00+00', '2010-02-01 00:00+00', '')").unwrap();
    clinics.db.run(&format!("insert into core.visits (tenant_id, at) values ('{OURS}', '2010-01-05Z'), ('{THEIRS}', '2010-01-06Z')")).unwrap();
    let mut cron = clinics.db.session("clinic_cron").expect("logs in");
    cron.batch_execute("call polity.retain()").expect("retains");
    let said = clinics
        .db
        .run("select tenant_id, operation, row_key ->> 'rows' from audit.trail where operation = 'DROP'")
        .unwrap();
    assert_eq!(said, "|DROP|2");
}

#[test]
fn each_tenant_has_a_part_of_its_own_in_a_seal() {
    let Some(mut clinics) = clinics() else { return };
    let committed =
        format!("begin; select polity.enter('{OURS}'); update core.patients set name = 'y'; commit");
    clinics.service.batch_execute(&committed).unwrap();
    let held =
        "select tenant_id, string_agg(operation, ' ' order by seq) from audit.trail group by 1 order by 1";
    assert_eq!(clinics.db.run(held).unwrap(), format!("{OURS}|INSERT UPDATE\n{THEIRS}|INSERT"));
    assert_eq!(clinics.db.run("select audit.trail_seal()").unwrap(), "3");
    let parts = "select tenant_id, seal, entries from audit.trail_parts order by 1";
    assert_eq!(clinics.db.run(parts).unwrap(), format!("{OURS}|1|2\n{THEIRS}|1|1"));
    let verified = "select verdict, entries from audit.trail_verify()";
    assert_eq!(clinics.db.run(verified).unwrap(), "ok|3");
    // Whoever reads the trail reads that of one tenant, and nobody's of all.
    clinics.db.run("create role desk login in role clinic_audit_reader").unwrap();
    let mut desk = clinics.db.session("desk").expect("logs in");
    let mut desk = |sql: &str| super::support::query(&mut desk, sql);
    assert_eq!(desk("select count(*) from audit.trail").unwrap(), ["0"]);
    assert_eq!(desk("select verdict, entries from audit.trail_verify()").unwrap(), ["ok|0"]);
    assert_eq!(desk("select count(*) from audit.trail_seals").unwrap_err().0, "42501");
    let entered = |sql: &str| format!("begin; select polity.enter('{OURS}'); {sql}; commit");
    assert_eq!(desk(&entered("select count(*) from audit.trail")).unwrap(), ["", "2"]);
    assert_eq!(desk(&entered("select tenant_id from audit.trail_parts")).unwrap(), ["", OURS]);
    assert_eq!(desk(&entered("select verdict, entries from audit.trail_verify()")).unwrap(), ["", "ok|2"]);
    // To erase one person's values leaves those of another tenant's person with the same key alone.
    let erased = clinics.db.run(&format!("select audit.trail_erase('{THEIR_PATIENT}', '{OURS}')")).unwrap();
    assert_eq!(erased, "0");
    let erased = clinics.db.run(&format!("select audit.trail_erase('{THEIR_PATIENT}', '{THEIRS}')")).unwrap();
    assert_eq!(erased, "1");
    assert_eq!(clinics.db.run(verified).unwrap(), "ok|3");
    clinics
        .db
        .run(&format!(
            "update audit.trail set actor = 'x' where tenant_id = '{OURS}' and operation = 'INSERT'"
        ))
        .unwrap();
    let judged = "select of_tenant, seal, verdict from audit.trail_verify() where verdict <> 'ok'";
    assert_eq!(clinics.db.run(judged).unwrap(), format!("{OURS}|1|CHANGED"));
    // A tenant whose entries are gone, parts and all, is missed.
    let gone = format!(
        "delete from audit.trail where tenant_id = '{OURS}'; delete from audit.trail_parts where tenant_id = '{OURS}'"
    );
    clinics.db.run(&gone).unwrap();
    let judged = "select seal, verdict from audit.trail_verify() where verdict <> 'ok'";
    assert_eq!(clinics.db.run(judged).unwrap(), "1|PARTS CHANGED OR REMOVED");
}

#[test]
fn a_server_with_known_faults_is_refused() {
    let Some(mut db) = Postgres::server() else { return };
    let roles = project::text(&project::build(CLINIC), "main/roles.sql");
    assert!(roles.contains("THEN 150014"), "{roles}");
    let said = db.script_as("postgres", &roles.replace("THEN 150014", "THEN 159999")).unwrap_err();
    assert!(said.to_string().contains("does not keep tenants apart"), "{said:?}");
    assert_eq!(db.run("select count(*) from pg_roles where rolname like 'clinic%'").unwrap(), "0");
}

/// No function of PostGIS tells a service from statistics where rows of others lie.
#[test]
fn statistics_of_places_are_closed() {
    let source = CLINIC.replace("extensions: [btree_gist]", "extensions: [btree_gist, postgis]").replace(
        "schema core in main {",
        "schema core in main {\n  entity Site as \"sites\" { id: uuid key = uuid_v7(); place: geo.point; index geo (place) }",
    );
    let artifacts = project::build(&source);
    let Some(mut db) = super::support::installed(&artifacts) else { return };
    let sites = |tenant: &str| {
        format!(
            "insert into core.sites (tenant_id, place) select '{tenant}',
               extensions.st_setsrid(extensions.st_makepoint(10 + i * 0.001, 50), 4326)::extensions.geography
               from generate_series(1, 300) i;"
        )
    };
    db.script_as("clinic_migrator", &sites(THEIRS)).expect("fills");
    db.run("analyze core.sites; create role web login in role clinic_app").expect("a service");
    let mut web = db.session("web").expect("logs in");
    let square = "extensions.st_geomfromtext('POLYGON((9 49,12 49,12 51,9 51,9 49))')";
    for told in [
        "extensions.st_estimatedextent('core', 'sites', 'place')".to_owned(),
        "extensions.st_estimatedextent('core', 'sites', 'place', false)".to_owned(),
        "extensions._postgis_stats('core.sites', 'place')".to_owned(),
        format!("extensions._postgis_selectivity('core.sites', 'place', {square})"),
        "extensions._postgis_join_selectivity('core.sites', 'place', 'core.sites', 'place')".to_owned(),
        "extensions._postgis_index_extent('core.sites', 'place')".to_owned(),
    ] {
        let refused = super::support::query(&mut web, &format!("select {told}")).expect_err(&told);
        assert_eq!(refused.0, "42501", "{told}: {}", refused.1);
    }
    // Places themselves are found as ever.
    let near = format!(
        "begin; select polity.enter('{THEIRS}'); select count(*) from core.sites
          where extensions.st_dwithin(place, extensions.st_makepoint(10.1, 50)::extensions.geography, 1000); rollback"
    );
    let found = super::support::query(&mut web, &near).expect("searches");
    assert!(found.iter().any(|count| count.parse::<u32>().is_ok_and(|count| count > 10)), "{found:?}");
}
