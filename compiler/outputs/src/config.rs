//! Settings as a tree of plain values: what YAML files, Helm values and Terraform variables share.

use serde_json::{Map, Number, Value as Json, json};
use smol_str::SmolStr;

use polity_engines::engine_of;
use polity_engines::surface::Faced;
use polity_model::settings::catalogue::{COMMON, Kind, Spec};
use polity_model::{Duration, DurationUnit, EnvironmentId, Record, Store, Value};

/// How names and sizes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `health_check`, `2GiB`
    Snake,
    /// `healthCheck`, `2Gi`: what Helm and Kubernetes expect
    Camel,
}

/// The settings of a store as an environment sees them, under the names of the catalogue.
pub(super) fn store_settings(
    valid: &Faced<'_>,
    store: &Store,
    environment: Option<EnvironmentId>,
    style: Style,
) -> Map<String, Json> {
    settings(store, &valid.settings_of(store.id, environment), style)
}

/// Settings that were merged already, under the names of the catalogue.
pub(super) fn settings(store: &Store, record: &Record, style: Style) -> Map<String, Json> {
    lower_record(record, &specs_of(store), style)
}

/// Settings that are of no store, by a catalogue of their own.
pub(super) fn plain(record: &Record, specs: &[Spec], style: Style) -> Map<String, Json> {
    lower_record(record, specs, style)
}

/// The catalogue of a store: what every store has, then what its engine has.
pub(super) fn specs_of(store: &Store) -> Vec<Spec> {
    COMMON.iter().chain(engine_of(store).about().settings).copied().collect()
}

/// Returns the entries of `above` that differ from `below`; a key that is gone is `null`, which removes it again when
/// the two are merged (as Helm does).
pub(super) fn difference(below: &Map<String, Json>, above: &Map<String, Json>) -> Map<String, Json> {
    let mut changed = Map::new();
    for (key, value) in above {
        match (below.get(key), value) {
            (Some(before), now) if before == now => {}
            (Some(Json::Object(before)), Json::Object(now)) => {
                changed.insert(key.clone(), Json::Object(difference(before, now)));
            }
            _ => {
                changed.insert(key.clone(), value.clone());
            }
        }
    }
    for key in below.keys().filter(|key| !above.contains_key(*key)) {
        changed.insert(key.clone(), Json::Null);
    }
    changed
}

