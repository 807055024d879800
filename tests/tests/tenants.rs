//! Tiers and tenants: what their configuration says, laid over the environments, and what keeps them apart in MongoDB
//! and Redis.

use polity::artifact::Artifacts;
use polity_tests::engines::{Mongo, Postgres, Redis, Tool};
use polity_tests::overlay::{merge, yaml};
use polity_tests::project::{build, example, on_disk, text};
use serde_json::{Map, Value as Json, json};

const ACME: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
const BRIO: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11";

const SHOP: &str = r#"
platform shop { environments: [dev, prod]; production: [prod] }

store documents: mongodb 7 {
  database: "shop"
  naming: camel_case
  pool: { max_size: 20, min_size: 1 }
  in prod { replicas: 2, pool: { min_size: 4 } }
}
store cache: redis 7 { max_memory: 1GiB, in prod { max_memory: 4GiB, replicas: 1 } }

tenancy by tenant_id: uuid

tier small {
  isolation: row
  quota: { requests: 100 per 1m }
  store documents { pool: { max_size: 5 } }
  accept client_enforced because "one library adds the tenant to every filter and key"
}

tier large {
  isolation: database
  prefix: "t_{tenant}_"
  backup: isolated
  authentication: { session: { timeout: 1h, concurrent: 5 } }
  in prod { store documents { replicas: 4 } }
}

tenant acme: large {
  id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10"
  region: "eu-west-1"
  quota: { storage: 1TiB }
  in prod {
    authentication: { session: { concurrent: 3 } }
    store cache { max_memory: 8GiB }
    store documents { pool: { max_size: 50 } }
  }
  store cache { max_memory: 1GiB }
}

