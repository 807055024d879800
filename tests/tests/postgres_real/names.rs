//! Names of the source that the compiler would give to objects of its own: each keeps its name, and what is derived gives
//! way and does its work.

use polity_tests::project;

use super::support::installed;

/// The platform whose names are in each other's way.
const NAMES: &str = include_str!("names.polity");

#[test]
fn what_is_derived_gives_way_and_works() {
    let Some(mut db) = installed(&project::build(NAMES), "demo") else { return };
    let mut one = |sql: &str| db.run(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    // Every table that is partitioned takes rows.
    one("INSERT INTO core.sale VALUES (1, 'eu'), (2, 'us')");
    one("INSERT INTO core.bucket SELECT n, n FROM generate_series(1, 20) n");
    one("INSERT INTO core.note VALUES (1, now())");
    one("INSERT INTO core.account VALUES (1, 10)");
    one("UPDATE core.account SET amount = 11");
    assert_eq!(one("SELECT count(*) FROM core.log"), "2");
    let partitions = "SELECT string_agg(inhparent::regclass || ' ' || count, ', ' ORDER BY inhparent::regclass::text)
        FROM (SELECT inhparent, count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid AND relkind = 'r'
               GROUP BY inhparent) p";
    let counted = "core.bucket 2, core.log 4, core.note 2, core.sale 3";
    let hashed = one(partitions);
    assert_eq!(without_hashes(&hashed), without_hashes(counted), "{hashed}");
    // Identities count, each by a sequence of its own.
    for table in ["order", "box", "cat", "dog", "dog_id_seq"] {
        let columns = if table == "order" || table == "cat" { "(n) VALUES (1)" } else { "DEFAULT VALUES" };
        assert_eq!(one(&format!("INSERT INTO core.\"{table}\" {columns} RETURNING id")), "1", "{table}");
    }
    // Both views are refreshed, and the trigger is the compiler's.
    one("INSERT INTO a.t VALUES (1, 5)");
    for function in
        one("SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc WHERE proname LIKE 'refresh%'")
            .split(' ')
    {
        one(&format!("SELECT {function}"));
    }
    assert_eq!(one("SELECT (SELECT count(*) FROM a.b_c) || ' ' || (SELECT count(*) FROM a_b.c)"), "1 1");
    one("INSERT INTO core.thing VALUES (1, '2020-01-01')");
    one("UPDATE core.thing SET id = 2");
    assert_eq!(one("SELECT made > '2021-01-01' FROM core.thing"), "t");
}

/// Returns the text without hashes of eight digits.
fn without_hashes(text: &str) -> String {
    let is_hash = |part: &&str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let names = text
        .split(' ')
        .map(|name| name.split('_').filter(|part| !is_hash(part)).collect::<Vec<_>>().join("_"));
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_table_does_not_pass_for_a_partition() {
    let source = "platform demo { environments: [dev, prod]; production: [prod] }
store main: postgres 15 { database: \"demo\" }
schema core in main {
  entity Note { id: int; at: timestamp; key (id, at); partition by month (at) ahead 1 }
}";
    let Some(mut db) = installed(&project::build(source), "demo") else { return };
    let made = "SELECT polity.add_partition('core.note', 'note', '2019_01', 'at', 'timestamptz', '2019-01-01 00:00+00', \
                '2019-02-01 00:00+00', '')";
    assert_eq!(db.run(made).expect("a month is made"), "t");
    assert_eq!(db.run(made).expect("a month that is there is left alone"), "f");
    db.run("CREATE TABLE core.note_2019_02 (id int)").expect("somebody makes a table");
    let error = db
        .run(&made.replace("2019_01", "2019_02").replace("2019-02", "2019-03"))
        .expect_err("it is no partition");
    assert!(format!("{error:?}").contains("note_2019_02 is no partition"), "{error:?}");
}
