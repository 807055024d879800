//! Enums, and the enums that references with several arms are.

use quote::quote;
use smol_str::SmolStr;
use syn::Item;

use super::layout::Thing;
use super::names::{Scope, camel_case};
use super::tree::{self, Function, This};
use super::types::{Base, ModuleWriter, field_base};
use polity_model::{Enum, types::Arm};
use polity_text::quoting::markdown;

const DERIVES: &[&str] = &["Debug", "Clone", "Copy", "PartialEq", "Eq", "PartialOrd", "Ord", "Hash"];

/// An enum with its stored names.
pub(super) fn items(writer: ModuleWriter<'_>, of: &Enum) -> Vec<Item> {
    let Some(name) = writer.layout.name(writer.module, Thing::Enum(of.id)) else { return Vec::new() };
    let variants: Vec<_> = variants(of).zip(of.values.iter().map(|value| &value.named)).collect();
    let variant_of = |name: &str| tree::join(tree::path("Self"), name);

    let mut attrs = tree::docs(&markdown::lines(&of.named.docs));
    attrs.push(tree::list_attribute("derive", tree::word_list(DERIVES)));
    let declared = variants.iter().map(|(name, value)| {
        tree::variant(
            tree::docs(&markdown::with(&value.docs, format!("Stored as {}.", markdown::code(&value.stored)))),
            name,
            None,
        )
    });
    let all = tree::borrow(tree::array(variants.iter().map(|(name, _)| tree::expr(variant_of(name)))));
    let stored = tree::match_self(
        variants.iter().map(|(name, value)| (variant_of(name), tree::text_literal(&value.stored))),
    );
    let stored = Function {
        attrs: tree::docs(&["The name in the stores.".to_owned()]),
        vis: tree::public(),
        constant: true,
        name: "stored",
        this: This::Value,
        inputs: Vec::new(),
        output: Some(tree::static_text()),
        body: vec![tree::give(stored)],
    };
    let members = vec![
        tree::constant(
            tree::docs(&["Every value, in the order of the source.".to_owned()]),
            "ALL",
            tree::static_slice(tree::named_ty("Self")),
            all,
        ),
        stored.build(),
    ];
    let ident = tree::ident(name);
    vec![
        tree::enumeration(attrs, name, declared.collect()),
        tree::implementation(None, name, members),
        tree::macro_item("polity_runtime::stored_enum", quote!(#ident)),
    ]
}

/// The name of a value in Rust.
pub(super) fn variant(of: &Enum, value: usize) -> Option<SmolStr> {
    variants(of).nth(value)
}

fn variants(of: &Enum) -> impl Iterator<Item = SmolStr> {
    // `ALL` is a constant beside the variants.
    let mut scope = Scope::with(&["ALL"]);
    of.values.iter().map(move |value| scope.claim(&camel_case(&value.named.name)))
}

/// The enum of a reference with several arms: which arm, and the key there. `serde` writes the two names under
/// which stores keep them, beside the other fields.
pub(super) fn union(
    writer: ModuleWriter<'_>,
    name: &str,
    arms: &[Arm],
    field: &str,
    stored: (&str, &str),
) -> Item {
    let mut scope = Scope::default();
    let (key, kind) = (tree::text_token(stored.0), tree::text_token(stored.1));
    let mut attrs = tree::docs(&[format!("What {} refers to.", markdown::code(field))]);
    attrs.push(tree::list_attribute(
        "derive",
        tree::word_list(&["Debug", "Clone", "PartialEq", "Serialize", "Deserialize"]),
    ));
    attrs.push(tree::serde(quote!(crate = "polity_runtime::serde", tag = #kind, content = #key)));
    let variants = arms.iter().map(|arm| {
        let entity = &writer.platform[arm.entity].named.name;
        let variant = scope.claim(&camel_case(entity));
        let holds = match field_base(writer.platform, arm.entity, arm.field) {
            Base::Id(entity, _) => writer.layout.id_path(writer.module, entity).map(tree::ty),
            _ => None,
        };
        let holds =
            holds.unwrap_or_else(|| writer.ty(&writer.platform[arm.entity].field(arm.field).ty, None));
        let mut attrs = Vec::new();
        if arm.stored != variant {
            let stored = tree::text_token(&arm.stored);
            attrs.push(tree::serde(quote!(rename = #stored)));
        }
        tree::variant(attrs, &variant, Some(holds))
    });
    tree::enumeration(attrs, name, variants.collect())
}
