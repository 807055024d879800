//! Types that somebody made: enums, composite types and domains. No source has any, so this is only between two databases that no
//! source describes.

use super::super::lower::names::{LIMIT, fit};
use super::super::sql::{Ident, Literal, Qualified};
use super::catalogs::Renamed;
use super::code::said;
use super::columns::kept;
use super::delta::Delta;
use super::respelled::{respelled, spelled};
use super::writer::{Cost, Writer};
use crate::change::Risk;
use polity_catalog::Identified;
use polity_catalog::relational::{
    Catalog, Column, ColumnValue, Domain, Name, Object, ObjectId, Type, TypeKind, mentions,
};

/// Gives types and values of enums their new names, and alters what can be altered in place; other types that differ get out of the
/// way. Returns the older catalog as it is then.
pub(super) fn lead<'l>(
    writer: &mut Writer<'_, 'l>,
    (old, new): (&Catalog, &Catalog),
    renamed: &Renamed,
    role: &'l str,
) -> Catalog {
    let mut led = old.clone();
    for (before, after) in &renamed.things {
        if let (ObjectId::Type(before), ObjectId::Type(after)) = (before, after)
            && led.get(&ObjectId::Type(after.clone())).is_none()
        {
            rename(writer, &mut led, (before, after), role);
        }
    }
    for (name, before, after) in &renamed.values {
        rename_value(writer, &mut led, name, (before, after), role);
    }
    for object in new.objects() {
        let Object::Type(after) = object else { continue };
        let Some(Object::Type(before)) = led.get(&object.id()).cloned() else { continue };
        if before == *after {
            continue;
        }
        match statements(&before, after, &led) {
            Some(statements) => {
                writer.step(&object.id(), "is altered", Cost::nothing(), |printer| {
                    printer.act_as(role);
                    statements.iter().for_each(|sql| printer.line(sql));
                });
                writer.makes(after.clone());
                led.insert(after.clone());
            }
            None => {
                let aside = fit(&format!("polity_old_{}", after.name.name), LIMIT);
                let aside = Name::new(after.name.schema.clone(), aside);
                rename(writer, &mut led, (&after.name, &aside), role);
            }
        }
    }
    led
}

/// Gives a type another name.
fn rename<'l>(
    writer: &mut Writer<'_, 'l>,
    led: &mut Catalog,
    (before, after): (&Name, &Name),
    role: &'l str,
) {
    let (was, is) = (ObjectId::Type(before.clone()), ObjectId::Type(after.clone()));
    if led.get(&was).is_none() {
        return;
    }
    let clients = format!("those that use {was}");
    writer.step(&is, format!("was {was}"), Cost::nothing().risks(Risk::Break { clients }), |printer| {
        printer.act_as(role);
        if before.name != after.name {
            let (before, after) = (Qualified(before), Ident(&after.name));
            printer.line(format_args!("ALTER TYPE {before} RENAME TO {after};"));
        }
        if before.schema != after.schema {
            let named = Name::new(before.schema.clone(), after.name.clone());
            let (named, schema) = (Qualified(&named), Ident(&after.schema));
            printer.line(format_args!("ALTER TYPE {named} SET SCHEMA {schema};"));
        }
    });
    let pairs = spelled(before).into_iter().map(|text| (text, Qualified(after).to_string()));
    let pairs: Vec<(String, String)> = pairs.collect();
    let mut named = respelled(led, &pairs);
    if let Some(Object::Type(mut ty)) = named.remove(&was) {
        ty.name = after.clone();
        named.insert(ty);
    }
    takes(writer, led, &named);
    *led = named;
}

/// Gives a value of an enum another name.
fn rename_value<'l>(
    writer: &mut Writer<'_, 'l>,
    led: &mut Catalog,
    name: &Name,
    (before, after): (&str, &str),
    role: &'l str,
) {
    let id = ObjectId::Type(name.clone());
    let Some(Object::Type(ty)) = led.get(&id) else { return };
    let mut ty = ty.clone();
    let TypeKind::Enum(words) = &mut ty.kind else { return };
    let Some(word) = words.iter().position(|word| word == before) else { return };
    after.clone_into(&mut words[word]);
    let clients = format!("those that use {before} of {id}");
    let cost = Cost::nothing().risks(Risk::Break { clients });
    writer.step(&id, format!("has {after}, was {before}"), cost, |printer| {
        printer.act_as(role);
        let (name, before, after) = (Qualified(name), Literal(before), Literal(after));
        printer.line(format_args!("ALTER TYPE {name} RENAME VALUE {before} TO {after};"));
    });
    let said = |word: &str, ty: &str| format!("{}::{ty}", Literal(word));
    let pairs = spelled(name).into_iter().map(|ty| (said(before, &ty), said(after, &ty)));
    let mut named = respelled(led, &pairs.collect::<Vec<_>>());
    named.insert(ty);
    takes(writer, led, &named);
    *led = named;
}

