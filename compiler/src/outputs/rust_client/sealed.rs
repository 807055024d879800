//! Encrypted fields: what seals and opens them, and the row that they are bound to; and what makes pseudonyms.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::ImplItem;

use super::tree;
use super::types::{Base, Context, base, is_stored_otherwise};
use super::{limits, records};
use crate::model::encrypted::EncryptedPlace;
use crate::model::sealing::Form;
use crate::model::{Entity, Field, FieldId, Platform, Scalar, Type, TypeKind};
use crate::quoting::markdown;

/// A constant for each encrypted field, `PHONE` or `ADDRESS_STREET`, and each pseudonymous one, and the function that names
/// a row where one is encrypted.
pub(super) fn items(context: Context<'_>, of: &Entity, idents: &[smol_str::SmolStr]) -> Vec<ImplItem> {
    let mut items = Vec::new();
    // The entity's own first, so that none of those gives way to one of a record.
    let hashed = of.fields.iter().filter(|field| field.pseudonymous.is_some());
    let mut taken: Vec<String> = hashed.map(|field| field.named.name.to_uppercase()).collect();
    let (members, own): (Vec<_>, Vec<_>) =
        context.platform.encrypted_places(of.id).into_iter().partition(EncryptedPlace::is_member);
    for place in own.iter().chain(&members) {
        let field = place.field;
        let Some(clear) = &place.encrypted.clear else { continue };
        let (name, key) = (place.name(), &context.platform[place.encrypted.key].named.name);
        let ty = context.ty(&Type { optional: false, ..clear.ty.clone() }, None);
        let form = tree::ident(form(context.platform, &clear.ty));
        let entity = hexadecimal(context.platform.stable_id(of.id));
        let column = hexadecimal(context.platform.stable_place_id(of.id, place));
        let docs =
            [format!("Seals and opens {}, by the key {}.", markdown::code(&name), markdown::code(key))];
        let checked =
            limits::of_clear(context, field, clear).map(|body| quote!(.checked(|value| { #(#body)* })));
        let value = quote! {
            polity_runtime::seal::Column::new(#entity, #column, polity_runtime::seal::Form::#form()) #checked
        };
        // Rare, and so parsed rather than built by hand.
        if let Ok(value) = syn::parse2(value) {
            let mut constant = name.replace('.', "_").to_uppercase();
            while taken.contains(&constant) {
                constant.push('_');
            }
            taken.push(constant.clone());
            let ty = tree::generic("polity_runtime::seal::Column", [ty]);
            items.push(tree::constant(tree::docs(&docs), &constant, ty, value));
        }
    }
    if !items.is_empty() {
        items.extend(row(context, of, idents));
    }
    items.extend(of.fields().filter_map(|(_, field)| pseudonymous(context, field)));
    items
}

/// A constant for a field that is a keyed hash: it is named by what it refers to, so that equal things have equal hashes.
fn pseudonymous(context: Context<'_>, field: &Field) -> Option<ImplItem> {
    let hashed = field.pseudonymous.as_ref()?;
    let ((target, of), key) = (hashed.of()?, hashed.key?);
    let platform = context.platform;
    let refers = Type { kind: TypeKind::Reference { entity: target, field: of }, optional: false };
    let path = format!("{}.{}", platform.entity_path(target), platform[target].field(of).named.name);
    let docs = [format!(
        "Makes {}, a keyed hash of {}, by the key {}.",
        markdown::code(&field.named.name),
        markdown::code(&path),
        markdown::code(&platform[key].named.name)
    )];
    let entity = hexadecimal(platform.stable_id(target));
    let column = hexadecimal(platform.stable_field_id(target, of));
    let part = match exact_part(super::types::field_base(platform, target, of), &tree::ident("key")) {
        Some(part) => quote!(|key| Ok(#part)),
        None => quote!(polity_runtime::seal::Part::text),
    };
    let value = syn::parse2(quote! {
        polity_runtime::seal::Pseudonymous::new(#entity, #column, #part)
    });
    let ty = tree::generic("polity_runtime::seal::Pseudonymous", [context.ty(&refers, None)]);
    Some(tree::constant(tree::docs(&docs), &field.named.name.to_uppercase(), ty, value.ok()?))
}

/// `User::row(&tenant, &id)`: known before the row is written.
fn row(context: Context<'_>, of: &Entity, idents: &[smol_str::SmolStr]) -> Option<ImplItem> {
    let ident = |id: FieldId| tree::ident(&idents[id.index()]);
    let input = |id: FieldId| {
        let (name, ty) = (ident(id), records::field_ty(context, of, id));
        quote!(#name: &#ty)
    };
    let bound = of.sealed_row();
    let inputs = of.tenant.iter().chain(&bound).map(|id| input(*id));
    let part = |id: FieldId| part(super::types::field_base(context.platform, of.id, id), &ident(id));
    let tenant = match of.tenant {
        Some(tenant) => {
            let part = part(tenant);
            quote!(Some(#part))
        }
        None => quote!(None),
    };
    let key = bound.iter().map(|id| part(*id));
    syn::parse2(quote! {
        /// The row that its ciphertexts are bound to, which is known before it is written.
        pub fn row(#(#inputs),*) -> Result<polity_runtime::seal::Row<'static>, polity_runtime::Invalid> {
            Ok(polity_runtime::seal::Row { tenant: #tenant, key: Vec::from([#(#key),*]) })
        }
    })
    .ok()
}

/// One field of a key, in the form of its type (`docs/ciphertext.md`).
fn part(base: Base<'_>, name: &syn::Ident) -> TokenStream {
    exact_part(base, name).unwrap_or_else(|| quote!(polity_runtime::seal::Part::text(#name)?))
}

/// Of a type that has a form of its own; every other one is a text.
fn exact_part(base: Base<'_>, name: &syn::Ident) -> Option<TokenStream> {
    let (scalar, value) = match base {
        Base::Scalar(scalar) => (scalar, quote!(*#name)),
        Base::Id(_, scalar) => (scalar, quote!(#name.0)),
        _ => return None,
    };
    Some(match scalar {
        Scalar::Uuid => quote!(polity_runtime::seal::Part::Uuid(#value)),
        Scalar::SmallInt | Scalar::Int => quote!(polity_runtime::seal::Part::Integer(i64::from(#value))),
        Scalar::BigInt => quote!(polity_runtime::seal::Part::Integer(#value)),
        Scalar::ObjectId => quote!(polity_runtime::seal::Part::Bytes(#value.bytes().to_vec().into())),
        Scalar::Bytes => quote!(polity_runtime::seal::Part::Bytes(#name.clone().into())),
        _ => return None,
    })
}

/// The function of the runtime that makes bytes of a value.
fn form(platform: &Platform, ty: &Type) -> &'static str {
    match (platform.sealed_form(ty), base(platform, ty)) {
        (Form::Text, _) => "text",
        (Form::Bytes, _) => "bytes",
        (Form::Json, Base::Scalar(scalar)) if is_stored_otherwise(scalar) => "stored",
        (Form::Json, _) => "json",
    }
}

/// `0x018f_3c1e_…`, as people read it.
fn hexadecimal(id: u128) -> Literal {
    let digits = format!("{id:032x}");
    let groups: Vec<&str> = (0..8).map(|at| &digits[at * 4..at * 4 + 4]).collect();
    format!("0x{}", groups.join("_")).parse().unwrap_or_else(|_| Literal::u128_unsuffixed(id))
}
