//! Typed expressions: defaults, checks, predicates, computed fields and columns of indexes.

use smol_str::SmolStr;

use super::{EnumId, FieldId, Scalar, SequenceId, Type};
use polity_text::source::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Type,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    Null,
    Bool(bool),
    /// Digits with an optional sign.
    Integer(SmolStr),
    /// Digits, a point, digits, with an optional sign.
    Decimal(SmolStr),
    Text(SmolStr),
    Duration(super::Duration),
    Date {
        year: u16,
        month: u8,
        day: u8,
    },
    /// A field of the entity (or record) that the expression stands in, then fields of the records in it.
    Field(FieldPath),
    EnumValue {
        of: EnumId,
        value: usize,
    },
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
    /// `next(invoice_number)`
    Next(SequenceId),
    /// `int(prefs.level)`
    Cast {
        to: Scalar,
        operand: Box<Expr>,
    },
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    IsNull {
        operand: Box<Expr>,
        negated: bool,
    },
    Between {
        operand: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    In {
        operand: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// `case when CONDITION then VALUE else VALUE end`: the first value whose condition is true; null where none is.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    List(Vec<Expr>),
    Record(Vec<(SmolStr, Expr)>),
    /// `sql("…")`: a fragment that was parsed and is passed through, and the fields that it names.
    Sql {
        text: SmolStr,
        reads: Vec<Expr>,
    },
    /// Was not understood; reported already.
    Broken,
}

/// An operator with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    Minus,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Matches,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Concat,
}

impl BinaryOp {
    /// The operator that says the same with the sides exchanged: `a < b` is `b > a`.
    pub fn mirrored(self) -> Self {
        match self {
            BinaryOp::Less => BinaryOp::Greater,
            BinaryOp::LessEqual => BinaryOp::GreaterEqual,
            BinaryOp::Greater => BinaryOp::Less,
            BinaryOp::GreaterEqual => BinaryOp::LessEqual,
            other => other,
        }
    }
}

/// `prefs.region`: the field, then what the path goes on with. In a column of an index a path may lead through a
/// list (`items.sku`), which [`Platform::goes_through_list`](super::Platform::goes_through_list) tells.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPath {
    pub root: FieldId,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A field of a record.
    Member(super::StructId, FieldId),
    /// A key of a json value or a map.
    Key(SmolStr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    Now,
    UuidV4,
    UuidV7,
    Lower,
    Upper,
    Length,
    Coalesce,
    DateTrunc,
    Identity,
    Abs,
    Round,
    Trim,
    Least,
    Greatest,
}

impl Function {
    pub const ALL: &[(&'static str, Function)] = &[
        ("now", Function::Now),
        ("uuid_v4", Function::UuidV4),
        ("uuid_v7", Function::UuidV7),
        ("lower", Function::Lower),
        ("upper", Function::Upper),
        ("length", Function::Length),
        ("coalesce", Function::Coalesce),
        ("date_trunc", Function::DateTrunc),
        ("identity", Function::Identity),
        ("abs", Function::Abs),
        ("round", Function::Round),
        ("trim", Function::Trim),
        ("least", Function::Least),
        ("greatest", Function::Greatest),
    ];
}

impl Expr {
    /// Calls `visit` for this expression and all inside it, outermost first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Call { arguments, .. } | ExprKind::List(arguments) => {
                arguments.iter().for_each(|a| a.walk(visit));
            }
            ExprKind::Cast { operand, .. }
            | ExprKind::Unary { operand, .. }
            | ExprKind::IsNull { operand, .. } => operand.walk(visit),
            ExprKind::Binary { left, right, .. } => {
                left.walk(visit);
                right.walk(visit);
            }
            ExprKind::Between { operand, low, high, .. } => {
                operand.walk(visit);
                low.walk(visit);
                high.walk(visit);
            }
            ExprKind::In { operand, list, .. } => {
                operand.walk(visit);
                list.iter().for_each(|e| e.walk(visit));
            }
            ExprKind::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    condition.walk(visit);
                    value.walk(visit);
                }
                otherwise.iter().for_each(|value| value.walk(visit));
            }
            ExprKind::Record(entries) => entries.iter().for_each(|(_, e)| e.walk(visit)),
            ExprKind::Sql { reads, .. } => reads.iter().for_each(|e| e.walk(visit)),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Integer(_)
            | ExprKind::Decimal(_)
            | ExprKind::Text(_)
            | ExprKind::Duration(_)
            | ExprKind::Date { .. }
            | ExprKind::Field(_)
            | ExprKind::EnumValue { .. }
            | ExprKind::Next(_)
            | ExprKind::Broken => {}
        }
    }

    /// Whether both say the same, wherever they stand.
    #[must_use]
    pub fn same(&self, other: &Expr) -> bool {
        use ExprKind as K;
        let all = |a: &[Expr], b: &[Expr]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b));
        match (&self.kind, &other.kind) {
            (K::Call { function: f, arguments: a }, K::Call { function: g, arguments: b }) => {
                f == g && all(a, b)
            }
            (K::Cast { to: t, operand: a }, K::Cast { to: u, operand: b }) => t == u && a.same(b),
            (K::Unary { op: o, operand: a }, K::Unary { op: p, operand: b }) => o == p && a.same(b),
            (K::Binary { op: o, left: a, right: b }, K::Binary { op: p, left: c, right: d }) => {
                o == p && a.same(c) && b.same(d)
            }
            (K::IsNull { operand: a, negated: n }, K::IsNull { operand: b, negated: m }) => {
                n == m && a.same(b)
            }
            (
                K::Between { operand: a, low: l, high: h, negated: n },
                K::Between { operand: b, low: k, high: g, negated: m },
            ) => n == m && a.same(b) && l.same(k) && h.same(g),
            (K::In { operand: a, list: l, negated: n }, K::In { operand: b, list: k, negated: m }) => {
                n == m && a.same(b) && all(l, k)
            }
            (K::Case { branches: a, otherwise: o }, K::Case { branches: b, otherwise: p }) => {
                let otherwise = match (o, p) {
                    (Some(o), Some(p)) => o.same(p),
                    (o, p) => o.is_none() && p.is_none(),
                };
                let same = |((c, v), (d, w)): (&(Expr, Expr), &(Expr, Expr))| c.same(d) && v.same(w);
                a.len() == b.len() && a.iter().zip(b).all(same) && otherwise
            }
            (K::List(a), K::List(b)) => all(a, b),
            (K::Record(a), K::Record(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|((n, a), (m, b))| n == m && a.same(b))
            }
            (K::Sql { text: a, .. }, K::Sql { text: b, .. }) => a == b,
            // What is left holds no expression, and so no place.
            (a, b) => a == b,
        }
    }

    /// Calls `visit` for each field path in it.
    pub fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldPath, Span)) {
        self.walk(&mut |e| {
            if let ExprKind::Field(path) = &e.kind {
                visit(path, e.span);
            }
        });
    }
}
