//! Strangers who got at the database, or at what is told of it, before an administrator did.

use polity::apply::{Choices, Moment, Plan, apply};

use super::super::tiers::{FIRST, after};
use super::Trial;

/// A ledger as somebody makes it who may create schemas, with a trigger for whoever writes to it.
const PLANTED: &str = "CREATE SCHEMA polity_ledger;
CREATE TABLE polity_ledger.migrations (place text, tenant text, number integer, file text, sha256 text,
    ran_at timestamptz DEFAULT clock_timestamp(), ran_by text DEFAULT session_user, PRIMARY KEY (place, tenant, number, file));
CREATE TABLE polity_ledger.registry (place text, tenant text, number integer, files integer, digest text, scripts text,
    parameters jsonb, PRIMARY KEY (place, tenant));
CREATE FUNCTION polity_ledger.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE evil CREATEROLE'; RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON polity_ledger.migrations FOR EACH ROW EXECUTE FUNCTION polity_ledger.f();
GRANT ALL ON SCHEMA polity_ledger TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA polity_ledger TO PUBLIC;";

#[test]
fn a_ledger_that_a_stranger_made_is_no_ledger() {
    let Some(trial) = Trial::new() else { return };
    trial.client("postgres").batch_execute("CREATE ROLE evil LOGIN").expect("makes it");
    trial.session("chief").batch_execute("GRANT CREATE ON DATABASE shop TO evil").expect("lets it");
    trial.session("evil").batch_execute(PLANTED).expect("it may");
    let refused = trial.apply().0.expect_err("it is refused").message;
    assert!(refused.contains("polity_ledger") && refused.contains("evil"), "{refused}");
    assert_eq!(trial.rows("SELECT count(*) FROM pg_roles WHERE rolname = 'evil' AND rolcreaterole"), 0);
    // The schema alone would do: whoever owns it changes what stands in it.
    let emptied =
        "DROP TABLE polity_ledger.migrations, polity_ledger.registry; DROP FUNCTION polity_ledger.f()";
    trial.session("evil").batch_execute(emptied).expect("it is its own");
    let refused = trial.apply().0.expect_err("it is refused").message;
    assert!(refused.contains("schema polity_ledger"), "{refused}");
}

#[test]
fn both_logins_are_of_one_database() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    trial.session("chief").batch_execute("CREATE DATABASE other").expect("makes it");
    let (valid, _) = polity::history::sealed(&after(&trial.text, &trial.history), None);
    let plan = Plan::of(&valid.expect("it is valid"), "main").expect("it was sealed");
    let choices = Choices { at_once: 1, stop_after: 1, dry_run: false, record: false };
    let admin = trial.target("chief").database("other");
    let nothing_runs = |moment: &Moment| panic!("{moment:?}");
    let refused = apply(&plan, &trial.target("shop_migrator"), Some(&admin), &choices, &nothing_runs);
    let refused = refused.expect_err("it is refused").message;
    assert!(refused.contains("different databases"), "{refused}");
    // A tenant keeps the id that its place was made with.
    trial.text =
        FIRST.replace("aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000009");
    let refused = trial.apply().0.expect_err("it is refused").message;
    assert!(refused.contains("`tenant_id` aaaaaaaa-0000-4000-8000-000000000001"), "{refused}");
}
