//! PostgreSQL: what it takes, what it refuses, and what it does with it later.

use polity_runtime::Uuid;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ADA, BOB, CLINIC, Client, EMAIL, PHONE, client};

const WARD: &str = "00000000-0000-0000-0000-0000000000aa";

/// Two patients, written as a client writes them.
fn clinic() -> Option<(Postgres, Client)> {
    let mut db = Postgres::server()?;
    let artifacts = project::build(CLINIC);
    for (role, file) in [
        ("postgres", "main/roles.sql"),
        ("clinic_migrator", "main/schema.sql"),
        ("clinic_migrator", "main/maintenance.sql"),
    ] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    db.run(&format!("insert into core.wards values ('{WARD}')")).expect("a ward");
    let client = client();
    for (id, phone) in [(ADA, "+4915100000001"), (BOB, "+4915100000002")] {
        insert(&mut db, &client, id, phone).expect("a patient");
    }
    Some((db, client))
}

fn insert(db: &mut Postgres, client: &Client, id: Uuid, phone: &str) -> Result<String, String> {
    let [sealed, blind] = [client.seal(id, PHONE, phone), client.blind(PHONE, phone)].map(|b| hex(&b));
    let sql = format!(
        "insert into core.patients (id, ward, phone, phone_bx) values ('{id}', '{WARD}', {sealed}, {blind})"
    );
    told(db, &sql)
}

/// Runs a statement. Gives its result, or the SQLSTATE and the constraint of its refusal.
fn told(db: &mut Postgres, sql: &str) -> Result<String, String> {
    db.run(sql).map_err(|e| format!("{} {}", e.sqlstate, e.constraint.unwrap_or_default()))
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("'\\x{digits}'")
}

fn stored(db: &mut Postgres, column: &str, id: Uuid) -> Vec<u8> {
    let sql = format!("select {column} from core.patients where id = $1::text::uuid");
    db.client().query_one(&sql, &[&id.to_string()]).expect("the row").get(0)
}

#[test]
fn what_is_looked_for_is_found_by_its_blind_index_and_opened() {
    let Some((mut db, client)) = clinic() else { return };
    let blind = hex(&client.blind(PHONE, "+4915100000002"));
    let found = db.run(&format!("select id from core.patients where phone_bx = {blind}")).expect("finds");
    assert_eq!(found, BOB.to_string());
    let sealed = stored(&mut db, "phone", BOB);
    assert_eq!(client.open(BOB, PHONE, &sealed).as_deref(), Some("+4915100000002"));
    let plan =
        format!("set enable_seqscan = off; explain select id from core.patients where phone_bx = {blind}");
    let plan = db.run(&plan).expect("explains");
    assert!(plan.contains("patients_phone_bx_key"), "{plan}");
}

#[test]
fn text_in_clear_is_refused_and_so_is_what_cannot_be_a_ciphertext() {
    let Some((mut db, client)) = clinic() else { return };
    let sealed = client.seal(ADA, PHONE, "+4915100000001");
    let cut = hex(&sealed[..48]);
    let long = hex(&[&sealed[..], b"and much more"].concat());
    let blind = hex(&client.blind(EMAIL, "ada@example.org"));
    for (column, value, refusal) in [
        ("phone", "'+4915100000001'".to_owned(), "23514 patients_phone_sealed"),
        ("email", format!("'ada@example.org', email_bx = {blind}"), "23514 patients_email_sealed"),
        ("phone", cut, "23514 patients_phone_sealed"),
        ("phone", long, "23514 patients_phone_sealed"),
        ("phone_bx", "'+4915100000001'".to_owned(), "23514 patients_phone_bx_length"),
        // What no blind index finds would not be unique either.
        ("phone_bx", "null".to_owned(), "23514 patients_phone_bx_given"),
        // A whole number in clear is one byte, and a record in clear begins with a brace.
        ("by_year", "'\\x01'".to_owned(), "23514 patients_by_year_sealed"),
        (
            "address",
            r#"'{"street":"Rue 1","city":"Dakar","and":"so on and so on and so on"}'"#.to_owned(),
            "23514 patients_address_sealed",
        ),
    ] {
        let sql = format!("update core.patients set {column} = {value} where id = '{ADA}'");
        assert_eq!(told(&mut db, &sql).expect_err("refused"), refusal, "{column}");
    }
}

#[test]
fn what_is_unique_is_unique_by_its_blind_index() {
    let Some((mut db, client)) = clinic() else { return };
    let again = insert(&mut db, &client, Uuid::from_u128(3), "+4915100000001");
    assert_eq!(again.expect_err("refused"), "23505 patients_phone_bx_key");
    // Together with another column, and where a condition holds.
    let blind = hex(&client.blind(EMAIL, "B1"));
    let other = "00000000-0000-0000-0000-0000000000bb";
    db.run(&format!("insert into core.wards values ('{other}')")).expect("another ward");
    db.run(&format!("update core.patients set ward = '{other}' where id = '{BOB}'")).expect("moves");
    db.run(&format!("update core.patients set badge = phone, badge_bx = {blind}")).expect("in two wards");
    let back = format!("update core.patients set ward = '{WARD}' where id = '{BOB}'");
    assert_eq!(told(&mut db, &back).expect_err("refused"), "23505 patients_ward_badge_bx_key");
    db.run(&format!("update core.patients set active = false where id = '{BOB}'")).expect("rests");
    db.run(&format!("update core.patients set file = phone, file_bx = {blind}"))
        .expect("only one of them is active");
    let awake = format!("update core.patients set active = true where id = '{BOB}'");
    assert_eq!(told(&mut db, &awake).expect_err("refused"), "23505 patients_file_bx_key");
}

