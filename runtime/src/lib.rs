//! Hand-written Rust under every generated crate.
