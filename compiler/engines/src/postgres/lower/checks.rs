//! The checks of a column: what its type and the words beside it demand of a value that is there.

use std::borrow::Cow;

use super::super::sql::{Ident, Literal};
use super::expr::Scope;
use super::ranges;
use super::shape;
use super::types::{VARCHAR_LIMIT, is_array, is_jsonb, pattern, underlying};
use polity_govern::Stored;
use polity_model::pattern::portable;
use polity_model::types::Constraints;
use polity_model::{Scalar, Type, TypeKind};

/// A check: what its name ends in, and what stands in the parentheses.
pub(super) type Check = (Cow<'static, str>, String);

/// Functions of the schema `polity` that a database needs.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Needs {
    pub(super) uuid_v7: bool,
    /// `polity.all_match(text[], text)`
    pub(super) all_match: bool,
    /// `polity.all_within(jsonb, jsonpath, integer, integer)`
    pub(super) all_within: bool,
    /// `polity.all_bytes_within(jsonb, jsonpath, integer, integer)`
    pub(super) all_bytes_within: bool,
}

/// The checks of one column. `checks` are judged in `scope`; a member of a record brings that of its siblings.
pub(super) fn of_column(
    scope: &Scope,
    column: &str,
    ty: &Type,
    constraints: &Constraints,
    needs: &mut Needs,
) -> Vec<Check> {
    let platform = scope.platform;
    let value = Ident(column).to_string();
    let mut checks = Vec::new();
    if platform.scalar(ty) == Some(Scalar::Sealed) {
        // The first byte of every ciphertext, so that nobody stores a value in clear by mistake.
        let length = length_rule(&format!("octet_length({value})"), constraints);
        let rule = std::iter::once(format!("substr({value}, 1, 1) = '\\x01'")).chain(length);
        return vec![("sealed".into(), rule.collect::<Vec<_>>().join(" AND "))];
    }
    if is_jsonb(platform, ty) {
        of_json(platform, &value, ty, constraints, needs, &mut checks);
    } else if is_array(platform, ty) {
        of_array(platform, &value, ty, constraints, needs, &mut checks);
    } else {
        of_value(platform, &value, ty, constraints, &mut checks);
    }
    for check in &constraints.checks {
        checks.push(("check".into(), scope.sql(check)));
    }
    checks
}

fn of_value(platform: &Stored, value: &str, ty: &Type, constraints: &Constraints, checks: &mut Vec<Check>) {
    match &ty.kind {
        TypeKind::Constrained(id) => {
            of_value(platform, value, &platform[*id].base, &platform[*id].constraints, checks);
        }
        TypeKind::Enum(id) => {
            checks.push(("values".into(), format!("{value} IN ({})", values(platform, *id))))
        }
        TypeKind::Scalar(scalar) => {
            if let Some(pattern) = pattern(*scalar) {
                checks.push(("format".into(), format!("{value} ~ {}", Literal(&pattern))));
            }
            match scalar {
                Scalar::Char { length } => {
                    checks.push(("length".into(), format!("char_length({value}) = {length}")))
                }
                Scalar::Text { max: Some(max) } if *max > VARCHAR_LIMIT => {
                    checks.push(("length".into(), format!("char_length({value}) <= {max}")));
                }
                _ => {}
            }
            checks.extend(ranges::of(*scalar, value).map(|rule| ("range".into(), rule)));
        }
        // The target's own checks hold for what refers to it, where a foreign key stands; elsewhere the format does.
        _ => {}
    }
    // NaN counts as greater than every number (PostgreSQL's reference, 8.1.2), so only an upper limit keeps it out.
    let is_open = constraints.max.is_none();
    let is_decimal = matches!(platform.scalar(ty), Some(Scalar::Decimal { .. }));
    if let Some((least, _)) = &constraints.min {
        let and_number = if is_decimal && is_open { format!(" AND {value} <> 'NaN'") } else { String::new() };
        checks.push(("min".into(), format!("{value} >= {}{and_number}", least.0)));
    }
    if let Some((most, _)) = &constraints.max {
        checks.push(("max".into(), format!("{value} <= {}", most.0)));
    }
    if let TypeKind::Scalar(Scalar::Decimal { .. }) = &ty.kind
        && constraints.min.is_none()
        && is_open
    {
        checks.push(("number".into(), format!("{value} <> 'NaN'")));
    }
    let length = match platform.scalar(ty) {
        Some(scalar) if scalar.is_bytes() => format!("octet_length({value})"),
        _ => format!("char_length({value})"),
    };
    of_length(&length, constraints, checks);
    if let Some((pattern, _)) = &constraints.matches {
        checks.push(("matches".into(), format!("{value} ~ {}", Literal(&portable(pattern, "$")))));
    }
}

fn of_length(length: &str, constraints: &Constraints, checks: &mut Vec<Check>) {
    checks.extend(length_rule(length, constraints).map(|rule| ("length".into(), rule)));
}

fn length_rule(length: &str, constraints: &Constraints) -> Option<String> {
    match (constraints.min_length, constraints.max_length) {
        (None, None) => None,
        (Some((least, _)), None) => Some(format!("{length} >= {least}")),
        (None, Some((most, _))) => Some(format!("{length} <= {most}")),
        (Some((least, _)), Some((most, _))) if least == most => Some(format!("{length} = {least}")),
        (Some((least, _)), Some((most, _))) => Some(format!("{length} BETWEEN {least} AND {most}")),
    }
}

