//! The value of every fact of every thing.

mod facts;

use std::cell::OnceCell;

use smol_str::SmolStr;

use super::labelled::Labelled;
use super::place::Place;
use super::retention::Retention;
use super::truth::Memo;
use crate::Governed;
use crate::labels::Carried;
use polity_model::DurationUnit;
use polity_model::config::Record;
use polity_model::expr::ExprKind;
use polity_model::facts::Fact;
use polity_model::governance::Audience;
use polity_model::{Duration, EntityId, EnvironmentId, FieldId, LabelId, policy};

/// The value of a fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FactValue {
    Bool(bool),
    Text(SmolStr),
    Number(f64),
    /// Months and milliseconds, since a month has no length of its own.
    Span {
        months: u64,
        milliseconds: u64,
    },
    /// Longer than any duration.
    Forever,
    Labels(Vec<LabelId>),
    Key(polity_model::KeyId),
    /// Nothing is said.
    Absent,
}

impl FactValue {
    pub(super) fn of(value: &policy::Value) -> Self {
        match value {
            policy::Value::Bool(yes) => FactValue::Bool(*yes),
            policy::Value::Text(text) => FactValue::Text(text.clone()),
            policy::Value::Number(digits) => number(digits),
            policy::Value::Duration(duration) => span(&[*duration]),
            policy::Value::Key(key) => FactValue::Key(*key),
        }
    }
}

impl FactValue {
    /// A span of time and so much more; anything else as it is.
    pub(super) fn longer_by(self, more: Option<polity_model::Duration>) -> Self {
        match (self, more.map(|more| span(&[more]))) {
            (
                FactValue::Span { months, milliseconds },
                Some(FactValue::Span { months: more, milliseconds: rest }),
            ) => FactValue::Span {
                months: months.saturating_add(more),
                milliseconds: milliseconds.saturating_add(rest),
            },
            (value, _) => value,
        }
    }
}

impl std::fmt::Display for FactValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FactValue::Bool(yes) => write!(f, "{yes}"),
            FactValue::Text(text) => write!(f, "`{text}`"),
            FactValue::Number(number) => write!(f, "{number}"),
            FactValue::Span { months, milliseconds } => f.write_str(&shown(*months, *milliseconds)),
            FactValue::Forever => f.write_str("for ever"),
            FactValue::Labels(labels) => write!(f, "{} labels", labels.len()),
            FactValue::Key(_) => f.write_str("a key"),
            FactValue::Absent => f.write_str("not said"),
        }
    }
}

