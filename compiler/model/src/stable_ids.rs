//! Ids that a ciphertext is bound to. They name a thing for ever, so nothing that may change goes into them but the names
//! that it has when it is first written.

use sha2::{Digest, Sha256};

use super::{EntityId, FieldId, Platform};

/// A UUID, the highest byte first.
pub type StableId = u128;

impl Platform {
    /// The id of an entity.
    #[must_use]
    pub fn stable_id(&self, entity: EntityId) -> StableId {
        named(&[self.first_name(), &self.first_path(entity)])
    }

    /// The id of a thing that is no entity, by the path of its first name.
    #[must_use]
    pub fn stable_thing_id(&self, path: &str) -> StableId {
        named(&[self.first_name(), path])
    }

    /// The id of a field of an entity.
    #[must_use]
    pub fn stable_field_id(&self, entity: EntityId, field: FieldId) -> StableId {
        self.stable_path_id(entity, self[entity].field(field).named.first_name())
    }

    /// The id of a field of an entity, or of one in its record, by the first names on the way there.
    #[must_use]
    pub fn stable_path_id(&self, entity: EntityId, path: &str) -> StableId {
        named(&[self.first_name(), &self.first_path(entity), path])
    }

    /// The name that the platform had first.
    fn first_name(&self) -> &str {
        let sealed = &self.history.model.platform;
        if sealed.is_empty() { &self.name } else { sealed }
    }

    /// The path that an entity had first.
    #[must_use]
    pub fn first_path(&self, id: EntityId) -> String {
        let entity = &self[id];
        let first = entity.named.first_name();
        if first.contains('.') {
            return first.to_string(); // it stood in another place
        }
        let place = entity.schema.map_or(&self[entity.store].named.name, |schema| &self[schema].named.name);
        format!("{place}.{first}")
    }
}

/// As text: `018f3c1e-5c1e-8b1a-9a57-0a4d4a3f2b10`.
#[must_use]
pub fn as_text(id: StableId) -> String {
    let hex = format!("{id:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A version 8 UUID of the SHA-256 of some names (RFC 9562, 5.8 and B.2). Each name has its length in front, so that
/// no two lists look alike.
fn named(names: &[&str]) -> StableId {
    let mut hash = Sha256::new();
    hash.update(b"polity stable id");
    for name in names {
        hash.update((name.len() as u32).to_be_bytes());
        hash.update(name.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_never_change() {
        let page = include_str!("../../docs/ciphertext.md");
        for names in [
            &["shop", "core.User"][..],
            &["shop", "core.User", "phone"],
            &["shop", "core.User", "address.street"],
        ] {
            let line = format!("| `{}` | `{}` |", names.join("`, `"), as_text(named(names)));
            assert!(page.contains(&line), "{line}");
        }
        assert_ne!(named(&["a", "bc"]), named(&["ab", "c"]));
    }
}
