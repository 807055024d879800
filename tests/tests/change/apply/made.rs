//! Tenants that no line of the source names.

use std::process::Command;

use postgres::{Client, NoTls};

use super::super::tiers::{FIRST, after};
use super::{Trial, files, second};

const ZETA: &str = "cccccccc-0000-4000-8000-000000000003";

/// Tenants that no line of the source names are made by the database, and by a script; each is what the source would have made, and is
/// led on with all others.
#[test]
fn a_tenant_is_made_without_the_source() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let mut chief = trial.session("chief");
    let make = |tier: &str, name: &str, id: &str| {
        format!("SELECT polity_ledger.create_tenant('{tier}', '{name}', '{}')", id.replace('\'', "''"))
    };
    chief.batch_execute(&make("middle", "zeta", ZETA)).expect("makes it");
    for (tier, name, id, said) in [
        ("middle", "zeta", "cccccccc-0000-4000-8000-000000000009", "there is a tenant"),
        ("middle", "eta", ZETA, "there is a tenant"),
        ("middle", "Eta", "eta", "tenant_role cannot be"),
        ("middle", "eta", "x'); DROP SCHEMA core --", "tenant_id cannot be"),
        ("middle", "1", "eta", "tenant_role cannot be"),
        ("small", "eta", "eta", "no tier"),
        ("large", "eta", "eta", "a database of its own"),
    ] {
        let refused = chief.batch_execute(&make(tier, name, id)).expect_err("it is refused");
        let message = refused.as_db_error().expect("the server says so").message().to_owned();
        assert!(message.contains(said), "{tier} {name} {id}: {message}");
    }
    let members = "SELECT count(*) FROM pg_auth_members WHERE pg_get_userbyid(member) = 'chief'
                    AND coalesce((to_jsonb(pg_auth_members) ->> 'inherit_option')::boolean, true)";
    assert_eq!(trial.rows(members), 0, "nothing stays lent");
    trial.provision("large", "eta", "dddddddd-0000-4000-8000-000000000004");
    // The same tenants, as the source would have them.
    let named = format!(
        "{FIRST}tenant zeta: middle {{ id: \"{ZETA}\" }}
tenant eta: large {{ id: \"dddddddd-0000-4000-8000-000000000004\" }}
"
    );
    trial.text.clone_from(&named);
    trial.is_as_sealed();
    let (done, moments) = trial.apply();
    assert_eq!((done.expect("nothing is left").files, moments.len()), (0, 0), "{moments:#?}");
    trial.text = FIRST.to_owned();
    trial.seal(&second(), "second");
    let (done, moments) = trial.apply();
    assert_eq!(done.expect("it goes on").places, 5);
    for place in ["main/middle zeta V0002", "main/large eta V0002"] {
        assert!(files(&moments).iter().any(|file| file.starts_with(place)), "{moments:#?}");
    }
    trial.text += named.strip_prefix(FIRST).expect("it begins so");
    trial.is_as_sealed();
}

impl Trial {
    /// A session of a role on the shared database.
    fn session(&self, user: &str) -> Client {
        let mut config: postgres::Config = self.url.parse().expect("it is a URL");
        config.user(user).dbname(&self.database).connect(NoTls).expect("connects")
    }

    /// Makes a tenant by the script of its tier.
    fn provision(&self, tier: &str, name: &str, id: &str) {
        let compiled = polity::compile(&after(&self.text, &self.history), &polity::Options::default());
        let artifacts = compiled.artifacts.expect("it is valid");
        let script = polity_tests::project::text(&artifacts, &format!("main/tiers/{tier}/provision.sh"));
        let (psql, connection) =
            self.server.lock().expect("nobody panics").for_scripts("chief").expect("psql is there");
        let path = format!("{}:{}", psql.display(), std::env::var("PATH").unwrap_or_default());
        let connection = connection.replace("dbname=postgres", "dbname=shop");
        let mut bash = Command::new("bash");
        bash.args(["-c", &script, "provision.sh", name, id]).env("PATH", path).env("ADMIN", connection);
        let output = bash.output().expect("bash is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
