//! The effects of rules, applied until nothing new comes. The source wins over every rule; a key, a reference and what
//! is computed are never encrypted.

use foldhash::{HashMap, HashSet, HashSetExt};

use super::flow;
use super::labelled::Labelled;
use super::place::Place;
use super::references::plain_reference;
use super::truth::{Memo, truth};
use super::values::{FactValue, View};
use crate::Governed;
use polity_model::entity::{Audit, Encrypted, Retain};
use polity_model::facts::Subject;
use polity_model::policy::{Application, Applied, Ask, KeyChoice, Predicate, PredicateKind, RuleId, Waived};
use polity_model::{EntityId, FieldId, KeyId, LabelId, Scalar, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0803, E0804, E0806};
use polity_text::source::Span;

/// More rounds than this mean that rules go on answering each other.
const ROUNDS: usize = 64;

pub(super) fn apply(
    platform: &mut Governed,
    given: &[Vec<FactValue>],
    memo: &Memo,
    found: &mut Vec<Diagnostic>,
) {
    let mut applied = Carried::default();
    for round in 0..ROUNDS {
        // What an earlier round applied counts like a wish of this one: it may contradict a rule that answers it.
        applied.round = round;
        let before = applied.wishes.len();
        gather(platform, given, memo, &mut applied, found);
        if applied.wishes.len() == before {
            break;
        }
        let mut flows = false;
        for wish in &applied.wishes[before..] {
            carry_out(platform, wish, found);
            // Labels, what drops them, and what they flow into.
            flows |= matches!(
                wish.applied,
                Applied::Label(_) | Applied::Pseudonymous { .. } | Applied::Audit { .. }
            );
        }
        if flows {
            platform.decided.labels = flow::flow(platform);
        }
    }
    unfounded(platform, &applied, found);
    platform.decided.applications = applied
        .wishes
        .into_iter()
        .map(|wish| Application { rule: wish.rule, span: wish.span, to: wish.to, applied: wish.applied })
        .collect();
}

/// The wishes that are carried out, and where to find each.
#[derive(Default)]
struct Carried {
    wishes: Vec<Wish>,
    /// The last round in which its rule still had the wish, for each wish.
    wished_in: Vec<usize>,
    /// The round that runs, or was the last.
    round: usize,
    /// Positions in `wishes`, by what they are of.
    of: HashMap<Thing, Vec<usize>>,
    /// The contradictions that were told.
    told: HashSet<(RuleId, RuleId, Thing)>,
}

impl Carried {
    /// `key` is that of what is encrypted or pseudonymous.
    fn add(
        &mut self,
        platform: &Governed,
        (rule, span, to): (RuleId, Span, Thing),
        applied: &Applied,
        key: Option<KeyId>,
        found: &mut Vec<Diagnostic>,
    ) {
        let of = self.of.entry(to).or_default();
        if let Some(known) =
            of.iter().find(|at| (self.wishes[**at].rule, self.wishes[**at].span) == (rule, span))
        {
            self.wished_in[*known] = self.round;
            return;
        }
        let wish = Wish { rule, span, to, applied: applied.clone(), key };
        match of.iter().map(|at| &self.wishes[*at]).find(|other| other.contradicts(&wish)) {
            Some(other) => {
                if self.told.insert((other.rule, wish.rule, wish.to)) {
                    contradiction(platform, other, &wish, found);
                }
            }
            None => {
                of.push(self.wishes.len());
                self.wishes.push(wish);
                self.wished_in.push(self.round);
            }
        }
    }
}

/// The effect that one rule wants on one thing.
#[derive(Debug, Clone)]
struct Wish {
    rule: RuleId,
    /// Where `apply` stands, which tells it from the others of its rule.
    span: Span,
    to: Thing,
    applied: Applied,
    /// The key for a field to be encrypted or pseudonymous, looked up where the rule names a parameter.
    key: Option<KeyId>,
}

