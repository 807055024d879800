//! Databases in which other tools ran what was sealed.

use std::io::Write;
use std::process::{Command, Stdio};

use polity::apply::{Choices, Moment, Plan, apply};
use polity::live::Target;
use polity_tests::engines::Postgres;
use polity_tests::project::text;

use super::super::adopt::{BY_HAND, SOURCE};
use super::super::support::Lineage;
use super::super::tiers::after;
use super::{Run, Trial, second};
use crate::describe::support::platform;

#[test]
fn a_platform_that_others_installed_is_taken_over_where_it_is_as_sealed() {
    let Some(mut trial) = Trial::new() else { return };
    trial.session("chief").batch_execute("CREATE DATABASE beta_shop").expect("makes it");
    let files = platform(&after(&trial.text, &trial.history)).artifacts;
    for (folder, database, migrator) in [
        ("main", "shop", "shop_migrator"),
        ("main/tenants/acme", "shop", "shop_migrator"),
        ("main/tenants/beta", "beta_shop", "shop_beta_migrator"),
    ] {
        trial.psql("chief", database, &text(&files, &format!("{folder}/roles.sql")));
        trial.psql(migrator, database, &text(&files, &format!("{folder}/schema.sql")));
    }
    // To run it there would fail.
    let (done, moments) = trial.apply();
    assert_eq!(done.expect("it begins").failed, 1, "{moments:#?}");
    trial.client("shop").batch_execute("DROP SCHEMA polity_ledger CASCADE").expect("as nothing had been");
    let mut client = trial.client("shop");
    client.batch_execute("ALTER TABLE acme_core.buyer ALTER called SET NOT NULL").expect("alters");
    let (done, moments) = trial.record();
    let summary = done.expect("it looks");
    assert_eq!((summary.files, summary.failed, summary.left), (4, 1, 2), "{moments:#?}");
    let named = moments.iter().any(|moment| {
        matches!(moment, Moment::Fails { tenant: Some(tenant), reason, .. }
            if tenant == "acme" && reason.contains("acme_core.buyer.called"))
    });
    assert!(named, "{moments:#?}");
    client.batch_execute("ALTER TABLE acme_core.buyer ALTER called DROP NOT NULL").expect("alters");
    let (done, moments) = trial.record();
    assert_eq!(done.expect("it looks").files, 2, "{moments:#?}");
    trial.leads_on(0);
    trial.seal(&second(), "second");
    let (done, moments) = trial.apply();
    assert_eq!(done.expect("it goes on").left, 0, "{moments:#?}");
    trial.is_as_sealed();
}

#[test]
fn an_adopted_database_is_gone_on_with() {
    let Some(mut server) = Postgres::server() else { return };
    server.run(BY_HAND).expect("it is made");
    let url = server.url("postgres");
    let mut lineage = Lineage::adopt(server, SOURCE).unwrap_or_else(|found| panic!("{found}"));
    let run = |lineage: &Lineage, record: bool| {
        let (valid, found) = polity::history::sealed(&lineage.sources(SOURCE), None);
        let plan = Plan::of(&valid.unwrap_or_else(|| panic!("{found:#?}")), "main").expect("it was sealed");
        let admin = Target::read(&url).expect("it is a URL");
        let choices = Choices { at_once: 1, stop_after: 1, dry_run: false, record };
        let told = |moment: &Moment| println!("{moment:?}");
        let done = apply(&plan, &admin.as_login("shop_migrator"), Some(&admin), &choices, &told);
        done.unwrap_or_else(|refused| panic!("{refused:#?}"))
    };
    let recorded = run(&lineage, true);
    assert!(recorded.failed == 0 && recorded.left == 0, "{recorded:?}");
    for is_contract in [false, true] {
        lineage.seal(SOURCE, if is_contract { "third" } else { "second" }, is_contract).expect("it is valid");
        let summary = run(&lineage, false);
        assert!(summary.files > 0 && summary.left == 0, "{summary:?}");
    }
    assert_eq!(lineage.drift(SOURCE), Ok(Vec::new()));
    assert_eq!(run(&lineage, false).files, 0);
}

impl Trial {
    /// Takes what was sealed for run.
    fn record(&self) -> Run {
        let choices = Choices { at_once: 1, stop_after: 1, dry_run: false, record: true };
        self.apply_with(Some(self.admin), &choices, &|_| {})
    }

    /// Runs a script as a person would.
    fn psql(&self, user: &str, database: &str, script: &str) {
        let server = self.server.lock().expect("nobody panics");
        let (psql, connection) = server.for_scripts(user).expect("psql is there");
        let connection = connection.replace("dbname=postgres", &format!("dbname={database}"));
        let mut psql = Command::new(psql.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &connection]).stdin(Stdio::piped());
        let mut child = psql.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().expect("it is piped").write_all(script.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
