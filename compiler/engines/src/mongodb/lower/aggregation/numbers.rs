//! Arithmetic, each operator as the table of meanings says it for the types of its operands (`model/meaning.rs`).

use serde_json::{Value as Json, json};

use super::absence::bound;
use super::casts::limited;
use super::{Lowering, Unsupported, unsupported};
use polity_model::exact::Exact;
use polity_model::expr::{BinaryOp, ExprKind, Function, UnaryOp};
use polity_model::inference::infer;
use polity_model::meaning::{self, Meaning};
use polity_model::{Expr, Scalar};

/// The digits that a decimal of MongoDB has.
const DIGITS: u16 = 34;

/// The milliseconds of the longest time that PostgreSQL counts, in microseconds of 64 bits.
const LONGEST: &str = "9223372036854775";

/// The digits that PostgreSQL gives a quotient at least.
const OF_QUOTIENT: u32 = 16;

impl Lowering<'_> {
    pub(super) fn arithmetic(
        &self,
        expr: &Expr,
        op: BinaryOp,
        left: &Expr,
        right: &Expr,
    ) -> Result<Json, Unsupported> {
        let (l, r) = (self.scalar(left), self.scalar(right));
        let meaning = l.zip(r).and_then(|(l, r)| meaning::arithmetic(op, l, r)).map(|(_, meaning)| meaning);
        let sides = || Ok([self.value(left)?, self.value(right)?]);
        match meaning {
            Some(Meaning::Whole) => Ok(self.whole_number(expr, op, sides()?)),
            Some(Meaning::WholeQuotient) => {
                let [left, right] = sides()?;
                Ok(if self.scalar(expr) == Some(Scalar::BigInt) {
                    json!({ "$toLong": { "$trunc": { "$divide": [{ "$toDecimal": left }, right] } } })
                } else {
                    json!({ "$toInt": { "$trunc": { "$divide": [left, right] } } })
                })
            }
            Some(Meaning::Remainder) => Ok(json!({ "$mod": sides()? })),
            Some(Meaning::Exact) => {
                self.fits_decimal(expr)?;
                Ok(json!({ sign(op): sides()? }))
            }
            Some(Meaning::Quotient) => {
                Err(unsupported(expr, "a quotient of decimals that is not rounded (`round(a / b, 4)`)"))
            }
            Some(Meaning::Double) => {
                let [left, right] = sides()?;
                let float = Some(Scalar::Float);
                let result = json!({ sign(op): [widened(left, l, float), widened(right, r, float)] });
                Ok(within(result, &json!(-f64::MAX), &json!(f64::MAX)))
            }
            Some(Meaning::Lengths | Meaning::Between) => Ok(json!({ sign(op): sides()? })),
            Some(Meaning::ScaledLength) if op == BinaryOp::Multiply && [l, r].iter().all(is_exact) => {
                let length = json!({ "$multiply": sides()? });
                Ok(within(
                    length,
                    &json!({ "$numberLong": format!("-{LONGEST}") }),
                    &json!({ "$numberLong": LONGEST }),
                ))
            }
            Some(Meaning::ScaledLength) => {
                Err(unsupported(expr, "a part of a length of time, of which it keeps whole milliseconds,"))
            }
            Some(Meaning::Days) => Ok(days(sides()?)),
            Some(Meaning::ShiftedMoment | Meaning::ShiftedDay) => self.shifted(expr, op, left, right),
            Some(Meaning::ShiftedTime) => {
                Err(unsupported(expr, "a time of day that is counted from another"))
            }
            _ => Err(unsupported(expr, "this operator")),
        }
    }

    /// A sum or product, which refuses the document where it is beyond its type.
    fn whole_number(&self, expr: &Expr, op: BinaryOp, sides: [Json; 2]) -> Json {
        match self.scalar(expr) {
            _ if !self.overflowing.contains(&expr.span) => json!({ sign(op): sides }),
            Some(Scalar::Int | Scalar::SmallInt) => json!({ "$toInt": { sign(op): sides } }),
            // Longs become doubles beyond their range, and lose digits; decimals do not.
            _ => {
                let [left, right] = sides;
                json!({ "$toLong": { sign(op): [{ "$toDecimal": left }, right] } })
            }
        }
    }

    /// The opposite of a number or a length of time.
    pub(super) fn negative(&self, value: Json, scalar: Option<Scalar>) -> Json {
        let opposite = |value: Json| json!({ "$multiply": [value, -1] });
        match scalar {
            Some(Scalar::SmallInt) => limited(opposite(value), Scalar::SmallInt),
            Some(Scalar::Int) => json!({ "$toInt": opposite(value) }),
            Some(Scalar::BigInt) => json!({ "$toLong": opposite(json!({ "$toDecimal": value })) }),
            _ => opposite(value),
        }
    }

    /// A decimal with so many digits after the point, a half rounded away from zero. A quotient is rounded once.
    pub(super) fn rounded(&self, expr: &Expr, digits: u16) -> Result<Json, Unsupported> {
        let of = |part: &Expr| self.rounded(part, digits);
        if !is_decimal(self.scalar(expr)) {
            return self.rounded_value(expr, digits);
        }
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::Divide, left, right } => {
                self.quotient_fits(expr, left, right, digits)?;
                let quotient = json!({ "$divide": [self.value(left)?, self.value(right)?] });
                Ok(rounded(quotient, digits.into()))
            }
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref(), of),
            ExprKind::Call { function, arguments } => {
                let operator = match function {
                    Function::Coalesce => "$ifNull",
                    Function::Least => "$min",
                    Function::Greatest => "$max",
                    Function::Abs => "$abs",
                    _ => return self.rounded_value(expr, digits),
                };
                let parts = arguments.iter().map(of).collect::<Result<Vec<_>, _>>()?;
                Ok(json!({ operator: parts }))
            }
            ExprKind::Unary { op: UnaryOp::Minus, operand } => {
                Ok(self.negative(self.rounded(operand, digits)?, self.scalar(expr)))
            }
            _ => self.rounded_value(expr, digits),
        }
    }

    fn rounded_value(&self, expr: &Expr, digits: u16) -> Result<Json, Unsupported> {
        let value = self.value(expr)?;
        let scalar = self.scalar(expr);
        let has_fewer = match scalar {
            Some(Scalar::Decimal { .. }) => {
                let scope = self.scope;
                let scale = infer(scope.platform, scope.fields, [], expr).value.scale;
                scale.is_some_and(|scale| scale <= digits.into())
            }
            scalar => scalar.is_some_and(Scalar::is_whole),
        };
        let value = if scalar == Some(Scalar::Float) { json!({ "$toDecimal": value }) } else { value };
        if has_fewer {
            return Ok(value);
        }
        let value = if self.may_be_absent(expr) { json!({ "$ifNull": [value, null] }) } else { value };
        Ok(rounded(value, digits.into()))
    }

    /// Refuses decimals with more digits than MongoDB computes with.
    fn fits_decimal(&self, expr: &Expr) -> Result<(), Unsupported> {
        let Some(Scalar::Decimal { precision, .. }) = self.scalar(expr) else { return Ok(()) };
        if precision <= DIGITS {
            return Ok(());
        }
        let scope = self.scope;
        let value = infer(scope.platform, scope.fields, [], expr).value;
        let most = value.scale.filter(|scale| *scale <= DIGITS.into());
        let most = most.and_then(|scale| Exact::nines(DIGITS.into(), scale));
        let fits = most.zip(value.range.low.zip(value.range.high));
        if fits.is_some_and(|(most, (low, high))| low >= most.negated() && high <= most) {
            return Ok(());
        }
        Err(unsupported(expr, format!("a decimal that may have more than {DIGITS} digits")))
    }

    /// Refuses a quotient of which PostgreSQL may have fewer digits than are kept.
    fn quotient_fits(&self, expr: &Expr, left: &Expr, right: &Expr, digits: u16) -> Result<(), Unsupported> {
        let own = [left, right].map(|side| match self.scalar(side) {
            Some(Scalar::Decimal { scale, .. }) => scale,
            _ => 0,
        });
        let scope = self.scope;
        let range = infer(scope.platform, scope.fields, [], expr).value.range;
        let kept = OF_QUOTIENT.checked_sub(digits.into()).and_then(|whole| Exact::nines(whole, 0));
        let fits = kept.zip(range.low.zip(range.high));
        let fits = fits.is_some_and(|(most, (low, high))| low >= most.negated() && high <= most);
        if fits || own.iter().any(|own| *own >= digits) {
            return Ok(());
        }
        Err(unsupported(expr, format!("a quotient that may need more than {OF_QUOTIENT} digits")))
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "$add",
        BinaryOp::Subtract => "$subtract",
        BinaryOp::Multiply => "$multiply",
        BinaryOp::Divide => "$divide",
        _ => "$mod",
    }
}

