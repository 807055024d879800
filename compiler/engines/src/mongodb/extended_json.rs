//! Values in Extended JSON v2, which keeps the types that JSON lacks.
//! <https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/>

use serde_json::{Value as Json, json};

use polity_model::Scalar;

/// From here on a JavaScript number loses digits, so that a whole number has to say that it is a long.
const SAFE: i64 = 1 << 53;

/// A number as written, in the type that it is compared with.
pub(super) fn number(digits: &str, scalar: Option<Scalar>) -> Json {
    match scalar {
        Some(Scalar::Decimal { .. }) => json!({ "$numberDecimal": digits }),
        _ => match (digits.parse::<i64>(), scalar) {
            (Ok(whole), _) if (-SAFE..=SAFE).contains(&whole) => json!(whole),
            (Ok(whole), _) => json!({ "$numberLong": whole.to_string() }),
            (Err(_), Some(Scalar::Float)) => float(digits),
            // Not a double: 0.1 is none exactly, and decimals are compared by their exact value.
            (Err(_), _) => json!({ "$numberDecimal": digits }),
        },
    }
}

fn float(digits: &str) -> Json {
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => json!(number),
        _ => json!({ "$numberDecimal": digits }),
    }
}

/// The first moment of a day, in UTC.
pub(super) fn day(year: u16, month: u8, day: u8) -> Json {
    json!({ "$date": format!("{year:04}-{month:02}-{day:02}T00:00:00Z") })
}

/// A text in the type that it is compared with.
pub(super) fn text(text: &str, scalar: Option<Scalar>) -> Json {
    match scalar {
        Some(Scalar::Uuid) => json!({ "$uuid": text.to_ascii_lowercase() }),
        Some(Scalar::ObjectId) => json!({ "$oid": text.to_ascii_lowercase() }),
        Some(Scalar::Timestamp) => json!({ "$date": text }),
        Some(Scalar::Decimal { .. }) => json!({ "$numberDecimal": text }),
        _ => json!(text),
    }
}