#[test]
fn a_ciphertext_opens_nowhere_but_in_its_own_cell() {
    let Some((mut db, client)) = clinic() else { return };
    // The server cannot know; the client does.
    db.run(&format!(
        "update core.patients set email = phone, email_bx = phone_bx;
         update core.patients a set phone = b.phone from core.patients b where a.id = '{ADA}' and b.id = '{BOB}'"
    ))
    .expect("they are bytes like any other");
    let moved = stored(&mut db, "phone", ADA);
    assert_eq!(client.open(ADA, PHONE, &moved), None, "from another row");
    let moved = stored(&mut db, "email", BOB);
    assert_eq!(client.open(BOB, EMAIL, &moved), None, "from another column");
    assert_eq!(client.open(BOB, PHONE, &moved).as_deref(), Some("+4915100000002"), "it was not harmed");
}

#[test]
fn the_row_that_it_is_bound_to_is_the_clients_and_never_changes() {
    let Some((mut db, _)) = clinic() else { return };
    let renamed = format!("update core.patients set id = '{}' where id = '{ADA}'", Uuid::from_u128(9));
    assert_eq!(told(&mut db, &renamed).expect_err("refused"), "23514 ");
    let keyless = format!("insert into core.patients (ward) values ('{WARD}')");
    assert_eq!(told(&mut db, &keyless).expect_err("refused"), "23502 ");
}

#[test]
fn the_trail_holds_ciphertext_and_no_blind_index() {
    let Some((mut db, client)) = clinic() else { return };
    let payloads = db.run("select old, new from audit.trail order by seq").expect("reads");
    assert!(payloads.contains(&hex(&stored(&mut db, "phone", ADA))[3..20]), "{payloads}");
    assert!(!payloads.contains("_bx"), "{payloads}");
    assert!(!payloads.contains(&hex(&client.blind(PHONE, "+4915100000001"))[3..20]), "{payloads}");
    // It says that the index changed, not to what.
    let blind = hex(&client.blind(PHONE, "+4915100000003"));
    db.run(&format!("update core.patients set phone_bx = {blind} where id = '{ADA}'")).expect("changes");
    let fields = db.run("select fields from audit.trail order by seq desc limit 1").expect("reads");
    assert_eq!(fields, "{phone_bx}");
}

#[test]
fn who_is_anonymized_leaves_neither_ciphertext_nor_blind_index() {
    let Some((mut db, client)) = clinic() else { return };
    let name = hex(&client.seal(ADA, EMAIL, "Ada Lovelace"));
    db.run(&format!(
        "update core.patients set \"full\" = {name}, loud = {name}, first = {name}, gone = now() - interval '2 years'
          where id = '{ADA}'"
    ))
    .expect("left long ago");
    db.run("call polity.retain()").expect("anonymizes");
    let left = |db: &mut Postgres, id: Uuid| {
        db.run(&format!(
            "select string_agg(key, ',' order by key) from core.patients p, jsonb_each(to_jsonb(p))
              where p.id = '{id}' and value <> 'null'"
        ))
        .expect("reads")
    };
    assert_eq!(left(&mut db, ADA), "active,anonymized_at,gone,id,ward");
    assert_eq!(left(&mut db, BOB), "active,id,phone,phone_bx,ward");
}

#[test]
fn who_reads_or_writes_a_field_does_so_with_its_blind_index_and_views_pass_ciphertext_on() {
    let Some((mut db, client)) = clinic() else { return };
    let [sealed, blind] =
        [client.seal(ADA, PHONE, "+4915100000009"), client.blind(PHONE, "+4915100000009")].map(|b| hex(&b));
    for (service, sql, refusal) in [
        ("desk", format!("select first from core.patients where phone_bx = {blind}"), None),
        (
            "desk",
            format!("update core.patients set phone = {sealed}, phone_bx = {blind} where id = '{ADA}'"),
            None,
        ),
        ("desk", "select email from core.patients".to_owned(), Some("42501")),
        ("desk", "select 1 from core.patients where email_bx is null".to_owned(), Some("42501")),
        ("desk", "update core.patients set email_bx = null".to_owned(), Some("42501")),
        ("post", "select id, phone, email from core.contacts".to_owned(), None),
        ("post", "select 1 from core.patients where phone_bx is null".to_owned(), Some("42501")),
    ] {
        let mut session = db.session(&format!("clinic_{service}")).expect("logs in");
        let told = session.batch_execute(&sql).err().and_then(|e| Some(e.code()?.code().to_owned()));
        assert_eq!(told.as_deref(), refusal, "{service}: {sql}");
    }
    let seen: Vec<u8> = db
        .client()
        .query_one("select phone from core.phones where id = $1::text::uuid", &[&BOB.to_string()])
        .expect("a view over a view")
        .get(0);
    assert_eq!(client.open(BOB, PHONE, &seen).as_deref(), Some("+4915100000002"));
}
