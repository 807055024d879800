//! The key of a person says nothing about the person.

use crate::Governed;
use crate::labels::Origin;
use polity_model::{EntityId, FieldId, Scalar};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0856;

/// It stays in the log of erasures and in rows that are kept.
pub fn subject_key(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for id in platform.subjects() {
        let entity = &platform[id];
        if entity.key.is_empty() {
            continue; // reported already
        }
        let problem = match entity.identity() {
            [key] if is_personal(platform, id, *key) => "is personal",
            [key] => match platform.scalar(&entity.field(*key).ty) {
                Some(Scalar::Uuid | Scalar::ObjectId | Scalar::SmallInt | Scalar::Int | Scalar::BigInt) => {
                    continue;
                }
                _ => "may say something about the person",
            },
            _ => "is more than one field",
        };
        let span = entity.key_span.or(entity.subject).unwrap_or(entity.named.span);
        found.push(
            Diagnostic::new(E0856, span, format!("the key of `{}` {problem}", entity.named.name))
                .here("it stays behind in the log of erasures, which tells a restored backup whom to forget")
                .help("give it a key of its own, such as `id: uuid key = uuid_v7()`, and make this `unique`"),
        );
    }
}

/// Whether a key is personal by a label of its own: that of the whole entity is about the rest of it.
fn is_personal(platform: &Governed, entity: EntityId, key: FieldId) -> bool {
    let own = platform.labels_of(entity, key).iter().filter(|c| !matches!(c.origin, Origin::Entity(_)));
    own.into_iter().any(|carried| platform.is_about_person(std::slice::from_ref(carried)))
}
