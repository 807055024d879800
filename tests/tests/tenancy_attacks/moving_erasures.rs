//! An erasure while a tenant is moved would reach one of its two places: it is refused, and carried out before or after.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::promotion::promote;
use super::schemas::{PEOPLE, install};
use super::support::{OUR_PATIENT, OURS, THEIRS};

const MIGRATOR: &str = "clinic_migrator";
const OWN_MIGRATOR: &str = "clinic_acme_migrator";

/// People with a trail, and someone who is no tenant's but has rows of tenants.
fn people(tier: &str) -> String {
    let audited = PEOPLE
        .replace("    subject\n", "    subject\n    audit (insert, update, delete) into audit.Trail\n")
        .replace("schema core", "schema audit in main { audit log Trail as \"trail\" { partition by month ahead 1; retain 10y; chained } }\nschema core")
        + r#"
tier premium { isolation: schema }
tier enterprise { isolation: database }
tenant acme: TIER { id: "aaaaaaaa-0000-4000-8000-000000000001" }
"#;
    audited.replace("TIER", tier)
}

struct Two {
    shared: Postgres,
    own: Option<Postgres>,
    script: String,
    /// The prefix of the schemas of the old place, and of the new one.
    here: &'static str,
    there: &'static str,
}

/// The tenant's way from the shared tables, or from schemas of its own, to a tier.
const WAYS: [(&str, &str); 3] = [("", "enterprise"), ("", "premium"), ("premium", "enterprise")];

impl Drop for Two {
    fn drop(&mut self) {
        self.own = None; // Before the server that it is on.
    }
}

impl Two {
    fn new((from, to): (&str, &str)) -> Option<Self> {
        let artifacts = project::build(&people(to));
        let mut shared = Postgres::server()?;
        install(&shared, &artifacts, "main");
        let here = if from.is_empty() { "" } else { "acme_" };
        if !from.is_empty() {
            install(&shared, &project::build(&people(from)), "main/tenants/acme");
        }
        for (prefix, tenant) in [(here, OURS), ("", THEIRS)] {
            shared
                .run(&format!(
                    "insert into {prefix}core.person (tenant_id, id, name) values ('{tenant}', '{OUR_PATIENT}', 'p');
                     insert into {prefix}core.note (tenant_id, about, body) values ('{tenant}', '{OUR_PATIENT}', 'n')"
                ))
                .expect("fills");
        }
        let file = if from.is_empty() { "promote.sh".to_owned() } else { format!("promote_from_{from}.sh") };
        let script = project::text(&artifacts, &format!("main/tenants/acme/{file}"));
        if to == "premium" {
            install(&shared, &artifacts, "main/tenants/acme");
            return Some(Self { shared, own: None, script, here, there: "acme_" });
        }
        let own = shared.another();
        for (role, file) in [("postgres", "roles.sql"), (OWN_MIGRATOR, "schema.sql")] {
            own.script_as(role, &project::text(&artifacts, &format!("main/tenants/acme/{file}")))
                .expect("installs");
        }
        Some(Self { shared, own: Some(own), script, here, there: "" })
    }

    fn run(&mut self, step: &str) {
        let done = match &self.own {
            Some(own) => promote(&self.script, step, (&self.shared, MIGRATOR), (own, OWN_MIGRATOR)),
            None => promote(&self.script, step, (&self.shared, MIGRATOR), (&self.shared, MIGRATOR)),
        };
        done.unwrap_or_else(|e| panic!("{step}: {e}"));
    }

    fn erase_here(&mut self, tenant: &str, call: &str) -> Result<String, String> {
        as_eraser(&self.shared, "clinic_eraser", tenant, call)
    }

    fn erase_there(&mut self) -> Result<String, String> {
        let call = format!("{}polity.erase_subject('{OUR_PATIENT}')", self.there);
        match &self.own {
            Some(own) => as_eraser(own, "clinic_acme_eraser", OURS, &call),
            None => as_eraser(&self.shared, "clinic_eraser", OURS, &call),
        }
    }

