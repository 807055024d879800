//! Names that PostgreSQL or the compiler keeps for itself, and columns that would have the same name.

use std::collections::HashMap;

use super::super::database::Database;
use super::super::types::EXTENSIONS_SCHEMA;
use super::entities;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::{E0502, E0503};
use crate::model::entity::Field;
use crate::model::{Named, Platform, Store};
use crate::source::Span;

/// What every table has already (PostgreSQL's reference, 5.6 System Columns).
const SYSTEM_COLUMNS: &[&str] = &["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// A schema of the compiler's own or of PostgreSQL's, a system column, a name that holds nothing or a zero byte;
/// and two columns of one name, which `inline` and references with several arms can bring about.
pub(super) fn reserved_name(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for schema in platform.schemas.iter().filter(|s| s.store == store.id) {
        let stored = schema.named.stored.as_str();
        let whose = match stored {
            "polity" => Some("Polity's own functions"),
            EXTENSIONS_SCHEMA => Some("the extensions"),
            "information_schema" => Some("PostgreSQL"),
            _ => stored.starts_with("pg_").then_some("PostgreSQL"),
        };
        if let Some(whose) = whose {
            found.push(
                Diagnostic::new(
                    E0502,
                    schema.named.span,
                    format!("the schema `{stored}` is kept for {whose}"),
                )
                .help("give it another stored name with `as \"…\"`"),
            );
        }
        unwritable(&schema.named, found);
    }
    for entity in entities(platform, store) {
        unwritable(&entity.named, found);
        for field in &entity.fields {
            unwritable(&field.named, found);
            if SYSTEM_COLUMNS.contains(&field.named.stored.as_str()) {
                found.push(
                    Diagnostic::new(
                        E0502,
                        field.named.span,
                        format!("every table has a column `{}` already", field.named.stored),
                    )
                    .help("give it another stored name with `as \"…\"`"),
                );
            }
        }
    }
    for table in Database::lower(platform, store).tables {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for column in &table.columns {
            let span =
                origin(platform, &table.entity.fields, "", &column.name).unwrap_or(table.entity.named.span);
            if let Some(first) = seen.insert(&column.name, span) {
                found.push(
                    Diagnostic::new(
                        E0503,
                        span,
                        format!("`{}` would have two columns `{}`", table.entity.named.name, column.name),
                    )
                    .also(first, "the first one")
                    .help("give one another stored name with `as \"…\"`"),
                );
            }
        }
    }
}

/// A name that PostgreSQL cannot hold at all.
fn unwritable(named: &Named, found: &mut Vec<Diagnostic>) {
    if named.stored.is_empty() || named.stored.contains('\0') {
        found.push(
            Diagnostic::new(
                E0502,
                named.span,
                format!("`{}` has no name that PostgreSQL can store", named.name),
            )
            .help("a name has at least one character and no zero byte"),
        );
    }
}

/// The field that a column comes from: the last one that yields the name, because the first is known.
fn origin(platform: &Platform, fields: &[Field], prefix: &str, column: &str) -> Option<Span> {
    fields.iter().rev().find_map(|field| {
        let stored = format!("{prefix}{}", field.named.stored);
        if stored == column || format!("{stored}_type") == column {
            return Some(field.named.span);
        }
        field.inline?;
        let inner = super::super::expr::struct_of(platform, &field.ty)?;
        origin(platform, &platform[inner].fields, &format!("{stored}_"), column).map(|_| field.named.span)
    })
}
