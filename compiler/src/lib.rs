//! Polity: one source for every store.

pub mod artifact;
pub mod diagnostics;
pub mod source;
pub mod syntax;
