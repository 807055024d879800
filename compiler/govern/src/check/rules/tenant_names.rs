//! Names that become parts of names in stores: those of tiers and tenants, and the prefixes in front of schemas and
//! databases. No two of the names that come of them are one.

use std::collections::HashMap;

use crate::Governed;
use polity_model::governance::Tenant;
use polity_model::tenants::PLACEHOLDER;
use polity_model::{Isolation, Schema, Store, Value};
use polity_text::diagnostics::codes::E0828;
use polity_text::diagnostics::{Diagnostic, Help};
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
        let help = Help::instead("\"tenant_{tenant}_\"", help);
        found.push(Diagnostic::new(E0828, setting.value_span, message).help(help));
    }
    clashes(platform, found);
}

/// Every schema and database that comes of a tenant, held against all others of its kind in a store.
fn clashes(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut taken = taken_by_the_platform(platform);
    let scoped = platform.scoped_schemas();
    for tenant in &platform.tenants {
        for store in &platform.stores {
            let Some(engine) = store.about.filter(|engine| engine.has_entities) else { continue };
            let (kind, names) = match platform[tenant.tier].isolation() {
                Some(Isolation::Schema) if engine.has_schemas => {
                    ("schema", own_schemas(platform, tenant, store, &scoped))
                }
                Some(Isolation::Database) => {
                    let prefix = platform[tenant.tier].prefix_of(tenant);
                    ("database", vec![format!("{prefix}{}", platform.database_name(store, None))])
                }
                _ => continue,
            };
            for name in names {
                if name.len() > LONGEST_IN_STORE {
                    found.push(too_long(tenant, kind, &name, engine.title));
                }
                let key = (store.id.index(), kind, name.clone());
                if let Some((first, what)) = taken.insert(key, (tenant.named.span, "this tenant's")) {
                    let message = format!("two would have the {kind} `{name}`");
                    found.push(
                        Diagnostic::new(E0828, tenant.named.span, message)
                            .here("this tenant's")
                            .also(first, what)
                            .help("rename the tenant, or change the tier's `prefix`"),
                    );
                }
            }
        }
    }
}

/// Names by store and kind, each with its owner.
type Taken = HashMap<(usize, &'static str, String), (Span, &'static str)>;

fn taken_by_the_platform(platform: &Governed) -> Taken {
    let mut taken = Taken::new();
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
    taken
}

/// The schemas that a tenant has to itself. What stands in no schema gets one of its own there, and so do the
/// compiler's functions.
fn own_schemas(platform: &Governed, tenant: &Tenant, store: &Store, scoped: &[bool]) -> Vec<String> {
    let of_store = |schema: &&Schema| schema.store == store.id && scoped[schema.id.index()];
    let stored = platform.schemas.iter().filter(of_store).map(|schema| schema.named.stored.as_str());
    let prefix = platform[tenant.tier].prefix_of(tenant);
    stored.chain(["public", "polity"]).map(|stored| format!("{prefix}{stored}")).collect()
}

fn too_long(tenant: &Tenant, kind: &str, name: &str, engine: &str) -> Diagnostic {
    let message = format!("the {kind} `{name}` of tenant `{}` has {} bytes", tenant.named.name, name.len());
    Diagnostic::new(E0828, tenant.named.span, message)
        .note(format!("{engine} takes {LONGEST_IN_STORE}"))
        .help("shorten the tenant's name or the tier's `prefix`")
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
