//! Writing, and learning from what a write says.

use super::support::{OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, clinics};

#[test]
fn no_write_touches_a_row_of_another() {
    let Some(mut clinics) = clinics() else { return };
    let before = clinics.of_theirs();
    let counts = [
        ("update core.patients set name = 'x' returning 1", "1"),
        ("delete from core.booking returning 1", "1"),
        ("delete from core.visits returning 1", "1"),
    ];
    for (sql, touched) in counts {
        assert_eq!(clinics.ours(sql).unwrap(), touched, "{sql}");
    }
    for sql in [
        format!("update core.patients set name = 'x' where id = '{THEIR_PATIENT}' returning 1"),
        format!("update core.patients set name = 'x' where tenant_id = '{THEIRS}' returning 1"),
        format!("delete from core.patients where id = '{THEIR_PATIENT}' returning 1"),
        "delete from core.visits v using core.log l where l.tenant_id <> v.tenant_id returning 1".to_owned(),
        format!("select 1 from core.patients where id = '{THEIR_PATIENT}' for update"),
    ] {
        assert_eq!(clinics.ours(&sql).unwrap_or_else(|e| panic!("{sql}: {e:?}")), "", "{sql}");
    }
    assert_eq!(clinics.of_theirs(), before);
}

/// A `MERGE` that reads no column of its target is judged by no policy for reading: `delete` would be refused just where
/// another tenant has a row, and a plan would count the rows that were skipped.
#[test]
fn merge_is_refused_before_it_could_count_rows_of_others() {
    let Some(mut clinics) = clinics() else { return };
    let before = clinics.of_theirs();
    for table in ["core.patients", "core.visits", "core.room", "core.booking", "core.log"] {
        for action in ["delete", "do nothing"] {
            let merge = format!("merge into {table} using (select 1) s on true when matched then {action}");
            clinics.refused(&merge, "0A000");
            clinics.refused(&format!("explain (analyze) {merge}"), "0A000");
        }
    }
    let skipped = "merge into core.patients using (select 1) s on true when matched and random() < 0 then update set name = 'x'";
    clinics.refused(&format!("explain (analyze) {skipped}"), "0A000");
    let by_key = format!(
        "merge into core.patients p using (values ('{THEIR_PATIENT}'::uuid)) v (id) on p.id = v.id
         when matched then update set name = 'x' when not matched then do nothing"
    );
    clinics.refused(&by_key, "0A000");
    assert_eq!(clinics.of_theirs(), before);
    // What refuses it is in the way of nothing else.
    let deleted = "with gone as (delete from core.booking returning room) select room from gone";
    assert_eq!(clinics.ours(deleted).unwrap(), "a");
    // Without it the rows of all would be counted: should PostgreSQL refuse that itself one day, it may go.
    clinics.db.run("drop rule no_merge on core.patients").unwrap();
    let counted = clinics.ours(&format!("explain (analyze, costs off, timing off, summary off) {skipped}"));
    assert!(counted.unwrap().contains("skipped=2"));
}

#[test]
fn a_row_cannot_be_made_or_moved_into_another_tenant() {
    let Some(mut clinics) = clinics() else { return };
    let before = clinics.of_theirs();
    for table in ["core.patients", "core.visits", "core.room", "core.booking", "core.log"] {
        clinics.refused(&format!("update {table} set tenant_id = '{THEIRS}'"), "42501");
        clinics.refused(&format!("insert into {table} (tenant_id) values ('{THEIRS}')"), "42501");
        clinics.refused(&format!("insert into {table} (tenant_id) values ('{OURS}')"), "42501");
    }
    // And where somebody gave the privilege by hand.
    clinics.db.run("grant insert (tenant_id), update (tenant_id) on core.room to web").unwrap();
    clinics.refused(&format!("update core.room set tenant_id = '{THEIRS}'"), "42501");
    clinics.refused(&format!("insert into core.room values ('{THEIRS}', 9, 'NEW')"), "42501");
    assert_eq!(clinics.of_theirs(), before);
    clinics.ours("insert into core.room (id, kind) values (9, 'NEW')").expect("its own");
}

