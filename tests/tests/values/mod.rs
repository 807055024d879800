//! Values mean one thing: beside fields, in expressions, in every store and in every session.

mod defaults;
mod expressions;
mod inferred;
mod sessions;

/// A platform with every form of a default.
pub const DEFAULTS: &str = include_str!("defaults.polity");

/// A platform that computes with every function and operator whose meaning stores share.
pub const EXPRESSIONS: &str = include_str!("expressions.polity");
