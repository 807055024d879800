//! Keys in the configuration: where they are kept, and never what they are.

use polity_tests::engines::Tool;
use polity_tests::project::{build, on_disk, text};
use serde_json::{Value, json};

const CLINIC: &str = r#"
platform clinic { environments: [dev, prod]; production: [prod] }
encryption key pii {
  rotate: 30d
  provider: kubernetes_secret("clinic-keys", "pii")
  in dev { provider: file("pii.key") }
}
encryption key cards { provider: vault("transit/cards") }
store main: postgres 15 { database: "clinic" }
tenancy by tenant_id: uuid
tier standard { isolation: row }
tier premium { isolation: row; keys: { pii: tenant } }
tenant spital: premium { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
schema core in main {
  entity Patient { id: uuid key; phone: phone unique encrypted with pii searchable }
}
"#;

#[test]
fn what_is_renamed_keeps_the_ids_that_ciphertexts_are_bound_to() {
    let ids = |source: &str| {
        let listed: Value = serde_json::from_str(&text(&build(source), "encryption.json")).expect("JSON");
        let field = &listed["fields"][0];
        assert!(field["field_id"].is_string(), "{listed}");
        (field["entity_id"].clone(), field["field_id"].clone())
    };
    let renamed = CLINIC
        .replace("entity Patient {", "entity Person as \"patient\" was Patient {")
        .replace("phone: phone unique", "mobile: phone as \"phone\" was phone unique");
    assert_eq!(ids(&renamed), ids(CLINIC));
    let schema = |source: &str| text(&build(source), "main/schema.sql").replace("`mobile`", "`phone`");
    assert_eq!(schema(&renamed), schema(CLINIC), "but for comments");
    let another = CLINIC.replace("phone: phone unique", "mobile: phone as \"phone\" unique");
    assert_ne!(ids(&another), ids(CLINIC));
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(&build(CLINIC), path)).expect("YAML")
}

#[test]
fn the_values_of_helm_name_the_secrets_of_keys() {
    let values = yaml("helm/values.yaml");
    let of = |entry: &str| json!({ "secret": "clinic-keys", "key": entry });
    assert_eq!(values["encryptionKeys"], json!({ "pii": { "key": of("pii"), "index": of("pii-index") } }));
    assert_eq!(yaml("helm/values-dev.yaml")["encryptionKeys"], json!({ "pii": null }));
    assert_eq!(yaml("helm/values-prod.yaml")["encryptionKeys"], Value::Null, "nothing changes");
}

#[test]
fn the_values_of_a_tenant_name_the_secrets_of_its_own_keys() {
    let values = yaml("helm/tenants/spital/values.yaml");
    let of = |entry: &str| json!({ "secret": "clinic-keys.spital", "key": entry });
    let own = json!({ "pii": { "key": of("pii"), "index": of("pii-index") } });
    // Helm takes the rest from the platform's values.
    for (entry, secret) in [("key", &own["pii"]["key"]), ("index", &own["pii"]["index"])] {
        assert_eq!(values["encryptionKeys"]["pii"][entry]["secret"], secret["secret"], "{values}");
    }
    let files = build(CLINIC);
    assert!(
        files.get("helm/tenants/spital/values-dev.yaml").is_none()
            || yaml("helm/tenants/spital/values-dev.yaml")["encryptionKeys"]["pii"].is_null()
    );
    assert_eq!(values["encryptionKeys"]["cards"], Value::Null, "no Secret of Kubernetes");
    let shared =
        build(&CLINIC.replace("keys: { pii: tenant }", "")).get("helm/tenants/spital/values.yaml").is_some();
    assert!(!shared, "nothing of its own");
    let by_key = CLINIC
        .replace("keys: { pii: tenant }", "")
        .replace("  rotate: 30d", "  rotate: 30d\n  scope: tenant");
    assert!(text(&build(&by_key), "helm/tenants/spital/values.yaml").contains("clinic-keys.spital"));
}

#[test]
fn helm_takes_the_values_and_refuses_a_misspelt_one() {
    let Some(helm) = Tool::helm() else { return };
    let folder = on_disk(&build(CLINIC));
    let chart = folder.path().join("chart");
    let fixture = polity_tests::project::root().join("tests/fixtures/chart");
    std::fs::create_dir_all(chart.join("templates")).expect("ours");
    for file in ["Chart.yaml", "templates/values.yaml"] {
        std::fs::copy(fixture.join(file), chart.join(file)).expect("ours");
    }
    for file in ["values.yaml", "values.schema.json"] {
        std::fs::copy(folder.path().join("helm").join(file), chart.join(file)).expect("ours");
    }
    let chart = chart.to_str().expect("UTF-8");
    let dev = folder.path().join("helm/values-dev.yaml");
    helm.run(&["template", chart, "-f", dev.to_str().expect("UTF-8")]).expect("valid");
    let set = "encryptionKeys.pii.kez.secret=x";
    helm.run(&["template", chart, "--set", set]).expect_err("misspelt");
}

#[test]
fn a_tenant_sees_in_whose_scope_its_keys_are() {
    let keys = |path: &str| yaml(path)["encryption"]["application_level"]["keys"].clone();
    let of_tenant = keys("tenants/spital/tier/security_config.yml");
    assert_eq!(of_tenant["pii"]["scope"], "tenant");
    assert_eq!(of_tenant["pii"]["algorithm"], "aes_256_gcm", "what holds where nothing is said");
    assert_eq!(of_tenant["cards"]["scope"], "platform");
    assert_eq!(keys("tenants/standard_tier_template.yml")["pii"]["scope"], "platform");
}
