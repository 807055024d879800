//! The value of every fact of every thing.

use std::cell::OnceCell;

use smol_str::{SmolStr, ToSmolStr};

use super::labelled::Labelled;
use super::names;
use super::place::Place;
use super::retention::Retention;
use super::truth::Memo;
use crate::Governed;
use crate::labels::Carried;
use crate::within::Within;
use polity_model::DurationUnit;
use polity_model::config::{Record, Setting};
use polity_model::entity::Operation;
use polity_model::expr::ExprKind;
use polity_model::facts::Fact;
use polity_model::governance::Audience;
use polity_model::{
    Duration, EntityId, EnvironmentId, FieldId, Isolation, LabelId, Store, StoreId, Thing, TierId, Type,
    TypeKind, Value, policy,
};

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
            Place::Keyspace(id) => {
                let keyspace = &self.platform[id];
                match fact {
                    Fact::FieldNames => {
                        FactValue::Text(self.memo.names(place, || names::of_keyspace(self.platform, id)))
                    }
                    Fact::Ttl => {
                        let window = keyspace.limit.as_ref().map(|limit| limit.per);
                        let ttl = keyspace.ttl.map(|(ttl, _)| ttl).or(window);
                        ttl.map_or(FactValue::Forever, |ttl| span(&[ttl]))
                    }
                    Fact::Cached => FactValue::Bool(keyspace.cache.is_some()),
                    Fact::TenantScoped => {
                        FactValue::Bool(self.platform.tenancy.is_some() && !keyspace.global)
                    }
                    Fact::ReachesSubject => FactValue::Bool(self.platform.keyspace_reaches_subject(id)),
                    _ => self.common(place, fact),
                }
            }
            Place::Channel(id) => match fact {
                Fact::FieldNames => {
                    FactValue::Text(self.memo.names(place, || names::of_channel(self.platform, id)))
                }
                Fact::TenantScoped => {
                    FactValue::Bool(self.platform.tenancy.is_some() && !self.platform[id].global)
                }
                _ => self.common(place, fact),
            },
            Place::View(id) => match fact {
                Fact::Refresh => self.platform[id].materialized.map_or(FactValue::Absent, |every| {
                    every.map_or(FactValue::Forever, |every| span(&[every]))
                }),
                Fact::FieldNames => {
                    FactValue::Text(self.memo.names(place, || names::of_view(self.platform, id)))
                }
                Fact::Materialized => FactValue::Bool(self.platform[id].materialized.is_some()),
                Fact::TenantScoped => FactValue::Bool(
                    self.platform[id].reads.iter().any(|entity| self.platform.is_scoped(*entity)),
                ),
                _ => self.common(place, fact),
            },
            Place::Key(id) => {
                self.of_key(&self.platform[id].settings.resolved(self.environment), place, fact)
            }
            Place::Tier(id) => match fact {
                Fact::Isolation => {
                    text_of(self.platform[id].settings.resolved(self.environment).get("isolation"))
                }
                Fact::IsolationEnforced => FactValue::Bool(self.tier_is_enforced(id)),
                _ => self.common(place, fact),
            },
            Place::Tenant(at) => {
                let tenant = &self.platform.tenants[at];
                match fact {
                    Fact::Region => {
                        text_of(self.platform.tenant_settings(tenant, self.environment).get("region"))
                    }
                    Fact::Isolation | Fact::IsolationEnforced => self.value(Place::Tier(tenant.tier), fact),
                    _ => self.common(place, fact),
                }
            }
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

    fn of_field(&self, entity: EntityId, id: FieldId, fact: Fact) -> FactValue {
        let (owner, field) = (&self.platform[entity], self.platform[entity].field(id));
        FactValue::Bool(match fact {
            Fact::Type => return FactValue::Text(type_name(self.platform, &field.ty).into()),
            Fact::Optional => field.ty.optional,
            Fact::Unique => owner.uniques.iter().any(|u| u.columns.iter().any(|c| c.field() == Some(id))),
            Fact::Indexed => {
                let columns = owner.indexes.iter().flat_map(|i| &i.columns);
                columns.chain(owner.uniques.iter().flat_map(|u| &u.columns)).any(|c| c.field() == Some(id))
            }
            Fact::RangeIndexed => self.platform.uses_that_ciphertext_cannot(entity, id).next().is_some(),
            Fact::Key => owner.key.contains(&id),
            Fact::Reference => {
                field.pseudonymous.is_some() || owner.references.iter().any(|r| r.fields.contains(&id))
            }
            Fact::Immutable => field.immutable.is_some(),
            Fact::Computed => field.computed.is_some(),
            Fact::Encrypted => {
                field.encrypted.is_some() || self.platform.said_within(entity, id) == Some(Within::Encrypted)
            }
            Fact::Searchable => field.encrypted.as_ref().is_some_and(|e| e.searchable),
            Fact::Pseudonymous => field.pseudonymous.is_some(),
            Fact::Exempt => {
                field.not_encrypted.is_some() || self.platform.said_within(entity, id) == Some(Within::Exempt)
            }
            _ => return self.common(Place::Field(entity, id), fact),
        })
    }

    fn of_entity(&self, id: EntityId, fact: Fact) -> FactValue {
        let entity = &self.platform[id];
        FactValue::Bool(match fact {
            Fact::Subject => entity.subject.is_some(),
            Fact::ReachesSubject => self.platform.reaches_subject(id),
            Fact::RetentionMin => return self.retention().least[id.index()].clone(),
            Fact::RetentionMax => return self.retention().most[id.index()].clone(),
            Fact::RetentionBounded => self.retention().bounded[id.index()],
            Fact::EndsWithSubject => self.retention().ends_with_subject[id.index()],
            Fact::Erased => self.retention().erased[id.index()],
            Fact::Audited => entity.audit.as_ref().is_some_and(|audit| {
                [Operation::Insert, Operation::Update, Operation::Delete]
                    .iter()
                    .all(|operation| audit.operations.contains(operation))
            }),
            Fact::FieldNames => {
                let names = || names::of_entity(self.platform, id);
                return FactValue::Text(self.memo.names(Place::Entity(id), names));
            }
            Fact::AuditRetain => {
                return entity.audit.as_ref().map_or(FactValue::Absent, |audit| {
                    let retain = self.platform[audit.into].retain;
                    retain.map_or(FactValue::Forever, |(retain, _)| span(&[retain]))
                });
            }
            Fact::AppendOnly => entity.append_only.is_some(),
            Fact::Partitioned => entity.partition.is_some(),
            Fact::TenantScoped => self.platform.is_scoped(id),
            _ => return self.common(Place::Entity(id), fact),
        })
    }

    /// Worked out once, and only where a rule asks.
    fn retention(&self) -> &Retention {
        self.retention.get_or_init(|| Retention::of(self.platform))
    }

    fn of_index(&self, entity: EntityId, at: usize, fact: Fact) -> FactValue {
        let index = &self.platform[entity].indexes[at];
        match fact {
            Fact::Method => FactValue::Text(index.method.map_or("btree", |(method, _)| method.name()).into()),
            Fact::Unique => FactValue::Bool(false),
            Fact::Name => FactValue::Text(index.name.clone().unwrap_or_default()),
            _ => FactValue::Absent,
        }
    }

    fn of_store(&self, id: StoreId, fact: Fact) -> FactValue {
        let store = &self.platform[id];
        let settings = &self.settings[id.index()];
        let nested = |outer: &str, inner: &str| match settings.get(outer).map(|s| &s.value) {
            Some(Value::Record(record) | Value::Tagged { record, .. }) => record.get(inner),
            _ => None,
        };
        let engine = store.about;
        match fact {
            Fact::Engine => FactValue::Text(store.engine.clone()),
            Fact::Version => FactValue::Number(f64::from(store.version.major())),
            Fact::Region => text_of(settings.get("region")),
            Fact::Replicas => number_of(settings.get("replicas")),
            Fact::CanEncrypt => FactValue::Bool(engine.is_some_and(|engine| engine.can_encrypt)),
            Fact::EncryptionAtRest => none_if_absent(text_of(nested("encryption", "at_rest"))),
            Fact::EncryptionInTransit => none_if_absent(text_of(nested("encryption", "in_transit"))),
            Fact::BackupEvery => duration_of(nested("backup", "every")),
            Fact::BackupRetain => duration_of(nested("backup", "retain")),
            Fact::IsolationEnforced => FactValue::Bool(self.store_is_enforced(id)),
            _ => self.common(Place::Store(id), fact),
        }
    }

    /// Whether every store keeps the tier's tenants apart by itself.
    fn tier_is_enforced(&self, tier: TierId) -> bool {
        let isolation = self.platform[tier].isolation();
        self.platform.stores.iter().all(|store| self.enforces(store, isolation))
    }

    /// Whether the store keeps the tenants of every tier apart by itself.
    fn store_is_enforced(&self, store: StoreId) -> bool {
        let store = &self.platform[store];
        self.platform.tiers.iter().all(|tier| self.enforces(store, tier.isolation()))
    }

    fn enforces(&self, store: &Store, isolation: Option<Isolation>) -> bool {
        let holds = self.platform.entities.iter().any(|e| e.store == store.id && !e.global)
            || self.platform.keyspaces.iter().any(|k| k.store == store.id && !k.global);
        !holds
            || store.about.is_some_and(|engine| isolation.is_some_and(|isolation| engine.enforces(isolation)))
    }

    fn of_key(&self, settings: &Record, place: Place, fact: Fact) -> FactValue {
        match fact {
            Fact::Algorithm => match (text_of(settings.get("algorithm")), place) {
                (FactValue::Absent, Place::Key(key)) => {
                    FactValue::Text(self.platform[key].algorithm().into())
                }
                (said, _) => said,
            },
            Fact::Rotate => match duration_of(settings.get("rotate")) {
                FactValue::Absent => FactValue::Forever,
                rotate => rotate,
            },
            Fact::Scope => text_of(settings.get("scope")),
            Fact::Provider => text_of(settings.get("provider")),
            _ => self.common(place, fact),
        }
    }

    fn of_service(&self, at: usize, fact: Fact) -> FactValue {
        let service = &self.platform.services[at];
        let log =
            |verb: &str| service.grants.iter().any(|g| g.verb == verb && matches!(g.on, Thing::AuditLog(_)));
        match fact {
            Fact::AcrossTenants => FactValue::Bool(service.across_tenants.is_some()),
            Fact::Reads => {
                FactValue::Labels(self.platform.labels_granted(service, &["read", "consume", "subscribe"]))
            }
            Fact::Writes => FactValue::Labels(
                self.platform.labels_granted(service, &["write", "append", "delete", "publish"]),
            ),
            Fact::Deletes => FactValue::Labels(self.platform.labels_granted(service, &["delete"])),
            Fact::WritesAudit => FactValue::Bool(log("append")),
            Fact::ReadsAudit => FactValue::Bool(log("read")),
            Fact::UnusedPrivileges => {
                FactValue::Number(self.platform.unused_privileges(service).len() as f64)
            }
            _ => self.common(Place::Service(at), fact),
        }
    }
}

