//! Two rules of which no value could satisfy both: one law wants a thing kept for seven years at least, another for
//! five at most. Which of the two gives way is for a person to decide, so this is one error that shows both.

use std::cmp::Ordering;

use foldhash::{HashSet, HashSetExt};

use super::apply::selected;
use super::judge::{covers, is_excused};
use super::place::Place;
use super::truth::{order, truth};
use super::values::{FactValue, View};
use polity_model::Date;
use polity_model::expr::BinaryOp;
use polity_model::facts::{Fact, FactType, Subject};
use polity_model::policy::{Ask, Fallback, Predicate, PredicateKind as P, Rule, RuleId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0807;
use polity_text::source::Span;

/// Reports each conflict, and gives what is thereby said: rules that need not be told of broken there.
pub(super) fn conflicts(
    view: &View<'_>,
    given: &[Vec<FactValue>],
    as_of: Option<Date>,
    found: &mut Vec<Diagnostic>,
) -> HashSet<(RuleId, Place)> {
    let mut said = HashSet::new();
    let (mut most, mut least) = (Vec::new(), Vec::new());
    for (p, policy) in view.platform.policies.iter().enumerate() {
        for (r, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| !rule.softened) {
            let id = RuleId { policy: p, rule: r };
            for bound in bounds(rule, &given[p]) {
                let side = if bound.is_upper { &mut most } else { &mut least };
                side.push((id, rule, bound));
            }
        }
    }
    for (upper, upper_rule, most) in &most {
        for (lower, lower_rule, least) in &least {
            if upper_rule.subject != lower_rule.subject || !most.excludes(least) {
                continue;
            }
            for place in
                selected(view.platform, view.labelled, upper_rule.subject, upper_rule.filter.as_ref())
            {
                let selects = |id: &RuleId, rule: &Rule| {
                    let holds = |f: &Predicate| truth(f, place, view, &given[id.policy]) == Some(true);
                    rule.filter.as_ref().is_none_or(holds) && !is_excused(view.platform, *id, place, as_of)
                };
                if selects(upper, upper_rule) && selects(lower, lower_rule) {
                    // Of several bounds of two rules the first says enough.
                    if said.insert((*upper, place)) | said.insert((*lower, place)) {
                        found.push(told(view, place, (*upper, most), (*lower, least)));
                    }
                }
            }
        }
    }
    said
}

fn told(view: &View<'_>, place: Place, upper: (RuleId, &Bound), lower: (RuleId, &Bound)) -> Diagnostic {
    let platform = view.platform;
    let path = place.path(platform);
    let (most, least) = (platform.rule_path(upper.0), platform.rule_path(lower.0));
    let message = format!("`{path}` cannot keep both `{most}` and `{least}`");
    let diagnostic = match place.span(platform) {
        Some(span) => Diagnostic::new(E0807, span, message).here("both select this"),
        None => Diagnostic::global(E0807, message),
    };
    let run_out = platform.waivers.iter().filter(|waiver| {
        covers(platform, waiver, upper.0, place) || covers(platform, waiver, lower.0, place)
    });
    let diagnostic = run_out.fold(diagnostic, |diagnostic, waiver| {
        diagnostic.also(waiver.span, format!("waived until {}, which has passed", waiver.until))
    });
    let cited = |(id, bound): (RuleId, &Bound), words: &str| {
        let cites = &platform.policies[id.policy].rules[id.rule].cites;
        let of = if cites.is_empty() { String::new() } else { format!(", by {cites}") };
        let words = if bound.exact { "must be" } else { words };
        format!("`{}` {words} {}{of}", bound.fact.spec().name, bound.value)
    };
    diagnostic
        .also(upper.1.span, cited(upper, "is at most"))
        .also(lower.1.span, cited(lower, "is at least"))
        .note("no value satisfies both, and which law gives way here is not for a compiler to choose")
        .help(format!(
            "{}take the labels apart, into two entities, or say which one yields: `waive {most} on {path} until YYYY-MM-DD because \"…\"`",
            by_parameter(view, upper, lower).unwrap_or_default()
        ))
}

/// The parameter whose value could be such that both rules hold, where one of them takes its bound from one.
fn by_parameter(view: &View<'_>, upper: (RuleId, &Bound), lower: (RuleId, &Bound)) -> Option<String> {
    if upper.1.strict || lower.1.strict {
        return None;
    }
    let given = |(id, bound): (RuleId, &Bound), value: &FactValue| {
        let policy = &view.platform.policies[id.policy];
        let mut at = bound.parameter?;
        // What follows from another parameter grows with that one.
        while let Some(Fallback::Derived { from, .. }) = &policy.parameters[at].default {
            at = *from;
        }
        let (policy, parameter) = (&policy.named.name, &policy.parameters[at].named.name);
        let value = value.to_string().replace(' ', "");
        Some(format!("give `{parameter}: {value}` in `use policy {policy}`, with which both hold; or "))
    };
    let is_one =
        |value: &FactValue| matches!(value, FactValue::Span { .. }) && !value.to_string().contains(' ');
    let raised = || given(upper, &lower.1.value).filter(|_| is_one(&lower.1.value));
    let lowered = || given(lower, &upper.1.value).filter(|_| is_one(&upper.1.value));
    raised().or_else(lowered)
}

/// A bound that a rule sets for one fact, on one side.
struct Bound {
    fact: Fact,
    is_upper: bool,
    /// Whether it is a bound on both sides.
    exact: bool,
    /// Whether the value itself is not allowed.
    strict: bool,
    /// Whether the rule is kept where nothing is said.
    or_absent: bool,
    value: FactValue,
    /// The parameter that gives the value.
    parameter: Option<usize>,
    span: Span,
}

impl Bound {
    /// Whether nothing keeps below this one and above the other.
    fn excludes(&self, least: &Bound) -> bool {
        if quantity(self.fact) != quantity(least.fact) || self.or_absent && least.or_absent {
            return false;
        }
        match order(&self.value, &least.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => self.strict || least.strict,
            _ => false,
        }
    }
}

/// A row that lives for `retention_max` at most was kept for `retention_min` at least, and that is never more.
fn quantity(fact: Fact) -> Fact {
    if fact == Fact::RetentionMax { Fact::RetentionMin } else { fact }
}

fn bounds(rule: &Rule, given: &[FactValue]) -> Vec<Bound> {
    let mut bounds = Vec::new();
    for ask in &rule.asks {
        match ask {
            Ask::Require(predicate) => required(predicate, rule.subject, given, false, &mut bounds),
            Ask::Forbid(predicate) => {
                // What is unknown breaks nothing that is forbidden; a condition is never unknown.
                if let Some((fact, op, (value, parameter))) = compared(predicate, rule.subject, given) {
                    let or_absent = !matches!(value, FactValue::Bool(_));
                    let value = match value {
                        FactValue::Bool(yes) if op == BinaryOp::Equal => FactValue::Bool(!yes),
                        _ if op == BinaryOp::Equal => continue,
                        value => value,
                    };
                    let comparison = (fact, turned(op), (value, parameter));
                    add(comparison, or_absent, predicate.span, &mut bounds);
                }
            }
            Ask::Apply(..) => {}
        }
    }
    bounds
}

/// The bounds that all hold where the predicate does.
fn required(
    predicate: &Predicate,
    subject: Subject,
    given: &[FactValue],
    or_absent: bool,
    into: &mut Vec<Bound>,
) {
    match &predicate.kind {
        P::And(left, right) => {
            required(left, subject, given, or_absent, into);
            required(right, subject, given, or_absent, into);
        }
        // `retention_min is null or retention_min >= keep`
        P::Or(left, right) => {
            let absent = |p: &Predicate| matches!(p.kind, P::IsNull { negated: false, .. });
            if absent(left) {
                required(right, subject, given, true, into);
            } else if absent(right) {
                required(left, subject, given, true, into);
            }
        }
        P::Between { operand, low, high, negated: false } => {
            if let P::Fact { of, fact } = operand.kind
                && of == subject
            {
                let span = predicate.span;
                add((fact, BinaryOp::GreaterEqual, literal(low, given)), or_absent, span, into);
                add((fact, BinaryOp::LessEqual, literal(high, given)), or_absent, span, into);
            }
        }
        _ => {
            if let Some(comparison) = compared(predicate, subject, given) {
                add(comparison, or_absent, predicate.span, into);
            }
        }
    }
}

/// `FACT op VALUE`, with the parameter that the value is from.
type Comparison = (Fact, BinaryOp, (FactValue, Option<usize>));

fn add(comparison: Comparison, or_absent: bool, span: Span, into: &mut Vec<Bound>) {
    let (fact, op, (value, parameter)) = comparison;
    let exact = op == BinaryOp::Equal;
    if exact && value != FactValue::Absent {
        let value = value.clone();
        into.push(Bound { fact, is_upper: false, exact, strict: false, or_absent, value, parameter, span });
    }
    let (is_upper, strict) = match op {
        BinaryOp::Equal => (true, false),
        BinaryOp::Less => (true, true),
        BinaryOp::LessEqual => (true, false),
        BinaryOp::Greater => (false, true),
        BinaryOp::GreaterEqual => (false, false),
        _ => return,
    };
    if value != FactValue::Absent {
        into.push(Bound { fact, is_upper, exact, strict, or_absent, value, parameter, span });
    }
}

/// `FACT op VALUE`, whichever way round it is written; a condition, or `not` of one, is compared with what it has to be.
fn compared(predicate: &Predicate, subject: Subject, given: &[FactValue]) -> Option<Comparison> {
    let condition = |predicate: &Predicate, holds: bool| match predicate.kind {
        P::Fact { of, fact } if of == subject && fact.spec().ty == FactType::Bool => {
            Some((fact, BinaryOp::Equal, (FactValue::Bool(holds), None)))
        }
        _ => None,
    };
    let (op, left, right) = match &predicate.kind {
        P::Compare { op, left, right } => (op, left, right),
        P::Not(inner) => return condition(inner, false),
        _ => return condition(predicate, true),
    };
    match (&left.kind, &right.kind) {
        (P::Fact { of, fact }, _) if *of == subject => Some((*fact, *op, literal(right, given))),
        (_, P::Fact { of, fact }) if *of == subject => Some((*fact, op.mirrored(), literal(left, given))),
        _ => None,
    }
}

fn literal(predicate: &Predicate, given: &[FactValue]) -> (FactValue, Option<usize>) {
    match &predicate.kind {
        P::Parameter(at) => (given.get(*at).cloned().unwrap_or(FactValue::Absent), Some(*at)),
        P::Value(value) => (FactValue::of(value), None),
        _ => (FactValue::Absent, None),
    }
}

/// `not (a < b)` is `a >= b`.
fn turned(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        other => other,
    }
}
