//! Knowledge about an expression before any row is there: whether it may be absent, how long it may be, which numbers it
//! may come to, and what may fail on the way.

mod calls;
mod facts;
mod fit;
mod range;

use super::entity::Field;
use super::exact::Exact;
use super::expr::{BinaryOp, Expr, ExprKind, FieldPath, Step, UnaryOp};
use super::types::Constraints;
use super::{Platform, Scalar, Type, TypeKind};
use facts::{Facts, Holds};
use polity_text::source::Span;

pub use fit::{Misfit, fit};
pub use range::{Length, Range};

/// The days between the first and the last that a source can write.
const DAYS: i128 = 3_652_058;

/// Whether a value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Always,
    /// It is absent where this part of the expression is.
    Unless(Span),
    /// It is null.
    Never(Span),
}

/// The knowledge about every value that an expression may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inferred {
    pub presence: Presence,
    /// The numbers that it may be.
    pub range: Range,
    /// The digits after the point that a number has at most; `None` where they have no end.
    pub scale: Option<u32>,
    /// The length of a text, of bytes or a list.
    pub length: Length,
    /// The scalar that a text is made of, where it is nothing else.
    pub made_of: Option<Scalar>,
}

/// A part of an expression that some rows have no value for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    pub span: Span,
    pub kind: HazardKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HazardKind {
    /// The divisor may be zero.
    DividesByZero,
    /// The result may be beyond the type that it is computed as, or always is.
    Overflows { scalar: Scalar, is_certain: bool },
}

/// An expression that has been looked through.
#[derive(Debug)]
pub struct Inference {
    pub value: Inferred,
    pub hazards: Vec<Hazard>,
}

/// Looks an expression over `fields` through. `checks` hold for every row that it is computed for.
pub fn infer<'p>(
    platform: &'p Platform,
    fields: &'p [Field],
    checks: impl IntoIterator<Item = &'p Expr>,
    expr: &Expr,
) -> Inference {
    let mut facts = Facts::default();
    fields.iter().flat_map(|field| &field.constraints.checks).for_each(|c| facts.assume(c, Holds::NotFalse));
    checks.into_iter().for_each(|check| facts.assume(check, Holds::NotFalse));
    let mut reader = Reader { platform, fields, facts, hazards: Vec::new() };
    let value = reader.value(expr);
    Inference { value, hazards: reader.hazards }
}

struct Reader<'p> {
    platform: &'p Platform,
    fields: &'p [Field],
    facts: Facts,
    hazards: Vec<Hazard>,
}

impl Inferred {
    const ANY: Self = Self {
        presence: Presence::Always,
        range: Range::ANY,
        scale: None,
        length: Length::ANY,
        made_of: None,
    };

    fn number(range: Range, scale: Option<u32>) -> Self {
        Self { range, scale, ..Self::ANY }
    }

    fn text(length: Length) -> Self {
        Self { length, ..Self::ANY }
    }

    /// A value that is this or that.
    fn or(self, other: Self) -> Self {
        Self {
            presence: match (self.presence, other.presence) {
                // What is null has neither a length nor a number.
                (Presence::Never(_), Presence::Never(_)) => return self,
                (Presence::Never(span), _) => {
                    return Self { presence: Presence::Unless(span), ..other };
                }
                (_, Presence::Never(span)) => {
                    return Self { presence: Presence::Unless(span), ..self };
                }
                (Presence::Always, other) => other,
                (one, _) => one,
            },
            range: self.range.with(other.range),
            scale: self.scale.zip(other.scale).map(|(a, b)| a.max(b)),
            length: self.length.with(other.length),
            made_of: self.made_of.filter(|made_of| other.made_of == Some(*made_of)),
        }
    }
}

