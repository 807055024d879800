//! Names that become parts of names in stores: those of tiers and tenants, and the prefixes in front of schemas and
//! databases. No two of the names that come of them are one.

use foldhash::HashMap;

use crate::Governed;
use polity_model::governance::{Tenant, Tier};
use polity_model::tenants::PLACEHOLDER;
use polity_model::{Isolation, Schema, Store, Value};
use polity_text::diagnostics::codes::E0828;
use polity_text::diagnostics::{Diagnostic, Help};
use polity_text::source::Span;
use polity_text::tokens;

/// The most bytes in the name of a tenant or a tier, and in a prefix with such a name in it.
const LONGEST: usize = tokens::LONGEST;

/// How long a name of a schema or a database may be, to PostgreSQL and MongoDB alike.
const LONGEST_IN_STORE: usize = 63;

pub fn tenant_names(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let tiers = platform.tiers.iter().map(|tier| &tier.named);
    for named in tiers.chain(platform.tenants.iter().map(|tenant| &tenant.named)) {
        if named.name.len() > LONGEST || !is_plain(&named.name) || named.name.ends_with('_') {
            found.push(
                Diagnostic::new(
                    E0828,
                    named.span,
                    format!("`{}` cannot be a part of a stored name", named.name),
                )
                .help(format!("use small letters, digits and `_`, {LONGEST} at most, the first a letter and the last no `_`")),
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
    for tier in platform.tiers_with_places() {
        for store in &platform.stores {
            let Some((kind, names)) = own_names(platform, &tier.any, store, &scoped) else { continue };
            let too_long = names.iter().filter(|name| tokens::length(name) > LONGEST_IN_STORE);
            found.extend(too_long.map(|name| too_long_in_store(tier, kind, name)));
        }
    }
    for tenant in &platform.tenants {
        let tier = &platform[tenant.tier];
        let prefix = tier.prefix_of(tenant);
        if tier.isolation() != Some(Isolation::Row) && prefix.len() > LONGEST {
            found.push(too_long(tenant, &prefix));
            continue;
        }
        for store in &platform.stores {
            let Some((kind, names)) = own_names(platform, tenant, store, &scoped) else { continue };
            for name in names {
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
    let mut taken = Taken::default();
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

/// The schemas or the database that a tenant has to itself in a store, where it has. What stands in no schema gets one of its own
/// there, and so do the compiler's functions.
fn own_names(
    platform: &Governed,
    tenant: &Tenant,
    store: &Store,
    scoped: &[bool],
) -> Option<(&'static str, Vec<String>)> {
    let engine = store.about.filter(|engine| engine.has_entities)?;
    let tier = &platform[tenant.tier];
    let prefix = tier.prefix_of(tenant);
    match tier.isolation()? {
        Isolation::Schema if engine.has_schemas => {
            let of_store = |schema: &&Schema| schema.store == store.id && scoped[schema.id.index()];
            let stored = platform.schemas.iter().filter(of_store).map(|schema| schema.named.stored.as_str());
            let names = stored.chain(["public", "polity"]).map(|stored| format!("{prefix}{stored}"));
            Some(("schema", names.collect()))
        }
        Isolation::Database => {
            Some(("database", vec![format!("{prefix}{}", platform.database_name(store, None))]))
        }
        _ => None,
    }
}

fn too_long(tenant: &Tenant, prefix: &str) -> Diagnostic {
    let message =
        format!("the prefix `{prefix}` of tenant `{}` has {} bytes", tenant.named.name, prefix.len());
    Diagnostic::new(E0828, tenant.named.span, message)
        .note(format!("a prefix with a tenant's name in it has {LONGEST} at most"))
        .help("shorten the tenant's name or the tier's `prefix`")
}

fn too_long_in_store(tier: &Tier, kind: &str, name: &str) -> Diagnostic {
    let name_behind = name.replace(tokens::PREFIX, "");
    let message = format!(
        "the {kind} `{name_behind}` of a tenant of `{}` could have {} bytes",
        tier.named.name,
        tokens::length(name)
    );
    Diagnostic::new(E0828, tier.named.span, message)
        .note(format!("a name has {LONGEST_IN_STORE} at most, and a prefix before it {LONGEST}"))
        .help(format!("give the {kind} a shorter name by `as`, or let the tier have `isolation: row`"))
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
