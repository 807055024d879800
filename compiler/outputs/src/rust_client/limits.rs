//! The limits that the source sets on values, as calls of the runtime's checks.

use quote::quote;
use syn::{Expr, Stmt, Type as RustType};

use super::layout::Thing;
use super::tree;
use super::types::{Base, ModuleWriter, base};
use polity_govern::Stored;
use polity_model::types::{Constraints, Number};
use polity_model::{Constrained, Field, Scalar, Type, TypeKind};

/// `Result<(), polity_runtime::Invalid>`
pub(super) fn result() -> RustType {
    let unit = RustType::Tuple(syn::TypeTuple {
        attrs: Vec::new(),
        paren_token: Default::default(),
        elems: Default::default(),
    });
    tree::generic("Result", [unit, tree::named_ty("polity_runtime::Invalid")])
}

/// Which records have something to check, in themselves or in a record inside; settled once.
pub(super) struct Limited {
    records: Vec<bool>,
}

impl Limited {
    pub(super) fn of(platform: &Stored) -> Self {
        let mut limited = Self { records: vec![false; platform.structs.len()] };
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); platform.structs.len()];
        for (at, record) in platform.structs.iter().enumerate() {
            for inner in record.fields.iter().filter_map(|field| field.ty.record()) {
                holders[inner.index()].push(at);
            }
        }
        // From those that are limited themselves outwards, each record once.
        let itself = |at: &usize| limited.fields(&platform.structs[*at].fields);
        let mut reached: Vec<usize> = (0..holders.len()).filter(itself).collect();
        while let Some(at) = reached.pop() {
            if !std::mem::replace(&mut limited.records[at], true) {
                reached.extend(&holders[at]);
            }
        }
        limited
    }

    pub(super) fn fields(&self, fields: &[Field]) -> bool {
        fields.iter().any(|field| {
            if is_ciphertext(field) {
                return false;
            }
            let Constraints { min, max, min_length, max_length, matches, checks: _ } = &field.constraints;
            let own = min.is_some() || max.is_some() || min_length.is_some() || max_length.is_some();
            let scalar = match direct(&field.ty) {
                Some(Scalar::Text { max }) => max.is_some(),
                Some(Scalar::Char { .. } | Scalar::Decimal { .. } | Scalar::Vector { .. }) => true,
                _ => false,
            };
            let inside = field.ty.record().is_some_and(|record| self.records[record.index()]);
            own || matches.is_some() || scalar || inside
        })
    }
}

/// The body of `check` of a constrained type.
pub(super) fn of_type(writer: ModuleWriter<'_>, of: &Constrained) -> Vec<Stmt> {
    let mut checks = Checks { name: "", of: Checked::Inner, calls: Vec::new() };
    checks.of_scalar(direct(&of.base));
    checks.of_constraints(writer.platform, &of.base, &of.constraints);
    ends_well(checks.calls)
}

/// The body of `validate` of a record.
pub(super) fn of_record<'f>(
    writer: ModuleWriter<'_>,
    fields: impl Iterator<Item = (&'f Field, &'f str)>,
) -> Vec<Stmt> {
    let mut calls = Vec::new();
    for (field, ident) in fields.filter(|(field, _)| !is_ciphertext(field)) {
        calls.extend(of_field(writer, field, Checked::Field(ident), &field.ty, &field.constraints));
    }
    ends_well(calls)
}

/// The body of what checks a `value` before it is sealed; `None` where nothing limits it.
pub(super) fn of_clear(writer: ModuleWriter<'_>, field: &Field) -> Option<Vec<Stmt>> {
    let calls = of_field(writer, field, Checked::Value, &field.ty, &field.constraints);
    (!calls.is_empty()).then(|| ends_well(calls))
}

fn of_field(
    writer: ModuleWriter<'_>,
    field: &Field,
    of: Checked<'_>,
    ty: &Type,
    constraints: &Constraints,
) -> Vec<Stmt> {
    let mut checks = Checks { name: &field.named.name, of, calls: Vec::new() };
    checks.of_scalar(direct(ty));
    checks.of_constraints(writer.platform, ty, constraints);
    if let Some(record) = ty.record()
        && writer.limited.records[record.index()]
        && let Some(path) = writer.layout.path(writer.module, Thing::Struct(record))
    {
        checks.call("each", [tree::expr(tree::join(path, "validate"))]);
    }
    checks.calls
}

/// Whether the client makes the stored value by sealing, so that the limits were those of the clear value.
fn is_ciphertext(field: &Field) -> bool {
    matches!(field.ty.kind, TypeKind::Scalar(Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym))
}

fn ends_well(mut calls: Vec<Stmt>) -> Vec<Stmt> {
    calls.push(tree::give(tree::call(tree::path("Ok"), [tree::tuple([])])));
    calls
}

/// The scalar that a type says itself, through lists and maps; what a reference holds is checked where it is made.
fn direct(ty: &Type) -> Option<Scalar> {
    match &ty.kind {
        TypeKind::Scalar(scalar) => Some(*scalar),
        TypeKind::List(of) | TypeKind::Map(of) => direct(of),
        TypeKind::Constrained(_)
        | TypeKind::Enum(_)
        | TypeKind::Struct(_)
        | TypeKind::Reference { .. }
        | TypeKind::Union(_)
        | TypeKind::Null
        | TypeKind::Broken => None,
    }
}