/// Notes everything that is spelled otherwise.
fn takes(writer: &mut Writer<'_, '_>, before: &Catalog, after: &Catalog) {
    let gone = before.objects().map(Identified::id).filter(|id| after.get(id).is_none());
    gone.for_each(|id| writer.takes(id));
    let made = after.objects().filter(|object| before.get(&object.id()) != Some(object));
    made.for_each(|object| writer.makes(object.clone()));
}

/// Returns the statements that make one type another of its name; `None` where PostgreSQL has none.
fn statements(old: &Type, new: &Type, led: &Catalog) -> Option<Vec<String>> {
    let name = Qualified(&new.name);
    let mut statements = match (&old.kind, &new.kind) {
        (TypeKind::Enum(old), TypeKind::Enum(new)) => added(&name, old, new)?,
        (TypeKind::Composite(old), TypeKind::Composite(now)) => {
            let is_used = led
                .objects()
                .any(|object| matches!(object, Object::Column(one) if is_of(&one.ty, &new.name)));
            let is_retyped =
                |(member, ty): &Member| now.iter().any(|(name, other)| name == member && other != ty);
            // No member gets another type while a column holds the whole.
            if is_used && old.iter().any(is_retyped) {
                return None;
            }
            members(&name, old, now)?
        }
        (TypeKind::Domain(old), TypeKind::Domain(new)) if old.base == new.base => ruled(&name, old, new),
        _ => return None,
    };
    if old.comment != new.comment {
        statements.push(said("TYPE", &name.to_string(), &new.comment));
    }
    Some(statements)
}

/// Returns the statements that add values to an enum.
fn added(name: &Qualified<'_>, old: &[String], new: &[String]) -> Option<Vec<String>> {
    let mut left = old.iter().peekable();
    let mut statements = Vec::new();
    for (at, word) in new.iter().enumerate() {
        if left.next_if(|known| *known == word).is_some() {
            continue;
        }
        let place = match left.peek() {
            Some(next) if new[at..].contains(next) => format!(" BEFORE {}", Literal(next)),
            _ => String::new(),
        };
        statements.push(format!("ALTER TYPE {name} ADD VALUE IF NOT EXISTS {}{place};", Literal(word)));
    }
    left.next().is_none().then_some(statements)
}

type Member = (smol_str::SmolStr, smol_str::SmolStr);

/// Returns the statements that make the members of a composite type others; new ones stand behind all that stay.
fn members(name: &Qualified<'_>, old: &[Member], new: &[Member]) -> Option<Vec<String>> {
    let stays = |member: &&Member| new.iter().any(|(name, _)| *name == member.0);
    let is_new = |member: &&Member| old.iter().all(|(name, _)| *name != member.0);
    let reached: Vec<&str> =
        old.iter().filter(stays).chain(new.iter().filter(is_new)).map(|(name, _)| name.as_str()).collect();
    if new.iter().map(|(name, _)| name.as_str()).ne(reached) {
        return None;
    }
    let alter = |clause: String| format!("ALTER TYPE {name} {clause};");
    let gone = old.iter().filter(|member| !stays(member));
    let gone = gone.map(|(member, _)| alter(format!("DROP ATTRIBUTE {}", Ident(member))));
    let come = new.iter().filter_map(|(member, ty)| match old.iter().find(|(known, _)| known == member) {
        None => Some(alter(format!("ADD ATTRIBUTE {} {ty}", Ident(member)))),
        Some((_, before)) if before != ty => {
            Some(alter(format!("ALTER ATTRIBUTE {} TYPE {ty}", Ident(member))))
        }
        Some(_) => None,
    });
    Some(gone.chain(come).collect())
}

/// Returns the statements that give a domain other rules.
fn ruled(name: &Qualified<'_>, old: &Domain, new: &Domain) -> Vec<String> {
    let alter = |clause: String| format!("ALTER DOMAIN {name} {clause};");
    let mut statements = Vec::new();
    for (check, sql) in &old.checks {
        if new.checks.get(check) != Some(sql) {
            statements.push(alter(format!("DROP CONSTRAINT {}", Ident(check))));
        }
    }
    for (check, sql) in &new.checks {
        if old.checks.get(check) != Some(sql) {
            statements.push(alter(format!("ADD CONSTRAINT {} CHECK ({sql})", Ident(check))));
        }
    }
    if old.default != new.default {
        let default = new.default.as_ref().map(|sql| format!("SET DEFAULT {sql}"));
        statements.push(alter(default.unwrap_or_else(|| "DROP DEFAULT".to_owned())));
    }
    if old.required != new.required {
        statements.push(alter(if new.required { "SET NOT NULL" } else { "DROP NOT NULL" }.to_owned()));
    }
    statements
}

