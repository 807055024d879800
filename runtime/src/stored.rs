//! The form of a value where `serde`'s own is not that of the stores.
//!
//! In formats that people read (JSON) a `bigint` is text, because JavaScript reads numbers as doubles; `bytes` are
//! base64, an `inet` without a network is written without `/32`, and an `interval` is ISO 8601. In binary formats
//! (BSON) they are an integer, bytes, text, and milliseconds. Generated fields say
//! `#[serde(with = "polity_runtime::stored")]`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Interval, Invalid, IpNet};

/// A type whose stored form is its own. Absence, lists and maps of such are such.
pub trait Stored: Sized {
    /// # Errors
    /// Those of the serialiser.
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
    /// # Errors
    /// Where what is read is no such value.
    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// For `#[serde(with = "polity_runtime::stored")]`.
///
/// # Errors
/// Those of the serialiser.
pub fn serialize<T: Stored, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.store(serializer)
}

/// For `#[serde(with = "polity_runtime::stored")]`.
///
/// # Errors
/// Where what is read is no such value.
pub fn deserialize<'de, T: Stored, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::load(deserializer)
}

/// Reads an address with or without a network: `10.0.0.1`, `10.0.0.0/8`, `::1`.
///
/// # Errors
/// Where it is neither.
pub fn address(text: &str) -> Result<IpNet, Invalid> {
    let host = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| host()).map_err(|_| Invalid::new("must be an IP address"))
}

/// Writes an address the way PostgreSQL does: a network only where it is not the host alone.
#[must_use]
pub fn address_text(address: &IpNet) -> String {
    if address.prefix_len() == address.max_prefix_len() {
        address.addr().to_string()
    } else {
        address.to_string()
    }
}

impl Stored for i64 {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(*self)
        }
    }

    /// Reads the number as well as the text.
    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Integer;
        impl Visitor<'_> for Integer {
            type Value = i64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer of 64 bits, as text or as a number")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
                Ok(value)
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
                i64::try_from(value).map_err(E::custom)
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
                value.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Integer)
    }
}

impl Stored for Vec<u8> {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&STANDARD.encode(self))
        } else {
            serializer.serialize_bytes(self)
        }
    }

    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Vec<u8>, E> {
                Ok(value.to_vec())
            }
        }
        if deserializer.is_human_readable() {
            let text = Cow::<'de, str>::deserialize(deserializer)?;
            STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)
        } else {
            deserializer.deserialize_byte_buf(Bytes)
        }
    }
}

impl Stored for IpNet {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&address_text(self))
    }

    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        address(&Cow::<'de, str>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Stored for Interval {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.serialize(serializer)
        } else {
            serializer.serialize_i64(i64::try_from(self.as_millis()).map_err(serde::ser::Error::custom)?)
        }
    }

    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Self::deserialize(deserializer)
        } else {
            i64::deserialize(deserializer).map(Self::from_millis)
        }
    }
}

/// Lends a value's stored form to `serde`, inside lists and maps.
struct Lent<'a, T>(&'a T);

impl<T: Stored> Serialize for Lent<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.store(serializer)
    }
}

struct Loaded<T>(T);

impl<'de, T: Stored> Deserialize<'de> for Loaded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::load(deserializer).map(Loaded)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().map(Lent).serialize(serializer)
    }

    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<Loaded<T>>::deserialize(deserializer)?.map(|loaded| loaded.0))
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Lent))
    }

    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Loaded<T>>::deserialize(deserializer)?.into_iter().map(|loaded| loaded.0).collect())
    }
}

impl<T: Stored> Stored for BTreeMap<String, T> {
    fn store<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (key, Lent(value))))
    }

    fn load<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = BTreeMap::<String, Loaded<T>>::deserialize(deserializer)?;
        Ok(read.into_iter().map(|(key, loaded)| (key, loaded.0)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        #[serde(with = "super")]
        count: i64,
        #[serde(with = "super", default, skip_serializing_if = "Option::is_none")]
        maybe: Option<i64>,
        #[serde(with = "super")]
        bytes: Vec<u8>,
        #[serde(with = "super")]
        at: Vec<IpNet>,
        #[serde(with = "super")]
        waits: BTreeMap<String, Interval>,
    }

    fn row() -> Row {
        Row {
            count: i64::MAX,
            maybe: None,
            bytes: vec![0, 255, 16],
            at: vec![address("10.0.0.1").unwrap(), address("fe80::/10").unwrap()],
            waits: BTreeMap::from([("a".to_owned(), Interval::from_millis(90_500))]),
        }
    }

    #[test]
    fn json_is_for_people_and_for_javascript() {
        let json = serde_json::to_string(&row()).unwrap();
        assert_eq!(
            json,
            r#"{"count":"9223372036854775807","bytes":"AP8Q","at":["10.0.0.1","fe80::/10"],"waits":{"a":"PT1M30.5S"}}"#
        );
        assert_eq!(serde_json::from_str::<Row>(&json).unwrap(), row());
    }

    #[test]
    fn a_number_is_read_as_well() {
        let row: Row =
            serde_json::from_str(r#"{"count":7,"maybe":-8,"bytes":"","at":["::1/128"],"waits":{}}"#).unwrap();
        assert_eq!((row.count, row.maybe), (7, Some(-8)));
        assert_eq!(address_text(&row.at[0]), "::1");
    }

    #[test]
    fn nonsense_is_refused() {
        for (field, value) in [
            ("count", "\"1.5\""),
            ("count", "18446744073709551615"),
            ("bytes", "\"?\""),
            ("at", "[\"10.0.0\"]"),
        ] {
            let mut json = serde_json::to_value(row()).unwrap();
            json[field] = serde_json::from_str(value).unwrap();
            assert!(serde_json::from_value::<Row>(json).is_err(), "{field}: {value}");
        }
    }
}
