//! The register of names: of everything that is created in a database, each in its space. Those of the compiler are
//! readable, unique in their space, within 63 bytes, and the same in whatever order the source stands and whatever is
//! added that is called otherwise.
//!
//! | thing | name |
//! |---|---|
//! | key, unique, reference | `users_pkey`, `users_phone_key`, `wallets_user_id_fkey` |
//! | index, with a name of its own | `users_country_created_at_idx`, `users_active` |
//! | check of a field, of an entity, with a name of its own | `wallets_balance_min`, `users_born_died_check`, `users_adult` |
//! | no overlap | `bookings_starts_at_ends_at_excl` |
//! | partition by list, by hash, by range | `sales_eu`, `sales_p0`, `sales_2026_12` |
//! | sequence of an identity, trigger function, refresh | `orders_id_seq`, `orders_before_update`, `refresh_core_figures` |
//!
//! A name that the source says wins, be it that of a table, an index, or of what a script makes; a derived one gives way.
//! What `as` says of an index or a unique constraint is its whole name. Where two would be called the same, the one that the
//! source names keeps its name, and of those that are derived each ends in a hash of what it is. A name over 63 bytes is cut
//! and ends in a hash of the whole, so it differs from every other name that begins alike.

use std::collections::BTreeSet;
use std::fmt::Debug;

use foldhash::{HashMap, HashMapExt};
use smol_str::{SmolStr, format_smolstr};

use super::table::Table;
use crate::hashed::hashed;
use polity_text::source::Span;
use polity_text::tokens;

/// `NAMEDATALEN` less the closing zero: what PostgreSQL keeps of an identifier, in bytes.
pub(in crate::postgres) const LIMIT: usize = 63;

/// The name itself where it fits into `limit` bytes, with the longest values for its tokens; otherwise its beginning, `_` and
/// eight digits of its hash.
pub(in crate::postgres) fn fit(name: &str, limit: usize) -> SmolStr {
    if tokens::length(name) <= limit { SmolStr::new(name) } else { hashed(name, name, limit) }
}

/// The beginning of a role's name with a tenant's behind it. Only the beginning is ever shortened, as far as the longest name
/// of a tenant asks for, so that it is the same for every tenant.
pub(super) fn of_tenant(name: &str, tenant: &str, limit: usize) -> SmolStr {
    format_smolstr!("{}_{tenant}", fit(name, limit - 1 - tokens::LONGEST))
}

/// A name outside of the database, such as that of a job: letters, digits and `_`. Where that changes anything, it ends in
/// digits of the hash of the whole.
pub(super) fn word(name: &str) -> SmolStr {
    let plain = name.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "_");
    if plain == name { name.into() } else { hashed(&plain, name, LIMIT) }
}

/// A name that had to be shortened, and the line that caused it.
#[derive(Debug)]
pub(in crate::postgres) struct Shortened {
    pub(in crate::postgres) whole: SmolStr,
    pub(in crate::postgres) stored: SmolStr,
    pub(in crate::postgres) span: Span,
}

/// How strongly an object holds on to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The source says the whole name: `as "users_by_phone"`.
    Whole,
    /// The source says its end: `check adult (…)`.
    End,
    /// It is made of the table, the columns and the kind.
    Derived,
}

/// The name of a constraint or an index: the wanted one, until [`Names::settle`] has seen all.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub(super) name: SmolStr,
    claim: Claim,
    span: Span,
}

impl Claimed {
    pub(super) fn new(name: impl Into<SmolStr>, claim: Claim, span: Span) -> Self {
        Self { name: name.into(), claim, span }
    }
}

/// A constraint or an index, as far as its name depends on it.
pub(super) struct Part<'t> {
    pub(super) claimed: &'t Claimed,
    /// Whether it shares the space of the schema's tables and indexes.
    pub(super) is_relation: bool,
    /// Whether it shares the space of its table's constraints.
    pub(super) is_constraint: bool,
    /// The definition, which tells it from everything else that would have the same name.
    pub(super) definition: &'t dyn Debug,
}

/// A part with the spaces in which its name must be the only one, and the name that it gets.
struct Wanted<'t> {
    table: &'t SmolStr,
    part: Part<'t>,
    spaces: Vec<Space>,
    stored: SmolStr,
}

/// A set of things of which no two have one name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::postgres) enum Space {
    /// Tables with their partitions, indexes, sequences and views of a schema.
    Relations(SmolStr),
    /// The functions of a schema. Those of the compiler differ by name alone from those of the source.
    Functions(SmolStr),
    /// The constraints of a table, by schema and name.
    Constraints(SmolStr, SmolStr),
}

/// Names by space, in order, so that those which begin alike are found without looking at the rest.
#[derive(Debug, Default)]
struct Spaces(HashMap<Space, BTreeSet<SmolStr>>);

impl Spaces {
    fn insert(&mut self, space: &Space, name: SmolStr) {
        match self.0.get_mut(space) {
            Some(names) => drop(names.insert(name)),
            None => drop(self.0.insert(space.clone(), BTreeSet::from([name]))),
        }
    }

