//! Edits of a source, each of one kind or of a few.

use super::text::{Entity, Field, Text};
use crate::order::draws::Draws;

fn any_entity(text: &Text, draws: &mut Draws) -> Option<Entity> {
    let entities = text.entities();
    (!entities.is_empty()).then(|| entities[draws.below(entities.len())].clone())
}

/// A field whose type is one of these, with what may stand behind it.
fn any_field(text: &Text, draws: &mut Draws, fits: impl Fn(&str) -> bool) -> Option<(Entity, Field)> {
    let fields: Vec<(Entity, Field)> = text
        .entities()
        .into_iter()
        .flat_map(|entity| text.fields(&entity).into_iter().map(move |field| (entity.clone(), field)))
        .filter(|(_, field)| fits(&field.ty) && !field.ty.contains(" key"))
        .collect();
    (!fields.is_empty()).then(|| fields[draws.below(fields.len())].clone())
}

/// The types of which an edit knows a constant.
fn constant(ty: &str) -> Option<&'static str> {
    let word = ty.split(['(', ' ', '?']).next()?;
    Some(match word {
        "text" if !ty.contains("matches") => "\"x\"",
        "int" | "bigint" | "smallint" | "decimal" => "7",
        "date" => "2020-02-29",
        "bool" => "true",
        "Mood" => "calm",
        "Status" => "open",
        _ => return None,
    })
}

const TYPES: &[&str] = &[
    "text(30)",
    "int",
    "bigint",
    "decimal(8, 2)",
    "date",
    "bool",
    "Mood",
    "Status",
    "uuid",
    "json",
    "email",
    "timestamp",
];

pub fn optional_field(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    Some(("an optional field", text.with(entity.end, &[format!("new{number}: {}?", draws.one(TYPES))])))
}

pub fn constant_field(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let ty = draws.one(&TYPES[..8]);
    let line = format!("new{number}: {ty} = {}", constant(ty)?);
    Some(("a field with a constant default", text.with(entity.end, &[line])))
}

pub fn volatile_field(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let line = draws.one(&["uuid = uuid_v4()", "uuid = uuid_v7()", "timestamp = now()"]);
    Some(("a field with a default that differs", text.with(entity.end, &[format!("new{number}: {line}")])))
}

pub fn filled_field(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let ty = draws.one(&TYPES[..8]);
    let unique = if draws.one_in(6) { " unique" } else { "" };
    let changed = text.with(entity.end, &[format!("new{number}: {ty}{unique}")]);
    Some((
        "a field that is filled",
        changed.then(&format!("backfill {}.new{number} = {}", entity.path, constant(ty)?)),
    ))
}

pub fn required_field(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (entity, field) = any_field(text, draws, |ty| ty.ends_with('?') && constant(ty).is_some())?;
    let line = format!("  {}: {}", field.name, field.ty.trim_end_matches('?'));
    let filled = format!("backfill {}.{} = {}", entity.path, field.name, constant(&field.ty)?);
    Some(("an optional field that is required", text.replaced(field.line, &line).then(&filled)))
}

pub fn absent_field(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (_, field) = any_field(text, draws, |ty| !ty.contains(['?', '=', '#']))?;
    let line = format!("  {}: {}?", field.name, field.ty);
    Some(("a required field that is optional", text.replaced(field.line, &line)))
}

pub fn other_size(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (_, field) = any_field(text, draws, |ty| ty.starts_with("text("))?;
    let (size, rest) = field.ty.strip_prefix("text(")?.split_once(')')?;
    let size: u32 = size.parse().ok()?;
    let (kind, size) =
        if draws.one_in(2) { ("a shorter text", size.max(9) - 6) } else { ("a longer text", size + 5) };
    Some((kind, text.replaced(field.line, &format!("  {}: text({size}){rest}", field.name))))
}

pub fn other_type(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let ways = [
        ("int", "bigint"),
        ("bigint", "int"),
        ("int", "text(12)"),
        ("decimal(10, 2)", "decimal(12, 2)"),
        ("decimal(10, 2)", "decimal(12, 4)"),
        ("date", "timestamp"),
        ("smallint", "int"),
        ("text(20)", "text"),
        ("int", "decimal(12, 2)"),
    ];
    let (from, to) = draws.one(&ways);
    let is_it = |ty: &str| ty.strip_prefix(from).is_some_and(|rest| !rest.starts_with(['(', '[']));
    let (_, field) = any_field(text, draws, is_it)?;
    let line = format!("  {}: {to}{}", field.name, &field.ty[from.len()..]);
    Some(("another type", text.replaced(field.line, &line)))
}

pub fn renamed_field(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (entity, field) = any_field(text, draws, |ty| !ty.contains(" was "))?;
    let renamed = format!("other{number}");
    let all = text.renamed(entity.head + 1..entity.end, &field.name, &renamed);
    let line = format!("{} was {}", all.lines[field.line], field.name);
    Some(("another name of a field", all.replaced(field.line, &line)))
}

