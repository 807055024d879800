//! The facts that only some things have.

use smol_str::ToSmolStr;

use super::{FactValue, View, number, span};
use crate::Governed;
use crate::names;
use crate::place::Place;
use crate::retention::Retention;
use crate::within::Within;
use polity_model::config::{Record, Setting};
use polity_model::entity::Operation;
use polity_model::facts::Fact;
use polity_model::{
    ChannelId, EntityId, FieldId, Isolation, KeyspaceId, Store, StoreId, Thing, TierId, Type, TypeKind,
    Value, ViewId,
};

impl View<'_> {
    pub(super) fn of_field(&self, entity: EntityId, id: FieldId, fact: Fact) -> FactValue {
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
                self.platform.pseudonymous(entity, id).is_some()
                    || self.platform.references(entity).any(|r| r.fields.contains(&id))
            }
            Fact::Immutable => self.platform.immutable(entity, id).is_some(),
            Fact::Computed => field.computed.is_some(),
            Fact::Encrypted => {
                self.platform.encrypted(entity, id).is_some()
                    || self.platform.said_within(entity, id) == Some(Within::Encrypted)
            }
            Fact::Searchable => self.platform.encrypted(entity, id).is_some_and(|e| e.searchable),
            Fact::Pseudonymous => self.platform.pseudonymous(entity, id).is_some(),
            Fact::Exempt => {
                field.not_encrypted.is_some() || self.platform.said_within(entity, id) == Some(Within::Exempt)
            }
            _ => return self.common(Place::Field(entity, id), fact),
        })
    }

    pub(super) fn of_entity(&self, id: EntityId, fact: Fact) -> FactValue {
        let entity = &self.platform[id];
        FactValue::Bool(match fact {
            Fact::Subject => entity.subject.is_some(),
            Fact::ReachesSubject => self.platform.reaches_subject(id),
            Fact::RetentionMin => return self.retention().least[id.index()].clone(),
            Fact::RetentionMax => return self.retention().most[id.index()].clone(),
            Fact::RetentionBounded => self.retention().bounded[id.index()],
            Fact::EndsWithSubject => self.retention().ends_with_subject[id.index()],
            Fact::Erased => self.retention().erased[id.index()],
            Fact::Audited => self.platform.audit(id).is_some_and(|audit| {
                [Operation::Insert, Operation::Update, Operation::Delete]
                    .iter()
                    .all(|operation| audit.operations.contains(operation))
            }),
            Fact::FieldNames => {
                let names = || names::of_entity(self.platform, id);
                return FactValue::Text(self.memo.names(Place::Entity(id), names));
            }
            Fact::AuditRetain => {
                return self.platform.audit(id).map_or(FactValue::Absent, |audit| {
                    let retain = self.platform[audit.into].retain;
                    retain.map_or(FactValue::Forever, |(retain, _)| span(&[retain]))
                });
            }
            Fact::AppendOnly => self.platform.append_only(id).is_some(),
            Fact::Partitioned => entity.partition.is_some(),
            Fact::TenantScoped => self.platform.is_scoped(id),
            _ => return self.common(Place::Entity(id), fact),
        })
    }

    /// Worked out once, and only where a rule asks.
    fn retention(&self) -> &Retention {
        self.retention.get_or_init(|| Retention::of(self.platform))
    }

    pub(super) fn of_index(&self, entity: EntityId, at: usize, fact: Fact) -> FactValue {
        let index = &self.platform[entity].indexes[at];
        match fact {
            Fact::Method => FactValue::Text(index.method.map_or("btree", |(method, _)| method.name()).into()),
            Fact::Unique => FactValue::Bool(false),
            Fact::Name => FactValue::Text(index.name.clone().unwrap_or_default()),
            _ => FactValue::Absent,
        }
    }

    pub(super) fn of_store(&self, id: StoreId, fact: Fact) -> FactValue {
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

    pub(super) fn of_keyspace(&self, id: KeyspaceId, fact: Fact) -> FactValue {
        let (place, keyspace) = (Place::Keyspace(id), &self.platform[id]);
        match fact {
            Fact::FieldNames => {
                FactValue::Text(self.memo.names(place, || names::of_keyspace(self.platform, id)))
            }
            Fact::Ttl => {
                let end = keyspace.ends().filter(|end| end.is_certain());
                end.map_or(FactValue::Forever, |end| span(&[end.after]))
            }
            Fact::Cached => FactValue::Bool(keyspace.cache.is_some()),
            Fact::TenantScoped => FactValue::Bool(self.platform.tenancy.is_some() && !keyspace.global),
            Fact::ReachesSubject => FactValue::Bool(self.platform.keyspace_reaches_subject(id)),
            _ => self.common(place, fact),
        }
    }

    pub(super) fn of_channel(&self, id: ChannelId, fact: Fact) -> FactValue {
        let place = Place::Channel(id);
        match fact {
            Fact::FieldNames => {
                FactValue::Text(self.memo.names(place, || names::of_channel(self.platform, id)))
            }
            Fact::TenantScoped => {
                FactValue::Bool(self.platform.tenancy.is_some() && !self.platform[id].global)
            }
            _ => self.common(place, fact),
        }
    }

    pub(super) fn of_view(&self, id: ViewId, fact: Fact) -> FactValue {
        let (place, view) = (Place::View(id), &self.platform[id]);
        match fact {
            Fact::Refresh => view
                .materialized
                .map_or(FactValue::Absent, |every| every.map_or(FactValue::Forever, |every| span(&[every]))),
            Fact::FieldNames => FactValue::Text(self.memo.names(place, || names::of_view(self.platform, id))),
            Fact::Materialized => FactValue::Bool(view.materialized.is_some()),
            Fact::TenantScoped => {
                FactValue::Bool(view.reads.iter().any(|entity| self.platform.is_scoped(*entity)))
            }
            _ => self.common(place, fact),
        }
    }

    pub(super) fn of_key(&self, settings: &Record, place: Place, fact: Fact) -> FactValue {
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

    pub(super) fn of_tier(&self, id: TierId, fact: Fact) -> FactValue {
        match fact {
            Fact::Isolation => {
                text_of(self.platform[id].settings.resolved(self.environment).get("isolation"))
            }
            Fact::IsolationEnforced => FactValue::Bool(self.tier_is_enforced(id)),
            _ => self.common(Place::Tier(id), fact),
        }
    }

    pub(super) fn of_tenant(&self, at: usize, fact: Fact) -> FactValue {
        let tenant = &self.platform.tenants[at];
        match fact {
            Fact::Region => text_of(self.platform.tenant_settings(tenant, self.environment).get("region")),
            Fact::Isolation | Fact::IsolationEnforced => self.value(Place::Tier(tenant.tier), fact),
            _ => self.common(Place::Tenant(at), fact),
        }
    }

    pub(super) fn of_service(&self, at: usize, fact: Fact) -> FactValue {
        let service = &self.platform.services[at];
        let log =
            |verb: &str| service.grants.iter().any(|g| g.verb == verb && matches!(g.on, Thing::AuditLog(_)));
        match fact {
            Fact::AcrossTenants => FactValue::Bool(service.across_tenants.is_some()),
            Fact::Reads => {
                FactValue::Labels(self.platform.labels_granted(service, &["read", "consume", "subscribe"]))
            }
            Fact::Writes => FactValue::Labels(
                self.platform
                    .labels_granted(service, &["write", "append", "delete", "soft_delete", "publish"]),
            ),
            Fact::Deletes => {
                FactValue::Labels(self.platform.labels_granted(service, &["delete", "soft_delete"]))
            }
            Fact::WritesAudit => FactValue::Bool(log("append")),
            Fact::ReadsAudit => FactValue::Bool(log("read")),
            Fact::UnusedPrivileges => {
                FactValue::Number(self.platform.unused_privileges(service).len() as f64)
            }
            _ => self.common(Place::Service(at), fact),
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
}

/// The name of a type in the fact `type`.
fn type_name(platform: &Governed, ty: &Type) -> &'static str {
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
