//! Live databases read back into catalogs.

mod examples;
mod mutants;
pub mod support;
mod whole;