pub fn removed_field(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (_, field) = any_field(text, draws, |_| true)?;
    let line = format!("  removed {} because \"it is tried\"", field.name);
    Some(("a field that goes", text.replaced(field.line, &line)))
}

pub fn other_default(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (_, field) = any_field(text, draws, |ty| constant(ty).is_some() && !ty.contains(['?', '#']))?;
    let line = match field.ty.split_once(" = ") {
        Some((ty, _)) if draws.one_in(2) => format!("  {}: {ty}", field.name),
        Some((ty, rest)) => {
            let more = rest.split_once(' ').map(|(_, more)| format!(" {more}")).unwrap_or_default();
            format!("  {}: {ty} = {}{more}", field.name, constant(ty)?)
        }
        None => format!("  {}: {} = {}", field.name, field.ty, constant(&field.ty)?),
    };
    Some(("another default", text.replaced(field.line, &line)))
}

pub fn new_part(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (entity, field) = any_field(text, draws, |ty| !ty.starts_with("->"))?;
    let name = &field.name;
    let other = text.fields(&entity).first().map_or("id".to_owned(), |first| first.name.clone());
    let (kind, line) = match draws.below(6) {
        0 => ("an index", format!("index ({name})")),
        1 => ("an index of two", format!("index ({name} desc, {other})")),
        2 => ("a partial index", format!("index part{number} ({name}) where {name} is not null")),
        3 => ("a unique constraint", format!("unique ({name})")),
        4 => ("a unique pair", format!("unique ({name}, {other})")),
        _ => {
            let value = constant(&field.ty)?;
            ("a check", format!("check new_rule{number} ({name} != {value})"))
        }
    };
    Some((kind, text.with(entity.end, &[line])))
}

pub fn removed_part(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let words =
        ["index ", "unique ", "check ", "no overlap ", "audit ", "append only", "with ", "retain ", "ref "];
    let entities = text.entities();
    let is_part = |line: &usize| words.iter().any(|word| text.lines[*line].trim().starts_with(word));
    let parts: Vec<usize> =
        entities.iter().flat_map(|entity| entity.head + 1..entity.end).filter(is_part).collect();
    let line = *parts.get(draws.below(parts.len().max(1)))?;
    let kind = words.iter().find(|word| text.lines[line].trim().starts_with(**word))?;
    let kind: &'static str = match kind.trim() {
        "index" => "an index that goes",
        "audit" => "a trail that goes",
        "append only" => "rows that change again",
        "unique" | "check" | "no overlap" => "a rule that goes",
        _ => "a clause that goes",
    };
    Some((kind, text.without(line, line)))
}

pub fn comment(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (_, field) = any_field(text, draws, |_| true)?;
    Some(("a comment", text.with(field.line, &[format!("/// It's new{number}.")])))
}

pub fn entity_new(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let other = any_entity(text, draws)?;
    let global = if draws.one_in(4) { "global " } else { "" };
    let lines = [
        format!("{global}entity Fresh{number} {{"),
        "  id: uuid key = uuid_v7()".to_owned(),
        "  called: text(30)?".to_owned(),
        format!("  of: -> {}?", other.path),
        "  index (called)".to_owned(),
    ];
    let mut changed = text.with(entity.end + 1, &lines);
    changed.lines.insert(entity.end + 1 + lines.len(), "}".to_owned());
    changed.lines[entity.end + 1] = lines[0].clone();
    Some(("an entity", changed))
}

pub fn entity_removed(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let mut changed = text.without(entity.head, entity.end);
    // Whoever named it names it no longer.
    let names = |line: &String| {
        line.trim_start_matches(|c: char| !c.is_ascii_lowercase()).contains(&format!("{} ", entity.path))
    };
    let service = |line: &String| {
        ["read ", "write ", "append ", "delete "].iter().any(|verb| line.trim().starts_with(verb))
    };
    changed.lines.retain(|line| !(service(line) && (names(line) || line.ends_with(&entity.path))));
    // Others that name it would have to go as well.
    let name = entity.path.split_once('.').map_or(entity.path.as_str(), |(_, name)| name);
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let table = table_in_sql(text, &entity)?;
    let is_named = |line: &String| {
        let mut words = line.split(|c| !is_part(c));
        line.contains(&table) || words.any(|word| word == name || word == table.trim_matches('"'))
    };
    if changed.lines.iter().any(is_named) {
        return None;
    }
    Some((
        "an entity that goes",
        changed.then(&format!("removed entity {} because \"it is tried\"", entity.path)),
    ))
}

pub fn entity_renamed(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let name = entity.path.split_once('.')?.1;
    let all = text.renamed(0..text.lines.len(), name, &format!("Renamed{number}"));
    let head = &all.lines[entity.head];
    let (before, rest) = head.split_once(" as ")?;
    let kind = if rest.contains("\\\"") || draws.one_in(2) {
        "another name of an entity"
    } else {
        "another table name of an entity"
    };
    let head = match kind {
        "another name of an entity" => format!("{before} was {name} as {rest}"),
        _ => format!("{before} was {name} as \"table{number}\" {{"),
    };
    Some((kind, all.replaced(entity.head, &head)))
}

