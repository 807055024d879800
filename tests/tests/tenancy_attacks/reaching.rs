//! Reading what is another tenant's, by every way that leads to a row.

use polity_tests::project;

use super::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, clinics, installed, query, rows};

const TABLES: [&str; 5] = ["core.patients", "core.visits", "core.room", "core.booking", "core.log"];

#[test]
fn a_read_finds_rows_of_one_tenant_only() {
    let Some(mut clinics) = clinics() else { return };
    for table in TABLES {
        let seen = clinics.ours(&format!("select count(*), min(tenant_id::text) from {table}"));
        assert_eq!(seen.unwrap(), format!("1|{OURS}"), "{table}");
        let asked = clinics.ours(&format!("select * from {table} where tenant_id = '{THEIRS}'"));
        assert_eq!(asked.unwrap(), "", "{table}");
    }
    let joined =
        "select count(*) from core.patients p full join core.visits v on true full join core.log l on true";
    assert_eq!(clinics.ours(joined).unwrap(), "1");
    let by_key = format!("select name from core.patients where id = '{THEIR_PATIENT}'");
    assert_eq!(clinics.ours(&by_key).unwrap(), "");
    assert_eq!(clinics.ours("select name from core.names").unwrap(), "ours", "a view");
    assert_eq!(clinics.ours("select code from core.country").unwrap(), "SN", "what all share");
    let within = "with recursive r as (select id from core.patients union select p.id from core.patients p, r) select count(*) from r";
    assert_eq!(clinics.ours(within).unwrap(), "1");
}

#[test]
fn figures_are_those_of_one_tenant() {
    let Some(mut clinics) = clinics() else { return };
    let mut cron = clinics.db.session("clinic_cron").expect("logs in");
    cron.batch_execute("select polity.refresh_figures_countries()").expect("refreshes");
    assert_eq!(
        clinics.db.run("select count(*) from figures.countries_rows").unwrap(),
        "2",
        "it is filled for all"
    );
    assert_eq!(clinics.ours("select people from figures.countries").unwrap(), "1");
    assert_eq!(clinics.ours("select visits from figures.busy").unwrap(), "1");
    assert_eq!(
        clinics.ours(&format!("select * from figures.countries where tenant_id = '{THEIRS}'")).unwrap(),
        ""
    );
    clinics.refused("select * from figures.countries_rows", "42501");
    clinics.refused("refresh materialized view figures.countries_rows", "42501");
    for view in ["countries", "busy"] {
        let count = format!("select count(*) from figures.{view}");
        assert_eq!(clinics.as_tenant("select 1 where false", &count).unwrap(), "0", "{view}");
    }
    // Who may see the figures need not see the rows.
    clinics.db.run("create role chart login; grant connect on database postgres to chart; grant usage on schema figures, polity to chart; grant select on figures.busy to chart; grant execute on function polity.current_tenant(), polity.enter(uuid) to chart").unwrap();
    let mut chart = clinics.db.session("chart").expect("logs in");
    let seen = query(
        &mut chart,
        &format!("begin; select polity.enter('{OURS}'); select visits from figures.busy; rollback"),
    );
    assert_eq!(seen.unwrap(), ["", "1"]);
    assert!(query(&mut chart, "select * from core.visits").is_err());
}

#[test]
fn no_tenant_and_what_is_none_find_nothing() {
    let Some(mut clinics) = clinics() else { return };
    let braces = format!("{{{OURS}}}");
    let newline = format!("{OURS}\n");
    for tenant in
        ["", "garbage", "*", "' or true --", "00000000-0000-0000-0000-000000000000", &braces, &newline]
    {
        let set = format!("set local polity.tenant_id = '{}'", tenant.replace('\'', "''"));
        for table in TABLES {
            let count = clinics.as_tenant(&set, &format!("select count(*) from {table}")).unwrap();
            assert_eq!(count, "0", "{table} as `{tenant}`");
        }
    }
    for table in TABLES {
        assert_eq!(
            clinics.as_tenant("select 1 where false", &format!("select count(*) from {table}")).unwrap(),
            "0"
        );
    }
}

