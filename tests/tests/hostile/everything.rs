//! A platform that has everything whose output is a script: tenants in all three tiers, what they share, trails, services,
//! persons and keys, with hostile words in every place that takes one.

use std::collections::BTreeSet;

use polity::artifact::Artifacts;
use polity_tests::project::{build, compile};

use super::platform::literal;
use super::words::{SETS, Words, filled};

/// Where the tenants stand that are promoted later.
#[derive(Clone, Copy)]
pub enum Tiers {
    /// Every tenant that has anything of its own has schemas.
    Schemas,
    /// Tenants of the tier `top` have databases.
    Databases,
}

/// The source with one set of words.
pub fn source(words: Words, tiers: Tiers) -> String {
    let q = |tag: &str| words.ident(tag);
    let person = format!("{}.{}", words.schema_ident("s"), q("pe"));
    let names = format!("select p.{} as {}, p.{} as {} from {person} p", q("a"), q("a"), q("c"), q("b"));
    let kinds = format!("select p.tenant_id, count(*) as {} from {person} p group by p.tenant_id", q("b"));
    let (mid, top) = match tiers {
        Tiers::Schemas => ("mid", "mid"),
        Tiers::Databases => ("mid", "top"),
    };
    let source = include_str!("everything.polity")
        .replace(": MID ", &format!(": {mid} "))
        .replace(": TOP ", &format!(": {top} "))
        .replace("sql NAMES", &format!("sql {}", literal(&names)))
        .replace("sql KINDS", &format!("sql {}", literal(&kinds)));
    filled(&source, words)
}

/// A platform without tenants, whose source has statements of its own.
pub fn alone(words: Words) -> String {
    let (thing, q) =
        (format!("{}.{}", words.schema_ident("s"), words.ident("th")), |tag: &str| words.ident(tag));
    let things = format!("select t.{0} as {0} from {thing} t", q("a"));
    let once = format!("insert into {thing} ({}, {}) values (1, '2027-01-31')", q("a"), q("b"));
    let after = format!(
        "create or replace function {}.{}() returns bigint language sql stable as $body$ select count(*) from {thing} $body$",
        words.schema_ident("s"),
        q("fn")
    );
    let source = include_str!("alone.polity")
        .replace("sql THINGS", &format!("sql {}", literal(&things)))
        .replace("› ONCE", &format!("› {}", literal(&once)))
        .replace("Thing AFTER", &format!("Thing {}", literal(&after)));
    filled(&source, words)
}

/// The files that the compiler writes for the source.
pub fn artifacts(words: Words, tiers: Tiers) -> Artifacts {
    build(&source(words, tiers))
}

/// Asserts that every script that was emitted below some folders was run.
pub fn all_ran(emitted: &Artifacts, folders: &[&str], ran: &BTreeSet<String>) {
    let is_script = |path: &&str| {
        let runs = [".sh", ".sql", ".js", ".lua"].iter().any(|end| path.ends_with(end));
        runs && folders.iter().any(|folder| path.starts_with(folder))
    };
    let left: Vec<&str> =
        // Those of a tier are run as its tenants have them.
        emitted.iter().map(|(path, _)| path).filter(|path| !path.contains("/tiers/")).filter(is_script).filter(|path| !ran.contains(*path)).collect();
    assert_eq!(left, Vec::<&str>::new(), "never run");
}

#[test]
fn every_set_of_words_is_admitted_in_every_place() {
    for set in SETS {
        let words = Words::of(set);
        for source in [source(words, Tiers::Databases), alone(words)] {
            let found = compile(&source).diagnostics;
            let errors: Vec<String> = found
                .iter()
                .filter(|found| found.is_error())
                .map(|found| {
                    let at = found.primary.as_ref().map(|at| at.span).expect("a place");
                    let line = source[..at.start as usize].matches('\n').count() + 1;
                    format!(
                        "{line}: {} {} {}",
                        found.code,
                        found.message,
                        source.lines().nth(line - 1).unwrap_or_default()
                    )
                })
                .collect();
            assert!(errors.is_empty(), "{set}\n{}", errors.join("\n"));
        }
    }
}
