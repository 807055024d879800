//! Encrypted fields: what seals and opens them, and the row that they are bound to; and what makes pseudonyms.

use syn::{Expr, ImplItem};

use super::tree::{self, Function, This};
use super::types::{Base, ModuleWriter, base, is_stored_otherwise};
use super::{limits, records};
use polity_govern::Stored;
use polity_govern::encrypted::EncryptedPlace;
use polity_govern::sealing::Form;
use polity_model::entity::Pseudonymous;
use polity_model::{Entity, Field, FieldId, Scalar, Type, TypeKind};
use polity_text::quoting::markdown;

/// A constant for each encrypted field, `PHONE` or `ADDRESS_STREET`, and each pseudonymous one, and the function that names
/// a row where one is encrypted.
pub(super) fn items(writer: ModuleWriter<'_>, of: &Entity, idents: &[smol_str::SmolStr]) -> Vec<ImplItem> {
    let mut items = Vec::new();
    // The entity's own first, so that none of those gives way to one of a record.
    let hashed = of.fields().filter(|(id, _)| writer.platform.pseudonymous(of.id, *id).is_some());
    let mut taken: Vec<String> = hashed.map(|(_, field)| field.named.name.to_uppercase()).collect();
    let (members, own): (Vec<_>, Vec<_>) =
        writer.platform.encrypted_places(of.id).into_iter().partition(EncryptedPlace::is_member);
    // What its driver encrypts, a client sees in the clear.
    let by_driver = writer.platform.encrypted_by_driver(of.store).is_some();
    for place in own.iter().chain(&members).filter(|_| !by_driver) {
        let field = place.field;
        let (name, key) = (place.name(), &writer.platform[place.encrypted.key].named.name);
        let ty = writer.ty(&Type { optional: false, ..field.ty.clone() }, None);
        let form = format!("polity_runtime::seal::Form::{}", form(writer.platform, &field.ty));
        let entity = tree::hexadecimal(writer.platform.stable_id(of.id));
        let column = tree::hexadecimal(writer.platform.governed().stable_place_id(of.id, place));
        let docs =
            [format!("Seals and opens {}, by the key {}.", markdown::code(&name), markdown::code(key))];
        let form = tree::call(tree::path(&form), []);
        let mut value = tree::call(tree::path("polity_runtime::seal::Column::new"), [entity, column, form]);
        if let Some(body) = limits::of_clear(writer, field) {
            value = tree::method(value, "checked", [tree::closure("value", tree::block(body))]);
        }
        let mut constant = name.replace('.', "_").to_uppercase();
        while taken.contains(&constant) {
            constant.push('_');
        }
        taken.push(constant.clone());
        let ty = tree::generic("polity_runtime::seal::Column", [ty]);
        items.push(tree::constant(tree::docs(&docs), &constant, ty, value));
    }
    if !items.is_empty() {
        items.push(row(writer, of, idents));
    }
    items.extend(
        of.fields()
            .filter_map(|(id, field)| pseudonymous(writer, writer.platform.pseudonymous(of.id, id)?, field)),
    );
    items
}

/// A constant for a field that is a keyed hash: it is named by what it refers to, so that equal things have equal hashes.
fn pseudonymous(writer: ModuleWriter<'_>, hashed: &Pseudonymous, field: &Field) -> Option<ImplItem> {
    let ((target, of), key) = (hashed.of()?, hashed.key?);
    let platform = writer.platform;
    let refers = Type { kind: TypeKind::Reference { entity: target, field: of }, optional: false };
    let path = format!("{}.{}", platform.entity_path(target), platform[target].field(of).named.name);
    let docs = [format!(
        "Makes {}, a keyed hash of {}, by the key {}.",
        markdown::code(&field.named.name),
        markdown::code(&path),
        markdown::code(&platform[key].named.name)
    )];
    let entity = tree::hexadecimal(platform.stable_id(target));
    let column = tree::hexadecimal(platform.stable_field_id(target, of));
    let part = match exact_part(super::types::field_base(platform, target, of), "key") {
        Some(part) => tree::closure("key", tree::call(tree::path("Ok"), [part])),
        None => tree::named("polity_runtime::seal::Part::text"),
    };
    let new = tree::path("polity_runtime::seal::Pseudonymous::new");
    let value = tree::call(new, [entity, column, part]);
    let ty = tree::generic("polity_runtime::seal::Pseudonymous", [writer.ty(&refers, None)]);
    Some(tree::constant(tree::docs(&docs), &field.named.name.to_uppercase(), ty, value))
}

