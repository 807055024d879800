//! Every setting is one that its engine has, and holds what it may hold.

use smol_str::SmolStr;

use super::levels::{Place, places};
use crate::Governed;
use polity_model::settings::catalogue::{self, Kind, Spec};
use polity_model::settings::levels::Level;
use polity_model::{Layered, Setting, Value};
use polity_text::diagnostics::codes::{E0201, E0401, E0402, E0403};
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// How long a key of YAML may be (1.2.2, 7.4), less the quotes around it.
const LONGEST_NAME: usize = 1000;

/// Judges the settings of everything that has some against the catalogue.
pub fn settings(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for place in places(platform) {
        let owner = owner(&place);
        let overlays = place.layers.environments.iter().map(|(_, overlay)| overlay);
        for record in std::iter::once(&place.layers.base).chain(overlays) {
            // Another engine in one environment is judged by `not_yet`, and what belongs elsewhere by `levels`.
            let is_left =
                |name: &str| name == "engine" && place.level == Level::Store || place.is_misplaced(name);
            judge(record.iter().filter(|(name, _)| !is_left(name)), &place.known, &owner, found);
        }
    }
    let tenants = platform.tenants.iter().map(|tenant| &tenant.settings);
    platform
        .tiers
        .iter()
        .map(|tier| &tier.settings)
        .chain(tenants)
        .for_each(|layers| keys(platform, layers, found));
}

/// The owner of the settings in a place, as messages say it.
fn owner(place: &Place<'_>) -> String {
    let level = place.level.name(false);
    match place.engine {
        Some(engine) if place.level == Level::Store => format!("a {} store", engine.title),
        Some(engine) => format!("{level}'s part of a {} store", engine.title),
        None => level,
    }
}

/// `keys: { pii: tenant }` names encryption keys.
fn keys(platform: &Governed, layers: &Layered, found: &mut Vec<Diagnostic>) {
    let overlays = layers.environments.iter().map(|(_, overlay)| overlay);
    for record in std::iter::once(&layers.base).chain(overlays) {
        let Some(Value::Record(keys)) = record.get("keys").map(|setting| &setting.value) else { continue };
        for (name, setting) in keys {
            let known = || platform.encryption_keys.iter().map(|key| key.named.name.as_str());
            if !known().any(|key| key == name) {
                let help = did_you_mean(name, known())
                    .unwrap_or_else(|| format!("declare it: `encryption key {name} {{ … }}`"));
                let message = format!("there is no encryption key `{name}`");
                found.push(Diagnostic::new(E0201, setting.name_span, message).help(help));
            }
        }
    }
}

fn judge<'r>(
    record: impl IntoIterator<Item = (&'r SmolStr, &'r Setting)>,
    known: &[&'static Spec],
    owner: &str,
    found: &mut Vec<Diagnostic>,
) {
    for (name, setting) in record {
        match known.iter().find(|spec| spec.name == name) {
            Some(spec) => judge_value(name, setting, &setting.value, spec.kind, found),
            None => found.push(unknown(name, setting, known, owner)),
        }
    }
}

fn unknown(name: &str, setting: &Setting, known: &[&Spec], owner: &str) -> Diagnostic {
    let names = || known.iter().map(|spec| spec.name);
    let help = did_you_mean(name, names()).unwrap_or_else(|| {
        let mut all: Vec<&str> = names().collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            "it takes no settings".to_owned()
        } else {
            format!(
                "it has: {}; what is to be carried along unread goes into `annotations: {{ … }}`",
                all.join(", ")
            )
        }
    });
    Diagnostic::new(E0401, setting.name_span, format!("{owner} has no setting `{name}`"))
        .here("not a setting here")
        .help(help)
}

fn judge_value(name: &str, setting: &Setting, value: &Value, kind: Kind, found: &mut Vec<Diagnostic>) {
    match (kind, value) {
        (_, Value::Broken) => {}
        (Kind::Anything, value) => carried(value, found),
        (Kind::List(element), Value::List(values)) => {
            for value in values {
                judge_value(name, setting, value, *element, found);
            }
        }
        (Kind::Record(specs), Value::Record(record)) => {
            judge(record, &specs.iter().collect::<Vec<_>>(), &format!("`{name}`"), found);
        }
        (Kind::Map(element), Value::Record(record)) => {
            for (name, setting) in record {
                judge_value(name, setting, &setting.value, *element, found);
            }
        }
        (Kind::Tagged(tags), Value::Word(_) | Value::Tagged { .. } | Value::Record(_)) => {
            judge_tagged(name, setting, value, tags, found);
        }
        (Kind::OneOf(kinds), value) => {
            // The first alternative of the value's own form says best what is wrong with it.
            let fitting = kinds.iter().find(|kind| holds(**kind, value));
            let near = fitting.or_else(|| kinds.iter().find(|kind| same_form(**kind, value)));
            match near {
                Some(kind) => judge_value(name, setting, value, *kind, found),
                None => found.push(ill_typed(name, setting, kind)),
            }
        }
        (Kind::Secret, Value::Text(_)) => found.push(
            Diagnostic::new(
                E0403,
                setting.value_span,
                format!("the value of `{name}` is a secret in the source"),
            )
            .here("everybody who reads the source reads this")
            .help(format!(
                "name where it lives: `{name}: secret(\"SECRET\", \"KEY\")` or `{name}: env(\"VARIABLE\")`"
            )),
        ),
        (Kind::Word(words), Value::Word(word)) if !words.contains(&word.as_str()) => {
            let help = did_you_mean(word, words.iter().copied())
                .unwrap_or_else(|| format!("it may be: {}", words.join(", ")));
            found.push(
                Diagnostic::new(E0402, setting.value_span, format!("`{name}` cannot be `{word}`")).help(help),
            );
        }
        (kind, value) if !holds(kind, value) => found.push(ill_typed(name, setting, kind)),
        _ => {}
    }
}

