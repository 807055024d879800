//! Types by name: scalars with their arguments, and the named types of the project.

use super::super::Resolver;
use super::super::names::{ANYTHING, Scope, TYPES, written};
use super::habits;
use crate::{Scalar, Thing, TypeKind};
use polity_syntax::ast::{self, Literal};
use polity_text::diagnostics::codes::{E0201, E0301};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

/// The scalars that must have arguments, with an example.
const WITH_ARGUMENTS: &[(&str, &str)] =
    &[("decimal", "decimal(18, 2)"), ("char", "char(2)"), ("vector", "vector(384)")];

/// The most digits that every store and the client (`rust_decimal`) hold exactly.
const MAX_PRECISION: u64 = 28;

/// PostgreSQL's limit for `varchar(n)`.
const MAX_LENGTH: u64 = 10_485_760;

/// pgvector's limit.
const MAX_DIMENSIONS: u64 = 16_000;

impl<'t> Resolver<'t> {
    pub(crate) fn named_type(&mut self, path: &ast::Path, arguments: &[Literal], scope: Scope) -> TypeKind {
        let name = written(path);
        let first = name.as_str();
        match first {
            "decimal" => return self.decimal(path, arguments),
            "char" => {
                let [length] = arguments else { return self.wrong_arguments(path, arguments) };
                let length = self.whole(length, 1, MAX_LENGTH);
                return length
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Char { length: n as u32 }));
            }
            "vector" => {
                let [n] = arguments else { return self.wrong_arguments(path, arguments) };
                let dimensions = self.whole(n, 1, MAX_DIMENSIONS);
                return dimensions
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Vector { dimensions: n as u32 }));
            }
            "text" if !arguments.is_empty() => {
                let [max] = arguments else { return self.wrong_arguments(path, arguments) };
                let max = self.whole(max, 1, MAX_LENGTH);
                return max
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Text { max: Some(n as u32) }));
            }
            _ => {}
        }
        if let Some((_, scalar)) = Scalar::PLAIN.iter().find(|(known, _)| *known == first) {
            if !arguments.is_empty() {
                return self.wrong_arguments(path, arguments);
            }
            return TypeKind::Scalar(*scalar);
        }
        if !first.contains('.') && first.starts_with(|c: char| c.is_lowercase()) {
            self.unknown_scalar(path, arguments);
            return TypeKind::Broken;
        }
        let is_unknown = self.names.find(&self.platform, &path.names, scope, ANYTHING).is_empty();
        if is_unknown && habits::meant(&first.to_ascii_lowercase(), "").is_some() {
            self.unknown_scalar(path, arguments);
            return TypeKind::Broken;
        }
        if !arguments.is_empty() {
            return self.wrong_arguments(path, arguments);
        }
        match self.lookup(path, scope, TYPES) {
            Some(Thing::Enum(id)) => TypeKind::Enum(id),
            Some(Thing::Struct(id)) => TypeKind::Struct(id),
            Some(Thing::Constrained(id)) => TypeKind::Constrained(id),
            _ => TypeKind::Broken,
        }
    }

    fn decimal(&mut self, path: &ast::Path, arguments: &[Literal]) -> TypeKind {
        let [precision, scale] = arguments else { return self.wrong_arguments(path, arguments) };
        let Some(p) = self.whole(precision, 1, MAX_PRECISION) else { return TypeKind::Broken };
        let Some(s) = self.whole(scale, 0, p) else { return TypeKind::Broken };
        TypeKind::Scalar(Scalar::Decimal { precision: p as u16, scale: s as u16 })
    }

    fn wrong_arguments(&mut self, path: &ast::Path, arguments: &[Literal]) -> TypeKind {
        let name = written(path);
        let example = WITH_ARGUMENTS.iter().find(|(known, _)| *known == name).map(|(_, example)| *example);
        let (message, help) = match example {
            Some(example) => (format!("`{name}` needs its size"), format!("write for example `{example}`")),
            None if name == "text" => (
                "`text` takes one number".to_owned(),
                "write `text(80)`, or `text` for any length".to_owned(),
            ),
            None => (format!("`{name}` takes no arguments"), format!("write `{name}`")),
        };
        let diagnostic = Diagnostic::new(E0301, path.span, message).help(help);
        self.error(match example {
            None if name != "text" => diagnostic.edit(whole(path, arguments), name),
            _ => diagnostic,
        });
        TypeKind::Broken
    }

    fn unknown_scalar(&mut self, path: &ast::Path, arguments: &[Literal]) {
        let name = written(path);
        // What people write who come from SQL, TypeScript or Rust.
        let size = arguments.iter().filter_map(whole_number).collect::<Vec<_>>().join(", ");
        let whole = whole(path, arguments);
        let wrong = |span| Diagnostic::new(E0201, span, format!("there is no type `{name}`"));
        let known = Scalar::PLAIN.iter().chain(&[("decimal", Scalar::Bool), ("char", Scalar::Bool)]);
        let diagnostic =
            match habits::meant(&name.to_ascii_lowercase(), &size) {
                Some(habits::Meant { text, words }) => {
                    let help = if words.is_empty() {
                        format!("write `{text}`")
                    } else {
                        format!("write `{text}`; {words}")
                    };
                    wrong(path.span).help(help).edit(whole, text)
                }
                None => {
                    let help = did_you_mean(&name, known.map(|(known, _)| *known));
                    wrong(path.span).help(help.unwrap_or_else(
                        || "types of a project's own begin with a capital, as in `KycStatus`",
                    ))
                }
            };
        self.error(diagnostic);
    }
}

/// The type with its arguments.
fn whole(path: &ast::Path, arguments: &[Literal]) -> Span {
    let end = arguments.last().map_or(path.span.end, |last| last.span.end + 1);
    Span { end, ..path.span }
}

fn whole_number(literal: &Literal) -> Option<String> {
    match &literal.kind {
        ast::LiteralKind::Integer(digits) => Some(digits.to_string()),
        _ => None,
    }
}
