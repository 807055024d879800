//! Lookups that every phase makes in the platform: names in stores, settings, types.

use smol_str::{SmolStr, format_smolstr};

use super::{
    AuditLogId, Entity, EntityId, EnvironmentId, Expr, Field, LabelId, Named, Platform, Record, Scalar,
    StoreId, Thing, Type, TypeKind, Value, config, entity, expr, types,
};
use polity_text::naming::lower_camel;

impl Platform {
    /// How many lists and maps hold one another in a type, without those in its records.
    pub(crate) fn dimensions(&self, ty: &Type) -> usize {
        match &ty.kind {
            TypeKind::List(element) | TypeKind::Map(element) => 1 + self.dimensions(element),
            TypeKind::Constrained(id) => self.dimensions(&self[*id].base),
            _ => 0,
        }
    }

    /// The entities that live in a store, in the order of the source.
    pub fn entities_in(&self, store: StoreId) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(move |e| e.store == store)
    }

    /// Everything in an entity that a store is given as an expression.
    pub fn expressions(&self, entity: &Entity, visit: &mut dyn FnMut(&Expr)) {
        for field in &entity.fields {
            let own = [&field.default, &field.on_update, &field.computed, &field.anonymized];
            own.into_iter().flatten().chain(&field.constraints.checks).for_each(&mut *visit);
            let mut ty = &field.ty;
            while let TypeKind::Constrained(id) = &ty.kind {
                self[*id].constraints.checks.iter().for_each(&mut *visit);
                ty = &self[*id].base;
            }
            if let TypeKind::Struct(record) = &ty.kind {
                self[*record].fields.iter().flat_map(|m| &m.constraints.checks).for_each(&mut *visit);
            }
        }
        entity.checks.iter().for_each(|check| visit(&check.expr));
        for index in &entity.indexes {
            index.columns.iter().map(|column| &column.expr).chain(&index.filter).for_each(&mut *visit);
        }
        for unique in &entity.uniques {
            unique.columns.iter().map(|column| &column.expr).chain(&unique.filter).for_each(&mut *visit);
        }
        entity.no_overlaps.iter().filter_map(|overlap| overlap.filter.as_ref()).for_each(visit);
    }

    /// The settings of a store as an environment sees them: those of the platform below those of the store, and
    /// at each level the plain ones below those of `in ENVIRONMENT`. `None` gives the base.
    #[must_use]
    pub fn settings_of(&self, store: StoreId, environment: Option<EnvironmentId>) -> Record {
        let mut merged = self.settings.resolved(environment);
        config::merge(&mut merged, &self[store].settings.resolved(environment));
        merged
    }

    /// The name of a field (of an entity or of a record in it) in a store: what `as` says, or the name in the
    /// store's `naming`.
    #[must_use]
    pub fn stored_name(&self, store: StoreId, field: &Named) -> SmolStr {
        if field.aliased || !self.is_camel_case(store) {
            field.stored.clone()
        } else {
            lower_camel(&field.name)
        }
    }

    /// The name of what stands beside a reference with several arms and says which arm it is: `target_type` for
    /// the field `target`, whatever `target` itself is stored as.
    #[must_use]
    pub fn stored_type_name(&self, store: StoreId, field: &Named) -> SmolStr {
        self.own_name(store, &smol_str::format_smolstr!("{}_type", field.name))
    }

    /// The name of what the compiler itself puts beside fields, in the store's `naming`.
    #[must_use]
    pub fn own_name(&self, store: StoreId, name: &str) -> SmolStr {
        if self.is_camel_case(store) { lower_camel(name) } else { name.into() }
    }

    /// Every limit on a field's values: its own, then those of the named types it is built on.
    #[must_use]
    pub fn constraints_of<'a>(&'a self, field: &'a Field) -> Vec<&'a types::Constraints> {
        let mut all = vec![&field.constraints];
        let mut ty = &field.ty;
        while let TypeKind::Constrained(id) = &ty.kind {
            all.push(&self[*id].constraints);
            ty = &self[*id].base;
        }
        all
    }

    /// Whether a path leads into the records of a list, so that a row has as many values there as the list has.
    #[must_use]
    pub fn goes_through_list(&self, fields: &[entity::Field], path: &expr::FieldPath) -> bool {
        let mut ty = fields.get(path.root.index()).map(|field| &field.ty);
        for step in &path.steps {
            ty = match (ty.map(|ty| &ty.kind), step) {
                (Some(TypeKind::List(_)), _) => return true,
                (Some(TypeKind::Map(element)), expr::Step::Key(_)) => Some(element),
                (_, expr::Step::Member(of, member)) => {
                    self[*of].fields.get(member.index()).map(|field| &field.ty)
                }
                (_, expr::Step::Key(_)) => None,
            };
        }
        false
    }

    fn is_camel_case(&self, store: StoreId) -> bool {
        let setting = self[store].settings.base.get("naming");
        matches!(setting.map(|s| &s.value), Some(Value::Word(word)) if word == "camel_case")
    }

    /// `core.User` as messages and reports write it.
    #[must_use]
    pub fn entity_path(&self, id: EntityId) -> String {
        let entity = &self[id];
        match entity.schema {
            Some(schema) => format!("{}.{}", self[schema].named.name, entity.named.name),
            None => format!("{}.{}", self[entity.store].named.name, entity.named.name),
        }
    }

    /// `audit.Trail` as messages and reports write it.
    #[must_use]
    pub fn log_path(&self, id: AuditLogId) -> String {
        let log = &self[id];
        format!("{}.{}", self[log.schema].named.name, log.named.name)
    }

    /// A type as the source writes it, references by their paths: `-> core.User?`.
    #[must_use]
    pub fn type_name(&self, ty: &Type) -> SmolStr {
        let name: SmolStr = match &ty.kind {
            TypeKind::Scalar(scalar) => scalar.name(),
            TypeKind::Constrained(id) => self[*id].named.name.clone(),
            TypeKind::Enum(id) => self[*id].named.name.clone(),
            TypeKind::Struct(id) => self[*id].named.name.clone(),
            TypeKind::List(element) => format_smolstr!("{}[]", self.type_name(element)),
            TypeKind::Map(element) => format_smolstr!("map<{}>", self.type_name(element)),
            TypeKind::Reference { entity, .. } => format_smolstr!("-> {}", self.entity_path(*entity)),
            TypeKind::Union(arms) => {
                let paths: Vec<String> = arms.iter().map(|arm| self.entity_path(arm.entity)).collect();
                format_smolstr!("-> {}", paths.join(" | "))
            }
            TypeKind::Null => "null".into(),
            TypeKind::Broken => "unknown".into(),
        };
        if ty.optional { format_smolstr!("{name}?") } else { name }
    }

    /// The scalar that a type is stored as, references and constrained types followed; `None` for enums,
    /// records, lists, maps and references with several arms.
    #[must_use]
    pub fn scalar(&self, ty: &Type) -> Option<Scalar> {
        match &ty.kind {
            TypeKind::Scalar(scalar) => Some(*scalar),
            TypeKind::Constrained(id) => self.scalar(&self[*id].base),
            TypeKind::Reference { entity, field } => self.scalar(&self[*entity].fields[field.index()].ty),
            TypeKind::Union(arms) => {
                let arm = arms.first()?;
                self.scalar(&self[arm.entity].fields[arm.field.index()].ty)
            }
            TypeKind::Enum(_) | TypeKind::Struct(_) | TypeKind::List(_) | TypeKind::Map(_) => None,
            TypeKind::Null | TypeKind::Broken => None,
        }
    }

    /// The store that holds what a privilege is on.
    #[must_use]
    pub fn store_of(&self, thing: Thing) -> Option<StoreId> {
        match thing {
            Thing::Store(id) => Some(id),
            Thing::Schema(id) => Some(self[id].store),
            Thing::Entity(id) | Thing::EntityField(id, _) => Some(self[id].store),
            Thing::Keyspace(id) => Some(self[id].store),
            Thing::Channel(id) => Some(self[id].store),
            Thing::View(id) => Some(self[id].store),
            Thing::Sequence(id) => Some(self[id].store),
            Thing::AuditLog(id) => Some(self[id].store),
            Thing::Enum(_) | Thing::Struct(_) | Thing::Constrained(_) => None,
        }
    }

    /// A label that every platform knows (`personal sensitive health financial card secret`), or a declared one.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<LabelId> {
        self.labels.iter().find(|label| label.name == name).map(|label| label.id)
    }

    /// Whether a value of the type is a password or holds one.
    #[must_use]
    pub fn has_password(&self, ty: &Type) -> bool {
        self.holds_password(ty, &mut vec![false; self.structs.len()])
    }

    fn holds_password(&self, ty: &Type, seen: &mut [bool]) -> bool {
        match &ty.kind {
            TypeKind::Scalar(scalar) => *scalar == Scalar::Password,
            TypeKind::Constrained(id) => self.holds_password(&self[*id].base, seen),
            TypeKind::List(element) | TypeKind::Map(element) => self.holds_password(element, seen),
            TypeKind::Struct(id) => {
                !std::mem::replace(&mut seen[id.index()], true)
                    && self[*id].fields.iter().any(|member| self.holds_password(&member.ty, seen))
            }
            TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => false,
        }
    }
}
