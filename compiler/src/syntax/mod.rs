//! Text to tree and back: the only module that knows pest.

pub mod ast;
