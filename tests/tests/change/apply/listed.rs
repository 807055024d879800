//! Tenants that a file lists.

use std::sync::Mutex;

use polity::apply::{Choices, Moment, Plan, apply};

use super::super::tiers::{FIRST, after};
use super::{Trial, second};

const LIST: &str = r#"
{"tier": "middle", "name": "zeta", "id": "cccccccc-0000-4000-8000-000000000003"}
{"tier": "large", "name": "eta", "id": "dddddddd-0000-4000-8000-000000000004"}
{"tier": "middle", "name": "acme", "id": "aaaaaaaa-0000-4000-8000-000000000001"}
"#;

fn plan(trial: &Trial, list: &str) -> Result<Plan, String> {
    let (valid, found) = polity::history::sealed(&after(&trial.text, &trial.history), None);
    let plan = Plan::of(&valid.unwrap_or_else(|| panic!("{found:#?}")), "main").expect("it was sealed");
    plan.with_tenants(list).map_err(|refused| refused.message)
}

/// A tenant of a list is made as one of the source would be, and is known from then on.
#[test]
fn tenants_of_a_list_are_made_and_led_on() {
    let Some(mut trial) = Trial::new() else { return };
    let choices = Choices { at_once: 1, stop_after: 1, dry_run: false, record: false };
    let run = |trial: &Trial, list: &str| {
        let admin = trial.target("chief");
        let plan = plan(trial, list).unwrap_or_else(|said| panic!("{said}"));
        let failures = Mutex::new(Vec::new());
        let observe = |moment: &Moment| {
            if matches!(moment, Moment::Fails { .. }) {
                failures.lock().expect("no thread panics").push(moment.clone());
            }
        };
        let done = apply(&plan, &trial.target("shop_migrator"), Some(&admin), &choices, &observe);
        let failures = failures.into_inner().expect("no thread panics");
        assert!(failures.is_empty(), "{failures:#?}");
        done.map_err(|refused| refused.message)
    };
    assert_eq!(run(&trial, LIST).expect("it is applied").places, 5, "acme is of the source");
    let named = format!(
        "{FIRST}tenant zeta: middle {{ id: \"cccccccc-0000-4000-8000-000000000003\" }}
tenant eta: large {{ id: \"dddddddd-0000-4000-8000-000000000004\" }}
"
    );
    trial.text = named;
    trial.is_as_sealed();
    // The registry knows them: nobody lists them again.
    trial.text = FIRST.to_owned();
    trial.seal(&second(), "second");
    let done = run(&trial, "").expect("it is applied");
    assert_eq!((done.places, done.left), (5, 0));
    // Whoever has the id of another under another name would get a second place.
    let again = LIST.lines().nth(1).expect("it is a line").replace("zeta", "theta");
    let refused = run(&trial, &again).expect_err("its id is zeta's");
    assert!(refused.contains("`zeta`"), "{refused}");
}

#[test]
fn a_list_that_cannot_be_meant_is_refused() {
    let Some(trial) = Trial::new() else { return };
    let line =
        |tier: &str, name: &str, id: &str| format!(r#"{{"tier": "{tier}", "name": "{name}", "id": "{id}"}}"#);
    for (list, said) in [
        ("zeta".to_owned(), "line 1"),
        (line("small", "zeta", "7"), "no tier `small`"),
        (line("middle", "Zeta", "7"), "`tenant_role` cannot be `Zeta`"),
        (line("middle", "zeta", "'x"), "`tenant_id` cannot be `'x`"),
        (line("middle", "acme", "7"), "a tenant `acme`"),
        (format!("{}\n{}", line("middle", "zeta", "7"), line("large", "eta", "7")), "line 2"),
        (
            line("middle", "zeta", "7").replace('}', r#", "quotas": {"tenant_connections": 3}}"#),
            "no quota `tenant_connections`",
        ),
        (line("middle", "zeta", "7").replace('}', r#", "colour": 3}"#), "unknown field `colour`"),
    ] {
        let refused = plan(&trial, &list).expect_err(&list);
        assert!(refused.contains(said), "{list}: {refused}");
    }
}