/// The name of a type in the fact `type`.
pub(super) fn type_name(platform: &Governed, ty: &Type) -> &'static str {
    match &ty.kind {
        TypeKind::Scalar(scalar) => scalar.word(),
        TypeKind::Constrained(id) => type_name(platform, &platform[*id].base),
        TypeKind::Enum(_) => "enum",
        TypeKind::Struct(_) => "record",
        TypeKind::List(_) => "list",
        TypeKind::Map(_) => "map",
        TypeKind::Reference { .. } | TypeKind::Union(_) => "reference",
        TypeKind::Null | TypeKind::Broken => "",
    }
}

fn text_of(setting: Option<&Setting>) -> FactValue {
    match setting.map(|setting| &setting.value) {
        Some(Value::Text(text) | Value::Word(text)) => FactValue::Text(text.clone()),
        Some(Value::Tagged { tag, .. }) => FactValue::Text(tag.clone()),
        _ => FactValue::Absent,
    }
}

fn number_of(setting: Option<&Setting>) -> FactValue {
    match setting.map(|setting| &setting.value) {
        Some(Value::Integer(n)) => number(&n.to_smolstr()),
        Some(Value::Decimal(digits)) => number(digits),
        _ => FactValue::Absent,
    }
}

fn duration_of(setting: Option<&Setting>) -> FactValue {
    match setting.map(|setting| &setting.value) {
        Some(Value::Duration(duration)) => span(&[*duration]),
        _ => FactValue::Absent,
    }
}

fn none_if_absent(value: FactValue) -> FactValue {
    if value == FactValue::Absent { FactValue::Text("none".into()) } else { value }
}
