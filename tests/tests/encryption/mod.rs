//! Encrypted fields in every store: sealed by the runtime, held by real servers, found by their blind indexes.

mod drivers;
mod keys;
mod mongodb;
mod postgres;
mod records;
mod redis;
mod rules;
mod support;
