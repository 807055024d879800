//! Text to tree and back: the only module that knows pest.

pub mod ast;

use crate::diagnostics::Diagnostic;
use crate::source::Sources;

/// Reads every file of a project.
#[must_use]
pub fn parse(sources: &Sources) -> (ast::Tree, Vec<Diagnostic>) {
    let files = sources.iter().map(|(id, _)| ast::File { id, items: Vec::new() }).collect();
    (ast::Tree { files }, Vec::new())
}