pub fn service_line(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let heads: Vec<usize> =
        (0..text.lines.len()).filter(|at| text.lines[*at].starts_with("service ")).collect();
    let head = *heads.get(draws.below(heads.len().max(1)))?;
    let end = head + text.lines[head..].iter().position(|line| line == "}")?;
    if draws.one_in(2) && end > head + 1 {
        let line = head + 1 + draws.below(end - head - 1);
        return Some(("a right that goes", text.without(line, line)));
    }
    let verb = draws.one(&["read", "write", "append", "delete"]);
    let line = format!("{verb} {}", any_entity(text, draws)?.path);
    Some(("a right", text.with(end, &[line])))
}

pub fn service(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let heads: Vec<usize> =
        (0..text.lines.len()).filter(|at| text.lines[*at].starts_with("service ")).collect();
    if draws.one_in(2) && !heads.is_empty() {
        let head = heads[draws.below(heads.len())];
        let end = head + text.lines[head..].iter().position(|line| line == "}")?;
        return Some(("a service that goes", text.without(head, end)));
    }
    let path = any_entity(text, draws)?.path;
    Some(("a service", text.then(&format!("service fresh_{number} {{ read {path} }}"))))
}

pub fn view_new(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let table = table_in_sql(text, &entity)?;
    let schema = entity.path.split_once('.')?.0;
    let field = text.fields(&entity).into_iter().next()?;
    let ty = field.ty.split(' ').next()?.trim_end_matches('?');
    let ty = if ty == "->" { return None } else { ty };
    let lines = [format!(
        "view Seen{number} {{ sql \"\"\"SELECT r.{0} FROM {schema}.{table} r\"\"\" {0}: {ty}? }}",
        field.name
    )];
    let mut changed = text.with(entity.end + 1, &lines);
    changed.lines[entity.end + 1] = format!(
        "view Seen{number} {{\n  sql \"\"\"SELECT r.{0} FROM {schema}.{table} r\"\"\"\n  {0}: {ty}\n}}",
        field.name
    );
    Some(("a view", Text::of(&changed.source())))
}

pub fn view_removed(text: &Text, _: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let heads: Vec<usize> = (0..text.lines.len()).filter(|at| text.lines[*at].starts_with("view ")).collect();
    let head = *heads.get(draws.below(heads.len().max(1)))?;
    let name = text.lines[head].split(' ').nth(1)?.to_owned();
    let end = head + text.lines[head..].iter().position(|line| line == "}")?;
    let mut changed = text.without(head, end);
    changed.lines.retain(|line| !(line.trim().starts_with("read ") && line.ends_with(&name)));
    Some(("a view that goes", changed))
}

pub fn reference(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let (entity, other) = (any_entity(text, draws)?, any_entity(text, draws)?);
    let end = draws.one(&["", " on delete set null", " on delete restrict", " deferrable"]);
    let line = format!("new{number}: -> {}?{end}", other.path);
    Some(("a reference", text.with(entity.end, &[line])))
}

pub fn words_of_enum(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let line = text.lines.iter().position(|line| line.starts_with("enum Mood"))?;
    if draws.one_in(2) {
        let more = text.lines[line].replace(" }", &format!(", mood{number} }}"));
        return Some(("a value of an enum", text.replaced(line, &more)));
    }
    Some(("a value of an enum that goes", text.replaced(line, &text.lines[line].replace(", wild", ""))))
}

pub fn option(text: &Text, number: usize, draws: &mut Draws) -> Option<(&'static str, Text)> {
    let entity = any_entity(text, draws)?;
    let log = text.lines.iter().position(|line| line.starts_with("audit log "));
    let schema = log.and_then(|line| {
        text.lines[..line].iter().rev().find_map(|line| line.strip_prefix("schema ")?.split(' ').next())
    });
    let (kind, lines) = match draws.below(6) {
        0 => ("rows that only come", vec!["append only".to_owned()]),
        1 => ("soft delete", vec![format!("gone{number}: timestamp? soft_delete")]),
        2 => ("a version", vec![format!("edition{number}: int = 1 optimistic")]),
        3 => ("a storage parameter", vec!["with { fillfactor: 70 }".to_owned()]),
        4 => ("a trail", vec![format!("audit (insert, update, delete) into {}.Log", schema?)]),
        _ => ("a computed field", vec![format!("half{number}: text computed (\"a\" || \"b\")")]),
    };
    Some((kind, text.with(entity.end, &lines)))
}

/// Returns the name of an entity's table as SQL has it in quotes.
fn table_in_sql(text: &Text, entity: &Entity) -> Option<String> {
    let (_, named) = text.lines[entity.head].split_once(" as ")?;
    Some(named.trim_end_matches(" {").replace("\\\"", "\"\""))
}
