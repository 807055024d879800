//! The operations that each service may do, as types: a generated crate has a module for each service, in which
//! `Service` implements exactly the operations that the source gives it.
//!
//! Code that asks for the operation compiles for the services that have it and for no others:
//!
//! ```
//! use polity_runtime::service::{Deletes, Reads, Service};
//!
//! # struct Wallet;
//! # struct WalletApi;
//! # impl Service for WalletApi { const NAME: &'static str = "wallet_api"; }
//! # impl Reads<Wallet> for WalletApi {
//! #     const FROM: &'static str = "core.wallets";
//! #     const COLUMNS: &'static [&'static str] = &["user", "balance"];
//! # }
//! fn all<S: Reads<R>, R>(_: S) -> String {
//!     format!("SELECT {} FROM {}", S::COLUMNS.join(", "), S::FROM)
//! }
//!
//! assert_eq!(all::<_, Wallet>(WalletApi), "SELECT user, balance FROM core.wallets");
//! ```
//!
//! ```compile_fail
//! # use polity_runtime::service::{Deletes, Service};
//! # struct Wallet;
//! # struct WalletApi;
//! # impl Service for WalletApi { const NAME: &'static str = "wallet_api"; }
//! fn remove<S: Deletes<Wallet>>(_: S) {}
//!
//! remove(WalletApi); // nothing lets it
//! ```
//!
//! The compiler of Rust checks what a program asks for; what a service is refused, the store itself refuses too.

/// A service of the platform.
pub trait Service {
    /// As the source calls it.
    const NAME: &'static str;
}

/// May read rows or documents as an `R`.
pub trait Reads<R>: Service {
    /// The table, view or collection that it reads.
    const FROM: &'static str;
    /// The names under which the fields of an `R` are stored.
    const COLUMNS: &'static [&'static str];
}

/// May add an `R`.
pub trait Inserts<R>: Service {
    /// The table or collection that it adds to.
    const INTO: &'static str;
    /// The names under which the fields that it may give are stored; the store fills in the rest.
    const COLUMNS: &'static [&'static str];
}

/// May change an `R`.
pub trait Updates<R>: Service {
    /// The table or collection that holds it.
    const IN: &'static str;
    /// The names under which the fields that it may change are stored.
    const COLUMNS: &'static [&'static str];
}

/// May delete an `R`.
pub trait Deletes<R>: Service {
    /// The table or collection that holds it.
    const FROM: &'static str;
}

/// May do `Verb` with what a key of the type `K`, or a channel, names.
pub trait May<Verb, K>: Service {}

/// Reads what a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Read {}
/// Sets what a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Write {}
/// Deletes a key.
#[derive(Debug, Clone, Copy)]
pub enum Delete {}
/// Adds to a list or a stream.
#[derive(Debug, Clone, Copy)]
pub enum Append {}
/// Takes entries of a stream, as one of a group.
#[derive(Debug, Clone, Copy)]
pub enum Consume {}
/// Speaks in a channel.
#[derive(Debug, Clone, Copy)]
pub enum Publish {}
/// Listens to a channel.
#[derive(Debug, Clone, Copy)]
pub enum Subscribe {}
