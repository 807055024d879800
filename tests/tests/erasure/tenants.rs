//! A person of one tenant among those of others, and a tenant that leaves.

use std::process::Command;

use polity::artifact::Artifacts;
use polity_tests::engines::{Mongo, Postgres, Redis};
use polity_tests::project;
use serde_json::{Value, json};

use super::support::left;

const SHOPS: &str = include_str!("shops.polity");
const OURS: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const THEIRS: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
/// A person of each, with the same key: only the tenant tells them apart.
const BUYER: &str = "99999999-0000-4000-8000-000000000009";

fn rows(tenant: &str, who: &str) -> String {
    let sealed =
        |kind: &str| format!("decode(repeat('01', 45), 'hex') || convert_to('{kind} {who}', 'UTF8')");
    let blind = format!("sha256('{who}')");
    let (email, note, phone) = (sealed("email"), sealed("note"), sealed("phone"));
    format!(
        "insert into core.country values ('SN') on conflict do nothing;
         insert into core.buyers (tenant_id, id, country, email, email_bx, note) values ('{tenant}', '{BUYER}', 'SN', {email}, {blind}, {note});
         insert into core.orders (tenant_id, buyer, name) values ('{tenant}', '{BUYER}', 'of {who}');
         insert into core.letters (tenant_id, id, buyer, phone, phone_bx) values ('{tenant}', '{BUYER}', '{BUYER}', {phone}, {blind});
         insert into core.shelves (tenant_id, id) values ('{tenant}', '{BUYER}');
         insert into core.marks (tenant_id, \"on\", on_type, t) values ('{tenant}', '{BUYER}', 'Buyer', 'on {who}');
         insert into core.marks (tenant_id, \"on\", on_type, t) values ('{tenant}', '{BUYER}', 'Shelf', 'on a shelf');"
    )
}

fn shops() -> Option<(Artifacts, Postgres)> {
    let artifacts = project::build(SHOPS);
    let db = Postgres::server()?;
    for (role, file) in [("postgres", "main/roles.sql"), ("shops_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    for (tenant, who) in [(OURS, "ours"), (THEIRS, "theirs")] {
        db.script_as("shops_migrator", &rows(tenant, who)).expect("fills the tables");
    }
    Some((artifacts, db))
}

/// As text or as the bytes of it.
fn held(db: &mut Postgres, text: &str) -> Vec<String> {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let blind = db.run(&format!("select encode(sha256('{text}'), 'hex')")).expect("hashes");
    [text, &hex, &blind].iter().flat_map(|text| left(db, text)).collect()
}

fn as_eraser(db: &Postgres, tenant: &str, call: &str) -> Result<String, String> {
    let tenant = if tenant.is_empty() { String::new() } else { format!("select polity.enter('{tenant}');") };
    db.script_as("shops_eraser", &format!("begin; {tenant} select polity.{call}; commit;"))
}

#[test]
fn a_person_of_one_tenant_goes_and_the_other_of_the_same_key_stays() {
    let Some((_, mut db)) = shops() else { return };
    let theirs = held(&mut db, "theirs");
    assert!(held(&mut db, "ours").len() >= 6 && theirs.len() >= 6, "{theirs:?}");
    let refused = as_eraser(&db, "", &format!("erase_subject('{BUYER}')")).expect_err("no tenant is set");
    assert!(refused.contains("42501"), "{refused}");
    let export = as_eraser(&db, OURS, &format!("export_subject('{BUYER}')")).expect("exports");
    assert!(export.contains("of ours") && !export.contains("theirs"), "{export}");
    assert!(export.contains("on ours") && !export.contains("a shelf"), "{export}");
    as_eraser(&db, OURS, &format!("erase_subject('{BUYER}')")).expect("erases");
    assert_eq!(held(&mut db, "ours"), Vec::<String>::new());
    assert_eq!(held(&mut db, "theirs"), theirs);
    assert_eq!(left(&mut db, "on a shelf").len(), 2);
    // The row that is kept has lost ciphertext and blind index together.
    assert_eq!(
        db.run(&format!("select email, email_bx, note, anonymized_at is not null from core.buyers where tenant_id = '{OURS}'"))
            .expect("reads"),
        "|||t"
    );
    db.run("select audit.trail_seal()").expect("seals");
    assert_eq!(db.run("select verdict from audit.trail_verify()").expect("verifies"), "ok");
}

#[test]
fn a_tenant_leaves_with_all_that_is_its_own_and_stays_away_after_a_restore() {
    let Some((_, mut db)) = shops() else { return };
    db.run(&format!("insert into core.buyers (tenant_id, id, country, leader) values ('{OURS}', '{THEIRS}', 'SN', '{BUYER}');
        update core.buyers set leader = '{THEIRS}' where tenant_id = '{OURS}' and id = '{BUYER}'"))
        .expect("a ring");
    let theirs = held(&mut db, "theirs");
    let verified = |db: &mut Postgres| {
        db.run("select verdict, count(*) from audit.trail_verify() group by 1 order by 1").expect("verifies")
    };
    db.run("select audit.trail_seal()").expect("seals");
    for _ in 0..2 {
        as_eraser(&db, "", &format!("erase_tenant('{OURS}')")).expect("erases");
        assert_eq!(held(&mut db, "ours"), Vec::<String>::new());
        let left: Vec<String> =
            left(&mut db, OURS).into_iter().filter(|row| !row.starts_with("polity.erasure_log")).collect();
        assert_eq!(left, Vec::<String>::new());
    }
    assert_eq!(held(&mut db, "theirs"), theirs);
    // Its part of the seal proves the others', and says that it went.
    assert_eq!(verified(&mut db), "erased|1\nok|1");
    // A backup brings it back, and the log takes it away.
    db.script_as("shops_migrator", &rows(OURS, "ours")).expect("restores");
    assert_eq!(db.script_as("shops_eraser", "select polity.replay_erasures()").expect("replays"), "1");
    assert_eq!(held(&mut db, "ours"), Vec::<String>::new());
    let refused =
        db.script_as("shops_cron", &format!("select polity.erase_tenant('{THEIRS}')")).expect_err("refused");
    assert!(refused.contains("42501"), "{refused}");
}

#[test]
fn a_tenant_apart_leaves_with_its_database_and_one_beside_with_its_schemas() {
    let Some((artifacts, mut db)) = shops() else { return };
    let run = |db: &Postgres, role: &str, file: &str| {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    };
    run(&db, "postgres", "main/tenants/beside/roles.sql");
    run(&db, "shops_migrator", "main/tenants/beside/schema.sql");
    let beside = "dddddddd-0000-4000-8000-00000000000d";
    let own = rows(beside, "aside")
        .replace("into core.", "into beside_core.")
        .replace("beside_core.country", "core.country");
    db.script_as("shops_migrator", &own).expect("fills its schemas");
    let theirs = held(&mut db, "theirs");
    // The command that the emitted plan gives knows where that tenant's functions stand.
    let plan: Value =
        serde_json::from_str(&project::text(&artifacts, "docs/erasure.json")).expect("a plan in JSON");
    let commands = plan["people"][0]["commands"].as_array().expect("commands");
    let command = commands.iter().find(|command| command["store"] == "main").expect("of PostgreSQL");
    let script = format!("set -e\n{}\nprintf '%s' \"$found\"", command["command"].as_str().expect("a text"));
    let (bin, connection) = db.for_scripts("shops_eraser").expect("psql is there");
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default()))
        .env("DATABASE_URL", connection)
        .env("POLITY_SUBJECT", BUYER)
        .env("POLITY_TENANT_ID", beside)
        .env("found", "{}")
        .output()
        .expect("sh runs");
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains(BUYER), "what the next store looks for");
    assert_eq!((held(&mut db, "aside"), held(&mut db, "theirs")), (Vec::new(), theirs));

    db.run("create database apart_shops").expect("a database");
    let existing = "select (select count(*) from pg_database where datname = 'apart_shops'),
        (select count(*) from pg_namespace where nspname like 'beside%'),
        (select count(*) from pg_roles where rolname like 'shops\\_beside%')";
    assert_eq!(db.run(existing).expect("reads").split('|').next(), Some("1"));
    let offboard = |db: &Postgres, tenant: &str| {
        let script = project::text(&artifacts, &format!("main/tenants/{tenant}/offboard.sql"));
        db.script(&format!("set polity.undo_may_lose = on;\n{script}"))
            .unwrap_or_else(|e| panic!("{tenant}: {e}"));
    };
    for _ in 0..2 {
        offboard(&db, "apart");
        offboard(&db, "beside");
        assert_eq!(db.run(existing).expect("reads"), "0|0|0");
    }
    assert!(held(&mut db, "theirs").len() >= 6);
}

#[test]
fn documents_and_keys_of_a_tenant_go() {
    let artifacts = project::build(SHOPS);
    let (Some(mut documents), Some(mut cache)) = (Mongo::database(), Redis::fresh()) else { return };
    let uuid = |id: &str| json!({ "$uuid": id });
    cache
        .command(&["FUNCTION", "LOAD", &project::text(&artifacts, "cache/scripts/shops.lua")])
        .expect("loads");
    for (tenant, name) in [(OURS, "ours"), (THEIRS, "theirs")] {
        let visit =
            json!({ "tenant_id": uuid(tenant), "id": uuid(BUYER), "buyer": uuid(BUYER), "page": name });
        documents.insert("visits", visit).expect("inserts");
        for past in ["Buyer", "Shelf"] {
            let stroll = json!({ "tenant_id": uuid(tenant), "id": uuid(if past == "Buyer" { OURS } else { THEIRS }),
                "past": uuid(BUYER), "past_type": past, "seen": name });
            documents.insert("strolls", stroll).expect("inserts");
        }
        for words in [
            vec!["SELECT".to_owned(), "0".to_owned()],
            vec!["SET".to_owned(), format!("{tenant}:basket:{BUYER}"), name.to_owned()],
            vec!["SELECT".to_owned(), "1".to_owned()],
            vec!["RPUSH".to_owned(), format!("{tenant}:jobs"), name.to_owned()],
            vec![
                "ZADD".to_owned(),
                format!("{{{tenant}:jobs}}:processing"),
                "1".to_owned(),
                format!("1:{name}"),
            ],
        ] {
            cache.command(&words.iter().map(String::as_str).collect::<Vec<_>>()).expect("fills");
        }
    }
    cache.run("SELECT 0").expect("selects");
    cache.run("SET rates:2027-01-31 5").expect("fills");

    // First a person, then the tenant.
    let found = format!("{{\"core.Buyer\":[{{\"id\":\"{BUYER}\"}}]}}");
    let call = ["FCALL", "erase_subject", "0", "core.Buyer", "0", "0", OURS, &found];
    assert_eq!(cache.command(&call).expect("erases"), "0\n1");
    assert_eq!(cache.run(&format!("EXISTS {THEIRS}:basket:{BUYER}")).expect("reads"), "1");
    let script = |file: &str, variables: &[(&str, &str)]| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(file);
        std::fs::write(&path, project::text(&artifacts, &format!("documents/{file}"))).expect("ours");
        let place = [("POLITY_DATABASE", documents.name())];
        documents.script_file(&path, &[&place, variables].concat())
    };
    let refused = script("erase_subject.js", &[("POLITY_SUBJECT", BUYER)]).expect_err("no tenant");
    assert!(refused.contains("POLITY_TENANT_ID"), "{refused}");
    script("erase_subject.js", &[("POLITY_SUBJECT", BUYER), ("POLITY_TENANT_ID", OURS)]).expect("erases");
    let refused = script("erase_tenant.js", &[]).expect_err("no tenant");
    assert!(refused.contains("POLITY_TENANT_ID"), "{refused}");
    let strolls = documents.find("strolls", json!({})).expect("reads");
    assert_eq!(strolls.len(), 3, "{strolls:?}");
    assert!(strolls.iter().all(|s| s["seen"] == "theirs" || s["past_type"] == "Shelf"), "{strolls:?}");
    let visits = json!({ "count": "visits" });
    assert_eq!(documents.command(visits.clone()).expect("counts")["n"], 1);
    let script = |tenant: &str| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("erase_tenant.js");
        std::fs::write(&path, project::text(&artifacts, "documents/erase_tenant.js")).expect("ours");
        documents.script_file(&path, &[("POLITY_DATABASE", documents.name()), ("POLITY_TENANT_ID", tenant)])
    };
    script(OURS).expect("erases");
    script(THEIRS).expect("erases");
    assert_eq!(documents.command(visits).expect("counts")["n"], 0);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("erase_tenant.sh");
    std::fs::write(&path, project::text(&artifacts, "cache/scripts/erase_tenant.sh")).expect("ours");
    let (tools, socket) = cache.for_scripts().expect("redis-cli is there");
    let output = Command::new("sh")
        .arg(&path)
        .arg("-s")
        .arg(socket)
        .env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default()))
        .env("POLITY_TENANT_ID", OURS)
        .output()
        .expect("sh runs");
    assert!(output.status.success(), "{output:?}");
    let mut keys = Vec::new();
    for database in ["0", "1"] {
        cache.command(&["SELECT", database]).expect("selects");
        keys.extend(cache.run("KEYS *").expect("lists").lines().map(str::to_owned));
    }
    keys.sort();
    assert_eq!(
        keys,
        [
            format!("{THEIRS}:basket:{BUYER}"),
            format!("{THEIRS}:jobs"),
            "rates:2027-01-31".to_owned(),
            format!("{{{THEIRS}:jobs}}:processing"),
        ]
    );
}
