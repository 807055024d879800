//! A SARIF 2.1.0 log, which code hosts and scanners read. A test holds it against the official schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::position::Positions;
use crate::diagnostics::{Code, Diagnostic, Label, Severity};
use crate::source::Sources;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(diagnostics: &[&Diagnostic], sources: &Sources) -> String {
    let positions = Positions::new(sources);
    let codes: BTreeSet<Code> = diagnostics.iter().map(|d| d.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "Polity",
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
                }
            },
            "columnKind": "unicodeCodePoints",
            "results": diagnostics
                .iter()
                .map(|d| result(d, &codes, sources, &positions))
                .collect::<Vec<_>>(),
        }]
    });
    format!("{log:#}\n")
}

/// The entry of a code that a viewer shows: the title of its page, and the page.
fn rule(code: Code) -> Value {
    let page = code.page();
    let title = page.lines().next().unwrap_or_default().trim_start_matches('#').trim();
    let title = title.split_once(": ").map_or(title, |(_, title)| title);
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": title },
        "help": { "text": page, "markdown": page },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], sources: &Sources, positions: &Positions<'_>) -> Value {
    let mut text = diagnostic.message.clone();
    for (title, part) in [("note", &diagnostic.note), ("help", &diagnostic.help)] {
        if let Some(part) = part {
            text.push_str(&format!("\n{title}: {part}"));
        }
    }
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        "level": level(diagnostic.severity),
        "message": { "text": text },
    });
    if let Some(primary) = &diagnostic.primary {
        result["locations"] = json!([location(primary, sources, positions)]);
    }
    if !diagnostic.others.is_empty() {
        result["relatedLocations"] = diagnostic
            .others
            .iter()
            .enumerate()
            .map(|(id, label)| {
                let mut location = location(label, sources, positions);
                location["id"] = json!(id);
                location
            })
            .collect();
    }
    result
}

fn location(label: &Label, sources: &Sources, positions: &Positions<'_>) -> Value {
    let (start, end) = (positions.start(label.span), positions.end(label.span));
    let (first_byte, last_byte) = positions.clamp(label.span);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&sources.get(label.span.file).path) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
                "byteOffset": first_byte,
                "byteLength": last_byte - first_byte,
            }
        }
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A path as a relative reference of RFC 3986: what is not unreserved or `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
