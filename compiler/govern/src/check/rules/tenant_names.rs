//! Names that become parts of names in stores: those of tiers and tenants, and the prefixes in front of schemas and
//! databases. No two of the names that come of them are one.

use std::collections::HashMap;

use crate::Governed;
use polity_model::tenants::PLACEHOLDER;
use polity_model::{Isolation, Schema, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0828;
use polity_text::source::Span;

/// The most bytes in the name of a tenant or a tier: with what a prefix adds, names of schemas and databases stay below
/// 63 bytes.
const LONGEST: usize = 31;

/// How long a name of a schema or a database may be, to PostgreSQL and MongoDB alike.
const LONGEST_IN_STORE: usize = 63;

pub fn tenant_names(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let tiers = platform.tiers.iter().map(|tier| &tier.named);
    for named in tiers.chain(platform.tenants.iter().map(|tenant| &tenant.named)) {
        if named.name.len() > LONGEST || !is_plain(&named.name) {
            found.push(
                Diagnostic::new(
                    E0828,
                    named.span,
                    format!("`{}` cannot be a part of a stored name", named.name),
                )
                .help(format!("use small letters, digits and `_`, {LONGEST} at most, the first a letter")),
            );
        }
    }
    for tier in &platform.tiers {
        let Some(setting) = tier.settings.base.get("prefix") else { continue };
        let Value::Text(prefix) = &setting.value else { continue };
        let (message, help) = if prefix.matches(PLACEHOLDER).count() != 1 {
            (
                "a prefix holds `{tenant}` once, or tenants would share a name",
                "write `prefix: \"tenant_{tenant}_\"`",
            )
        } else if !is_plain(&prefix.replace(PLACEHOLDER, "t")) {
            (
                "a prefix has small letters, digits and `_` only, the first a letter",
                "write `prefix: \"tenant_{tenant}_\"`",
            )
        } else {
            continue;
        };
        found.push(Diagnostic::new(E0828, setting.value_span, message).help(help));
    }
    clashes(platform, found);
}

/// Every schema and database that comes of a tenant, held against all others of its kind in a store.
fn clashes(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut taken: HashMap<(usize, &str, String), (Span, &str)> = HashMap::new();
    for schema in &platform.schemas {
        let key = (schema.store.index(), "schema", schema.named.stored.to_string());
        taken.insert(key, (schema.named.span, "this schema"));
    }
    for store in &platform.stores {
        if let Some(Value::Text(name)) = store.settings.base.get("database").map(|setting| &setting.value) {
            let key = (store.id.index(), "database", name.to_string());
            taken.insert(key, (store.named.span, "this store's own database"));
        }
    }
    let scoped = platform.scoped_schemas();
    for tenant in &platform.tenants {
        let tier = &platform[tenant.tier];
        for store in &platform.stores {
            let Some(engine) = store.about.filter(|engine| engine.has_entities) else {
                continue;
            };
            let (kind, names): (_, Vec<String>) = match tier.isolation() {
                Some(Isolation::Schema) if engine.has_schemas => {
                    let of_store = |schema: &&Schema| schema.store == store.id && scoped[schema.id.index()];
                    let schemas = platform.schemas.iter().filter(of_store);
                    let stored = schemas.map(|schema| schema.named.stored.as_str());
                    let prefix = tier.prefix_of(tenant);
                    // What stands in no schema gets one of its own there, and so do the compiler's functions.
                    let all = stored.chain(["public", "polity"]);
                    ("schema", all.map(|stored| format!("{prefix}{stored}")).collect())
                }
                Some(Isolation::Database) => (
                    "database",
                    vec![format!("{}{}", tier.prefix_of(tenant), platform.database_name(store, None))],
                ),
                _ => continue,
            };
            for name in names {
                if name.len() > LONGEST_IN_STORE {
                    found.push(
                        Diagnostic::new(
                            E0828,
                            tenant.named.span,
                            format!(
                                "the {kind} `{name}` of tenant `{}` has {} bytes",
                                tenant.named.name,
                                name.len()
                            ),
                        )
                        .note(format!("{} takes {LONGEST_IN_STORE}", engine.title))
                        .help("shorten the tenant's name or the tier's `prefix`"),
                    );
                }
                let key = (store.id.index(), kind, name.clone());
                if let Some((first, what)) = taken.insert(key, (tenant.named.span, "this tenant's")) {
                    found.push(
                        Diagnostic::new(
                            E0828,
                            tenant.named.span,
                            format!("two would have the {kind} `{name}`"),
                        )
                        .here("this tenant's")
                        .also(first, what)
                        .help("rename the tenant, or change the tier's `prefix`"),
                    );
                }
            }
        }
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
