//! Types of columns that change: whether rows are written anew, and whether PostgreSQL makes one type of the other at all
//! (PostgreSQL, "ALTER TABLE" and "CREATE CAST"; tried with `tests/tests/change`).

/// The way from one type to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Way {
    /// Every row holds the new type as it is.
    Same,
    /// PostgreSQL casts by itself, and writes all rows anew.
    Cast,
    /// It casts where it is told to.
    Told,
    /// There is no cast.
    Closed,
}

/// A family of types that are cast alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Number,
    Truth,
    Date,
    Moment,
    Time,
    Interval,
    Json,
    Other,
}

/// Returns the way from one type to another, both as a catalog writes them.
pub(in crate::postgres) fn way(old: &str, new: &str) -> Way {
    if let (Some(old), Some(new)) = (old.strip_suffix("[]"), new.strip_suffix("[]")) {
        // An array is written anew even where its elements are not.
        return match way(old, new) {
            Way::Same | Way::Cast => Way::Cast,
            other => other,
        };
    }
    if old.ends_with("[]") || new.ends_with("[]") {
        return if family(new) == Family::Text { Way::Cast } else { Way::Closed };
    }
    if stays(old, new) {
        return Way::Same;
    }
    // Bytes are no text, least of all what clients encrypted.
    if name(old) == "bytea" || name(new) == "bytea" {
        return Way::Closed;
    }
    match (family(old), family(new)) {
        _ if name(old) == name(new) => Way::Cast,
        (_, Family::Text)
        | (Family::Number, Family::Number)
        | (Family::Date, Family::Moment)
        | (Family::Moment, Family::Date | Family::Time)
        | (Family::Time, Family::Interval)
        | (Family::Interval, Family::Time) => Way::Cast,
        (Family::Text, _) | (Family::Json, Family::Number | Family::Truth) => Way::Told,
        (Family::Truth, Family::Number) if name(new) == "integer" => Way::Told,
        (Family::Number, Family::Truth) if name(old) == "integer" => Way::Told,
        _ => Way::Closed,
    }
}

/// Returns the condition of values, as SQL, that a type has no room for; `None` where every value fits, or where only a cast would
/// tell.
pub(super) fn unfit(old: &str, new: &str, column: &str) -> Option<String> {
    if old.ends_with("[]") || new.ends_with("[]") || stays(old, new) {
        return None;
    }
    let is_number = family(old) == Family::Number;
    let least = |bits: u32| -(1_i128 << (bits - 1));
    let whole = |bits| {
        let (least, most) = (least(bits), -least(bits) - 1);
        format!("round({column}::numeric) NOT BETWEEN {least} AND {most}")
    };
    match (name(new), &figures(new)[..]) {
        // Blanks at the end are cut off (PostgreSQL, "Character Types").
        ("varchar", [most]) => Some(format!("char_length(rtrim({column}::text, ' ')) > {most}")),
        ("smallint", _) if is_number => Some(whole(16)),
        ("integer", _) if is_number => Some(whole(32)),
        ("bigint", _) if is_number => Some(whole(64)),
        ("numeric", [digits, scale]) if is_number => {
            let most = digits.saturating_sub(*scale);
            Some(format!("abs(round({column}::numeric, {scale})) >= 1e{most}"))
        }
        _ => None,
    }
}

/// Whether what is stored of one type is the same of the other, and always fits.
fn stays(old: &str, new: &str) -> bool {
    match (name(old), name(new)) {
        ("varchar", "text") => true,
        ("varchar", "varchar") => match (figures(old).first(), figures(new).first()) {
            (_, None) => true,
            (Some(old), Some(new)) => old <= new,
            (None, Some(_)) => false,
        },
        ("numeric", "numeric") => match (&figures(old)[..], &figures(new)[..]) {
            (_, []) => true,
            ([old, old_scale], [new, new_scale]) => old <= new && old_scale == new_scale,
            _ => false,
        },
        _ => old == new,
    }
}

/// `varchar` of `varchar(40)`
fn name(ty: &str) -> &str {
    ty.split('(').next().unwrap_or(ty).trim()
}

/// 12 and 2 of `numeric(12, 2)`
fn figures(ty: &str) -> Vec<u32> {
    let within =
        ty.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')')).map_or("", |(within, _)| within);
    within.split(',').filter_map(|figure| figure.trim().parse().ok()).collect()
}

fn family(ty: &str) -> Family {
    match name(ty) {
        "text" | "varchar" => Family::Text,
        "smallint" | "integer" | "bigint" | "numeric" | "double precision" => Family::Number,
        "boolean" => Family::Truth,
        "date" => Family::Date,
        "timestamptz" => Family::Moment,
        "time" => Family::Time,
        "interval" => Family::Interval,
        "jsonb" => Family::Json,
        _ => Family::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Way, way};

    #[test]
    fn rows_stay_as_they_are_where_every_value_fits() {
        for (old, new, expected) in [
            ("varchar(40)", "varchar(80)", Way::Same),
            ("varchar(40)", "text", Way::Same),
            ("numeric(12, 2)", "numeric(14, 2)", Way::Same),
            ("varchar(80)", "varchar(40)", Way::Cast),
            ("text", "varchar(40)", Way::Cast),
            ("numeric(12, 2)", "numeric(14, 3)", Way::Cast),
            ("integer", "bigint", Way::Cast),
            ("timestamptz", "date", Way::Cast),
            ("varchar(4)[]", "varchar(8)[]", Way::Cast),
            ("text", "integer", Way::Told),
            ("jsonb", "boolean", Way::Told),
            ("numeric(12, 2)", "uuid", Way::Closed),
            ("bigint", "boolean", Way::Closed),
            ("text[]", "integer", Way::Closed),
            ("text", "bytea", Way::Closed),
            ("bytea", "text", Way::Closed),
        ] {
            assert_eq!(way(old, new), expected, "{old} to {new}");
        }
    }
}
