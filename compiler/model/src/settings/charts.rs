//! The public charts that can run a store: `managed_by: helm { chart: "…" }`.

use crate::{Record, Value};

/// The charts whose values are known, by the name in the source.
pub const CHARTS: &[&str] = &["bitnami/mongodb", "bitnami/postgresql", "bitnami/redis"];

/// The chart that runs a store with these settings.
#[must_use]
pub fn chart(record: &Record) -> Option<String> {
    let Value::Tagged { tag, record, .. } = &record.get("managed_by")?.value else { return None };
    match record.get("chart").map(|setting| &setting.value) {
        Some(Value::Text(chart)) if tag == "helm" => Some(chart.to_string()),
        _ => None,
    }
}
