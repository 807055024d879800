//! How names are written: members in lower_snake, types in UpperCamel.

use smol_str::{SmolStr, format_smolstr};

use super::Reader;
use crate::diagnostics::{Diagnostic, codes, nearest};
use crate::syntax::ast::Name;
use crate::syntax::naming::{snake_case, upper_camel};

impl Reader<'_> {
    pub(super) fn check_lower(&mut self, name: &Name) {
        if !is_lower_snake(&name.text) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!("write `{}`", snake_case(&name.text))),
            );
        }
    }

    pub(super) fn check_variant(&mut self, name: &Name) {
        if !is_lower_snake(&name.text) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!(
                        "write `{}`, or `{} as \"{}\"` if it is stored so",
                        snake_case(&name.text),
                        snake_case(&name.text),
                        name.text
                    )),
            );
        }
    }

    pub(super) fn check_setting(&mut self, name: &Name) {
        if !name.text.split('.').all(is_lower_snake) {
            self.push(
                Diagnostic::new(codes::E0121, name.span, format!("`{}` should be in lower_snake", name.text))
                    .help(format!(
                        "write `{}`, or `\"{}\"` where an engine calls it so",
                        snake_case(&name.text),
                        name.text
                    )),
            );
        }
    }

    pub(super) fn check_upper(&mut self, name: &Name) {
        if !name.text.starts_with(|c: char| c.is_ascii_uppercase()) || name.text.contains('_') {
            self.push(
                Diagnostic::new(codes::E0122, name.span, format!("`{}` should be in UpperCamel", name.text))
                    .help(format!(
                        "write `{}`; how it is stored can be said with `as \"…\"`",
                        type_name(&name.text)
                    )),
            );
        }
    }

    /// `index gim (a)` is a b-tree that is called gim, and hardly what was meant.
    pub(super) fn near_method(&mut self, name: &Name, has_method: bool, methods: &[&str]) {
        if has_method {
            return;
        }
        if let Some(method) = nearest(&name.text, methods.iter().copied()) {
            self.push(
                Diagnostic::new(
                    codes::W0102,
                    name.span,
                    format!("`{}` is taken for the index's name", name.text),
                )
                .help(format!("for the method write `using {method}` after the columns")),
            );
        }
    }
}

fn is_lower_snake(name: &str) -> bool {
    !name.bytes().any(|b| b.is_ascii_uppercase())
}

/// A name that a type may have: `2fa` would begin with a digit.
fn type_name(name: &str) -> SmolStr {
    let camel = upper_camel(name);
    if camel.starts_with(|c: char| c.is_ascii_uppercase()) { camel } else { format_smolstr!("N{camel}") }
}
