//! A tenant that moves into a database of its own takes its ciphertexts along, and they open there as before.

use std::process::Command;

use polity_tests::project::{example, text};

use super::support::{
    MARKET, NAME, PERSON, PREMIUM, Sealer, WAVES, install, installed, person, session, unhex, uuid, within,
};

#[test]
fn ciphertexts_survive_promotion() {
    let files = example(NAME);
    let Some(mut shared) = installed(&files) else { return };
    shared.run(MARKET).unwrap();
    let sealer = Sealer::new();
    let mut accounts = session(&shared, "accounts_api");
    for tenant in [PREMIUM, WAVES] {
        within(&mut accounts, tenant, &person(&sealer, tenant, PERSON, "awa@example.org")).unwrap();
    }
    let mut own = shared.another();
    let folder = "main/tenants/spotify_premium";
    install(&own, &files, folder, "spotify_ai_agent_spotify_premium_migrator");

    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), text(&files, &format!("{folder}/promote.sh"))).unwrap();
    let (bin, from) = shared.for_scripts("spotify_ai_agent_migrator").expect("psql is there");
    let (_, to) = own.for_scripts("spotify_ai_agent_spotify_premium_migrator").expect("psql is there");
    for step in ["freeze", "copy", "remove"] {
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.arg(script.path()).arg(step).env("PATH", path).env("FROM", &from).env("TO", &to);
        let output = command.output().expect("sh runs");
        assert!(output.status.success(), "{step}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(shared.run("select tenant_id from accounts.users").unwrap(), WAVES);
    let email = own.run("select email from accounts.users").unwrap();
    let opened = sealer.open("accounts.User.email", PREMIUM, &[uuid(PERSON)], &unhex(&email));
    assert_eq!(opened.as_deref(), Some(&b"awa@example.org"[..]));
    let mut accounts = session(&own, "spotify_premium_accounts_api");
    let index = sealer.index("accounts.User.email", PREMIUM, b"awa@example.org");
    let find = format!("select id from accounts.users where email_bx = {index}");
    assert_eq!(within(&mut accounts, PREMIUM, &find).unwrap(), [PERSON]);
    drop(own);
}
