//! Rows that the model allows go in; those that it forbids are refused, one by one, by the constraint that says so.

use super::support::{installed, person, shop};

#[test]
fn every_constraint_refuses_what_it_forbids_and_nothing_else() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    db.run(&person(&[])).expect("a plain person is allowed");
    let full = [
        ("email", "'a@b.example'"),
        ("work", r#"'{"street": "Rue 2", "floor": 3}'"#),
        ("spare_street", "'Rue 3'"),
        ("spare_floor", "0"),
        ("place", "'SRID=4326;POINT(-17 14)'"),
        ("ip", "'2001:db8::1'"),
        ("balance", "1000"),
        ("rates", "'{1.5,-2}'"),
        ("weights", "'{0,1}'"),
        ("rank", "5"),
        ("code", "'AB-12'"),
        ("exact", "'xyz'"),
        ("phone", "'+221770000001'"),
    ];
    db.run(&person(&full)).expect("a full person is allowed");

    let long = format!("'{}'", "x".repeat(41));
    let refused: &[(&str, &str, &str)] = &[
        ("phone", "'0771234'", "people_phone_format"),
        ("phone", "'+221770000001'", "people_phone_key"),
        ("phone", "null", "23502"),
        ("email", "'nobody'", "people_email_format"),
        ("password", "'secret'", "people_password_format"),
        ("born", "'1899-12-31'", "people_born_check"),
        ("born", "'2020-01-01'", "people_adult"),
        ("status", "'OLD'", "people_status_values"),
        ("country", "'sn'", "people_country_format"),
        ("home_zip", "'12a'", "people_home_zip_matches"),
        ("home_street", &long, "22001"),
        ("work", "'[]'", "people_work_shape"),
        ("work", r#"'{"street": "a"}'"#, "people_work_shape"),
        ("work", r#"'{"street": 1, "floor": 1}'"#, "people_work_shape"),
        ("work", r#"'{"street": "a", "floor": 1.5}'"#, "people_work_shape"),
        ("work", r#"'{"street": "a", "floor": 1, "zip": "x"}'"#, "people_work_shape"),
        ("work", r#"'{"street": "a", "floor": 1, "other": 1}'"#, "people_work_shape"),
        ("work", r#"'[{"street": "a", "floor": 1}]'"#, "people_work_shape"),
        ("work", r#"'null'"#, "people_work_shape"),
        ("work", r#"jsonb_build_object('street', repeat('x', 41), 'floor', 1)"#, "people_work_street_length"),
        ("spare_zip", "'123'", "people_spare_whole"),
        ("tags", "'{a,NULL}'", "people_tags_elements"),
        ("states", "'{NEW,OLD}'", "people_states_values"),
        ("languages", "'{fr,x!}'", "people_languages_format"),
        ("lines", "'{}'", "people_lines_shape"),
        ("lines", r#"'[1]'"#, "people_lines_shape"),
        ("lines", r#"'[[{"name": "x", "count": 2}]]'"#, "people_lines_shape"),
        ("lines", r#"'[{"name": "x", "count": 2}, {"name": "x", "count": 0}]'"#, "people_lines_shape"),
        ("lines", r#"'[{"name": "12345678901", "count": 2}]'"#, "people_lines_name_length"),
        ("extra", r#"'{"a": "b"}'"#, "people_extra_shape"),
        ("balance", "-0.01", "people_balance_min"),
        ("balance", "1000.01", "people_balance_max"),
        ("balance", "'NaN'", "people_balance_max"),
        ("credit", "'NaN'", "people_credit_min"),
        ("debt", "'NaN'", "people_debt_number"),
        ("weight", "'NaN'", "people_weight_range"),
        ("rates", "'{1,NaN}'", "people_rates_number"),
        ("weights", "'{NaN}'", "people_weights_range"),
        ("weights", "'{-1}'", "people_weights_min"),
        ("rank", "0", "people_rank_min"),
        ("rank", "6", "people_rank_max"),
        ("code", "'ab'", "people_code_matches"),
        ("exact", "'xy'", "people_exact_length"),
        ("\"full\"", "'somebody'", "428C9"),
    ];
    for (column, value, why) in refused {
        let error = db.run(&person(&[(column, value)])).err();
        let error = error.unwrap_or_else(|| panic!("{column} = {value} was not refused"));
        let told = error.constraint.as_deref().unwrap_or(&error.sqlstate);
        assert_eq!(told, *why, "{column} = {value}: {error}");
    }
}

#[test]
fn uniqueness_with_a_filter_holds_within_the_filter() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    let same = [("email", "'a@b.example'")];
    db.run(&person(&same)).expect("the first");
    assert_eq!(
        db.run(&person(&same)).expect_err("the second").constraint.as_deref(),
        Some("people_country_email_key")
    );
    db.run(&person(&[("email", "null")])).expect("without");
    db.run(&person(&[("email", "null")])).expect("without again");
}

#[test]
fn references_overlaps_and_deferred_rings_hold() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    let refused = |db: &mut polity_tests::engines::Postgres, sql: &str| {
        let error = db.run(sql).expect_err(sql);
        error.constraint.unwrap_or(error.sqlstate)
    };
    let id = db.run(&person(&[])).expect("a person");
    let purchase = format!("insert into core.purchases (buyer, amount) values ('{id}', 1)");
    db.run(&purchase).expect("buys");
    assert_eq!(
        refused(&mut db, "insert into core.purchases (buyer, amount) values (gen_random_uuid(), 1)"),
        "purchases_buyer_fkey"
    );
    assert_eq!(
        refused(&mut db, &format!("delete from core.people where id = '{id}'")),
        "purchases_buyer_fkey"
    );
    assert_eq!(
        refused(
            &mut db,
            "insert into core.purchases (buyer, amount, at) select id, 1, '1999-01-01Z' from core.people"
        ),
        "23514"
    );

    db.run("insert into core.booking (room, starts, ends) values ('a', '2026-01-01', '2026-01-03')")
        .expect("books");
    assert_eq!(
        refused(
            &mut db,
            "insert into core.booking (room, starts, ends) values ('a', '2026-01-02', '2026-01-04')"
        ),
        "booking_starts_ends_excl"
    );
    db.run("insert into core.booking (room, starts, ends) values ('b', '2026-01-02', '2026-01-04'), ('a', '2026-01-03', '2026-01-04')")
        .expect("another room, and the next day");
    assert_eq!(db.run("select min(number) from core.booking").expect("reads"), "1000");

    db.run("insert into core.\"left\" values (1, 1); insert into core.\"right\" values (1, 1)")
        .expect("a ring in one transaction");
    assert_eq!(refused(&mut db, "insert into core.\"left\" values (2, 2)"), "left_other_fkey");

    assert_eq!(
        refused(&mut db, "insert into core.mark (target, target_type) values (gen_random_uuid(), 'OTHER')"),
        "mark_target_type_values"
    );
    db.run("insert into core.mark (target, target_type) values (gen_random_uuid(), 'PERSON')")
        .expect("an arm");
}

#[test]
fn rows_change_only_as_they_may() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    let id = db.run(&person(&[])).expect("a person");
    let row = format!("where id = '{id}'");
    db.run(&format!("update core.people set first = 'Binta' {row}")).expect("changes");
    let shown = db
        .run(&format!("select \"full\", version, updated_at > created_at from core.people {row}"))
        .expect("reads");
    assert_eq!(shown, "Binta Diop|2|t");
    // The version that was read is still the row's: the write goes through and raises it.
    db.run(&format!("update core.people set version = 2, first = 'Coumba' {row}")).expect("up to date");
    let stale =
        db.run(&format!("update core.people set version = 2, first = 'Dior' {row}")).expect_err("stale");
    assert_eq!(stale.sqlstate, "40001");
    let frozen = db
        .run(&format!("update core.people set created_at = now() - interval '1 day' {row}"))
        .expect_err("immutable");
    assert_eq!(frozen.sqlstate, "23514");

    db.run(&format!("insert into core.note (person, body) values ('{id}', 'x')")).expect("notes");
    assert_eq!(db.run("update core.note set body = 'y'").expect_err("append only").sqlstate, "42501");
    assert_eq!(
        db.run("set polity.retain = 'on'; delete from core.note").expect_err("whatever it says").sqlstate,
        "42501"
    );
    assert_eq!(db.run("delete from core.note").expect_err("append only").sqlstate, "42501");
    assert_eq!(db.run("truncate core.note").expect_err("append only").sqlstate, "42501");
    let kept = db
        .run(&format!("delete from core.people {row}"))
        .expect_err("the note stays, and with it its person");
    assert_eq!(kept.sqlstate, "23503");
}