#[test]
fn one_statement_reads_for_one_tenant_however_it_changes_the_setting() {
    let Some(mut clinics) = clinics() else { return };
    let switch = format!("set_config('polity.tenant_id', '{THEIRS}', true)");
    let within = format!("select count(distinct tenant_id) from core.patients where {switch} is not null");
    assert_eq!(clinics.ours(&within).unwrap(), "1");
    let written = format!("update core.patients set name = name where {switch} is not null");
    clinics.refused(&written, "42501");
}

#[test]
fn a_prepared_statement_forgets_the_tenant_it_was_planned_for() {
    let Some(mut clinics) = clinics() else { return };
    let statement = clinics.service.prepare("select tenant_id::text from core.patients").unwrap();
    for (tenant, runs) in [(OURS, 8), (THEIRS, 8), (OURS, 1)] {
        for _ in 0..runs {
            let mut transaction = clinics.service.transaction().unwrap();
            transaction.batch_execute(&format!("select polity.enter('{tenant}')")).unwrap();
            let rows = transaction.query(&statement, &[]).unwrap();
            let seen: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            assert_eq!(seen, [tenant]);
        }
    }
    assert!(clinics.service.query(&statement, &[]).unwrap().is_empty(), "and without a tenant");
    clinics
        .service
        .batch_execute("set plan_cache_mode = force_generic_plan; prepare q as select count(*) from core.log")
        .unwrap();
    assert_eq!(clinics.ours("execute q").unwrap(), "1");
    assert_eq!(query(&mut clinics.service, "execute q").unwrap(), ["0"]);
}

#[test]
fn a_connection_that_the_last_client_left_shows_nothing() {
    let Some(mut clinics) = clinics() else { return };
    clinics
        .service
        .batch_execute(&format!(
            "begin; select polity.enter('{THEIRS}'); select * from core.patients; commit"
        ))
        .unwrap();
    assert_eq!(query(&mut clinics.service, "select count(*) from core.patients").unwrap(), ["0"]);
    let (_, said) = query(&mut clinics.service, "delete from core.patients").unwrap_err();
    assert!(said.contains("no tenant is set"), "{said}");
    let cursor = format!(
        "begin; select polity.enter('{THEIRS}'); declare left_open cursor with hold for select count(*) from core.log where tenant_id = '{THEIRS}'; commit"
    );
    clinics.service.batch_execute(&cursor).unwrap();
    // Only DISCARD ALL, which a pool runs, ends what a client opened for the session.
    clinics.service.batch_execute("discard all").unwrap();
    assert!(query(&mut clinics.service, "fetch left_open").is_err());
}

#[test]
fn functions_of_the_attacker_see_no_row_before_the_guard_does() {
    let Some(mut clinics) = clinics() else { return };
    clinics.refused("create function pg_temp.peek(text) returns bool language plpgsql cost 0.0000001 as $$ begin raise notice '%', $1; return true; end $$", "42501");
    clinics.refused("create function core.peek() returns int language sql as 'select 1'", "42501");
    // Even one that an administrator made, cheap enough to be run first.
    clinics
        .db
        .run("create function public.peek(text) returns bool language plpgsql cost 0.0000001 as $$ begin raise exception 'saw %', $1; end $$; grant usage on schema public to web; grant execute on function public.peek to web")
        .unwrap();
    let (_, said) = clinics.ours("select * from core.patients where public.peek(name)").unwrap_err();
    assert!(said.contains("saw ours"), "{said}");
    let (_, said) = clinics.ours("select * from core.names where public.peek(name)").unwrap_err();
    assert!(said.contains("saw ours"), "{said}");
    clinics.refused(
        "do $$ begin perform 1/(select count(*) from core.patients where name = 'theirs')::int; end $$",
        "22012",
    );
}

#[test]
fn partitions_are_closed_when_they_are_addressed_themselves() {
    let Some(mut clinics) = clinics() else { return };
    let partitions = "select inhrelid::regclass::text from pg_inherits where inhparent::regclass::text !~ 'idx|key' and inhrelid in (select oid from pg_class where relkind = 'r') order by 1";
    let names = clinics.db.run(partitions).unwrap();
    assert!(names.lines().count() >= 8, "{names}");
    for name in names.lines() {
        clinics.refused(&format!("select * from {name}"), "42501");
        clinics.refused(&format!("delete from {name}"), "42501");
    }
    // A grant by hand, or by default privileges, still opens nothing.
    for name in names.lines() {
        clinics
            .db
            .run(&format!("grant usage on schema audit to web; grant select, delete on {name} to web"))
            .unwrap();
        assert_eq!(clinics.ours(&format!("select count(*) from {name}")).unwrap(), "0", "{name}");
    }
}

