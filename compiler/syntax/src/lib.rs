//! Text to tree and back: the only crate that knows pest.
//!
//! `layout` goes over the text by hand first (comments, continued lines, brackets, texts), the grammar then reads
//! one item after the other, and `parser` makes the tree of [`ast`] and words what is wrong.

// The parser that pest derives names it, since pest is used without `std`.
extern crate alloc;

pub mod ast;
mod counts;
mod format;
pub mod hidden;
mod layout;
mod parser;
mod unseen;
mod words;

pub use counts::{RECORDS, excess};
pub use format::format;
pub use parser::{parse, parse_file};
pub use unseen::Unseen;
pub use words::{WORDS, is_word_of_language};
#[cfg(test)]
mod tests;
