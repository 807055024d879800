//! Rows, documents and records, with what makes a new one and what checks one.

mod made;

use proc_macro2::TokenStream;
use quote::quote;
use smol_str::SmolStr;
use syn::{Attribute, ImplItem, Item};

use super::computed::{self, Computed};
use super::labels::{self, Labels};
use super::layout::{Thing, union_arms};
use super::names::Scope;
use super::tree::{self, Function, This};
use super::types::{Base, ModuleWriter, base, field_base, is_stored_otherwise};
use super::{enums, limits, sealed};
use polity_govern::Stored;
use polity_model::{Entity, EntityId, Field, FieldId, Scalar, StoreId, Struct, Type, View};
use polity_text::quoting::markdown;

/// A row of a table, or a document.
pub(super) fn entity(writer: ModuleWriter<'_>, labels: &Labels, of: &Entity) -> Vec<Item> {
    let platform = writer.platform;
    let held = if of.schema.is_some() { "Rows" } else { "Documents" };
    let stored = match of.schema {
        Some(schema) => format!("{}.{}", platform[schema].named.stored, of.named.stored),
        None => of.named.stored.to_string(),
    };
    let record = Record {
        writer,
        thing: Thing::Entity(of.id),
        entity: Some(of.id),
        store: Some(of.store),
        docs: markdown::with(&of.named.docs, format!("{held} of {}.", markdown::code(&stored))),
        hidden: labels::through_computed(
            &of.fields,
            (0..of.fields.len()).map(|i| labels.hides_in(platform, of, FieldId(i as u32))).collect(),
        ),
        fields: &of.fields,
        // A copy is made from what it copies, and never anew.
        is_made_here: of.projection.is_none(),
        leaves_out_absent: of.schema.is_none(),
    };
    record.items()
}

/// A named or an embedded record.
pub(super) fn structure(writer: ModuleWriter<'_>, labels: &Labels, of: &Struct) -> Vec<Item> {
    let all = labels.any(&of.labels);
    let record = Record {
        writer,
        thing: Thing::Struct(of.id),
        entity: None,
        store: writer.layout.module(writer.module).store,
        docs: markdown::lines(&of.named.docs),
        hidden: labels::through_computed(
            &of.fields,
            of.fields.iter().map(|field| all || labels.hides(writer.platform, field)).collect(),
        ),
        fields: &of.fields,
        // Where nothing has a default, a literal says as much.
        is_made_here: of.fields.iter().any(|field| field.default.is_some()),
        leaves_out_absent: true,
    };
    record.items()
}

/// A row of a view.
pub(super) fn view(writer: ModuleWriter<'_>, labels: &Labels, of: &View) -> Vec<Item> {
    let record = Record {
        writer,
        thing: Thing::View(of.id),
        entity: None,
        store: Some(of.store),
        docs: markdown::with(
            &of.named.docs,
            format!("Rows of the view {}.", markdown::code(&of.named.stored)),
        ),
        hidden: of.columns.iter().map(|field| labels.hides(writer.platform, field)).collect(),
        fields: &of.columns,
        is_made_here: false,
        leaves_out_absent: false,
    };
    record.items()
}

/// The record of the fields that a service reads of an entity, as the entity has them, and nothing that makes one.
pub(super) fn part(writer: ModuleWriter<'_>, labels: &Labels, service: usize, of: &Entity) -> Vec<Item> {
    let platform = writer.platform;
    let name = writer.layout.name(writer.module, Thing::Part(service, of.id));
    let (Some(name), Some(shown)) = (name, writer.layout.parts.get(&(service, of.id))) else {
        return Vec::new();
    };
    let service = &platform.services[service];
    let whole = Thing::Entity(of.id);
    let from = writer.layout.name(writer.module, whole).unwrap_or_default();
    let record = Record {
        writer,
        thing: whole,
        entity: Some(of.id),
        store: Some(of.store),
        docs: vec![format!("What the service {} reads of [`{from}`].", markdown::code(&service.named.name))],
        hidden: labels::through_computed(
            &of.fields,
            (0..of.fields.len()).map(|i| labels.hides_in(platform, of, FieldId(i as u32))).collect(),
        ),
        fields: &of.fields,
        is_made_here: false,
        leaves_out_absent: of.schema.is_none(),
    };
    record.declaration(name, |id| shown.contains(&id))
}

/// The names of a record's fields in Rust.
pub(super) fn idents(fields: &[Field]) -> Vec<SmolStr> {
    let mut scope = Scope::default();
    fields.iter().map(|field| scope.claim(&field.named.name)).collect()
}

struct Record<'a> {
    writer: ModuleWriter<'a>,
    thing: Thing,
    /// Where it is one: whose key may have a new type.
    entity: Option<EntityId>,
    /// The store whose stored names `serde` uses.
    store: Option<StoreId>,
    docs: Vec<String>,
    fields: &'a [Field],
    /// For each field, whether `Debug` hides it.
    hidden: Vec<bool>,
    /// Whether it has a `new`.
    is_made_here: bool,
    /// Whether an absent field is left out of its JSON; in a row it is null.
    leaves_out_absent: bool,
}

