//! The settings that exist, with their types and the levels at which each has its effect.

pub mod catalogue;
pub mod charts;
pub mod client;
pub mod keys;
pub mod levels;
pub mod tenants;
