//! Templates: the document around what code printed. A template prints and loops; it never decides, names or
//! quotes.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// Renders a template of `templates/` with a serde value. An undefined name is an error, never an empty text.
///
/// # Panics
/// When the template does not fit the value: both are ours, and the tests render every template.
#[must_use]
pub fn render(source: &'static str, context: impl Serialize) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment
        .render_str(source, Serde(context))
        .unwrap_or_else(|error| panic!("a template does not fit its value: {error:#}"))
}
