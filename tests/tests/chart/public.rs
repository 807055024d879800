//! Values of public charts, held against the names and types that these publish.

use polity_tests::engines::Tool;
use polity_tests::overlay::{merge, yaml};
use polity_tests::project::{build, root, text};
use serde_json::{Map, Value as Json, json};

const STORES: &str = r#"
platform shop { environments: [dev, prod]; production: [prod] }
store main: postgres 15 {
  database: "shop"
  managed_by: helm { chart: "bitnami/postgresql", namespace: "data" }
  url: secret("shop-database", "url")
  backup: { every: 6h, retain: 7d }
  encryption: { in_transit: tls_1_3 }
  monitoring: { metrics: [connections] }
  settings: { work_mem: 64MiB }
  resources: { cpu: 2, memory: 4GiB }
  in prod { replicas: 2, storage: 100GiB, settings: { work_mem: 128MiB } }
}
store documents: mongodb 7 {
  database: "shop"
  managed_by: helm { chart: "bitnami/mongodb" }
  topology: replica_set { members: 3 }
  backup: { every: 1d, retain: 7d }
  storage: 10GiB
  encryption: { in_transit: tls_1_2 }
  alert down severity critical
}
store cache: redis 7.2 {
  managed_by: helm { chart: "bitnami/redis" }
  persistence: [rdb]
  encryption: { in_transit: tls_1_3 }
  in prod { topology: replica_set { members: 3 }, storage: 8GiB }
}
schema core in main { entity User as "users" { id: uuid key } }
entity Note in documents as "notes" { id: uuid key }
keyspace Session in cache { pattern "session:{user_id: uuid}"; value text; ttl 1h }
"#;

const CHARTS: &[(&str, &str)] = &[("main", "postgresql"), ("documents", "mongodb"), ("cache", "redis")];

fn values(store: &str, environment: &str) -> Map<String, Json> {
    let files = build(STORES);
    let mut values = yaml(&text(&files, &format!("helm/{store}-values.yaml")));
    let own = format!("helm/{store}-values-{environment}.yaml");
    if files.get(&own).is_some() {
        merge(&mut values, &yaml(&text(&files, &own)));
    }
    values
}

#[test]
fn values_of_public_charts_have_the_names_and_types_that_these_publish() {
    let Some(python) = Tool::python() else { return };
    let program = "import json, sys, jsonschema\njsonschema.Draft7Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))";
    let judge = |chart: &str, values: &Map<String, Json>| {
        let schema = root().join(format!("tests/fixtures/public_charts/{chart}.json")).display().to_string();
        python.judge(&["-c", program, &schema], "values.json", &json!(values).to_string())
    };
    for (store, chart) in CHARTS {
        for environment in ["dev", "prod"] {
            let values = values(store, environment);
            judge(chart, &values).unwrap_or_else(|e| panic!("{store} in {environment}: {e}\n{values:#?}"));
        }
        let mut wrong = values(store, "dev");
        wrong.insert("metrics".to_owned(), json!(true));
        assert!(judge(chart, &wrong).is_err(), "{chart}");
    }
}

#[test]
fn a_public_chart_gets_its_version_backup_certificates_and_parameters() {
    let main = values("main", "prod");
    assert_eq!(main["image"], json!({ "tag": "15" }));
    assert_eq!(
        main["backup"],
        json!({ "enabled": true, "cronjob": { "schedule": "43 */6 * * *", "storage": { "size": "100Gi" } } })
    );
    assert_eq!(main["tls"]["certificatesSecret"], "shop-main-tls");
    let parameters = main["primary"]["extendedConfiguration"].as_str().unwrap();
    assert_eq!(parameters.lines().last(), Some("work_mem = 128MB"), "the last one holds");
    assert_eq!(main["readReplicas"]["replicaCount"], 2);
    assert_eq!(main["readReplicas"]["resources"], main["primary"]["resources"]);
    let documents = values("documents", "dev");
    assert_eq!(
        (&documents["image"], &documents["metrics"]),
        (&json!({ "tag": "7.0" }), &json!({ "enabled": true }))
    );
    assert_eq!(
        documents["backup"]["cronjob"],
        json!({ "schedule": "43 3 * * *", "storage": { "size": "10Gi" } })
    );
    assert_eq!(documents["commonLabels"], json!({ "polity/platform": "shop", "polity/store": "documents" }));
    let cache = values("cache", "prod");
    assert_eq!(
        (&cache["architecture"], &cache["replica"]["replicaCount"]),
        (&json!("replication"), &json!(3))
    );
    assert_eq!(cache["sentinel"], json!({ "enabled": true }));
    assert_eq!(values("cache", "dev")["architecture"], "standalone");
}
