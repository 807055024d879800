//! The pieces of Rust that the client is made of. They are built, never parsed: reading back what was just written
//! would cost more than the whole build.

use proc_macro2::{Literal, Span, TokenStream, TokenTree};
use quote::quote;
use smol_str::SmolStr;
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, Arm, AttrStyle, Attribute, Block, Expr, ExprArray, ExprCall, ExprField,
    ExprLit, ExprMatch, ExprMethodCall, ExprPath, ExprReference, ExprStruct, ExprTry, ExprUnary, Field,
    FieldValue, Fields, FieldsNamed, FieldsUnnamed, FnArg, GenericArgument, Generics, Ident, ImplItem,
    ImplItemConst, ImplItemFn, Item, ItemEnum, ItemImpl, ItemMacro, ItemStruct, Lit, LitInt, LitStr, Local,
    LocalInit, Macro, MacroDelimiter, Member, Meta, MetaList, MetaNameValue, Pat, PatIdent, PatType, Path,
    PathArguments, PathSegment, Receiver, ReceiverKind, ReturnType, Safety, Signature, Stmt, Token, Type,
    TypePath, TypeReference, UnOp, Variant, Visibility,
};

pub(super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// `polity_runtime::check::at_least`
pub(super) fn path(text: &str) -> Path {
    Path {
        leading_colon: None,
        segments: text.split("::").map(|name| PathSegment::from(ident(name))).collect(),
    }
}

/// `super::core::UserId`, or the name alone where it stands in the same module.
pub(super) fn path_in(module: Option<&str>, name: &str) -> Path {
    let mut segments = Punctuated::new();
    if let Some(module) = module {
        segments.push(PathSegment::from(ident("super")));
        segments.push(PathSegment::from(ident(module)));
    }
    segments.push(PathSegment::from(ident(name)));
    Path { leading_colon: None, segments }
}

/// `path::name`
pub(super) fn join(mut path: Path, name: &str) -> Path {
    path.segments.push(PathSegment::from(ident(name)));
    path
}

pub(super) fn ty(path: Path) -> Type {
    Type::Path(TypePath { attrs: Vec::new(), qself: None, path })
}

pub(super) fn named_ty(text: &str) -> Type {
    ty(path(text))
}

/// `Option<T>`, `std::collections::BTreeMap<String, T>`
pub(super) fn generic(outer: &str, arguments: impl IntoIterator<Item = Type>) -> Type {
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

pub(super) fn reference_to(ty: Type) -> Type {
    Type::Reference(TypeReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        lifetime: None,
        mutability: None,
        elem: Box::new(ty),
    })
}

pub(super) fn public() -> Visibility {
    Visibility::Public(Default::default())
}

/// `///` for each line.
pub(super) fn docs(lines: &[String]) -> Vec<Attribute> {
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
pub(super) fn list_attribute(name: &str, tokens: TokenStream) -> Attribute {
    attribute(Meta::List(MetaList {
        path: path(name),
        delimiter: MacroDelimiter::Paren(Default::default()),
        tokens,
    }))
}

/// `#[must_use]`
pub(super) fn word_attribute(name: &str) -> Attribute {
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
pub(super) fn word_list(names: &[&str]) -> TokenStream {
    let names = names.iter().map(|name| ident(name));
    quote!(#(#names),*)
}

pub(super) fn field(attrs: Vec<Attribute>, name: &str, ty: Type) -> Field {
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

pub(super) fn structure(attrs: Vec<Attribute>, name: &str, fields: Vec<Field>) -> Item {
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
pub(super) fn newtype(attrs: Vec<Attribute>, name: &str, inner: Visibility, ty: Type) -> Item {
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
pub(super) fn variant(attrs: Vec<Attribute>, name: &str, holds: Option<Type>) -> Variant {
    let fields = holds.map_or(Fields::Unit, |ty| Fields::Unnamed(unnamed(Visibility::Inherited, ty)));
    Variant { attrs, ident: ident(name), fields, discriminant: None }
}

pub(super) fn enumeration(attrs: Vec<Attribute>, name: &str, variants: Vec<Variant>) -> Item {
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
pub(super) fn implementation(of: Option<Path>, name: &str, items: Vec<ImplItem>) -> Item {
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
pub(super) fn constant(attrs: Vec<Attribute>, name: &str, ty: Type, value: Expr) -> ImplItem {
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

/// What a method says of its receiver.
#[derive(Clone, Copy)]
pub(super) enum This {
    None,
    Value,
    Borrowed,
    Mutable,
}

/// A function of an `impl` block.
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) constant: bool,
    pub(super) name: &'static str,
    pub(super) this: This,
    pub(super) inputs: Vec<(SmolStr, Type)>,
    pub(super) output: Option<Type>,
    pub(super) body: Vec<Stmt>,
}

impl Function {
    pub(super) fn build(self) -> ImplItem {
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
pub(super) fn macro_item(name: &str, tokens: TokenStream) -> Item {
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

/// `let name = value;`, or `let mut`
pub(super) fn bind(name: &str, mutable: bool, value: Expr) -> Stmt {
    Stmt::Local(Local {
        attrs: Vec::new(),
        let_token: Default::default(),
        modifiers: Default::default(),
        pat: binding(name, mutable),
        init: Some(LocalInit { eq_token: Default::default(), expr: Box::new(value), diverge: None }),
        semi_token: Default::default(),
    })
}

fn binding(name: &str, mutable: bool) -> Pat {
    Pat::Ident(PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: mutable.then(Default::default),
        ident: ident(name),
        subpat: None,
    })
}

/// `value;`
pub(super) fn run(value: Expr) -> Stmt {
    Stmt::Expr(value, Some(Default::default()))
}

/// The value that a block ends in.
pub(super) fn give(value: Expr) -> Stmt {
    Stmt::Expr(value, None)
}

pub(super) fn expr(path: Path) -> Expr {
    Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path })
}

pub(super) fn named(text: &str) -> Expr {
    expr(path(text))
}

pub(super) fn call(function: Path, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Call(ExprCall {
        attrs: Vec::new(),
        func: Box::new(expr(function)),
        paren_token: Default::default(),
        args: arguments.into_iter().collect(),
    })
}

pub(super) fn method(receiver: Expr, name: &str, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::MethodCall(ExprMethodCall {
        attrs: Vec::new(),
        receiver: Box::new(receiver),
        dot_token: Default::default(),
        method: ident(name),
        turbofish: None,
        paren_token: Default::default(),
        args: arguments.into_iter().collect(),
    })
}

/// `base.name`
pub(super) fn member(base: &str, name: &str) -> Expr {
    Expr::Field(ExprField {
        attrs: Vec::new(),
        base: Box::new(named(base)),
        dot_token: Default::default(),
        member: Member::Named(ident(name)),
    })
}

/// `&value`
pub(super) fn borrow(value: Expr) -> Expr {
    Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        mutability: None,
        expr: Box::new(value),
    })
}

/// `value?`
pub(super) fn attempt(value: Expr) -> Expr {
    Expr::Try(ExprTry { attrs: Vec::new(), expr: Box::new(value), question_token: Default::default() })
}

/// `Name { field: value, … }`
pub(super) fn literal_of(path: Path, fields: impl IntoIterator<Item = (SmolStr, Expr)>) -> Expr {
    let value = |(name, expr): (SmolStr, Expr)| FieldValue {
        attrs: Vec::new(),
        member: Member::Named(ident(&name)),
        colon_token: Some(Default::default()),
        expr,
    };
    Expr::Struct(ExprStruct {
        attrs: Vec::new(),
        qself: None,
        path,
        brace_token: Default::default(),
        fields: trailing(fields.into_iter().map(value).collect()),
        dot2_token: None,
        rest: None,
    })
}

/// `match self { Self::A => value, … }`
pub(super) fn match_self(arms: impl IntoIterator<Item = (Path, Expr)>) -> Expr {
    let arm = |(path, value): (Path, Expr)| Arm {
        attrs: Vec::new(),
        pat: Pat::Path(ExprPath { attrs: Vec::new(), qself: None, path }),
        fat_arrow_token: Default::default(),
        body: Box::new(value),
        comma: Some(Default::default()),
    };
    Expr::Match(ExprMatch {
        attrs: Vec::new(),
        match_token: Default::default(),
        expr: Box::new(named("self")),
        brace_token: Default::default(),
        arms: arms.into_iter().map(arm).collect(),
    })
}

/// `[a, b]`
pub(super) fn array(elements: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Array(ExprArray {
        attrs: Vec::new(),
        bracket_token: Default::default(),
        elems: elements.into_iter().collect(),
    })
}

pub(super) fn text_literal(text: &str) -> Expr {
    literal(Lit::Str(LitStr::new(text, Span::call_site())))
}

/// An integer or a number with a point, with a minus in front where it is negative.
pub(super) fn number_literal(digits: &str) -> Expr {
    let positive = digits.trim_start_matches(['-', '+']);
    let token: Literal = positive.parse().unwrap_or_else(|_| Literal::u64_unsuffixed(0));
    let value = match syn::Lit::new(token) {
        Lit::Int(int) => Lit::Int(int),
        Lit::Float(float) => Lit::Float(float),
        _ => Lit::Int(LitInt::new("0", Span::call_site())),
    };
    if digits.starts_with('-') {
        Expr::Unary(ExprUnary {
            attrs: Vec::new(),
            op: UnOp::Neg(Default::default()),
            expr: Box::new(literal(value)),
        })
    } else {
        literal(value)
    }
}

pub(super) fn bool_literal(value: bool) -> Expr {
    named(if value { "true" } else { "false" })
}

fn literal(lit: Lit) -> Expr {
    Expr::Lit(ExprLit { attrs: Vec::new(), lit })
}

/// A list with a comma after the last as well.
fn trailing<T>(items: Vec<T>) -> Punctuated<T, Token![,]> {
    let mut list: Punctuated<T, Token![,]> = items.into_iter().collect();
    if !list.is_empty() {
        list.push_punct(<Token![,]>::default());
    }
    list
}

/// A text as a token, for attributes.
pub(super) fn text_token(text: &str) -> TokenTree {
    TokenTree::Literal(Literal::string(text))
}

/// `polity_runtime::pattern!("…")` where a value stands.
pub(super) fn macro_value(name: &str, tokens: TokenStream) -> Expr {
    Expr::Macro(syn::ExprMacro {
        attrs: Vec::new(),
        mac: Macro {
            path: path(name),
            bang_token: Default::default(),
            delimiter: MacroDelimiter::Paren(Default::default()),
            tokens,
        },
    })
}

/// `#[serde(…)]`
pub(super) fn serde(tokens: TokenStream) -> Attribute {
    list_attribute("serde", tokens)
}

/// `&'static str`
pub(super) fn static_text() -> Type {
    static_reference(named_ty("str"))
}

/// `&'static [T]`
pub(super) fn static_slice(of: Type) -> Type {
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

/// `base.0`
pub(super) fn inner(base: &str) -> Expr {
    Expr::Field(ExprField {
        attrs: Vec::new(),
        base: Box::new(named(base)),
        dot_token: Default::default(),
        member: Member::Unnamed(syn::Index { index: 0, span: Span::call_site() }),
    })
}

/// A number that is written with a point.
pub(super) fn float_literal(digits: &str) -> Expr {
    if digits.contains('.') { number_literal(digits) } else { number_literal(&format!("{digits}.0")) }
}

/// `(a, b)`
pub(super) fn tuple(elements: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Tuple(syn::ExprTuple {
        attrs: Vec::new(),
        paren_token: Default::default(),
        elems: elements.into_iter().collect(),
    })
}

/// `place = value;`
pub(super) fn assign(place: Expr, value: Expr) -> Stmt {
    run(Expr::Assign(syn::ExprAssign {
        attrs: Vec::new(),
        left: Box::new(place),
        eq_token: Default::default(),
        right: Box::new(value),
    }))
}
