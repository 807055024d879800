//! An encrypted field of a record is bound to a row and to the path that leads there, so it needs both.

use foldhash::{HashSet, HashSetExt};

use super::clear_use::encrypted_here;
use crate::Governed;
use polity_model::entity::Encrypted;
use polity_model::keyspace::Held;
use polity_model::{Field, FieldId, Lineage, StructId, Type, TypeKind, ViewId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0840;
use polity_text::source::Span;

pub fn encrypted_member(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let rule = Rule { platform };
    let mut seen = HashSet::new();
    let fields = platform.entities.iter().flat_map(|e| e.fields().map(|(id, field)| (e.id, id, field)));
    for (entity, id, field) in fields {
        // What is encrypted as a whole is another rule's.
        if platform.encrypted(entity, id).is_none() {
            rule.elements_of(field, &mut seen, found);
        }
    }
    for view in &platform.views {
        for (i, column) in view.columns.iter().enumerate() {
            if !rule.passes_on_its_like(view.id, FieldId(i as u32), &column.ty) {
                found.extend(rule.held(column.ty_span, &column.ty, COLUMN));
            }
        }
    }
    for keyspace in &platform.keyspaces {
        let at = keyspace.value_span.unwrap_or(keyspace.named.span);
        match keyspace.value.held() {
            Held::Record(id) => found.extend(rule.held(at, &Type::required(TypeKind::Struct(id)), VALUE)),
            Held::Value(ty) => found.extend(rule.held(at, ty, VALUE)),
            Held::Entity(_) | Held::Nothing => {}
        }
    }
    for channel in &platform.channels {
        let held = channel.value.as_ref().and_then(|ty| rule.held(channel.named.span, ty, MESSAGE));
        found.extend(held);
    }
}

/// Why a ciphertext is bound to nothing there, and what to do.
type Reason = (&'static str, &'static str);

const ELEMENT: Reason = (
    "an element has no path of its own: it could change places with others",
    "leave `encrypted` out here, and encrypt the field that holds them all, which makes them one ciphertext",
);
const COLUMN: Reason = (
    "a view makes no ciphertext",
    "select the field that holds the record as it is: a view passes its ciphertext on",
);
const VALUE: Reason = (
    "a value of Redis has no row",
    "leave the field out, or cache the whole entity with `from`, ciphertext and all",
);
const MESSAGE: Reason =
    ("a message has no row", "leave the field out, and publish the key by which the row is found");

struct Rule<'p> {
    platform: &'p Governed,
}

impl Rule<'_> {
    /// Lists and maps of such records, in a field or in the records that it holds, each of which is told of once.
    fn elements_of(&self, field: &Field, seen: &mut HashSet<StructId>, found: &mut Vec<Diagnostic>) {
        let TypeKind::Struct(id) = &field.ty.kind else {
            found.extend(self.held(field.ty_span, &field.ty, ELEMENT));
            return;
        };
        let record = &self.platform[*id];
        if !record.encrypts || !seen.insert(*id) {
            return;
        }
        for member in record.fields.iter().filter(|member| member.declared.encrypted.is_none()) {
            self.elements_of(member, seen, found);
        }
    }

    fn held(&self, at: Span, ty: &Type, reason: Reason) -> Option<Diagnostic> {
        let (member, encrypted) = self.platform.encrypted_member(self.platform.encrypting_record(ty)?)?;
        Some(told(at, &member.named.name, encrypted, reason))
    }

    /// Whether a column is the very record of a field, which holds it by itself.
    fn passes_on_its_like(&self, view: ViewId, column: FieldId, ty: &Type) -> bool {
        match self.platform.passes_on(view, column) {
            Some(Lineage::Field(entity, field)) => self.platform[entity].field(field).ty.kind == ty.kind,
            _ => false,
        }
    }
}

fn told(at: Span, name: &str, encrypted: &Encrypted, (why, help): Reason) -> Diagnostic {
    let message = format!("`{name}` cannot be encrypted here: {why}");
    encrypted_here(Diagnostic::new(E0840, at, message), encrypted)
        .note("a ciphertext is bound to a row and to the path of its field, so that nobody can move it")
        .help(help)
}
