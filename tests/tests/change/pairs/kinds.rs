//! The kinds of edits. Whether the language takes one is the compiler's to say.

use super::edits::{
    absent_field, comment, constant_field, entity_new, entity_removed, entity_renamed, filled_field,
    new_part, option, optional_field, other_default, other_size, other_type, reference, removed_field,
    removed_part, renamed_field, required_field, service, service_line, view_new, view_removed,
    volatile_field, words_of_enum,
};
use super::text::Text;
use crate::order::draws::Draws;

/// An edit: its kind, and the source that comes of it.
type Edited = (&'static str, String);

/// Makes an edit of one kind, where the source has something that it can change.
type Kind = fn(&Text, usize, &mut Draws) -> Option<(&'static str, Text)>;

/// The functions that make edits; those that make several kinds stand here more often.
const MAKERS: &[Kind] = &[
    optional_field,
    constant_field,
    volatile_field,
    filled_field,
    required_field,
    absent_field,
    other_size,
    other_type,
    renamed_field,
    removed_field,
    other_default,
    new_part,
    new_part,
    new_part,
    removed_part,
    comment,
    entity_new,
    entity_removed,
    entity_renamed,
    service_line,
    service,
    view_new,
    view_removed,
    reference,
    words_of_enum,
    option,
];

/// Every kind of edit, with the function that makes it.
pub const KINDS: &[(&str, Kind)] = &[
    ("an optional field", optional_field),
    ("a field with a constant default", constant_field),
    ("a field with a default that differs", volatile_field),
    ("a field that is filled", filled_field),
    ("an optional field that is required", required_field),
    ("a required field that is optional", absent_field),
    ("a shorter text", other_size),
    ("a longer text", other_size),
    ("another type", other_type),
    ("another name of a field", renamed_field),
    ("a field that goes", removed_field),
    ("another default", other_default),
    ("an index", new_part),
    ("an index of two", new_part),
    ("a partial index", new_part),
    ("a unique constraint", new_part),
    ("a unique pair", new_part),
    ("a check", new_part),
    ("an index that goes", removed_part),
    ("a trail that goes", removed_part),
    ("rows that change again", removed_part),
    ("a rule that goes", removed_part),
    ("a clause that goes", removed_part),
    ("a comment", comment),
    ("an entity", entity_new),
    ("an entity that goes", entity_removed),
    ("another name of an entity", entity_renamed),
    ("another table name of an entity", entity_renamed),
    ("a right that goes", service_line),
    ("a right", service_line),
    ("a service that goes", service),
    ("a service", service),
    ("a view", view_new),
    ("a view that goes", view_removed),
    ("a reference", reference),
    ("a value of an enum", words_of_enum),
    ("a value of an enum that goes", words_of_enum),
    ("rows that only come", option),
    ("soft delete", option),
    ("a version", option),
    ("a storage parameter", option),
    ("a trail", option),
    ("a computed field", option),
];

/// Returns one edit, whose names end with its number; `None` where the source has nothing of its kind.
pub fn edit(text: &Text, number: usize, draws: &mut Draws) -> Option<Edited> {
    let (kind, text) = MAKERS[draws.below(MAKERS.len())](text, number, draws)?;
    Some((kind, text.source()))
}

/// Returns edits of one kind, drawn from these numbers again and again.
pub fn edits_of(kind: usize, text: &Text, numbers: &[u16]) -> impl Iterator<Item = Edited> {
    let (word, make) = KINDS[kind];
    (0..60_u16).filter_map(move |round| {
        let other = |number: &u16| number.wrapping_mul(2 * round + 1).wrapping_add(round);
        let numbers: Vec<u16> = numbers.iter().map(other).collect();
        let (kind, text) = make(text, 0, &mut Draws::new(&numbers))?;
        (kind == word).then(|| (kind, text.source()))
    })
}
