//! Types by name: scalars with their arguments, and the named types of the project.

use super::super::Resolver;
use super::super::names::{Scope, TYPES, written};
use crate::{Scalar, Thing, TypeKind};
use polity_syntax::ast::{self, Literal};
use polity_text::diagnostics::codes::{E0201, E0301};
use polity_text::diagnostics::{Diagnostic, nearest};

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
                let [length] = arguments else { return self.wrong_arguments(path) };
                let length = self.whole(length, 1, MAX_LENGTH);
                return length
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Char { length: n as u32 }));
            }
            "vector" => {
                let [n] = arguments else { return self.wrong_arguments(path) };
                let dimensions = self.whole(n, 1, MAX_DIMENSIONS);
                return dimensions
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Vector { dimensions: n as u32 }));
            }
            "text" if !arguments.is_empty() => {
                let [max] = arguments else { return self.wrong_arguments(path) };
                let max = self.whole(max, 1, MAX_LENGTH);
                return max
                    .map_or(TypeKind::Broken, |n| TypeKind::Scalar(Scalar::Text { max: Some(n as u32) }));
            }
            _ => {}
        }
        if let Some((_, scalar)) = Scalar::PLAIN.iter().find(|(known, _)| *known == first) {
            if !arguments.is_empty() {
                return self.wrong_arguments(path);
            }
            return TypeKind::Scalar(*scalar);
        }
        if !first.contains('.') && first.starts_with(|c: char| c.is_lowercase()) {
            self.unknown_scalar(path, first);
            return TypeKind::Broken;
        }
        if !arguments.is_empty() {
            return self.wrong_arguments(path);
        }
        match self.lookup(path, scope, TYPES) {
            Some(Thing::Enum(id)) => TypeKind::Enum(id),
            Some(Thing::Struct(id)) => TypeKind::Struct(id),
            Some(Thing::Constrained(id)) => TypeKind::Constrained(id),
            _ => TypeKind::Broken,
        }
    }

    fn decimal(&mut self, path: &ast::Path, arguments: &[Literal]) -> TypeKind {
        let [precision, scale] = arguments else { return self.wrong_arguments(path) };
        let Some(p) = self.whole(precision, 1, MAX_PRECISION) else { return TypeKind::Broken };
        let Some(s) = self.whole(scale, 0, p) else { return TypeKind::Broken };
        TypeKind::Scalar(Scalar::Decimal { precision: p as u16, scale: s as u16 })
    }

    fn wrong_arguments(&mut self, path: &ast::Path) -> TypeKind {
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
        self.error(Diagnostic::new(E0301, path.span, message).help(help));
        TypeKind::Broken
    }

    fn unknown_scalar(&mut self, path: &ast::Path, name: &str) {
        // What people write who come from SQL, TypeScript or Rust.
        let habit = match name {
            "string" | "str" | "varchar" | "string_" => Some("text"),
            "integer" | "int4" | "i32" | "serial" => Some("int"),
            "int8" | "i64" | "long" | "bigserial" => Some("bigint"),
            "int2" | "i16" | "short" => Some("smallint"),
            "boolean" => Some("bool"),
            "double" | "real" | "f64" | "number" => Some("float"),
            "numeric" | "money" => Some("decimal(18, 2)"),
            "datetime" | "timestamptz" | "instant" => Some("timestamp"),
            "jsonb" | "object" => Some("json"),
            "blob" | "bytea" | "binary" => Some("bytes"),
            "point" | "geometry" | "geography" => Some("geo.point"),
            "uri" => Some("url"),
            "ip" => Some("inet"),
            "duration" => Some("interval"),
            _ => None,
        };
        let known = Scalar::PLAIN.iter().chain(&[("decimal", Scalar::Bool), ("char", Scalar::Bool)]);
        let near = habit.or_else(|| nearest(name, known.map(|(known, _)| *known)));
        let mut diagnostic = Diagnostic::new(E0201, path.span, format!("there is no type `{name}`"));
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("types of a project's own begin with a capital, as in `KycStatus`"),
        };
        self.error(diagnostic);
    }
}
