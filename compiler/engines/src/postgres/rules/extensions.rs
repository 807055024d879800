//! Every extension that a type, an index or a constraint needs is listed by the store.

use super::super::lower::database::extensions as listed;
use super::super::lower::types::{extension_of, underlying};
use super::entities;
use polity_govern::Stored;
use polity_model::entity::IndexMethod;
use polity_model::{Scalar, Store, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0506;
use polity_text::source::Span;

/// geo needs postgis, vector pgvector, trigram pg_trgm, `no overlap … per` and plain columns beside geo btree_gist.
pub(super) fn extensions(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let listed = listed(store);
    let mut need = |extension: &str, span: Span, what: String| {
        if listed.iter().any(|e| e == extension) {
            return;
        }
        let all: Vec<&str> = listed.iter().map(|e| e.as_str()).chain([extension]).collect();
        let message =
            format!("{what} needs the extension `{extension}`, which `{}` does not list", store.named.name);
        let all = format!("[{}]", all.join(", "));
        let problem = Diagnostic::new(E0506, span, message)
            .also(store.named.span, "this store")
            .help(format!("write `extensions: {all}`"));
        found.push(store.settings.saying("extensions", &all, problem));
    };
    for entity in entities(platform, store) {
        for field in &entity.fields {
            if let Some(scalar) = leaf(platform, &field.ty)
                && let Some(extension) = extension_of(scalar)
            {
                need(extension, field.ty_span, format!("the type of `{}`", field.named.name));
            }
        }
        for index in &entity.indexes {
            match index.method {
                Some((IndexMethod::Trigram, span)) => need("pg_trgm", span, "`trigram`".to_owned()),
                Some((IndexMethod::Vector, span)) => need("vector", span, "`vector`".to_owned()),
                Some((method @ (IndexMethod::Gist | IndexMethod::Geo), span)) => {
                    let plain = index.columns.iter().any(|c| {
                        platform
                            .scalar(&c.expr.ty)
                            .is_some_and(|s| extension_of(s).is_none() && s != Scalar::Json)
                    });
                    if plain {
                        need("btree_gist", span, format!("a plain column in `{}`", method.name()));
                    }
                }
                _ => {}
            }
        }
        for overlap in entity.no_overlaps.iter().filter(|o| !o.per.is_empty()) {
            need("btree_gist", overlap.span, "`no overlap … per`".to_owned());
        }
    }
}

fn leaf(platform: &Stored, ty: &Type) -> Option<Scalar> {
    match underlying(platform, ty) {
        TypeKind::List(element) => leaf(platform, element),
        TypeKind::Scalar(scalar) => Some(*scalar),
        _ => None,
    }
}
