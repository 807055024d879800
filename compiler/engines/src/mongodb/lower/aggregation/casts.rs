//! Casts, each as the table of meanings says it for the two types (`model/meaning.rs`).

use serde_json::{Value as Json, json};

use super::absence::{bound, is_absent};
use super::numbers::{refused, within};
use super::{Lowering, Unsupported, moments, unsupported};
use polity_model::exact::Exact;
use polity_model::expr::{ExprKind, Function};
use polity_model::meaning::{self, Meaning};
use polity_model::{Expr, Scalar};

/// The blanks that PostgreSQL takes around what a text says.
const BLANKS: &str = " \t\n\u{b}\u{c}\r";

/// More digits after the point MongoDB may write as a power of ten.
const PLAIN_DIGITS: u16 = 6;

impl Lowering<'_> {
    pub(super) fn cast(&self, expr: &Expr, to: Scalar, operand: &Expr) -> Result<Json, Unsupported> {
        let Some(from) = self.scalar(operand) else {
            // An enum is a text.
            return self.value(operand);
        };
        match meaning::cast(from, to) {
            Some(Meaning::Same | Meaning::Midnight) => self.value(operand),
            Some(Meaning::RoundedAway) => Ok(self.whole(expr, to, self.rounded(operand, 0)?)),
            Some(Meaning::RoundedToEven) => {
                Ok(self.whole(expr, to, json!({ "$round": [self.value(operand)?, 0] })))
            }
            Some(Meaning::Digits) => {
                let Scalar::Decimal { scale, .. } = to else { return Err(unsupported(expr, "this cast")) };
                let value = self.rounded(operand, scale)?;
                let value = if from.is_whole() { json!({ "$toDecimal": value }) } else { value };
                let is_limited = from == Scalar::Float || self.overflowing.contains(&expr.span);
                Ok(if is_limited { limited(value, to) } else { value })
            }
            Some(Meaning::Nearest) => Ok(json!({ "$toDouble": self.value(operand)? })),
            Some(Meaning::Written) => self.written(expr, from, operand),
            Some(Meaning::Read) => self.read(expr, to, operand),
            Some(Meaning::PartInUtc) => {
                let moment = self.value(operand)?;
                Ok(if to == Scalar::Date { moments::day(moment) } else { moments::time(&moment) })
            }
            _ => Err(unsupported(expr, "a cast to this type")),
        }
    }

    /// A whole number, which is refused where it is beyond the type.
    fn whole(&self, expr: &Expr, to: Scalar, value: Json) -> Json {
        let operator = if to == Scalar::BigInt { "$toLong" } else { "$toInt" };
        let value = json!({ operator: value });
        let is_float = matches!(&expr.kind, ExprKind::Cast { operand, .. } if self.scalar(operand) == Some(Scalar::Float));
        if to == Scalar::SmallInt && (is_float || self.overflowing.contains(&expr.span)) {
            limited(value, to)
        } else {
            value
        }
    }

    /// A text in the one form in which every store writes such a value.
    fn written(&self, expr: &Expr, from: Scalar, operand: &Expr) -> Result<Json, Unsupported> {
        match from {
            // MongoDB 8 is the first whose `$toString` takes a UUID.
            Scalar::Uuid if self.scope.is_written && is_new_uuid(operand) => {
                Ok(json!(super::update::NEW_UUID_TEXT))
            }
            Scalar::Bool | Scalar::SmallInt | Scalar::Int | Scalar::BigInt | Scalar::ObjectId => {
                Ok(json!({ "$toString": self.value(operand)? }))
            }
            // Documents may hold 1.5 or 1.50, and a column holds 1.50.
            Scalar::Decimal { scale, .. } if scale <= PLAIN_DIGITS && keeps_digits(operand) => {
                let digits = json!({ "$trunc": [self.value(operand)?, scale] });
                let zeros =
                    if scale == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(scale.into())) };
                Ok(json!({ "$toString": { "$add": [digits, { "$numberDecimal": zeros }] } }))
            }
            Scalar::Time => self.value(operand),
            Scalar::Date => {
                Ok(json!({ "$dateToString": { "date": self.value(operand)?, "format": "%Y-%m-%d" } }))
            }
            Scalar::Timestamp => Ok(json!({
                "$dateToString": { "date": self.value(operand)?, "format": "%Y-%m-%dT%H:%M:%S.%L000Z" }
            })),
            _ => Err(unsupported(expr, format!("a `{}` as a text", from.word()))),
        }
    }

    /// The value that a text says.
    fn read(&self, expr: &Expr, to: Scalar, operand: &Expr) -> Result<Json, Unsupported> {
        let trimmed = json!({ "$trim": { "input": self.value(operand)?, "chars": BLANKS } });
        match to {
            Scalar::Bool => Ok(truth(trimmed)),
            Scalar::SmallInt => Ok(limited(json!({ "$toInt": trimmed }), to)),
            Scalar::Int => Ok(json!({ "$toInt": trimmed })),
            Scalar::BigInt => Ok(json!({ "$toLong": trimmed })),
            Scalar::Float => Ok(json!({ "$toDouble": trimmed })),
            Scalar::Decimal { scale, .. } => {
                let value = json!({ "$toDecimal": trimmed });
                Ok(limited(super::numbers::rounded(value, scale.into()), to))
            }
            _ => Err(unsupported(expr, format!("a `{}` that is read from a text", to.word()))),
        }
    }
}

fn is_new_uuid(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Call { function: Function::UuidV4, .. })
}

/// Whether a decimal has the digits after the point that its type says.
fn keeps_digits(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Field(_) | ExprKind::Cast { .. })
}

/// A number within the limits of its type.
pub(super) fn limited(value: Json, scalar: Scalar) -> Json {
    match scalar {
        Scalar::SmallInt => within(value, &json!(i16::MIN), &json!(i16::MAX)),
        Scalar::Decimal { precision, scale } => {
            let decimal = |digits: &str| json!({ "$numberDecimal": digits });
            match Exact::nines(precision.into(), scale.into()) {
                Some(most) => within(value, &decimal(&most.negated().text()), &decimal(&most.text())),
                None => value,
            }
        }
        _ => value,
    }
}

/// The truth value that a text says, in the words that PostgreSQL knows.
fn truth(text: Json) -> Json {
    bound(vec![text], |text| {
        let text = &text[0];
        let said = |words: &[&str], value: bool| json!({ "case": { "$in": [{ "$toLower": text }, words] }, "then": value });
        json!({ "$switch": {
            "branches": [
                said(&["t", "tr", "tru", "true", "y", "ye", "yes", "on", "1"], true),
                said(&["f", "fa", "fal", "fals", "false", "n", "no", "of", "off", "0"], false),
                { "case": is_absent(text), "then": null },
            ],
            "default": refused(text, "is no truth value"),
        } })
    })
}
