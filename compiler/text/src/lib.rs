//! Text and what is said about it: the ground under every other crate of the compiler.
//!
//! | module | holds |
//! |---|---|
//! | [`source`] | the files of a project, and places in them |
//! | [`diagnostics`] | messages about a place, the registry of their codes, and the ways to print them |
//! | [`quoting`] | texts as shells, Markdown, PromQL and Helm read them |
//! | [`naming`] | changes of case |
//! | [`tokens`] | the tokens of a text that serves every tenant of a tier, and the values for them |
//! | [`cores`] | work on many things, shared among the processor's cores |

pub mod cores;
pub mod diagnostics;
pub mod naming;
pub mod quoting;
pub mod source;
pub mod tokens;
