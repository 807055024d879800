//! A service on a platform that Polity describes: `build.rs` compiles `platform/`, and this includes what comes out.

/// The platform's types.
pub mod library {
    include!(concat!(env!("OUT_DIR"), "/library.rs"));
}
