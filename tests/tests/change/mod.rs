//! Sources that change, and live databases that are led on to them.

mod adopt;
mod adopted;
mod apply;
mod cut;
pub mod documents;
mod doubles;
mod edits;
mod herald;
mod history;
mod locks;
mod mongodb;
mod operators;
mod pairs;
mod partitioned;
mod read;
mod redis;
mod respread;
mod said;
mod sealings;
mod service;
mod squawk;
mod standing;
mod steps;
pub mod support;
mod tiers;
mod undo;
mod window;
