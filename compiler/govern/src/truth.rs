//! Whether a predicate holds of a thing. What is not said makes a comparison unknown, and what is unknown does not
//! hold: neither `region = "eu"` nor `not (region = "eu")` holds of a store that says no region.

use std::cell::RefCell;
use std::cmp::Ordering;

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::place::Place;
use super::values::{FactValue, View};
use polity_model::expr::BinaryOp;
use polity_model::facts::Fact;
use polity_model::policy::{Predicate, PredicateKind as P};

/// The matches and names that are worked out once, however often they are asked for: no rule changes them.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// The patterns of `matches`, each with what it was held against: names come back in entity after entity.
    patterns: RefCell<HashMap<SmolStr, Option<Pattern>>>,
    /// The fact `field_names`.
    names: RefCell<HashMap<Place, SmolStr>>,
}

#[derive(Debug)]
struct Pattern {
    regex: regex_lite::Regex,
    matched: HashMap<SmolStr, bool>,
}

impl Memo {
    pub(super) fn names(&self, place: Place, of: impl FnOnce() -> SmolStr) -> SmolStr {
        self.names.borrow_mut().entry(place).or_insert_with(of).clone()
    }

    fn matches(&self, text: &str, pattern: &SmolStr) -> Option<bool> {
        let mut known = self.patterns.borrow_mut();
        if !known.contains_key(pattern) {
            let regex = regex_lite::Regex::new(pattern).ok();
            known.insert(pattern.clone(), regex.map(|regex| Pattern { regex, matched: HashMap::new() }));
        }
        let Pattern { regex, matched } = known.get_mut(pattern)?.as_mut()?;
        if let Some(known) = matched.get(text) {
            return Some(*known);
        }
        let is_match = regex.is_match(text);
        matched.insert(text.into(), is_match);
        Some(is_match)
    }
}

/// `None`: unknown.
pub(super) fn truth(
    predicate: &Predicate,
    place: Place,
    view: &View<'_>,
    given: &[FactValue],
) -> Option<bool> {
    let hold = |inner: &Predicate| truth(inner, place, view, given);
    let value = |inner: &Predicate| value(inner, place, view, given);
    match &predicate.kind {
        P::Not(inner) => hold(inner).map(|yes| !yes),
        P::And(left, right) => match hold(left) {
            Some(false) => Some(false),
            Some(true) => hold(right),
            None => hold(right).filter(|yes| !yes),
        },
        P::Or(left, right) => match hold(left) {
            Some(true) => Some(true),
            Some(false) => hold(right),
            None => hold(right).filter(|yes| *yes),
        },
        P::Compare { op: BinaryOp::Matches, left, right } => match (value(left), value(right)) {
            // The pattern was judged when the rule was resolved, and when its parameter was given.
            (FactValue::Text(text), FactValue::Text(pattern)) => view.memo.matches(&text, &pattern),
            _ => None,
        },
        P::Compare { op, left, right } => compares(*op, order(&value(left), &value(right))?),
        P::IsNull { operand, negated } => Some((value(operand) == FactValue::Absent) != *negated),
        P::Between { operand, low, high, negated } => {
            let operand = value(operand);
            let above = order(&operand, &value(low))? != Ordering::Less;
            let below = order(&operand, &value(high))? != Ordering::Greater;
            Some((above && below) != *negated)
        }
        P::OneOf { operand, list, negated } => {
            is_one_of(&value(operand), list.iter().map(value)).map(|found| found != *negated)
        }
        P::HasLabel { label, labels, negated } => {
            let carries = match &labels.kind {
                P::Fact { of, fact: Fact::Labels } => view.carries(place.within(view.platform, *of)?, *label),
                _ => matches!(value(labels), FactValue::Labels(all) if all.contains(label)),
            };
            Some(carries != *negated)
        }
        P::Fact { .. } | P::Parameter(_) | P::Value(_) => match value(predicate) {
            FactValue::Bool(yes) => Some(yes),
            _ => None,
        },
        P::Broken => None,
    }
}

fn compares(op: BinaryOp, order: Ordering) -> Option<bool> {
    Some(match op {
        BinaryOp::Equal => order == Ordering::Equal,
        BinaryOp::NotEqual => order != Ordering::Equal,
        BinaryOp::Less => order == Ordering::Less,
        BinaryOp::LessEqual => order != Ordering::Greater,
        BinaryOp::Greater => order == Ordering::Greater,
        BinaryOp::GreaterEqual => order != Ordering::Less,
        _ => return None,
    })
}

/// Whether a value is in a list; unknown where one element cannot be compared with it and none equals it.
fn is_one_of(operand: &FactValue, list: impl Iterator<Item = FactValue>) -> Option<bool> {
    let mut found = Some(false);
    for element in list {
        match order(operand, &element) {
            Some(Ordering::Equal) => return Some(true),
            Some(_) => {}
            None => found = None,
        }
    }
    found
}

/// The value of a fact, a parameter or a literal.
pub(super) fn value(predicate: &Predicate, place: Place, view: &View<'_>, given: &[FactValue]) -> FactValue {
    match &predicate.kind {
        P::Fact { of, fact } => match place.within(view.platform, *of) {
            Some(place) => view.value(place, *fact),
            None => FactValue::Absent,
        },
        P::Parameter(at) => given.get(*at).cloned().unwrap_or(FactValue::Absent),
        P::Value(value) => FactValue::of(value),
        _ => truth(predicate, place, view, given).map_or(FactValue::Absent, FactValue::Bool),
    }
}

pub(super) fn order(left: &FactValue, right: &FactValue) -> Option<Ordering> {
    use FactValue as V;
    match (left, right) {
        (V::Bool(a), V::Bool(b)) => Some(a.cmp(b)),
        (V::Text(a), V::Text(b)) => Some(a.cmp(b)),
        (V::Number(a), V::Number(b)) => a.partial_cmp(b),
        (V::Forever, V::Forever) => Some(Ordering::Equal),
        (V::Forever, V::Span { .. }) => Some(Ordering::Greater),
        (V::Span { .. }, V::Forever) => Some(Ordering::Less),
        (V::Span { months: a, milliseconds: x }, V::Span { months: b, milliseconds: y }) => {
            Some(if a == b { x.cmp(y) } else { length(*a, *x).cmp(&length(*b, *y)) })
        }
        _ => None,
    }
}

/// With months of their mean length: 146,097 days in 400 years of the Gregorian calendar.
fn length(months: u64, milliseconds: u64) -> u128 {
    const MONTH: u128 = 146_097 * 86_400_000 / 4_800;
    u128::from(months) * MONTH + u128::from(milliseconds)
}
