//! A key for each tenant, or for each person, needs a tenant or a person.

use super::clear_use::encrypted_here;
use super::pseudonym::hashed_here;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0836;
use crate::model::governance::EncryptionKey;
use crate::model::keys::KeyScope;
use crate::model::{Platform, Value};
use crate::source::Span;

const FOR_ALL: &str =
    "use a key with `scope: platform`, or make the entity one that each tenant has its own of";

pub fn key_scope(platform: &Platform, found: &mut Vec<Diagnostic>) {
    let of_persons: Vec<Option<Span>> =
        platform.encryption_keys.iter().map(|key| of_persons(platform, key)).collect();
    for (entity, id, hashed) in platform.pseudonyms() {
        let Some(key) = hashed.key else { continue };
        let (whose, help, at) = match (platform[key].scope(), of_persons[key.index()]) {
            (KeyScope::Tenant, _) if !platform.is_scoped(entity) => {
                ("tenant", FOR_ALL, platform[key].named.span)
            }
            // The hash is made before anybody knows who the person is: by one secret for all of them.
            (_, Some(at)) => ("person", "use a key with another scope", at),
            _ => continue,
        };
        let (field, key) = (platform[entity].field(id), &platform[key].named.name);
        let message = format!("`{}` is of no {whose}, and `{key}` has a key for each", field.named.name);
        found.push(
            hashed_here(Diagnostic::new(E0836, field.named.span, message), field)
                .also(at, "said here")
                .help(help),
        );
    }
    for entity in &platform.entities {
        for place in platform.encrypted_places(entity.id) {
            let encrypted = place.encrypted;
            let key = &platform[encrypted.key];
            let a_persons = of_persons[encrypted.key.index()];
            let (whose, help, at) = match (key.scope(), a_persons) {
                (KeyScope::Tenant, _) if !platform.is_scoped(entity.id) => {
                    ("tenant", FOR_ALL, key.named.span)
                }
                (_, Some(at)) if !platform.reaches_subject(entity.id) => {
                    ("person", "use a key with another scope, or a reference that leads to a `subject`", at)
                }
                _ => continue,
            };
            let (name, key_name) = (place.name(), &key.named.name);
            let message = format!("`{name}` is of no {whose}, and `{key_name}` has a key for each");
            found.push(
                encrypted_here(Diagnostic::new(E0836, place.field.named.span, message), encrypted)
                    .also(at, "said here")
                    .help(help),
            );
        }
    }
}

/// Where it is said that there is one for each person: by the key itself, by a tier or by a tenant.
fn of_persons(platform: &Platform, key: &EncryptionKey) -> Option<Span> {
    if key.scope() == KeyScope::Subject {
        return Some(key.named.span);
    }
    let tiers = platform.tiers.iter().map(|tier| &tier.settings);
    tiers.chain(platform.tenants.iter().map(|tenant| &tenant.settings)).find_map(|layers| {
        let overlays = layers.environments.iter().map(|(_, overlay)| overlay);
        std::iter::once(&layers.base).chain(overlays).find_map(|record| {
            let Value::Record(keys) = &record.get("keys")?.value else { return None };
            let said = keys.get(&key.named.name)?;
            matches!(&said.value, Value::Word(word) if word == "subject").then_some(said.value_span)
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::source::Sources;

    #[test]
    fn pseudonyms_are_made_with_one_secret_for_all_persons() {
        let told = |scope: &str, kind: &str| {
            let source = format!(
                "platform shop {{ environments: [dev] }}\n\
                 encryption key pii {{ scope: {scope}, provider: vault(\"transit/pii\") }}\n\
                 store main: postgres 15 {{ database: \"shop\" }}\n\
                 tenancy by tenant_id: uuid\n\
                 tier small {{ isolation: row }}\n\
                 {kind} Seen in main {{ id: uuid key; who: -> User pseudonymous; }}\n\
                 {kind} User in main {{ id: uuid key; subject; }}\n"
            );
            let found = crate::check(&Sources::single("test.polity", &source), None);
            found.into_iter().filter(|d| d.code.to_string() == "E0836").map(|d| d.message).collect::<Vec<_>>()
        };
        assert_eq!(told("platform", "global entity"), [""; 0]);
        assert_eq!(told("tenant", "entity"), [""; 0]);
        assert_eq!(told("tenant", "global entity"), ["`who` is of no tenant, and `pii` has a key for each"]);
        assert_eq!(told("subject", "entity"), ["`who` is of no person, and `pii` has a key for each"]);
    }

    #[test]
    fn a_tier_cannot_give_each_person_a_key_where_there_is_none() {
        let told = |scope: &str, subject: &str| {
            let source = format!(
                "platform shop {{ environments: [dev] }}\n\
                 encryption key pii {{ provider: vault(\"transit/pii\") }}\n\
                 store main: postgres 15 {{ database: \"shop\" }}\n\
                 tenancy by tenant_id: uuid\n\
                 tier small {{ isolation: row, keys: {{ pii: {scope} }} }}\n\
                 schema core in main {{ entity User {{\n id: uuid key\n phone: phone encrypted with pii\n {subject}\n}} }}\n"
            );
            let found = crate::check(&Sources::single("test.polity", &source), None);
            found.into_iter().filter(|d| d.code.to_string() == "E0836").map(|d| d.message).collect::<Vec<_>>()
        };
        assert_eq!(told("subject", ""), ["`phone` is of no person, and `pii` has a key for each"]);
        assert_eq!(told("subject", "subject"), [""; 0]);
        assert_eq!(told("tenant", ""), [""; 0]);
    }
}
