//! What every crate that Polity generates stands on.
//!
//! Generated code says what a platform holds; how that behaves is written here, once, by hand:
//!
//! | module | for |
//! |---|---|
//! | [`check`], [`Invalid`] | limits on values, and what is wrong with one that breaks them |
//! | [`Email`], [`Phone`], [`Url`], [`Country`], [`Currency`], [`Language`] | text that was checked when it was made |
//! | [`Password`] | a password that can be verified and nothing else |
//! | [`geo`] | GeoJSON places on WGS 84 |
//! | [`key`] | keys of Redis, built from typed parameters |
//! | [`seal`] | encrypted fields, and what makes them searchable |
//! | [`stored`] | the form of a value in JSON and in other formats |
//! | [`expr`] | defaults and computed fields |
//! | [`service`] | what each service may do, as types |
//! | [`Redacted`] | what `Debug` shows of personal and secret fields |
//!
//! The types of other crates that stand in generated signatures are re-exported ([`Uuid`], [`Decimal`],
//! [`Timestamp`], …), so that a generated crate depends on this one and on nothing else.

pub mod check;
mod codes;
pub mod expr;
pub mod geo;
mod invalid;
pub mod key;
mod macros;
mod object_id;
mod password;
mod redacted;
pub mod seal;
pub mod service;
pub mod stored;
mod text;

pub use codes::{Country, Currency, Language};
pub use invalid::Invalid;
pub use object_id::ObjectId;
pub use password::Password;
pub use redacted::Redacted;
pub use text::{Email, Phone, Url};

pub use ipnet::IpNet;
/// A length of time, exact to the nanosecond; months and years, whose length varies, have no place in it.
pub use jiff::SignedDuration as Interval;
/// An instant; stores keep microseconds of it.
pub use jiff::Timestamp;
pub use jiff::civil::{Date, Time};
pub use rust_decimal::Decimal;
pub use serde_json::Value as Json;
pub use uuid::Uuid;

pub use {ipnet, jiff, regex_lite, rust_decimal, serde, serde_json, uuid};