/// A list: `length` counts its elements, everything else is said of each of them.
fn of_array(
    platform: &Stored,
    value: &str,
    ty: &Type,
    constraints: &Constraints,
    needs: &mut Needs,
    checks: &mut Vec<Check>,
) {
    if let TypeKind::Constrained(id) = &ty.kind {
        of_array(platform, value, &platform[*id].base, &platform[*id].constraints, needs, checks);
    }
    of_length(&format!("cardinality({value})"), constraints, checks);
    of_elements(value, constraints, needs, checks);
    if let TypeKind::List(element) = &ty.kind {
        let named = named(platform, element);
        named.iter().for_each(|constraints| of_elements(value, constraints, needs, checks));
        named.iter().for_each(|constraints| of_texts(value, constraints, needs, checks));
        of_element(platform, value, element, needs, checks);
    }
}

/// The constraints of each named type that a type is made of, the outermost first.
fn named<'p>(platform: &'p Stored, mut ty: &'p Type) -> Vec<&'p Constraints> {
    let mut named = Vec::new();
    while let TypeKind::Constrained(id) = &ty.kind {
        named.push(&platform[*id].constraints);
        ty = &platform[*id].base;
    }
    named
}

/// The limits and the pattern that each element of a list keeps.
fn of_elements(value: &str, constraints: &Constraints, needs: &mut Needs, checks: &mut Vec<Check>) {
    if let Some((least, _)) = &constraints.min {
        checks.push(("min".into(), format!("{} <= ALL ({value})", least.0)));
    }
    if let Some((most, _)) = &constraints.max {
        checks.push(("max".into(), format!("{} >= ALL ({value})", most.0)));
    }
    if let Some((pattern, _)) = &constraints.matches {
        checks.push(("matches".into(), all_match(value, &portable(pattern, "$"), needs)));
    }
}

/// The length that each text of a list has.
fn of_texts(value: &str, constraints: &Constraints, needs: &mut Needs, checks: &mut Vec<Check>) {
    let (least, most) = (constraints.min_length, constraints.max_length);
    if least.is_none() && most.is_none() {
        return;
    }
    let least = least.map_or(0, |(n, _)| n);
    let most = most.map_or_else(String::new, |(n, _)| n.to_string());
    checks.push(("length".into(), all_match(value, &format!("^.{{{least},{most}}}$"), needs)));
}

/// The demands of the type that a list has elements of.
fn of_element(platform: &Stored, value: &str, element: &Type, needs: &mut Needs, checks: &mut Vec<Check>) {
    if !element.optional {
        checks.push(("elements".into(), format!("array_position({value}, NULL) IS NULL")));
    }
    match underlying(platform, element) {
        TypeKind::Enum(id) => {
            let known = format!("ARRAY[{}]", values(platform, *id));
            let present =
                if element.optional { format!("array_remove({value}, NULL)") } else { value.to_owned() };
            checks.push(("values".into(), format!("{present} <@ {known}")));
        }
        TypeKind::Scalar(scalar) => {
            if matches!(scalar, Scalar::Decimal { .. }) {
                checks.push(("number".into(), format!("'NaN' <> ALL ({value})")));
            }
            checks.extend(ranges::of_all(*scalar, value).map(|rule| ("range".into(), rule)));
            let length = match scalar {
                Scalar::Char { length } => Some(format!("^.{{{length}}}$")),
                _ => None,
            };
            if let Some(pattern) = pattern(*scalar).or(length) {
                checks.push(("format".into(), all_match(value, &pattern, needs)));
            }
        }
        _ => {}
    }
}

fn all_match(value: &str, pattern: &str, needs: &mut Needs) -> String {
    needs.all_match = true;
    format!("polity.all_match({value}, {})", Literal(pattern))
}

fn of_json(
    platform: &Stored,
    value: &str,
    ty: &Type,
    constraints: &Constraints,
    needs: &mut Needs,
    checks: &mut Vec<Check>,
) {
    if let Some(predicate) = shape::predicate(platform, ty, constraints) {
        let predicate = format!("{}", Literal(&predicate));
        // Unknown is not good enough, unless there is no value at all.
        checks.push(("shape".into(), format!("coalesce({value} @@ {predicate}, {value} IS NULL)")));
    }
    let mut lengths = Vec::new();
    shape::lengths(platform, ("$", ""), ty, &Constraints::default(), &mut lengths);
    for shape::Length { path, name, least, most, of_bytes } in lengths {
        *(if of_bytes { &mut needs.all_bytes_within } else { &mut needs.all_within }) = true;
        let function = if of_bytes { "all_bytes_within" } else { "all_within" };
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        checks.push((
            format!("{name}_length").into(),
            format!("polity.{function}({value}, {}, {least}, {most})", Literal(&path)),
        ));
    }
}

fn values(platform: &Stored, id: polity_model::EnumId) -> String {
    let values: Vec<String> =
        platform[id].values.iter().map(|v| Literal(&v.named.stored).to_string()).collect();
    values.join(", ")
}
