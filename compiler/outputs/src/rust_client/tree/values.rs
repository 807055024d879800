//! The parts of a function: statements and expressions.

use proc_macro2::{Literal, Span, TokenStream};
use smol_str::SmolStr;
use syn::{
    Arm, Expr, ExprArray, ExprCall, ExprField, ExprLit, ExprMatch, ExprMethodCall, ExprPath, ExprReference,
    ExprStruct, ExprTry, ExprUnary, FieldValue, Lit, LitInt, LitStr, Local, LocalInit, Macro, MacroDelimiter,
    Member, Pat, PatIdent, Path, Stmt, UnOp,
};

use super::items::trailing;
use super::*;

/// `let name = value;`, or `let mut`
pub(in super::super) fn bind(name: &str, mutable: bool, value: Expr) -> Stmt {
    Stmt::Local(Local {
        attrs: Vec::new(),
        let_token: Default::default(),
        modifiers: Default::default(),
        pat: binding(name, mutable),
        init: Some(LocalInit { eq_token: Default::default(), expr: Box::new(value), diverge: None }),
        semi_token: Default::default(),
    })
}

pub(super) fn binding(name: &str, mutable: bool) -> Pat {
    Pat::Ident(PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: mutable.then(Default::default),
        ident: ident(name),
        subpat: None,
    })
}

/// `value;`
pub(in super::super) fn run(value: Expr) -> Stmt {
    Stmt::Expr(value, Some(Default::default()))
}

/// The value that a block ends in.
pub(in super::super) fn give(value: Expr) -> Stmt {
    Stmt::Expr(value, None)
}

pub(in super::super) fn expr(path: Path) -> Expr {
    Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path })
}

pub(in super::super) fn named(text: &str) -> Expr {
    expr(path(text))
}

pub(in super::super) fn call(function: Path, arguments: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Call(ExprCall {
        attrs: Vec::new(),
        func: Box::new(expr(function)),
        paren_token: Default::default(),
        args: arguments.into_iter().collect(),
    })
}

pub(in super::super) fn method(
    receiver: Expr,
    name: &str,
    arguments: impl IntoIterator<Item = Expr>,
) -> Expr {
    let receiver = if let Expr::If(_) = receiver { parenthesized(receiver) } else { receiver };
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
pub(in super::super) fn member(base: &str, name: &str) -> Expr {
    Expr::Field(ExprField {
        attrs: Vec::new(),
        base: Box::new(named(base)),
        dot_token: Default::default(),
        member: Member::Named(ident(name)),
    })
}

/// `&value`
pub(in super::super) fn borrow(value: Expr) -> Expr {
    Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        mutability: None,
        expr: Box::new(value),
    })
}

/// `*value`
pub(in super::super) fn dereference(value: Expr) -> Expr {
    Expr::Unary(ExprUnary { attrs: Vec::new(), op: UnOp::Deref(Default::default()), expr: Box::new(value) })
}

/// `value?`
pub(in super::super) fn attempt(value: Expr) -> Expr {
    Expr::Try(ExprTry { attrs: Vec::new(), expr: Box::new(value), question_token: Default::default() })
}

