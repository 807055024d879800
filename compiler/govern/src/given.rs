//! The parameters of policies: what `use policy` gives, or their defaults.

use std::collections::BTreeSet;

use super::judge::visit;
use super::values::FactValue;
use crate::Governed;
use polity_model::adding::item_behind;
use polity_model::config;
use polity_model::config::{Layered, Setting};
use polity_model::expr::BinaryOp;
use polity_model::facts::FactType;
use polity_model::pattern::Patterns;
use polity_model::policy::{Ask, Fallback, Parameter, Policy, Predicate, PredicateKind, UsePolicy, Value};
use polity_text::diagnostics::codes::{E0201, E0802};
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// The values of all parameters, by policy, then by parameter.
pub(super) fn given(platform: &Governed, found: &mut Vec<Diagnostic>) -> Vec<Vec<FactValue>> {
    let of = |policy: &Policy| {
        let used = platform.uses.iter().find(|used| used.name == policy.named.name);
        if let Some(used) = used {
            unknown(policy, used, found);
        }
        let mut values: Vec<FactValue> = Vec::with_capacity(policy.parameters.len());
        for parameter in &policy.parameters {
            let setting = used.and_then(|used| used.settings.base.get(&parameter.named.name));
            values.push(match (setting, &parameter.default) {
                (Some(setting), _) => given_value(platform, parameter, setting, found),
                (None, Some(Fallback::Value(default))) => FactValue::of(default),
                (None, Some(Fallback::Derived { from, more })) => values[*from].clone().longer_by(*more),
                (None, None) => {
                    missing(policy, used, parameter, found);
                    FactValue::Absent
                }
            });
        }
        values
    };
    let mut of = of;
    let given: Vec<Vec<FactValue>> = platform.policies.iter().map(&mut of).collect();
    let mut admitted = Patterns::default();
    for (policy, values) in platform.policies.iter().zip(&given) {
        patterns(platform, policy, values, &mut admitted, found);
    }
    given
}

/// A pattern that nobody can read would match nothing, and what it forbids would pass.
fn patterns(
    platform: &Governed,
    policy: &Policy,
    values: &[FactValue],
    admitted: &mut Patterns,
    found: &mut Vec<Diagnostic>,
) {
    let mut matched: BTreeSet<usize> = BTreeSet::new();
    let mut look = |part: &Predicate| {
        if let PredicateKind::Compare { op: BinaryOp::Matches, right, .. } = &part.kind
            && let PredicateKind::Parameter(at) = right.kind
        {
            matched.insert(at);
        }
    };
    for rule in &policy.rules {
        rule.filter.iter().for_each(|filter| visit(filter, &mut look));
        for ask in &rule.asks {
            if let Ask::Require(predicate) | Ask::Forbid(predicate) = ask {
                visit(predicate, &mut look);
            }
        }
    }
    for at in matched {
        let (parameter, FactValue::Text(text)) = (&policy.parameters[at], &values[at]) else { continue };
        let Err(refused) = admitted.judge(text) else { continue };
        let used = platform.uses.iter().find(|used| used.name == policy.named.name);
        let setting = used.and_then(|used| used.settings.base.get(&parameter.named.name));
        let span = setting.map_or(parameter.named.span, |setting| setting.value_span);
        let message = format!("the pattern of parameter `{}` has {}", parameter.named.name, refused.what);
        let mut diagnostic = Diagnostic::new(E0802, span, message).help(refused.help);
        if setting.is_some() {
            diagnostic = diagnostic.also(parameter.named.span, "a rule matches by it");
        }
        found.push(diagnostic);
    }
}

