use std::fmt;
use std::str::FromStr;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde::{Deserialize, Deserializer};

use crate::Invalid;

/// A password as it is kept: an Argon2id hash, with its salt and its cost, in one string (a PHC string). It
/// verifies; it has no `Serialize` and no `Display`, and its `Debug` shows nothing. Two are equal where they are the
/// same hash, which two hashes of one password are not.
///
/// ```
/// use polity_runtime::Password;
///
/// let password = Password::hash("correct horse")?;
/// assert!(password.verify("correct horse"));
/// assert!(!password.verify("battery staple"));
/// # Ok::<(), polity_runtime::Invalid>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Hashes a password with a random salt, at the cost that OWASP recommends (19 MiB, two passes, one lane).
    /// This takes tens of milliseconds on purpose; call it where blocking is allowed.
    ///
    /// # Errors
    /// Where the password is longer than 4 GiB, or the machine gives no random numbers.
    pub fn hash(plain: &str) -> Result<Self, Invalid> {
        match Argon2::default().hash_password(plain.as_bytes()) {
            Ok(hash) => Ok(Self(hash.to_string())),
            Err(_) => Err(Invalid::new("cannot be hashed")),
        }
    }

    /// Whether it was made from `plain`, at whatever cost it was made; compared in constant time.
    #[must_use]
    pub fn verify(&self, plain: &str) -> bool {
        PasswordHash::new(&self.0)
            .is_ok_and(|hash| Argon2::default().verify_password(plain.as_bytes(), &hash).is_ok())
    }

    /// The PHC string, for the column that stores it and for nothing else.
    #[must_use]
    pub fn to_phc(&self) -> &str {
        &self.0
    }
}

impl FromStr for Password {
    type Err = Invalid;

    /// Reads the PHC string that a store holds; anything but Argon2id is refused.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refused = || Invalid::new("must be an Argon2id hash in the PHC string format");
        let hash = PasswordHash::new(text).map_err(|_| refused())?;
        let whole = hash.algorithm.as_str() == "argon2id" && hash.salt.is_some() && hash.hash.is_some();
        if whole { Ok(Self(text.to_owned())) } else { Err(refused()) }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password([redacted])")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
    const REFERENCE: &str =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    #[test]
    fn verifies_what_the_reference_implementation_made() {
        let password: Password = REFERENCE.parse().unwrap();
        assert!(password.verify("password"));
        assert!(!password.verify("Password"));
        assert_eq!(password.to_phc(), REFERENCE);
    }

    #[test]
    fn two_hashes_of_one_password_differ() {
        let (one, two) = (Password::hash("same").unwrap(), Password::hash("same").unwrap());
        assert_ne!(one.to_phc(), two.to_phc());
        assert!(one.to_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(one.verify("same") && two.verify("same"));
    }

    #[test]
    fn refuses_what_is_no_argon2id_hash() {
        for text in [
            "",
            "hunter2",
            "$2b$12$abcdefghijklmnopqrstuv",
            "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=8,t=1,p=1",
        ] {
            assert!(text.parse::<Password>().is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let password: Password = REFERENCE.parse().unwrap();
        assert_eq!(format!("{password:?}"), "Password([redacted])");
    }
}