    fn contains(&self, space: &Space, name: &SmolStr) -> bool {
        self.0.get(space).is_some_and(|names| names.contains(name))
    }

    /// Returns what stands behind `stem_` in each name of a space that begins so.
    fn behind<'n>(&'n self, space: &Space, stem: &str) -> impl Iterator<Item = &'n str> {
        let first = format_smolstr!("{stem}_");
        let names = self.0.get(space).into_iter().flat_map({
            let first = first.clone();
            move |names| names.range(first.clone()..)
        });
        names.map_while(move |name| name.strip_prefix(first.as_str()))
    }
}

/// The names that are taken, and those that will be.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Names {
    taken: Spaces,
    /// Names that the source says and that are settled later; what is derived gives way to them.
    reserved: Spaces,
    /// Names that things want which give way: those that several want go to none of them.
    wanted: HashMap<(Space, SmolStr), u32>,
    /// The prefix of a tenant's own schemas, of which no hash depends.
    prefix: Option<String>,
    pub(in crate::postgres) shortened: Vec<Shortened>,
}

impl Names {
    /// The register of a place whose schemas have this prefix.
    pub(super) fn behind(prefix: Option<&str>) -> Self {
        Self { prefix: prefix.map(str::to_owned), ..Self::default() }
    }

    /// The stored form of a name that the source chose. It was judged to be the only one of its kind.
    pub(super) fn given(&mut self, space: Space, name: &SmolStr, span: Span) -> SmolStr {
        let stored = self.shorten(name, span);
        self.taken.insert(&space, stored.clone());
        stored
    }

    /// Keeps a name, which the source says, from all that is derived.
    pub(super) fn reserve(&mut self, space: Space, name: &str) {
        self.reserved.insert(&space, fit(name, LIMIT));
    }

    /// Announces that something will want a name, so that of several that do none has it.
    pub(super) fn announce(&mut self, space: Space, name: &str) {
        *self.wanted.entry((space, fit(name, LIMIT))).or_default() += 1;
    }

    /// The name of an object that goes with a named one, which gives way (to one with a hash of `origin`) where it is
    /// taken.
    pub(super) fn derived(&mut self, space: Space, name: &str, origin: &str, span: Span) -> SmolStr {
        let wanted = self.shorten(name, span);
        let place = (space, wanted);
        let is_contested = self.wanted.get(&place).is_some_and(|times| *times > 1);
        let (space, wanted) = place;
        let spaces = [space];
        let stored = match !is_contested && self.is_free(&spaces, &wanted) {
            true => wanted,
            false => self.other(&spaces, name, origin),
        };
        self.take(&spaces, &stored);
        stored
    }

    /// The beginning of the names of things that are made one by one, such as partitions by month: within `limit` bytes,
    /// and such that no name of the source in one of the spaces is what `is_part` says of what stands behind it.
    pub(super) fn stem(
        &self,
        spaces: &[Space],
        name: &str,
        limit: usize,
        is_part: fn(&str) -> bool,
    ) -> SmolStr {
        let meets = |stem: &str| {
            let of = |space| self.taken.behind(space, stem).chain(self.reserved.behind(space, stem));
            spaces.iter().flat_map(of).any(is_part)
        };
        let first = fit(name, limit);
        let more = (1_u32..).map(|nth| hashed(name, &format!("{name}+{nth}"), limit));
        std::iter::once(first).chain(more).find(|stem| !meets(stem)).unwrap_or_default()
    }

    /// A name that shares its space with nothing the compiler adds, such as a column.
    pub(super) fn shorten(&mut self, name: &str, span: Span) -> SmolStr {
        let stored = fit(name, LIMIT);
        if stored.len() != name.len() {
            self.shortened.push(Shortened { whole: SmolStr::new(name), stored: stored.clone(), span });
        }
        stored
    }

