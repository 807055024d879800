//! A store that a public chart runs names a chart whose values are known, and asks of it what it can do.

use crate::Governed;
use polity_model::settings::charts::{CHARTS, chart, chart_setting};
use polity_model::{Record, Setting, Value};
use polity_text::diagnostics::codes::E0409;
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

/// A chart for which no values could be written, and a cluster that it does not run.
pub fn charts(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for store in &platform.stores {
        let environments = platform.environments.iter().map(|environment| Some(environment.id));
        for environment in std::iter::once(None).chain(environments) {
            let settings = platform.settings_of(store.id, environment);
            let Some(name) = chart(&settings) else { continue };
            let diagnostic = if !CHARTS.contains(&name.as_str()) {
                let help = did_you_mean(&name, CHARTS.iter().copied())
                    .in_quotes()
                    .unwrap_or_else(|| format!("charts that work: {}", CHARTS.join(", ")));
                let at = chart_setting(&settings).map_or(store.named.span, |setting| setting.value_span);
                Diagnostic::new(E0409, at, format!("no values are written for the chart `{name}`")).help(help)
            } else if let Some((at, what)) = cluster(&settings) {
                Diagnostic::new(E0409, at, format!("the chart `{name}` runs no {what}"))
                    .help("let an operator run it, `managed_by: operator`, or say `topology: replica_set { members: 3 }`")
            } else {
                continue;
            };
            if !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
    }
}

/// Where the settings ask for one.
fn cluster(settings: &Record) -> Option<(Span, &'static str)> {
    let topology: &Setting = settings.get("topology")?;
    let (Value::Tagged { tag, .. } | Value::Word(tag)) = &topology.value else { return None };
    let what = match tag.as_str() {
        "sharded" => "sharded cluster",
        "cluster" => "cluster",
        _ => return None,
    };
    Some((topology.value_span, what))
}
