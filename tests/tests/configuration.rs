//! YAML overrides, Helm values, Terraform variables and alerts, read back by what reads them in production.

use polity_tests::engines::Tool;
use polity_tests::project::{build, example, on_disk, root, text};
use serde_json::{Map, Value as Json};

const SHOP: &str = r#"
platform shop { environments: [dev, prod]; production: [prod] }

/// Orders.
store main: postgres 15 {
  database: "shop"
  managed_by: helm { chart: "bitnami/postgresql" }
  url: secret("shop-database", "url")
  pool: pgbouncer { mode: transaction, size: 10 }
  backup: { every: 1d, retain: 7d, point_in_time: true }
  load_balancing: { strategy: least_connections, health_check: { interval: 10s, timeout: 2s, retries: 3 } }
  encryption: { at_rest: aes_256_gcm, in_transit: tls_1_3 }
  storage: 10GiB
  annotations: { team: "no", "cost center": 1.50 }
  alert connections > 80% for 5m severity critical
  in prod { pool: { size: 50 }, backup: { retain: 30d }, replicas: 2, storage: 100GiB }
}
"#;

/// The same, as production sees it, with nothing said in an overlay.
const SHOP_IN_PROD: &str = r#"
platform shop { environments: [dev, prod]; production: [prod] }

/// Orders.
store main: postgres 15 {
  database: "shop"
  managed_by: helm { chart: "bitnami/postgresql" }
  url: secret("shop-database", "url")
  pool: pgbouncer { mode: transaction, size: 50 }
  backup: { every: 1d, retain: 30d, point_in_time: true }
  load_balancing: { strategy: least_connections, health_check: { interval: 10s, timeout: 2s, retries: 3 } }
  encryption: { at_rest: aes_256_gcm, in_transit: tls_1_3 }
  storage: 100GiB
  annotations: { team: "no", "cost center": 1.50 }
  replicas: 2
  alert connections > 80% for 5m severity critical
}
"#;

#[test]
fn an_environment_laid_over_the_base_is_what_the_environment_would_say_alone() {
    let layered = build(SHOP);
    let mut merged = yaml(&text(&layered, "overrides/base_main.yml"));
    merge(&mut merged, &yaml(&text(&layered, "overrides/prod_main.yml")));
    assert_eq!(merged, yaml(&text(&build(SHOP_IN_PROD), "overrides/base_main.yml")));
}

#[test]
fn an_override_says_only_what_differs() {
    let files = build(SHOP);
    let body = |path: &str| yaml(&text(&files, path));
    assert_eq!(Json::Object(body("overrides/dev_main.yml")), serde_json::json!({}));
    assert_eq!(
        Json::Object(body("overrides/prod_main.yml")),
        serde_json::json!({
            "pool": { "size": 50 },
            "backup": { "retain": 2_592_000 },
            "replicas": 2,
            "storage": "100GiB",
        })
    );
}

#[test]
fn no_override_holds_a_secret() {
    let base = text(&build(SHOP), "overrides/base_main.yml");
    assert!(base.contains("secret: shop-database"), "{base}");
}

#[test]
fn helm_accepts_the_values_and_reads_what_the_model_says() {
    let Some(helm) = Tool::helm() else { return };
    for files in [build(SHOP), example("ismail")] {
        let folder = on_disk(&files);
        let chart = chart(folder.path());
        for environment in ["dev", "prod"] {
            let values = [
                folder.path().join("helm/values.yaml"),
                folder.path().join(format!("helm/values-{environment}.yaml")),
            ];
            let values: Vec<_> = values.iter().map(|p| p.as_path()).collect();
            helm.chart("lint", &chart, &values).unwrap_or_else(|e| panic!("{e}"));
            let rendered = helm.chart("template", &chart, &values).unwrap_or_else(|e| panic!("{e}"));
            assert!(rendered.contains(&format!("\"environment\": \"{environment}\"")), "{rendered}");
        }
    }
}

#[test]
fn helm_refuses_a_misspelt_key() {
    let Some(helm) = Tool::helm() else { return };
    let folder = on_disk(&build(SHOP));
    let chart = chart(folder.path());
    for wrong in [
        "stores: { main: { databse: shop } }",
        "stores: { main: { pool: { sise: 3 } } }",
        "stores: { mian: {} }",
        "storess: {}",
        "stores: { main: { backup: { every: daily } } }",
    ] {
        let file = folder.path().join("wrong.yaml");
        std::fs::write(&file, wrong).unwrap();
        let values = [folder.path().join("helm/values.yaml"), file];
        let values: Vec<_> = values.iter().map(|p| p.as_path()).collect();
        let refused = helm.chart("template", &chart, &values);
        assert!(refused.is_err(), "`{wrong}` was accepted");
    }
}

#[test]
fn prometheus_accepts_the_alerts() {
    let Some(promtool) = Tool::promtool() else { return };
    let rules = text(&example("ismail"), "monitoring/rules.yml");
    promtool.judge(&["check", "rules"], "rules.yml", &rules).unwrap_or_else(|e| panic!("{rules}\n{e}"));
}

#[test]
fn every_yaml_file_is_one_to_others_as_well() {
    let Some(yamllint) = Tool::yamllint() else { return };
    // Long descriptions and the missing `---` are a matter of taste.
    let taste =
        "{extends: default, rules: {line-length: disable, document-start: disable, indentation: disable}}";
    for (path, content) in example("ismail").iter() {
        if path.ends_with(".yml") || path.ends_with(".yaml") {
            let content = std::str::from_utf8(content).unwrap();
            yamllint
                .judge(&["-s", "-d", taste], "file.yml", content)
                .unwrap_or_else(|e| panic!("{path}\n{e}"));
        }
    }
}

/// A chart of the values' schema, beside the generated files.
fn chart(folder: &std::path::Path) -> std::path::PathBuf {
    let chart = folder.join("chart");
    let fixture = root().join("tests/fixtures/chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    for file in ["Chart.yaml", "values.yaml", "templates/values.yaml"] {
        std::fs::copy(fixture.join(file), chart.join(file)).unwrap();
    }
    std::fs::copy(folder.join("helm/values.schema.json"), chart.join("values.schema.json")).unwrap();
    // The chart's own defaults are the base, as in a chart that ships them.
    std::fs::copy(folder.join("helm/values.yaml"), chart.join("values.yaml")).unwrap();
    chart
}

fn yaml(text: &str) -> Map<String, Json> {
    serde_saphyr::from_str(text).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

/// Records merge by name, `null` takes away, anything else replaces: what Helm does.
fn merge(base: &mut Map<String, Json>, over: &Map<String, Json>) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (_, Json::Null) => {
                base.shift_remove(key);
            }
            (Some(Json::Object(below)), Json::Object(above)) => merge(below, above),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}
