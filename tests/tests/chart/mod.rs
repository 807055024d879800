//! The chart of a platform, rendered by Helm for every environment and held against what Kubernetes and its operators take.

mod public;
mod references;
mod runs;

use std::collections::BTreeSet;
use std::path::PathBuf;

use polity::artifact::Artifacts;
use polity_tests::engines::Tool;
use polity_tests::overlay::yaml;
use polity_tests::project::{build, example, on_disk, root, text};
use references::faults;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// The examples with their environments.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("ismail", &["dev", "staging", "prod"]),
    ("spotify-ai-agent", &["development", "testing", "staging", "production"]),
];

/// Ways to install a chart, as values laid over those of an environment.
const VARIANTS: &[(&str, &str)] = &[
    ("as it is", "{}"),
    (
        "everything",
        r#"
global: { imagePullSecrets: [{ name: registry }], database: { secretName: platform-database } }
jobs: { database-migrate: { image: "ghcr.io/someone/migrations:1", envFromSecret: platform-database } }
certificates: { secret: authority }
externalSecrets: { enabled: true, store: { name: vault }, prefix: team/ }
monitoring: { labels: { release: prometheus } }
rbac: { readers: [{ kind: Group, name: data, apiGroup: rbac.authorization.k8s.io }] }
"#,
    ),
    ("files from an image", r#"files: { image: "ghcr.io/someone/output:1" }"#),
    (
        "little",
        "monitoring: { serviceMonitors: false, rules: false }\njobs: { database-migrate: { enabled: false } }",
    ),
];

/// Kinds of operators, which are judged by extracts of their own schemas.
const CUSTOM: &[&str] = &["ServiceMonitor", "PrometheusRule", "ExternalSecret"];

struct Chart {
    folder: TempDir,
    helm: Tool,
}

impl Chart {
    fn of(files: &Artifacts) -> Option<Self> {
        let helm = Tool::helm()?;
        Some(Self { folder: on_disk(files), helm })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join("helm").join(file)
    }

    /// Runs `helm` on the chart with the values of an environment and more of them.
    fn run(&self, command: &[&str], environment: &str, more: &str) -> Result<String, String> {
        std::fs::write(self.path("more.yaml"), more).unwrap();
        let values = [format!("values-{environment}.yaml"), "more.yaml".to_owned()];
        let mut arguments: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
        arguments.push(self.path("").display().to_string());
        for file in values {
            arguments.extend(["--values".to_owned(), self.path(&file).display().to_string()]);
        }
        let result = self.helm.run(&arguments);
        std::fs::remove_file(self.path("more.yaml")).unwrap();
        result
    }

    /// All objects of a release, on a cluster that knows the operators.
    fn rendered(&self, environment: &str, more: &str) -> Vec<Json> {
        let known = "monitoring.coreos.com/v1,external-secrets.io/v1";
        let command = ["template", "release", "--validate=false", "--api-versions", known];
        let rendered = self.run(&command, environment, more).unwrap_or_else(|e| panic!("{environment}: {e}"));
        objects(&rendered)
    }
}

fn objects(rendered: &str) -> Vec<Json> {
    let parts = rendered.trim_start_matches("---\n").split("\n---\n");
    parts.filter(|part| part.contains("kind:")).map(|part| Json::Object(yaml(part))).collect()
}

fn of_kind<'a>(objects: &'a [Json], kind: &'a str) -> impl Iterator<Item = &'a Json> {
    objects.iter().filter(move |object| object["kind"] == kind)
}

#[test]
fn helm_finds_nothing_to_say_about_a_chart() {
    for (name, environments) in EXAMPLES {
        let Some(chart) = Chart::of(&example(name)) else { return };
        for environment in *environments {
            for (variant, more) in VARIANTS {
                let judged = chart.run(&["lint", "--strict"], environment, more);
                judged.unwrap_or_else(|e| panic!("{name} {environment}, {variant}: {e}"));
            }
        }
    }
}

#[test]
fn kubernetes_takes_every_object_and_what_is_named_is_there() {
    for (name, environments) in EXAMPLES {
        let files = example(name);
        let Some(chart) = Chart::of(&files) else { return };
        let values = Json::Object(yaml(&text(&files, "helm/values.yaml")));
        let mut of_all = Vec::new();
        for environment in *environments {
            for (variant, more) in VARIANTS {
                let all = chart.rendered(environment, more);
                let found = faults(&all, &values["secrets"]);
                assert!(found.is_empty(), "{name} {environment}, {variant}: {found:#?}");
                let has_files = all.iter().any(is_map_of_files);
                assert_eq!(has_files, *variant != "files from an image", "{name} {environment}, {variant}");
                of_all.extend(all);
            }
        }
        judged(&of_all, name);
    }
}

fn is_map_of_files(object: &Json) -> bool {
    object["kind"] == "ConfigMap" && object["data"].get("pgbouncer.ini").is_none()
}

/// Holds objects against the schemas of two versions of Kubernetes, and against those of operators.
fn judged(objects: &[Json], what: &str) {
    let (custom, plain): (Vec<&Json>, Vec<&Json>) =
        objects.iter().partition(|object| CUSTOM.iter().any(|kind| object["kind"] == *kind));
    // What another environment renders alike is judged once.
    let text: BTreeSet<String> = plain.iter().map(|object| object.to_string()).collect();
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    if let Some(kubernetes) = Tool::kubernetes_validate() {
        let check = ["--kubernetes-version", "1.27", "--kubernetes-version", "1.33", "--strict"];
        let judged = kubernetes.judge(&check, "objects.yaml", &text.join("\n---\n"));
        judged.unwrap_or_else(|e| panic!("{what}: {e}"));
    }
    let Some(python) = Tool::python() else { return };
    let program = "import json, sys, jsonschema\n\
                   folder, objects = sys.argv[1], json.load(open(sys.argv[2]))\n\
                   for o in objects:\n\
                   \x20   schema = json.load(open(folder + '/' + o['kind'] + '.json'))\n\
                   \x20   jsonschema.Draft7Validator(schema).validate(o)\n";
    let schemas = root().join("tests/fixtures/custom_resources").display().to_string();
    let judged = python.judge(&["-c", program, &schemas], "objects.json", &json!(custom).to_string());
    judged.unwrap_or_else(|e| panic!("{what}: {e}"));
}

#[test]
fn an_operators_object_with_another_field_is_refused() {
    let Some(python) = Tool::python() else { return };
    let schema = root().join("tests/fixtures/custom_resources/ServiceMonitor.json").display().to_string();
    let program = "import json, sys, jsonschema\njsonschema.Draft7Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))";
    let monitor = |interval: &str| {
        json!({
            "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": { "name": "a" },
            "spec": { "selector": { "matchLabels": {} }, "endpoints": [{ "port": "metrics", "interval": interval }] },
        })
    };
    let judge = |object: &Json| python.judge(&["-c", program, &schema], "object.json", &object.to_string());
    judge(&monitor("30s")).unwrap_or_else(|e| panic!("{e}"));
    assert!(judge(&monitor("30")).is_err());
}

/// Takes away or changes one thing at a time, and expects it to be missed.
#[test]
fn what_is_missing_is_found() {
    let files = example("ismail");
    let Some(chart) = Chart::of(&files) else { return };
    let values = Json::Object(yaml(&text(&files, "helm/values.yaml")));
    let all = chart.rendered("prod", VARIANTS[1].1);
    let expect = |objects: &[Json], secrets: &Json, what: &str| {
        let found = faults(objects, secrets);
        assert!(found.iter().any(|fault| fault.contains(what)), "{what}: {found:#?}");
    };
    for (kind, what) in [
        ("ConfigMap", "ConfigMap"),
        ("ServiceAccount", "ServiceAccount"),
        ("Deployment", "selects no pod"),
        ("Service", "selects no Service"),
        ("Role", "Role"),
    ] {
        let rest: Vec<Json> = all.iter().filter(|object| object["kind"] != kind).cloned().collect();
        assert!(rest.len() < all.len(), "there is no {kind}");
        expect(&rest, &values["secrets"], what);
    }
    expect(&all, &json!({}), "Secret");
    let mut late = all.clone();
    for object in &mut late {
        if object["kind"] == "ServiceAccount" {
            object["metadata"].as_object_mut().unwrap().shift_remove("annotations");
        }
    }
    expect(&late, &values["secrets"], "before");
    let mut renamed = all;
    for object in &mut renamed {
        if object["kind"] == "Deployment" {
            object["spec"]["template"]["spec"]["containers"][0]["ports"][0]["name"] = json!("other");
        }
    }
    expect(&renamed, &values["secrets"], "port");
}

#[test]
fn the_page_of_a_chart_lists_every_secret() {
    for (name, _) in EXAMPLES {
        let files = example(name);
        let (page, values) = (text(&files, "helm/README.md"), yaml(&text(&files, "helm/values.yaml")));
        for (secret, entries) in values["secrets"].as_object().unwrap() {
            for entry in entries.as_array().unwrap() {
                let row = format!("| `{secret}` | `{}` |", entry.as_str().unwrap());
                assert!(page.contains(&row), "{name}: no {row}");
            }
        }
    }
}

#[test]
fn without_operators_there_are_no_objects_of_theirs() {
    let Some(chart) = Chart::of(&example("ismail")) else { return };
    let rendered = chart.run(&["template", "release"], "prod", "{}").unwrap_or_else(|e| panic!("{e}"));
    let all = objects(&rendered);
    assert!(CUSTOM.iter().all(|kind| of_kind(&all, kind).next().is_none()), "{rendered}");
}

#[test]
fn a_store_is_measured_where_its_environment_asks_for_it() {
    let source = "platform shop { environments: [dev, prod] }\nstore cache: redis 7 { persistence: [rdb]; in prod { monitoring: { metrics: [memory] } } }";
    let Some(chart) = Chart::of(&build(source)) else { return };
    for (environment, count) in [("dev", 0), ("prod", 1)] {
        let all = chart.rendered(environment, "{}");
        assert_eq!(of_kind(&all, "Deployment").count(), count, "{environment}");
    }
}

/// The values that platforms use: `jobs.database-migrate` with `envFromSecret`, and `global.database.secretName`.
#[test]
fn a_job_and_its_secret_have_the_names_that_platforms_use() {
    let Some(chart) = Chart::of(&example("spotify-ai-agent")) else { return };
    let job = |more: &str| {
        let all = chart.rendered("production", more);
        of_kind(&all, "Job").find(|job| job["metadata"]["name"] == "release-database-migrate").cloned()
    };
    assert!(job("{}").is_none(), "no public image has the program");
    let job = job("jobs: { database-migrate: { image: 'ghcr.io/a/b:1', command: [alembic, upgrade, head], envFromSecret: platform-database } }\nglobal: { database: { secretName: other } }").unwrap();
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["command"], json!(["alembic", "upgrade", "head"]));
    assert_eq!(container["envFrom"], json!([{ "secretRef": { "name": "platform-database" } }]));
    let host =
        container["env"].as_array().unwrap().iter().find(|variable| variable["name"] == "MAIN_HOST").unwrap();
    assert_eq!(host["valueFrom"]["secretKeyRef"], json!({ "name": "other", "key": "host" }));
    assert_eq!(job["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade");
}

#[test]
fn a_misspelt_value_of_a_chart_and_a_duration_that_would_be_misread_are_refused() {
    let Some(chart) = Chart::of(&example("ismail")) else { return };
    for wrong in [
        "jobs: { database-migrate: { imgae: a } }",
        "jobs: { database-migrate: { activeDeadlineSeconds: 1h } }",
        "stores: { main: { exporter: { port: metrics } } }",
        "stores: { main: { pooler: { replicas: two } } }",
        "stores: { queues: { runner: { suspended: true } } }",
        "monitoring: { interval: 30 }",
        "monitoring: { interval: '30' }",
        "externalSecrets: { refreshInterval: 1 }",
        "global: { database: { secretName: 1 } }",
        "files: { images: a }",
    ] {
        assert!(chart.run(&["template", "release"], "prod", wrong).is_err(), "`{wrong}` was accepted");
    }
    chart.run(&["template", "release"], "prod", "monitoring: { interval: 1m30s }").unwrap();
}

/// A shop in whose databases a scheduler from outside works, one of which is a tenant's own.
const SHOP: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
tenancy by tenant_id: uuid
tier own { isolation: database }
tenant acme: own { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
schema core in main {
  entity Visit as "visits" { id: uuid key; at: timestamp; index (at); retain 30d after at }
}
"#;

#[test]
fn a_job_of_a_tenants_place_logs_in_there() {
    let Some(chart) = Chart::of(&build(SHOP)) else { return };
    let all = chart.rendered("dev", "{}");
    judged(&all, "shop");
    let variables = |name: &str| {
        let job = of_kind(&all, "CronJob").find(|job| job["metadata"]["name"] == format!("release-{name}"));
        let job = job.unwrap_or_else(|| panic!("no {name}: {all:#?}"));
        job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0].clone()
    };
    let of = |container: &Json, name: &str| {
        let all = container["env"].as_array().unwrap();
        all.iter().find(|variable| variable["name"] == name).cloned().unwrap_or_default()
    };
    let (shared, own) = (variables("main-retain"), variables("main-acme-retain"));
    assert_eq!(of(&shared, "PGUSER")["value"], "shop_cron");
    assert_eq!(
        (&of(&own, "PGUSER")["value"], &of(&own, "PGDATABASE")["value"]),
        (&json!("shop_acme_cron"), &json!("acme_shop"))
    );
    assert_eq!(of(&own, "PGPASSWORD")["valueFrom"]["secretKeyRef"]["name"], "shop-operators.acme");
    assert_eq!(of(&own, "PGHOST"), of(&shared, "PGHOST"));
    assert_eq!(own["command"], shared["command"]);
    assert_eq!(own["command"].as_array().unwrap().last().unwrap(), "CALL polity.retain()");
}