    /// Gives the constraints and indexes of all tables their names: first those that the source says, then those of which
    /// it says the end, then those that are derived. What would be called the same as another of its kind, or as one that
    /// came first, ends in a hash of its definition, so that no order decides.
    pub(super) fn settle(&mut self, tables: &mut [Table<'_>]) {
        let mut wanted = Vec::new();
        for table in tables.iter() {
            let constraints = Space::Constraints(table.name.schema.clone(), table.name.name.clone());
            for part in table.parts() {
                let relations = part.is_relation.then(|| Space::Relations(table.name.schema.clone()));
                let constraints = part.is_constraint.then(|| constraints.clone());
                let spaces = relations.into_iter().chain(constraints).collect();
                let stored = self.shorten(&part.claimed.name, part.claimed.span);
                wanted.push(Wanted { table: &table.name.name, part, spaces, stored });
            }
        }
        for claim in [Claim::Whole, Claim::End, Claim::Derived] {
            self.settle_claims(claim, &mut wanted);
        }
        let stored: Vec<SmolStr> = wanted.into_iter().map(|wanted| wanted.stored).collect();
        let claims = tables.iter_mut().flat_map(|table| table.claims());
        claims.zip(stored).for_each(|(claimed, stored)| claimed.name = stored);
    }

    fn settle_claims(&mut self, claim: Claim, wanted: &mut [Wanted<'_>]) {
        let is_of = |wanted: &Wanted| wanted.part.claimed.claim == claim;
        let mut times: HashMap<(&Space, &SmolStr), u32> = HashMap::with_capacity(wanted.len());
        for wanted in wanted.iter().filter(|wanted| is_of(wanted)) {
            for space in &wanted.spaces {
                *times.entry((space, &wanted.stored)).or_default() += 1;
            }
        }
        let once = |wanted: &Wanted| {
            wanted.spaces.iter().all(|space| times.get(&(space, &wanted.stored)) == Some(&1))
        };
        let alone: Vec<bool> = wanted.iter().filter(|wanted| is_of(wanted)).map(once).collect();
        let mut give_way = Vec::new();
        for (wanted, is_alone) in wanted.iter_mut().filter(|wanted| is_of(wanted)).zip(alone) {
            // Two that the source calls the same are an error that a rule reports.
            let is_free = match claim {
                Claim::Whole => true,
                Claim::End => self.is_untaken(&wanted.spaces, &wanted.stored) && is_alone,
                Claim::Derived => self.is_free(&wanted.spaces, &wanted.stored) && is_alone,
            };
            if is_free {
                self.take(&wanted.spaces, &wanted.stored);
            } else {
                give_way.push(wanted);
            }
        }
        for wanted in give_way {
            let origin = format!("{}: {:?}", wanted.table, wanted.part.definition);
            wanted.stored = self.other(&wanted.spaces, &wanted.part.claimed.name, &origin);
            self.take(&wanted.spaces, &wanted.stored);
        }
    }

    /// The name with a hash of `origin` behind it. Only of what is defined twice alike does the second count on.
    fn other(&self, spaces: &[Space], name: &str, origin: &str) -> SmolStr {
        let origin = self.prefix.as_ref().map_or(origin.to_owned(), |prefix| origin.replace(prefix, ""));
        let first = hashed(name, &origin, LIMIT);
        let more = (2_u32..).map(|nth| hashed(name, &format!("{origin}+{nth}"), LIMIT));
        let mut names = std::iter::once(first).chain(more);
        names.find(|name| self.is_free(spaces, name)).unwrap_or_default()
    }

    fn is_free(&self, spaces: &[Space], name: &SmolStr) -> bool {
        self.is_untaken(spaces, name) && spaces.iter().all(|space| !self.reserved.contains(space, name))
    }

    fn is_untaken(&self, spaces: &[Space], name: &SmolStr) -> bool {
        spaces.iter().all(|space| !self.taken.contains(space, name))
    }

    fn take(&mut self, spaces: &[Space], name: &SmolStr) {
        spaces.iter().for_each(|space| self.taken.insert(space, name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polity_text::source::{FileId, Span};

    const HERE: Span = Span { file: FileId(0), start: 0, end: 0 };

    #[test]
    fn a_long_name_is_cut_to_63_bytes_and_stays_different() {
        let a = fit(&"é".repeat(80), LIMIT);
        let b = fit(&format!("{}x", "é".repeat(80)), LIMIT);
        assert!(a.len() <= LIMIT && b.len() <= LIMIT && a != b, "{a} {b}");
    }

    fn core() -> Space {
        Space::Relations("core".into())
    }

    #[test]
    fn a_derived_name_gives_way_to_one_that_is_taken() {
        let mut names = Names::default();
        assert_eq!(names.derived(core(), "a_b_idx", "core.A.b", HERE), "a_b_idx");
        let second = names.derived(core(), "a_b_idx", "core.AB", HERE);
        assert!(second.starts_with("a_b_idx_"), "{second}");
        assert_eq!(names.derived(Space::Relations("shop".into()), "a_b_idx", "core.AB", HERE), "a_b_idx");
    }

    #[test]
    fn what_several_want_none_has() {
        let mut names = Names::default();
        names.announce(core(), "a_b_c");
        names.announce(core(), "a_b_c");
        let both = ["a.b_c", "a_b.c"].map(|origin| names.derived(core(), "a_b_c", origin, HERE));
        assert!(both.iter().all(|name| name.starts_with("a_b_c_")) && both[0] != both[1], "{both:?}");
    }

    #[test]
    fn a_stem_gives_way_to_what_looks_like_a_part_of_it() {
        let mut names = Names::default();
        let digits = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        names.given(core(), &"notes_total".into(), HERE);
        assert_eq!(names.stem(&[core()], "notes", 52, digits), "notes");
        names.reserve(core(), "notes_2026_12");
        let other = names.stem(&[core()], "notes", 52, digits);
        assert!(other.starts_with("notes_") && other != "notes", "{other}");
    }
}
