//! Names that PostgreSQL or the compiler keeps for itself, and columns that would have the same name.

use foldhash::{HashMap, HashMapExt};
use smol_str::{SmolStr, format_smolstr};

use super::super::lower::expr::{joined, struct_of};
use super::super::lower::table::ANONYMIZED_AT;
use super::super::lower::types::EXTENSIONS_SCHEMA;
use super::entities;
use super::record_size::is_too_large;
use polity_govern::Stored;
use polity_model::entity::{Fate, Field};
use polity_model::written_out::WrittenOut;
use polity_model::written_sql::SYSTEM_COLUMNS;
use polity_model::{Isolation, Named, Schema, Store, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0502, E0503};
use polity_text::source::Span;

/// A schema of the compiler's own or of PostgreSQL's, a system column, a name that holds nothing or a zero byte;
/// and two columns of one name, which `inline` and references with several arms can bring about.
pub(super) fn reserved_name(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    of_roles(platform, store, found);
    for schema in platform.schemas.iter().filter(|s| s.store == store.id) {
        let stored = schema.named.stored.as_str();
        if let Some(whose) = keeper(stored) {
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
    of_tenants(platform, store, found);
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
    let mut sizes = WrittenOut::new(platform);
    for entity in entities(platform, store) {
        if is_too_large(entity, &mut sizes) {
            continue;
        }
        let mut columns = Vec::new();
        collect(platform, &entity.fields, "", &mut columns);
        if let Some(retain) = platform.retain(entity.id).filter(|r| r.fate == Fate::Anonymize) {
            columns.push((SmolStr::new_static(ANONYMIZED_AT), retain.span));
        }
        let mut seen: HashMap<&str, Span> = HashMap::with_capacity(columns.len());
        for (column, span) in &columns {
            if let Some(first) = seen.insert(column, *span) {
                found.push(
                    Diagnostic::new(
                        E0503,
                        *span,
                        format!("`{}` would have two columns `{column}`", entity.named.name),
                    )
                    .also(first, "the first one")
                    .help("give one another stored name with `as \"…\"`"),
                );
            }
        }
    }
}

/// For whom the name of a schema is kept.
fn keeper(stored: &str) -> Option<&'static str> {
    match stored {
        "polity" => Some("Polity's own functions"),
        EXTENSIONS_SCHEMA => Some("the extensions"),
        "information_schema" => Some("PostgreSQL"),
        _ => stored.starts_with("pg_").then_some("PostgreSQL"),
    }
}

/// Roles begin with the platform's name, and PostgreSQL keeps `pg_…` for roles of its own.
fn of_roles(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let is_kept = platform.name == "pg" || platform.name.starts_with("pg_");
    let is_first = platform.stores.iter().find(|other| other.engine == store.engine).map(|other| other.id);
    if is_kept && is_first == Some(store.id) {
        let message = format!(
            "roles that begin with `{}_`, as those of the platform would, are kept for PostgreSQL",
            platform.name
        );
        found.push(Diagnostic::new(E0502, store.named.span, message).help("give the platform another name"));
    }
}

/// Schemas that bear the prefix of a tenant, such as `pg_core` of a tenant `pg`.
fn of_tenants(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let scoped = platform.scoped_schemas();
    let of_store = |schema: &&Schema| schema.store == store.id && scoped[schema.id.index()];
    let schemas: Vec<&str> =
        platform.schemas.iter().filter(of_store).map(|schema| schema.named.stored.as_str()).collect();
    for tenant in &platform.tenants {
        let tier = &platform[tenant.tier];
        if tier.isolation() != Some(Isolation::Schema) {
            continue;
        }
        let prefix = tier.prefix_of(tenant);
        let mut names = schemas.iter().map(|schema| format!("{prefix}{schema}"));
        if let Some((name, whose)) = names.find_map(|name| keeper(&name).map(|whose| (name, whose))) {
            found.push(
                Diagnostic::new(
                    E0502,
                    tenant.named.span,
                    format!("the schema `{name}` of tenant `{}` is kept for {whose}", tenant.named.name),
                )
                .help("rename the tenant, or change the tier's `prefix`"),
            );
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

/// Every column of a table, with the field that it comes from.
fn collect(platform: &Stored, fields: &[Field], prefix: &str, columns: &mut Vec<(SmolStr, Span)>) {
    for field in fields {
        let stored = joined(prefix, &field.named.stored);
        if field.inline.is_some()
            && let Some(inner) = struct_of(platform, &field.ty)
        {
            let first = columns.len();
            collect(platform, &platform[inner].fields, &format!("{stored}_"), columns);
            // The line to change is the entity's own, not the record's.
            columns[first..].iter_mut().for_each(|(_, span)| *span = field.named.span);
            continue;
        }
        if let TypeKind::Union(_) = field.ty.kind {
            columns.push((format_smolstr!("{stored}_type"), field.named.span));
        }
        columns.push((stored, field.named.span));
    }
}
