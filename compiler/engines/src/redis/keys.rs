//! Patterns of keys, as the source writes them, as an example and as the globs of access lists.

use std::fmt::Write;

use polity_govern::Governed;
use polity_model::keyspace::{DeadLetter, Parameter, Part, Pattern, ValueShape};
use polity_model::{Scalar, Type, TypeKind};

/// `user:session:{user}`: the pattern with the names of its parameters. A parameter that keys are kept together by
/// has doubled braces, as it has braces in the key.
pub(super) fn shown(pattern: &Pattern, together: &[usize]) -> String {
    let mut out = String::new();
    for part in &pattern.parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Parameter(i) => {
                let name = &pattern.parameters[*i].name;
                let _ = if together.contains(i) {
                    write!(out, "{{{{{name}}}}}")
                } else {
                    write!(out, "{{{name}}}")
                };
            }
        }
    }
    out
}

/// A key as it may stand in the store.
pub(super) fn example(platform: &Governed, pattern: &Pattern, together: &[usize]) -> String {
    let mut out = String::new();
    for part in &pattern.parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Parameter(i) => {
                let value = example_value(platform, &pattern.parameters[*i]);
                let _ =
                    if together.contains(i) { write!(out, "{{{value}}}") } else { write!(out, "{value}") };
            }
        }
    }
    out
}

/// `user:session:*`: the glob of an access list. What a glob reads specially is escaped. For a tenant with a server
/// of its own, with its id in place of the first parameter of what is its own.
pub(super) fn glob(pattern: &Pattern, tenant: Option<&str>) -> String {
    let mut out = String::new();
    for part in &pattern.parts {
        match part {
            Part::Literal(text) => {
                for c in text.chars() {
                    if matches!(c, '*' | '?' | '[' | ']' | '\\') {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            Part::Parameter(i) => match tenant {
                Some(id) if *i == 0 => out.push_str(&encoded(id)),
                _ => out.push('*'),
            },
        }
    }
    out
}

/// The text of a value as a segment has it, so that it means nothing to a glob and starts no hash tag.
pub(super) fn encoded(text: &str) -> String {
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

/// Whether the value is stored as a keyed hash, because it carries a label.
pub(super) fn is_hashed(parameter: &Parameter) -> bool {
    !parameter.labels.is_empty()
}

fn example_value(platform: &Governed, parameter: &Parameter) -> String {
    if is_hashed(parameter) {
        return "v1.b035afc3c4c3bd13e2b4c91286d84501".to_owned();
    }
    example_of(platform, &parameter.ty)
}

fn example_of(platform: &Governed, ty: &Type) -> String {
    if let TypeKind::Enum(id) = &ty.kind {
        return platform[*id].values.first().map_or_else(String::new, |v| v.named.stored.to_string());
    }
    let text = match platform.scalar(ty) {
        Some(Scalar::Uuid) => "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10",
        Some(Scalar::Bool) => "true",
        Some(Scalar::SmallInt | Scalar::Int | Scalar::BigInt) => "42",
        Some(Scalar::Date) => "2027-01-31",
        Some(Scalar::Timestamp) => "2027-01-31T12%3A00%3A00Z",
        Some(Scalar::Country) => "SN",
        Some(Scalar::Currency) => "XOF",
        Some(Scalar::Language) => "fr",
        _ => "example",
    };
    text.to_owned()
}

/// The key beside a queue or a stream: `{queue:emails}:processing`. It shares the slot of the first: by its hash tag
/// where it has one, and otherwise because the whole of it is the tag.
pub(super) fn beside(pattern: &Pattern, has_tag: bool, word: &str) -> Pattern {
    let mut out = pattern.clone();
    if has_tag {
        out.parts.push(Part::Literal(format!(":{word}").into()));
    } else {
        out.parts.insert(0, Part::Literal("{".into()));
        out.parts.push(Part::Literal(format!("}}:{word}").into()));
    }
    out
}

/// The last word of the key next to one with a value of this kind; `None` where there is no such key.
pub(super) fn word_beside(value: &ValueShape) -> Option<&'static str> {
    match value {
        ValueShape::List(_) => Some("processing"),
        ValueShape::Stream { dead_letter: Some(DeadLetter::Beside), .. } => Some("dead"),
        _ => None,
    }
}
