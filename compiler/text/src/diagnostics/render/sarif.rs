//! A SARIF 2.1.0 log, which code hosts and scanners read. A test holds it against the official schema.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::position::Positions;
use crate::diagnostics::{Code, Diagnostic, Edit, Label, Severity};
use crate::source::{Sources, Span};

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
    if !diagnostic.edits.is_empty() {
        result["fixes"] = json!([fix(diagnostic, sources, positions)]);
    }
    result
}

/// Returns the changes of each file that the help proposes.
fn fix(diagnostic: &Diagnostic, sources: &Sources, positions: &Positions<'_>) -> Value {
    let mut edits: Vec<&Edit> = diagnostic.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let changes = edits.chunk_by(|a, b| a.span.file == b.span.file).map(|edits| {
        let replacement = |edit: &&Edit| {
            let region = region(edit.span, positions);
            json!({ "deletedRegion": region, "insertedContent": { "text": edit.text } })
        };
        json!({
            "artifactLocation": { "uri": uri(&sources.get(edits[0].span.file).path) },
            "replacements": edits.iter().map(replacement).collect::<Vec<_>>(),
        })
    });
    json!({
        "description": { "text": diagnostic.help.as_deref().unwrap_or_default() },
        "artifactChanges": changes.collect::<Vec<_>>(),
    })
}

fn location(label: &Label, sources: &Sources, positions: &Positions<'_>) -> Value {
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&sources.get(label.span.file).path) },
            "region": region(label.span, positions),
        }
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn region(span: Span, positions: &Positions<'_>) -> Value {
    let (start, end) = (positions.start(span), positions.end(span));
    let (first_byte, last_byte) = positions.clamp(span);
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": first_byte,
        "byteLength": last_byte - first_byte,
    })
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