/// `User::row(&tenant, &id)`: known before the row is written.
fn row(writer: ModuleWriter<'_>, of: &Entity, idents: &[smol_str::SmolStr]) -> ImplItem {
    let ident = |id: FieldId| &idents[id.index()];
    let bound = of.sealed_row();
    let inputs = of.tenant.iter().chain(&bound);
    let inputs =
        inputs.map(|id| (ident(*id).clone(), tree::reference_to(records::field_ty(writer, of, *id))));
    let part = |id: FieldId| part(super::types::field_base(writer.platform, of.id, id), ident(id));
    let tenant = match of.tenant {
        Some(tenant) => tree::call(tree::path("Some"), [part(tenant)]),
        None => tree::named("None"),
    };
    let key = tree::call(tree::path("Vec::from"), [tree::array(bound.iter().map(|id| part(*id)))]);
    let row = tree::literal_of(
        tree::path("polity_runtime::seal::Row"),
        [("tenant".into(), tenant), ("key".into(), key)],
    );
    let docs = "The row that its ciphertexts are bound to, which is known before it is written.".to_owned();
    let output = [tree::static_ty("polity_runtime::seal::Row"), tree::named_ty("polity_runtime::Invalid")];
    let function = Function {
        attrs: tree::docs(&[docs]),
        vis: tree::public(),
        constant: false,
        name: "row",
        this: This::None,
        inputs: inputs.collect(),
        output: Some(tree::generic("Result", output)),
        body: vec![tree::give(tree::call(tree::path("Ok"), [row]))],
    };
    function.build()
}

/// One field of a key, in the form of its type (`docs/ciphertext.md`).
fn part(base: Base<'_>, name: &str) -> Expr {
    let text =
        || tree::attempt(tree::call(tree::path("polity_runtime::seal::Part::text"), [tree::named(name)]));
    exact_part(base, name).unwrap_or_else(text)
}

/// The part for a type that has a form of its own; `None` for every other type, whose part is a text.
fn exact_part(base: Base<'_>, name: &str) -> Option<Expr> {
    let (scalar, place) = match base {
        Base::Scalar(scalar) => (scalar, tree::named(name)),
        Base::Id(_, scalar) => (scalar, tree::inner(name)),
        _ => return None,
    };
    let copied = |place| if matches!(base, Base::Scalar(_)) { tree::dereference(place) } else { place };
    let bytes = |value: Expr| tree::method(value, "into", []);
    let (form, value) = match scalar {
        Scalar::Uuid => ("Uuid", copied(place)),
        Scalar::SmallInt | Scalar::Int => ("Integer", tree::call(tree::path("i64::from"), [copied(place)])),
        Scalar::BigInt => ("Integer", copied(place)),
        Scalar::ObjectId => ("Bytes", bytes(tree::method(tree::method(place, "bytes", []), "to_vec", []))),
        Scalar::Bytes => ("Bytes", bytes(tree::method(tree::named(name), "clone", []))),
        _ => return None,
    };
    Some(tree::call(tree::path(&format!("polity_runtime::seal::Part::{form}")), [value]))
}

/// The function of the runtime that makes bytes of a value.
fn form(platform: &Stored, ty: &Type) -> &'static str {
    match (platform.governed().sealed_form(ty), base(platform, ty)) {
        (Form::Text, _) => "text",
        (Form::Bytes, _) => "bytes",
        (Form::Json, Base::Scalar(scalar)) if is_stored_otherwise(scalar) => "stored",
        (Form::Json, _) => "json",
    }
}