/// Lays one tree over another as Helm does: what [`difference`] is the opposite of.
pub(super) fn merge(below: &mut Map<String, Json>, above: &Map<String, Json>) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (_, Json::Null) => {
                below.shift_remove(key);
            }
            (Some(Json::Object(below)), Json::Object(above)) => merge(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

/// A name in a style: `max_client_connections` is `maxClientConnections` to Helm.
pub(super) fn key(name: &str, style: Style) -> String {
    match style {
        Style::Snake => name.to_owned(),
        Style::Camel => polity_text::naming::lower_camel(name).to_string(),
    }
}

fn lower_record(record: &Record, specs: &[Spec], style: Style) -> Map<String, Json> {
    let mut out = Map::new();
    for (name, setting) in record {
        let kind = specs.iter().find(|spec| spec.name == name).map_or(Kind::Anything, |spec| spec.kind);
        let value = match name.as_str() {
            "encryption" => encryption(&setting.value, style),
            "settings" => parameters(&setting.value),
            _ => lower(&setting.value, kind, style),
        };
        out.insert(key(name, style), value);
    }
    out
}

fn lower(value: &Value, kind: Kind, style: Style) -> Json {
    match (value, kind) {
        (Value::Record(record), Kind::Record(specs)) => Json::Object(lower_record(record, specs, style)),
        (Value::Record(record), Kind::Map(element)) => {
            let entries = record.iter().map(|(name, s)| (name.to_string(), lower(&s.value, *element, style)));
            Json::Object(entries.collect())
        }
        // What is carried along keeps its names in every style.
        (Value::Record(record), _) => {
            let entries =
                record.iter().map(|(name, s)| (name.to_string(), lower(&s.value, Kind::Anything, style)));
            Json::Object(entries.collect())
        }
        (Value::List(values), kind) => {
            let element = if let Kind::List(element) = kind { *element } else { Kind::Anything };
            values.iter().map(|v| lower(v, element, style)).collect()
        }
        (value, Kind::OneOf(kinds)) => {
            let fitting = kinds.iter().find(|k| polity_govern::check::rules::settings::holds(**k, value));
            lower(value, fitting.copied().unwrap_or(Kind::Anything), style)
        }
        (Value::Word(word), Kind::Tagged(_)) => json!({ "kind": word.as_str() }),
        (Value::Tagged { tag, record, arguments, version }, kind) => {
            let specs = match kind {
                Kind::Tagged(tags) => {
                    tags.iter().find(|(t, _)| t == tag).map_or(&[][..], |(_, specs)| *specs)
                }
                _ => &[],
            };
            let mut out = Map::new();
            out.insert("kind".to_owned(), json!(tag.as_str()));
            if let Some(version) = version {
                out.insert("version".to_owned(), json!(version.to_string()));
            }
            if !arguments.is_empty() {
                let arguments = arguments.iter().map(|a| lower(a, Kind::Anything, style)).collect();
                out.insert("arguments".to_owned(), Json::Array(arguments));
            }
            out.extend(lower_record(record, specs, style));
            Json::Object(out)
        }
        (Value::Secret { name, key: entry }, _) => json!({ "secret": name.as_str(), "key": entry.as_str() }),
        (Value::EnvironmentVariable(name), _) => {
            json!({ key("environment_variable", style): name.as_str() })
        }
        (Value::Rate { count, per }, _) => json!({ "count": count, "per": duration(*per) }),
        (Value::Bool(b), _) => json!(b),
        (Value::Integer(n), _) => json!(n),
        (Value::Decimal(text), _) => decimal(text),
        (Value::Percent(text), _) => json!(format!("{text}%")),
        (Value::Text(text) | Value::Word(text), _) => json!(text.as_str()),
        (Value::Duration(d), _) => duration(*d),
        (Value::Size(bytes), _) => size(*bytes, style),
        (Value::Date { year, month, day }, _) => json!(format!("{year:04}-{month:02}-{day:02}")),
        (Value::Null | Value::Broken, _) => Json::Null,
    }
}

/// Parameters of the server itself: under their own names in every style, sizes as its configuration file has them.
fn parameters(value: &Value) -> Json {
    let Value::Record(record) = value else { return lower(value, Kind::Anything, Style::Snake) };
    let entry = |value: &Value| match value {
        Value::Size(bytes) => {
            let units = [(1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"), (1, "B")];
            let (unit, suffix) = units.into_iter().find(|(unit, _)| bytes % unit == 0).unwrap_or((1, "B"));
            json!(format!("{}{suffix}", bytes / unit))
        }
        Value::Duration(d) => json!(format!("{}ms", d.at_least_milliseconds())),
        other => lower(other, Kind::Anything, Style::Snake),
    };
    Json::Object(record.iter().map(|(name, setting)| (name.to_string(), entry(&setting.value))).collect())
}

/// `at_rest: aes_256_gcm, in_transit: tls_1_3` under the names that platforms use for them.
fn encryption(value: &Value, style: Style) -> Json {
    let mut out = Map::new();
    let word = |name: &str| match value {
        Value::Record(record) => match record.get(name).map(|s| &s.value) {
            Some(Value::Word(word)) => Some(word.clone()),
            _ => None,
        },
        _ => None,
    };
    if let Some(algorithm) = word("at_rest") {
        let at_rest = if algorithm == "none" {
            json!({ "enabled": false })
        } else {
            json!({ "enabled": true, "algorithm": algorithm.to_uppercase().replace('_', "-") })
        };
        out.insert(key("at_rest", style), at_rest);
    }
    if let Some(protocol) = word("in_transit") {
        let in_transit = match protocol.strip_prefix("tls_") {
            Some(version) => json!({ "enabled": true, key("tls_version", style): version.replace('_', ".") }),
            None => json!({ "enabled": false }),
        };
        out.insert(key("in_transit", style), in_transit);
    }
    Json::Object(out)
}

/// Whole seconds as a number; what has no fixed length (`6mo`, `5y`) or is shorter than a second as it is written.
pub(super) fn duration(d: Duration) -> Json {
    match d.unit {
        DurationUnit::Months | DurationUnit::Years => json!(d.to_string()),
        _ if d.at_least_milliseconds().is_multiple_of(1000) => json!(d.at_least_milliseconds() / 1000),
        _ => json!(d.to_string()),
    }
}

/// Exact bytes, in the largest unit that divides them.
pub(super) fn size(bytes: u64, style: Style) -> Json {
    let units: [(u64, &str, &str); 8] = [
        (1 << 40, "TiB", "Ti"),
        (1 << 30, "GiB", "Gi"),
        (1 << 20, "MiB", "Mi"),
        (1 << 10, "KiB", "Ki"),
        (1_000_000_000_000, "TB", "T"),
        (1_000_000_000, "GB", "G"),
        (1_000_000, "MB", "M"),
        (1_000, "KB", "k"),
    ];
    for (unit, snake, camel) in units {
        if bytes > 0 && bytes.is_multiple_of(unit) {
            let suffix = if style == Style::Snake { snake } else { camel };
            return json!(format!("{}{suffix}", bytes / unit));
        }
    }
    json!(bytes)
}

fn decimal(text: &SmolStr) -> Json {
    text.parse::<f64>().ok().and_then(Number::from_f64).map_or_else(|| json!(text.as_str()), Json::Number)
}

/// A YAML document with a comment at its head.
///
/// # Panics
/// Never: a tree of JSON values is always YAML.
pub(super) fn yaml(comment: &str, tree: &Map<String, Json>) -> String {
    let mut out = String::new();
    for line in comment.lines() {
        out.push_str("# ");
        out.push_str(line);
        out.push('\n');
    }
    if tree.is_empty() {
        out.push_str("{}\n");
        return out;
    }
    match serde_saphyr::to_string(tree) {
        Ok(text) => out.push_str(&text),
        Err(error) => panic!("a tree of plain values is YAML: {error}"),
    }
    out
}

/// A JSON document, indented, with a newline at its end.
///
/// # Panics
/// Never: a tree of JSON values is always JSON.
pub(super) fn json_text(tree: &Json) -> String {
    match serde_json::to_string_pretty(tree) {
        Ok(text) => text + "\n",
        Err(error) => panic!("a tree of plain values is JSON: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_reads_as_something_else_are_quoted() {
        for text in [
            "no",
            "1e3",
            "~",
            "null",
            "",
            " lead",
            "trail ",
            "a: b",
            "# c",
            "- d",
            "yes",
            "0x1f",
            "1_000",
            "12:30",
            "2027-01-01",
            "{{ x }}",
            "*a",
            "&a",
            "!t",
            "%d",
            "@e",
            "`f`",
            "'g'",
            "\"h\"",
            "a\\b",
            "=",
            "<<",
            "on",
            "line\nbreak",
            "tab\there",
            "\u{202e}right to left",
            "é",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{0}",
            ".inf",
            ".5",
            "+1",
            "0o7",
            "017",
            "1.",
            "y",
            "N",
            "|",
            ">",
            "a #b",
            "a:b",
            "trailing\n",
            "\n",
            "\r\n",
            "[",
            "]",
            "{",
            "}",
            ",",
            "?",
            "? x",
            "-",
            "---",
            "...",
        ] {
            let mut tree = Map::new();
            tree.insert("value".to_owned(), json!(text));
            tree.insert(text.to_owned(), json!([text, 1]));
            let written = yaml("head", &tree);
            let read: Json = serde_saphyr::from_str(&written).unwrap();
            assert_eq!(read, Json::Object(tree), "{written}");
        }
    }
}
