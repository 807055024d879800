//! The one layout of source.
//!
//! The formatter prints tokens, not the tree, so it cannot lose one: every comment and every line break inside a
//! statement stays where it was written. What it needs to know of the grammar (where statements begin, which
//! parentheses belong to a call) the parser tells it as [`Marks`](super::parser::Marks).

mod nodes;
mod print;
pub(super) mod tokens;

use polity_text::diagnostics::codes::{E0111, E0113, E0120, E0121, E0122, E0127};
use polity_text::diagnostics::{Code, Diagnostic};
use polity_text::source::FileId;

use super::parser::{marks, parse_file};

/// Mistakes that leave no doubt where each statement and token ends: the layout is the same once they are mended.
const LEGIBLE: &[Code] = &[E0111, E0113, E0120, E0121, E0122, E0127];

/// Formats a file: two blanks a level, one statement a line, fields in columns, at most one empty line in a row.
/// A block that was written on one line stays on it if it fits.
/// Lines end in a line feed.
///
/// # Errors
///
/// What is wrong with the text, if it cannot be read as it stands. A name in the wrong style and the like can: they
/// are left as they are, for `check` to speak of.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (_, mut diagnostics) = parse_file(FileId(0), text);
    diagnostics.retain(|d| d.is_error() && !LEGIBLE.contains(&d.code));
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let marks = marks(text);
    let tokens = tokens::tokens(text, &marks);
    Ok(print::print(&nodes::nodes(&tokens, &marks)))
}
