//! Keys of Redis, and names of its channels, built from typed parameters.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::stored::address_text;
use crate::{Date, Decimal, Interval, Invalid, IpNet, ObjectId, Time, Timestamp, Uuid};

/// A value that can stand in a key: one text for one value, before any encoding.
pub trait Segment {
    /// Appends that text.
    fn write(&self, segment: &mut String);
}

/// The text of a value in a key, before any encoding.
pub fn text(value: &(impl Segment + ?Sized)) -> String {
    let mut text = String::new();
    value.write(&mut text);
    text
}

macro_rules! segments {
    ($($ty:ty),*) => {$(
        impl Segment for $ty {
            fn write(&self, segment: &mut String) {
                // Writing to a `String` cannot fail.
                let _ = write!(segment, "{self}");
            }
        }
    )*};
}

segments!(str, String, bool, i16, i32, i64, f64, Uuid, ObjectId, Date, Time, Timestamp, Interval);

impl Segment for Decimal {
    /// Without trailing zeros: `1.50` and `1.5` are one number, and so one key.
    fn write(&self, segment: &mut String) {
        let _ = write!(segment, "{}", self.normalize());
    }
}

impl Segment for IpNet {
    fn write(&self, segment: &mut String) {
        segment.push_str(&address_text(self));
    }
}

impl<T: Segment + ?Sized> Segment for &T {
    fn write(&self, segment: &mut String) {
        (**self).write(segment);
    }
}

/// Puts a key together.
///
/// ```
/// use polity_runtime::key::Key;
///
/// let key = Key::new().literal("api:cache:").segment("/v1/users:all").finish();
/// assert_eq!(key, "api:cache:/v1/users%3Aall");
/// ```
#[derive(Default)]
pub struct Key(String);

impl Key {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Text of the pattern, which stands for itself.
    #[must_use]
    pub fn literal(mut self, text: &str) -> Self {
        self.0.push_str(text);
        self
    }

    /// A parameter. `: % { } * ? [ ] \` in it are percent-encoded, so that it stays one segment, starts no hash tag
    /// and means nothing to a glob.
    #[must_use]
    pub fn segment(mut self, value: &(impl Segment + ?Sized)) -> Self {
        for c in text(value).chars() {
            match c {
                ':' | '%' | '{' | '}' | '*' | '?' | '[' | ']' | '\\' => {
                    let _ = write!(self.0, "%{:02X}", u32::from(c));
                }
                _ => self.0.push(c),
            }
        }
        self
    }

    /// A parameter that carries a label: only a keyed hash of it is in the key.
    #[must_use]
    pub fn hashed(mut self, value: &(impl Segment + ?Sized), with: &HashKey) -> Self {
        self.0.push_str(&with.hash(&text(value)));
        self
    }

    #[must_use]
    pub fn finish(self) -> String {
        self.0
    }
}

/// The key under which labelled parameters are hashed, and its version. While one version follows another, which
/// takes one time to live, a reader tries both.
#[derive(Clone)]
pub struct HashKey {
    version: u16,
    mac: Hmac<Sha256>,
}

impl HashKey {
    /// Takes a secret of 32 bytes or more.
    ///
    /// # Errors
    /// Where the secret is shorter.
    pub fn new(version: u16, secret: &[u8]) -> Result<Self, Invalid> {
        let refused = Invalid::new("must be a secret of 32 bytes or more");
        if secret.len() < 32 {
            return Err(refused);
        }
        Ok(Self { version, mac: Hmac::new_from_slice(secret).map_err(|_| refused)? })
    }

    /// The version, and the first 128 bits of HMAC-SHA-256 in hexadecimal.
    fn hash(&self, text: &str) -> String {
        let digest = self.mac.clone().chain_update(text.as_bytes()).finalize().into_bytes();
        let mut hash = format!("v{}.", self.version);
        for byte in &digest[..16] {
            let _ = write!(hash, "{byte:02x}");
        }
        hash
    }
}

crate::redacted!(HashKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn segment(value: impl Segment, expected: &str) {
        assert_eq!(Key::new().segment(&value).finish(), expected);
    }

    #[test]
    fn a_parameter_is_one_segment() {
        segment("a:b%c{d}e*f?g[h]i\\j", "a%3Ab%25c%7Bd%7De%2Af%3Fg%5Bh%5Di%5Cj");
        segment("naïve 日本\n", "naïve 日本\n");
        segment("", "");
        segment("%3A", "%253A");
    }

    #[test]
    fn every_type_has_one_text() {
        segment(true, "true");
        segment(-7_i64, "-7");
        segment("1.50".parse::<Decimal>().unwrap(), "1.5");
        segment(crate::stored::address("10.1.2.3").unwrap(), "10.1.2.3");
        segment(crate::stored::address("2001:db8::1").unwrap(), "2001%3Adb8%3A%3A1");
        segment("2027-01-02".parse::<Date>().unwrap(), "2027-01-02");
        segment("2027-01-02T03:04:05.5Z".parse::<Timestamp>().unwrap(), "2027-01-02T03%3A04%3A05.5Z");
        segment(
            "018F3C1E-5C1E-7B1A-9A57-0A4D4A3F2B10".parse::<Uuid>().unwrap(),
            "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10",
        );
    }

    #[test]
    fn a_labelled_parameter_is_hashed_under_a_version() {
        let (old, new) = (HashKey::new(1, &[7; 32]).unwrap(), HashKey::new(2, &[8; 32]).unwrap());
        let key = |with: &HashKey, ip: &str| Key::new().literal("login:").hashed(ip, with).finish();
        assert_eq!(key(&old, "10.0.0.1"), EXPECTED);
        assert!(key(&new, "10.0.0.1").starts_with("login:v2."));
        assert_ne!(key(&old, "10.0.0.1")[9..], key(&new, "10.0.0.1")[9..]);
        assert_ne!(key(&old, "10.0.0.1"), key(&old, "10.0.0.2"));
        assert_eq!(format!("{old:?}"), "HashKey([redacted])");
        assert!(HashKey::new(1, &[7; 31]).is_err());
    }

    /// The key with the hash that Python's `hmac` computes, so that another implementation vouches for it.
    const EXPECTED: &str = "login:v1.b035afc3c4c3bd13e2b4c91286d84501";
}
