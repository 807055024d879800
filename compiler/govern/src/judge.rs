//! The judgement of the platform by its rules: what they require and forbid, and what waivers excuse.

use indexmap::IndexMap;

use super::apply::{needed_label, selected};
use super::conflicts::conflicts;
use super::labelled::Labelled;
use super::place::Place;
use super::truth::{Memo, truth, value};
use super::values::{FactValue, View};
use crate::Governed;
use polity_model::facts::Subject;
use polity_model::governance::Audience;
use polity_model::policy::{Ask, Policy, Predicate, PredicateKind as P, Rule, RuleId, Waived, Waiver};
use polity_model::{Date, EnvironmentId, LabelId, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0805, W0805, W0807, W0808};

pub(super) fn judge(
    platform: &Governed,
    given: &[Vec<FactValue>],
    memo: &Memo,
    as_of: Option<Date>,
    found: &mut Vec<Diagnostic>,
) {
    let labelled = Labelled::new(platform);
    let views = View::all(platform, &labelled, memo);
    let mut excused = vec![false; platform.waivers.len()];
    let said = views.first().map(|view| conflicts(view, given, as_of, found)).unwrap_or_default();
    let mut breaches = Vec::new();
    for rules in alike(platform) {
        let Some((first, ..)) = rules.first() else { continue };
        let first = &platform.policies[first.policy].rules[first.rule];
        for place in selected(platform, &labelled, first.subject, first.filter.as_ref()) {
            for (id, policy, rule, depends) in rules.iter().copied() {
                let given = &given[id.policy];
                for view in &views {
                    if let Some(broken) = broken(rule, place, view, given) {
                        if said.contains(&(id, place)) {
                            // A waiver that has run out is shown there.
                            for (waiver, excused) in platform.waivers.iter().zip(&mut excused) {
                                *excused |= covers(platform, waiver, id, place);
                            }
                            break;
                        }
                        let environment =
                            view.environment.filter(|_| depends && platform.environments.len() > 1);
                        let audience = if depends { view.audience } else { Audience::Everybody };
                        let breach = Breach { policy, rule, id, place, broken, environment, audience };
                        let told = breach.report(view, given, as_of, &mut excused);
                        breaches.extend(told.map(|told| ((id.policy, id.rule), told)));
                        break;
                    }
                    if !depends {
                        break;
                    }
                }
            }
        }
    }
    breaches.sort_by_key(|(rule, _)| *rule);
    found.extend(breaches.into_iter().map(|(_, told)| told));
    for (waiver, excused) in platform.waivers.iter().zip(excused) {
        if !excused {
            found.push(
                Diagnostic::new(W0807, waiver.span, "the waiver excuses nothing")
                    .note(format!("`{}.{}` is kept there without it", waiver.policy, waiver.rule))
                    .help("remove it"),
            );
        }
    }
    unmentioned_labels(platform, found);
}

/// A rule, and whether what it asks differs between environments.
type Judged<'p> = (RuleId, &'p Policy, &'p Rule, bool);

/// The rules, those together that select among the same places: each place is looked at once for all of them, and not
/// all places for each rule, which no cache of a processor would hold.
fn alike(platform: &Governed) -> Vec<Vec<Judged<'_>>> {
    let mut groups: IndexMap<(Subject, Option<LabelId>), Vec<Judged<'_>>> = IndexMap::new();
    for (p, policy) in platform.policies.iter().enumerate() {
        for (r, rule) in policy.rules.iter().enumerate() {
            let label = rule.filter.as_ref().and_then(|filter| needed_label(filter, rule.subject));
            let depends = rule_depends_on_environment(rule);
            let judged = (RuleId { policy: p, rule: r }, policy, rule, depends);
            groups.entry((rule.subject, label)).or_default().push(judged);
        }
    }
    groups.into_values().collect()
}

