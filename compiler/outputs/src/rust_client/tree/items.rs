//! The parts of a module: attributes, structures, enumerations, implementations and their functions.

use proc_macro2::{Literal, TokenStream, TokenTree};
use quote::quote;
use smol_str::SmolStr;
use syn::punctuated::Punctuated;
use syn::{
    AttrStyle, Attribute, Block, Expr, Field, Fields, FieldsNamed, FieldsUnnamed, FnArg, Generics, ImplItem,
    ImplItemConst, ImplItemFn, Item, ItemEnum, ItemImpl, ItemMacro, ItemStruct, Macro, MacroDelimiter, Meta,
    MetaList, MetaNameValue, PatType, Path, Receiver, ReceiverKind, ReturnType, Safety, Signature, Stmt,
    Token, Type, Variant, Visibility,
};

use super::values::binding;
use super::*;

pub(in super::super) fn public() -> Visibility {
    Visibility::Public(Default::default())
}

/// `///` for each line.
pub(in super::super) fn docs(lines: &[String]) -> Vec<Attribute> {
    let line = |line: &String| {
        let text = if line.is_empty() { String::new() } else { format!(" {line}") };
        attribute(Meta::NameValue(MetaNameValue {
            path: path("doc"),
            eq_token: Default::default(),
            value: text_literal(&text),
        }))
    };
    lines.iter().map(line).collect()
}

/// `#[derive(Clone, Copy)]`, `#[serde(transparent)]`
pub(in super::super) fn list_attribute(name: &str, tokens: TokenStream) -> Attribute {
    attribute(Meta::List(MetaList {
        path: path(name),
        delimiter: MacroDelimiter::Paren(Default::default()),
        tokens,
    }))
}

/// `#[must_use]`
pub(in super::super) fn word_attribute(name: &str) -> Attribute {
    attribute(Meta::Path(path(name)))
}

fn attribute(meta: Meta) -> Attribute {
    Attribute {
        pound_token: Default::default(),
        style: AttrStyle::Outer,
        bracket_token: Default::default(),
        meta,
    }
}