/// Makes new types, each behind those that it is made of.
pub(super) fn add<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>) {
    let of = |object: &'l Object| match object {
        Object::Type(ty) => Some((object, ty)),
        _ => None,
    };
    let mut left: Vec<(&Object, &Type)> = delta.made().filter_map(of).collect();
    while !left.is_empty() {
        let waits = |ty: &Type| left.iter().any(|(_, other)| other.name != ty.name && is_made_of(ty, other));
        let at = left.iter().position(|(_, ty)| !waits(ty)).unwrap_or_default();
        let (object, ty) = left.remove(at);
        writer.add(object, "is created", Cost::nothing(), |printer| {
            printer.act_as(&ty.owner);
            printer.line(format_args!("{};", created(ty)));
            if !ty.comment.is_empty() {
                printer.line(said("TYPE", &Qualified(&ty.name).to_string(), &ty.comment));
            }
        });
    }
}

/// Whether a type is made of another.
fn is_made_of(ty: &Type, other: &Type) -> bool {
    match &ty.kind {
        TypeKind::Enum(_) => false,
        TypeKind::Composite(members) => members.iter().any(|(_, ty)| is_of(ty, &other.name)),
        TypeKind::Domain(domain) => {
            is_of(&domain.base, &other.name)
                || domain.checks.values().chain(&domain.default).any(|sql| mentions(sql, &other.name.name))
        }
    }
}

/// The statement that makes a type.
fn created(ty: &Type) -> String {
    let name = Qualified(&ty.name);
    match &ty.kind {
        TypeKind::Enum(words) => {
            let words: Vec<String> = words.iter().map(|word| Literal(word).to_string()).collect();
            format!("CREATE TYPE {name} AS ENUM ({})", words.join(", "))
        }
        TypeKind::Composite(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, ty)| format!("{} {ty}", Ident(name))).collect();
            format!("CREATE TYPE {name} AS ({})", members.join(", "))
        }
        TypeKind::Domain(domain) => {
            let mut sql = format!("CREATE DOMAIN {name} AS {}", domain.base);
            domain.default.iter().for_each(|default| sql.push_str(&format!(" DEFAULT {default}")));
            sql.push_str(if domain.required { " NOT NULL" } else { "" });
            for (check, rule) in &domain.checks {
                sql.push_str(&format!("\n    CONSTRAINT {} CHECK ({rule})", Ident(check)));
            }
            sql
        }
    }
}

/// Drops the types that nothing uses any longer, by one statement: they may be made of each other.
pub(super) fn drop<'l>(writer: &mut Writer<'_, 'l>, delta: &Delta<'l>, owner: &'l str) {
    let gone: Vec<&Type> = delta
        .gone()
        .filter_map(|object| match object {
            Object::Type(ty) => Some(ty),
            _ => None,
        })
        .collect();
    let list = gone.iter().map(|ty| Qualified(&ty.name).to_string()).collect::<Vec<_>>().join(",\n    ");
    for (at, ty) in gone.iter().enumerate() {
        let id = ObjectId::Type(ty.name.clone());
        writer.step(&id, "is dropped", Cost::nothing(), |printer| {
            if at + 1 == gone.len() {
                printer.act_as(owner);
                printer.line(format_args!("DROP TYPE IF EXISTS\n    {list};"));
            }
        });
        writer.takes(id);
    }
}

/// Whether the type of a column is one that somebody made, or an array of it.
fn is_of(ty: &str, name: &Name) -> bool {
    spelled(name).iter().any(|text| text == ty.trim_end_matches("[]"))
}

/// Returns the clauses that make the values of a column those of another type, by way of their texts, where somebody made one of
/// the types.
pub(super) fn cast(delta: &Delta<'_>, old: &Column, new: &Column) -> Option<String> {
    let is_made = |catalog: &Catalog, column: &Column| {
        catalog.objects().any(|object| matches!(object, Object::Type(ty) if is_of(&column.ty, &ty.name)))
    };
    if !is_made(delta.old, old) && !is_made(delta.new, new) {
        return None;
    }
    let (column, ty) = (Ident(&new.name), &new.ty);
    let default = match (kept(Some(old), new), &new.value) {
        (ColumnValue::Default(default), ColumnValue::Absent) => {
            format!(",\n    ALTER COLUMN {column} SET DEFAULT ({default})::text::{ty}")
        }
        (ColumnValue::Default(default), _) => format!(",\n    ALTER COLUMN {column} SET DEFAULT {default}"),
        _ => String::new(),
    };
    let gone = format!("ALTER COLUMN {column} DROP DEFAULT");
    Some(format!("{gone},\n    ALTER COLUMN {column} TYPE {ty} USING {column}::text::{ty}{default}"))
}