#[test]
fn catalogs_sequences_and_plans_tell_nothing() {
    let Some(mut clinics) = clinics() else { return };
    clinics.db.run("analyze core.patients").unwrap();
    assert_eq!(
        clinics.ours("select count(*) from pg_stats where schemaname = 'core'").unwrap(),
        "0",
        "statistics"
    );
    assert_eq!(
        clinics
            .ours("select count(last_value) from pg_sequences where schemaname in ('core', 'audit')")
            .unwrap(),
        "0"
    );
    clinics.refused("select last_value from audit.trail_seq", "42501");
    clinics.refused("select * from audit.trail", "42501");
    clinics.refused("select * from audit.trail_parts", "42501");
    clinics.refused(&format!("select audit.trail_erase('{THEIR_PATIENT}', '{THEIRS}')"), "42501");
    let plan = clinics
        .ours("explain (analyze, costs off, timing off, summary off) select * from core.patients")
        .unwrap();
    assert!(!plan.contains("theirs") && !plan.contains(THEIRS), "{plan}");
}

/// How many rows the planner expects.
fn expected(clinics: &mut super::support::Clinics, query: &str) -> String {
    let plan = clinics.ours(&format!("explain {query}")).unwrap();
    let rows = plan.split("rows=").nth(1).unwrap_or_else(|| panic!("{plan}"));
    rows.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn what_the_planner_expects_of_a_labelled_value_tells_nothing() {
    let Some(mut clinics) = clinics() else { return };
    clinics
        .db
        .run(&format!(
            "insert into core.patients (tenant_id, email, name, country)
             select '{THEIRS}', i || '@example.org', 'rare', 'SN' from generate_series(1, 1500) i;
             insert into core.visits (tenant_id, note) select '{THEIRS}', 'rare' from generate_series(1, 1500) i;
             analyze core.patients, core.visits"
        ))
        .unwrap();
    for (table, column) in [
        ("core.patients", "name"),
        ("core.patients", "lower(name)"),
        ("core.visits", "note"),
        ("core.names", "name"),
    ] {
        let of = |value: &str| format!("select 1 from {table} where {column} = '{value}'");
        assert_eq!(
            expected(&mut clinics, &of("rare")),
            expected(&mut clinics, &of("nobody has this")),
            "{table}.{column}"
        );
    }
    // In partitions, and in indexes that are computed.
    let learnt = clinics.db.run(
        "select tablename, attname from pg_stats where schemaname = 'core' and (attname in ('note', 'name', 'email') or tablename ~ 'by_name')",
    );
    assert_eq!(learnt.unwrap(), "");
    // Of what has no label it goes on learning.
    assert_eq!(
        clinics
            .db
            .run("select count(*) > 0 from pg_stats where schemaname = 'core' and attname = 'status'")
            .unwrap(),
        "t"
    );
}

#[test]
fn a_service_that_reads_figures_reads_those_of_one_tenant() {
    let source = format!("{CLINIC}\nservice chart {{ read figures.Busy, figures.Countries }}");
    let Some(mut db) = installed(&project::build(&source)) else { return };
    for (tenant, patient, who) in [(OURS, OUR_PATIENT, "ours"), (THEIRS, THEIR_PATIENT, "theirs")] {
        db.script_as("clinic_migrator", &rows(tenant, patient, who)).expect("fills the tables");
    }
    db.run("select polity.refresh_figures_countries()").expect("refreshes");
    let mut chart = db.session("clinic_chart").expect("logs in");
    for column in ["visits from figures.busy", "people from figures.countries"] {
        let seen =
            query(&mut chart, &format!("begin; select polity.enter('{OURS}'); select {column}; commit"));
        assert_eq!(seen.unwrap(), ["", "1"], "{column}");
        assert!(query(&mut chart, &format!("select {column}")).unwrap().is_empty(), "{column}");
    }
    assert!(query(&mut chart, "select * from core.visits").is_err());
}
