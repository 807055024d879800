//! Every alert watches something that the store's engine measures, against a threshold of its unit.

use super::settings::holds;
use crate::Governed;
use polity_model::settings::catalogue;
use polity_text::diagnostics::codes::{E0406, E0407};
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// An alert on an unknown measurement, or with a threshold of another unit.
pub fn alerts(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for store in &platform.stores {
        let Some(engine) = store.about else { continue };
        for alert in &store.alerts {
            let Some(metric) = engine.metrics.iter().find(|m| m.name == alert.metric) else {
                let known = || engine.metrics.iter().map(|m| m.name);
                let help = did_you_mean(&alert.metric, known())
                    .unwrap_or_else(|| format!("it measures: {}", known().collect::<Vec<_>>().join(", ")));
                found.push(
                    Diagnostic::new(
                        E0406,
                        alert.metric_span,
                        format!("{} measures no `{}`", engine.title, alert.metric),
                    )
                    .help(help),
                );
                continue;
            };
            let wrong = match (metric.threshold, &alert.comparison) {
                (None, None) => None,
                (None, Some(_)) => Some("takes no threshold: it is so or it is not".to_owned()),
                (Some(kind), None) => Some(format!("needs a threshold: {}", catalogue::describe(kind))),
                (Some(kind), Some((_, value))) => {
                    (!holds(kind, value)).then(|| format!("is compared with {}", catalogue::describe(kind)))
                }
            };
            if let Some(wrong) = wrong {
                let example = match metric.threshold {
                    None => format!("alert {} for 1m severity critical", metric.name),
                    Some(kind) => format!("alert {} > {} for 5m", metric.name, catalogue::example(kind)),
                };
                found.push(
                    Diagnostic::new(E0407, alert.span, format!("`{}` {wrong}", metric.name))
                        .help(format!("for example `{example}`")),
                );
            }
        }
    }
}
