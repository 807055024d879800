//! The settings of the generated crate.

use super::catalogue::{Kind, Spec};
use super::levels::Levels;

/// The settings of the `rust` block.
pub const RUST: &[Spec] = &[Spec {
    name: "runtime",
    kind: Kind::Tagged(&[("version", &[]), ("git", &[]), ("path", &[])]),
    levels: Levels::RUST,
    is_structural: false,
    docs: "Where `polity-runtime` comes from, on which the generated crate stands: `version 0.1` of a registry, which where nothing is said is that of the compiler; `git(\"https://…\", \"COMMIT\")`; or `path(\"…\")`, seen from the generated crate.",
}];
