//! The public charts that can run a store: `managed_by: helm { chart: "…" }`.

use crate::{Record, Setting, Value};

/// The charts whose values are known, by the name in the source.
pub const CHARTS: &[&str] = &["bitnami/mongodb", "bitnami/postgresql", "bitnami/redis"];

/// The chart that runs a store with these settings.
#[must_use]
pub fn chart(record: &Record) -> Option<String> {
    match &chart_setting(record)?.value {
        Value::Text(chart) => Some(chart.to_string()),
        _ => None,
    }
}

/// The setting that names it.
#[must_use]
pub fn chart_setting(record: &Record) -> Option<&Setting> {
    match &record.get("managed_by")?.value {
        Value::Tagged { tag, record, .. } if tag == "helm" => record.get("chart"),
        _ => None,
    }
}