/// The words of `names`, with commas between them.
pub(in super::super) fn word_list(names: &[&str]) -> TokenStream {
    let names = names.iter().map(|name| ident(name));
    quote!(#(#names),*)
}

pub(in super::super) fn field(attrs: Vec<Attribute>, name: &str, ty: Type) -> Field {
    Field {
        attrs,
        vis: public(),
        modifiers: Default::default(),
        ident: Some(ident(name)),
        colon_token: Some(Default::default()),
        ty,
        default: None,
    }
}

pub(in super::super) fn structure(attrs: Vec<Attribute>, name: &str, fields: Vec<Field>) -> Item {
    let named = FieldsNamed { brace_token: Default::default(), named: trailing(fields) };
    Item::Struct(ItemStruct {
        attrs,
        vis: public(),
        struct_token: Default::default(),
        ident: ident(name),
        generics: Generics::default(),
        fields: Fields::Named(named),
        semi_token: None,
    })
}

/// `pub struct UserId(pub Uuid);`
pub(in super::super) fn newtype(attrs: Vec<Attribute>, name: &str, inner: Visibility, ty: Type) -> Item {
    Item::Struct(ItemStruct {
        attrs,
        vis: public(),
        struct_token: Default::default(),
        ident: ident(name),
        generics: Generics::default(),
        fields: Fields::Unnamed(unnamed(inner, ty)),
        semi_token: Some(Default::default()),
    })
}

fn unnamed(vis: Visibility, ty: Type) -> FieldsUnnamed {
    let field = Field {
        attrs: Vec::new(),
        vis,
        modifiers: Default::default(),
        ident: None,
        colon_token: None,
        ty,
        default: None,
    };
    FieldsUnnamed { paren_token: Default::default(), unnamed: [field].into_iter().collect() }
}

/// A variant, with what it holds, if anything.
pub(in super::super) fn variant(attrs: Vec<Attribute>, name: &str, holds: Option<Type>) -> Variant {
    let fields = holds.map_or(Fields::Unit, |ty| Fields::Unnamed(unnamed(Visibility::Inherited, ty)));
    Variant { attrs, ident: ident(name), fields, discriminant: None }
}

pub(in super::super) fn enumeration(attrs: Vec<Attribute>, name: &str, variants: Vec<Variant>) -> Item {
    Item::Enum(ItemEnum {
        attrs,
        vis: public(),
        enum_token: Default::default(),
        ident: ident(name),
        generics: Generics::default(),
        brace_token: Default::default(),
        variants: trailing(variants),
    })
}

/// `impl Name { … }` or `impl Trait for Name { … }`
pub(in super::super) fn implementation(of: Option<Path>, name: &str, items: Vec<ImplItem>) -> Item {
    Item::Impl(ItemImpl {
        attrs: Vec::new(),
        modifiers: Default::default(),
        unsafety: None,
        impl_token: Default::default(),
        generics: Generics::default(),
        trait_: of.map(|path| (path, Default::default())),
        self_ty: Box::new(ty(Path::from(ident(name)))),
        brace_token: Default::default(),
        items,
    })
}

/// `pub const TTL: Duration = …;`
pub(in super::super) fn constant(attrs: Vec<Attribute>, name: &str, ty: Type, value: Expr) -> ImplItem {
    ImplItem::Const(ImplItemConst {
        attrs,
        vis: public(),
        modifiers: Default::default(),
        const_token: Default::default(),
        ident: ident(name),
        generics: Generics::default(),
        colon_token: Default::default(),
        ty,
        eq_token: Default::default(),
        expr: value,
        semi_token: Default::default(),
    })
}

/// The receiver of a method, if it has one.
#[derive(Clone, Copy)]
pub(in super::super) enum This {
    None,
    Value,
    Borrowed,
    Mutable,
}

/// A function of an `impl` block.
pub(in super::super) struct Function {
    pub(in super::super) attrs: Vec<Attribute>,
    pub(in super::super) vis: Visibility,
    pub(in super::super) constant: bool,
    pub(in super::super) name: &'static str,
    pub(in super::super) this: This,
    pub(in super::super) inputs: Vec<(SmolStr, Type)>,
    pub(in super::super) output: Option<Type>,
    pub(in super::super) body: Vec<Stmt>,
}

impl Function {
    pub(in super::super) fn build(self) -> ImplItem {
        let kind = match self.this {
            This::None => None,
            This::Value => Some(ReceiverKind::Value),
            This::Borrowed => Some(ReceiverKind::Reference(Default::default(), None, None)),
            This::Mutable => {
                Some(ReceiverKind::Reference(Default::default(), None, Some(Default::default())))
            }
        };
        let receiver = kind.map(|kind| {
            FnArg::Receiver(Receiver {
                attrs: Vec::new(),
                mutability: None,
                self_token: Default::default(),
                kind,
            })
        });
        let typed = |(name, ty): (SmolStr, Type)| {
            FnArg::Typed(PatType {
                attrs: Vec::new(),
                pat: Box::new(binding(&name, false)),
                colon_token: Default::default(),
                ty: Box::new(ty),
            })
        };
        ImplItem::Fn(ImplItemFn {
            attrs: self.attrs,
            vis: self.vis,
            modifiers: Default::default(),
            sig: Signature {
                constness: self.constant.then(Default::default),
                asyncness: None,
                safety: Safety::Default,
                abi: None,
                fn_token: Default::default(),
                ident: ident(self.name),
                generics: Generics::default(),
                paren_token: Default::default(),
                inputs: receiver.into_iter().chain(self.inputs.into_iter().map(typed)).collect(),
                variadic: None,
                output: self
                    .output
                    .map_or(ReturnType::Default, |ty| ReturnType::Type(Default::default(), Box::new(ty))),
            },
            block: Block { brace_token: Default::default(), stmts: self.body },
        })
    }
}

/// `polity_runtime::id!(…);`
pub(in super::super) fn macro_item(name: &str, tokens: TokenStream) -> Item {
    Item::Macro(ItemMacro {
        attrs: Vec::new(),
        ident: None,
        mac: Macro {
            path: path(name),
            bang_token: Default::default(),
            delimiter: MacroDelimiter::Paren(Default::default()),
            tokens,
        },
        semi_token: Some(Default::default()),
    })
}

/// A list with a comma after the last as well.
pub(super) fn trailing<T>(items: Vec<T>) -> Punctuated<T, Token![,]> {
    let mut list: Punctuated<T, Token![,]> = items.into_iter().collect();
    if !list.is_empty() {
        list.push_punct(<Token![,]>::default());
    }
    list
}

/// A text as a token, for attributes.
pub(in super::super) fn text_token(text: &str) -> TokenTree {
    TokenTree::Literal(Literal::string(text))
}

/// `#[serde(…)]`
pub(in super::super) fn serde(tokens: TokenStream) -> Attribute {
    list_attribute("serde", tokens)
}