/// Calls of the runtime's checks, about one value.
struct Checks<'a> {
    name: &'a str,
    of: Checked<'a>,
    calls: Vec<Stmt>,
}

/// The value that is checked, as the generated code names it.
#[derive(Clone, Copy)]
enum Checked<'a> {
    /// `self.ident`
    Field(&'a str),
    /// `self.0`: what a new type holds.
    Inner,
    /// `value`, which is borrowed already.
    Value,
}

impl Checks<'_> {
    /// `polity_runtime::check::function(name, &value, …)?;`
    fn call(&mut self, function: &str, limits: impl IntoIterator<Item = Expr>) {
        let value = match self.of {
            Checked::Field(ident) => tree::borrow(tree::member("self", ident)),
            Checked::Inner => tree::borrow(tree::inner("self")),
            Checked::Value => tree::named("value"),
        };
        let mut arguments = vec![tree::text_literal(self.name), value];
        arguments.extend(limits);
        let function = tree::path(&format!("polity_runtime::check::{function}"));
        self.calls.push(tree::run(tree::attempt(tree::call(function, arguments))));
    }

    fn count(&mut self, function: &str, count: u32) {
        self.call(function, [tree::number_literal(&count.to_string())]);
    }

    /// Adds the checks of the limits that the scalar itself sets.
    fn of_scalar(&mut self, scalar: Option<Scalar>) {
        match scalar {
            Some(Scalar::Text { max: Some(most) }) => self.count("most_characters", most),
            Some(Scalar::Char { length }) => self.count("exact_characters", length),
            Some(Scalar::Decimal { precision, scale }) => {
                let digits = [precision, scale].map(|n| tree::number_literal(&n.to_string()));
                self.call("digits", digits);
            }
            Some(Scalar::Vector { dimensions }) => self.count("dimensions", dimensions),
            _ => {}
        }
    }

    fn of_constraints(&mut self, platform: &Stored, ty: &Type, limits: &Constraints) {
        let scalar = leaf(platform, ty);
        if let Some(limit) = limits.min.as_ref().and_then(|(n, _)| limit(scalar, n, true)) {
            self.call("at_least", [limit]);
        }
        if let Some(limit) = limits.max.as_ref().and_then(|(n, _)| limit(scalar, n, false)) {
            self.call("at_most", [limit]);
        }
        // A list, a map and bytes have a number of items; every other type with a length has characters.
        let counted =
            matches!(base(platform, ty), Base::List(_) | Base::Map(_) | Base::Scalar(Scalar::Bytes));
        let [least, most] =
            if counted { ["least_items", "most_items"] } else { ["least_characters", "most_characters"] };
        if let Some((count, _)) = limits.min_length.filter(|(count, _)| *count > 0) {
            self.count(least, count);
        }
        if let Some((count, _)) = limits.max_length {
            self.count(most, count);
        }
        if let Some((pattern, _)) = &limits.matches {
            let pattern = tree::text_token(pattern);
            self.call("matches", [tree::macro_value("polity_runtime::pattern", quote!(#pattern))]);
        }
    }
}

/// The scalar at the bottom of a type, through constrained types, lists and maps.
fn leaf(platform: &Stored, ty: &Type) -> Option<Scalar> {
    match base(platform, ty) {
        Base::Scalar(scalar) | Base::Id(_, scalar) => Some(scalar),
        Base::Constrained(id) => leaf(platform, &platform[id].base),
        Base::List(of) | Base::Map(of) => leaf(platform, of),
        Base::Enum(_) | Base::Struct(_) | Base::Union | Base::Unknown => None,
    }
}

/// A bound as a literal of the scalar's type; `None` where the type can hold nothing beyond it.
fn limit(scalar: Option<Scalar>, Number(digits): &Number, least: bool) -> Option<Expr> {
    let integer = |lowest: i64, highest: i64| {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut bound: i128 = whole.parse().ok()?;
        // The integers from 0.5 are those from 1, and those to -0.5 are those to -1.
        let beyond = fraction.bytes().any(|digit| digit != b'0');
        match (beyond, digits.starts_with('-'), least) {
            (true, false, true) => bound += 1,
            (true, true, false) => bound -= 1,
            _ => {}
        }
        let all_hold = if least { bound <= lowest.into() } else { bound >= highest.into() };
        (!all_hold).then(|| tree::number_literal(&bound.clamp(lowest.into(), highest.into()).to_string()))
    };
    match scalar? {
        Scalar::SmallInt => integer(i16::MIN.into(), i16::MAX.into()),
        Scalar::Int => integer(i32::MIN.into(), i32::MAX.into()),
        Scalar::BigInt => integer(i64::MIN, i64::MAX),
        Scalar::Float => Some(tree::float_literal(digits)),
        Scalar::Decimal { .. } => decimal(digits),
        _ => None,
    }
}

/// `polity_runtime::Decimal::new(150, 2)`; `None` beyond what that takes.
pub(super) fn decimal(digits: &str) -> Option<Expr> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: i64 = format!("{whole}{fraction}").parse().ok()?;
    if fraction.len() > 28 {
        return None;
    }
    let parts = [mantissa.to_string(), fraction.len().to_string()];
    Some(tree::call(tree::path("polity_runtime::Decimal::new"), parts.map(|n| tree::number_literal(&n))))
}
