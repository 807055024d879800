//! Services in the Helm values: who logs in as whom with which Secret, and the network policies that a chart renders from
//! them, judged as Kubernetes would.

use std::path::{Path, PathBuf};

use polity_tests::engines::Tool;
use polity_tests::overlay::{merge, yaml};
use polity_tests::project::{build, example, on_disk, text};
use serde_json::{Map, Value as Json, json};
use tempfile::TempDir;

const SHOP: &str = include_str!("shop.polity");

/// The generated chart.
struct Chart {
    folder: TempDir,
    helm: Tool,
}

impl Chart {
    fn of(files: &polity::artifact::Artifacts) -> Option<Self> {
        let helm = Tool::helm()?;
        Some(Self { folder: on_disk(files), helm })
    }

    fn chart(&self) -> PathBuf {
        self.folder.path().join("helm")
    }

    fn run(&self, command: &str, values: &[&str]) -> Result<String, String> {
        let values: Vec<PathBuf> = values.iter().map(|file| self.chart().join(file)).collect();
        let values: Vec<&Path> = values.iter().map(PathBuf::as_path).collect();
        self.helm.chart(command, &self.chart(), &values)
    }

    fn policies(&self, values: &[&str]) -> Vec<Json> {
        self.run("lint", values).unwrap_or_else(|e| panic!("{e}"));
        let rendered = self.run("template", values).unwrap_or_else(|e| panic!("{e}"));
        if let Some(kubernetes) = Tool::kubernetes_validate() {
            let check = ["--kubernetes-version", "1.33", "--strict"];
            kubernetes
                .judge(&check, "policies.yaml", &rendered)
                .unwrap_or_else(|e| panic!("{rendered}\n{e}"));
        }
        rendered
            .split("\n---\n")
            .filter(|part| part.contains("kind: NetworkPolicy"))
            .map(|part| Json::Object(yaml(part.trim_start_matches("---\n"))))
            .collect()
    }
}

/// A pod: its namespace and its labels.
type Pod<'a> = (&'a str, &'a Json);

