//! Erasure of one person, who asks to be forgotten, and of nobody else: in rows, in trails, in what is found by a blind
//! index.

use polity_tests::project::example;

use super::support::{
    MARKET, NAME, PERSON, Sealer, VOSS, WAVES, bytea, installed, person, session, uuid, within,
};

const OTHER: &str = "0197a000-0000-7000-8000-000000000002";

/// The statements that insert what a person leaves behind, for accounts and for billing, with ids made of the person's.
fn traces(sealer: &Sealer, tenant: &str, person: &str) -> [String; 2] {
    let id = |kind: char| format!("{kind}{}", &person[1..]);
    let sign_in = id('a');
    let card = id('c');
    let sealed = |field: &str, row: &str, value: &str| {
        bytea(sealer.seal(field, tenant, &[uuid(row)], value.as_bytes()).as_bytes())
    };
    let accounts = format!(
        "insert into accounts.consents (user_id, purpose, version) values ('{person}', 'marketing', '1');
         insert into accounts.sign_ins (id, user_id, ip, device) values ('{sign_in}', '{person}', {}, {})",
        sealed("accounts.SignIn.ip", &sign_in, "\"10.0.0.1\""),
        sealed("accounts.SignIn.device", &sign_in, "phone"),
    );
    let billing = format!(
        "insert into billing.subscriptions (user_id, plan, price, currency, starts_on)
         values ('{person}', 'premium', 9.99, 'EUR', '2026-01-01');
         insert into billing.payment_methods (id, user_id, token, last_four, expires_on)
         values ('{card}', '{person}', {}, {}, '2029-01-31')",
        sealed("billing.PaymentMethod.token", &card, "tok_1Qz"),
        sealed("billing.PaymentMethod.last_four", &card, "4242"),
    );
    [accounts, billing]
}

/// How much there is of one person, by place.
fn left(person: &str) -> String {
    format!(
        "select (select num_nonnulls(email, email_bx, display_name, birth_date, password) from accounts.users where id = '{person}'),
                (select count(*) from accounts.consents where user_id = '{person}'),
                (select count(*) from accounts.sign_ins where user_id = '{person}'),
                (select count(*) from billing.payment_methods where user_id = '{person}'),
                (select count(*) from billing.subscriptions where user_id = '{person}'),
                (select count(*) from audit.audit_log where concat(old, new) like '%{person}%') > 0"
    )
}

#[test]
fn one_person_is_forgotten_and_nobody_else() {
    let Some(mut db) = installed(&example(NAME)) else { return };
    db.run(MARKET).unwrap();
    let sealer = Sealer::new();
    let (mut accounts, mut billing) = (session(&db, "accounts_api"), session(&db, "billing_api"));
    for (tenant, id) in [(WAVES, PERSON), (WAVES, OTHER), (VOSS, "0197a000-0000-7000-8000-000000000003")] {
        let email = format!("{id}@example.org");
        within(&mut accounts, tenant, &person(&sealer, tenant, id, &email)).unwrap();
        let [signed_in, billed] = traces(&sealer, tenant, id);
        within(&mut accounts, tenant, &signed_in).unwrap();
        within(&mut billing, tenant, &billed).unwrap();
    }
    for person in [PERSON, OTHER] {
        assert_eq!(db.run(&left(person)).unwrap(), "5|1|1|1|1|t");
    }
    let erase = format!("select polity.erase_subject('{PERSON}')");
    // No service may, and nobody without the tenant.
    let said = within(&mut accounts, WAVES, &erase).unwrap_err();
    assert!(said.starts_with("42501"), "{said}");
    let mut eraser = session(&db, "eraser");
    assert!(eraser.simple_query(&erase).is_err());
    // Another tenant's eraser finds nobody.
    within(&mut eraser, VOSS, &erase).unwrap();
    assert_eq!(db.run(&left(PERSON)).unwrap(), "5|1|1|1|1|t");

    within(&mut eraser, WAVES, &erase).unwrap();
    // What the books need stays, and says nothing of the person; so does a consent, in which nothing is personal.
    assert_eq!(db.run(&left(PERSON)).unwrap(), "0|1|0|0|1|f");
    assert_eq!(db.run(&left(OTHER)).unwrap(), "5|1|1|1|1|t");
    db.run("select audit.audit_log_seal()").unwrap();
    assert_eq!(db.run("select verdict from audit.audit_log_verify()").unwrap(), "ok");
}

/// Listeners are told apart, also by the service that pays for them; who is who nothing says, before and after.
#[test]
fn what_somebody_heard_stays_and_leads_to_nobody() {
    let Some(mut db) = installed(&example(NAME)) else { return };
    db.run(MARKET).unwrap();
    let sealer = Sealer::new();
    let (mut accounts, mut playback) = (session(&db, "accounts_api"), session(&db, "playback"));
    let listener = |tenant: &str, who: &str| sealer.pseudonym("music.Play.listener", tenant, who);
    for (tenant, track) in
        [(WAVES, "0197a000-0000-7000-8000-00000000000a"), (VOSS, "0197a000-0000-7000-8000-00000000000b")]
    {
        let artist = format!(
            "insert into music.artists (tenant_id, id, name) values ('{tenant}', '{track}', 'Awa');
             insert into music.tracks (tenant_id, id, artist_id, title, duration_ms)
             values ('{tenant}', '{track}', '{track}', 'Jant', 1000)"
        );
        within(db.client(), tenant, &artist).unwrap();
        for id in [PERSON, OTHER] {
            let email = format!("{id}@example.org");
            // Two tenants may have persons of one id.
            within(&mut accounts, tenant, &person(&sealer, tenant, id, &email)).unwrap();
            let heard = format!(
                "insert into music.plays (id, track_id, market, played_ms, listener)
                 select gen_random_uuid(), '{track}', 'SN', 100, {} from generate_series(1, 2)",
                listener(tenant, id)
            );
            within(&mut playback, tenant, &heard).unwrap();
        }
    }
    let heard = "select count(*), count(distinct listener) from music.plays";
    assert_eq!(within(&mut session(&db, "royalties"), WAVES, heard).unwrap(), ["4|2"]);
    assert_eq!(db.run(heard).unwrap(), "8|4", "another tenant's person is another listener");
    let named = format!("update music.plays set listener = uuid_send('{PERSON}')");
    assert!(within(&mut playback, WAVES, &named).unwrap_err().starts_with("42501"), "it only appends");
    let named = format!(
        "insert into music.plays (id, track_id, market, played_ms, listener)
         select gen_random_uuid(), id, 'SN', 1, uuid_send('{PERSON}') from music.tracks"
    );
    assert!(within(&mut playback, WAVES, &named).unwrap_err().starts_with("23514"), "no key in the clear");

    let mut eraser = session(&db, "eraser");
    within(&mut eraser, WAVES, &format!("select polity.erase_subject('{PERSON}')")).unwrap();
    assert_eq!(db.run(heard).unwrap(), "8|4");
    assert_eq!(
        db.run(&format!("select count(*) from music.plays where listener = {}", listener(WAVES, PERSON)))
            .unwrap(),
        "2"
    );
    let shown = format!("select polity.export_subject('{OTHER}')::text");
    assert!(!within(&mut eraser, WAVES, &shown).unwrap()[0].contains("plays"), "nobody can find them");
}
