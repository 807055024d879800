//! Documents that are there: fields that take a value, have another name, or go. Each is changed by a condition that holds no
//! longer then, so that whatever was stopped goes on.

use serde_json::{Value as Json, json};

use super::super::lower::field_of;
use super::super::lower::sealed::{Fill, Move};
use super::delta::Delta;
use super::{Script, call};
use crate::change::files::{Draft, Files};
use crate::change::{Phase, Risk, Time};
use polity_catalog::document::{BsonType, Collection, Object, Schema};

/// Leads the documents of all collections on, in a file for each.
pub(super) fn lead(files: &mut Files<'_, Object>, delta: &Delta<'_>) {
    for (_, Collection { name, .. }, _) in delta.leading() {
        let mut script = files.begin();
        let is_new = |one: &&Move| !delta.sealed.state.moves.contains(one);
        for one in delta.moves.iter().filter(|one| one.collection == *name).filter(is_new) {
            move_field(&mut script, one);
        }
        for fill in fills_of(delta, name).filter(|fill| delta.is_new(fill)) {
            fill_field(&mut script, fill);
        }
        files.end(script, Phase::Backfill, name);
    }
}

/// Leads on what clients of before wrote since, and takes away what is gone.
pub(super) fn finish(script: &mut Script<'_>, delta: &Delta<'_>, (joined, new): (&Collection, &Collection)) {
    let name = &new.name;
    for one in delta.moves.iter().filter(|one| one.collection == *name) {
        move_field(script, one);
    }
    for fill in fills_of(delta, name) {
        let required = |of: &Collection| of.schema.properties.get(&fill.field).is_some_and(|it| it.required);
        if required(new) && !required(joined) {
            fill_field(script, fill);
        }
    }
    for (field, property) in &new.schema.properties {
        let before = joined.schema.properties.get(field);
        if let Some(cast) = before.and_then(|before| cast(&before.schema, &property.schema)) {
            cast_field(script, (name, field), &cast);
        }
    }
    let is_moved = |field: &str| delta.moves.iter().any(|one| one.collection == *name && one.from == field);
    for field in joined.schema.properties.keys() {
        if new.schema.properties.contains_key(field) || is_moved(field) {
            continue;
        }
        script.step(Draft {
            object: field_of(name, field),
            of: &format!("collection {name}"),
            does: "is removed from all documents",
            time: Time::Rewrite,
            risks: vec![Risk::Loss { of: format!("all values of `{name}.{field}`") }],
            text: call("removeField", &json!({ "name": name.as_str(), "field": field.as_str() })),
        });
    }
}

/// The values for the fields of a collection, one for each.
fn fills_of<'f>(delta: &'f Delta<'_>, collection: &'f str) -> impl Iterator<Item = &'f Fill> {
    let mut seen: Vec<&str> = Vec::new();
    delta.all_fills().filter(move |fill| {
        let is_first = fill.collection == collection && !seen.contains(&fill.field.as_str());
        if is_first {
            seen.push(&fill.field);
        }
        is_first
    })
}

fn move_field(script: &mut Script<'_>, one: &Move) {
    let Move { collection, from, to } = one;
    let object = field_of(collection, to);
    script.step(Draft {
        of: &object,
        does: &format!("takes the values of `{from}`"),
        time: Time::Rewrite,
        risks: vec![Risk::Break { clients: format!("they read and write `{from}`") }],
        text: call(
            "moveField",
            &json!({ "name": collection.as_str(), "from": from.as_str(), "to": to.as_str() }),
        ),
        object: object.clone(),
    });
}

fn fill_field(script: &mut Script<'_>, fill: &Fill) {
    let Fill { collection, field, value } = fill;
    let object = field_of(collection, field);
    let entry: Json = json!({ "name": collection.as_str(), "field": field.as_str(), "value": value });
    script.step(Draft {
        of: &object,
        does: "takes a value in documents that have none",
        time: Time::Rewrite,
        risks: Vec::new(),
        text: call("fillField", &entry),
        object: object.clone(),
    });
}

fn cast_field(script: &mut Script<'_>, (collection, field): (&str, &str), cast: &Cast) {
    let object = field_of(collection, field);
    let entry: Json = json!({
        "name": collection,
        "field": field,
        "condition": cast.condition,
        "cast": cast.operator,
    });
    script.step(Draft {
        of: &object,
        does: "takes its type in documents of before",
        time: Time::Rewrite,
        risks: Vec::new(),
        text: call("castField", &entry),
        object: object.clone(),
    });
}

/// The cast of a number to the type that its field has.
struct Cast {
    /// The values of other types that are values of that type as well.
    condition: Json,
    operator: &'static str,
}

/// Returns the cast for numbers of the types that a field had.
fn cast(before: &Schema, after: &Schema) -> Option<Cast> {
    let (from, operator): (&[BsonType], _) = match after.bson_type? {
        BsonType::Int => (&[BsonType::Long], "$toInt"),
        BsonType::Long => (&[BsonType::Int], "$toLong"),
        BsonType::Double => (&[BsonType::Int], "$toDouble"),
        BsonType::Decimal => (&[BsonType::Int, BsonType::Long], "$toDecimal"),
        _ => return None,
    };
    let types = before.any_of.iter().filter_map(|one| one.bson_type);
    let types: Vec<&str> = types.filter(|one| from.contains(one)).map(BsonType::name).collect();
    let mut condition = json!({ "$type": types });
    if operator == "$toInt" {
        (condition["$gte"], condition["$lte"]) = (json!(i32::MIN), json!(i32::MAX));
    }
    (!types.is_empty()).then_some(Cast { condition, operator })
}
