//! Tenants whose places are not where the source has them, and people who are erased where their tenant is.

use std::process::Command;

use polity::apply::Moment;

use super::super::tiers::{FIRST, after, sealed};
use super::{BTreeMap, Trial};

const ACME: &str = "tenant acme: middle { id: \"aaaaaaaa-0000-4000-8000-000000000001\" }\n";

/// Tenants that have another place than the source says are named by a run.
fn misplaced(trial: &Trial) -> Vec<String> {
    let (done, moments) = trial.apply();
    let said: Vec<String> = moments
        .iter()
        .filter_map(|moment| match moment {
            Moment::Misplaced { text, help, .. } => Some(format!("{text}; {help}")),
            _ => None,
        })
        .collect();
    assert_eq!(done.unwrap_or_else(|refused| panic!("{refused:#?}")).failed, said.len(), "{moments:#?}");
    said
}

#[test]
fn a_tenant_that_is_not_where_the_source_has_it_is_named() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    assert_eq!(misplaced(&trial), Vec::<String>::new());
    for (tenant, said) in [
        (
            "",
            "`acme` has a place in main/middle, and the source does not name it; `offboard.sql` of the tier `middle`",
        ),
        (
            &*ACME.replace("middle", "small"),
            "`acme` has a place in main/middle, and the source has it in the tier `small`",
        ),
        (
            &*ACME.replace("middle", "large"),
            "the source has it in the tier `large`; its rows stay in main/middle until they are moved: `promote_from_middle.sh`",
        ),
    ] {
        trial.text = FIRST.replace(ACME, tenant);
        let all = misplaced(&trial);
        assert!(all.len() == 1 && all[0].contains(said), "{all:#?}");
    }
}

/// The schemas of a tenant have one name, whatever its tier is called.
#[test]
fn a_tier_that_is_called_otherwise_is_refused_before_anything_runs() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let text = FIRST.replace("middle", "gold");
    trial.history = sealed(&text, "renamed", &trial.history, false);
    trial.text = text;
    let refused = trial.apply().0.expect_err("its schemas are there");
    assert!(
        refused.message.contains("`acme` has a place of the same names in main/middle")
            && refused.message.contains("main/gold"),
        "{refused:#?}"
    );
    assert_eq!(trial.rows("SELECT count(*) FROM polity_ledger.registry WHERE tenant = 'acme'"), 1);
}

const ZETA: &str = "cccccccc-0000-4000-8000-000000000003";
const PERSON: &str = "99999999-0000-4000-8000-000000000009";

/// The commands of `docs/erasure.md` find a person of a tenant that no line of the source names.
#[test]
fn a_person_of_a_tenant_that_was_made_is_erased_where_the_tenant_is() {
    let Some(mut trial) = Trial::new() else { return };
    let text = FIRST.replace("called: text(40)?", "called: text(40)? #personal\n    subject");
    trial.history = sealed(&text, "initial", &BTreeMap::new(), false);
    trial.text = text;
    trial.leads_on(6);
    let mut chief = trial.session("chief");
    chief
        .batch_execute(&format!("SELECT polity_ledger.create_tenant('middle', 'zeta', '{ZETA}')"))
        .expect("makes it");
    let mut client = trial.client("shop");
    let fill = format!(
        "INSERT INTO core.country VALUES ('SN');
         INSERT INTO zeta_core.buyer (tenant_id, id, country, called) VALUES ('{ZETA}', '{PERSON}', 'SN', 'Zoe');
         INSERT INTO core.buyer (tenant_id, id, country, called) VALUES ('{PERSON}', '{PERSON}', 'SN', 'Zoe')"
    );
    client.batch_execute(&fill).expect("fills");
    let counted = |trial: &Trial| {
        ["zeta_core.buyer", "core.buyer", "zeta_polity.erasure_log", "polity.erasure_log"]
            .map(|table| trial.rows(&format!("SELECT count(*) FROM {table}")))
    };
    let elsewhere = "bbbbbbbb-0000-4000-8000-000000000002";
    let refused = trial.erases(elsewhere).expect_err("it has a database of its own");
    assert!(refused.contains("a database of its own: main/large of beta"), "{refused}");
    assert_eq!(counted(&trial), [1, 1, 0, 0]);
    // A UUID has more than one form.
    trial.erases(&ZETA.to_uppercase()).expect("erases");
    assert_eq!(counted(&trial), [0, 1, 1, 0]);
    trial.erases(PERSON).expect("one who shares tables is erased there");
    assert_eq!(counted(&trial), [0, 0, 1, 1]);
}

impl Trial {
    /// Runs the first commands of `docs/erasure.md` for the person of a tenant.
    fn erases(&self, tenant: &str) -> Result<String, String> {
        let compiled = polity::compile(&after(&self.text, &self.history), &polity::Options::default());
        let page = polity_tests::project::text(&compiled.artifacts.expect("it is valid"), "docs/erasure.md");
        let commands = page.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
        let commands = commands
            .expect("commands")
            .replace("'key of the person'", PERSON)
            .replace("'id of the tenant'", tenant)
            .replace("\n)", "\nprintf '%s' \"$found\"\n)");
        let server = self.server.lock().expect("nobody panics");
        let (psql, connection) = server.for_scripts("shop_eraser").expect("psql is there");
        let path = format!("{}:{}", psql.display(), std::env::var("PATH").unwrap_or_default());
        let connection = connection.replace("dbname=postgres", "dbname=shop");
        let output = Command::new("sh")
            .args(["-c", &commands])
            .env("PATH", path)
            .env("DATABASE_URL", connection)
            .output()
            .expect("sh is there");
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
    }
}