/// Whole numbers, and lengths of time, which are such.
fn is_exact(scalar: &Option<Scalar>) -> bool {
    scalar.is_some_and(|scalar| scalar.is_whole() || scalar == Scalar::Interval)
}

fn is_decimal(scalar: Option<Scalar>) -> bool {
    matches!(scalar, Some(Scalar::Decimal { .. }))
}

/// The days between two midnights.
fn days([later, earlier]: [Json; 2]) -> Json {
    json!({ "$toInt": { "$divide": [{ "$subtract": [later, earlier] }, 86_400_000] } })
}

/// A number as one of a wider type: what a `float` meets is computed as a double.
pub(super) fn widened(value: Json, from: Option<Scalar>, to: Option<Scalar>) -> Json {
    match (from, to) {
        (Some(Scalar::BigInt | Scalar::Decimal { .. }), Some(Scalar::Float)) => json!({ "$toDouble": value }),
        _ => value,
    }
}

/// A decimal with so many digits after the point, a half rounded away from zero; `$round` would round it to even.
pub(super) fn rounded(value: Json, digits: usize) -> Json {
    let half = |sign: &str| json!({ "$numberDecimal": format!("{sign}0.{}5", "0".repeat(digits)) });
    let away = json!({ "$cond": [{ "$lt": ["$$n", 0] }, half("-"), half("")] });
    json!({ "$let": { "vars": { "n": value }, "in": { "$trunc": [{ "$add": ["$$n", away] }, digits] } } })
}

/// A number that is refused, with the document, where it is beyond its limits.
pub(super) fn within(value: Json, low: &Json, high: &Json) -> Json {
    bound(vec![value], |value| {
        let value = &value[0];
        let fits = json!({ "$and": [{ "$gte": [value, low] }, { "$lte": [value, high] }] });
        json!({ "$cond": [fits, value, refused(value, "is beyond its type")] })
    })
}

/// A value that fails when it is computed, and says why. A constant would fail when the validator is made.
pub(super) fn refused(value: &Json, why: &str) -> Json {
    json!({ "$toInt": { "$concat": [{ "$toString": value }, format!(" {why}")] } })
}
