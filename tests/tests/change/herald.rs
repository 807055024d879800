//! The history of Herald.lol, a platform that wrote its migrations by hand: users, their preferences with a GIN index, matches spread
//! over partitions. Three versions of a source make the same, and no row is lost on the way.

use std::collections::BTreeSet;

use polity_catalog::relational::{Catalog, Object, Texts};
use polity_engines::postgres_describe::Scope;
use polity_tests::engines::Postgres;

use super::support::{Lineage, holds};
use crate::describe::support::describe;

/// Its migrations. The first also makes the matches of its list of tables, whose statement it does not show, with the key that the
/// third needs: a unique index of a partitioned table holds the column that spreads it.
const THEIRS: [&str; 3] = [
    "CREATE TABLE users (
        id SERIAL PRIMARY KEY,
        riot_puuid VARCHAR(78) UNIQUE NOT NULL,
        created_at TIMESTAMP DEFAULT NOW()
    );
    CREATE TABLE matches (
        match_id BIGINT NOT NULL,
        platform VARCHAR(8) NOT NULL,
        game_creation TIMESTAMPTZ NOT NULL,
        game_duration INTEGER NOT NULL,
        raw_data JSONB,
        PRIMARY KEY (match_id, game_creation)
    );",
    "ALTER TABLE users ADD COLUMN preferences JSONB DEFAULT '{}';
    CREATE INDEX idx_users_preferences ON users USING GIN (preferences);",
    "CREATE TABLE matches_partitioned (
        LIKE matches INCLUDING ALL
    ) PARTITION BY RANGE (game_creation);",
];

/// The differences that the language means, each with the reason.
const MEANT: &[(&str, &str)] = &[
    ("column public.users.created_at: type", "a moment has a zone"),
    ("column public.users.id: value", "`SERIAL` is a default that a row may pass over; an identity is none"),
    ("_range: only in the second", "a moment is one that every store holds"),
    ("sequence public.users_id_seq", "the sequence of an identity is the column's"),
];

const V1: &str = "platform herald { environments: [dev] }
store main: postgres 15 { database: \"herald\" }
entity User in main as \"users\" {
  id: int key = identity()
  riot_puuid: text(78) unique
  created_at: timestamp? = now()
}
entity Match in main as \"matches\" {
  match_id: bigint
  platform: text(8)
  game_creation: timestamp
  game_duration: int
  raw_data: json?
  key (match_id, game_creation)
}
";

/// The second version and the third.
fn later() -> [String; 2] {
    let preferences = "  created_at: timestamp? = now()\n  preferences: json? = {}\n  index (preferences) using gin as \"idx_users_preferences\"\n";
    let second = V1.replace("  created_at: timestamp? = now()\n", preferences);
    let third = format!(
        "{second}entity SpreadMatch in main as \"matches_partitioned\" {{
  match_id: bigint
  platform: text(8)
  game_creation: timestamp
  game_duration: int
  raw_data: json?
  key (match_id, game_creation)
  partition by month (game_creation)
}}
"
    );
    [second, third]
}

/// The parts of a catalog that Herald writes down: tables, columns, constraints, indexes and sequences, whoever owns them.
fn structure(catalog: &Catalog) -> Catalog {
    let of_structure = |object: &Object| match object {
        Object::Table(table) => {
            Some(polity_catalog::relational::Table { owner: "herald".into(), ..table.clone() }.into())
        }
        Object::Sequence(one) => {
            Some(polity_catalog::relational::Sequence { owner: "herald".into(), ..one.clone() }.into())
        }
        Object::Column(_) | Object::Constraint(_) | Object::Index(_) => Some(object.clone()),
        _ => None,
    };
    catalog.objects().filter_map(of_structure).collect()
}

/// Returns the differences between the schema `public` of two databases: object and attribute of each.
fn differences(theirs: &mut Postgres, ours: &mut Postgres) -> BTreeSet<String> {
    let scope = Scope { schemas: ["public".into()].into(), ..Scope::default() };
    let (theirs, ours) = (structure(&describe(theirs, &scope)), structure(&describe(ours, &scope)));
    let shown = theirs.differences(&ours, Texts::Exact);
    shown.iter().map(|one| one.to_string()).collect()
}

#[test]
fn three_versions_of_a_source_make_the_history_of_herald() {
    let Some(mut server) = Postgres::server() else { return };
    let mut theirs = server.another();
    let mut lineage = Lineage::begin(server.another(), V1);
    let sources = std::iter::once(V1.to_owned()).chain(later());
    let (mut met, mut unmeant) = (BTreeSet::new(), Vec::new());
    for (number, (source, theirs_now)) in sources.zip(THEIRS).enumerate() {
        if number > 0 {
            lineage
                .lead_to(&source, &format!("version_{}", number + 1))
                .unwrap_or_else(|said| panic!("{said}"));
        }
        theirs.script(theirs_now).unwrap_or_else(|said| panic!("{said}"));
        for found in differences(&mut theirs, &mut lineage.server) {
            match MEANT.iter().find(|(what, _)| found.contains(what)) {
                Some((what, _)) => drop(met.insert(*what)),
                None => unmeant.push(format!("version {}: {found}", number + 1)),
            }
        }
        // Rows that are written between two versions survive the next ones.
        let rows = format!(
            "INSERT INTO public.users (riot_puuid) SELECT 'puuid {number} ' || n FROM generate_series(1, 40) n;
             INSERT INTO public.matches VALUES ({number}, 'euw1', '2026-11-0{}', 1800, '{{}}');",
            number + 1
        );
        lineage.server.script_as("postgres", &rows).unwrap_or_else(|said| panic!("{said}"));
        let expected = 40 * (number + 1);
        holds(
            &mut lineage,
            &format!("SELECT count(*) = {expected} AND count(DISTINCT id) = {expected} FROM public.users"),
        );
        holds(&mut lineage, &format!("SELECT count(*) = {} FROM public.matches", number + 1));
    }
    assert!(unmeant.is_empty(), "{}", unmeant.join("\n"));
    let unmet: Vec<_> = MEANT.iter().filter(|(what, _)| !met.contains(what)).collect();
    assert!(unmet.is_empty(), "{unmet:?} are no differences");
    holds(&mut lineage, "SELECT bool_and(preferences = '{}') FROM public.users");
}