tenant brio: small { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11", store documents { pool: { min_size: 1 } } }

entity Note in documents as "notes" {
  id:    uuid      key = uuid_v7()
  title: text(80)  unique
  text:  text(500)
}

global entity Country in documents as "countries" {
  id:   uuid     key
  name: text(80)
}

keyspace Draft in cache { pattern "draft:{note: -> documents.Note}"; value text; ttl 1h }

keyspace Queue in cache { pattern "queue:mails"; value list of text; max_length 100 }

global keyspace Rate in cache { pattern "rate:{currency: currency}"; value text; ttl 1h }

channel News in cache { pattern "news"; value text }
"#;

/// The settings of a tenant's store that an environment sees when the files are laid over each other.
fn merged(environment: Option<&str>, tenant: &str, store: &str) -> Json {
    let files = build(SHOP);
    let mut all = yaml(&text(&files, &format!("overrides/base_{store}.yml")));
    if let Some(environment) = environment {
        merge(&mut all, &yaml(&text(&files, &format!("overrides/{environment}_{store}.yml"))));
    }
    lay_over(&files, environment, tenant, store, &mut all);
    Json::Object(all)
}

/// Lays over a tree what the tier and the tenant say, each with what an environment changes.
fn lay_over(
    files: &Artifacts,
    environment: Option<&str>,
    tenant: &str,
    file: &str,
    all: &mut Map<String, Json>,
) {
    for whose in [format!("tenants/{tenant}/tier"), format!("tenants/{tenant}")] {
        let in_environment = environment.map(|environment| format!("{whose}/{environment}/{file}.yml"));
        for path in [Some(format!("{whose}/{file}.yml")), in_environment].into_iter().flatten() {
            if let Some(more) = files.get(&path) {
                merge(all, &yaml(std::str::from_utf8(more).unwrap()));
            }
        }
    }
}

#[test]
fn base_environment_and_tenant_laid_over_each_other_are_what_the_model_says() {
    let acme = merged(Some("prod"), "acme", "documents");
    assert_eq!(acme["database"], "t_acme_shop");
    assert_eq!(acme["replicas"], 4, "the tier's in production");
    assert_eq!(acme["pool"]["max_size"], 50, "the tenant's in production");
    assert_eq!(acme["tenant_isolation"]["strategy"], "database_per_tenant");
    assert_eq!(acme["tenant_isolation"]["tenant_column"], "tenantId");
    assert_eq!(acme["tenant_isolation"]["backup_isolation"], true);
    assert_eq!(merged(None, "acme", "documents")["pool"]["max_size"], 20, "the store's");
    assert_eq!(merged(Some("dev"), "acme", "documents").get("replicas"), None);

    let brio = merged(Some("prod"), "brio", "documents");
    assert_eq!(brio["database"], "shop");
    assert_eq!(brio["replicas"], 2, "the store's in production");
    assert_eq!(brio["pool"]["max_size"], 5, "the tier's");
    assert_eq!(brio["tenant_isolation"]["strategy"], "client_enforced");
}

#[test]
fn a_tenant_wins_over_an_environment_even_where_it_says_what_the_base_says() {
    assert_eq!(merged(None, "brio", "documents")["pool"]["min_size"], 1);
    assert_eq!(merged(Some("prod"), "brio", "documents")["pool"]["min_size"], 1);
    assert_eq!(merged(Some("prod"), "acme", "documents")["pool"]["min_size"], 4, "the store's in production");
    assert_eq!(merged(Some("prod"), "acme", "cache")["max_memory"], "8GiB");
    assert_eq!(merged(Some("prod"), "acme", "cache")["replicas"], 1, "untouched");
    assert_eq!(
        merged(None, "brio", "cache")["rate_limiting"]["requests"],
        json!({ "count": 100, "per": 60 })
    );
    assert_eq!(merged(None, "brio", "cache")["tenant_isolation"]["key_prefix"], format!("{BRIO}:"));
}

#[test]
fn a_tenant_s_security_says_who_it_is_and_what_its_tier_asks_for() {
    let files = build(SHOP);
    let security = |environment| {
        let mut all = Map::new();
        lay_over(&files, environment, "acme", "security_config", &mut all);
        all
    };
    let acme = security(None);
    assert_eq!(acme["tenant_id"], ACME);
    assert_eq!(acme["tier"], "large");
    assert_eq!(acme["region"], "eu-west-1");
    assert_eq!(acme["quota"]["storage"], "1TiB");
    assert_eq!(acme["authentication"]["session"], json!({ "timeout": 3600, "concurrent": 5 }));
    let acme = security(Some("prod"));
    assert_eq!(acme["authentication"]["session"], json!({ "timeout": 3600, "concurrent": 3 }));
    let template = yaml(&text(&files, "tenants/large_tier_template.yml"));
    assert_eq!(template["stores"]["documents"]["database"], "t_{tenant}_shop");
}

#[test]
fn helm_takes_the_values_of_a_tenant_with_resources_of_its_own() {
    let files = build(SHOP);
    let acme = yaml(&text(&files, "helm/tenants/acme/values.yaml"));
    assert_eq!(acme["stores"]["documents"]["database"], "t_acme_shop");
    let Some(helm) = Tool::helm() else { return };
    let folder = on_disk(&files);
    let chart = folder.path().join("chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    let fixture = polity_tests::project::root().join("tests/fixtures/chart");
    for file in ["Chart.yaml", "templates/values.yaml"] {
        std::fs::copy(fixture.join(file), chart.join(file)).unwrap();
    }
    for (file, to) in [("values.schema.json", "values.schema.json"), ("values.yaml", "values.yaml")] {
        std::fs::copy(folder.path().join("helm").join(file), chart.join(to)).unwrap();
    }
    let values = [
        "values-prod.yaml",
        "tenants/acme/values.yaml",
        "tenants/acme/values-prod.yaml",
        "tenants/acme-values.yaml",
        "tenants/acme-values-prod.yaml",
    ]
    .map(|file| folder.path().join("helm").join(file));
    // Not each of them has anything to say.
    let values: Vec<_> = values.iter().filter(|path| path.exists()).map(|path| path.as_path()).collect();
    assert_eq!(values.len(), 4);
    let rendered = helm.chart("template", &chart, &values).unwrap_or_else(|e| panic!("{e}"));
    for expected in ["\"database\": \"t_acme_shop\"", "\"maxMemory\": \"8Gi\"", "\"replicas\": 4"] {
        assert!(rendered.contains(expected), "no {expected} in {rendered}");
    }
}

fn note(number: u32, tenant: &str, title: &str) -> Json {
    json!({
        "id": { "$uuid": format!("00000000-0000-4000-8000-{number:012}") },
        "tenantId": { "$uuid": tenant }, "title": title, "text": "t",
    })
}

#[test]
fn documents_without_a_tenant_are_refused_and_nothing_unique_is_shared() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&build(SHOP));
    let apply = folder.path().join("documents/apply.js");
    let name = mongo.name().to_owned();
    mongo.script_file(&apply, &[("POLITY_DATABASE", &name)]).unwrap_or_else(|e| panic!("{e}"));
    mongo.insert("notes", note(1, ACME, "hello")).unwrap();
    mongo.insert("notes", note(1, BRIO, "hello")).expect("the same id and title of another tenant");
    assert_eq!(mongo.insert("notes", note(2, ACME, "hello")).unwrap_err().code, 11000);
    assert_eq!(mongo.insert("notes", note(1, ACME, "other")).unwrap_err().code, 11000);
    let mut nobodys = note(3, ACME, "nobody's");
    nobodys.as_object_mut().unwrap().remove("tenantId");
    assert_eq!(mongo.insert("notes", nobodys).unwrap_err().code, 121);
    for index in mongo.list(json!({ "listIndexes": "notes" })).unwrap() {
        if index["unique"] == true {
            assert_eq!(index["key"].as_object().unwrap().keys().next().unwrap(), "tenantId", "{index}");
        }
    }
}

