//! `with { … }`: what an index or a collection of MongoDB may set.

use polity_govern::Stored;
use polity_model::{Layered, Record, Store, Value};
use polity_text::diagnostics::codes::E0620;
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// The settings that an index may have, each with an example of its value.
const OF_INDEX: &[(&str, &str)] = &[("expire_after", "30d"), ("hidden", "true")];

pub(super) fn index_settings(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        judge(&entity.with, &[], "a collection", found);
        for index in &entity.indexes {
            judge(&index.with, OF_INDEX, "an index", found);
        }
    }
}

fn judge(with: &Layered, known: &[(&str, &str)], owner: &str, found: &mut Vec<Diagnostic>) {
    settings(&with.base, known, owner, found);
    for setting in with.environments.iter().flat_map(|(_, overlay)| overlay.values()) {
        found.push(
            Diagnostic::new(
                E0620,
                setting.name_span,
                format!("{owner} of MongoDB is the same in every environment"),
            )
            .help("write it outside of `in …`"),
        );
    }
}

fn settings(record: &Record, known: &[(&str, &str)], owner: &str, found: &mut Vec<Diagnostic>) {
    for (name, setting) in record {
        let is_fitting = match (name.as_str(), &setting.value) {
            (_, Value::Broken) => true,
            ("expire_after", value) => matches!(value, Value::Duration(_)),
            ("hidden", value) => matches!(value, Value::Bool(_)),
            _ => false,
        };
        match known.iter().find(|(known, _)| *known == name.as_str()) {
            Some(_) if is_fitting => {}
            Some((name, example)) => found.push(
                Diagnostic::new(E0620, setting.value_span, format!("`{name}` cannot be this"))
                    .help(format!("for example `{name}: {example}`")),
            ),
            None => {
                let names = || known.iter().map(|(name, _)| *name);
                let help = did_you_mean(name, names()).unwrap_or_else(|| {
                    let all: Vec<&str> = names().collect();
                    if all.is_empty() {
                        "it has none".to_owned()
                    } else {
                        format!("it has: {}", all.join(", "))
                    }
                });
                found.push(
                    Diagnostic::new(
                        E0620,
                        setting.name_span,
                        format!("{owner} of MongoDB has no setting `{name}`"),
                    )
                    .help(help),
                );
            }
        }
    }
}
