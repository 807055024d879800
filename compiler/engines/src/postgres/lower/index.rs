//! Indexes: methods, operator classes, paths into json and texts that are searched.

use smol_str::{SmolStr, format_smolstr};

use super::super::sql::{Ident, Literal, Name};
use super::expr::Scope;
use super::names::{Claim, Claimed};
use super::table::{self, IndexShape, column_name};
use super::types::EXTENSIONS_SCHEMA;
use polity_catalog::relational::IndexColumn;
use polity_model::entity::{Column, Entity, Index, IndexMethod, Unique};
use polity_model::expr::ExprKind;
use polity_model::{FieldId, Value};

/// The text search configurations that PostgreSQL comes with.
pub(in crate::postgres) const LANGUAGES: &[&str] = &[
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "simple",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];

/// The fields of a unique constraint; `None` where it has a filter or an expression and so must be an index.
pub(in crate::postgres) fn plain_fields(unique: &Unique) -> Option<Vec<FieldId>> {
    if unique.filter.is_some() {
        return None;
    }
    unique.columns.iter().map(Column::field).collect()
}

/// Every index of a table, those behind partial and computed unique constraints among them.
pub(super) fn lower(scope: &Scope, entity: &Entity, table: &Name) -> Vec<table::Index> {
    let mut indexes = Vec::new();
    for unique in entity.uniques.iter().filter(|u| plain_fields(u).is_none()) {
        let (name, claim) =
            name_of(unique.name.as_ref(), unique.aliased, &unique.columns, scope, table, "key");
        let shape = IndexShape {
            unique: true,
            not_distinct: unique.not_distinct.is_some(),
            method: "btree",
            columns: unique.columns.iter().map(|c| column(scope, c, None)).collect(),
            include: Vec::new(),
            storage: Vec::new(),
            filter: unique.filter.as_ref().map(|f| scope.sql(f)),
        };
        indexes.push(table::Index { name: Claimed::new(name, claim, unique.span), shape });
    }
    for index in &entity.indexes {
        let (name, claim) = name_of(index.name.as_ref(), index.aliased, &index.columns, scope, table, "idx");
        let name = Claimed::new(name, claim, index.span);
        indexes.push(table::Index { name, shape: one(scope, entity, index) });
    }
    indexes
}

/// `hotels_near`, or `users_country_created_at_idx`.
/// A name stands behind its table's, since all indexes of a schema share one space; what `as` says stands alone.
fn name_of(
    given: Option<&SmolStr>,
    aliased: bool,
    columns: &[Column],
    scope: &Scope,
    table: &Name,
    end: &str,
) -> (SmolStr, Claim) {
    match given {
        Some(given) if aliased => return (given.clone(), Claim::Whole),
        Some(given) => return (format_smolstr!("{}_{given}", table.name), Claim::End),
        None => {}
    }
    let mut parts: Vec<String> = Vec::new();
    for column in columns {
        let before = parts.len();
        column.expr.fields(&mut |path, _| {
            let stored = scope.stored(path);
            let part = std::iter::once(&stored.column).chain(&stored.path);
            parts.push(part.map(SmolStr::as_str).collect::<Vec<_>>().join("_"));
        });
        if parts.len() == before {
            parts.push("expr".to_owned());
        }
    }
    (format_smolstr!("{}_{}_{end}", table.name, parts.join("_")), Claim::Derived)
}

fn one(scope: &Scope, entity: &Entity, index: &Index) -> IndexShape {
    let method = index.method.map_or(IndexMethod::Btree, |(method, _)| method);
    let classed = |class: Option<&str>| index.columns.iter().map(|c| column(scope, c, class)).collect();
    let plain = || classed(None);
    let (method, columns) = match method {
        IndexMethod::Btree | IndexMethod::Wildcard => ("btree", plain()),
        IndexMethod::Hash => ("hash", plain()),
        IndexMethod::Gin => ("gin", plain()),
        IndexMethod::Gist | IndexMethod::Geo => ("gist", plain()),
        IndexMethod::Brin => ("brin", plain()),
        IndexMethod::Trigram => ("gin", classed(Some("gin_trgm_ops"))),
        IndexMethod::Vector => {
            let distance = match index.with.base.get("distance").map(|s| &s.value) {
                Some(Value::Word(word)) if word == "l2" => "l2",
                Some(Value::Word(word)) if word == "inner_product" => "ip",
                _ => "cosine",
            };
            ("hnsw", classed(Some(&format!("vector_{distance}_ops"))))
        }
        IndexMethod::Text => ("gin", vec![searched(scope, index)]),
    };
    IndexShape {
        unique: false,
        not_distinct: false,
        method,
        columns,
        include: index.include.iter().map(|id| column_name(entity, *id)).collect(),
        storage: super::storage::of_index(&index.with.base),
        filter: index.filter.as_ref().map(|f| scope.sql(f)),
    }
}

/// A column in its direction; `class` is an operator class of an extension.
fn column(scope: &Scope, column: &Column, class: Option<&str>) -> IndexColumn {
    let sql = scope.of_index().sql(&column.expr);
    let sql = match &column.expr.kind {
        ExprKind::Field(path) if scope.stored(path).path.is_empty() => sql,
        // A function call may stand without parentheses, but they are never wrong.
        _ if sql.starts_with('(') && closes_at_end(&sql) => sql,
        _ => format!("({sql})"),
    };
    IndexColumn {
        sql,
        class: class.map(|class| format_smolstr!("{EXTENSIONS_SCHEMA}.{class}")),
        descending: column.descending,
        // Nulls come first when descending, and nobody needs to say so.
        nulls_first: column.nulls_first.filter(|first| *first != column.descending),
        hidden_from_planner: false,
    }
}

/// Whether the parenthesis that opens the text is the one that closes it.
fn closes_at_end(sql: &str) -> bool {
    let (mut depth, mut quoted) = (0i32, false);
    for (i, c) in sql.char_indices() {
        match c {
            '\'' | '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return i + 1 == sql.len();
                }
            }
            _ => {}
        }
    }
    false
}

/// Writes the expression that a text index searches: every column in the given language, the heavier ones ranked before
/// the others.
fn searched(scope: &Scope, index: &Index) -> IndexColumn {
    let language = index.language.as_ref().map_or("simple", |(language, _)| language.as_str());
    let config = Literal(&format!("pg_catalog.{}", Ident(language))).to_string();
    let mut weights: Vec<u32> = index.columns.iter().filter_map(|c| c.weight).collect();
    weights.sort_unstable_by(|a, b| b.cmp(a));
    weights.dedup();
    let parts: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let vector =
                format!("to_tsvector({config}::regconfig, coalesce({}, ''))", scope.sql(&column.expr));
            // PostgreSQL knows four weights; from the fourth on they are all the lightest.
            let rank = column.weight.and_then(|w| weights.iter().position(|known| *known == w));
            match rank {
                Some(rank) => {
                    let letter = ["A", "B", "C", "D"][rank.min(3)];
                    format!("setweight({vector}, '{letter}')")
                }
                None => vector,
            }
        })
        .collect();
    IndexColumn::of(format!("({})", parts.join(" || ")))
}
