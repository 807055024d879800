//! The settings that `with { … }` of a table or an index may hold: PostgreSQL's storage parameters.

use std::fmt::Display;

use polity_model::settings::catalogue::{Kind, Spec};
use polity_model::settings::levels::Levels;
use polity_model::{Record, Setting, Value};

macro_rules! specs {
    ($($name:literal: $kind:expr, $docs:literal;)*) => {
        &[$(Spec { name: $name, kind: $kind, levels: Levels::WITH, is_structural: true, docs: $docs }),*]
    };
}

/// Storage parameters of tables (PostgreSQL's reference, CREATE TABLE).
pub(in crate::postgres) const TABLE: &[Spec] = specs! {
    "fillfactor": Kind::Integer(10, 100), "How full pages are packed, in percent; less leaves room for updates in place.";
    "parallel_workers": Kind::Integer(0, 1024), "Workers that scan the table together.";
    "toast_tuple_target": Kind::Integer(128, 8160), "The length from which long values are moved out of the row, in bytes.";
    "autovacuum_enabled": Kind::Bool, "Whether autovacuum looks after the table.";
    "autovacuum_vacuum_threshold": Kind::Integer(0, i64::MAX), "Dead rows before a vacuum, beside the scale factor.";
    "autovacuum_vacuum_scale_factor": Kind::Number, "Dead rows before a vacuum, as a part of the table from 0 to 1.";
    "autovacuum_vacuum_insert_threshold": Kind::Integer(-1, i64::MAX), "Inserted rows before a vacuum.";
    "autovacuum_vacuum_insert_scale_factor": Kind::Number, "Inserted rows before a vacuum, as a part of the table.";
    "autovacuum_vacuum_cost_delay": Kind::Number, "Rest between two rounds of a vacuum, in milliseconds.";
    "autovacuum_vacuum_cost_limit": Kind::Integer(1, 10_000), "Work of one round of a vacuum.";
    "autovacuum_analyze_threshold": Kind::Integer(0, i64::MAX), "Changed rows before statistics are made.";
    "autovacuum_analyze_scale_factor": Kind::Number, "Changed rows before statistics are made, as a part of the table.";
    "autovacuum_freeze_max_age": Kind::Integer(100_000, 2_000_000_000), "Age in transactions at which a vacuum is forced.";
    "log_autovacuum_min_duration": Kind::Integer(-1, i64::MAX), "Vacuums longer than this are logged, in milliseconds.";
};

/// Storage parameters of indexes (CREATE INDEX; pgvector's for `vector`).
pub(in crate::postgres) const INDEX: &[Spec] = specs! {
    "fillfactor": Kind::Integer(10, 100), "How full pages are packed, in percent (btree, hash, gist).";
    "deduplicate_items": Kind::Bool, "Whether equal keys are stored once (btree).";
    "buffering": Kind::Word(&["on", "off", "auto"]), "Whether the build is buffered (gist).";
    "fastupdate": Kind::Bool, "Whether new entries are collected before they go into the index (gin).";
    "gin_pending_list_limit": Kind::Integer(64, i64::MAX), "How much is collected, in kilobytes (gin).";
    "pages_per_range": Kind::Integer(1, 131_072), "Pages that one entry stands for (brin).";
    "autosummarize": Kind::Bool, "Whether new ranges are entered at once (brin).";
    "distance": Kind::Word(&["cosine", "l2", "inner_product"]), "What near means (vector).";
    "m": Kind::Integer(2, 100), "Neighbours of each point (vector).";
    "ef_construction": Kind::Integer(4, 1000), "Candidates while building (vector).";
};

/// Writes `WITH (fillfactor = 80)`, with a blank before it, or nothing.
pub(in crate::postgres) fn clause<K: Display, V: Display>(
    storage: impl IntoIterator<Item = (K, V)> + Clone,
) -> impl Display {
    std::fmt::from_fn(move |f| {
        let mut begin = " WITH (";
        for (name, value) in storage.clone() {
            write!(f, "{begin}{name} = {value}")?;
            begin = ", ";
        }
        f.write_str(if begin == ", " { ")" } else { "" })
    })
}

pub(super) fn of_table(with: &Record) -> Vec<(&'static str, String)> {
    known(with, TABLE)
}

pub(super) fn of_index(with: &Record) -> Vec<(&'static str, String)> {
    let mut storage = known(with, INDEX);
    // It chooses the operator class; PostgreSQL knows no parameter of that name.
    storage.retain(|(name, _)| *name != "distance");
    storage
}

fn known(with: &Record, specs: &'static [Spec]) -> Vec<(&'static str, String)> {
    with.iter()
        .filter_map(|(name, setting)| {
            specs.iter().find(|spec| spec.name == name).map(|spec| (spec.name, value(setting)))
        })
        .collect()
}

fn value(setting: &Setting) -> String {
    match &setting.value {
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Decimal(text) | Value::Word(text) | Value::Percent(text) => text.to_string(),
        // The gate let only what the catalogue allows pass.
        _ => String::new(),
    }
}
