//! The files of a platform that has everything, each as independent readers read it.

use std::fs;
use std::path::{Path, PathBuf};

use polity::artifact::Artifacts;
use polity_tests::engines::Tool;
use polity_tests::overlay::yaml;
use polity_tests::project::{on_disk, root, text};
use serde_json::Value;

use super::everything::{Tiers, artifacts};
use super::words::{SETS, Words};

#[test]
fn every_file_is_one_to_its_reader() {
    for set in SETS {
        let emitted = artifacts(Words::of(set), Tiers::Databases);
        let mut kinds = [0; 3];
        for (path, content) in emitted.iter() {
            let content = std::str::from_utf8(content).expect("UTF-8");
            match path.rsplit_once('.').map(|(_, end)| end) {
                Some("json") => {
                    serde_json::from_str::<Value>(content).unwrap_or_else(|e| panic!("{path}: {e}"));
                    kinds[0] += 1;
                }
                // A template is one to Helm alone.
                Some("yml" | "yaml") if !path.starts_with("helm/templates/") => {
                    serde_saphyr::from_str::<Value>(content).unwrap_or_else(|e| panic!("{path}: {e}"));
                    kinds[1] += 1;
                }
                Some("rs") => {
                    syn::parse_file(content).unwrap_or_else(|e| panic!("{path}: {e}"));
                    kinds[2] += 1;
                }
                _ => {}
            }
        }
        assert!(kinds.iter().all(|count| *count > 4), "{kinds:?}");
        if let Some(promtool) = Tool::promtool() {
            for (path, _) in emitted.iter().filter(|(path, _)| path.starts_with("monitoring/rules")) {
                let judged = promtool.judge(&["check", "rules"], "rules.yml", &text(&emitted, path));
                judged.unwrap_or_else(|e| panic!("{path}: {e}"));
            }
        }
    }
}

/// The alerts on quotas ask of the very database, schemas and tenants that are meant.
#[test]
fn alerts_ask_of_what_is_meant() {
    for set in &SETS[..1] {
        let words = Words::of(set);
        let emitted = artifacts(words, Tiers::Databases);
        let rules: Value = serde_saphyr::from_str(&text(&emitted, "monitoring/rules.yml")).expect("YAML");
        let all: Vec<&str> = rules["groups"]
            .as_array()
            .expect("groups")
            .iter()
            .flat_map(|group| group["rules"].as_array().expect("rules"))
            .map(|rule| rule["expr"].as_str().expect("an expression"))
            .collect();
        let asked = format!("tenant_id={}", polity_text::quoting::promql::text(&words.value("r1")));
        assert!(all.iter().any(|rule| rule.contains(&asked)), "{asked}\n{all:#?}");
    }
}

fn chart(emitted: &Artifacts, template: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = on_disk(emitted);
    let chart = folder.path().join("helm");
    fs::write(chart.join("templates/ours.yaml"), template).expect("ours");
    (folder, chart)
}

#[test]
fn a_chart_renders_what_the_source_says() {
    let Some(helm) = Tool::helm() else { return };
    for set in &SETS[..1] {
        let words = Words::of(set);
        let emitted = artifacts(words, Tiers::Databases);
        let (_folder, chart) = chart(&emitted, "");
        let values = ["values-prod.yaml", "tenants/top_one/values.yaml"].map(|file| chart.join(file));
        let values: Vec<&Path> = values.iter().map(PathBuf::as_path).collect();
        helm.chart("lint", &chart, &values).unwrap_or_else(|e| panic!("{e}"));
        let rendered = helm.chart("template", &chart, &values).unwrap_or_else(|e| panic!("{e}"));
        let policies: Vec<Value> = rendered
            .split("\n---\n")
            .filter(|part| part.contains("kind: NetworkPolicy"))
            .map(|part| Value::Object(yaml(part.trim_start_matches("---\n"))))
            .collect();
        let space = words.value("space");
        assert!(policies.iter().any(|policy| policy["metadata"]["namespace"] == *space), "{rendered}");
        for policy in policies {
            let keys: Vec<&String> = policy["metadata"].as_object().expect("metadata").keys().collect();
            assert_eq!(keys, ["name", "namespace"], "{rendered}");
        }
    }
}

/// The public charts pass these texts through `tpl`.
#[test]
fn no_text_is_a_template_of_a_chart() {
    let Some(helm) = Tool::helm() else { return };
    let template = "database: {{ tpl (.Values.auth.database | default \"\") $ | toJson }}\nsecret: {{ tpl .Values.auth.existingSecret $ | toJson }}\n";
    for set in &SETS[2..3] {
        let words = Words::of(set);
        let emitted = artifacts(words, Tiers::Databases);
        let (folder, _) = chart(&emitted, "");
        let public = folder.path().join("public");
        fs::create_dir_all(public.join("templates")).expect("ours");
        fs::copy(root().join("tests/fixtures/chart/Chart.yaml"), public.join("Chart.yaml")).expect("ours");
        fs::write(public.join("templates/read.yaml"), template).expect("ours");
        for store in ["main", "documents", "cache"] {
            let values = folder.path().join(format!("helm/{store}-values.yaml"));
            let rendered = helm.chart("template", &public, &[&values]).unwrap_or_else(|e| panic!("{e}"));
            let rendered = yaml(rendered.trim_start_matches("---\n"));
            assert_eq!(rendered["secret"], words.value("secret"), "{store}");
            let database = if store == "main" { words.schema("db") } else { String::new() };
            assert_eq!(rendered["database"], database, "{store}");
        }
    }
}