/// Judges a value that is carried along unread, since it still ends in YAML files.
fn carried(value: &Value, found: &mut Vec<Diagnostic>) {
    match value {
        Value::List(values) => values.iter().for_each(|value| carried(value, found)),
        Value::Record(record) | Value::Tagged { record, .. } => {
            for (name, setting) in record {
                if name.len() > LONGEST_NAME {
                    found.push(
                        Diagnostic::new(
                            E0402,
                            setting.name_span,
                            format!("a setting's name has {} bytes", name.len()),
                        )
                        .note(format!(
                            "a key of YAML has {LONGEST_NAME} at most, and Helm reads no longer one"
                        ))
                        .help("choose a shorter name"),
                    );
                }
                if name == "<<" {
                    found.push(
                        Diagnostic::new(E0402, setting.name_span, "a setting cannot be called `<<`")
                            .note("YAML 1.1, and so Helm, merges a mapping in where a key is `<<`, quoted or not")
                            .help("choose another name"),
                    );
                }
                carried(&setting.value, found);
            }
        }
        _ => {}
    }
}

fn judge_tagged(
    name: &str,
    setting: &Setting,
    value: &Value,
    tags: &'static [(&'static str, &'static [Spec])],
    found: &mut Vec<Diagnostic>,
) {
    let (tag, record) = match value {
        Value::Word(tag) => (tag, None),
        Value::Tagged { tag, record, .. } => (tag, Some(record)),
        // In an overlay a record without its word changes what the word below it holds.
        Value::Record(record) => {
            let known: Vec<&Spec> = tags.iter().flat_map(|(_, specs)| specs.iter()).collect();
            judge(record, &known, &format!("`{name}`"), found);
            return;
        }
        _ => return,
    };
    match tags.iter().find(|(known, _)| known == tag) {
        Some((_, specs)) => {
            if let Some(record) = record {
                judge(record, &specs.iter().collect::<Vec<_>>(), &format!("`{tag}`"), found);
            }
        }
        None => {
            let known = || tags.iter().map(|(tag, _)| *tag);
            let help = did_you_mean(tag, known())
                .unwrap_or_else(|| format!("it may be: {}", known().collect::<Vec<_>>().join(", ")));
            found.push(
                Diagnostic::new(E0402, setting.value_span, format!("`{name}` cannot be `{tag}`")).help(help),
            );
        }
    }
}

/// Whether a value is exactly what the catalogue asks for, apart from what is inside records.
pub fn holds(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Broken)
        | (Kind::Anything, _)
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Number, Value::Integer(_) | Value::Decimal(_))
        | (Kind::Text, Value::Text(_))
        | (Kind::Duration, Value::Duration(_))
        | (Kind::Size, Value::Size(_))
        | (Kind::Percent, Value::Percent(_))
        | (Kind::Rate, Value::Rate { .. })
        | (Kind::AnyWord, Value::Word(_) | Value::Text(_))
        | (Kind::Record(_) | Kind::Map(_), Value::Record(_))
        | (Kind::Secret, Value::Secret { .. } | Value::EnvironmentVariable(_)) => true,
        (Kind::Integer(low, high), Value::Integer(n)) => (low..=high).contains(n),
        (Kind::Word(words), Value::Word(word)) => words.contains(&word.as_str()),
        (Kind::List(element), Value::List(values)) => values.iter().all(|v| holds(*element, v)),
        (Kind::Tagged(tags), Value::Word(tag) | Value::Tagged { tag, .. }) => {
            tags.iter().any(|(known, _)| known == tag)
        }
        (Kind::OneOf(kinds), value) => kinds.iter().any(|kind| holds(*kind, value)),
        _ => false,
    }
}

fn same_form(kind: Kind, value: &Value) -> bool {
    matches!(
        (kind, value),
        (Kind::Word(_), Value::Word(_))
            | (Kind::Tagged(_), Value::Word(_) | Value::Tagged { .. } | Value::Record(_))
            | (Kind::Integer(..), Value::Integer(_))
            | (Kind::Record(_) | Kind::Map(_), Value::Record(_))
            | (Kind::List(_), Value::List(_))
    )
}

fn ill_typed(name: &str, setting: &Setting, kind: Kind) -> Diagnostic {
    Diagnostic::new(E0402, setting.value_span, format!("`{name}` takes {}", catalogue::describe(kind)))
        .here("not of that form")
        .help(format!("for example `{name}: {}`", catalogue::example(kind)))
}
