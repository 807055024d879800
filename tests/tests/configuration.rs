//! YAML overrides, Helm values, Terraform variables and alerts, read back by what reads them in production.

use polity_tests::engines::Tool;
use polity_tests::overlay::{merge, yaml};
use polity_tests::project::{build, compile, example, on_disk, root, text};
use serde_json::Value as Json;

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

/// The platform of [`SHOP`] as production sees it, with nothing said in an overlay.
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

const EXAMPLES: &[&str] = &["ismail", "spotify-ai-agent"];

#[test]
fn prometheus_accepts_the_alerts() {
    let Some(promtool) = Tool::promtool() else { return };
    for name in EXAMPLES {
        let rules = text(&example(name), "monitoring/rules.yml");
        promtool.judge(&["check", "rules"], "rules.yml", &rules).unwrap_or_else(|e| panic!("{rules}\n{e}"));
    }
}

#[test]
fn a_chart_is_asked_for_no_cluster_that_it_does_not_run() {
    let told = |production: &str| {
        let source = format!(
            r#"platform shop {{ environments: [dev, prod]; production: [prod] }}
            store documents: mongodb 7 {{
              database: "shop"
              managed_by: helm {{ chart: "bitnami/mongodb" }}
              in prod {{ {production} }}
            }}
            entity Note in documents {{ id: uuid key, shard by (id) }}"#
        );
        let compiled = compile(&source);
        let errors: Vec<String> = compiled.diagnostics.iter().map(|d| d.message.to_string()).collect();
        let files: Option<Vec<String>> =
            compiled.artifacts.map(|files| files.iter().map(|(path, _)| path.to_owned()).collect());
        (errors, files.unwrap_or_default())
    };
    let (errors, _) = told("topology: sharded { shards: 2 }");
    assert_eq!(errors, ["the chart `bitnami/mongodb` runs no sharded cluster"]);
    let (errors, files) = told("managed_by: operator; topology: sharded { shards: 2 }");
    assert_eq!(errors, [""; 0]);
    assert!(!files.iter().any(|path| path == "helm/documents-values-prod.yaml"), "{files:#?}");
}

#[test]
fn a_chart_of_redis_is_asked_for_no_cluster() {
    let source = "platform shop { environments: [dev] }\nstore cache: redis 7 { persistence: [rdb]; managed_by: helm { chart: \"bitnami/redis\" }; topology: cluster { masters: 3 } }";
    let errors: Vec<String> = compile(source).diagnostics.iter().map(|d| d.message.to_string()).collect();
    assert_eq!(errors, ["the chart `bitnami/redis` runs no cluster"]);
}

#[test]
fn every_yaml_file_is_one_to_others_as_well() {
    let Some(yamllint) = Tool::yamllint() else { return };
    // Long descriptions and the missing `---` are a matter of taste.
    let taste =
        "{extends: default, rules: {line-length: disable, document-start: disable, indentation: disable}}";
    for name in EXAMPLES {
        let folder = on_disk(&example(name));
        let artifacts = example(name);
        let is_yaml =
            |path: &&str| path.ends_with(".yml") || path.ends_with(".yaml") && !path.contains("/templates/");
        let files = artifacts.iter().map(|(path, _)| path).filter(is_yaml);
        let files: Vec<String> = files.map(|path| folder.path().join(path).display().to_string()).collect();
        assert!(!files.is_empty(), "{name}");
        let arguments = ["-s", "-d", taste].map(str::to_owned);
        yamllint.run(&[&arguments[..], &files].concat()).unwrap_or_else(|e| panic!("{e}"));
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

/// A platform with every file that belongs to one environment.
const OVERLAYS: &str = r#"
platform shop { environments: [dev, prod]; production: [prod] }
store main: postgres 15 {
  managed_by: helm { chart: "bitnami/postgresql" }
  in dev { settings: { work_mem: 4MiB }, alert down }
  in prod { settings: { work_mem: 64MiB }, replicas: 2, alert down }
}
store cache: redis 7 {
  managed_by: terraform { variable: "cache" }
  in dev { max_memory: 1MiB }
  in prod { max_memory: 1GiB, encryption: { in_transit: tls_1_3 } }
}
keyspace Note in cache { pattern "note"; value text; ttl 1h }
"#;

#[test]
fn an_environment_limits_the_overlays_and_changes_nothing_else() {
    let sources = polity::source::Sources::single("test.polity", OVERLAYS);
    let only = |environment: Option<&str>| {
        let options =
            polity::Options { environment: environment.map(str::to_owned), ..polity::Options::default() };
        polity::compile(&sources, &options).artifacts.expect("there is no error")
    };
    let all = only(None);
    let of = |path: &str, environment: &str| {
        path.split(|c: char| !c.is_alphanumeric()).any(|word| word == environment)
    };
    for (here, other) in [("dev", "prod"), ("prod", "dev")] {
        let some = only(Some(here));
        for (path, content) in all.iter() {
            let wanted = (!of(path, other)).then_some(content);
            assert_eq!(some.get(path), wanted, "{path} for {here}");
        }
        assert_eq!(some.iter().filter(|(path, _)| all.get(path).is_none()).count(), 0);
    }
    let of_prod: Vec<&str> = all.iter().map(|(path, _)| path).filter(|path| of(path, "prod")).collect();
    assert_eq!(
        of_prod,
        [
            "cache/redis-prod.conf",
            "cache/redis-tls-prod.conf",
            "helm/files/rules/in-prod.yml",
            "helm/main-values-prod.yaml",
            "helm/values-prod.yaml",
            "main/postgresql-prod.conf",
            "monitoring/rules-prod.yml",
            "overrides/prod_cache.yml",
            "overrides/prod_main.yml",
            "terraform/prod.tfvars.json",
        ]
    );
}
