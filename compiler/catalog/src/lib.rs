//! Catalogs: the objects of an engine, as data. A store is lowered to one, its files are printed from it, and one is read
//! back from a live engine; two of them can be compared.
//!
//! It knows facts of engines alone: nothing in it comes from the model but by what an engine stores.

pub mod document;
mod file;
pub mod keyed;
mod objects;
pub mod origins;
pub mod relational;

pub use objects::{Identified, Objects};

/// The catalog of a store, by the kind of its engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Catalog {
    Relational(relational::Catalog),
    Document(document::Catalog),
    Keyed(keyed::Catalog),
}
