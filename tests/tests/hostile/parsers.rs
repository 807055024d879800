//! The other files of a hostile platform, as independent parsers read them.

use std::fs;
use std::path::Path;

use polity::artifact::Artifacts;
use polity_tests::engines::Tool;
use polity_tests::project::{on_disk, root, text};
use pulldown_cmark::{Event, Parser};
use serde_json::{Value, json};
use syn::visit::Visit;

use super::platform::{THINGS, Texts};

/// Reads every YAML file twice: with a parser of YAML 1.2 and with PyYAML, whose YAML 1.1 takes `no` for a truth and
/// `12:30` for a number.
pub fn yaml(artifacts: &Artifacts, texts: &Texts) {
    let read = |path: &str| -> Value {
        serde_saphyr::from_str(&text(artifacts, path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    };
    let base = read("overrides/base_main.yml");
    expect_settings(&base, texts, "managed_by", "note0");
    let prod = read("overrides/prod_main.yml");
    let changed = texts.get("note0") != texts.get("note_in_prod");
    let held = prod.pointer("/annotations/note0").and_then(Value::as_str);
    assert_eq!(held, changed.then_some(texts.get("note_in_prod")));
    let documents = read("overrides/base_documents.yml");
    assert_eq!(documents["managed_by"]["namespace"], texts.get("namespace"));
    assert_eq!(documents["database"], texts.get("collections"));
    assert_eq!(documents["url"]["key"], texts.get("secret_key"));
    let cache = read("overrides/base_cache.yml");
    assert_eq!(cache["region"], texts.get("region"));
    assert_eq!(cache["url"]["environment_variable"], texts.get("environment_variable"));

    let Some(python) = Tool::python() else { return };
    let folder = on_disk(artifacts);
    let files: Vec<&str> = artifacts
        .iter()
        .map(|(path, _)| path)
        // Templates are no YAML before Helm has rendered them.
        .filter(|p| (p.ends_with(".yml") || p.ends_with(".yaml")) && !p.starts_with("helm/templates/"))
        .collect();
    let program = "import json, sys, yaml\nfor f in sys.argv[1:]: print(json.dumps(yaml.safe_load(open(f, encoding='utf-8', newline=''))))";
    let mut arguments = vec!["-c".to_owned(), program.to_owned()];
    arguments.extend(files.iter().map(|path| folder.path().join(path).display().to_string()));
    let printed = python.run(&arguments).unwrap_or_else(|e| panic!("PyYAML: {e}"));
    for (path, line) in files.into_iter().zip(printed.lines()) {
        let other: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(other, read(path), "{path}");
    }
}

/// The settings of the relational store, under whatever names a file gives them.
fn expect_settings(store: &Value, texts: &Texts, managed_by: &str, first_note: &str) {
    assert_eq!(store["database"], texts.get("database"));
    assert_eq!(store["settings"]["log_line_prefix"], texts.get("prefix"));
    assert_eq!(store["url"]["secret"], texts.get("secret"));
    assert_eq!(store[managed_by]["variable"], texts.get("variable"));
    for i in 0..THINGS {
        let note = if i == 0 { texts.get(first_note) } else { texts.of("note", i) };
        assert_eq!(store["annotations"][format!("note{i}")], note);
        assert_eq!(store["annotations"][format!("named{i}")][texts.of("note_name", i)], 1);
    }
}

/// Lints a chart with the values and renders one that prints them.
pub fn helm(artifacts: &Artifacts, texts: &Texts) {
    let Some(helm) = Tool::helm() else { return };
    let folder = on_disk(artifacts);
    let chart = chart(folder.path());
    let files = ["helm/values.yaml", "helm/values-prod.yaml"].map(|path| folder.path().join(path));
    let values: Vec<&Path> = files.iter().map(|path| path.as_path()).collect();
    helm.chart("lint", &chart, &values).unwrap_or_else(|e| panic!("helm lint: {e}"));
    let rendered = helm.chart("template", &chart, &values).unwrap_or_else(|e| panic!("helm template: {e}"));
    // What the chart prints is JSON in a literal block of YAML.
    let manifest: Value = serde_saphyr::from_str(&rendered).unwrap_or_else(|e| panic!("{e}\n{rendered}"));
    let read = manifest["data"]["values.json"].as_str().expect("the chart prints its values");
    let read: Value = serde_json::from_str(read).expect("JSON");
    expect_settings(&read["stores"]["main"], texts, "managedBy", "note_in_prod");
    assert_eq!(read["stores"]["cache"]["region"], texts.get("region"));
    assert_eq!(read["stores"]["cache"]["url"]["environmentVariable"], texts.get("environment_variable"));
}

fn chart(folder: &Path) -> std::path::PathBuf {
    let chart = folder.join("chart");
    let fixture = root().join("tests/fixtures/chart");
    fs::create_dir_all(chart.join("templates")).expect("ours");
    for file in ["Chart.yaml", "templates/values.yaml"] {
        fs::copy(fixture.join(file), chart.join(file)).expect("ours");
    }
    for file in ["values.yaml", "values.schema.json"] {
        fs::copy(folder.join("helm").join(file), chart.join(file)).expect("ours");
    }
    chart
}

/// Terraform takes the texts of a `.tfvars.json` as they are: in variables nothing is interpolated.
/// <https://developer.hashicorp.com/terraform/language/values/variables#variable-definitions-tfvars-files>
pub fn terraform(artifacts: &Artifacts, texts: &Texts) {
    let read: Value = serde_json::from_str(&text(artifacts, "terraform/prod.tfvars.json")).expect("JSON");
    let store = &read[texts.get("variable")];
    assert_eq!(store["database"], texts.get("database"));
    assert_eq!(store["settings"]["log_line_prefix"], texts.get("prefix"));
    assert_eq!(store["annotations"]["note0"], texts.get("note_in_prod"));
    assert_eq!(store["url"], json!({ "secret": texts.get("secret"), "key": "key" }));
}

pub fn prometheus(artifacts: &Artifacts) {
    let Some(promtool) = Tool::promtool() else { return };
    let rules = text(artifacts, "monitoring/rules.yml");
    promtool.judge(&["check", "rules"], "rules.yml", &rules).unwrap_or_else(|e| panic!("promtool: {e}"));
}

/// Every JSON file is one, and the keyspaces hold the texts.
pub fn json_files(artifacts: &Artifacts, texts: &Texts) {
    for (path, content) in artifacts.iter().filter(|(path, _)| path.ends_with(".json")) {
        serde_json::from_slice::<Value>(content).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    let read: Value = serde_json::from_str(&text(artifacts, "cache/keyspaces.json")).expect("JSON");
    let keyspaces = read["keyspaces"].as_array().expect("a list");
    for i in 0..THINGS {
        let name = format!("K{i}");
        let keyspace = keyspaces.iter().find(|keyspace| keyspace["name"] == name).expect("each is there");
        assert_eq!(keyspace["description"].as_str().unwrap_or_default(), texts.docs(&format!("docs{i}")));
        let last = keyspace["parts"].as_array().and_then(|parts| parts.last()).expect("parts");
        assert_eq!(last["literal"], format!(":{}", texts.of("pattern", i)));
    }
}

/// Every Rust file is one; texts stand in it as they are, and docs are what rustdoc will show.
pub fn rust(artifacts: &Artifacts, texts: &Texts) {
    let mut found = Found::default();
    for (path, content) in artifacts.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let content = std::str::from_utf8(content).expect("UTF-8");
        found.visit_file(&syn::parse_file(content).unwrap_or_else(|e| panic!("{path}: {e}")));
    }
    for i in 0..THINGS {
        for place in ["value", "default", "column", "field"] {
            let text = texts.of(place, i);
            let held = found.texts.iter().any(|held| held.contains(text))
                || found.docs.iter().any(|held| held.contains(text));
            assert!(held, "{place}{i} {text:?} stands nowhere");
        }
        let docs = plain(&visible(&texts.docs(&format!("docs{i}"))));
        for name in [format!("T{i}"), format!("D{i}"), format!("Word{i}"), format!("K{i}Key")] {
            let shown =
                found.items.iter().find(|(item, _)| *item == name).unwrap_or_else(|| panic!("no {name}"));
            let shown = plain(&rendered(&shown.1));
            assert!(shown.starts_with(&docs), "{name}\n{docs:?}\n{shown:?}");
        }
    }
}

#[derive(Default)]
struct Found {
    texts: Vec<String>,
    docs: Vec<String>,
    /// Structs and enums with their doc comments.
    items: Vec<(String, String)>,
}

impl Visit<'_> for Found {
    fn visit_lit_str(&mut self, literal: &syn::LitStr) {
        self.texts.push(literal.value());
    }

    fn visit_attribute(&mut self, attribute: &syn::Attribute) {
        // The tokens of other attributes, such as `#[serde(rename = "…")]`, are not parsed by themselves.
        if let syn::Meta::List(list) = &attribute.meta {
            for token in list.tokens.clone() {
                if let Ok(literal) = syn::parse2::<syn::LitStr>(token.into()) {
                    self.texts.push(literal.value());
                }
            }
        } else if attribute.path().is_ident("doc") {
            self.docs.push(docs(std::slice::from_ref(attribute)));
        }
    }

    fn visit_item_struct(&mut self, item: &syn::ItemStruct) {
        self.items.push((item.ident.to_string(), docs(&item.attrs)));
        syn::visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &syn::ItemEnum) {
        self.items.push((item.ident.to_string(), docs(&item.attrs)));
        syn::visit::visit_item_enum(self, item);
    }
}

fn docs(attributes: &[syn::Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let syn::Meta::NameValue(doc) = &attribute.meta
            && doc.path.is_ident("doc")
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &doc.value
        {
            lines.push(text.value());
        }
    }
    lines.join("\n")
}

/// The words of a page of rustdoc.
fn rendered(markdown: &str) -> String {
    let mut out = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                out.push_str(&text)
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => out.push('\n'),
            _ => {}
        }
    }
    out
}

/// rustc refuses characters that change how a comment is read, so they are shown by their numbers.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    text.chars().map(|c| if hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// Without what Markdown takes for its own: how blanks are laid out, and the marks around code.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
}