impl Record<'_> {
    fn items(&self) -> Vec<Item> {
        let Some(name) = self.writer.layout.name(self.writer.module, self.thing) else { return Vec::new() };
        let idents = idents(self.fields);
        let mut items = self.declaration(name, |_| true);
        let made = if self.is_made_here { self.made(name, &idents) } else { None };
        let (input, new) = made.unzip();
        items.extend(input.flatten());
        let limited = self.writer.limited.fields(self.fields);
        let sealed = self.entity.map(|entity| &self.writer.platform[entity]);
        let sealed = sealed.map(|entity| sealed::items(self.writer, entity, &idents)).unwrap_or_default();
        let methods: Vec<ImplItem> = sealed
            .into_iter()
            .chain(new)
            .chain(self.compute(&idents))
            .chain(limited.then(|| self.validate(&idents)))
            .collect();
        if !methods.is_empty() {
            items.push(tree::implementation(None, name, methods));
        }
        if limited {
            let ident = tree::ident(name);
            items.push(tree::macro_item("polity_runtime::record", quote!(#ident)));
        }
        items.extend(self.each(&idents).filter_map(|(id, field, _)| self.union(id, field)));
        items
    }

    /// The struct with these of its fields, and how it shows itself.
    fn declaration(&self, name: &str, shows: impl Fn(FieldId) -> bool) -> Vec<Item> {
        let idents = idents(self.fields);
        let is_shown = |at: usize| shows(FieldId(at as u32));
        let hides = self.hidden.iter().enumerate().any(|(at, hidden)| *hidden && is_shown(at));
        let derives: &[&str] = if hides {
            &["Clone", "PartialEq", "Serialize", "Deserialize"]
        } else {
            &["Debug", "Clone", "PartialEq", "Serialize", "Deserialize"]
        };
        let mut attrs = tree::docs(&self.docs);
        attrs.push(tree::list_attribute("derive", tree::word_list(derives)));
        attrs.push(tree::serde(quote!(crate = "polity_runtime::serde")));
        let members = self.each(&idents).filter(|(id, ..)| shows(*id)).map(|(id, field, ident)| {
            tree::field(self.field_attrs(id, field, ident), ident, self.field_ty(id, field))
        });
        let mut items = vec![tree::structure(attrs, name, members.collect())];
        if hides {
            let shown = idents.iter().zip(&self.hidden).enumerate().filter(|(at, _)| is_shown(*at));
            items.push(debug(name, shown.map(|(_, (ident, hidden))| (ident, *hidden))));
        }
        items
    }

    fn each<'r>(&'r self, idents: &'r [SmolStr]) -> impl Iterator<Item = (FieldId, &'r Field, &'r str)> {
        self.fields
            .iter()
            .zip(idents)
            .enumerate()
            .map(|(i, (field, ident))| (FieldId(i as u32), field, ident.as_str()))
    }

    fn field_attrs(&self, id: FieldId, field: &Field, ident: &str) -> Vec<Attribute> {
        let mut attrs = tree::docs(&markdown::lines(&field.named.docs));
        let says = self.serde(id, field, ident);
        if !says.is_empty() {
            attrs.push(tree::serde(quote!(#(#says),*)));
        }
        attrs
    }

    /// The arguments of the `serde` attribute of a field.
    fn serde(&self, id: FieldId, field: &Field, ident: &str) -> Vec<TokenStream> {
        if matches!(base(self.writer.platform, &field.ty), Base::Union) {
            // It stands beside the other fields under two names of its own.
            return vec![quote!(flatten)];
        }
        let mut says = Vec::new();
        let stored = self.stored_name(id, field);
        if stored != ident.trim_start_matches("r#") {
            let stored = tree::text_token(&stored);
            says.push(quote!(rename = #stored));
        }
        let with = match self.base(id, field) {
            Base::Id(..) => false,
            _ => stored_otherwise(self.writer.platform, &field.ty),
        };
        if with {
            says.push(quote!(with = "polity_runtime::stored"));
            if field.ty.optional {
                says.push(quote!(default));
            }
        }
        match base(self.writer.platform, &field.ty) {
            Base::Scalar(Scalar::Password) => says.push(quote!(skip_serializing)),
            _ if field.ty.optional && self.leaves_out_absent => {
                says.push(quote!(skip_serializing_if = "Option::is_none"));
            }
            _ => {}
        }
        says
    }

    fn stored_name(&self, id: FieldId, field: &Field) -> SmolStr {
        let platform = self.writer.platform;
        if let Some(entity) = self.entity.map(|entity| &platform[entity]) {
            return self.writer.lowered.stored(entity).field(id).name.clone();
        }
        match self.store {
            Some(store) => platform.stored_name(store, &field.named),
            None => field.named.stored.clone(),
        }
    }

    /// The base of a field's type; for a field of an entity, it may be the new type of the key.
    fn base<'f>(&'f self, id: FieldId, field: &'f Field) -> Base<'f> {
        match self.entity {
            Some(entity) => field_base(self.writer.platform, entity, id),
            None => base(self.writer.platform, &field.ty),
        }
    }

    fn field_ty(&self, id: FieldId, field: &Field) -> syn::Type {
        if let Some(ty) = id_ty(self.writer, self.base(id, field), field) {
            return ty;
        }
        let union = self.writer.layout.union(self.writer.module, self.thing, id);
        self.writer.ty(&field.ty, union)
    }

    /// The computed fields that the client can compute, with their values.
    fn computed<'r>(&self, idents: &'r [SmolStr]) -> Vec<(&'r str, Computed)> {
        let fields = self.fields.iter().zip(idents);
        fields
            .filter_map(|(field, ident)| Some((ident.as_str(), computed::value(self.fields, idents, field)?)))
            .collect()
    }

    fn compute(&self, idents: &[SmolStr]) -> Option<ImplItem> {
        let computed = self.computed(idents);
        if computed.is_empty() {
            return None;
        }
        let calculates = computed.iter().any(|(_, computed)| computed.calculates);
        let mut body: Vec<_> = calculates.then(computed::number).into_iter().collect();
        let assign =
            |(name, computed): (_, Computed)| tree::assign(tree::member("self", name), computed.value);
        body.extend(computed.into_iter().map(assign));
        body.push(tree::give(tree::call(tree::path("Ok"), [tree::tuple([])])));
        let function = Function {
            attrs: tree::docs(&["Computes its computed fields anew, after others changed.".to_owned()]),
            vis: tree::public(),
            constant: false,
            name: "compute",
            this: This::Mutable,
            inputs: Vec::new(),
            output: Some(limits::result()),
            body,
        };
        Some(function.build())
    }

    fn validate(&self, idents: &[SmolStr]) -> ImplItem {
        let function = Function {
            attrs: tree::docs(&["Checks the limits that the source sets on its fields.".to_owned()]),
            vis: tree::public(),
            constant: false,
            name: "validate",
            this: This::Borrowed,
            inputs: Vec::new(),
            output: Some(limits::result()),
            body: limits::of_record(self.writer, self.fields.iter().zip(idents.iter().map(SmolStr::as_str))),
        };
        function.build()
    }

    fn union(&self, id: FieldId, field: &Field) -> Option<Item> {
        let arms = union_arms(&field.ty)?;
        let name = self.writer.layout.union(self.writer.module, self.thing, id)?;
        let kind = match self.store {
            Some(store) => self.writer.platform.stored_type_name(store, &field.named),
            None => smol_str::format_smolstr!("{}_type", field.named.name),
        };
        let stored = self.stored_name(id, field);
        Some(enums::union(self.writer, name, arms, &field.named.name, (&stored, &kind)))
    }
}

/// The type of an entity's field.
pub(super) fn field_ty(writer: ModuleWriter<'_>, of: &Entity, id: FieldId) -> syn::Type {
    let field = of.field(id);
    let key = id_ty(writer, field_base(writer.platform, of.id, id), field);
    key.unwrap_or_else(|| writer.ty(&field.ty, None))
}

/// The new type of a field that is an entity's key, or refers to one.
fn id_ty(writer: ModuleWriter<'_>, base: Base<'_>, field: &Field) -> Option<syn::Type> {
    let Base::Id(owner, _) = base else { return None };
    let ty = tree::ty(writer.layout.id_path(writer.module, owner)?);
    Some(if field.ty.optional { tree::generic("Option", [ty]) } else { ty })
}

fn debug<'i>(name: &str, fields: impl Iterator<Item = (&'i SmolStr, bool)>) -> Item {
    let (hidden, shown): (Vec<_>, Vec<_>) = fields.partition(|(_, hidden)| *hidden);
    let idents = |fields: Vec<(&SmolStr, bool)>| -> Vec<_> {
        fields.into_iter().map(|(ident, _)| tree::ident(ident)).collect()
    };
    let (name, shown, hidden) = (tree::ident(name), idents(shown), idents(hidden));
    tree::macro_item("polity_runtime::debug", quote!(#name { #(#shown),* } hiding { #(#hidden),* }))
}

/// Whether `serde`'s own form of what a type holds is not that of the stores.
fn stored_otherwise(platform: &Stored, ty: &Type) -> bool {
    match base(platform, ty) {
        Base::Scalar(scalar) => is_stored_otherwise(scalar),
        Base::List(of) | Base::Map(of) => stored_otherwise(platform, of),
        // New types bring their own form.
        Base::Id(..)
        | Base::Constrained(_)
        | Base::Enum(_)
        | Base::Struct(_)
        | Base::Union
        | Base::Unknown => false,
    }
}
