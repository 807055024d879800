//! A store that a public chart runs names a chart whose values are known.

use crate::diagnostics::codes::E0409;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::model::Platform;
use crate::outputs::helm::charts::{CHARTS, chart};

/// A chart for which no values could be written.
pub fn charts(platform: &Platform, found: &mut Vec<Diagnostic>) {
    for store in &platform.stores {
        let Some(name) = chart(&platform.settings_of(store.id, None)) else { continue };
        if !CHARTS.contains(&name.as_str()) {
            let span = store.settings.base.get("managed_by").map_or(store.named.span, |s| s.value_span);
            let help = did_you_mean(&name, CHARTS.iter().copied())
                .unwrap_or_else(|| format!("charts that work: {}", CHARTS.join(", ")));
            found.push(
                Diagnostic::new(E0409, span, format!("no values are written for the chart `{name}`"))
                    .help(help),
            );
        }
    }
}