impl Wish {
    /// Whether both, of one thing, want it differently. A rule that leaves `searchable` out does not refuse it.
    fn contradicts(&self, other: &Wish) -> bool {
        match (&self.applied, &other.applied) {
            (Applied::Encrypted { .. }, Applied::Encrypted { .. })
            | (Applied::Pseudonymous { .. }, Applied::Pseudonymous { .. }) => self.key != other.key,
            (Applied::Audit { .. }, Applied::Audit { .. })
            | (Applied::Retain { .. }, Applied::Retain { .. }) => self.applied != other.applied,
            _ => false,
        }
    }
}

/// Adds the wishes of every rule, as the platform stands.
fn gather(
    platform: &Governed,
    given: &[Vec<FactValue>],
    memo: &Memo,
    carried: &mut Carried,
    found: &mut Vec<Diagnostic>,
) {
    let labelled = Labelled::new(platform);
    let outside = Outside::new(platform);
    let views = View::all(platform, &labelled, memo);
    for (p, policy) in platform.policies.iter().enumerate() {
        for (r, rule) in policy.rules.iter().enumerate() {
            let asks = rule.asks.iter().filter_map(|ask| match ask {
                Ask::Apply(applied, span) => Some((applied, *span)),
                Ask::Require(_) | Ask::Forbid(_) => None,
            });
            let asks: Vec<_> = asks.collect();
            if asks.is_empty() {
                continue;
            }
            for place in selected(platform, &labelled, rule.subject, rule.filter.as_ref()) {
                let holds = views.iter().any(|view| {
                    rule.filter.as_ref().is_none_or(|f| truth(f, place, view, &given[p]) == Some(true))
                });
                let (Waived::Thing(to), true) = (place.waived(), holds) else { continue };
                for (applied, span) in &asks {
                    if is_open(platform, &outside, place, applied) {
                        let rule = RuleId { policy: p, rule: r };
                        let key = key_of(applied, &given[p]);
                        carried.add(platform, (rule, *span, to), applied, key, found);
                    }
                }
            }
        }
    }
}

/// The things that a rule can select: where its filter asks for a label first, only those that carry it.
pub(super) fn selected(
    platform: &Governed,
    labelled: &Labelled,
    subject: Subject,
    filter: Option<&Predicate>,
) -> Vec<Place> {
    let label = filter.and_then(|filter| needed_label(filter, subject));
    match (subject, label) {
        (Subject::Field, Some(label)) => {
            labelled.fields(label).iter().map(|(entity, field)| Place::Field(*entity, *field)).collect()
        }
        (Subject::Entity, Some(label)) => labelled.entities(label).map(Place::Entity).collect(),
        _ => Place::all(platform, subject),
    }
}

/// Facts that decide over a field but stand outside of it.
struct Outside {
    /// The fields that references, and keys of Redis, lead to: a row is found by them, so they stay what they are.
    referenced: HashSet<(EntityId, FieldId)>,
}

impl Outside {
    fn new(platform: &Governed) -> Self {
        let referenced = platform.entities.iter().flat_map(|entity| platform.references(entity.id));
        let referenced = referenced.flat_map(|r| r.target_fields.iter().map(|field| (r.target, *field)));
        let in_patterns = platform.patterns_of_fields().map(|(entity, field, _)| (entity, field));
        Self { referenced: referenced.chain(in_patterns).collect() }
    }
}

/// A label without which the predicate does not hold.
pub(super) fn needed_label(predicate: &Predicate, subject: Subject) -> Option<LabelId> {
    match &predicate.kind {
        PredicateKind::And(left, right) => {
            needed_label(left, subject).or_else(|| needed_label(right, subject))
        }
        PredicateKind::HasLabel { label, labels, negated: false } => match labels.kind {
            PredicateKind::Fact { of, .. } if of == subject => Some(*label),
            _ => None,
        },
        _ => None,
    }
}

