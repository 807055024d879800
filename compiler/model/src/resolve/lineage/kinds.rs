//! Every kind of expression that the parser knows, and what it reads by itself.

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, InTarget, ObjectName,
    Subscript,
};

use super::super::sql::folded;

/// The kind of an expression, by what it reads besides its parts.
pub(super) enum Kind<'e> {
    /// Nothing.
    Parts,
    /// A column, or a row as a whole.
    Name(Vec<String>),
    /// A part of what is named first, and nothing of what stands in it: `(p).email`, `p.tags[1]`.
    Path {
        row: String,
        field: String,
        /// Whether it stands in parentheses, so that it is read as a whole first.
        is_whole: bool,
    },
    /// A row as a whole: `p.*`.
    Row(&'e ObjectName),
    Call(&'e Function),
    /// Nobody knows: no expression of PostgreSQL, so it may be something else to it.
    Unknown,
}

/// One arm for each kind of expression, so that a new one is asked for here.
pub(super) fn kind_of(expr: &Expr) -> Kind<'_> {
    match expr {
        Expr::Identifier(ident) => Kind::Name(vec![folded(ident)]),
        Expr::CompoundIdentifier(idents) => Kind::Name(idents.iter().map(folded).collect()),
        Expr::CompoundFieldAccess { root, access_chain } => match (name_of(root), &access_chain[..]) {
            (Some(ident), [AccessExpr::Dot(Expr::Identifier(field)), rest @ ..])
                if rest.iter().all(is_fixed) =>
            {
                let is_whole = matches!(**root, Expr::Nested(_));
                Kind::Path { row: folded(ident), field: folded(field), is_whole }
            }
            _ => Kind::Parts,
        },
        Expr::QualifiedWildcard(name, _) => Kind::Row(name),
        Expr::Function(function) => Kind::Call(function),
        Expr::JsonAccess { .. }
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::IsJson { .. }
        | Expr::IsNormalized { .. }
        | Expr::In { target: InTarget::List(_) | InTarget::Subquery(_), .. }
        | Expr::Between { .. }
        | Expr::BinaryOp { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::AnyOp { .. }
        | Expr::AllOp { .. }
        | Expr::UnaryOp { .. }
        | Expr::Cast { .. }
        | Expr::AtTimeZone { .. }
        | Expr::Extract { .. }
        | Expr::Ceil { .. }
        | Expr::Floor { .. }
        | Expr::Position { .. }
        | Expr::Substring { .. }
        | Expr::Trim { .. }
        | Expr::Overlay { .. }
        | Expr::Collate { .. }
        | Expr::Nested(_)
        | Expr::Value(_)
        | Expr::TypedString(_)
        | Expr::Case { .. }
        | Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::GroupingSets(_)
        | Expr::Cube(_)
        | Expr::Rollup(_)
        | Expr::Tuple(_)
        | Expr::Named { .. }
        | Expr::Array(_)
        | Expr::Interval(_) => Kind::Parts,
        Expr::In { target: InTarget::Unnest(_) | InTarget::Table { .. }, .. }
        | Expr::RLike { .. }
        | Expr::Convert { .. }
        | Expr::Prefixed { .. }
        | Expr::Struct { .. }
        | Expr::Dictionary(_)
        | Expr::Map(_)
        | Expr::MatchAgainst { .. }
        | Expr::Wildcard(_)
        | Expr::OuterJoin(_)
        | Expr::Prior(_)
        | Expr::Lambda(_)
        | Expr::MemberOf(_) => Kind::Unknown,
    }
}

/// Whether it always means the same part: `.name`, `[1]`.
fn is_fixed(access: &AccessExpr) -> bool {
    match access {
        AccessExpr::Dot(field) => matches!(field, Expr::Identifier(_)),
        AccessExpr::Subscript(Subscript::Index { index }) => matches!(index, Expr::Value(_)),
        AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
            [lower_bound, upper_bound, stride]
                .into_iter()
                .flatten()
                .all(|bound| matches!(bound, Expr::Value(_)))
        }
    }
}

/// The name, perhaps in parentheses, that an expression is.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else it is, it is no name")]
fn name_of(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Nested(inner) => name_of(inner),
        Expr::Identifier(ident) => Some(ident),
        _ => None,
    }
}

/// The rows that a function is given as a whole: `count(p.*)`, but for `count(*)`; `None` for one that cannot be told.
pub(super) fn whole_rows(function: &Function) -> impl Iterator<Item = Option<&ObjectName>> {
    let arguments = match &function.args {
        FunctionArguments::List(list) => &list.args[..],
        FunctionArguments::None | FunctionArguments::Subquery(_) => &[],
    };
    arguments.iter().filter_map(|argument| {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        match arg {
            FunctionArgExpr::QualifiedWildcard(name) => Some(Some(name)),
            FunctionArgExpr::WildcardWithOptions(_) => Some(None),
            FunctionArgExpr::Wildcard | FunctionArgExpr::Expr(_) => None,
        }
    })
}
