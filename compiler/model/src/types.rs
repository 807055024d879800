//! Types.

use smol_str::{SmolStr, format_smolstr};

use super::{ConstrainedId, EntityId, EnumId, Expr, Field, FieldId, LabelId, Named, StructId};
use super::{codes, form};
use polity_text::source::Span;

/// The type of a field, a parameter or an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    pub kind: TypeKind,
    /// `T?`: may be absent.
    pub optional: bool,
}

impl Type {
    #[must_use]
    pub fn required(kind: TypeKind) -> Self {
        Self { kind, optional: false }
    }

    /// The record that it is, or that its elements are.
    #[must_use]
    pub fn record(&self) -> Option<StructId> {
        match &self.kind {
            TypeKind::Struct(id) => Some(*id),
            TypeKind::List(element) | TypeKind::Map(element) => element.record(),
            TypeKind::Scalar(_)
            | TypeKind::Constrained(_)
            | TypeKind::Enum(_)
            | TypeKind::Reference { .. }
            | TypeKind::Union(_)
            | TypeKind::Null
            | TypeKind::Broken => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    Scalar(Scalar),
    /// A named type with constraints: `type Sku = text(32) matches "…"`.
    Constrained(ConstrainedId),
    Enum(EnumId),
    /// A named or an embedded record.
    Struct(StructId),
    List(Box<Type>),
    /// Text keys.
    Map(Box<Type>),
    /// `-> core.User`: takes the type of `field` of `entity` (its single key, unless another unique field was named).
    Reference {
        entity: EntityId,
        field: FieldId,
    },
    /// A reference with several arms: stores the key and which arm it is (`target`, `target_type`).
    Union(Vec<Arm>),
    /// The type of `null`, in expressions only.
    Null,
    /// Was not understood; reported already.
    Broken,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    pub entity: EntityId,
    pub field: FieldId,
    /// The value that `target_type` holds for this arm.
    pub stored: SmolStr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scalar {
    Bool,
    SmallInt,
    Int,
    BigInt,
    Float,
    Decimal {
        precision: u16,
        scale: u16,
    },
    /// At most so many characters.
    Text {
        max: Option<u32>,
    },
    /// Exactly so many characters.
    Char {
        length: u32,
    },
    Bytes,
    Uuid,
    Inet,
    Json,
    ObjectId,
    Date,
    Time,
    Timestamp,
    Interval,
    Email,
    Phone,
    Url,
    Country,
    Currency,
    Language,
    GeoPoint,
    GeoLine,
    GeoPolygon,
    Vector {
        dimensions: u32,
    },
    Password,
    /// The ciphertext that a store holds of an encrypted field; never written in a source.
    Sealed,
    /// The keyed hash that a store holds next to a searchable encrypted field; never written in a source.
    BlindIndex,
    /// The keyed hash that a store holds in place of a pseudonymous reference; never written in a source.
    Pseudonym,
}

impl Scalar {
    /// The scalars that take no arguments, by name.
    pub(crate) const PLAIN: &[(&str, Scalar)] = &[
        ("bool", Scalar::Bool),
        ("smallint", Scalar::SmallInt),
        ("int", Scalar::Int),
        ("bigint", Scalar::BigInt),
        ("float", Scalar::Float),
        ("text", Scalar::Text { max: None }),
        ("bytes", Scalar::Bytes),
        ("uuid", Scalar::Uuid),
        ("inet", Scalar::Inet),
        ("json", Scalar::Json),
        ("object_id", Scalar::ObjectId),
        ("date", Scalar::Date),
        ("time", Scalar::Time),
        ("timestamp", Scalar::Timestamp),
        ("interval", Scalar::Interval),
        ("email", Scalar::Email),
        ("phone", Scalar::Phone),
        ("url", Scalar::Url),
        ("country", Scalar::Country),
        ("currency", Scalar::Currency),
        ("language", Scalar::Language),
        ("geo.point", Scalar::GeoPoint),
        ("geo.line", Scalar::GeoLine),
        ("geo.polygon", Scalar::GeoPolygon),
        ("password", Scalar::Password),
    ];

    /// As the source writes it: `decimal(18, 2)`.
    #[must_use]
    pub fn name(self) -> SmolStr {
        match self {
            Scalar::Decimal { precision, scale } => format_smolstr!("decimal({precision}, {scale})"),
            Scalar::Text { max: Some(max) } => format_smolstr!("text({max})"),
            Scalar::Char { length } => format_smolstr!("char({length})"),
            Scalar::Vector { dimensions } => format_smolstr!("vector({dimensions})"),
            other => other.word().into(),
        }
    }

    /// Its name without arguments: `decimal`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Scalar::Decimal { .. } => "decimal",
            Scalar::Text { .. } => "text",
            Scalar::Char { .. } => "char",
            Scalar::Vector { .. } => "vector",
            Scalar::Sealed => "ciphertext",
            Scalar::BlindIndex => "blind index",
            Scalar::Pseudonym => "pseudonym",
            other => Self::PLAIN.iter().find(|(_, s)| *s == other).map_or("", |(name, _)| name),
        }
    }

    #[must_use]
    pub fn is_number(self) -> bool {
        self.is_whole() || matches!(self, Scalar::Float | Scalar::Decimal { .. })
    }

    #[must_use]
    pub fn is_whole(self) -> bool {
        matches!(self, Scalar::SmallInt | Scalar::Int | Scalar::BigInt)
    }

    /// Whether a value is a text, whatever form it must have.
    #[must_use]
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Scalar::Text { .. }
                | Scalar::Char { .. }
                | Scalar::Email
                | Scalar::Phone
                | Scalar::Url
                | Scalar::Country
                | Scalar::Currency
                | Scalar::Language
        )
    }

    /// Whether a value is bytes, whose length counts them.
    #[must_use]
    pub fn is_bytes(self) -> bool {
        matches!(self, Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym)
    }

    /// Whether it is a day or a moment, from which time can be counted.
    #[must_use]
    pub fn is_moment(self) -> bool {
        matches!(self, Scalar::Date | Scalar::Timestamp)
    }

    /// The pattern that the text of a checked scalar must match, in every store and in the Rust client alike; `None`
    /// for the scalars that are not checked text. Stores are told [`portable`](super::pattern::portable) patterns.
    #[must_use]
    pub fn pattern(self) -> Option<&'static str> {
        match self {
            // The syntax that mail servers share; whether the address exists only a message can tell.
            Scalar::Email => Some(r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"),
            // E.164: a plus, a country code that never starts with 0, fifteen digits at most.
            Scalar::Phone => Some(r"^\+[1-9][0-9]{1,14}$"),
            Scalar::Url => Some(r"^https?://[^\s/?#]+([/?#]\S*)?$"),
            // ISO 3166-1 alpha-2.
            Scalar::Country => Some(&form::COUNTRIES),
            // ISO 4217.
            Scalar::Currency => Some(&form::CURRENCIES),
            // The grammar of BCP 47 (RFC 5646, 2.1), without what it only grandfathers: `fr`, `zh-Hant-TW`.
            Scalar::Language => Some(concat!(
                "^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?",
                "(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*",
                "(-[xX](-[A-Za-z0-9]{1,8})+)?$",
            )),
            Scalar::Bool
            | Scalar::SmallInt
            | Scalar::Int
            | Scalar::BigInt
            | Scalar::Float
            | Scalar::Decimal { .. }
            | Scalar::Text { .. }
            | Scalar::Char { .. }
            | Scalar::Bytes
            | Scalar::Uuid
            | Scalar::Inet
            | Scalar::Json
            | Scalar::ObjectId
            | Scalar::Date
            | Scalar::Time
            | Scalar::Timestamp
            | Scalar::Interval
            | Scalar::GeoPoint
            | Scalar::GeoLine
            | Scalar::GeoPolygon
            | Scalar::Vector { .. }
            | Scalar::Password
            | Scalar::Sealed
            | Scalar::BlindIndex
            | Scalar::Pseudonym => None,
        }
    }
}