#[test]
fn a_database_of_a_tenant_takes_nobody_else_s_documents() {
    let Some(mut mongo) = Mongo::database() else { return };
    let folder = on_disk(&build(SHOP));
    let apply = folder.path().join("documents/apply.js");
    let name = mongo.name().to_owned();
    let variables = [("POLITY_DATABASE", name.as_str()), ("POLITY_TENANT", "acme")];
    mongo.script_file(&apply, &variables).unwrap_or_else(|e| panic!("{e}"));
    let again = mongo.script_file(&apply, &variables).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(again, "nothing to change");
    mongo.insert("notes", note(1, ACME, "hello")).unwrap();
    assert_eq!(mongo.insert("notes", note(2, BRIO, "moved")).unwrap_err().code, 121);
    let wrong = mongo.script_file(&apply, &[("POLITY_TENANT", "brio")]);
    assert!(wrong.as_ref().is_err_and(|e| e.contains("there is no tenant `brio`")), "{wrong:?}");
}

/// Among the documents of others nothing would be found, which would look like everything erased.
#[test]
fn an_erasure_is_refused_where_the_tenant_has_nothing() {
    let Some(mongo) = Mongo::database() else { return };
    let examples = on_disk(&example("spotify-ai-agent"));
    let shop = on_disk(&build(SHOP));
    const PREMIUM: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
    let person = ("POLITY_SUBJECT", "018f3c1e-0000-7000-8000-000000000001");
    for (path, variables, tenant) in [
        (shop.path().join("documents/erase_tenant.js"), vec![("POLITY_TENANT_ID", ACME)], "acme"),
        (
            examples.path().join("documents/erase_subject.js"),
            vec![person, ("POLITY_TENANT_ID", PREMIUM)],
            "spotify_premium",
        ),
        (
            examples.path().join("documents/export_subject.js"),
            vec![person, ("POLITY_TENANT_ID", PREMIUM)],
            "spotify_premium",
        ),
    ] {
        let refused = mongo.script_file(&path, &variables);
        let expected = format!("has a database of its own: set POLITY_TENANT={tenant}");
        assert!(refused.as_ref().is_err_and(|e| e.contains(&expected)), "{}: {refused:?}", path.display());
        let own = mongo.name().to_owned();
        let named = [variables, vec![("POLITY_DATABASE", own.as_str())]].concat();
        mongo.script_file(&path, &named).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

#[test]
fn the_application_of_a_tenant_s_own_server_gets_at_nobody_else_s_keys() {
    let files = build(SHOP);
    let users = text(&files, "cache/tenants/acme/users.acl");
    let Some(redis) =
        Redis::with_files(&[("users.acl", &with_password(&users)), ("redis.conf", "aclfile users.acl\n")])
    else {
        return;
    };
    let mut redis = redis.expect("starts");
    redis.login("shop_app", "secret").expect("the password holds");
    let key = "draft:00000000-0000-4000-8000-000000000001";
    redis.run(&format!("SET {ACME}:{key} 1 EX 60")).expect("its own");
    redis.run(&format!("LPUSH {{{ACME}:queue:mails}}:processing 1")).expect("beside its queue");
    redis.run("SET rate:XOF 1 EX 60").expect("everybody's");
    redis.run(&format!("PUBLISH {ACME}:news hello")).expect("its own");
    for refused in [
        format!("GET {BRIO}:{key}"),
        format!("SET {BRIO}:{key} 1"),
        format!("DEL {BRIO}:{key}"),
        format!("LPUSH {{{BRIO}:queue:mails}}:processing 1"),
        format!("PUBLISH {BRIO}:news hello"),
        format!("SUBSCRIBE {BRIO}:news"),
        "KEYS *".to_owned(),
        "SCAN 0".to_owned(),
        "FLUSHALL".to_owned(),
        "DBSIZE".to_owned(),
    ] {
        let answer = redis.run(&refused);
        assert!(answer.as_ref().is_err_and(|e| e.to_string().contains("NOPERM")), "{refused}: {answer:?}");
    }
}

fn with_password(users: &str) -> String {
    users.replace("user shop_app on resetpass ", "user shop_app on resetpass >secret ")
}

#[test]
fn what_only_the_client_keeps_apart_has_to_be_accepted() {
    let told = |text: &str| {
        polity_tests::project::compile(text)
            .diagnostics
            .iter()
            .filter(|d| d.is_error())
            .map(|d| d.code.to_string())
            .collect::<Vec<_>>()
    };
    let accept = "  accept client_enforced because \"one library adds the tenant to every filter and key\"\n";
    assert_eq!(told(SHOP), Vec::<String>::new());
    assert_eq!(told(&SHOP.replace(accept, "")), ["E0829", "E0829"]);
    let one = accept.replace("enforced because", "enforced in cache because");
    assert_eq!(told(&SHOP.replace(accept, &one)), ["E0829"]);
    for (from, to, code) in [
        ("tenant brio: small", "tenant b123456789012345678901234567890x: small", "E0828"),
        (BRIO, ACME, "E0827"),
        (BRIO, "018F3C1E-5C1E-7B1A-9A57-0A4D4A3F2B11", "E0827"),
        (BRIO, "00000000-0000-0000-0000-000000000000", "E0827"),
        ("t_{tenant}_", "t_", "E0828"),
        ("t_{tenant}_", "t$_{tenant}_", "E0828"),
        ("quota: { requests: 100 per 1m }", "quota: { requests: 100 }", "E0402"),
        ("quota: { requests: 100 per 1m }", "quotas: { requests: 100 per 1m }", "E0401"),
        ("backup: isolated", "keys: { pii: tenant }", "E0201"),
        ("pool: { max_size: 50 }", "naming: camel_case", "E0411"),
        ("pool: { max_size: 50 }", "pool: { max_size: many }", "E0402"),
    ] {
        assert!(SHOP.contains(from));
        assert_eq!(told(&SHOP.replace(from, to)), [code], "{from} -> {to}");
    }
}

const ROWS: &str = r#"
platform mall { environments: [dev] }
store main: postgres 15 { database: "mall" }
tenancy by tenant_id: uuid
tier large { isolation: database }
tenant acme: large { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
schema core in main {
  global entity Country { code: text(2) key }
  entity Note { id: uuid key = uuid_v7(); text: text(80) }
  entity Visit {
    id: uuid      = uuid_v7()
    at: timestamp = now()
    key (id, at)
    partition by month (at) ahead 1
  }
}
"#;

#[test]
fn a_postgresql_database_of_a_tenant_takes_nobody_else_s_rows() {
    let Some(mut db) = Postgres::server() else { return };
    let files = build(ROWS);
    for (role, file) in
        [("postgres", "main/tenants/acme/roles.sql"), ("mall_acme_migrator", "main/tenants/acme/schema.sql")]
    {
        db.script_as(role, &text(&files, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    for table in ["note (tenant_id, text)", "visit (tenant_id, at)"] {
        let insert = |tenant: &str| {
            let value = if table.starts_with("note") { "'x'" } else { "now()" };
            format!("insert into core.{table} values ('{tenant}', {value})")
        };
        db.run(&insert(ACME)).unwrap_or_else(|e| panic!("{table}: {e}"));
        let refused = db.run(&insert(BRIO)).expect_err("of another tenant, even by a superuser");
        assert_eq!(
            (refused.sqlstate.as_str(), refused.constraint.as_deref()),
            ("23514", Some("polity_tenant"))
        );
    }
}

/// The secret with the address of the shared Redis leads no tenant to its own, and an alert below what memory there is rings.
#[test]
fn a_redis_of_a_tenant_s_own_has_an_address_and_a_ceiling_of_its_own() {
    let files = build(
        r#"
platform shop { environments: [dev, prod] }
store main: postgres 15 { database: "shop", url: secret("main", "url") }
store cache: redis 7 { url: secret("cache", "url"), max_memory: 1GiB, in prod { max_memory: 8GiB } }
tenancy by tenant_id: uuid
tier own { isolation: database, quota: { storage: 4GiB } }
tenant acme_two: own { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
tenant brio: own {
  id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11"
  store cache { url: secret("brio", "address"), max_memory: 16GiB }
}
keyspace Note in cache { pattern "note:{id: int}"; value text }
"#,
    );
    let values = |file: &str| text(&files, &format!("helm/tenants/{file}"));
    let of_tier = values("acme_two/values.yaml");
    assert!(of_tier.contains("cache.acme-two"), "{of_tier}");
    assert!(!of_tier.contains("main.acme-two"), "its database is on the shared server");
    let own = values("brio-values.yaml");
    assert!(own.contains("brio") && !own.contains("cache.brio"), "{own}");
    assert!(files.get("helm/tenants/acme_two-values.yaml").is_none(), "it says nothing itself");
    let template = text(&files, "tenants/own_tier_template.yml");
    assert!(template.contains("cache.{tenant}"), "{template}");
    // Of the smaller of quota and memory; where the environments differ, in the rules of each.
    let rules = |file: &str| text(&files, &format!("monitoring/{file}"));
    let critical = |tenant: &str, bytes: u64| format!("tenant=\"{tenant}\"}}) > {bytes}");
    let (one, four) = (1 << 30, 4 << 30);
    for (file, tenant, bytes, is_there) in [
        ("rules-dev.yml", "acme_two", one, true),
        ("rules-prod.yml", "acme_two", four, true),
        ("rules-prod.yml", "acme_two", one, false),
        ("rules.yml", "brio", four, true),
    ] {
        let text = rules(file).replace(">-\n      ", "").replace("\n      ", " ");
        assert_eq!(text.contains(&critical(tenant, bytes)), is_there, "{tenant} {bytes}:\n{text}");
    }
}
