//! Keys: from a pattern of the model to the grammar of the catalog, and from there to text.

use std::fmt::Write;

use super::{samples, types};
use polity_catalog::keyed::{Key, Parameter, Part, Piece, Role};
use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::keyspace::{self, DeadLetter, Pattern, ValueShape};
use polity_model::{Channel, Keyspace, StoreId};
use polity_text::tokens;

/// Returns the grammar of a keyspace's keys, on the server that tenants share or on that of one tenant.
pub(super) fn of_keyspace(platform: &Stored, keyspace: &Keyspace, tenant: Option<&Tenant>) -> Key {
    let grammar = Grammar { platform, store: keyspace.store, global: keyspace.global, tenant };
    grammar.key(&keyspace.pattern, &keyspace.together_by)
}

/// Returns the grammar of the names of a channel, on the server that tenants share or on that of one tenant.
pub(super) fn of_channel(platform: &Stored, channel: &Channel, tenant: Option<&Tenant>) -> Key {
    let grammar = Grammar { platform, store: channel.store, global: channel.global, tenant };
    grammar.key(&channel.pattern, &[])
}

/// Returns the grammar of a keyspace's keys, then that of the keys next to them.
pub(super) fn all_of(platform: &Stored, keyspace: &Keyspace) -> Vec<(Key, Option<Role>)> {
    let key = of_keyspace(platform, keyspace, None);
    let companion = role_of_companion(&keyspace.value).map(|role| (key.companion(role.word()), Some(role)));
    [(key, None)].into_iter().chain(companion).collect()
}

/// Returns the use of the key next to one with a value of this kind; `None` where there is no such key.
pub(super) fn role_of_companion(value: &ValueShape) -> Option<Role> {
    match value {
        ValueShape::List(_) => Some(Role::Processing),
        ValueShape::Stream { dead_letter: Some(DeadLetter::Beside), .. } => Some(Role::Dead),
        _ => None,
    }
}

/// Returns a parameter as the catalog has it. One that carries a label is hashed, so that no key names a person.
pub(super) fn parameter(platform: &Stored, store: StoreId, parameter: &keyspace::Parameter) -> Parameter {
    Parameter {
        name: parameter.name.clone(),
        ty: types::of_type(platform, store, &parameter.ty),
        hashed: !parameter.labels.is_empty(),
    }
}

/// The surroundings of a pattern, which decide how it becomes a grammar.
struct Grammar<'p> {
    platform: &'p Stored,
    store: StoreId,
    global: bool,
    tenant: Option<&'p Tenant>,
}

impl Grammar<'_> {
    fn key(&self, pattern: &Pattern, together: &[usize]) -> Key {
        let part = |part: &keyspace::Part| match part {
            keyspace::Part::Literal(text) => Part::Literal(text.clone()),
            keyspace::Part::Parameter(at) if together.contains(at) => {
                Part::HashTag(vec![self.part(pattern, *at)])
            }
            keyspace::Part::Parameter(at) => self.part(pattern, *at),
        };
        Key { parts: pattern.parts.iter().map(part).collect() }
    }

    /// The tenant leads every pattern that is not global.
    fn part(&self, pattern: &Pattern, at: usize) -> Part {
        let parameter = parameter(self.platform, self.store, &pattern.parameters[at]);
        if at == 0 && !self.global && self.platform.tenancy.is_some() {
            Part::Tenant { parameter, only: self.tenant.map(|tenant| tenant.id().into()) }
        } else {
            Part::Parameter(parameter)
        }
    }
}

/// Writes a key with the names of its parameters: `user:session:{user}`. One with a hash tag of its own has doubled
/// braces.
pub(super) fn shown(key: &Key) -> String {
    let mut out = String::new();
    for piece in key.pieces() {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Parameter { parameter, .. } => {
                let _ = write!(out, "{{{}}}", parameter.name);
            }
        }
    }
    out
}

/// Writes a key as it may stand in the store; `None` where no value of a parameter was found.
pub(super) fn example(key: &Key) -> Option<String> {
    let mut out = String::new();
    for piece in key.pieces() {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Parameter { only: Some(only), .. } => out.push_str(&encoded(only)),
            // As the page about keys hashes an address.
            Piece::Parameter { parameter, .. } if parameter.hashed => {
                out.push_str("v1.b035afc3c4c3bd13e2b4c91286d84501");
            }
            Piece::Parameter { parameter, .. } => out.push_str(&encoded(&samples::of(&parameter.ty)?)),
        }
    }
    Some(out)
}

/// Writes the glob of an access list: `user:session:*`. Characters that a glob reads specially are escaped.
pub(super) fn glob(key: &Key) -> String {
    let mut out = String::new();
    for piece in key.pieces() {
        match piece {
            Piece::Text(text) => {
                for c in text.chars() {
                    if matches!(c, '*' | '?' | '[' | ']' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            Piece::Parameter { only: Some(only), .. } => out.push_str(&encoded(only)),
            Piece::Parameter { only: None, .. } => out.push('*'),
        }
    }
    out
}

/// Writes the text of a value as a segment has it, so that it means nothing to a glob and starts no hash tag.
pub(super) fn encoded(text: &str) -> String {
    if text == tokens::ID {
        return text.to_owned(); // no value that it may have needs it
    }
    let mut out = String::new();
    for c in text.chars() {
        if ":%{}*?[]\\".contains(c) {
            let _ = write!(out, "%{:02X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
