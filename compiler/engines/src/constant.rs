//! Constants in the form that JSON has for them in every store and in the Rust client: what JSON has no type for, and
//! numbers that a reader of JSON could round, are texts.

use serde_json::Value;

use polity_model::expr::ExprKind;
use polity_model::{Duration, Expr, Platform, Scalar, Type, TypeKind};

/// The JSON of a value of a type; `None` where it is no constant.
#[must_use]
pub fn json(platform: &Platform, ty: &Type, value: &Expr) -> Option<Value> {
    Some(match (underlying(platform, ty), &value.kind) {
        (_, ExprKind::Null) => Value::Null,
        (TypeKind::List(of), ExprKind::List(items)) => {
            Value::Array(items.iter().map(|item| json(platform, of, item)).collect::<Option<_>>()?)
        }
        (_, ExprKind::List(items)) => {
            Value::Array(items.iter().map(|item| json(platform, ty, item)).collect::<Option<_>>()?)
        }
        (TypeKind::Struct(id), ExprKind::Record(entries)) => {
            let mut out = serde_json::Map::new();
            for member in &platform[*id].fields {
                // What is absent is left out.
                let value = entries.iter().find(|(name, _)| *name == member.named.name);
                if let Some((_, value)) = value.filter(|(_, value)| value.kind != ExprKind::Null) {
                    out.insert(member.named.stored.to_string(), json(platform, &member.ty, value)?);
                }
            }
            Value::Object(out)
        }
        (kind, ExprKind::Record(entries)) => {
            let of = if let TypeKind::Map(of) = kind { of } else { ty };
            let entry = |(name, value): &(smol_str::SmolStr, Expr)| {
                Some((name.to_string(), json(platform, of, value)?))
            };
            Value::Object(entries.iter().map(entry).collect::<Option<_>>()?)
        }
        (_, ExprKind::EnumValue { of, value }) => {
            Value::String(platform[*of].values.get(*value)?.named.stored.to_string())
        }
        _ => scalar(platform.scalar(ty)?, &value.kind)?,
    })
}

fn scalar(scalar: Scalar, value: &ExprKind) -> Option<Value> {
    Some(match value {
        ExprKind::Bool(value) => Value::Bool(*value),
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) => match scalar {
            Scalar::BigInt | Scalar::Decimal { .. } => Value::String(digits.to_string()),
            _ => serde_json::from_str(digits).ok()?,
        },
        ExprKind::Text(text) => Value::String(text.to_string()),
        ExprKind::Date { year, month, day } => {
            let time = if scalar == Scalar::Timestamp { "T00:00:00Z" } else { "" };
            Value::String(format!("{year:04}-{month:02}-{day:02}{time}"))
        }
        ExprKind::Duration(duration) => Value::String(iso(*duration)),
        _ => return None,
    })
}

/// A length of time as ISO 8601 writes it, in hours at most.
fn iso(duration: Duration) -> String {
    let milliseconds = duration.at_least_milliseconds();
    let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    let mut out = String::from("PT");
    for (count, unit) in [(seconds / 3_600, 'H'), (seconds / 60 % 60, 'M')] {
        if count > 0 {
            out.push_str(&format!("{count}{unit}"));
        }
    }
    if rest > 0 {
        let fraction = format!("{rest:03}");
        out.push_str(&format!("{}.{}S", seconds % 60, fraction.trim_end_matches('0')));
    } else if !seconds.is_multiple_of(60) || out.len() == 2 {
        out.push_str(&format!("{}S", seconds % 60));
    }
    out
}

fn underlying<'p>(platform: &'p Platform, ty: &'p Type) -> &'p TypeKind {
    match &ty.kind {
        TypeKind::Constrained(id) => underlying(platform, &platform[*id].base),
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::iso;
    use polity_model::{Duration, DurationUnit};

    #[test]
    fn lengths_of_time_are_written_as_the_client_writes_them() {
        for (count, unit, written) in [
            (90, DurationUnit::Days, "PT2160H"),
            (90_500, DurationUnit::Milliseconds, "PT1M30.5S"),
            (3_661, DurationUnit::Seconds, "PT1H1M1S"),
            (0, DurationUnit::Seconds, "PT0S"),
            (250, DurationUnit::Milliseconds, "PT0.25S"),
        ] {
            assert_eq!(iso(Duration { count, unit }), written);
        }
    }
}
