//! A key for each tenant, or for each person, needs a tenant or a person.

use super::clear_use::encrypted_here;
use super::pseudonym::hashed_here;
use crate::Governed;
use crate::encrypted::EncryptedPlace;
use polity_model::governance::EncryptionKey;
use polity_model::keys::KeyScope;
use polity_model::{Entity, EntityId, FieldId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0836;
use polity_text::source::Span;

const FOR_ALL: &str =
    "use a key with `scope: platform`, or make the entity one that each tenant has its own of";

pub fn key_scope(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let of_persons: Vec<Option<Span>> =
        platform.encryption_keys.iter().map(|key| platform.said_of_persons(key)).collect();
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
            hashed_here(Diagnostic::new(E0836, field.named.span, message), Some(hashed))
                .also(at, "said here")
                .help(help),
        );
    }
    for entity in &platform.entities {
        let mut ways = None;
        for place in platform.encrypted_places(entity.id) {
            let key = &platform[place.encrypted.key];
            let a_persons = of_persons[place.encrypted.key.index()];
            found.extend(match (key.scope(), a_persons) {
                (KeyScope::Tenant, _) if !platform.is_scoped(entity.id) => {
                    Some(of_none(&place, key, "tenant", key.named.span).help(FOR_ALL))
                }
                (_, Some(at)) if !platform.reaches_subject(entity.id) => {
                    let help = "use a key with another scope, or a reference that leads to a `subject`";
                    Some(of_none(&place, key, "person", at).help(help))
                }
                (_, Some(at)) => {
                    let ways = ways.get_or_insert_with(|| platform.ways_to_subject(entity.id));
                    of_two(entity, &place, key, ways, at)
                }
                _ => None,
            });
        }
    }
}

/// A place encrypted with a key that each tenant or person has, and that is of none.
fn of_none(place: &EncryptedPlace<'_>, key: &EncryptionKey, whose: &str, at: Span) -> Diagnostic {
    let (name, key_name) = (place.name(), &key.named.name);
    let message = format!("`{name}` is of no {whose}, and `{key_name}` has a key for each");
    encrypted_here(Diagnostic::new(E0836, place.field.named.span, message), place.encrypted)
        .also(at, "said here")
}

/// A place encrypted with a key that each person has, where more than one way leads to a person.
fn of_two(
    entity: &Entity,
    place: &EncryptedPlace<'_>,
    key: &EncryptionKey,
    ways: &[Vec<(EntityId, FieldId)>],
    at: Span,
) -> Option<Diagnostic> {
    let [first, second, ..] = ways else { return None };
    let shown = |way: &[(EntityId, FieldId)]| -> String {
        way.first().map_or_else(String::new, |(_, id)| entity.field(*id).named.name.to_string())
    };
    let (first, second) = (shown(first), shown(second));
    let note = if first == second {
        format!("`{first}` leads to persons in more than one way")
    } else {
        format!("`{first}` leads to one, and `{second}` to another")
    };
    let (name, key_name) = (place.name(), &key.named.name);
    let message = format!("`{name}` may be of two persons, and `{key_name}` has a key for each");
    let diagnostic = Diagnostic::new(E0836, place.field.named.span, message);
    Some(
        encrypted_here(diagnostic, place.encrypted)
            .also(at, "said here")
            .note(note)
            .help("use a key with another scope, or an entity that is about one of them"),
    )
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

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
            let found = polity::check(&Sources::single("test.polity", &source), None);
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
            let found = polity::check(&Sources::single("test.polity", &source), None);
            found.into_iter().filter(|d| d.code.to_string() == "E0836").map(|d| d.message).collect::<Vec<_>>()
        };
        assert_eq!(told("subject", ""), ["`phone` is of no person, and `pii` has a key for each"]);
        assert_eq!(told("subject", "subject"), [""; 0]);
        assert_eq!(told("tenant", ""), [""; 0]);
    }

    #[test]
    fn what_is_of_two_persons_has_no_key_of_one() {
        let told = |fields: &str| {
            let source = format!(
                "platform shop {{ environments: [dev] }}\n\
                 encryption key pii {{ scope: subject, provider: vault(\"transit/pii\") }}\n\
                 store main: postgres 15 {{ database: \"shop\" }}\n\
                 entity User in main {{ id: uuid key; boss: -> User?; name: text encrypted with pii; subject; }}\n\
                 entity Room in main {{ id: uuid key; owner: -> User; subject_of: -> User?; }}\n\
                 entity Mail in main {{ id: uuid key; {fields}; body: text encrypted with pii; }}\n"
            );
            let found = polity::check(&Sources::single("test.polity", &source), None);
            found
                .into_iter()
                .filter(|d| d.code.to_string() == "E0836")
                .flat_map(|d| d.note)
                .collect::<Vec<_>>()
        };
        assert_eq!(told("to: -> User; at: int"), [""; 0]);
        assert_eq!(told("to: -> User; from: -> User"), ["`to` leads to one, and `from` to another"]);
        assert_eq!(told("room: -> Room"), ["`room` leads to persons in more than one way"]);
    }
}
