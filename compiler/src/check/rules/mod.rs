//! The rules that concern every store, one a file.

pub mod alerts;
pub mod charts;
pub mod engines;
pub mod override_names;
pub mod settings;
