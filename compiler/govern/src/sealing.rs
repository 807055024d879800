//! The form in which a store holds an encrypted field: a ciphertext, and next to it a blind index where the field is
//! searchable; and a pseudonymous reference: a keyed hash. No store ever computes these, so engines see kinds of bytes
//! like any other.

use smol_str::format_smolstr;

use super::Governed;
use super::ciphertext::reads;
use super::encrypted::EncryptedPlace;
use super::labels::{Carried, Origin};
use polity_model::entity::{Column, Encrypted, Field, Index};
use polity_model::shared::Shared;
use polity_model::types::{Constraints, Struct};
use polity_model::{
    Entity, EntityId, FieldId, Lineage, Named, Scalar, Setting, StoreId, Type, TypeKind, Value, View, ViewId,
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

/// Returns the type of a part of a row's key, as `docs/ciphertext.md` counts them.
#[must_use]
pub fn part(scalar: Option<Scalar>) -> &'static str {
    match scalar {
        Some(Scalar::Uuid) => "uuid",
        Some(Scalar::SmallInt | Scalar::Int | Scalar::BigInt) => "integer",
        Some(Scalar::Bytes | Scalar::ObjectId) => "bytes",
        _ => "text",
    }
}

/// The bytes of a blind index, and of a pseudonym.
const HASH_BYTES: u32 = 32;

/// The parts of an entity's stored form that its fields have no room for.
#[derive(Debug, Default)]
pub(super) struct SealedEntity {
    /// The blind indexes, which stand behind the entity's own fields.
    pub blind_indexes: Vec<BlindIndex>,
    /// The fields of the row's key that its ciphertexts are bound to; none where it has no ciphertext.
    pub bound_to: Vec<FieldId>,
}

/// A blind index of an entity.
#[derive(Debug)]
pub(super) struct BlindIndex {
    /// The field that it finds.
    pub of: FieldId,
    pub labels: Vec<Carried>,
}

/// Gives every encrypted field the form in which its store holds it.
pub(super) fn seal(
    governed: &Governed,
    entities: &mut Shared<Entity>,
    structs: &mut Shared<Struct>,
) -> Vec<SealedEntity> {
    let mut sealed = Vec::with_capacity(governed.entities.len());
    for entity in &governed.entities {
        let by_driver = governed.encrypted_by_driver(entity.store).is_some();
        let places = if by_driver { Vec::new() } else { governed.encrypted_places(entity.id) };
        for (record, field) in places.iter().filter_map(|place| place.members.last().copied()) {
            let held = &governed[record].fields[field.index()];
            // The field of a record holds ciphertext wherever the record is held, so it is sealed once for all places.
            if let Some(encrypted) = governed.encrypted(record, field)
                && !is_ciphertext(&structs[record.index()].fields[field.index()])
            {
                structs[record.index()].fields[field.index()] = governed.ciphertext(held, encrypted);
            }
        }
        let is_hashed = |(field, _)| governed.pseudonymous(entity.id, field).is_some();
        sealed.push(if places.is_empty() && !entity.fields().any(is_hashed) {
            SealedEntity::default()
        } else {
            Sealing { governed, owner: &mut entities[entity.id.index()], sealed: SealedEntity::default() }
                .seal(&places)
        });
    }
    sealed
}

/// Views pass ciphertext on.
pub(super) fn seal_columns(governed: &Governed, entities: &Shared<Entity>, views: &mut Shared<View>) {
    for view in &governed.views {
        for column in 0..view.columns.len() {
            if let Some(Lineage::Field(entity, field)) = governed.passes_on(view.id, FieldId(column as u32))
                && governed.is_sealed(entity, field)
            {
                let column = &mut views[view.id.index()].columns[column];
                column.ty.kind = entities[entity.index()].field(field).ty.kind.clone();
                column.constraints = Constraints::default();
            }
        }
    }
}

/// Whether a field of the stored form is a ciphertext, which no source can declare.
pub(super) fn is_ciphertext(field: &Field) -> bool {
    matches!(field.ty.kind, TypeKind::Scalar(Scalar::Sealed))
}

/// An entity on its way into its stored form.
struct Sealing<'g> {
    governed: &'g Governed,
    owner: &'g mut Entity,
    sealed: SealedEntity,
}