fn key_of(applied: &Applied, given: &[FactValue]) -> Option<KeyId> {
    match applied {
        Applied::Encrypted { key, .. } | Applied::Pseudonymous { key: Some(key) } => match key {
            KeyChoice::Key(key) => Some(*key),
            KeyChoice::Parameter(at) => match given.get(*at) {
                Some(FactValue::Key(key)) => Some(*key),
                _ => None,
            },
        },
        _ => None,
    }
}

/// Whether the source left open what a rule would set. What a rule set is open still: so rules can be compared.
fn is_open(platform: &Governed, outside: &Outside, place: Place, applied: &Applied) -> bool {
    match place {
        Place::Field(entity, id) => {
            let (owner, field) = (&platform[entity], platform[entity].field(id));
            match applied {
                Applied::Encrypted { .. } => {
                    let is_password = platform.scalar(&field.ty) == Some(Scalar::Password);
                    field.declared.encrypted.is_none()
                        && field.not_encrypted.is_none()
                        && platform.said_within(entity, id).is_none()
                        && field.computed.is_none()
                        && platform.pseudonymous(entity, id).is_none()
                        && !is_password
                        && field.optimistic.is_none()
                        && field.soft_delete.is_none()
                        && !owner.key.contains(&id)
                        && !platform.references(entity).any(|r| r.fields.contains(&id))
                        && !outside.referenced.contains(&(entity, id))
                }
                Applied::Pseudonymous { .. } => {
                    field.declared.pseudonymous.is_none()
                        && plain_reference(owner, id).is_some()
                        && !owner.key.contains(&id)
                }
                Applied::Immutable => true,
                Applied::Label(label) => !field.declared.labels.iter().any(|(known, _)| known == label),
                Applied::Audit { .. } | Applied::AppendOnly | Applied::Retain { .. } => false,
            }
        }
        Place::Entity(entity) => match applied {
            Applied::Audit { .. } => platform[entity].declared.audit.is_none(),
            Applied::AppendOnly => true,
            Applied::Retain { .. } => platform[entity].declared.retain.is_none(),
            Applied::Encrypted { .. }
            | Applied::Pseudonymous { .. }
            | Applied::Immutable
            | Applied::Label(_) => false,
        },
        _ => false,
    }
}

fn carry_out(governed: &mut Governed, wish: &Wish, found: &mut Vec<Diagnostic>) {
    match (wish.to, &wish.applied) {
        (Thing::EntityField(entity, id), applied) => match applied {
            Applied::Encrypted { searchable, .. } => {
                if let Some(key) = wish.key {
                    let before = governed.encrypted(entity, id).is_some_and(|before| before.searchable);
                    let (searchable, span) = (*searchable || before, wish.span);
                    governed.decided.effects.on_field(entity, id).encrypted =
                        Some(Encrypted { key, searchable, span, by_rule: true });
                }
            }
            Applied::Pseudonymous { .. } => governed.hash_reference(entity, id, wish.key, wish.span),
            Applied::Immutable => {
                let immutable = &mut governed.decided.effects.on_field(entity, id).immutable;
                *immutable = immutable.or(Some(wish.span));
            }
            Applied::Label(label) => {
                if governed.labels_on(entity, id).all(|(known, _)| known != *label) {
                    governed.decided.effects.on_field(entity, id).labels.push((*label, wish.span));
                }
            }
            Applied::Audit { .. } | Applied::AppendOnly | Applied::Retain { .. } => {}
        },
        (Thing::Entity(entity), Applied::Audit { operations, into }) => {
            let store = governed[entity].store;
            let mut logs = governed.audit_logs.iter().filter(|log| log.store == store).map(|log| log.id);
            let into = match into {
                Some(log) => (governed[*log].store == store).then_some(*log),
                None => logs.next().filter(|_| logs.next().is_none()),
            };
            match into {
                Some(into) => {
                    let (operations, span) = (operations.clone(), wish.span);
                    governed.decided.effects.on_entity(entity).audit =
                        Some(Audit { operations, into, span, by_rule: true });
                }
                None => found.push(
                    Diagnostic::new(
                        E0806,
                        wish.span,
                        format!("`{}` has no audit log to write to", governed.entity_path(entity)),
                    )
                    .also(governed[entity].named.span, "the rule applies to this entity")
                    .help("declare one `audit log` in its store, or name one with `into`"),
                ),
            }
        }
        (Thing::Entity(entity), Applied::AppendOnly) => {
            let append_only = &mut governed.decided.effects.on_entity(entity).append_only;
            *append_only = append_only.or(Some(wish.span));
        }
        (Thing::Entity(entity), Applied::Retain { duration, after, fate }) => {
            retain(governed, entity, wish, *duration, after, *fate, found);
        }
        _ => {}
    }
}