/// The first thing asked for that does not hold.
fn broken<'r>(rule: &'r Rule, place: Place, view: &View<'_>, given: &[FactValue]) -> Option<&'r Predicate> {
    let asks_nothing = rule.asks.iter().all(|ask| matches!(ask, Ask::Apply(..)));
    let selects = |filter: &Predicate| truth(filter, place, view, given) == Some(true);
    if asks_nothing || !rule.filter.as_ref().is_none_or(selects) {
        return None;
    }
    rule.asks.iter().find_map(|ask| match ask {
        Ask::Require(p) => (truth(p, place, view, given) != Some(true) && !is_broken(p)).then_some(p),
        Ask::Forbid(p) => (truth(p, place, view, given) == Some(true)).then_some(p),
        Ask::Apply(..) => None,
    })
}

fn is_broken(predicate: &Predicate) -> bool {
    let mut broken = false;
    visit(predicate, &mut |part| broken |= matches!(part.kind, P::Broken));
    broken
}

struct Breach<'a> {
    policy: &'a Policy,
    rule: &'a Rule,
    id: RuleId,
    place: Place,
    broken: &'a Predicate,
    environment: Option<EnvironmentId>,
    audience: Audience,
}

impl Breach<'_> {
    /// The diagnostic for the breach; `None` where a waiver excuses it.
    fn report(
        &self,
        view: &View<'_>,
        given: &[FactValue],
        as_of: Option<Date>,
        excused: &mut [bool],
    ) -> Option<Diagnostic> {
        let platform = view.platform;
        let mut past = None;
        for (waiver, excused) in platform.waivers.iter().zip(excused) {
            if covers(platform, waiver, self.id, self.place) {
                *excused = true;
                if as_of.is_none_or(|day| day <= waiver.until) {
                    return None;
                }
                past = Some(waiver);
            }
        }
        let code = if self.rule.softened { W0805 } else { E0805 };
        let place = self.place.path(platform);
        let mut message = format!("`{place}` breaks `{}`", platform.rule_path(self.id));
        if let Some(environment) = self.environment {
            message.push_str(&format!(" in `{}`", platform[environment].name));
        }
        if let Some(audience) = platform.audience_name(self.audience) {
            message.push_str(&format!(" {audience}"));
        }
        let mut diagnostic = match self.place.span(platform) {
            Some(span) => Diagnostic::new(code, span, message),
            None => Diagnostic::global(code, message),
        };
        diagnostic = diagnostic.also(self.broken.span, self.facts(view, given));
        if let Some(waiver) = past {
            diagnostic =
                diagnostic.also(waiver.span, format!("waived until {}, which has passed", waiver.until));
        }
        let mut note = self.rule.cites.to_string();
        if note.is_empty() {
            note = self.policy.title.to_string();
        }
        if !note.is_empty() {
            diagnostic = diagnostic.note(note);
        }
        // An index is excused with its entity, since it may have no name.
        let waived = match self.place {
            Place::Index(entity, _) => Place::Entity(entity).path(platform),
            _ => place.clone(),
        };
        let help = match self.rule.help.as_str() {
            "" => format!(
                "mend it, or excuse it: `waive {} on {waived} until YYYY-MM-DD because \"…\"`",
                platform.rule_path(self.id)
            ),
            help => help.to_owned(),
        };
        Some(diagnostic.help(help))
    }

    /// The values of the facts and parameters in the predicate: "`retention_max` is for ever, `longest` is 5y".
    fn facts(&self, view: &View<'_>, given: &[FactValue]) -> String {
        let mut said: Vec<String> = Vec::new();
        visit(self.broken, &mut |part| {
            let name = match &part.kind {
                P::Fact { of, fact } if *of == self.place.subject() => fact.spec().name.to_owned(),
                P::Fact { of, fact } => format!("{}.{}", of.name(), fact.spec().name),
                P::Parameter(at) => self.policy.parameters[*at].named.name.to_string(),
                _ => return,
            };
            let labels = matches!(&part.kind, P::Fact { fact: polity_model::facts::Fact::Labels, .. });
            let value = value(part, self.place, view, given);
            if !labels && !matches!(value, FactValue::Labels(_)) {
                let line = format!("`{name}` is {value}");
                if !said.contains(&line) {
                    said.push(line);
                }
            }
        });
        if said.is_empty() { "the rule".to_owned() } else { said.join(", ") }
    }
}