impl Scalar {
    /// Whether a text is a value of the checked scalar: what its pattern admits, and where there is a list of all values,
    /// one of them.
    #[must_use]
    pub fn admits(self, text: &str) -> bool {
        let matches = |pattern| regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text));
        match self {
            Scalar::Country => codes::is_country(text),
            Scalar::Currency => codes::is_currency(text),
            _ => self.pattern().is_none_or(matches),
        }
    }
}

/// Limits on a value, of a field or of a constrained type.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constraints {
    pub min: Option<(Number, Span)>,
    pub max: Option<(Number, Span)>,
    pub min_length: Option<(u32, Span)>,
    pub max_length: Option<(u32, Span)>,
    /// A pattern of the subset on which PostgreSQL, PCRE and Rust agree.
    pub matches: Option<(SmolStr, Span)>,
    /// `check (EXPR)` beside a field.
    pub checks: Vec<Expr>,
}

/// An exact number as written, such as `-0.50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(pub SmolStr);

/// `type Sku = text(32) matches "…"`
#[derive(Debug, Clone)]
pub struct Constrained {
    pub id: ConstrainedId,
    pub named: Named,
    pub base: Type,
    pub constraints: Constraints,
    pub labels: Vec<LabelId>,
}

/// `enum KycStatus { pending, verified, rejected as "REJECTED" }`
#[derive(Debug, Clone)]
pub struct Enum {
    pub id: EnumId,
    pub named: Named,
    pub values: Vec<EnumValue>,
    /// Whether a value could not be read, so that none is known to be missing.
    pub broken: bool,
    /// Values that were removed, with the reason.
    pub removed: Vec<(SmolStr, SmolStr, Span)>,
}

#[derive(Debug, Clone)]
pub struct EnumValue {
    pub named: Named,
}

/// A record: `struct Address { … }`, or one embedded in a field.
#[derive(Debug, Clone)]
pub struct Struct {
    pub id: StructId,
    /// An embedded record is named after the path to it: `UserProfilePreferences`.
    pub named: Named,
    pub embedded: bool,
    pub fields: Vec<Field>,
    pub labels: Vec<LabelId>,
    /// Whether a field in it is encrypted, or one of a record in it.
    pub encrypts: bool,
}
