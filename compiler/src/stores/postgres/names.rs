//! The names of what the compiler adds: stable, readable, unique in their schema and within 63 bytes.
//!
//! | thing | name |
//! |---|---|
//! | key, unique, reference | `users_pkey`, `users_phone_key`, `wallets_user_id_fkey` |
//! | index, with a name of its own | `users_country_created_at_idx`, `users_active` |
//! | check, with a name of its own | `wallets_balance_min`, `users_adult` |
//! | no overlap | `bookings_starts_at_ends_at_excl` |
//!
//! What `as` says of an index or a unique constraint is its whole name. A name over 63 bytes is cut and ends in a hash of the whole, so it stays the same from build to build and
//! differs from every other name that begins alike.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};

use crate::source::Span;

/// `NAMEDATALEN` less the closing zero: what PostgreSQL keeps of an identifier, in bytes.
pub(super) const LIMIT: usize = 63;

/// The name itself where it fits into `limit` bytes; otherwise its beginning, `_` and eight digits of its hash.
pub(super) fn fit(name: &str, limit: usize) -> SmolStr {
    if name.len() <= limit { SmolStr::new(name) } else { hashed(name, name, limit) }
}

/// A name outside of the database, such as that of a job: letters, digits and `_`. Where that changes anything, it ends in
/// digits of the hash of the whole.
pub(super) fn word(schema: &str, name: &str) -> SmolStr {
    let joined = format!("{schema}_{name}");
    let plain = joined.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "_");
    if plain == joined { joined.into() } else { hashed(&plain, &format!("{schema}.{name}"), LIMIT) }
}

fn hashed(name: &str, whole: &str, limit: usize) -> SmolStr {
    let digest = Sha256::digest(whole.as_bytes());
    let mut end = name.len().min(limit - 9);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let [a, b, c, d, ..] = digest[..] else { return SmolStr::new(name) };
    format_smolstr!("{}_{a:02x}{b:02x}{c:02x}{d:02x}", &name[..end])
}

/// A name that had to be shortened, and the line that caused it.
#[derive(Debug)]
pub(super) struct Shortened {
    pub(super) whole: SmolStr,
    pub(super) stored: SmolStr,
    pub(super) span: Span,
}

/// The names that are taken. In a schema, tables, indexes, sequences and views share one space; the constraints
/// of a table have one of their own.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: HashSet<(SmolStr, SmolStr)>,
    /// By space and name: how often it had to give way.
    given_way: HashMap<(SmolStr, SmolStr), usize>,
    pub(super) shortened: Vec<Shortened>,
}

impl Names {
    /// The stored form of a name that the source chose. It was judged to be the only one of its kind.
    pub(super) fn given(&mut self, space: &str, name: &SmolStr, span: Span) -> SmolStr {
        let stored = self.shorten(name, span);
        self.taken.insert((SmolStr::new(space), stored.clone()));
        stored
    }

    /// A derived name, which gives way (to one with a hash of `origin`) where it is taken.
    pub(super) fn derived(&mut self, space: &str, name: &str, origin: &str, span: Span) -> SmolStr {
        let mut stored = self.shorten(name, span);
        let mut salt = String::from(origin);
        while !self.taken.insert((SmolStr::new(space), stored.clone())) {
            stored = hashed(name, &salt, LIMIT);
            // Only one origin that derives one name again and again comes here more than once for it.
            let times = self.given_way.entry((SmolStr::new(space), SmolStr::new(name))).or_default();
            *times += 1;
            salt = format!("{origin}+{times}");
        }
        stored
    }

    /// A name that shares its space with nothing the compiler adds, such as a column.
    pub(super) fn shorten(&mut self, name: &str, span: Span) -> SmolStr {
        let stored = fit(name, LIMIT);
        if stored.len() != name.len() {
            self.shortened.push(Shortened { whole: SmolStr::new(name), stored: stored.clone(), span });
        }
        stored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    const HERE: Span = Span { file: FileId(0), start: 0, end: 0 };

    #[test]
    fn a_long_name_is_cut_to_63_bytes_and_stays_different() {
        let a = fit(&"é".repeat(80), LIMIT);
        let b = fit(&format!("{}x", "é".repeat(80)), LIMIT);
        assert!(a.len() <= LIMIT && b.len() <= LIMIT && a != b, "{a} {b}");
    }

    #[test]
    fn a_derived_name_gives_way_to_one_that_is_taken() {
        let mut names = Names::default();
        assert_eq!(names.derived("core", "a_b_idx", "core.A.b", HERE), "a_b_idx");
        let second = names.derived("core", "a_b_idx", "core.AB", HERE);
        assert!(second.starts_with("a_b_idx_"), "{second}");
        assert_eq!(names.derived("shop", "a_b_idx", "core.AB", HERE), "a_b_idx");
    }
}