/// Whether a waiver that has not run out excuses a rule there.
pub(super) fn is_excused(platform: &Governed, rule: RuleId, place: Place, as_of: Option<Date>) -> bool {
    let in_time = |waiver: &&Waiver| as_of.is_none_or(|day| day <= waiver.until);
    platform.waivers.iter().filter(in_time).any(|waiver| covers(platform, waiver, rule, place))
}

pub(super) fn covers(platform: &Governed, waiver: &Waiver, rule: RuleId, place: Place) -> bool {
    let policy = &platform.policies[rule.policy];
    let on = match (place.waived(), waiver.on) {
        (here, on) if here == on => true,
        (Waived::Thing(Thing::EntityField(entity, _)), Waived::Thing(Thing::Entity(on))) => entity == on,
        _ => false,
    };
    on && waiver.policy == policy.named.name && waiver.rule == policy.rules[rule.rule].named.name
}

fn rule_depends_on_environment(rule: &Rule) -> bool {
    let mut depends = false;
    let mut look = |part: &Predicate| {
        depends |= matches!(&part.kind, P::Fact { fact, .. } if fact.depends_on_environment());
    };
    if let Some(filter) = &rule.filter {
        visit(filter, &mut look);
    }
    for ask in &rule.asks {
        if let Ask::Require(predicate) | Ask::Forbid(predicate) = ask {
            visit(predicate, &mut look);
        }
    }
    depends
}

/// A label that is written but that no policy speaks of protects nothing.
fn unmentioned_labels(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut mentioned = vec![false; platform.labels.len()];
    for rule in platform.policies.iter().flat_map(|policy| &policy.rules) {
        let asked = rule.asks.iter().filter_map(|ask| match ask {
            Ask::Require(predicate) | Ask::Forbid(predicate) => Some(predicate),
            Ask::Apply(..) => None,
        });
        for predicate in rule.filter.iter().chain(asked) {
            visit(predicate, &mut |part| {
                if let P::HasLabel { label, .. } = part.kind {
                    mentioned[label.index()] = true;
                }
            });
        }
    }
    fn counts(platform: &Governed, mentioned: &[bool], label: LabelId) -> bool {
        mentioned[label.index()] || platform[label].parents.iter().any(|p| counts(platform, mentioned, *p))
    }
    let mut told = vec![false; platform.labels.len()];
    let fields = platform.entities.iter().flat_map(|e| e.fields().map(|(id, _)| (e.id, id)));
    let of_entities = fields.flat_map(|(entity, field)| platform.labels_on(entity, field));
    let members = platform.structs.iter().flat_map(|s| &s.fields);
    for (label, span) in of_entities.chain(members.flat_map(|field| field.declared.labels.iter().copied())) {
        if !counts(platform, &mentioned, label) && !std::mem::replace(&mut told[label.index()], true) {
            let name = &platform[label].name;
            found.push(
                Diagnostic::new(W0808, span, format!("no policy in force speaks of `#{name}`"))
                    .help("add a rule about it, give it a parent that a rule speaks of, or remove it"),
            );
        }
    }
}

/// Calls `look` for the predicate and every part of it.
pub(super) fn visit(predicate: &Predicate, look: &mut dyn FnMut(&Predicate)) {
    look(predicate);
    match &predicate.kind {
        P::Not(inner) => visit(inner, look),
        P::And(left, right) | P::Or(left, right) | P::Compare { left, right, .. } => {
            visit(left, look);
            visit(right, look);
        }
        P::IsNull { operand, .. } => visit(operand, look),
        P::Between { operand, low, high, .. } => {
            visit(operand, look);
            visit(low, look);
            visit(high, look);
        }
        P::OneOf { operand, list, .. } => {
            visit(operand, look);
            list.iter().for_each(|element| visit(element, look));
        }
        P::HasLabel { labels, .. } => visit(labels, look),
        P::Fact { .. } | P::Parameter(_) | P::Value(_) | P::Broken => {}
    }
}