impl Sealing<'_> {
    fn seal(mut self, places: &[EncryptedPlace<'_>]) -> SealedEntity {
        for at in 0..self.owner.fields.len() {
            self.seal_pseudonym(FieldId(at as u32));
        }
        for place in places.iter().filter(|place| !place.is_member()) {
            self.seal_field(place.root, place.encrypted);
        }
        if !places.is_empty() {
            self.leave_key_to_client();
        }
        self.sealed
    }

    fn seal_field(&mut self, id: FieldId, encrypted: &Encrypted) {
        let ciphertext = self.governed.ciphertext(self.owner.field(id), encrypted);
        if encrypted.searchable {
            self.add_blind_index(id);
        }
        self.owner.fields[id.index()] = ciphertext;
    }

    /// The client hashes whatever its driver encrypts: these are bytes in every store.
    fn seal_pseudonym(&mut self, id: FieldId) {
        let governed = self.governed;
        let Some(hashed) = governed.pseudonymous(self.owner.id, id) else { return };
        let (Some(key), Some((target, of))) = (hashed.key, hashed.of()) else { return };
        let key = &governed[key].named.name;
        let of =
            format_smolstr!("{}.{}", governed.entity_path(target), governed[target].field(of).named.name);
        let field = &mut self.owner.fields[id.index()];
        field.ty.kind = TypeKind::Scalar(Scalar::Pseudonym);
        field.constraints = exactly(HASH_BYTES, field.ty_span);
        let docs = &field.named.docs;
        let between = if docs.is_empty() { "" } else { "\n" };
        field.named.docs = format_smolstr!("{docs}{between}A keyed hash of `{of}`, made with `{key}`.");
    }

    /// A field of its own, which takes the place of the one that it finds in unique constraints; without one that begins
    /// with it, it gets an index.
    fn add_blind_index(&mut self, of: FieldId) {
        let owner = &mut *self.owner;
        let id = FieldId(owner.fields.len() as u32);
        let field = blind_index(owner.field(of));
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
        let carried = self.governed.labels_of(owner.id, of).iter();
        let labels = carried.map(|c| Carried { label: c.label, origin: Origin::Field(owner.id, of) });
        self.sealed.blind_indexes.push(BlindIndex { of, labels: labels.collect() });
    }

    /// A ciphertext is bound to the key of its row, so the client knows that key before it writes the row, and it
    /// never changes.
    fn leave_key_to_client(&mut self) {
        self.sealed.bound_to = self.owner.sealed_row();
        for id in &self.sealed.bound_to {
            self.owner.fields[id.index()].default = None;
        }
    }
}

fn blind_index(sought: &Field) -> Field {
    let named = Named {
        name: format_smolstr!("{}{BLIND_INDEX_SUFFIX}", sought.named.name),
        stored: format_smolstr!("{}{BLIND_INDEX_SUFFIX}", sought.named.stored),
        aliased: sought.named.aliased,
        docs: format_smolstr!("Blind index of `{}`: equal where its values are.", sought.named.name),
        span: sought.named.span,
        was: None,
        sealed: None,
    };
    let ty = Type { kind: TypeKind::Scalar(Scalar::BlindIndex), optional: sought.ty.optional };
    let constraints = exactly(HASH_BYTES, sought.ty_span);
    Field { constraints, ..Field::new(named, ty, sought.ty_span) }
}

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

    /// The setting of a store whose driver encrypts: its client sees every value in the clear, so fields keep their types.
    #[must_use]
    pub fn encrypted_by_driver(&self, store: StoreId) -> Option<&Setting> {
        let setting = self[store].settings.base.get("field_encryption");
        setting.filter(|s| !matches!(&s.value, Value::Word(word) if word == "application_level"))
    }

    /// An encrypted field in the form in which a store holds it, but for its blind index.
    fn ciphertext(&self, clear: &Field, encrypted: &Encrypted) -> Field {
        let mut sealed = clear.clone();
        sealed.ty.kind = TypeKind::Scalar(Scalar::Sealed);
        sealed.constraints = self.ciphertext_lengths(clear);
        sealed.computed = None;
        sealed.default = None;
        let key = &self[encrypted.key].named.name;
        let docs = &clear.named.docs;
        let by_client =
            if clear.computed.is_some() { "Computed by the client, and encrypted" } else { "Encrypted" };
        let between = if docs.is_empty() { "" } else { "\n" };
        sealed.named.docs = format_smolstr!("{docs}{between}{by_client} with `{key}`.");
        sealed
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
