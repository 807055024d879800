//! `with { … }` holds storage parameters that PostgreSQL has, with values that they may have.

use super::super::lower::storage::{INDEX, TABLE};
use super::entities;
use polity_govern::Stored;
use polity_govern::check::rules::settings::holds;
use polity_model::settings::catalogue::{self, Spec};
use polity_model::{Layered, Store};
use polity_text::diagnostics::codes::E0519;
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// A parameter that a table or an index does not have, or a value of another kind.
pub(super) fn storage_parameter(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        judge("a table", &entity.with, TABLE, found);
        for index in &entity.indexes {
            judge("an index", &index.with, INDEX, found);
        }
    }
}

fn judge(of: &str, with: &Layered, known: &'static [Spec], found: &mut Vec<Diagnostic>) {
    for (environment, record) in
        std::iter::once((None, &with.base)).chain(with.environments.iter().map(|(id, r)| (Some(id), r)))
    {
        for (name, setting) in record {
            let Some(spec) = known.iter().find(|spec| spec.name == name) else {
                let names = || known.iter().map(|spec| spec.name);
                let help = did_you_mean(name, names())
                    .unwrap_or_else(|| format!("it has {}", names().collect::<Vec<_>>().join(", ")));
                found.push(
                    Diagnostic::new(
                        E0519,
                        setting.name_span,
                        format!("{of} of PostgreSQL has no parameter `{name}`"),
                    )
                    .help(help),
                );
                continue;
            };
            if !holds(spec.kind, &setting.value) {
                found.push(
                    Diagnostic::new(
                        E0519,
                        setting.value_span,
                        format!("`{name}` is {}", catalogue::describe(spec.kind)),
                    )
                    .help(spec.docs.trim_end_matches('.').to_owned()),
                );
            }
            if environment.is_some() {
                found.push(
                    Diagnostic::new(
                        E0519,
                        setting.name_span,
                        format!("`{name}` is the same in every environment"),
                    )
                    .note("one schema.sql serves all of them")
                    .help("move it out of `in …`"),
                );
            }
        }
    }
}