/// `Name { field: value, … }`
pub(in super::super) fn literal_of(path: Path, fields: impl IntoIterator<Item = (SmolStr, Expr)>) -> Expr {
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
pub(in super::super) fn match_self(arms: impl IntoIterator<Item = (Path, Expr)>) -> Expr {
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
pub(in super::super) fn array(elements: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Array(ExprArray {
        attrs: Vec::new(),
        bracket_token: Default::default(),
        elems: elements.into_iter().collect(),
    })
}

pub(in super::super) fn text_literal(text: &str) -> Expr {
    literal(Lit::Str(LitStr::new(text, Span::call_site())))
}

/// An integer or a number with a point, with a minus in front where it is negative.
pub(in super::super) fn number_literal(digits: &str) -> Expr {
    let positive = digits.trim_start_matches(['-', '+']);
    let token: Literal = positive.parse().unwrap_or_else(|_| Literal::u64_unsuffixed(0));
    let value = match syn::Lit::new(token) {
        Lit::Int(int) => Lit::Int(int),
        Lit::Float(float) => Lit::Float(float),
        _ => Lit::Int(LitInt::new("0", Span::call_site())),
    };
    if digits.starts_with('-') { negative(literal(value)) } else { literal(value) }
}

/// `7i32`, with a minus in front where it is negative.
pub(in super::super) fn integer(number: i64, suffix: &str) -> Expr {
    let token: Option<Literal> = format!("{}{suffix}", number.unsigned_abs()).parse().ok();
    let value =
        literal(Lit::Verbatim(token.unwrap_or_else(|| Literal::u64_unsuffixed(number.unsigned_abs()))));
    if number < 0 { negative(value) } else { value }
}

fn negative(value: Expr) -> Expr {
    Expr::Unary(ExprUnary { attrs: Vec::new(), op: UnOp::Neg(Default::default()), expr: Box::new(value) })
}

/// `(value)`
pub(in super::super) fn parenthesized(value: Expr) -> Expr {
    Expr::Paren(syn::ExprParen { attrs: Vec::new(), paren_token: Default::default(), expr: Box::new(value) })
}

/// `0x018f_3c1e_…`, as people read it.
pub(in super::super) fn hexadecimal(id: u128) -> Expr {
    let digits = format!("{id:032x}");
    let groups: Vec<&str> = (0..8).map(|at| &digits[at * 4..at * 4 + 4]).collect();
    let token: Option<Literal> = format!("0x{}", groups.join("_")).parse().ok();
    // As it is: syn would calculate its decimal digits.
    literal(Lit::Verbatim(token.unwrap_or_else(|| Literal::u128_unsuffixed(id))))
}

pub(in super::super) fn bool_literal(value: bool) -> Expr {
    named(if value { "true" } else { "false" })
}

fn literal(lit: Lit) -> Expr {
    Expr::Lit(ExprLit { attrs: Vec::new(), lit })
}

/// `polity_runtime::pattern!("…")` where a value stands.
pub(in super::super) fn macro_value(name: &str, tokens: TokenStream) -> Expr {
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

/// `base.0`
pub(in super::super) fn inner(base: &str) -> Expr {
    Expr::Field(ExprField {
        attrs: Vec::new(),
        base: Box::new(named(base)),
        dot_token: Default::default(),
        member: Member::Unnamed(syn::Index { index: 0, span: Span::call_site() }),
    })
}

/// A number that is written with a point.
pub(in super::super) fn float_literal(digits: &str) -> Expr {
    if digits.contains('.') { number_literal(digits) } else { number_literal(&format!("{digits}.0")) }
}

/// `|name| value`
pub(in super::super) fn closure(name: &str, value: Expr) -> Expr {
    Expr::Closure(syn::ExprClosure {
        attrs: Vec::new(),
        lifetimes: None,
        constness: None,
        modifiers: Default::default(),
        asyncness: None,
        capture: None,
        inputs_begin: Default::default(),
        inputs: [binding(name, false)].into_iter().collect(),
        inputs_end: Default::default(),
        output: syn::ReturnType::Default,
        body: Box::new(value),
    })
}

/// `{ … }`
pub(in super::super) fn block(stmts: Vec<Stmt>) -> Expr {
    let block = syn::Block { brace_token: Default::default(), stmts };
    Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })
}

/// `(a, b)`
pub(in super::super) fn tuple(elements: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Tuple(syn::ExprTuple {
        attrs: Vec::new(),
        paren_token: Default::default(),
        elems: elements.into_iter().collect(),
    })
}

/// `place = value;`
pub(in super::super) fn assign(place: Expr, value: Expr) -> Stmt {
    run(Expr::Assign(syn::ExprAssign {
        attrs: Vec::new(),
        left: Box::new(place),
        eq_token: Default::default(),
        right: Box::new(value),
    }))
}
