//! New types: the keys of entities, and constrained types.

use quote::quote;
use syn::{Item, Visibility};

use super::labels::Labels;
use super::layout::Thing;
use super::limits;
use super::tree::{self, Function, This};
use super::types::{
    Base, ModuleWriter, base, field_base, has_text, is_stored_otherwise, scalar_derives, scalar_ty,
};
use polity_model::{Constrained, Entity, Scalar};
use polity_text::quoting::markdown;

/// The key of an entity, where it is one field of a type that has a text.
pub(super) fn id(writer: ModuleWriter<'_>, labels: &Labels, entity: &Entity) -> Vec<Item> {
    let (Some(name), [field]) = (writer.layout.id_name(entity.id), &entity.key[..]) else {
        return Vec::new();
    };
    let Base::Id(_, scalar) = field_base(writer.platform, entity.id, *field) else { return Vec::new() };
    let owner = writer.layout.name(writer.module, Thing::Entity(entity.id)).unwrap_or_default();
    let hidden = labels.hides_in(writer.platform, entity, *field);
    let mut attrs = tree::docs(&[format!("The key of a [`{}`].", owner.trim_start_matches("r#"))]);
    attrs.push(derives(Some(scalar), hidden));
    let (ident, ty) = (tree::ident(name), scalar_ty(scalar));
    let stored = is_stored_otherwise(scalar).then(|| quote!(, stored));
    let mut items = vec![
        tree::newtype(attrs, name, tree::public(), scalar_ty(scalar)),
        tree::macro_item("polity_runtime::id", quote!(#ident, #ty #stored)),
    ];
    if hidden {
        items.push(tree::macro_item("polity_runtime::redacted", quote!(#ident)));
    }
    items
}

/// A constrained type, which only a value that keeps to it can become.
pub(super) fn constrained(writer: ModuleWriter<'_>, labels: &Labels, of: &Constrained) -> Vec<Item> {
    let Some(name) = writer.layout.name(writer.module, Thing::Constrained(of.id)) else {
        return Vec::new();
    };
    let scalar = match base(writer.platform, &of.base) {
        Base::Scalar(scalar) | Base::Id(_, scalar) => Some(scalar),
        _ => None,
    };
    let plain = matches!(base(writer.platform, &of.base), Base::Scalar(_));
    let hidden = labels.any(&of.labels);
    let ty = writer.ty(&of.base, None);
    let mut attrs = tree::docs(&markdown::lines(&of.named.docs));
    attrs.push(derives(scalar, hidden));
    let check = Function {
        attrs: Vec::new(),
        vis: Visibility::Inherited,
        constant: false,
        name: "check",
        this: This::Borrowed,
        inputs: Vec::new(),
        output: Some(limits::result()),
        body: limits::of_type(writer, of),
    };
    let ident = tree::ident(name);
    let stored = (plain && scalar.is_some_and(is_stored_otherwise)).then(|| quote!(, stored));
    let mut items = vec![
        tree::newtype(attrs, name, Visibility::Inherited, writer.ty(&of.base, None)),
        tree::implementation(None, name, vec![check.build()]),
        tree::macro_item("polity_runtime::constrained", quote!(#ident, #ty #stored)),
    ];
    if scalar.is_some_and(has_text)
        || matches!(base(writer.platform, &of.base), Base::Enum(_) | Base::Constrained(_))
    {
        items.push(tree::macro_item("polity_runtime::textual", quote!(#ident, #ty)));
    }
    if hidden {
        items.push(tree::macro_item("polity_runtime::redacted", quote!(#ident)));
    }
    items
}

fn derives(scalar: Option<Scalar>, hidden: bool) -> syn::Attribute {
    let mut names = if hidden { vec!["Clone"] } else { vec!["Debug", "Clone"] };
    let of_scalar = scalar.map_or(&[][..], scalar_derives);
    names.extend(of_scalar.iter().filter(|name| **name == "Copy"));
    names.push("PartialEq");
    names.extend(of_scalar.iter().filter(|name| **name != "Copy"));
    tree::list_attribute("derive", tree::word_list(&names))
}