/// Whether the pods of `selector` have these labels.
fn selects(selector: &Json, labels: &Json) -> bool {
    let wanted = selector["matchLabels"].as_object().expect("labels");
    assert!(!wanted.is_empty(), "an empty selector takes every pod");
    wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// Whether Kubernetes allows a connection: a pod that no policy selects takes everybody, and a pod that some policies
/// select takes every peer that any of these names. A peer without a namespace is in the policy's own.
fn connects(policies: &[Json], from: Pod<'_>, to: Pod<'_>, port: u64) -> bool {
    let concerned: Vec<&Json> = policies
        .iter()
        .filter(|p| p["metadata"]["namespace"] == to.0 && selects(&p["spec"]["podSelector"], to.1))
        .collect();
    let lets_in = |policy: &&&Json| {
        policy["spec"]["ingress"].as_array().expect("rules").iter().any(|rule| {
            let ports = rule["ports"].as_array();
            let open = ports.is_none_or(|ports| ports.iter().any(|open| open["port"] == port));
            open && rule["from"].as_array().expect("peers").iter().any(|peer| {
                let namespace =
                    peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"].as_str();
                let namespace = namespace.or(policy["metadata"]["namespace"].as_str());
                namespace == Some(from.0) && selects(&peer["podSelector"], from.1)
            })
        })
    };
    concerned.is_empty() || concerned.iter().any(|policy| lets_in(&policy))
}

fn labels(pairs: &[(&str, &str)]) -> Json {
    let mut out = Map::new();
    out.insert("polity/platform".to_owned(), json!("shop"));
    out.extend(pairs.iter().map(|(name, value)| (format!("polity/{name}"), json!(value))));
    Json::Object(out)
}

fn service(name: &str) -> Json {
    labels(&[("service", name), ("release", "1")])
}

/// Each store with its namespace, its port and those who may connect.
const OPEN: &[(&str, &str, u64, &[&str])] = &[
    ("main", "default", 5432, &["accounts-api"]),
    ("documents", "shop-data", 27017, &["shelf"]),
    ("ledger-db", "default", 5432, &["bookkeeper"]),
];

const SERVICES: &[&str] = &["accounts-api", "shelf", "bookkeeper", "idle"];

#[test]
fn a_service_reaches_the_stores_of_its_lines_and_no_others() {
    let Some(chart) = Chart::of(&build(SHOP)) else { return };
    let policies = chart.policies(&["values-dev.yaml"]);
    for (store, namespace, port, allowed) in OPEN {
        let pod = labels(&[("store", store)]);
        let to = (*namespace, &pod);
        for name in SERVICES {
            let pod = service(name);
            assert_eq!(
                connects(&policies, ("default", &pod), to, *port),
                allowed.contains(name),
                "{name} {store}"
            );
            assert!(!connects(&policies, ("elsewhere", &pod), to, *port), "{name} {store} from elsewhere");
            assert!(!connects(&policies, ("default", &pod), to, 22), "{name} {store} another port");
        }
        assert!(!connects(&policies, ("default", &json!({ "app": "shell" })), to, *port), "{store}");
        assert!(connects(&policies, ("default", &labels(&[("role", "operator")])), to, *port), "{store}");
        assert!(connects(&policies, to, to, 9999), "{store}: members reach each other");
    }
}

#[test]
fn a_pool_stands_between_services_and_their_store() {
    let Some(chart) = Chart::of(&build(SHOP)) else { return };
    let policies = chart.policies(&["values-prod.yaml"]);
    let (pool, store) = (labels(&[("pool", "main")]), labels(&[("store", "main")]));
    let (pool, store) = (("default", &pool), ("default", &store));
    let (accounts, shelf) = (service("accounts-api"), service("shelf"));
    assert!(connects(&policies, ("default", &accounts), pool, 6432));
    assert!(!connects(&policies, ("default", &shelf), pool, 6432));
    assert!(!connects(&policies, ("default", &accounts), store, 5432));
    assert!(connects(&policies, pool, store, 5432));
}

#[test]
fn a_tenants_own_server_is_reached_by_its_own_services() {
    let Some(chart) = Chart::of(&build(SHOP)) else { return };
    let mut policies = chart.policies(&["values-dev.yaml"]);
    policies.extend(chart.policies(&["values-dev.yaml", "tenants/acme/values.yaml"]));
    let shared = service("accounts-api");
    let own = labels(&[("service", "accounts-api"), ("tenant", "acme")]);
    for (whose, from, allowed) in
        [("shared", &shared, true), ("acme", &own, true), ("acme", &shared, false), ("other", &own, true)]
    {
        let server = labels(&[("store", "cache"), ("tenant", whose)]);
        assert_eq!(connects(&policies, ("default", from), ("default", &server), 6379), allowed, "{whose}");
    }
    // Its database stands on the server that all share.
    assert!(connects(&policies, ("default", &own), ("default", &labels(&[("store", "main")])), 5432));
}

#[test]
fn what_runs_elsewhere_has_no_policy_and_logins_all_the_same() {
    let files = build(SHOP);
    let values = Json::Object(yaml(&text(&files, "helm/values.yaml")));
    assert_eq!(values["stores"]["archive"]["network"], Json::Null);
    assert_eq!(
        values["services"]["bookkeeper"]["stores"],
        json!({
            "ledger_db": { "user": "shop_bookkeeper", "password": { "secret": "shop-bookkeeper", "key": "ledger-db-password" } },
            "archive": { "user": "shop_bookkeeper", "password": { "secret": "shop-bookkeeper", "key": "archive-password" } },
        })
    );
    assert_eq!(values["services"]["idle"]["stores"], json!({}));
    assert_eq!(values["services"]["accounts_api"]["about"], json!("People and their sessions."));
}

#[test]
fn a_tenant_apart_logs_in_as_somebody_else() {
    let files = build(SHOP);
    let login = |overlay: Option<&str>, store: &str| {
        let mut values = yaml(&text(&files, "helm/values.yaml"));
        if let Some(overlay) = overlay {
            merge(&mut values, &yaml(&text(&files, overlay)));
        }
        values["services"]["accounts_api"]["stores"][store].clone()
    };
    let own = login(Some("helm/tenants/acme/values.yaml"), "main");
    assert_eq!(own["user"], json!("shop_acme_accounts_api"));
    assert_eq!(own["password"]["secret"], json!("shop-accounts-api.acme"));
    assert_eq!(login(None, "main")["password"]["secret"], json!("shop-accounts-api"));
    // A role of that name is there.
    let roles = text(&files, "main/tenants/acme/roles.sql");
    assert!(roles.contains("shop_acme_accounts_api"), "{roles}");
    // With schemas of one's own, in PostgreSQL alone.
    let middle = Some("helm/tenants/mid/values.yaml");
    assert_eq!(login(middle, "main")["user"], json!("shop_mid_accounts_api"));
    assert_eq!(login(middle, "main")["password"]["secret"], json!("shop-accounts-api.mid"));
    assert_eq!(login(middle, "cache"), login(None, "cache"));
    // Those who share rows share everything, and have no values of their own.
    assert!(files.get("helm/tenants/small/values.yaml").is_none());
}

#[test]
fn public_charts_let_in_nobody_else() {
    let files = build(SHOP);
    let closed = json!({ "enabled": true, "allowExternal": false });
    let values = |path: &str| Json::Object(yaml(&text(&files, path)));
    let documents = values("helm/documents-values.yaml");
    assert_eq!(documents["networkPolicy"], closed);
    assert_eq!(documents["commonLabels"], json!({ "polity/platform": "shop", "polity/store": "documents" }));
    assert_eq!(values("helm/cache-values.yaml")["networkPolicy"], closed);
    let ledger = values("helm/ledger_db-values.yaml");
    assert_eq!(
        (&ledger["primary"]["networkPolicy"], &ledger["readReplicas"]["networkPolicy"]),
        (&closed, &closed)
    );
}

#[test]
fn a_platform_without_services_holds_nobody_back() {
    let (without, _) = SHOP.split_once("/// People and their sessions.").unwrap();
    let files = build(without);
    assert!(files.get("helm/templates/network-policies.yaml").is_none());
    let values = text(&files, "helm/values.yaml");
    assert!(!values.contains("network") && !values.contains("services"), "{values}");
}

#[test]
fn helm_refuses_what_no_service_has() {
    let Some(chart) = Chart::of(&build(SHOP)) else { return };
    for wrong in [
        "services: { shlf: {} }",
        "services: { shelf: { stores: { main: { user: a } } } }",
        "services: { shelf: { stores: { cache: { password: { secrt: a } } } } }",
        "services: { shelf: { podLabels: { a: 1 } } }",
        "stores: { cache: { network: { port: 0 } } }",
        "stores: { cache: { network: { prot: 6379 } } }",
        "operators: { podLabels: null }",
    ] {
        std::fs::write(chart.chart().join("wrong.yaml"), wrong).unwrap();
        assert!(chart.run("template", &["wrong.yaml"]).is_err(), "`{wrong}` was accepted");
    }
    let switched_off = "stores: { cache: { network: null } }";
    std::fs::write(chart.chart().join("right.yaml"), switched_off).unwrap();
    let policies = chart.policies(&["right.yaml"]);
    let is_of = |name: &str| policies.iter().any(|policy| policy["metadata"]["name"] == name);
    assert!(!is_of("release-cache") && is_of("release-main"), "{policies:#?}");
}

#[test]
fn more_may_be_let_in() {
    let Some(chart) = Chart::of(&build(SHOP)) else { return };
    let more = "stores: { main: { network: { extraIngress: [{ ports: [{ port: 9187 }], from: [{ podSelector: { matchLabels: { app: prometheus } } }] }] } } }";
    std::fs::write(chart.chart().join("more.yaml"), more).unwrap();
    let policies = chart.policies(&["more.yaml"]);
    let pod = labels(&[("store", "main")]);
    assert!(connects(&policies, ("default", &json!({ "app": "prometheus" })), ("default", &pod), 9187));
}

#[test]
fn the_example_renders_in_every_environment() {
    let Some(chart) = Chart::of(&example("spotify-ai-agent")) else { return };
    for environment in ["development", "production"] {
        assert!(!chart.policies(&[&format!("values-{environment}.yaml")]).is_empty());
    }
}
