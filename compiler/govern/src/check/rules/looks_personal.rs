//! A field that looks personal, and stands beside a person, carries a label or says why not.

use crate::Governed;
use crate::labels::Origin;
use polity_model::{Entity, Field, FieldId, Scalar, StructId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0888, W0885};
use polity_text::source::Span;

/// Words in the names of fields that say something about a person, one or two of them.
const WORDS: &[&str] = &[
    "full_name",
    "first_name",
    "last_name",
    "given_name",
    "family_name",
    "middle_name",
    "maiden_name",
    "display_name",
    "legal_name",
    "real_name",
    "user_name",
    "username",
    "nickname",
    "surname",
    "firstname",
    "lastname",
    "fullname",
    "email",
    "mail",
    "phone",
    "mobile",
    "telephone",
    "fax",
    "street",
    "address",
    "postal_code",
    "postcode",
    "zip_code",
    "zipcode",
    "birth",
    "birthday",
    "birthdate",
    "born",
    "dob",
    "iban",
    "bic",
    "ssn",
    "passport",
    "national_id",
    "tax_id",
    "license_plate",
    "ip",
    "latitude",
    "longitude",
    "gender",
    "sex",
    "religion",
    "ethnicity",
    "nationality",
    "salary",
    "fingerprint",
    "signature",
];

/// How deep records in records are looked into.
const DEEPEST: usize = 8;

pub fn looks_personal(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let in_production = platform.environments.iter().any(|environment| environment.production);
    let code = if in_production && uses_gdpr(platform) { E0888 } else { W0885 };
    let mut beside = vec![false; platform.entities.len()];
    for rows in platform.erasure_plans().iter().flat_map(|plan| plan.found_rows()) {
        beside[rows.entity.index()] = true;
    }
    for entity in platform.entities.iter().filter(|entity| beside[entity.id.index()]) {
        for (id, field) in entity.fields() {
            let Some(looks) = unlabelled(platform, entity, id, field) else { continue };
            let message = format!("`{}` looks personal and carries no label", looks.named.name);
            let mut problem = Diagnostic::new(code, looks.named.span, message);
            if looks.named.span != field.named.span {
                problem = problem.also(field.named.span, "held here, beside a person");
            }
            let end = Span { start: looks.ty_span.end, ..looks.ty_span };
            let problem = problem.edit(end, " #personal");
            found.push(problem.help("add `#personal`, or `not personal because \"…\"`"));
        }
    }
}

fn uses_gdpr(platform: &Governed) -> bool {
    platform.uses.iter().any(|used| used.name == "gdpr")
}

/// The field, or the part of what it holds, that looks personal and says nothing of it.
fn unlabelled<'p>(
    platform: &'p Governed,
    entity: &'p Entity,
    id: FieldId,
    field: &'p Field,
) -> Option<&'p Field> {
    let is_settled = platform.is_labelled_whole(entity.id, id)
        || field.computed.is_some()
        || platform.is_sealed(entity.id, id)
        || entity.key.contains(&id);
    if is_settled || field.not_personal.is_some() {
        return None;
    }
    let is_name = entity.subject.is_some() && matches!(field.named.name.as_str(), "name");
    if looks(platform, field, is_name) {
        return Some(field);
    }
    within(platform, &field.ty, DEEPEST)
}

fn within<'p>(platform: &'p Governed, ty: &Type, depth: usize) -> Option<&'p Field> {
    let record = record_in(platform, ty).filter(|_| depth > 0)?;
    let members = platform[record].fields.iter().enumerate();
    let mut open = members.filter(|(i, member)| {
        let carried = platform.labels_of_member(record, FieldId(*i as u32));
        let whole = carried.iter().filter(|c| !matches!(c.origin, Origin::Member(..)));
        let mut whole = whole.map(std::slice::from_ref);
        !whole.any(|carried| platform.is_about_person(carried))
            && member.not_personal.is_none()
            && member.computed.is_none()
    });
    open.find_map(|(_, member)| {
        if looks(platform, member, false) { Some(member) } else { within(platform, &member.ty, depth - 1) }
    })
}

fn looks(platform: &Governed, field: &Field, is_name: bool) -> bool {
    let mut ty = &field.ty;
    while let TypeKind::List(element) | TypeKind::Map(element) = &ty.kind {
        ty = element;
    }
    let says = || is_name || is_word(&field.named.name);
    match platform.scalar(ty) {
        Some(Scalar::Email | Scalar::Phone | Scalar::Inet | Scalar::GeoPoint) => true,
        Some(Scalar::Text { .. } | Scalar::Char { .. } | Scalar::Json | Scalar::Bytes) => says(),
        Some(Scalar::Date) => {
            ["born", "birth", "birthday", "birthdate", "dob"].iter().any(|word| has(&field.named.name, word))
        }
        _ => false,
    }
}

/// Whether a name is one of the words, or ends in it: `billing_email`, but not `email_template`.
fn is_word(name: &str) -> bool {
    WORDS
        .iter()
        .any(|word| name == *word || name.strip_suffix(word).is_some_and(|before| before.ends_with('_')))
        || ["birth", "iban", "passport"].iter().any(|word| has(name, word))
}

fn has(name: &str, word: &str) -> bool {
    name.split('_').any(|part| part == word)
}

fn record_in(platform: &Governed, ty: &Type) -> Option<StructId> {
    match &ty.kind {
        TypeKind::Struct(id) => Some(*id),
        TypeKind::List(element) | TypeKind::Map(element) => record_in(platform, element),
        TypeKind::Constrained(id) => record_in(platform, &platform[*id].base),
        _ => None,
    }
}
