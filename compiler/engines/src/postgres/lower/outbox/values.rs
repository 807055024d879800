//! The name of a channel and the message to it, made of a row: in the forms that clients give them.

use super::super::super::sql::{Literal, Name};
use super::super::types::{is_array, is_jsonb, underlying};
use polity_govern::Stored;
use polity_model::entity::{Destination, Message, Publish};
use polity_model::keyspace::{Held, Part, Pattern};
use polity_model::{Entity, FieldId, Scalar, StoreId, StructId, Type, TypeKind};

/// Writes the name of the channel, or the key of the stream, of which `value` writes the columns.
pub(super) fn target(
    platform: &Stored,
    entity: &Entity,
    publish: &Publish,
    value: &impl Fn(FieldId) -> String,
    encode: &Name,
) -> String {
    let pattern = pattern(platform, publish.to);
    let part = |part: &Part| match part {
        Part::Literal(text) => Some(Literal(text).to_string()),
        Part::Parameter(at) => {
            let field = *publish.key.get(*at)?;
            Some(segment(platform, &entity.field(field).ty, &value(field), encode))
        }
    };
    pattern.parts.iter().filter_map(part).collect::<Vec<_>>().join(" || ")
}

/// Writes the message, as `jsonb`.
pub(super) fn message(
    platform: &Stored,
    entity: &Entity,
    publish: &Publish,
    value: &impl Fn(FieldId) -> String,
) -> String {
    let json = |field: FieldId| json(platform, &entity.field(field).ty, &value(field));
    let members = match &publish.message {
        Message::Key(field) => return json(*field),
        Message::Members(members) => members,
        Message::Broken => return "'{}'::jsonb".to_owned(),
    };
    let Some((store, record)) = record(platform, publish.to) else { return "'{}'::jsonb".to_owned() };
    let mut pairs = Vec::new();
    let mut parts = Vec::new();
    for (member, field) in members {
        let named = &platform[record].fields[member.index()].named;
        let pair = format!("{}, {}", Literal(&platform.stored_name(store, named)), json(*field));
        if entity.field(*field).ty.optional || platform.is_required_until_anonymized(entity.id, *field) {
            // What is absent is left out.
            let object = format!("jsonb_build_object({pair})");
            parts.push(format!("CASE WHEN {} IS NULL THEN '{{}}' ELSE {object} END", value(*field)));
        } else {
            pairs.push(pair);
        }
    }
    let whole = pairs.chunks(ARGUMENTS / 2).map(|pairs| format!("jsonb_build_object({})", pairs.join(", ")));
    let all: Vec<String> = whole.chain(parts).collect();
    if all.is_empty() { "'{}'::jsonb".to_owned() } else { all.join("\n               || ") }
}

/// The values that a function of PostgreSQL takes at most.
const ARGUMENTS: usize = 100;

fn pattern(platform: &Stored, to: Destination) -> &Pattern {
    match to {
        Destination::Channel(channel) => &platform[channel].pattern,
        Destination::Stream(keyspace) => &platform[keyspace].pattern,
    }
}

/// The store and the record of the messages.
fn record(platform: &Stored, to: Destination) -> Option<(StoreId, StructId)> {
    match to {
        Destination::Channel(id) => {
            let channel = &platform[id];
            Some((channel.store, channel.value.as_ref()?.record()?))
        }
        Destination::Stream(id) => {
            let keyspace = &platform[id];
            let Held::Record(record) = keyspace.value.held() else { return None };
            Some((keyspace.store, record))
        }
    }
}

/// Writes a value as JSON has it: what JSON has no type for, and numbers that a reader could round, are texts.
fn json(platform: &Stored, ty: &Type, value: &str) -> String {
    if is_jsonb(platform, ty) {
        return value.to_owned();
    }
    if is_array(platform, ty)
        && let TypeKind::List(element) = underlying(platform, ty)
    {
        let element = json(platform, element, "e.value");
        return format!(
            "(SELECT coalesce(jsonb_agg({element} ORDER BY e.place), '[]') FROM unnest({value}) WITH ORDINALITY AS e (value, place))"
        );
    }
    match platform.scalar(ty) {
        Some(Scalar::BigInt | Scalar::Decimal { .. }) => format!("to_jsonb({value}::text)"),
        Some(Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym) => {
            format!("to_jsonb(translate(encode({value}, 'base64'), chr(10), ''))")
        }
        Some(scalar @ (Scalar::Timestamp | Scalar::Interval)) => format!("to_jsonb({})", text(scalar, value)),
        _ => format!("to_jsonb({value})"),
    }
}

/// Writes a value as a segment of a name. Of most types no value has a character that means something there.
fn segment(platform: &Stored, ty: &Type, value: &str, encode: &Name) -> String {
    let encoded = |text: &str| format!("{encode}({text})");
    match platform.scalar(ty) {
        Some(Scalar::Bool | Scalar::SmallInt | Scalar::Int | Scalar::BigInt | Scalar::Uuid) => {
            format!("{value}::text")
        }
        Some(Scalar::Decimal { .. }) => format!("trim_scale({value})::text"),
        Some(scalar @ Scalar::Date) => text(scalar, value),
        Some(Scalar::Timestamp) => encoded(&format!(
            "rtrim(rtrim(to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'"
        )),
        // As it is shown: an address without the prefix of a single one.
        Some(Scalar::Inet) => encoded(&format!("(to_jsonb({value}) #>> '{{}}')")),
        _ => encoded(&format!("{value}::text")),
    }
}

/// The body of the function that encodes those characters of a text that mean something in a name.
pub(super) fn encoding() -> String {
    let encode = |text: String, c: char| {
        format!(
            "replace({text}, {}, {})",
            Literal(&c.to_string()),
            Literal(&format!("%{:02X}", u32::from(c)))
        )
    };
    // What an encoding begins with comes first.
    format!("    SELECT {}", "%:{}*?[]\\".chars().fold("$1".to_owned(), encode))
}

fn text(scalar: Scalar, value: &str) -> String {
    super::super::expr::written(scalar, value)
}
