//! PostgreSQL holds ciphertext where GDPR and PCI DSS ask for it, and nothing else gets in.

use polity_tests::engines::Postgres;
use polity_tests::project::example;
use postgres::Client;

use super::support::{
    MARKET, NAME, PERSON, Sealer, VOSS, WAVES, bytea, installed, person, session, unhex, uuid, within,
};

const EMAIL: &str = "awa@example.org";

/// A person of one tenant, written by the service that may.
fn with_a_person() -> Option<(Postgres, Client, Sealer)> {
    let mut db = installed(&example(NAME))?;
    db.run(MARKET).unwrap();
    let sealer = Sealer::new();
    let mut accounts = session(&db, "accounts_api");
    within(&mut accounts, WAVES, &person(&sealer, WAVES, PERSON, EMAIL)).unwrap();
    Some((db, accounts, sealer))
}

#[test]
fn a_person_is_found_and_opened_by_who_has_the_key() {
    let Some((mut db, mut accounts, sealer)) = with_a_person() else { return };
    let index = sealer.index("accounts.User.email", WAVES, EMAIL.as_bytes());
    let found = within(
        &mut accounts,
        WAVES,
        &format!("select id, email, birth_date from accounts.users where email_bx = {index}"),
    )
    .unwrap();
    let [found] = &found[..] else { panic!("{found:?}") };
    let [id, email, born] = found.split('|').collect::<Vec<_>>()[..] else { panic!("{found}") };
    assert_eq!(id, PERSON);
    let row = [uuid(PERSON)];
    assert_eq!(sealer.open("accounts.User.email", WAVES, &row, &unhex(email)).unwrap(), EMAIL.as_bytes());
    assert_eq!(
        sealer.open("accounts.User.birth_date", WAVES, &row, &unhex(born)).unwrap(),
        b"\"1990-04-01\""
    );
    // In another field, of another person and of another tenant it stays closed.
    let other = [uuid("0197a000-0000-7000-8000-000000000002")];
    assert_eq!(sealer.open("accounts.User.display_name", WAVES, &row, &unhex(email)), None);
    assert_eq!(sealer.open("accounts.User.email", WAVES, &other, &unhex(email)), None);
    assert_eq!(sealer.open("accounts.User.email", VOSS, &row, &unhex(email)), None);

    // Whatever the database holds, of rows and of trails, shows nothing of the person.
    for table in ["accounts.users", "audit.audit_log"] {
        let all = db.run(&format!("select to_jsonb(t)::text, t::text from {table} t")).unwrap();
        assert!(!all.is_empty(), "{table} holds something");
        for secret in [EMAIL, "Awa", "Diop", "1990-04-01"] {
            let as_hex = super::support::hex(secret.as_bytes());
            assert!(!all.contains(secret) && !all.contains(&as_hex), "{table} shows {secret}");
        }
    }
}

#[test]
fn what_is_in_the_clear_is_refused() {
    let Some((_db, mut accounts, _)) = with_a_person() else { return };
    let change = |set: &str| format!("update accounts.users set {set} where id = '{PERSON}'");
    for (set, constraint) in [
        (format!("email = '{EMAIL}'::bytea"), "users_email_sealed"),
        (
            "display_name = 'Awa Diop, whose name is longer than any ciphertext has to be'::bytea".to_owned(),
            "users_display_name_sealed",
        ),
        ("birth_date = '1990-04-01'::bytea".to_owned(), "users_birth_date_sealed"),
        ("email_bx = 'awa'::bytea".to_owned(), "users_email_bx_length"),
    ] {
        let said = within(&mut accounts, WAVES, &change(&set)).unwrap_err();
        assert!(said.starts_with("23514") && said.contains(constraint), "{set}: {said}");
    }
    // An address without its index would be found by nobody, and be as many people's as anybody likes.
    for set in ["email_bx = null", "email = null"] {
        let said = within(&mut accounts, WAVES, &change(set)).unwrap_err();
        assert!(said.starts_with("23514"), "{set}: {said}");
    }
    // The key that a ciphertext is bound to stays.
    let said = within(&mut accounts, WAVES, &change("id = gen_random_uuid()")).unwrap_err();
    assert!(said.starts_with("42501"), "{said}");
}

#[test]
fn an_address_is_one_persons_within_a_tenant() {
    let Some((_db, mut accounts, sealer)) = with_a_person() else { return };
    let again = "0197a000-0000-7000-8000-000000000002";
    let said = within(&mut accounts, WAVES, &person(&sealer, WAVES, again, EMAIL)).unwrap_err();
    assert!(said.starts_with("23505") && said.contains("users_tenant_id_email_bx_key"), "{said}");
    // Another tenant's may be the same, and does not look so.
    within(&mut accounts, VOSS, &person(&sealer, VOSS, again, EMAIL)).expect("it is another tenant's");
    assert_ne!(
        sealer.index("accounts.User.email", WAVES, EMAIL.as_bytes()),
        sealer.index("accounts.User.email", VOSS, EMAIL.as_bytes())
    );
}

#[test]
fn a_card_is_read_by_the_service_that_bills_and_no_other() {
    let Some((db, _, sealer)) = with_a_person() else { return };
    let card = "0197a000-0000-7000-8000-00000000000c";
    let row = [uuid(card)];
    let token = sealer.seal("billing.PaymentMethod.token", WAVES, &row, b"tok_1Qz");
    let last_four = sealer.seal("billing.PaymentMethod.last_four", WAVES, &row, b"4242");
    let insert = format!(
        "insert into billing.payment_methods (id, user_id, token, last_four, expires_on)
         values ('{card}', '{PERSON}', {}, {}, '2029-01-31')",
        bytea(token.as_bytes()),
        bytea(last_four.as_bytes())
    );
    let mut billing = session(&db, "billing_api");
    within(&mut billing, WAVES, &insert).unwrap();
    let read = "select token from billing.payment_methods";
    let found = within(&mut billing, WAVES, read).unwrap();
    assert_eq!(
        sealer.open("billing.PaymentMethod.token", WAVES, &row, &unhex(&found[0])).unwrap(),
        b"tok_1Qz"
    );
    assert_eq!(within(&mut billing, VOSS, read).unwrap(), [""; 0]);
    for service in ["accounts_api", "agent_worker", "royalties", "playback"] {
        let said = within(&mut session(&db, service), WAVES, read).unwrap_err();
        assert!(said.starts_with("42501"), "{service}: {said}");
    }
    // And who bills reads nobody's name.
    let said = within(&mut billing, WAVES, "select display_name from accounts.users").unwrap_err();
    assert!(said.starts_with("42501"), "{said}");
    assert_eq!(within(&mut billing, WAVES, "select market from accounts.users").unwrap(), ["SN"]);
}

#[test]
fn after_three_years_nothing_tells_who_it_was() {
    let Some((mut db, mut accounts, sealer)) = with_a_person() else { return };
    let recent = "0197a000-0000-7000-8000-000000000002";
    within(&mut accounts, WAVES, &person(&sealer, WAVES, recent, "new@example.org")).unwrap();
    db.run(&format!(
        "update accounts.users set last_seen_at = now() - interval '4 years' where id = '{PERSON}'"
    ))
    .unwrap();
    db.client().batch_execute("call polity.retain()").unwrap();
    let left = "select id, num_nonnulls(email, email_bx, display_name, birth_date, password), anonymized_at is not null
                  from accounts.users order by id";
    assert_eq!(db.run(left).unwrap(), format!("{PERSON}|0|t\n{recent}|5|f"));
}
