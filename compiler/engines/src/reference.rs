//! The catalogue as a page of the language reference.

use std::fmt::Write;

use super::ENGINES;
use polity_model::settings::catalogue::{COMMON, Kind, Metric, PLATFORM, Spec, describe};
use polity_model::settings::client::RUST;
use polity_model::settings::keys::KEY;
use polity_model::settings::tenants::{TENANT, TIER};

/// `docs/settings.md`: every setting and every measurement, with its type and what it means.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(
        "# Settings and alerts\n\n\
         Written from the compiler's own catalogue; a test keeps it true. A name that is not listed is an error, except\n\
         below `annotations: { … }`, which is carried along as it is: declared, not enforced.\n\n\
         **Where** tells the levels at which a setting has its effect; anywhere else it is an error ([E0411](../text/errors/E0411.md)).\n\
         `platform` holds for every store. `tier` and `tenant` mean, of a setting of a store, `store NAME { … }` inside of\n\
         them; a store without schemas keeps tenants with `isolation: schema` as those with `row`. Where `environment` stands,\n\
         `in ENVIRONMENT { … }` changes it for one: records merge by name; lists, single values and a different word replace.\n\n\
         A setting **of structure** changes what a store's catalog holds, so that a store that runs is migrated when the\n\
         setting changes. Any other is a parameter: of the server, of its surroundings or of a file.\n\n\
         ## The platform\n\n",
    );
    settings(&mut out, PLATFORM);
    out.push_str("\nAnd what every store may have, for all of them, as far as the next table says so.\n\n## Every store\n\n");
    settings(&mut out, COMMON);
    for engine in ENGINES.known {
        let majors = &engine.majors;
        let _ = write!(
            out,
            "\n## {} (`{}`, versions {} to {})\n\n",
            engine.title,
            engine.name,
            majors.start(),
            majors.end()
        );
        settings(&mut out, engine.settings);
        out.push_str("\nWhat `alert` may watch:\n\n");
        metrics(&mut out, engine.metrics);
    }
    out.push_str("\n## Tiers and tenants\n\nIn a `tier`:\n\n");
    settings(&mut out, TIER);
    out.push_str("\nIn a `tenant`, over those of its tier:\n\n");
    settings(&mut out, TENANT);
    out.push_str("\n## Encryption keys\n\n");
    settings(&mut out, KEY);
    out.push_str("\n## The Rust client\n\nIn `rust`:\n\n");
    settings(&mut out, RUST);
    let later: Vec<String> = ENGINES.later.iter().map(|name| format!("`{name}`")).collect();
    let _ = write!(
        out,
        "\n## Not yet\n\nThe language knows these engines, and nothing is written for them: {}.\n",
        later.join(", ")
    );
    out
}

fn settings(out: &mut String, specs: &[Spec]) {
    out.push_str("| setting | holds | where | meaning |\n|---|---|---|---|\n");
    rows(out, "", specs);
}

fn rows(out: &mut String, prefix: &str, specs: &[Spec]) {
    for spec in specs {
        let name = format!("{prefix}{}", spec.name);
        let (holds, levels) = (describe(spec.kind), spec.levels.names().join(", "));
        let structure = if spec.is_structural { " Of structure." } else { "" };
        let docs = format!("{}{structure}", cell(spec.docs));
        let _ = writeln!(out, "| `{name}` | {} | {} | {docs} |", cell(&holds), cell(&levels));
        inside(out, &name, spec.kind);
    }
}

/// The rows of what a record, or a word with a record, has inside.
fn inside(out: &mut String, name: &str, kind: Kind) {
    match kind {
        Kind::Record(specs) => rows(out, &format!("{name}."), specs),
        Kind::Tagged(tags) => {
            for (tag, specs) in tags {
                rows(out, &format!("{name}: {tag}."), specs);
            }
        }
        Kind::OneOf(kinds) => kinds.iter().for_each(|kind| inside(out, name, *kind)),
        _ => {}
    }
}

fn metrics(out: &mut String, metrics: &[Metric]) {
    out.push_str("| measurement | compared with | meaning |\n|---|---|---|\n");
    for metric in metrics {
        let threshold =
            metric.threshold.map_or_else(|| "nothing: it is so or it is not".to_owned(), describe);
        let _ = writeln!(out, "| `{}` | {} | {} |", metric.name, cell(&threshold), cell(metric.docs));
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