impl Reader<'_> {
    fn value(&mut self, expr: &Expr) -> Inferred {
        match &expr.kind {
            ExprKind::Null => Inferred { presence: Presence::Never(expr.span), ..Inferred::ANY },
            ExprKind::Integer(digits) | ExprKind::Decimal(digits) => match Exact::read(digits) {
                Some(number) => Inferred::number(Range::one(number), Some(number.scale())),
                None => Inferred::ANY,
            },
            ExprKind::Text(text) => {
                let length = text.chars().count() as u64;
                Inferred::text(Length::of(length, length))
            }
            ExprKind::List(items) => {
                let length = items.len() as u64;
                Inferred::text(Length::of(length, length))
            }
            ExprKind::Field(path) => self.field(path, expr),
            ExprKind::Call { function, arguments } => self.call(*function, arguments, expr),
            ExprKind::Cast { to, operand } => self.cast(*to, operand, expr.span),
            ExprKind::Unary { op, operand } => {
                let operand = self.value(operand);
                let range = if *op == UnaryOp::Minus { operand.range.negated() } else { Range::ANY };
                Inferred { range, ..operand }
            }
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, expr),
            ExprKind::IsNull { operand, .. } => {
                self.value(operand);
                Inferred::ANY
            }
            ExprKind::Between { operand, low, high, .. } => {
                let all = [operand, low, high].map(|part| self.value(part).presence);
                Inferred { presence: together(all), ..Inferred::ANY }
            }
            ExprKind::In { operand, list, .. } => {
                let operand = self.value(operand).presence;
                let list: Vec<Presence> = list.iter().map(|one| self.value(one).presence).collect();
                Inferred { presence: together(list.into_iter().chain([operand])), ..Inferred::ANY }
            }
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref(), expr.span),
            ExprKind::EnumValue { of, value } => {
                let stored = self.platform[*of].values.get(*value).map_or("", |v| &v.named.stored);
                let length = stored.chars().count() as u64;
                Inferred::text(Length::of(length, length))
            }
            ExprKind::Next(_) => Inferred::number(Range::of_scalar(Scalar::BigInt), Some(0)),
            ExprKind::Bool(_)
            | ExprKind::Duration(_)
            | ExprKind::Date { .. }
            | ExprKind::Record(_)
            | ExprKind::Broken => Inferred::ANY,
            ExprKind::Sql { text, reads } => self.fragment(text, reads, expr),
        }
    }

    /// A fragment of SQL, which is taken for what is expected of it, but where it is a column and nothing else.
    fn fragment(&self, text: &str, reads: &[Expr], expr: &Expr) -> Inferred {
        if let [Expr { kind: ExprKind::Field(path), .. }] = reads
            && let Some(field) = self.fields.get(path.root.index())
            && field.named.stored == text.trim().trim_matches('"')
        {
            return self.field(path, &reads[0]);
        }
        self.of_type(&expr.ty, &Constraints::default())
    }

    /// A field, by its type, its limits and what is known of it here.
    fn field(&self, path: &FieldPath, expr: &Expr) -> Inferred {
        let mut found = match self.last(path) {
            Some(field) => self.of_type(&field.ty, &field.constraints),
            None => self.of_type(&expr.ty, &Constraints::default()),
        };
        for (_, range) in self.facts.ranges.iter().filter(|(known, _)| known == path) {
            found.range = found.range.within(*range);
        }
        let is_there = !expr.ty.optional || self.facts.present.contains(path);
        found.presence = if is_there { Presence::Always } else { Presence::Unless(expr.span) };
        found
    }

    /// The field that a path ends in; `None` for what lies in a map or in json.
    fn last(&self, path: &FieldPath) -> Option<&Field> {
        match path.steps.last() {
            None => self.fields.get(path.root.index()),
            Some(Step::Member(record, member)) => self.platform[*record].fields.get(member.index()),
            Some(Step::Key(_)) => None,
        }
    }

    fn of_type(&self, ty: &Type, limits: &Constraints) -> Inferred {
        let mut found = match &ty.kind {
            TypeKind::Scalar(scalar) => of_scalar(*scalar),
            TypeKind::Constrained(id) => {
                let named = &self.platform[*id];
                self.of_type(&named.base, &named.constraints)
            }
            TypeKind::Reference { entity, field } => match self.platform[*entity].fields.get(field.index()) {
                Some(target) => self.of_type(&target.ty, &target.constraints),
                None => Inferred::ANY,
            },
            TypeKind::Enum(id) => {
                let lengths = self.platform[*id].values.iter().map(|v| v.named.stored.chars().count() as u64);
                let lengths = lengths.map(|length| Length::of(length, length));
                Inferred::text(lengths.reduce(Length::with).unwrap_or(Length::ANY))
            }
            _ => Inferred::ANY,
        };
        let number = |limit: &Option<(super::types::Number, Span)>| {
            limit.as_ref().and_then(|(number, _)| Exact::read(&number.0))
        };
        let (low, high) = (number(&limits.min), number(&limits.max));
        found.range = found.range.within(Range { low, high, is_not_zero: false });
        found.length = found.length.within(Length {
            least: limits.min_length.map_or(0, |(least, _)| least.into()),
            most: limits.max_length.map(|(most, _)| most.into()),
        });
        found
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, expr: &Expr) -> Inferred {
        let (a, b) = (self.value(left), self.value(right));
        let presence = together([a.presence, b.presence]);
        let is_whole = self.platform.scalar(&expr.ty).is_some_and(Scalar::is_whole);
        let (range, scale) = match op {
            BinaryOp::Concat => {
                return Inferred { presence, length: a.length.plus(b.length), ..Inferred::ANY };
            }
            BinaryOp::Subtract if self.platform.scalar(&left.ty) == Some(Scalar::Date) && is_whole => {
                (Range::of(Exact::whole(-DAYS), Exact::whole(DAYS)), Some(0))
            }
            BinaryOp::Add => (a.range.plus(b.range), greater(a.scale, b.scale)),
            BinaryOp::Subtract => (a.range.minus(b.range), greater(a.scale, b.scale)),
            BinaryOp::Multiply => (a.range.times(b.range), a.scale.zip(b.scale).map(|(a, b)| a + b)),
            BinaryOp::Divide => {
                self.divides(b, right);
                let range = a.range.over(b.range, b.scale.map(Exact::step));
                (range, is_whole.then_some(0))
            }
            BinaryOp::Modulo => {
                self.divides(b, right);
                (a.range.modulo(b.range), greater(a.scale, b.scale))
            }
            _ => return Inferred { presence, ..Inferred::ANY },
        };
        let range = match self.platform.scalar(&expr.ty) {
            Some(scalar) if scalar.is_whole() => self.held(range, scalar, expr.span),
            _ => range,
        };
        Inferred { presence, range, scale, ..Inferred::ANY }
    }

    fn divides(&mut self, divisor: Inferred, expr: &Expr) {
        if divisor.range.admits_zero() {
            self.hazards.push(Hazard { span: expr.span, kind: HazardKind::DividesByZero });
        }
    }

    /// Returns the rest of a range where a result that is beyond its type fails.
    fn held(&mut self, range: Range, scalar: Scalar, span: Span) -> Range {
        let holds = Range::of_scalar(scalar);
        let misfit = fit::misfit(range, holds);
        if let Some(is_certain) = misfit {
            self.hazards.push(Hazard { span, kind: HazardKind::Overflows { scalar, is_certain } });
        }
        if misfit == Some(true) { holds } else { range.within(holds) }
    }

    fn case(&mut self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>, span: Span) -> Inferred {
        let before = self.facts.clone();
        let mut values = Vec::with_capacity(branches.len() + 1);
        for (condition, value) in branches {
            self.value(condition);
            let beside = self.facts.clone();
            self.facts.assume(condition, Holds::True);
            values.push(self.value(value));
            self.facts = beside;
            self.facts.assume(condition, Holds::NotTrue);
        }
        values.extend(otherwise.map(|value| self.value(value)));
        self.facts = before;
        let found = values.into_iter().reduce(Inferred::or).unwrap_or(Inferred::ANY);
        match otherwise {
            Some(_) => found,
            None => Inferred { presence: Presence::Unless(span), ..found },
        }
    }
}

/// The presence of what needs all of these.
fn together(all: impl IntoIterator<Item = Presence>) -> Presence {
    let mut found = Presence::Always;
    for one in all {
        match (found, one) {
            (_, Presence::Never(_)) => return one,
            (Presence::Always, one) => found = one,
            _ => {}
        }
    }
    found
}

fn greater(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    a.zip(b).map(|(a, b)| a.max(b))
}

/// Returns what a scalar's own type says of its values.
fn of_scalar(scalar: Scalar) -> Inferred {
    let range = Range::of_scalar(scalar);
    match scalar {
        Scalar::SmallInt | Scalar::Int | Scalar::BigInt => Inferred::number(range, Some(0)),
        Scalar::Decimal { scale, .. } => Inferred::number(range, Some(scale.into())),
        Scalar::Text { max } => Inferred::text(Length { least: 0, most: max.map(u64::from) }),
        Scalar::Char { length } => Inferred::text(Length::of(length.into(), length.into())),
        Scalar::Country => Inferred::text(Length::of(2, 2)),
        Scalar::Currency => Inferred::text(Length::of(3, 3)),
        Scalar::Phone => Inferred::text(Length::of(3, 16)),
        _ => Inferred::ANY,
    }
}
