//! The shape of a record, a map or a list of them that is kept as jsonb, as a predicate of SQL/JSON path.
//!
//! Every part is guarded by a test of the json type before it, so that the whole is true or false and never
//! unknown: a check that is unknown would let the row in.

use std::fmt::Write;

use super::types::underlying;
use polity_govern::Stored;
use polity_model::entity::Field;
use polity_model::form::{DAYS, FINITE, MOMENTS};
use polity_model::pattern::portable;
use polity_model::types::Constraints;
use polity_model::{Scalar, Type, TypeKind};

/// The end of all finite numbers of a vector, which are of 32 bits.
const FLOAT: &str = "3.4028235e38";

/// The conditions that a jsonb value of a type must meet, joined by `&&`; `None` where any value may stand (`json`).
pub(super) fn predicate(platform: &Stored, ty: &Type, constraints: &Constraints) -> Option<String> {
    let mut parts = Vec::new();
    conditions(platform, "$", ty, &[constraints], &mut parts);
    (!parts.is_empty()).then(|| parts.join("\n        && "))
}

/// A text of SQL/JSON path, which is written as one of JSON.
pub(super) fn text(value: &str) -> String {
    serde_json::Value::String(value.to_owned()).to_string()
}

fn conditions(
    platform: &Stored,
    path: &str,
    ty: &Type,
    constraints: &[&Constraints],
    parts: &mut Vec<String>,
) {
    if let TypeKind::Constrained(id) = &ty.kind {
        let named = &platform[*id];
        let all: Vec<&Constraints> = constraints.iter().copied().chain([&named.constraints]).collect();
        return conditions(platform, path, &named.base, &all, parts);
    }
    match underlying(platform, ty) {
        TypeKind::Scalar(scalar) => scalar_conditions(*scalar, path, constraints, parts),
        TypeKind::Enum(id) => {
            let values: Vec<String> =
                platform[*id].values.iter().map(|v| format!("{path} == {}", text(&v.named.stored))).collect();
            parts.push(format!("{path}.type() == \"string\""));
            parts.push(format!("({})", values.join(" || ")));
        }
        TypeKind::Struct(id) => {
            let fields = &platform[*id].fields;
            parts.push(format!("{path}.type() == \"object\""));
            let others: Vec<String> =
                fields.iter().map(|f| format!("@.key != {}", text(&f.named.stored))).collect();
            let others = if others.is_empty() { "@.key == @.key".to_owned() } else { others.join(" && ") };
            parts.push(format!("!exists({path}.keyvalue() ? ({others}))"));
            for field in fields {
                member_conditions(platform, path, field, parts);
            }
        }
        TypeKind::List(element) => {
            parts.push(format!("{path}.type() == \"array\""));
            list_conditions(platform, &format!("{path}[*]"), element, parts);
            for constraint in constraints {
                if let Some((least, _)) = constraint.min_length {
                    parts.push(format!("{path}.size() >= {least}"));
                }
                if let Some((most, _)) = constraint.max_length {
                    parts.push(format!("{path}.size() <= {most}"));
                }
            }
        }
        TypeKind::Map(value) => {
            parts.push(format!("{path}.type() == \"object\""));
            let mut inner = Vec::new();
            optional_conditions(platform, "@.value", value, &[], &mut inner);
            if !inner.is_empty() {
                parts.push(format!("!exists({path}.keyvalue() ? (!({})))", inner.join(" && ")));
            }
        }
        TypeKind::Constrained(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => {}
    }
}

fn member_conditions(platform: &Stored, path: &str, field: &Field, parts: &mut Vec<String>) {
    let member = format!("{path}.{}", text(&field.named.stored));
    let mut inner = Vec::new();
    conditions(platform, &member, &field.ty, &[&field.constraints], &mut inner);
    if field.ty.optional {
        if !inner.is_empty() {
            let inner = inner.join(" && ");
            parts.push(format!("(!exists({member}) || {member}.type() == \"null\" || ({inner}))"));
        }
    } else if inner.is_empty() {
        parts.push(format!("exists({member})"));
    } else {
        parts.append(&mut inner);
    }
    if let TypeKind::Union(arms) = &field.ty.kind {
        let kind = format!("{path}.{}", text(&format!("{}_type", field.named.stored)));
        let arms: Vec<String> = arms.iter().map(|arm| format!("{kind} == {}", text(&arm.stored))).collect();
        parts.push(format!("({} || !exists({member}))", arms.join(" || ")));
    }
}

fn optional_conditions(
    platform: &Stored,
    path: &str,
    ty: &Type,
    constraints: &[&Constraints],
    parts: &mut Vec<String>,
) {
    let mut inner = Vec::new();
    conditions(platform, path, ty, constraints, &mut inner);
    if ty.optional && !inner.is_empty() {
        parts.push(format!("({path}.type() == \"null\" || ({}))", inner.join(" && ")));
    } else {
        parts.append(&mut inner);
    }
}

/// `items` is a path to every element. A filter would look into an element that is itself a list, so the type
/// of the elements is tested by itself first.
fn list_conditions(platform: &Stored, items: &str, element: &Type, parts: &mut Vec<String>) {
    if let TypeKind::List(inner) = underlying(platform, element) {
        parts.push(format!("!exists({items}.type() ? (@ != \"array\"))"));
        return list_conditions(platform, &format!("{items}[*]"), inner, parts);
    }
    let mut inner = Vec::new();
    optional_conditions(platform, "@", element, &[], &mut inner);
    if !inner.is_empty() {
        parts.push(format!("!exists({items}.type() ? (@ == \"array\"))"));
        parts.push(format!("!exists({items} ? (!({})))", inner.join(" && ")));
    }
}

fn scalar_conditions(scalar: Scalar, path: &str, constraints: &[&Constraints], parts: &mut Vec<String>) {
    let kind = match scalar {
        Scalar::Json => return,
        Scalar::Bool => "boolean",
        Scalar::SmallInt | Scalar::Int | Scalar::Float => "number",
        Scalar::Vector { .. } => "array",
        Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon => "object",
        _ => "string",
    };
    parts.push(format!("{path}.type() == \"{kind}\""));
    match scalar {
        Scalar::SmallInt => whole(path, "-32768", "32767", parts),
        Scalar::Int => whole(path, "-2147483648", "2147483647", parts),
        Scalar::Float => parts.push(format!("{path} >= -{FINITE} && {path} <= {FINITE}")),
        Scalar::Vector { dimensions } => {
            parts.push(format!("{path}.size() == {dimensions}"));
            parts.push(format!("!exists({path}[*].type() ? (@ != \"number\"))"));
            parts.push(format!("!exists({path}[*] ? (@ < -{FLOAT} || @ > {FLOAT}))"));
        }
        Scalar::GeoPoint => geo("Point", 0, path, parts),
        Scalar::GeoLine => geo("LineString", 1, path, parts),
        Scalar::GeoPolygon => geo("Polygon", 2, path, parts),
        _ => {}
    }
    if let Some(form) = scalar.form().filter(|_| kind == "string") {
        parts.push(matches(path, &form));
    }
    match scalar {
        Scalar::Date => parts.push(format!("{path} >= {}", text(DAYS[0]))),
        Scalar::Timestamp => {
            parts.push(format!("{path} >= {} && {path} < {}", text(MOMENTS[0]), text(MOMENTS[1])));
        }
        _ => {}
    }
    let number = if kind == "number" { path.to_owned() } else { format!("{path}.double()") };
    for constraint in constraints {
        if let Some((least, _)) = &constraint.min {
            parts.push(format!("{number} >= {}", least.0));
        }
        if let Some((most, _)) = &constraint.max {
            parts.push(format!("{number} <= {}", most.0));
        }
        if let Some((pattern, _)) = &constraint.matches {
            parts.push(matches(path, pattern));
        }
    }
}

fn matches(path: &str, pattern: &str) -> String {
    format!("{path} like_regex {} flag \"s\"", text(&portable(pattern, "$")))
}

fn whole(path: &str, least: &str, most: &str, parts: &mut Vec<String>) {
    let mut part = String::new();
    let _ = write!(part, "{path}.floor() == {path} && {path} >= {least} && {path} <= {most}");
    parts.push(part);
}

/// A shape of GeoJSON, whose positions stand so many lists deep: a longitude, a latitude and nothing else. A filter would
/// look into an element that is itself a list, so each list is tested by its type and size.
fn geo(kind: &str, depth: usize, path: &str, parts: &mut Vec<String>) {
    let mut place = format!("{path}.\"coordinates\"");
    parts.push(format!("{path}.\"type\" == \"{kind}\""));
    parts.push(format!("{place}.type() == \"array\""));
    // A line has two positions at least; a ring ends where it begins, so four are a triangle.
    let least: &[u8] = match depth {
        0 => &[],
        1 => &[2],
        _ => &[1, 4],
    };
    for least in least {
        parts.push(format!("!exists({place}.size() ? (@ < {least}))"));
        place.push_str("[*]");
        parts.push(format!("!exists({place}.type() ? (@ != \"array\"))"));
    }
    parts.push(format!("!exists({place}.size() ? (@ != 2))"));
    parts.push(format!("!exists({place}[*].type() ? (@ != \"number\"))"));
    parts.push(format!("!exists({place}[0] ? (@ < -180 || @ > 180))"));
    parts.push(format!("!exists({place}[1] ? (@ < -90 || @ > 90))"));
}

/// The lengths that texts within a jsonb value must keep, each with a path of SQL/JSON path to the texts. A
/// pattern could not count so far: PostgreSQL repeats a part at most 255 times.
pub(super) fn lengths(
    platform: &Stored,
    (path, name): (&str, &str),
    ty: &Type,
    constraints: &Constraints,
    all: &mut Vec<Length>,
) {
    let (mut least, mut most) =
        (constraints.min_length.map_or(0, |(n, _)| n), constraints.max_length.map_or(u32::MAX, |(n, _)| n));
    match &ty.kind {
        TypeKind::Constrained(id) => {
            lengths(platform, (path, name), &platform[*id].base, &platform[*id].constraints, all);
        }
        TypeKind::Struct(id) => {
            for field in &platform[*id].fields {
                let member = format!("{path}.{}", text(&field.named.stored));
                let name = if name.is_empty() {
                    field.named.stored.to_string()
                } else {
                    format!("{name}_{}", field.named.stored)
                };
                lengths(platform, (&member, &name), &field.ty, &field.constraints, all);
            }
            return;
        }
        TypeKind::List(element) => {
            lengths(platform, (&format!("{path}[*]"), name), element, &Constraints::default(), all);
            return;
        }
        TypeKind::Map(value) => {
            lengths(platform, (&format!("{path}.*"), name), value, &Constraints::default(), all);
            return;
        }
        _ => {}
    }
    match platform.scalar(ty) {
        Some(Scalar::Text { max: Some(max) }) if !matches!(ty.kind, TypeKind::Constrained(_)) => {
            most = most.min(max);
        }
        Some(Scalar::Char { length }) if !matches!(ty.kind, TypeKind::Constrained(_)) => {
            least = least.max(length);
            most = most.min(length);
        }
        _ => {}
    }
    if (least, most) != (0, u32::MAX) && path != "$" {
        let of_bytes = platform.scalar(ty).is_some_and(Scalar::is_bytes);
        all.push(Length { path: path.to_owned(), name: name.to_owned(), least, most, of_bytes });
    }
}

/// How many characters the texts at a path have, or how many bytes they say in base64.
pub(super) struct Length {
    pub(super) path: String,
    /// The members on the way, for the name of the check: `address_street`.
    pub(super) name: String,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) of_bytes: bool,
}
