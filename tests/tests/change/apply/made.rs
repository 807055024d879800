//! Tenants that no line of the source names.

use std::process::Command;

use polity_tests::engines::Postgres;
use postgres::{Client, NoTls};

use super::super::tiers::{FIRST, after};
use super::{Trial, files, second};

const ZETA: &str = "cccccccc-0000-4000-8000-000000000003";

/// Tenants that no line of the source names are made by the database, and by a script; each is what the source would have made, and is
/// led on with all others.
#[test]
fn a_tenant_is_made_without_the_source() {
    Trial::new().into_iter().for_each(makes_tenants);
}

/// From 16 on a role has what it is a member of as it is told when it becomes one.
#[test]
fn a_tenant_is_made_without_the_source_on_17() {
    Postgres::server_of(17).map(Trial::on).into_iter().for_each(makes_tenants);
}

fn makes_tenants(mut trial: Trial) {
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
    let without = trial.text.clone();
    trial.text += named.strip_prefix(FIRST).expect("it begins so");
    trial.is_as_sealed();
    // Nobody leads on what is gone.
    trial.text = without;
    trial.offboard("middle", "zeta", ZETA);
    trial.offboard("large", "eta", "dddddddd-0000-4000-8000-000000000004");
    assert_eq!(trial.apply().0.expect("nothing is left").places, 3);
}

/// To see that nothing is to do takes as good as no time for each tenant.
#[test]
#[ignore = "it makes a thousand schemas and a hundred databases, which takes minutes"]
fn a_thousand_schemas_and_a_hundred_databases_are_looked_through_in_ten_seconds() {
    let Some(trial) = Trial::new() else { return };
    trial.leads_on(6);
    let mut chief = trial.session("chief");
    for number in 0..1000 {
        let id = format!("cccccccc-0000-4000-8000-{number:012}");
        chief
            .batch_execute(&format!("SELECT polity_ledger.create_tenant('middle', 's{number}', '{id}')"))
            .expect("makes it");
    }
    let mut server = trial.client("postgres");
    for number in 0..100 {
        let name = format!("d{number}");
        server
            .batch_execute(&format!("CREATE DATABASE {name}_shop TEMPLATE beta_shop OWNER chief"))
            .expect("copies");
        let row = format!(
            "tenant = '{name}', parameters = parameters || '{{\"tenant_role\": \"{name}\", \"tenant_prefix\": \"{name}_\"}}'"
        );
        let registry = "polity_ledger.registry";
        trial
            .client(&format!("{name}_shop"))
            .batch_execute(&format!("UPDATE {registry} SET {row}"))
            .expect("renames");
        let copied = format!(
            "INSERT INTO {registry} SELECT place, '{name}', number, files, digest, scripts, '{{}}' FROM {registry} WHERE tenant = 'beta';
             UPDATE {registry} SET {row} WHERE tenant = '{name}'"
        );
        chief.batch_execute(&copied).expect("copies");
    }
    let begin = std::time::Instant::now();
    let (done, moments) = trial.apply();
    let took = begin.elapsed();
    let summary = done.expect("nothing is to do");
    assert_eq!((summary.places, summary.files, moments.len()), (1103, 0, 0), "{moments:#?}");
    println!("looked through 1,001 schemas and 101 databases in {took:?}");
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
}

impl Trial {
    /// A session of a role on the shared database.
    pub(super) fn session(&self, user: &str) -> Client {
        let mut config: postgres::Config = self.url.parse().expect("it is a URL");
        config.user(user).dbname(&self.database).connect(NoTls).expect("connects")
    }

    /// A file of a tier, and how psql and bash reach the shared database.
    fn script(&self, path: &str) -> (String, String, String) {
        let compiled = polity::compile(&after(&self.text, &self.history), &polity::Options::default());
        let script = polity_tests::project::text(&compiled.artifacts.expect("it is valid"), path);
        let server = self.server.lock().expect("nobody panics");
        let (psql, connection) = server.for_scripts("chief").expect("psql is there");
        let path = format!("{}:{}", psql.display(), std::env::var("PATH").unwrap_or_default());
        (script, path, connection.replace("dbname=postgres", "dbname=shop"))
    }

    /// Makes a tenant by the script of its tier.
    fn provision(&self, tier: &str, name: &str, id: &str) {
        let (script, path, connection) = self.script(&format!("main/tiers/{tier}/provision.sh"));
        let mut bash = Command::new("bash");
        bash.args(["-c", &script, "provision.sh", name, id]).env("PATH", path).env("ADMIN", connection);
        let output = bash.output().expect("bash is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Takes a tenant away.
    fn offboard(&self, tier: &str, name: &str, id: &str) {
        let (script, path, connection) = self.script(&format!("main/tiers/{tier}/offboard.sql"));
        let prefix = format!("{name}_");
        let values = [("tenant_role", name), ("tenant_prefix", prefix.as_str()), ("tenant_id", id)];
        let script = polity_text::tokens::render(&script, values).expect("it has values");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), script).expect("writes");
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "may_lose=on", "-d", &connection, "-f"])
            .arg(file.path())
            .env("PATH", path);
        let output = psql.output().expect("psql is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
