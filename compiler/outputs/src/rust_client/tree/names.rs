//! Names, paths and types.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Ident, Path, PathArguments, PathSegment, Type, TypePath,
    TypeReference,
};

pub(in super::super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// `polity_runtime::check::at_least`
pub(in super::super) fn path(text: &str) -> Path {
    Path {
        leading_colon: None,
        // A search for one byte costs a tenth of one for two.
        segments: text
            .split(':')
            .filter(|name| !name.is_empty())
            .map(|name| PathSegment::from(ident(name)))
            .collect(),
    }
}

/// `super::core::UserId`, or the name alone where it stands in the same module.
pub(in super::super) fn path_in(module: Option<&str>, name: &str) -> Path {
    let mut segments = Punctuated::new();
    if let Some(module) = module {
        segments.push(PathSegment::from(ident("super")));
        segments.push(PathSegment::from(ident(module)));
    }
    segments.push(PathSegment::from(ident(name)));
    Path { leading_colon: None, segments }
}

/// `path::name`
pub(in super::super) fn join(mut path: Path, name: &str) -> Path {
    path.segments.push(PathSegment::from(ident(name)));
    path
}

pub(in super::super) fn ty(path: Path) -> Type {
    Type::Path(TypePath { attrs: Vec::new(), qself: None, path })
}

pub(in super::super) fn named_ty(text: &str) -> Type {
    ty(path(text))
}

/// `Option<T>`, `std::collections::BTreeMap<String, T>`
pub(in super::super) fn generic(outer: &str, arguments: impl IntoIterator<Item = Type>) -> Type {
    let mut path = path(outer);
    if let Some(last) = path.segments.last_mut() {
        last.arguments = PathArguments::AngleBracketed(AngleBracketedGenericArguments {
            colon2_token: None,
            lt_token: Default::default(),
            args: arguments.into_iter().map(GenericArgument::Type).collect(),
            gt_token: Default::default(),
        });
    }
    ty(path)
}

/// `Row<'static>`
pub(in super::super) fn static_ty(text: &str) -> Type {
    let mut path = path(text);
    if let Some(last) = path.segments.last_mut() {
        let lifetime = syn::Lifetime::new("'static", Span::call_site());
        last.arguments = PathArguments::AngleBracketed(AngleBracketedGenericArguments {
            colon2_token: None,
            lt_token: Default::default(),
            args: [GenericArgument::Lifetime(lifetime)].into_iter().collect(),
            gt_token: Default::default(),
        });
    }
    ty(path)
}

pub(in super::super) fn reference_to(ty: Type) -> Type {
    Type::Reference(TypeReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        lifetime: None,
        mutability: None,
        elem: Box::new(ty),
    })
}

/// `&'static str`
pub(in super::super) fn static_text() -> Type {
    static_reference(named_ty("str"))
}

/// `&'static [T]`
pub(in super::super) fn static_slice(of: Type) -> Type {
    static_reference(Type::Slice(syn::TypeSlice {
        attrs: Vec::new(),
        bracket_token: Default::default(),
        elem: Box::new(of),
    }))
}

fn static_reference(to: Type) -> Type {
    Type::Reference(TypeReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        lifetime: Some(syn::Lifetime::new("'static", Span::call_site())),
        mutability: None,
        elem: Box::new(to),
    })
}
