//! The form in which a store holds an encrypted field: a ciphertext, and next to it a blind index where the field is
//! searchable; and a pseudonymous reference: a keyed hash. No store ever computes these, so engines see kinds of bytes
//! like any other.

use smol_str::format_smolstr;

use super::Governed;
use super::ciphertext::reads;
use super::encrypted::EncryptedPlace;
use super::labels::{Carried, Origin};
use polity_model::entity::{Clear, Column, Encrypted, Field, Index};
use polity_model::types::Constraints;
use polity_model::{
    EntityId, FieldId, Lineage, Named, Scalar, Setting, StoreId, StructId, Thing, Type, TypeKind, Value,
    ViewId,
};
use polity_text::source::Span;

/// The suffix that turns the name of a field into the name of its blind index.
pub const BLIND_INDEX_SUFFIX: &str = "_bx";

/// How many bytes longer a ciphertext is than what it holds (`docs/ciphertext.md`).
const OVERHEAD: u32 = 46;

/// How a value becomes the bytes that are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its text in UTF-8.
    Text,
    /// As they are.
    Bytes,
    Json,
}

/// The bytes of a blind index, and of a pseudonym.
const HASH_BYTES: u32 = 32;

impl Governed {
    /// Encrypts each field that is computed from encrypted fields, since it would show them: it is encrypted as the
    /// first of them is, and the client computes it.
    pub(super) fn encrypt_computed(&mut self) {
        for at in 0..self.entities.len() {
            let id = EntityId(at as u32);
            // What is computed may be computed from what is computed.
            for _ in 0..self[id].fields.len() {
                let open = |(at, field): &(FieldId, &Field)| {
                    field.computed.is_some() && self.encrypted(id, *at).is_none()
                };
                if !self[id].fields().any(|field| open(&field)) {
                    break;
                }
                let places = self.encrypted_places(id);
                let found = self[id].fields().filter(open);
                let found =
                    found.filter_map(|(at, field)| Some((at, key_of_sources(&places, field)?))).next();
                let Some((at, encrypted)) = found else { break };
                self.decided.effects.on_field(id, at).encrypted = Some(encrypted);
            }
        }
    }

    /// Gives every encrypted field the form in which its store holds it. What the rules of `check` refuse may come
    /// out of this in any form: nothing is emitted then.
    pub fn seal(&mut self) {
        for at in 0..self.entities.len() {
            let entity = EntityId(at as u32);
            self.seal_pseudonyms(entity);
            if self.encrypted_by_driver(self[entity].store).is_some() {
                continue;
            }
            let places = self.encrypted_places(entity);
            let places: Vec<_> = places.iter().map(|p| (p.root, p.members.last().copied())).collect();
            for (root, member) in &places {
                match member {
                    None => self.seal_field(entity, *root),
                    Some((record, field)) => self.seal_member(*record, *field),
                }
            }
            if !places.is_empty() {
                self.leave_key_to_client(entity);
            }
        }
        self.seal_columns();
        self.grant_blind_indexes();
        self.settle();
    }

    /// The setting of a store whose driver encrypts: its client sees every value in the clear, so fields keep their types.
    #[must_use]
    pub fn encrypted_by_driver(&self, store: StoreId) -> Option<&Setting> {
        let setting = self[store].settings.base.get("field_encryption");
        setting.filter(|s| !matches!(&s.value, Value::Word(word) if word == "application_level"))
    }

    fn seal_field(&mut self, entity: EntityId, id: FieldId) {
        let field = self[entity].field(id);
        let Some(encrypted) = self.encrypted(entity, id).filter(|e| e.clear.is_none()) else { return };
        let is_searchable = encrypted.searchable;
        let sealed = self.sealed(field, encrypted);
        let blind_index = is_searchable.then(|| self.add_blind_index(entity, id));
        let field = &mut self.platform[entity].fields[id.index()];
        *field = sealed;
        if let Some(clear) = field.declared.encrypted.as_mut().and_then(|encrypted| encrypted.clear.as_mut())
        {
            clear.blind_index = blind_index;
        }
    }

    /// The field of a record holds ciphertext wherever the record is held, so it is sealed once for all places.
    fn seal_member(&mut self, record: StructId, id: FieldId) {
        let field = &self[record].fields[id.index()];
        if let Some(encrypted) = field.declared.encrypted.as_ref().filter(|e| e.clear.is_none()) {
            let sealed = self.sealed(field, encrypted);
            self.platform[record].fields[id.index()] = sealed;
        }
    }

