//! Periods with their ends, unique constraints with their terms, and the partition of all other rows.

use polity_tests::project;

use super::support::installed;

const SOURCE: &str = "platform demo { environments: [dev, prod]; production: [prod] }
store main: postgres 15 { database: \"demo\", extensions: [btree_gist] }
schema core in main {
  enum Kind { a, b }
  entity Price { id: int key; from: date; to: date?; no overlap prices [from, to] }
  entity Stay {
    id: int key
    room: { house: int, door: int } inline
    days: { from: date, to: date } inline
    index (days.from)
    no overlap [days.from, days.to) per (room.house, room.door)
  }
  entity Track { id: int key; list: int; position: int; unique (list, position) deferrable }
  entity Code { id: int key; a: int; b: int?; c: text?; unique (a, b) nulls not distinct; unique (lower(c)) nulls not distinct }
  entity Part { id: int; kind: Kind?; unique (id, kind); key (id, no); no: int; partition by hash (id, no) into 2 }
  entity Item { id: int; at: date; key (id, at); partition by year (at) ahead 1 default; retain 10y after at; index (at) }
}";

#[test]
fn what_is_written_about_periods_holds() {
    let source = SOURCE.replace("  entity Part { id: int; kind: Kind?; unique (id, kind); key (id, no); no: int; partition by hash (id, no) into 2 }\n", "");
    let Some(mut db) = installed(&project::build(&source), "demo") else { return };
    let mut said = |sql: &str| db.run(sql).map_err(|error| format!("{error:?}"));
    let mut fails = |sql: &str, why: &str| {
        let error = said(sql).expect_err(sql);
        assert!(error.contains(why), "{sql}: {error}");
    };
    let ok = |answer: Result<String, String>| answer.expect("is allowed");
    // The last day is part of a price; no price ends before it begins.
    fails("INSERT INTO core.price VALUES (1, '2026-02-01', '2026-01-01')", "price_from_to_check");
    fails(
        "INSERT INTO core.price VALUES (1, '2026-01-01', '2026-01-01'), (2, '2026-01-01', '2026-01-01')",
        "price_prices",
    );
    fails(
        "INSERT INTO core.price VALUES (1, '2026-01-01', '2026-01-31'), (2, '2026-01-31', NULL)",
        "price_prices",
    );
    // The next guest comes on the day on which one leaves.
    let stays = "INSERT INTO core.stay VALUES (1, 1, 1, '2026-01-01', '2026-01-05'), (2, 1, 1, '2026-01-05', '2026-01-06'), \
                 (3, 1, 2, '2026-01-01', '2026-01-05')";
    ok(said(stays));
    let mut fails = |sql: &str, why: &str| {
        let error = said(sql).expect_err(sql);
        assert!(error.contains(why), "{sql}: {error}");
    };
    fails("INSERT INTO core.stay VALUES (4, 1, 1, '2026-01-04', '2026-01-07')", "excl");
    fails("INSERT INTO core.stay VALUES (4, 1, 9, '2026-01-04', '2026-01-03')", "_check");
    ok(said("INSERT INTO core.track VALUES (1, 1, 1), (2, 1, 2)"));
    // Two rows exchange their places; at the end they must differ.
    ok(said("UPDATE core.track SET position = 3 - position"));
    let mut fails = |sql: &str, why: &str| {
        let error = said(sql).expect_err(sql);
        assert!(error.contains(why), "{sql}: {error}");
    };
    fails("UPDATE core.track SET position = 1", "track_list_position_key");
    fails("INSERT INTO core.code VALUES (1, 1, NULL, 'x'), (2, 1, NULL, 'y')", "code_a_b_key");
    fails("INSERT INTO core.code VALUES (1, 1, 1, NULL), (2, 1, 2, NULL)", "code_c_key");
    // A row of a year that nobody made a partition for has a place, and is there to be read.
    ok(said("INSERT INTO core.item VALUES (1, '1999-05-05'), (2, current_date)"));
    assert_eq!(ok(said("SELECT tableoid::regclass::text FROM core.item WHERE id = 1")), "core.item_default");
    assert_eq!(ok(said("SELECT polity.create_partitions()")), "0");
    ok(said("CALL polity.retain()"));
    assert_eq!(ok(said("SELECT string_agg(id::text, ',') FROM core.item")), "2");
}
