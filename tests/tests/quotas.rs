//! The quotas of tenants outside of roles: the limit of requests in Redis, and the use that is measured.

use std::process::Command;

use polity_tests::engines::{Postgres, Redis, Tool};
use polity_tests::overlay::yaml;
use polity_tests::project::{build, on_disk, text};

const ACME: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
const BRIO: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11";
const NOBODY: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2bff";

const SHOP: &str = r#"
platform shop { environments: [dev, prod] }
store cache: redis 7 { persistence: [rdb] }
tenancy by tenant_id: uuid
tier free     { isolation: row, quota: { requests: 3 per 1h }, accept client_enforced because "one library builds keys" }
tier standard { isolation: row, accept client_enforced because "one library builds keys" }
tier own      { isolation: database, quota: { requests: 5 per 1h }; in prod { quota: { requests: 6 per 1h } } }
tenant acme: free { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
tenant brio: own { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11", quota: { requests: 2 per 1h } }
keyspace Note in cache { pattern "note:{id: int}"; value text; ttl 1h }
service api { read cache.Note }
"#;

/// A server with the users of the platform, whose passwords are their names, and the library that was named.
fn installed(source: &str, acl: &str, library: &str, user: &str) -> Option<Redis> {
    let files = build(source);
    let folder = on_disk(&files);
    let mut script = Command::new("sh");
    script.arg(folder.path().join("cache/scripts/passwords.sh")).arg(folder.path().join("cache").join(acl));
    for name in ["api", "app", "maintenance", "monitor", "operator"] {
        script.env(format!("SHOP_{}_PASSWORD", name.to_uppercase()), name);
    }
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acl = String::from_utf8(output.stdout).unwrap();
    let mut redis = Redis::with_files(&[("users.acl", &acl)])?.unwrap_or_else(|e| panic!("{e}\n{acl}"));
    redis.login("shop_maintenance", "maintenance").unwrap();
    redis.command(&["FUNCTION", "LOAD", &text(&files, &format!("cache/scripts/{library}"))]).unwrap();
    redis.login(&format!("shop_{user}"), user).unwrap();
    Some(redis)
}

/// Whether requests of a tenant are let through, one after the other.
fn asked(redis: &mut Redis, tenant: &str, arguments: &str, times: usize) -> Vec<String> {
    let take = |_| {
        let told = redis.run(&format!("FCALL tenant_requests_take 1 {tenant}:quota:requests {arguments}"));
        told.map_or_else(|error| error, |told| told.lines().take(2).collect::<Vec<_>>().join(" "))
    };
    (0..times).map(take).collect()
}

#[test]
fn a_tenant_asks_as_often_as_its_quota_says_and_no_other_pays_for_it() {
    let Some(mut redis) = installed(SHOP, "users.acl", "shop.lua", "api") else { return };
    assert_eq!(asked(&mut redis, ACME, "", 5), ["1 2", "1 1", "1 0", "0 0", "0 0"], "the tier's");
    assert_eq!(asked(&mut redis, BRIO, "", 3), ["1 1", "1 0", "0 0"], "its own");
    assert_eq!(
        asked(&mut redis, NOBODY, "2 free", 2),
        ["1 1", "0 1"],
        "two at once, of a tier that is named"
    );
    assert_eq!(asked(&mut redis, NOBODY, "1 standard", 2), ["1 -1", "1 -1"], "of a tier without a quota");
    let unknown = asked(&mut redis, NOBODY, "", 1);
    assert!(unknown[0].contains("POLITY"), "two tiers share tables, so one is to be named: {unknown:?}");
    let wait = redis.run(&format!("FCALL tenant_requests_take 1 {ACME}:quota:requests")).unwrap();
    let wait: u64 = wait.lines().nth(2).unwrap().parse().unwrap();
    assert!((3_500_000..=3_600_000).contains(&wait), "{wait}");
    let look = redis.run(&format!("FCALL_RO tenant_requests_look 1 {BRIO}:quota:requests")).unwrap();
    assert!(look.starts_with('0'), "{look}");
    // A tier that somebody names does not help a tenant that has one.
    assert_eq!(asked(&mut redis, ACME, "1 standard", 1), ["0 0"]);
    let ttl: u64 = redis.run(&format!("PTTL {ACME}:quota:requests")).unwrap().parse().unwrap();
    assert!(ttl <= 3_600_000, "{ttl}");
}

#[test]
fn an_environment_has_quotas_of_its_own() {
    let own = SHOP.replace(", quota: { requests: 2 per 1h } }", " }");
    let Some(mut redis) = installed(&own, "users.acl", "shop.lua", "api") else { return };
    assert_eq!(asked(&mut redis, BRIO, "", 6).last().unwrap(), "0 0");
    let Some(mut redis) = installed(&own, "users.acl", "shop-prod.lua", "api") else { return };
    assert_eq!(asked(&mut redis, BRIO, "", 6).last().unwrap(), "1 0");
    let files = build(SHOP);
    assert!(files.get("cache/scripts/shop-dev.lua").is_none(), "dev changes nothing");
}

#[test]
fn a_server_of_a_tenant_s_own_counts_that_tenant_only() {
    let Some(mut redis) = installed(SHOP, "tenants/brio/users.acl", "shop.lua", "api") else { return };
    assert_eq!(asked(&mut redis, BRIO, "", 1), ["1 1"]);
    let other = asked(&mut redis, ACME, "", 1);
    assert!(other[0].contains("NOPERM"), "{other:?}");
}

#[test]
fn whoever_is_told_apart_by_a_text_is_counted_by_it() {
    let text = SHOP
        .replace("tenancy by tenant_id: uuid", "tenancy by tenant_id: text(40)")
        .replace(&format!("id: \"{ACME}\""), "id: \"a:c%me'\"")
        .replace("service api { read cache.Note }", "");
    let Some(mut redis) = installed(&text, "users.acl", "shop.lua", "app") else { return };
    assert_eq!(asked(&mut redis, "a%3Ac%25me'", "", 4), ["1 2", "1 1", "1 0", "0 0"]);
}

const TABLES: &str = r#"
platform shop { environments: [dev, prod] }
store main: postgres 15 { database: "shop" }
store documents: mongodb 7 {}
store cache: redis 7 { persistence: [rdb] }
tenancy by tenant_id: uuid
tier free { isolation: row, quota: { storage: 1MiB, rows: 10 }, accept client_enforced because "one library" }
tier standard { isolation: row, quota: { storage: 2MiB, rows: 20 }, accept client_enforced because "one library" }
tier premium { isolation: schema, quota: { rows: 30 }, accept client_enforced because "one library" }
tier own { isolation: database, quota: { storage: 1GiB, rows: 40 } }
tenant acme: free { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
tenant brio: own { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11", in prod { quota: { storage: 4GiB } } }
tenant cora: premium { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b12" }
schema core in main {
  entity Note { id: uuid key = uuid_v7(); body: text(2000)? }
  entity Visit { id: uuid; at: timestamp; key (id, at); partition by month(at) }
  global entity Country { code: country key }
}
entity Draft in documents { id: uuid key = uuid_v7(); body: text(200) }
keyspace Word in cache { pattern "word:{id: int}"; value text; ttl 1h }
"#;

#[test]
fn what_tenants_have_in_shared_tables_is_counted_and_shown_to_the_exporter() {
    let files = build(TABLES);
    let Some(mut db) = Postgres::server() else { return };
    for (role, file) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        db.script_as(role, &text(&files, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let rows = format!(
        "insert into core.note (tenant_id, id, body) select '{ACME}', gen_random_uuid(), repeat('x', 1000) from generate_series(1, 90);
         insert into core.note (tenant_id, id) select '{NOBODY}', gen_random_uuid() from generate_series(1, 10);
         insert into core.visit (tenant_id, id, at) values ('{NOBODY}', gen_random_uuid(), now());
         insert into core.country values ('SN');"
    );
    db.script_as("shop_migrator", &rows).expect("fills the tables");
    db.run("create role exporter login in role pg_monitor; create role cron login in role shop_cron")
        .expect("logins");
    let jobs = text(&files, "main/maintenance.sql");
    assert!(jobs.contains("SELECT polity.count_tenants();"), "{jobs}");
    for _ in 0..2 {
        db.script_as("cron", "SELECT polity.count_tenants();").expect("counts, and counts again");
    }
    let query =
        yaml(&text(&files, "main/exporter.yml"))["polity_tenant"]["query"].as_str().unwrap().to_owned();
    let mut exporter = db.session("exporter").expect("logs in");
    let told: Vec<(String, i64, i64)> = exporter
        .query(&format!("{query} order by 1"), &[])
        .expect("the exporter may read it")
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    let [(acme, 90, acmes), (nobody, 11, nobodys)] = &told[..] else { panic!("{told:?}") };
    assert!(acme == ACME && nobody == NOBODY && acmes > nobodys, "{told:?}");
    let all: i64 = db
        .run(
            "select pg_total_relation_size('core.note') + (select sum(pg_total_relation_size(relid)) \
             from pg_partition_tree('core.visit'))",
        )
        .unwrap()
        .parse()
        .unwrap();
    assert!((all - acmes - nobodys).abs() <= 4, "the parts are the whole: {told:?} of {all}");
    assert!(exporter.simple_query("select * from core.note").is_err(), "and nothing else");
    let undo = text(&files, "main/migrations/U0001__initial.sql");
    db.script_as("shop_migrator", &format!("SET polity.undo_may_lose = on;\n{undo}")).expect("goes again");
}

#[test]
fn alerts_watch_every_part_that_can_be_told_apart() {
    let files = build(TABLES);
    let (rules, prod) = (text(&files, "monitoring/rules.yml"), text(&files, "monitoring/rules-prod.yml"));
    let watched = |rules: &str| -> Vec<String> {
        let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
        names.filter_map(|name| name.strip_suffix("Critical")).map(str::to_owned).collect()
    };
    assert_eq!(
        watched(&rules),
        [
            "DocumentsBrioRows",
            "MainAcmeStorage",
            "MainAcmeRows",
            "MainBrioRows",
            "MainCoraRows",
            "MainOthersStorage",
            "MainOthersRows"
        ]
    );
    assert_eq!(watched(&prod), ["CacheBrioStorage", "DocumentsBrioStorage", "MainBrioStorage"], "{prod}");
    let Some(promtool) = Tool::promtool() else { return };
    for text in [&rules, &prod] {
        promtool.judge(&["check", "rules"], "rules.yml", text).unwrap_or_else(|e| panic!("{text}\n{e}"));
    }
    let series = |series: &str, value: u64| format!("  - series: {series}\n    values: {value}x20\n");
    let fires = |alert: &str, tenant: &str, quota: &str, part: &str, store: &str| {
        let description = match alert.contains("Others") {
            true => format!(
                "Its tier is not known here; the largest quota of tiers with shared tables is {quota}."
            ),
            false => format!("Its quota is {quota}."),
        };
        format!(
            "  - eval_time: 10m\n    alertname: {alert}\n    exp_alerts: [{{ exp_labels: {{ severity: critical, store: {store}, tenant: {tenant}{} }}, \
             exp_annotations: {{ summary: \"{tenant} has used all of its {part} in {store}\", description: \"{description}\" }} }}]\n",
            if alert.contains("Others") { format!(", tenant_id: {tenant}") } else { String::new() }
        )
    };
    let silent = |alert: &str| format!("  - eval_time: 10m\n    alertname: {alert}\n    exp_alerts: []\n");
    let test = [
        "rule_files: [rules.yml, prod.yml]\nevaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n",
        &series(&format!("polity_tenant_rows{{store=\"main\",tenant_id=\"{ACME}\"}}"), 11),
        &series(&format!("polity_tenant_rows{{store=\"main\",tenant_id=\"{NOBODY}\"}}"), 21),
        // Ten less than what it would be told for.
        &series(&format!("polity_tenant_bytes{{store=\"main\",tenant_id=\"{NOBODY}\"}}"), 1_500_000),
        &series("mongodb_dbstats_totalSize{store=\"documents\",database=\"brio_shop_documents\",rs_state=\"1\"}", 5 << 30),
        &series("mongodb_dbstats_totalSize{store=\"documents\",database=\"brio_shop_documents\",rs_state=\"2\"}", 5 << 30),
        &series("mongodb_dbstats_objects{store=\"documents\",database=\"shop_documents\"}", 1_000_000),
        &series("redis_memory_used_bytes{store=\"cache\",tenant=\"brio\"}", 5 << 30),
        &series("redis_memory_used_bytes{store=\"cache\",tenant=\"shared\"}", 50 << 30),
        "  alert_rule_test:\n",
        &fires("MainAcmeRowsCritical", "acme", "10 rows", "rows", "main"),
        &fires("MainOthersRowsCritical", NOBODY, "20 rows", "rows", "main"),
        &silent("MainOthersStorageCritical"),
        &fires("DocumentsBrioStorageCritical", "brio", "4294967296 bytes", "storage", "documents"),
        &silent("DocumentsBrioRowsCritical"),
        &fires("CacheBrioStorageCritical", "brio", "4294967296 bytes", "storage", "cache"),
    ]
    .concat();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("rules.yml", &rules), ("prod.yml", &prod), ("test.yml", &test)] {
        std::fs::write(folder.path().join(name), text).expect("ours");
    }
    let path = folder.path().join("test.yml");
    promtool
        .run(&["test", "rules", &path.to_string_lossy()])
        .unwrap_or_else(|e| panic!("{rules}\n{test}\n{e}"));
}

#[test]
fn a_database_that_nobody_named_is_called_the_same_everywhere() {
    let files = build(&TABLES.replace(" { database: \"shop\" }", " {}"));
    assert_eq!(yaml(&text(&files, "tenants/brio/tier/main.yml"))["database"], "brio_shop_main");
    assert!(text(&files, "monitoring/rules.yml").contains("datname=\"brio_shop_main\""));
    let promote = text(&files, "main/tenants/brio/promote.sh");
    assert!(text(&files, "documents/apply.js").contains("\"shop_documents\""));
    assert!(!promote.contains("brio_main"), "{promote}");
}