#[test]
fn no_write_goes_through_without_a_tenant() {
    let Some(mut clinics) = clinics() else { return };
    let none = "select 1 where false";
    for sql in [
        "insert into core.room (id, kind) values (9, 'NEW')",
        "update core.patients set name = 'x'",
        "delete from core.visits",
        "delete from core.room",
    ] {
        let (code, said) = clinics.as_tenant(none, sql).unwrap_err();
        assert_eq!(code, "42501", "{sql}: {said}");
    }
}

#[test]
fn uniqueness_and_references_tell_nothing_of_another() {
    let Some(mut clinics) = clinics() else { return };
    let before = clinics.of_theirs();
    let patient = |id: &str, email: &str| {
        format!("insert into core.patients (id, email, country) values ('{id}', '{email}', 'SN')")
    };
    // The same address, the same key, the same days of the same room: nobody is in the way.
    clinics
        .ours(&patient("cccccccc-0000-4000-8000-000000000003", "theirs@example.org"))
        .expect("their address");
    clinics.ours(&patient(THEIR_PATIENT, "new@example.org")).expect("their key");
    let upsert =
        format!("{} on conflict do nothing returning 1", patient(THEIR_PATIENT, "theirs@example.org"));
    assert_eq!(clinics.ours(&upsert).unwrap(), "1");
    let overwrite = format!(
        "{} on conflict (tenant_id, id) do update set name = 'x' returning name is null",
        patient(THEIR_PATIENT, "theirs@example.org")
    );
    assert_eq!(clinics.ours(&overwrite).unwrap(), "t", "a row of its own, not the other's");
    clinics.refused(&format!("{} on conflict (id) do nothing", patient(THEIR_PATIENT, "x")), "42P10");
    // A reference to a row of another is one to nothing, in the very words of one to nothing.
    let refer = |patient: &str| {
        format!(
            "insert into core.log (patient, body) values ('{patient}', 'x'); set constraints all immediate"
        )
    };
    let nobody = "dddddddd-0000-4000-8000-000000000004";
    let words = |clinics: &mut super::support::Clinics, id: &str| {
        let (code, said) = clinics.ours(&refer(id)).unwrap_err();
        (code, said.replace(id, "…"))
    };
    assert_eq!(words(&mut clinics, THEIR_PATIENT), words(&mut clinics, nobody));
    clinics.refused(&format!("update core.patients set doctor = '{THEIR_PATIENT}'"), "23503");
    // What is in the way of the tenant's own row is said without the values of the row.
    let (code, said) = clinics.ours(&patient(OUR_PATIENT, "x@example.org")).unwrap_err();
    assert_eq!(code, "23505");
    assert!(!said.contains(OURS) && !said.contains("theirs"), "{said}");
    assert_eq!(clinics.of_theirs(), before);
}

#[test]
fn deleting_takes_rows_of_the_tenant_along_and_no_others() {
    let Some(mut clinics) = clinics() else { return };
    // Both have a patient with one and the same id.
    let twin = format!(
        "insert into core.patients (tenant_id, id, email, country) values ('{THEIRS}', '{OUR_PATIENT}', 'twin', 'SN');
         insert into core.visits (tenant_id, patient) values ('{THEIRS}', '{OUR_PATIENT}');
         insert into core.log (tenant_id, patient, body) values ('{THEIRS}', '{OUR_PATIENT}', 'twin');"
    );
    clinics.db.script_as("clinic_migrator", &twin).expect("the twin");
    let before = clinics.of_theirs();
    let gone = format!(
        "delete from core.patients where id = '{OUR_PATIENT}'; select count(*), count(patient) from core.visits; select count(*) from core.log"
    );
    assert_eq!(clinics.ours(&gone).unwrap(), "1|0\n0");
    clinics.service.batch_execute(&format!("begin; select polity.enter('{OURS}'); {gone}; commit")).unwrap();
    assert_eq!(clinics.of_theirs(), before);
    // What all tenants share goes only by hand, and only when nobody needs it: a refusal would tell who does.
    clinics.refused("delete from core.country", "42501");
}
