//! The outbox: what a transaction changes it publishes, once and with what it says, and nobody can make it say anything else.

mod guarded;
mod messages;
mod persons;
mod refused;
mod support;
mod tenants;
mod writers;
