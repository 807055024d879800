//! The limits of a tenant's quota that the server keeps.

use polity_tests::engines::{Postgres, Tool};
use polity_tests::project;

use super::schemas::install;
use super::support::{OURS, query};

const PLATFORM: &str = r#"
platform clinic { environments: [dev, prod] }
tenancy by tenant_id: uuid
tier standard { isolation: row, quota: { statement: 2s }; in prod { quota: { statement: 1s } } }
tier premium {
  isolation: schema
  quota: { connections: 2, statement: 300ms, idle: 400ms, storage: 10GiB }
  in prod { quota: { connections: 1, statement: 200ms } }
}
tier enterprise { isolation: database, quota: { connections: 3, storage: 20GiB }; in prod { quota: { storage: 1TiB } } }
tenant acme: premium { id: "aaaaaaaa-0000-4000-8000-000000000001" }
tenant big: enterprise { id: "bbbbbbbb-0000-4000-8000-000000000002" }
store main: postgres 15 { database: "clinic" }
schema core in main { entity Note { id: uuid key = uuid_v7(), body: text(20) } }
service web { read core.Note, write core.Note }
"#;

#[test]
fn connections_and_statements_end_where_the_quota_does() {
    let artifacts = project::build(PLATFORM);
    let Some(mut db) = Postgres::server() else { return };
    install(&db, &artifacts, "main");
    install(&db, &artifacts, "main/tenants/acme");
    let mut first = db.session("clinic_acme_web").expect("logs in");
    let second = db.session("clinic_acme_web").expect("logs in");
    assert_eq!(db.session("clinic_acme_web").err().map(|e| e.sqlstate).as_deref(), Some("53300"));
    drop(second);
    assert_eq!(query(&mut first, "show statement_timeout").unwrap(), ["300ms"]);
    assert_eq!(query(&mut first, "select pg_sleep(5)").unwrap_err().0, "57014");
    query(&mut first, &format!("begin; select polity.enter('{OURS}'); insert into acme_core.note (id, body) values (gen_random_uuid(), 'b')")).expect("begins");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert!(first.simple_query("select 1").is_err(), "a transaction that idles is ended");
    // Services of the shared tables have the longest time of those who share them, and as many connections as the
    // server has.
    let mut web = db.session("clinic_web").expect("logs in");
    assert_eq!(query(&mut web, "show statement_timeout").unwrap(), ["2s"]);
    assert_eq!(db.run("select rolconnlimit from pg_roles where rolname = 'clinic_web'").unwrap(), "-1");

    let own = db.another();
    for (role, file) in [("postgres", "roles.sql"), ("clinic_big_migrator", "schema.sql")] {
        own.script_as(role, &project::text(&artifacts, &format!("main/tenants/big/{file}")))
            .expect("installs");
    }
    let some: Vec<_> = (0..3).map_while(|_| own.session("clinic_big_web").ok()).collect();
    // The administrator's own session counts as well, though it is never refused.
    assert!(some.len() >= 2 && own.session("clinic_big_web").is_err(), "{}", some.len());
    drop((some, own));
}

#[test]
fn an_environment_has_quotas_of_its_own() {
    let artifacts = project::build(PLATFORM);
    let Some(db) = Postgres::server() else { return };
    for folder in ["main", "main/tenants/acme"] {
        install(&db, &artifacts, folder);
        db.script(&project::text(&artifacts, &format!("{folder}/quotas-prod.sql"))).expect("runs");
    }
    let mut first = db.session("clinic_acme_web").expect("logs in");
    assert_eq!(query(&mut first, "show statement_timeout").unwrap(), ["200ms"]);
    assert_eq!(
        query(&mut first, "show idle_in_transaction_session_timeout").unwrap(),
        ["400ms"],
        "as anywhere"
    );
    assert_eq!(db.session("clinic_acme_web").err().map(|e| e.sqlstate).as_deref(), Some("53300"));
    let mut web = db.session("clinic_web").expect("logs in");
    assert_eq!(query(&mut web, "show statement_timeout").unwrap(), ["1s"]);
    let changed = |path: &str| artifacts.get(path).is_some();
    assert!(
        !changed("main/quotas-dev.sql") && !changed("main/tenants/big/quotas-prod.sql"),
        "nothing changes"
    );
}

#[test]
fn storage_is_watched_where_it_can_be_told_apart() {
    let artifacts = project::build(PLATFORM);
    let rules = project::text(&artifacts, "monitoring/rules.yml");
    assert!(rules.contains("MainAcmeStorageWarning") && rules.contains("> 9663676416"), "{rules}");
    assert!(!rules.contains("MainBig"), "an environment changes it: {rules}");
    let prod = project::text(&artifacts, "monitoring/rules-prod.yml");
    assert!(prod.contains("big_clinic") && prod.contains("> 1099511627776"), "{prod}");
    if let Some(promtool) = Tool::promtool() {
        for text in [&rules, &prod] {
            promtool.judge(&["check", "rules"], "rules.yml", text).unwrap_or_else(|e| panic!("{text}\n{e}"));
        }
        let test = r#"
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  input_series:
  - series: pg_stat_user_tables_table_size_bytes{store="main",schemaname="acme_core",relname="note"}
    values: 9000000000x20
  - series: pg_stat_user_tables_index_size_bytes{store="main",schemaname="acme_core",relname="note"}
    values: 1000000000x20
  - series: pg_stat_user_tables_table_size_bytes{store="main",schemaname="core",relname="note"}
    values: 90000000000x20
  alert_rule_test:
  - eval_time: 10m
    alertname: MainAcmeStorageWarning
    exp_alerts: [{ exp_labels: { severity: warning, store: main, tenant: acme }, exp_annotations: { summary: "acme has used nine tenths of its storage in main", description: "Its quota is 10737418240 bytes." } }]
  - eval_time: 10m
    alertname: MainAcmeStorageCritical
    exp_alerts: []
"#;
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("rules.yml"), &rules).expect("ours");
        let path = folder.path().join("test.yml");
        std::fs::write(&path, test).expect("ours");
        promtool.run(&["test", "rules", &path.to_string_lossy()]).unwrap_or_else(|e| panic!("{rules}\n{e}"));
    }
}