fn unknown(policy: &Policy, used: &UsePolicy, found: &mut Vec<Diagnostic>) {
    let known = || policy.parameters.iter().map(|p| p.named.name.as_str());
    for (name, setting) in &used.settings.base {
        if known().all(|known| known != name) {
            let help = did_you_mean(name, known()).unwrap_or_else(|| {
                let all: Vec<&str> = known().collect();
                if all.is_empty() { "it has none".to_owned() } else { format!("it has: {}", all.join(", ")) }
            });
            let message = format!("policy `{}` has no parameter `{name}`", policy.named.name);
            found.push(Diagnostic::new(E0201, setting.name_span, message).help(help));
        }
    }
    for (_, overlay) in &used.settings.environments {
        if let Some((_, setting)) = overlay.first() {
            found.push(
                Diagnostic::new(E0802, setting.name_span, "a policy holds in every environment alike")
                    .help("give the parameter once, outside of `in ENVIRONMENT`"),
            );
        }
    }
}

fn missing(policy: &Policy, used: Option<&UsePolicy>, parameter: &Parameter, found: &mut Vec<Diagnostic>) {
    let (name, span) = (&parameter.named.name, used.map_or(policy.named.span, |used| used.span));
    let message = format!("policy `{}` needs its parameter `{name}`", policy.named.name);
    let problem = Diagnostic::new(E0802, span, message)
        .also(parameter.named.span, format!("{} without a default", parameter.ty.noun()));
    let value = example(parameter.ty);
    let whole = format!("use policy {} {{ {name}: {value} }}", policy.named.name);
    let problem = problem.help(format!("write `{whole}`"));
    found.push(match (used, policy.block) {
        (Some(UsePolicy { settings: Layered { block: None, .. }, span, .. }), _) => {
            problem.edit(*span, whole)
        }
        (Some(used), _) => used.settings.saying(name, value, problem),
        (None, Some(block)) => item_behind(block, &whole, problem),
        (None, None) => problem,
    });
}

fn given_value(
    platform: &Governed,
    parameter: &Parameter,
    setting: &Setting,
    found: &mut Vec<Diagnostic>,
) -> FactValue {
    let value = match (&setting.value, parameter.ty) {
        (config::Value::Bool(yes), FactType::Bool) => Some(FactValue::Bool(*yes)),
        (config::Value::Text(text), FactType::Text) => Some(FactValue::Text(text.clone())),
        (config::Value::Integer(n), FactType::Number) => {
            Some(FactValue::of(&Value::Number(smol_str::ToSmolStr::to_smolstr(n))))
        }
        (config::Value::Decimal(digits), FactType::Number) => {
            Some(FactValue::of(&Value::Number(digits.clone())))
        }
        (config::Value::Duration(duration), FactType::Duration) => {
            Some(FactValue::of(&Value::Duration(*duration)))
        }
        (config::Value::Word(word), FactType::Key) => {
            let key = platform.encryption_keys.iter().find(|key| key.named.name == *word);
            if key.is_none() {
                let known = platform.encryption_keys.iter().map(|key| key.named.name.as_str());
                let help = did_you_mean(word, known)
                    .unwrap_or_else(|| format!("declare it: `encryption key {word} {{ … }}`"));
                let message = format!("there is no encryption key `{word}`");
                found.push(Diagnostic::new(E0201, setting.value_span, message).help(help));
                return FactValue::Absent;
            }
            key.map(|key| FactValue::Key(key.id))
        }
        (config::Value::Broken, _) => Some(FactValue::Absent),
        _ => None,
    };
    value.unwrap_or_else(|| {
        let message = format!("parameter `{}` is {}", parameter.named.name, parameter.ty.noun());
        found.push(
            Diagnostic::new(E0802, setting.value_span, message)
                .also(parameter.named.span, "declared here")
                .help(format!("for example `{}: {}`", parameter.named.name, example(parameter.ty))),
        );
        FactValue::Absent
    })
}

fn example(ty: FactType) -> &'static str {
    match ty {
        FactType::Bool => "true",
        FactType::Text => "\"text\"",
        FactType::Number => "2",
        FactType::Duration => "5y",
        FactType::Label | FactType::Labels => "#personal",
        FactType::Key => "pii",
    }
}