    /// An encrypted field in the form in which a store holds it, but for its blind index.
    fn sealed(&self, field: &Field, encrypted: &Encrypted) -> Field {
        let mut sealed = field.clone();
        let mut encrypted = encrypted.clone();
        let ty = Type { kind: TypeKind::Scalar(Scalar::Sealed), optional: field.ty.optional };
        let ty = std::mem::replace(&mut sealed.ty, ty);
        let lengths = self.ciphertext_lengths(field);
        let constraints = std::mem::replace(&mut sealed.constraints, lengths);
        let computed = sealed.computed.take();
        sealed.default = None;
        let key = &self[encrypted.key].named.name;
        let docs = &sealed.named.docs;
        let by_client =
            if computed.is_some() { "Computed by the client, and encrypted" } else { "Encrypted" };
        let between = if docs.is_empty() { "" } else { "\n" };
        sealed.named.docs = format_smolstr!("{docs}{between}{by_client} with `{key}`.");
        encrypted.clear = Some(Box::new(Clear { ty, constraints, computed, blind_index: None }));
        sealed.declared.encrypted = Some(encrypted);
        sealed
    }

    /// The client hashes whatever its driver encrypts: these are bytes in every store.
    fn seal_pseudonyms(&mut self, entity: EntityId) {
        for at in 0..self[entity].fields.len() {
            let Some(hashed) = self.pseudonymous(entity, FieldId(at as u32)) else { continue };
            let (Some(key), Some((target, of))) = (hashed.key, hashed.of()) else { continue };
            let key = self[key].named.name.clone();
            let of = format_smolstr!("{}.{}", self.entity_path(target), self[target].field(of).named.name);
            let field = &mut self.platform[entity].fields[at];
            field.ty.kind = TypeKind::Scalar(Scalar::Pseudonym);
            field.constraints = exactly(HASH_BYTES, field.ty_span);
            let docs = &field.named.docs;
            let between = if docs.is_empty() { "" } else { "\n" };
            field.named.docs = format_smolstr!("{docs}{between}A keyed hash of `{of}`, made with `{key}`.");
        }
    }

    /// A field of its own, which takes the place of the one that it finds in unique constraints; without one that begins
    /// with it, it gets an index.
    fn add_blind_index(&mut self, entity: EntityId, of: FieldId) -> FieldId {
        let id = FieldId(self[entity].fields.len() as u32);
        let labels = self.labels_on(entity, of).collect();
        let immutable = self.immutable(entity, of);
        let owner = &mut self.platform[entity];
        let sought = owner.field(of).clone();
        let name = format_smolstr!("{}{BLIND_INDEX_SUFFIX}", sought.named.name);
        let named = Named {
            stored: format_smolstr!("{}{BLIND_INDEX_SUFFIX}", sought.named.stored),
            aliased: sought.named.aliased,
            docs: format_smolstr!("Blind index of `{}`: equal where its values are.", sought.named.name),
            span: sought.named.span,
            was: None,
            name,
        };
        let ty = Type { kind: TypeKind::Scalar(Scalar::BlindIndex), optional: sought.ty.optional };
        let mut field = Field::new(named, ty, sought.ty_span);
        field.constraints = exactly(HASH_BYTES, sought.ty_span);
        field.declared.labels = labels;
        field.declared.immutable = immutable;
        field.blind_index_of = Some(of);
        let sought_by = Column::of(id, &field);
        let tenant = owner.tenant.map(|tenant| Column::of(tenant, owner.field(tenant)));
        let mut leads = false;
        for unique in &mut owner.uniques {
            for at in 0..unique.columns.len() {
                if unique.columns[at].field() == Some(of) {
                    unique.columns[at] = sought_by.clone();
                    leads |= at == usize::from(tenant.is_some()) && unique.filter.is_none();
                }
            }
        }
        if !leads {
            owner.indexes.push(Index {
                name: None,
                aliased: false,
                method: None,
                columns: tenant.into_iter().chain([sought_by]).collect(),
                include: Vec::new(),
                filter: None,
                language: None,
                with: polity_model::Layered::default(),
                span: field.named.span,
            });
        }
        owner.fields.push(field);
        if let Some(labels) = self.decided.labels.fields.get_mut(entity.index()) {
            let of_sought = labels.get(of.index()).into_iter().flatten();
            let carried = of_sought.map(|c| Carried { label: c.label, origin: Origin::Field(entity, of) });
            labels.push(carried.collect());
        }
        id
    }

    /// A ciphertext is bound to the key of its row, so the client knows that key before it writes the row, and it
    /// never changes.
    fn leave_key_to_client(&mut self, entity: EntityId) {
        let owner = &mut self.platform[entity];
        for id in owner.sealed_row() {
            let field = &mut owner.fields[id.index()];
            field.default = None;
            field.declared.immutable = field.declared.immutable.or(Some(field.named.span));
        }
    }

    /// Adds blind indexes to grants: a service that reads or writes a field does so with its blind index.
    fn grant_blind_indexes(&mut self) {
        let entities = &self.platform.entities;
        // Each sealed field says itself how.
        for grant in self.platform.services.iter_mut().flat_map(|service| &mut service.grants) {
            let Thing::Entity(entity) = grant.on else { continue };
            let index_of = |id: &FieldId| {
                entities[entity.index()].field(*id).declared.encrypted.as_ref()?.clear.as_ref()?.blind_index
            };
            let indexes: Vec<FieldId> = grant.fields.iter().filter_map(index_of).collect();
            grant.fields.extend(indexes);
        }
    }

