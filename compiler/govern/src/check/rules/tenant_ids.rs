//! Every tenant is told by a value of its own that the tenant's column can hold.

use foldhash::{HashMap, HashMapExt};

use crate::Governed;
use polity_model::{Isolation, Scalar, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0827;
use polity_text::tokens;

pub fn tenant_ids(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &platform.tenancy else { return };
    let scalar = platform.scalar(&tenancy.ty);
    let mut taken = HashMap::new();
    for tenant in &platform.tenants {
        let name = &tenant.named.name;
        let setting = tenant.settings.base.get("id");
        let span = setting.map_or(tenant.named.span, |setting| setting.value_span);
        match (setting.map(|setting| &setting.value), scalar) {
            (None, Some(Scalar::Uuid)) => {
                found.push(
                    Diagnostic::new(E0827, span, format!("tenant `{name}` has no `id`"))
                        .also(tenancy.span, "tenants are told by a uuid")
                        .help("add `id: \"…\"`, a new uuid that never changes"),
                );
                continue;
            }
            (None | Some(Value::Text(_)), _) => {}
            // Not a text: reported with the settings.
            (Some(_), _) => continue,
        }
        let id = tenant.id();
        let fits = match scalar {
            Some(Scalar::Uuid) => is_uuid(id),
            Some(Scalar::Text { max: Some(max) }) => !id.is_empty() && id.chars().count() <= max as usize,
            _ => true,
        };
        let has_place = platform[tenant.tier].isolation() != Some(Isolation::Row);
        if fits && has_place && !tokens::is_value(id) {
            found.push(
                Diagnostic::new(E0827, span, format!("`{}` cannot stand in the files of a tier", shortened(id)))
                    .note("where a tenant has a place of its own, its id is put into scripts and access lists")
                    .help("an id has small letters, digits and `_`, 31 at most, the first a letter; or is a uuid or an integer"),
            );
            continue;
        }
        if !fits {
            found.push(
                Diagnostic::new(E0827, span, format!("`{}` cannot tell tenant `{name}`", shortened(id)))
                    .also(tenancy.span, format!("a tenant is told by a `{}`", platform.type_name(&tenancy.ty)))
                    .help("a uuid is written in small letters, with hyphens; a text is not empty and fits the column"),
            );
        } else if let Some(first) = taken.insert(id, span) {
            found.push(
                Diagnostic::new(E0827, span, "two tenants have the same `id`")
                    .here("each would see what the other has")
                    .also(first, "told by it already")
                    .help("give each a value of its own"),
            );
        }
    }
}

/// Small letters, as Redis keys have them; the nil uuid tells nobody.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'));
    digits && groups == [8, 4, 4, 4, 12] && text.chars().any(|c| !matches!(c, '0' | '-'))
}

fn shortened(text: &str) -> String {
    if text.chars().count() > 40 { text.chars().take(40).chain(['…']).collect() } else { text.to_owned() }
}