fn retain(
    governed: &mut Governed,
    entity: EntityId,
    wish: &Wish,
    duration: polity_model::Duration,
    after: &str,
    fate: polity_model::entity::Fate,
    found: &mut Vec<Diagnostic>,
) {
    let moment = governed[entity].fields().find(|(_, field)| field.named.name == after);
    let moment = moment.filter(|(_, field)| governed.scalar(&field.ty).is_some_and(Scalar::is_moment));
    let Some((after, _)) = moment else {
        let path = governed.entity_path(entity);
        let problem =
            Diagnostic::new(E0806, wish.span, format!("`{path}` has no moment `{after}` to count from"))
                .also(governed[entity].named.span, "the rule applies to this entity")
                .help(format!("add `{after}: timestamp` and an index of it, or write its `retain` yourself"));
        found.push(governed[entity].adding(&format!("{after}: timestamp\n    index ({after})"), problem));
        return;
    };
    let span = wish.span;
    governed.decided.effects.on_entity(entity).retain =
        Some(Retain { duration, after: Some(after), fate, span, by_rule: true });
}

fn contradiction(platform: &Governed, first: &Wish, second: &Wish, found: &mut Vec<Diagnostic>) {
    let place = place_of(second.to);
    let path = place.map(|place| place.path(platform)).unwrap_or_default();
    let message = format!(
        "`{}` and `{}` want `{path}` differently",
        platform.rule_path(first.rule),
        platform.rule_path(second.rule)
    );
    let mut diagnostic = Diagnostic::new(E0803, first.span, message)
        .here("this rule applies one thing")
        .also(second.span, "and this one another")
        .help(
            "say in the source which it is to be, which beats both rules, or narrow one of them with `where`",
        );
    if let Some(span) = place.and_then(|place| place.span(platform)) {
        diagnostic = diagnostic.also(span, "to this");
    }
    if !found.contains(&diagnostic) {
        found.push(diagnostic);
    }
}

fn place_of(thing: Thing) -> Option<Place> {
    match thing {
        Thing::Entity(entity) => Some(Place::Entity(entity)),
        Thing::EntityField(entity, field) => Some(Place::Field(entity, field)),
        _ => None,
    }
}

/// Reports each rule with an effect that it no longer wishes for in the last round, in which nothing new came: a rule
/// that takes its own reason away never rests.
fn unfounded(platform: &Governed, carried: &Carried, found: &mut Vec<Diagnostic>) {
    let mut told: HashSet<RuleId> = HashSet::new();
    for (wish, wished_in) in carried.wishes.iter().zip(&carried.wished_in) {
        if *wished_in == carried.round || !told.insert(wish.rule) {
            continue;
        }
        let path = place_of(wish.to).map(|place| place.path(platform)).unwrap_or_default();
        let message =
            format!("`{}` no longer selects `{path}` once it is carried out", platform.rule_path(wish.rule));
        found.push(
            Diagnostic::new(E0804, wish.span, message)
                .note("rules are carried out together, so none may depend on its own effect")
                .help("leave the condition out: a rule never changes what the source says"),
        );
    }
}