    /// Views pass ciphertext on.
    fn seal_columns(&mut self) {
        for at in 0..self.views.len() {
            for column in 0..self.platform.views[at].columns.len() {
                let (view, id) = (ViewId(at as u32), FieldId(column as u32));
                if let Some(Lineage::Field(entity, field)) = self.passes_on(view, id) {
                    let source = self[entity].field(field);
                    if self.is_sealed(entity, field) {
                        let kind = source.ty.kind.clone();
                        self.platform.views[at].columns[column].ty.kind = kind;
                        self.platform.views[at].columns[column].constraints = Constraints::default();
                    }
                }
            }
        }
    }

    /// The field whose values a view's column passes on as they are; `None` where it makes others of them.
    #[must_use]
    pub fn passes_on(&self, view: ViewId, column: FieldId) -> Option<Lineage> {
        let view = &self[view];
        let from = view.lineage.get(column.index())?;
        match &from[..] {
            [Lineage::Column(other, at)] if view.plain.get(column.index()) == Some(&true) => {
                self.passes_on(*other, *at)
            }
            [only] if view.plain.get(column.index()) == Some(&true) => Some(*only),
            _ => None,
        }
    }

    fn ciphertext_lengths(&self, field: &Field) -> Constraints {
        let (least, most) = self.clear_bytes(&field.ty, &field.constraints);
        let at = field.ty_span;
        Constraints {
            min_length: Some((OVERHEAD.saturating_add(least), at)),
            max_length: most.map(|most| (OVERHEAD.saturating_add(most), at)),
            ..Constraints::default()
        }
    }

    /// Whether a store would hold values of the type to more than the type itself.
    #[must_use]
    pub fn is_limited(&self, ty: &Type, constraints: &Constraints) -> bool {
        let of_type = match &ty.kind {
            TypeKind::Constrained(id) => self.is_limited(&self[*id].base, &self[*id].constraints),
            TypeKind::Enum(_) | TypeKind::Struct(_) => true,
            TypeKind::List(of) | TypeKind::Map(of) => self.is_limited(of, &Constraints::default()),
            TypeKind::Scalar(
                Scalar::Text { max: Some(_) } | Scalar::Char { .. } | Scalar::Decimal { .. },
            ) => true,
            TypeKind::Scalar(scalar) => scalar.pattern().is_some(),
            _ => false,
        };
        of_type || *constraints != Constraints::default()
    }

    #[must_use]
    pub fn sealed_form(&self, ty: &Type) -> Form {
        match &ty.kind {
            TypeKind::Enum(_) => Form::Text,
            TypeKind::Constrained(id) if self.sealed_form(&self[*id].base) == Form::Text => Form::Text,
            TypeKind::Scalar(Scalar::Bytes) => Form::Bytes,
            TypeKind::Scalar(scalar) if scalar.is_text() => Form::Text,
            _ => Form::Json,
        }
    }

    /// How many bytes a value has at least, and at most where its type says so. A character has up to four.
    fn clear_bytes(&self, ty: &Type, constraints: &Constraints) -> (u32, Option<u32>) {
        let (mut least, mut most) = match &ty.kind {
            TypeKind::Constrained(id) => self.clear_bytes(&self[*id].base, &self[*id].constraints),
            TypeKind::Scalar(Scalar::Text { max }) => (0, max.map(|max| max.saturating_mul(4))),
            TypeKind::Scalar(Scalar::Char { length }) => (*length, Some(length.saturating_mul(4))),
            // A plus and fifteen digits.
            TypeKind::Scalar(Scalar::Phone) => (3, Some(16)),
            TypeKind::Scalar(Scalar::Country) => (2, Some(2)),
            TypeKind::Scalar(Scalar::Currency) => (3, Some(3)),
            _ => (0, None),
        };
        let width = match self.scalar(ty) {
            Some(Scalar::Bytes) => 1,
            Some(scalar) if scalar.is_text() => 4,
            _ => return (least, most),
        };
        if let Some((shortest, _)) = constraints.min_length {
            least = least.max(shortest);
        }
        if let Some((longest, _)) = constraints.max_length {
            let longest = longest.saturating_mul(width);
            most = Some(most.map_or(longest, |most| most.min(longest)));
        }
        (least, most)
    }
}

fn exactly(bytes: u32, at: Span) -> Constraints {
    let bytes = Some((bytes, at));
    Constraints { min_length: bytes, max_length: bytes, ..Constraints::default() }
}

/// How a computed field is encrypted: as the first encrypted one that it is computed from.
fn key_of_sources(places: &[EncryptedPlace<'_>], field: &Field) -> Option<Encrypted> {
    let computed = field.computed.as_ref()?;
    let source = places.iter().find(|place| reads(computed, place.root, &place.members))?;
    Some(Encrypted { searchable: false, ..source.encrypted.clone() })
}
