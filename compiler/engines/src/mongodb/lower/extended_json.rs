//! Values in Extended JSON v2, which keeps the types that JSON lacks.
//! <https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/>

use serde_json::{Value as Json, json};

use polity_catalog::document::Number;
use polity_model::Scalar;

/// From here on a JavaScript number loses digits, so that a whole number has to say that it is a long.
const SAFE: i64 = 1 << 53;

/// A number as written, in the type that it is compared with.
pub(in crate::mongodb) fn typed(digits: &str, scalar: Option<Scalar>) -> Number {
    let decimal = || Number::Decimal(digits.into());
    match (digits.parse::<i64>(), scalar) {
        (_, Some(Scalar::Decimal { .. })) => decimal(),
        (Ok(whole), _) => Number::Whole(whole),
        (Err(_), Some(Scalar::Float)) => {
            let double = digits.parse().ok().and_then(serde_json::Number::from_f64);
            double.map_or_else(decimal, Number::Double)
        }
        // Not a double: 0.1 is none exactly, and decimals are compared by their exact value.
        (Err(_), _) => decimal(),
    }
}

pub(super) fn number(digits: &str, scalar: Option<Scalar>) -> Json {
    of_number(&typed(digits, scalar))
}

pub(in crate::mongodb) fn of_number(number: &Number) -> Json {
    match number {
        Number::Whole(whole) if (-SAFE..=SAFE).contains(whole) => json!(whole),
        Number::Whole(whole) => json!({ "$numberLong": whole.to_string() }),
        Number::Double(double) => json!(double),
        Number::Decimal(digits) => json!({ "$numberDecimal": digits.as_str() }),
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