    /// How often the person stands in each place, values of trails among it.
    fn held(&mut self) -> [String; 2] {
        let count = |prefix: &str| {
            format!(
                "select (select count(*) from {prefix}core.person where tenant_id = '{OURS}')
                    + (select count(*) from {prefix}core.note where tenant_id = '{OURS}')
                    + (select count(salt) from {prefix}audit.trail where tenant_id = '{OURS}')"
            )
        };
        let here = self.shared.run(&count(self.here)).unwrap();
        let there = match &mut self.own {
            Some(own) => own.run(&count(self.there)),
            None => self.shared.run(&count(self.there)),
        };
        [here, there.unwrap()]
    }
}

fn as_eraser(db: &Postgres, role: &str, tenant: &str, call: &str) -> Result<String, String> {
    let enter = if tenant.is_empty() { String::new() } else { format!("select polity.enter('{tenant}');") };
    db.script_as(role, &format!("begin; {enter} select {call}; commit;"))
}

fn is_refused(result: Result<String, String>) {
    let said = result.expect_err("a tenant is being moved");
    assert!(said.contains("55000") && said.contains("is being moved") && said.contains("`remove`"), "{said}");
}

#[test]
fn nobody_is_erased_on_one_side_alone() {
    for way in WAYS {
        let Some(mut two) = Two::new(way) else { return };
        let here = two.here;
        let person = format!("polity.erase_subject('{OUR_PATIENT}')");
        let ours = format!("{here}{person}");
        let tenant = format!("polity.erase_tenant('{OURS}')");
        for steps in [&["freeze"][..], &["copy"]] {
            steps.iter().for_each(|step| two.run(step));
            is_refused(two.erase_here(OURS, &ours));
            if here.is_empty() {
                is_refused(two.erase_here("", &tenant));
            }
            let trail = format!("select {here}audit.trail_erase('{OUR_PATIENT}', '{OURS}')");
            is_refused(two.shared.script_as(MIGRATOR, &trail));
        }
        is_refused(two.erase_there());
        // The others go on, and nobody is told anything of this one.
        two.erase_here(THEIRS, &person).expect("erases");
        assert_eq!(two.held(), ["3", "3"], "{way:?}");

        // Given up, it reaches the one place that is left.
        two.run("thaw");
        assert_eq!(two.held(), ["3", "0"], "{way:?}");
        two.erase_here(OURS, &ours).expect("erases");
        assert_eq!(two.held(), ["0", "0"], "{way:?}");
    }
}

#[test]
fn who_is_erased_after_the_move_is_nowhere_and_stays_away_after_a_restore() {
    for tier in ["enterprise", "premium"] {
        let Some(mut two) = Two::new(("", tier)) else { return };
        let person = format!("polity.erase_subject('{OUR_PATIENT}')");
        for step in ["freeze", "copy", "remove"] {
            two.run(step);
        }
        assert_eq!(two.held(), ["0", "3"], "{tier}");
        two.erase_there().expect("erases");
        assert_eq!(two.held(), ["0", "0"], "{tier}");
        // A backup of the place that it left brings it back there, and the log of others is replayed beside it.
        two.erase_here(THEIRS, &person).expect("erases");
        two.shared.run(&format!("insert into core.person (tenant_id, id, name) values ('{OURS}', '{OUR_PATIENT}', 'p');
            insert into polity.erasure_log (tenant, entity, subject) values ('{OURS}', 'core.Person', '{OUR_PATIENT}')")).unwrap();
        two.erase_here("", "polity.replay_erasures()").expect("replays");
        assert_eq!(two.held(), ["0", "0"], "{tier}");
        two.erase_here("", &format!("polity.erase_tenant('{OURS}')")).expect("erases what there is");
    }
}

/// An erasure that began before the freeze is waited for, so that no copy is made beside it.
#[test]
fn an_erasure_that_runs_is_waited_for() {
    let Some(mut two) = Two::new(("", "enterprise")) else { return };
    let mut eraser = two.shared.session("clinic_eraser").expect("logs in");
    eraser
        .batch_execute(&format!(
            "begin; select polity.enter('{OURS}'); select polity.erase_subject('{OUR_PATIENT}')"
        ))
        .expect("erases");
    std::thread::scope(|scope| {
        let freezing = scope.spawn(|| two.run("freeze"));
        std::thread::sleep(std::time::Duration::from_millis(300));
        eraser.batch_execute("commit").expect("commits");
        freezing.join().expect("freezes");
    });
    for step in ["copy", "remove"] {
        two.run(step);
    }
    assert_eq!(two.held(), ["0", "0"]);
}
