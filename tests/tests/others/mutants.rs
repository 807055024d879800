//! Each attribute of each kind of object that a description shows is led on: what changes it by hand is led to and back from.

use std::collections::BTreeSet;

use super::outcomes;
use super::pairs::Pair;
use super::tried::Outcome;

/// Changes that no migration makes, each with the reason.
const NOT_LED_ON: &[(&str, &str)] = &[
    ("ALTER SCHEMA spare OWNER TO", "what a role owns is handed over by the administrator's file"),
    ("ALTER SEQUENCE spare.numbers OWNER TO", "what a role owns is handed over by the administrator's file"),
    ("ALTER TABLE spare.owners OWNER TO", "what a role owns is handed over by the administrator's file"),
    (
        "ALTER FUNCTION spare.add(integer, integer) OWNER TO",
        "what a role owns is handed over by the administrator's file",
    ),
    ("ALTER VIEW spare.own OWNER TO", "what a role owns is handed over by the administrator's file"),
    (
        "ALTER TABLE spare.kinds SET SCHEMA public",
        "its owner may make no schema in this database, in which a table is put aside",
    ),
    (
        "DROP TABLE spare.kinds_new;",
        "its owner may make no schema in this database, in which a table is put aside",
    ),
    (
        "DROP TABLE spare.kinds;",
        "its owner may make no schema in this database, in which a table is put aside",
    ),
    ("ALTER TABLE spare.buckets DETACH PARTITION", "a partition is one for ever, or goes"),
    (
        "ALTER SEQUENCE spare.items_id_seq RENAME TO",
        "the server names the sequence of a column that it counts",
    ),
    (
        "ALTER TABLE spare.items ALTER COLUMN id DROP IDENTITY",
        "a field is counted from the start, or never (E1904)",
    ),
    (
        "ALTER TABLE spare.items ALTER COLUMN secret SET STATISTICS 100",
        "a target of statistics other than 0 is in no catalog",
    ),
    ("DROP INDEX spare.days_at_idx;", "nobody asks for an index that is invalid"),
    ("UPDATE pg_index SET indisvalid = false", "nobody asks for an index that is invalid"),
    ("ALTER FUNCTION spare.add(integer, integer) LEAKPROOF", "only a superuser says so"),
    (
        "CREATE OR REPLACE FUNCTION spare.count_items() RETURNS bigint",
        "a function that a stored view calls is read as its owner, from whom policies hide rows",
    ),
    (
        "DROP FUNCTION spare.count_items();",
        "a function that a stored view calls is read as its owner, from whom policies hide rows",
    ),
    (
        "GRANT SELECT ON spare.items TO spare_app WITH GRANT OPTION",
        "rights that may be given on are the administrator's",
    ),
    ("REVOKE GRANT OPTION FOR USAGE ON SCHEMA public", "rights that may be given on are the administrator's"),
    ("GRANT CREATE, TEMPORARY ON DATABASE", "rights on a database are the administrator's"),
    ("REVOKE CONNECT ON DATABASE", "rights on a database are the administrator's"),
    ("GRANT CONNECT ON DATABASE", "rights on a database are the administrator's"),
];

/// Two pairs for each change by hand: forth and back.
fn pairs() -> Vec<Pair> {
    // Rights on a database are the administrator's.
    let lines = include_str!("../describe/everything.sql").lines();
    let everything = &lines.filter(|line| !line.contains(" ON DATABASE ")).collect::<Vec<_>>().join("\n");
    let blocks = include_str!("../describe/mutants.sql").split("\n\n").filter(|block| block.contains("--> "));
    let pairs = blocks.flat_map(|block| {
        let mutated = format!("{everything}\nRESET ROLE;\n{block}\n");
        let pair = |name: &str, old: &str, new: &str| Pair {
            name: format!("{block}: {name}"),
            old: old.to_owned(),
            new: new.to_owned(),
            ..Pair::default()
        };
        [pair("forth", everything, &mutated), pair("back", &mutated, everything)]
    });
    pairs.collect()
}

#[test]
fn each_attribute_is_led_on() {
    let pairs = pairs();
    let Some(outcomes) = outcomes(&pairs) else { return };
    let (mut missed, mut seen, mut held) = (Vec::new(), BTreeSet::new(), 0);
    for (pair, outcome) in &outcomes {
        let known = NOT_LED_ON.iter().find(|(sql, _)| pair.name.starts_with(sql));
        match outcome {
            Outcome::Held { .. } => held += 1,
            Outcome::Apart(reason) if reason.starts_with("differs in what an administrator says") => {}
            other => match known {
                Some((sql, _)) => drop(seen.insert(*sql)),
                None => missed.push(format!("==== {}\n{other:?}", pair.name)),
            },
        }
    }
    assert!(missed.is_empty(), "{held} held, {} missed\n{}", missed.len(), missed.join("\n"));
    let stale: Vec<_> = NOT_LED_ON.iter().map(|(sql, _)| *sql).filter(|sql| !seen.contains(sql)).collect();
    assert_eq!(stale, [""; 0], "these are led on now");
}