/// `5y 1mo 1d`
fn shown(months: u64, milliseconds: u64) -> String {
    const UNITS: &[(u64, &str)] =
        &[(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let mut parts = Vec::new();
    let mut part = |count: u64, unit: &str| {
        if count > 0 {
            parts.push(format!("{count}{unit}"));
        }
    };
    part(months / 12, "y");
    part(months % 12, "mo");
    let mut rest = milliseconds;
    for (size, unit) in UNITS {
        part(rest / size, unit);
        rest %= size;
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// The sum of some durations.
pub(super) fn span(durations: &[Duration]) -> FactValue {
    let (mut months, mut milliseconds) = (0_u64, 0_u64);
    for duration in durations {
        match duration.unit {
            DurationUnit::Months => months = months.saturating_add(duration.count),
            DurationUnit::Years => months = months.saturating_add(duration.count.saturating_mul(12)),
            _ => milliseconds = milliseconds.saturating_add(duration.at_least_milliseconds()),
        }
    }
    FactValue::Span { months, milliseconds }
}

fn number(digits: &str) -> FactValue {
    digits.parse().map_or(FactValue::Absent, FactValue::Number)
}

/// The platform as one environment sees it, with the settings of stores for one audience.
pub(super) struct View<'p> {
    pub platform: &'p Governed,
    pub environment: Option<EnvironmentId>,
    /// The audience that the settings of stores are for.
    pub audience: Audience,
    pub labelled: &'p Labelled,
    pub memo: &'p Memo,
    /// The settings of each store, for this environment and audience.
    pub settings: Vec<Record>,
    retention: OnceCell<Retention>,
}

impl<'p> View<'p> {
    /// One for each environment that counts, and in each for everybody, and for the tiers and tenants that have settings
    /// of their own.
    pub(super) fn all(platform: &'p Governed, labelled: &'p Labelled, memo: &'p Memo) -> Vec<Self> {
        let audiences = platform.audiences();
        let environments = super::environments(platform).into_iter();
        let seen = environments.flat_map(|environment| audiences.iter().map(move |who| (environment, *who)));
        seen.map(|(environment, audience)| {
            let settings =
                platform.stores.iter().map(|s| platform.settings_seen(s.id, environment, audience));
            Self {
                platform,
                environment,
                audience,
                labelled,
                memo,
                settings: settings.collect(),
                retention: OnceCell::new(),
            }
        })
        .collect()
    }

    /// Whether a thing carries a label; `None` where it has none by its nature.
    pub(super) fn carries(&self, place: Place, label: LabelId) -> bool {
        let has = |carried: &[Carried]| carried.iter().any(|c| c.label == label);
        let p = self.platform;
        match place {
            Place::Field(entity, field) => has(p.labels_of(entity, field)),
            Place::Entity(entity) => self.labelled.has(entity, label),
            Place::Keyspace(keyspace) => has(p.labels_of_keyspace(keyspace)),
            Place::Channel(channel) => has(p.labels_of_channel(channel)),
            Place::View(view) => {
                (0..p[view].columns.len()).any(|i| has(p.labels_of_column(view, FieldId(i as u32))))
            }
            Place::Index(entity, at) => {
                self.columns_of(entity, at).iter().any(|f| has(p.labels_of(entity, *f)))
            }
            Place::Store(store) => {
                p.entities_in(store).any(|e| self.labelled.has(e.id, label))
                    || p.keyspaces.iter().any(|k| k.store == store && has(p.labels_of_keyspace(k.id)))
                    || p.channels.iter().any(|c| c.store == store && has(p.labels_of_channel(c.id)))
            }
            _ => false,
        }
    }

    fn columns_of(&self, entity: EntityId, at: usize) -> Vec<FieldId> {
        let mut fields = Vec::new();
        for column in &self.platform[entity].indexes[at].columns {
            column.expr.walk(&mut |part| {
                if let ExprKind::Field(path) = &part.kind {
                    fields.push(path.root);
                }
            });
        }
        fields
    }

    /// The value of a fact; [`Fact::Labels`] of places is asked for by [`View::carries`].
    pub(super) fn value(&self, place: Place, fact: Fact) -> FactValue {
        match place {
            Place::Field(entity, field) => self.of_field(entity, field, fact),
            Place::Entity(entity) => self.of_entity(entity, fact),
            Place::Store(store) => self.of_store(store, fact),
            Place::Index(entity, at) => self.of_index(entity, at, fact),
            Place::Keyspace(id) => self.of_keyspace(id, fact),
            Place::Channel(id) => self.of_channel(id, fact),
            Place::View(id) => self.of_view(id, fact),
            Place::Key(id) => {
                self.of_key(&self.platform[id].settings.resolved(self.environment), place, fact)
            }
            Place::Tier(id) => self.of_tier(id, fact),
            Place::Tenant(at) => self.of_tenant(at, fact),
            Place::Service(at) => self.of_service(at, fact),
            Place::Platform | Place::Schema(_) => self.common(place, fact),
        }
    }

    fn common(&self, place: Place, fact: Fact) -> FactValue {
        match fact {
            Fact::Name => FactValue::Text(self.name(place)),
            _ => FactValue::Absent,
        }
    }

    fn name(&self, place: Place) -> SmolStr {
        match place {
            Place::Field(entity, field) => self.platform[entity].field(field).named.name.clone(),
            Place::Entity(entity) => self.platform[entity].named.name.clone(),
            _ => place.path(self.platform).rsplit('.').next().unwrap_or_default().into(),
        }
    }
}
