//! An index has a method that PostgreSQL has, that its columns' types support and that can do what is asked.

use super::super::lower::database::extensions as listed;
use super::super::lower::index::LANGUAGES;
use super::super::lower::types::{column_type, is_array, is_jsonb};
use super::entities;
use polity_govern::Stored;
use polity_model::entity::{Column, Index, IndexMethod};
use polity_model::{Entity, Scalar, Store, Type};
use polity_text::diagnostics::codes::{E0517, E0518};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

/// The most dimensions that pgvector indexes.
const INDEXED_DIMENSIONS: u32 = 2000;

/// A method for another type, order or included columns where the method has none, an unknown language.
pub(super) fn index_method(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for index in &entity.indexes {
            if !through_list(platform, entity, index, found) {
                judge(platform, store, index, found);
            }
        }
    }
}

/// A column that lies in the records of a list.
fn through_list(platform: &Stored, entity: &Entity, index: &Index, found: &mut Vec<Diagnostic>) -> bool {
    let mut span = None;
    for column in &index.columns {
        column.expr.fields(&mut |path, at| {
            if span.is_none() && platform.goes_through_list(&entity.fields, path) {
                span = Some(at);
            }
        });
    }
    let Some(span) = span else { return false };
    found.push(
        Diagnostic::new(E0517, span, "this leads through a list, and a row has one entry in an index")
            .note("PostgreSQL stores a list of records as one jsonb value, which `gin` indexes whole")
            .help("index the list itself `using gin`, or give its records an entity of their own"),
    );
    true
}

fn judge(platform: &Stored, store: &Store, index: &Index, found: &mut Vec<Diagnostic>) {
    let (method, span) = index.method.unwrap_or((IndexMethod::Btree, index.span));
    if method == IndexMethod::Wildcard {
        found.push(
            Diagnostic::new(E0517, span, "PostgreSQL has no index method `wildcard`")
                .help("`gin` on a json field finds any path in it"),
        );
        return;
    }
    for column in &index.columns {
        judge_column(platform, store, method, column, found);
    }
    judge_width(method, index, found);
    if let Some((language, span)) = &index.language {
        found.extend(unknown_language(method, language, *span));
    }
}

fn judge_column(
    platform: &Stored,
    store: &Store,
    method: IndexMethod,
    column: &Column,
    found: &mut Vec<Diagnostic>,
) {
    let (name, ty, span) = (method.name(), &column.expr.ty, column.expr.span);
    if let Some(wanted) = unsupported(platform, store, method, ty) {
        let message = format!("`{name}` does not index {}", column_type(platform, ty));
        found.push(Diagnostic::new(E0517, span, message).help(wanted));
    }
    if (column.descending || column.nulls_first.is_some()) && method != IndexMethod::Btree {
        found.push(
            Diagnostic::new(E0517, span, format!("`{name}` keeps no order"))
                .help("leave `desc` and `nulls …` out, or use `btree`"),
        );
    }
    if column.weight.is_some() && method != IndexMethod::Text {
        found.push(
            Diagnostic::new(E0517, span, format!("`{name}` knows no `weight`"))
                .help("weights belong to `using text`"),
        );
    }
}

/// More columns than the method has, or columns that are only included.
fn judge_width(method: IndexMethod, index: &Index, found: &mut Vec<Diagnostic>) {
    let name = method.name();
    let alone = matches!(method, IndexMethod::Hash | IndexMethod::Vector);
    if alone && index.columns.len() > 1 {
        found.push(
            Diagnostic::new(E0517, index.span, format!("`{name}` indexes one column"))
                .help("use `btree`, or one index for each column"),
        );
    }
    let includes = matches!(method, IndexMethod::Btree | IndexMethod::Gist | IndexMethod::Geo);
    if !index.include.is_empty() && !includes {
        found.push(
            Diagnostic::new(E0517, index.span, format!("`{name}` cannot include columns"))
                .help("leave `include (…)` out, or use `btree`"),
        );
    }
}

fn unknown_language(method: IndexMethod, language: &str, span: Span) -> Option<Diagnostic> {
    if method != IndexMethod::Text {
        let message = format!("`{}` knows no language", method.name());
        return Some(Diagnostic::new(E0517, span, message).help("a language belongs to `using text`"));
    }
    if LANGUAGES.contains(&language) {
        return None;
    }
    let help = did_you_mean(language, LANGUAGES.iter().copied())
        .in_quotes()
        .unwrap_or_else(|| format!("it knows {}", LANGUAGES.join(", ")));
    let message = format!("PostgreSQL has no text search in `{language}`");
    Some(Diagnostic::new(E0518, span, message).help(help))
}

/// Returns advice on what to use instead, where the method does not support the type.
fn unsupported(platform: &Stored, store: &Store, method: IndexMethod, ty: &Type) -> Option<&'static str> {
    let stored = column_type(platform, ty);
    let text = stored == "text" || stored.starts_with("varchar");
    let array = is_array(platform, ty);
    let json = is_jsonb(platform, ty);
    let scalar = platform.scalar(ty);
    let geo = matches!(scalar, Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon));
    let vector = matches!(scalar, Some(Scalar::Vector { .. }));
    let has = |extension: &str| listed(store).iter().any(|e| e == extension);
    match method {
        IndexMethod::Btree | IndexMethod::Hash | IndexMethod::Wildcard => {
            geo.then_some("use `geo`").or_else(|| vector.then_some("use `vector`"))
        }
        IndexMethod::Gin if geo || vector => Some(if geo { "use `geo`" } else { "use `vector`" }),
        IndexMethod::Gin => (!(array || json || has("btree_gin")))
            .then_some("`gin` is for json and lists; list `btree_gin` for the others, or use `btree`"),
        IndexMethod::Gist if vector => Some("use `vector`"),
        // `btree_gist` knows it from PostgreSQL 15 on.
        IndexMethod::Gist | IndexMethod::Geo
            if scalar == Some(Scalar::Bool) && store.version.major() < 15 =>
        {
            Some("leave it out: half of all rows have either value")
        }
        IndexMethod::Gist => (array || json).then_some("use `gin`"),
        IndexMethod::Geo if vector => Some("use `vector`"),
        IndexMethod::Geo => {
            (!geo && (array || json)).then_some("`geo` is for geo.point, geo.line and geo.polygon")
        }
        IndexMethod::Brin => (array || json || vector || scalar == Some(Scalar::Bool))
            .then_some("`brin` is for values that grow with the table, such as moments"),
        IndexMethod::Text | IndexMethod::Trigram => (!text).then_some("it is for texts"),
        IndexMethod::Vector => match scalar {
            Some(Scalar::Vector { dimensions }) if dimensions <= INDEXED_DIMENSIONS => None,
            Some(Scalar::Vector { .. }) => Some("pgvector indexes at most 2000 dimensions"),
            _ => Some("it is for vectors"),
        },
    }
}
