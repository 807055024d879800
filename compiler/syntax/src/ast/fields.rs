//! Fields: a type, and the modifiers after it.

use super::{Body, Expr, Literal, Name, Path, Text, Was};
use polity_text::source::Span;

#[derive(Debug)]
pub struct Field {
    pub name: Name,
    pub ty: Type,
    pub modifiers: Vec<Modifier>,
}

/// A type as written: its base, then `?` and `[]` from left to right.
#[derive(Debug)]
pub struct Type {
    pub span: Span,
    pub kind: TypeKind,
    pub suffixes: Vec<Suffix>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// `?`
    Optional,
    /// `[]`
    List,
}

#[derive(Debug)]
pub enum TypeKind {
    /// `text(80)`, `decimal(18, 2)`, `geo.point`, `KycStatus`, `Address`
    Named {
        path: Path,
        arguments: Vec<Literal>,
    },
    /// `-> core.User`, or with several arms `-> Product as "PRODUCT" | core.Provider as "PROVIDER"`. A `?` after
    /// the last path is a suffix of the type.
    Reference(Vec<Arm>),
    Map(Box<Type>),
    Record(Body),
    Broken,
}

#[derive(Debug)]
pub struct Arm {
    pub path: Path,
    pub stored: Option<Text>,
}

#[derive(Debug)]
pub struct Modifier {
    pub span: Span,
    pub kind: ModifierKind,
}

#[derive(Debug)]
pub enum ModifierKind {
    Key,
    Unique,
    Immutable,
    Inline,
    Optimistic,
    SoftDelete,
    Deferrable,
    /// `unchecked`: a reference without a foreign key.
    Unchecked,
    Tag,
    Dimension,
    Metric,
    Default(Expr),
    Computed(Expr),
    Min(Literal),
    Max(Literal),
    /// `length 1..80`; either end may be open.
    Length {
        min: Option<Literal>,
        max: Option<Literal>,
    },
    Matches(Text),
    Check(Expr),
    OnDelete(OnDelete),
    OnUpdate(Expr),
    Encrypted {
        key: Name,
        searchable: bool,
    },
    /// `pseudonymous with pii`; without a key, the platform's only one.
    Pseudonymous {
        key: Option<Name>,
    },
    NotEncrypted {
        because: Text,
    },
    /// `not personal because "…"`: it looks like a person's, and is none.
    NotPersonal {
        because: Text,
    },
    /// `of customer_id`, after a label: the reference to the person whom it is about.
    Of(Path),
    AcceptLeak {
        because: Text,
    },
    Anonymized(Expr),
    Was(Was),
    As(Text),
    Label(Name),
    Declassify {
        label: Name,
        because: Text,
    },
    Analyzed(Name),
    Weight(Literal),
    /// `codec zstd(3)`
    Codec(Expr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDelete {
    Restrict,
    Cascade,
    SetNull,
}
