//! Macros for generated types. A generated file declares its types in full, with their documentation; these macros only
//! add the traits and methods that are the same for all of their kind.

/// The key of an entity: made from its base and back, shown and read as text, a segment of Redis keys.
///
/// ```
/// #[derive(Debug, Clone, Copy, PartialEq, Eq)]
/// pub struct UserId(pub polity_runtime::Uuid);
/// polity_runtime::id!(UserId, polity_runtime::Uuid);
///
/// let id: UserId = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10".parse()?;
/// assert_eq!(id.to_string(), "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10");
/// # Ok::<(), polity_runtime::Invalid>(())
/// ```
#[macro_export]
macro_rules! id {
    ($name:ident, $base:ty $(, $stored:ident)?) => {
        impl From<$base> for $name {
            fn from(value: $base) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $base {
            fn from(id: $name) -> $base {
                id.0
            }
        }

        $crate::textual!($name, $base);
        $crate::__serialize!($name $($stored)?);

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let value: $base = $crate::__deserialize!(deserializer $($stored)?)?;
                Ok(Self(value))
            }
        }
    };
}

/// A type with constraints, declared as `struct Sku(String)` beside an `fn check(&self)`: it can be made only from a
/// value that passes.
#[macro_export]
macro_rules! constrained {
    ($name:ident, $base:ty $(, $stored:ident)?) => {
        impl $name {
            /// Takes a value that keeps to the constraints.
            ///
            /// # Errors
            /// Where it does not.
            pub fn new(value: impl Into<$base>) -> ::std::result::Result<Self, $crate::Invalid> {
                let made = Self(value.into());
                made.check()?;
                Ok(made)
            }

            /// The value itself.
            #[must_use]
            pub fn into_inner(self) -> $base {
                self.0
            }
        }

        impl TryFrom<$base> for $name {
            type Error = $crate::Invalid;
            fn try_from(value: $base) -> ::std::result::Result<Self, $crate::Invalid> {
                Self::new(value)
            }
        }

        impl ::std::ops::Deref for $name {
            type Target = $base;
            fn deref(&self) -> &$base {
                &self.0
            }
        }

        $crate::__serialize!($name $($stored)?);

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let value: $base = $crate::__deserialize!(deserializer $($stored)?)?;
                Self::new(value).map_err($crate::serde::de::Error::custom)
            }
        }
    };
}

/// Text to and from a new type over something that has both; also a segment of Redis keys.
#[macro_export]
macro_rules! textual {
    ($name:ident, $base:ty) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&$crate::key::text(&self.0))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Invalid;
            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Invalid> {
                let value: $base = $crate::expr::literal(text)?;
                Self::try_from(value).map_err($crate::Invalid::from)
            }
        }

        impl $crate::key::Segment for $name {
            fn write(&self, segment: &mut ::std::string::String) {
                $crate::key::Segment::write(&self.0, segment);
            }
        }

        impl<T: ?Sized> $crate::check::Each<T> for $name
        where
            $base: $crate::check::Each<T>,
        {
            fn each(&self, judge: &mut dyn FnMut(&T) -> $crate::check::Checked) -> $crate::check::Checked {
                $crate::check::Each::each(&self.0, judge)
            }
        }
    };
}

/// An enum with `ALL` and `stored()`: shown, read and serialised by the stored name.
#[macro_export]
macro_rules! stored_enum {
    ($name:ident) => {
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.stored())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Invalid;
            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Invalid> {
                let found = Self::ALL.iter().copied().find(|value| value.stored() == text);
                found.ok_or_else(|| {
                    $crate::Invalid::new(concat!("must be the stored name of a `", stringify!($name), "`"))
                })
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.stored())
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err($crate::serde::de::Error::custom)
            }
        }

        impl $crate::key::Segment for $name {
            fn write(&self, segment: &mut ::std::string::String) {
                segment.push_str(self.stored());
            }
        }
    };
}

/// A key of Redis, or the name of a channel, declared as `struct UserSessionKey(String)`.
#[macro_export]
macro_rules! redis_key {
    ($name:ident, Default) => {
        $crate::redis_key!($name);

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    ($name:ident) => {
        impl $name {
            /// The key as Redis sees it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for ::std::string::String {
            fn from(key: $name) -> ::std::string::String {
                key.0
            }
        }
    };
}

/// A record with `validate`: one inside another is judged with it.
#[macro_export]
macro_rules! record {
    ($name:ident) => {
        impl $crate::check::Each<$name> for $name {
            fn each(
                &self,
                judge: &mut dyn FnMut(&$name) -> $crate::check::Checked,
            ) -> $crate::check::Checked {
                judge(self)
            }
        }
    };
}

/// `Debug` of a record, without what is personal or secret.
///
/// ```
/// struct User { id: i64, phone: String }
/// polity_runtime::debug!(User { id } hiding { phone });
///
/// let user = User { id: 7, phone: "+221771234567".into() };
/// assert_eq!(format!("{user:?}"), "User { id: 7, phone: [redacted] }");
/// ```
#[macro_export]
macro_rules! debug {
    ($name:ident { $($field:ident),* } hiding { $($hidden:ident),* }) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    $(.field(stringify!($hidden), &$crate::Redacted))*
                    .finish()
            }
        }
    };
}

/// A pattern of the source, compiled when it is first needed.
#[macro_export]
macro_rules! pattern {
    ($source:literal) => {{
        static PATTERN: $crate::check::Pattern =
            $crate::check::Pattern::new(|| $crate::check::compiled($source));
        &*PATTERN
    }};
}

/// `Debug` that shows the type and not what it holds.
#[macro_export]
macro_rules! redacted {
    ($name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&$crate::Redacted).finish()
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __serialize {
    ($name:ident) => {
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::serde::Serialize::serialize(&self.0, serializer)
            }
        }
    };
    ($name:ident stored) => {
        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                $crate::stored::serialize(&self.0, serializer)
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __deserialize {
    ($deserializer:ident) => {
        $crate::serde::Deserialize::deserialize($deserializer)
    };
    ($deserializer:ident stored) => {
        $crate::stored::deserialize($deserializer)
    };
}
