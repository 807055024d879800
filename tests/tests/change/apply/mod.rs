//! `polity apply` on real servers: from nothing to a platform with tenants of every tier, and on from there.

mod killed;
mod listed;
mod made;
mod places;
mod recorded;
mod strangers;

use std::collections::BTreeMap;
use std::sync::Mutex;

use polity::Diagnostic;
use polity::apply::{Choices, Moment, Plan, Summary, apply};
use polity::live::Target;
use polity_catalog::relational::Texts;
use polity_tests::engines::Postgres;
use postgres::{Client, NoTls};

use super::tiers::{FIRST, after, sealed};
use crate::describe::support::{described, platform, report};

/// The source with a renamed column, a new one with an index, a table, and a unique constraint.
fn second() -> String {
    FIRST
        .replace("called: text(40)?", "named: text(40)? was called\n    email: email?\n    index (email)\n    unique (named)")
        .replace("service web", "accept break on core.Buyer.named because \"a trial\"\nservice web")
        .replace(
            "  entity Buyer",
            "  entity Visit {\n    id: uuid key\n    of: -> Buyer on delete cascade\n    index (of)\n  }\n  entity Buyer",
        )
}

/// A project on a server of its own, in a database that its administrator made.
struct Trial {
    server: Mutex<Postgres>,
    url: String,
    database: String,
    /// The administrator: no superuser.
    admin: &'static str,
    text: String,
    history: BTreeMap<String, String>,
}

type Run = (Result<Summary, Diagnostic>, Vec<Moment>);

impl Trial {
    /// Seals the first source.
    fn new() -> Option<Self> {
        Postgres::server().map(Self::on)
    }

    fn on(mut server: Postgres) -> Self {
        server.run("CREATE ROLE chief LOGIN CREATEROLE CREATEDB").expect("makes an administrator");
        server.session("chief").expect("logs in").batch_execute("CREATE DATABASE shop").expect("makes it");
        let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
        let url = server.url("postgres");
        Self {
            server: Mutex::new(server),
            url,
            database: "shop".into(),
            admin: "chief",
            text: FIRST.to_owned(),
            history,
        }
    }

    /// Seals another source.
    fn seal(&mut self, text: &str, name: &str) {
        self.history = sealed(text, name, &self.history, false);
        self.text = text.to_owned();
    }

    fn target(&self, user: &str) -> Target {
        Target::read(&self.url).expect("it is a URL").as_login(user).database(&self.database)
    }

    /// Applies what was sealed, as the administrator and the migrator.
    fn apply(&self) -> Run {
        self.apply_as(Some(self.admin), &|_| {})
    }

    fn apply_as(&self, admin: Option<&str>, observe: &(dyn Fn(&Moment) + Sync)) -> Run {
        let choices = Choices { at_once: 2, stop_after: 1, dry_run: false, record: false };
        self.apply_with(admin, &choices, observe)
    }

    fn apply_with(&self, admin: Option<&str>, choices: &Choices, observe: &(dyn Fn(&Moment) + Sync)) -> Run {
        let (valid, found) = polity::history::sealed(&after(&self.text, &self.history), None);
        let plan = Plan::of(&valid.unwrap_or_else(|| panic!("{found:#?}")), "main").expect("it was sealed");
        let moments = Mutex::new(Vec::new());
        let admin = admin.map(|admin| self.target(admin));
        let done = apply(&plan, &self.target("shop_migrator"), admin.as_ref(), choices, &|moment| {
            moments.lock().expect("no thread panics").push(moment.clone());
            observe(moment);
        });
        (done, moments.into_inner().expect("no thread panics"))
    }

    /// Applies it, and finds every place as the source has it.
    fn leads_on(&self, files: usize) {
        let (done, moments) = self.apply();
        let summary = done.unwrap_or_else(|refused| panic!("{refused:#?}"));
        assert_eq!(
            (summary.places, summary.files, summary.left, summary.failed),
            (3, files, 0, 0),
            "{moments:#?}"
        );
        self.is_as_sealed();
    }

    /// How many places the source has: the shared one, and one for each tenant.
    fn places(&self) -> usize {
        1 + self.text.lines().filter(|line| line.starts_with("tenant ")).count()
    }

    fn is_as_sealed(&self) {
        let platform = platform(&after(&self.text, &self.history));
        assert_eq!(platform.places.len(), self.places());
        for place in &platform.places {
            let name = match place.tenant.as_deref() {
                Some(tenant @ ("beta" | "eta")) => format!("{tenant}_{}", self.database),
                _ => self.database.clone(),
            };
            let mut client = self.client(&name);
            client
                .batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .expect("begins");
            let live = described(&mut client, &platform.scope(place));
            let found = report(&place.catalog, &live, Texts::Structure);
            assert!(found.is_empty(), "{}: lowered, then described:\n{found}", place.folder);
        }
    }

    /// A superuser's session on a database of the server.
    fn client(&self, database: &str) -> Client {
        let mut config: postgres::Config = self.url.parse().expect("it is a URL");
        config.dbname(database).connect(NoTls).expect("connects")
    }

    fn rows(&self, sql: &str) -> i64 {
        self.client(&self.database).query_one(sql, &[]).expect("it is a query").get(0)
    }
}

/// The files of a run, as they came.
fn files(moments: &[Moment]) -> Vec<String> {
    let file = |moment: &Moment| match moment {
        Moment::File { place, tenant, file, .. } => {
            Some(format!("{place} {} {file}", tenant.as_deref().unwrap_or("-")))
        }
        _ => None,
    };
    moments.iter().filter_map(file).collect()
}

#[test]
fn a_platform_is_installed_in_an_empty_database_and_led_on() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let (done, moments) = trial.apply_as(None, &|_| {});
    assert_eq!((done.expect("it is there").files, moments.len()), (0, 0), "{moments:#?}");
    trial.seal(&second(), "second");
    let plain = Choices { at_once: 2, stop_after: 1, dry_run: true, record: false };
    let (dry, said) = trial.apply_with(None, &plain, &|_| {});
    let dry = dry.expect("nobody is asked for an administrator").files;
    assert_eq!(dry, files(&said).len());
    let (done, moments) = trial.apply_as(None, &|_| {});
    assert_eq!(done.expect("it goes on").files, dry);
    let came = files(&moments);
    assert_eq!(came.len(), dry, "{came:#?}");
    let first_of_tenants =
        came.iter().position(|file| !file.starts_with("main -")).expect("tenants are led on");
    assert!(came[first_of_tenants..].iter().all(|file| !file.starts_with("main -")), "{came:#?}");
    trial.is_as_sealed();
    let ran = "SELECT count(*) FROM polity_ledger.migrations WHERE ran_by = 'shop_migrator' AND number = 2";
    assert!(trial.rows(ran) > 4, "who ran it is written down");
}

/// Roles are the administrator's, so nothing begins without one.
#[test]
fn without_an_administrator_nothing_runs() {
    let Some(trial) = Trial::new() else { return };
    trial.client("shop").batch_execute("CREATE ROLE shop_migrator LOGIN").expect("runs");
    let (done, moments) = trial.apply_as(None, &|_| {});
    let refused = done.expect_err("there are no roles");
    assert!(refused.message.contains("3 files need an administrator"), "{refused:#?}");
    assert!(refused.help.is_some_and(|help| help.contains("--admin")), "it says what to run");
    assert!(moments.is_empty());
    assert_eq!(trial.rows("SELECT count(*) FROM pg_namespace WHERE nspname IN ('core', 'polity_ledger')"), 0);
}

#[test]
fn rows_that_do_not_fit_stop_a_run_which_goes_on_once_they_do() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let twice = "INSERT INTO acme_core.buyer (tenant_id, id, country, called)
                 SELECT 'aaaaaaaa-0000-4000-8000-000000000001', gen_random_uuid(), 'SN', 'twice' FROM generate_series(1, 2)";
    let mut client = trial.client("shop");
    client.batch_execute("INSERT INTO core.country VALUES ('SN')").expect("inserts");
    client.batch_execute(twice).expect("inserts");
    trial.seal(&second(), "second");
    let (done, moments) = trial.apply();
    let summary = done.expect("it begins");
    assert_eq!(summary.failed, 1, "{moments:#?}");
    assert!(summary.left > 0);
    let failed = moments.iter().any(|moment| {
        matches!(moment, Moment::Fails { place, tenant: Some(tenant), reason, .. }
            if place == "main/middle" && tenant == "acme" && reason.contains("23505"))
    });
    assert!(failed, "{moments:#?}");
    let query = moments.iter().find_map(|moment| match moment {
        Moment::Fails { reason, .. } => reason.split_once("as shop_migrator: "),
        _ => None,
    });
    let query = query.expect("it says how the rows are found").1;
    let mut migrator = trial.session("shop_migrator");
    let count: i64 = migrator.query_one(query, &[]).expect("it is a query").get(0);
    assert_eq!(count, 1, "{query}");
    // What failed fails again; nothing that ran runs again.
    let (again, same) = trial.apply();
    assert_eq!((again.expect("it begins").files, files(&same).len()), (0, 0), "{same:#?}");
    client.batch_execute("UPDATE acme_core.buyer SET named = id::text").expect("updates");
    trial.leads_on(summary.left);
    assert_eq!(trial.rows("SELECT count(*) FROM acme_core.buyer"), 2);
}

/// Settings of roles and databases change nothing of what the files mean.
#[test]
fn settings_of_roles_and_databases_change_nothing() {
    let Some(mut trial) = Trial::new() else { return };
    let hostile = |name: &str| {
        format!(
            "ALTER {name} SET standard_conforming_strings = off;
             ALTER {name} SET search_path = evil, pg_catalog;
             ALTER {name} SET default_transaction_read_only = on;
             ALTER {name} SET default_transaction_isolation = 'serializable';
             ALTER {name} SET statement_timeout = '1ms';
             ALTER {name} SET lock_timeout = '1ms';"
        )
    };
    let mut client = trial.client("shop");
    client
        .batch_execute(
            "CREATE SCHEMA evil;
             GRANT USAGE ON SCHEMA evil TO PUBLIC;
             CREATE FUNCTION evil.hashtextextended(text, integer) RETURNS bigint LANGUAGE sql AS 'SELECT 1/0::bigint';
             CREATE FUNCTION evil.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass';",
        )
        .expect("makes what is called in place of PostgreSQL's own");
    client.batch_execute(&hostile("DATABASE shop")).expect("sets");
    client.batch_execute(&hostile("ROLE chief")).expect("sets");
    let text = FIRST.replace("called: text(40)?", r#"called: text(40)? matches "^[a-z' ]+\\.?$""#);
    trial.history = sealed(&text, "initial", &BTreeMap::new(), false);
    trial.text = text;
    let (done, moments) = trial.apply();
    assert_eq!(done.expect("it installs").left, 0, "{moments:#?}");
    client.batch_execute(&hostile("ROLE shop_migrator")).expect("sets");
    let text = trial.text.replace("country: ->", "told: text(9)? matches \"^[a-z]+\\\\.$\"\n    country: ->");
    trial.seal(&text, "second");
    let (done, moments) = trial.apply_as(None, &|_| {});
    assert_eq!(done.expect("it goes on").left, 0, "{moments:#?}");
    client
        .batch_execute("ALTER DATABASE shop RESET ALL; ALTER ROLE shop_migrator RESET ALL")
        .expect("resets");
    trial.is_as_sealed();
}

#[test]
fn history_that_is_not_what_ran_is_named() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let kept = trial.history.clone();
    trial.seal(&second(), "second");
    let (done, _) = trial.apply();
    assert_eq!(done.expect("it goes on").left, 0);
    // The source of before, and another one of the same numbers.
    let other = FIRST.replace("called: text(40)?", "called: text(40)?\n    size: int?");
    for (text, history, file, how) in [
        (FIRST.to_owned(), kept.clone(), "/V0002__second/20_expand.sql", "history does not have it"),
        (
            other.clone(),
            sealed(&other, "second", &kept, false),
            "/V0002__second/20_expand.sql",
            "is not what ran",
        ),
    ] {
        (trial.text, trial.history) = (text, history);
        let refused = trial.apply().0.expect_err("history is another");
        assert!(refused.message.contains(file) && refused.message.contains(how), "{refused:#?}");
    }
}

/// A lock that somebody holds for a moment is waited for, and one that is held for long fails without a trace.
#[test]
fn a_lock_is_tried_again() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    trial.seal(&second(), "second");
    let mut holds = trial.client("shop");
    holds.batch_execute("BEGIN; LOCK TABLE core.buyer IN ACCESS EXCLUSIVE MODE").expect("locks");
    let holds = Mutex::new(holds);
    let (done, moments) = trial.apply_as(Some("chief"), &|moment| {
        if matches!(moment, Moment::Retries { .. }) {
            holds.lock().expect("one thread at a time").batch_execute("COMMIT").expect("ends");
        }
    });
    assert_eq!(done.expect("it goes on").left, 0, "{moments:#?}");
    assert!(moments.iter().any(|moment| matches!(moment, Moment::Retries { .. })), "{moments:#?}");
    trial.is_as_sealed();
}

/// A migration that an undo took back did not run for the next.
#[test]
fn what_was_taken_back_runs_again() {
    let Some(mut trial) = Trial::new() else { return };
    trial.leads_on(6);
    let third = second().replace("email: email?", "email: email?\n    age: int?");
    for (text, name) in [(second(), "second"), (third, "third")] {
        trial.seal(&text, name);
        assert_eq!(trial.apply().0.expect("it goes on").left, 0);
    }
    let compiled = polity::compile(&after(&trial.text, &trial.history), &polity::Options::default());
    let artifacts = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    let undo = |name: &str| polity_tests::project::text(&artifacts, &format!("main/migrations/{name}.sql"));
    let mut config: postgres::Config = trial.url.parse().expect("it is a URL");
    let mut migrator = config.dbname("shop").user("shop_migrator").connect(NoTls).expect("logs in");
    let refused = migrator.batch_execute(&undo("U0002__second")).expect_err("a later one ran");
    assert!(format!("{refused:?}").contains("a later migration ran"), "{refused:?}");
    migrator.batch_execute("ROLLBACK").expect("ends");
    for name in ["U0003__third", "U0002__second"] {
        migrator.batch_execute(&undo(name)).unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
    }
    assert_eq!(
        trial.rows("SELECT count(*) FROM polity_ledger.migrations WHERE tenant = '' AND number > 1"),
        0
    );
    let (done, moments) = trial.apply();
    assert_eq!(done.expect("it goes on").left, 0);
    let again = files(&moments);
    assert!(!again.is_empty() && again.iter().all(|file| file.starts_with("main -")), "{again:#?}");
    trial.is_as_sealed();
}

/// A script of the source runs behind all others, and again when its text changes, but not otherwise.
#[test]
fn a_script_runs_again_when_its_text_changes() {
    let Some(mut trial) = Trial::new() else { return };
    let script = |number: u32| {
        format!(
            "platform shop {{ environments: [dev] }}
store main: postgres 15 {{ database: \"shop\" }}
schema core in main {{
  entity Note {{ id: uuid key }}
  sql after Note \"\"\"
    create or replace function core.answer() returns integer language sql as $$ select {number} $$;
  \"\"\"
}}
"
        )
    };
    trial.history = sealed(&script(1), "initial", &BTreeMap::new(), false);
    for (number, ran) in [(1, 3), (1, 0), (2, 1)] {
        trial.text = script(number);
        let (done, moments) = trial.apply();
        assert_eq!(done.expect("it runs").files, ran, "{moments:#?}");
        assert_eq!(trial.rows("SELECT core.answer()::bigint"), i64::from(number));
    }
}

/// Other stores have migrations that other tools run.
#[test]
fn a_store_of_another_engine_is_refused() {
    let text = "platform shop { environments: [dev] }
store cache: redis 7 {}
keyspace Note in cache { pattern \"note:{id: int}\"; value text }
";
    let history = sealed(text, "initial", &BTreeMap::new(), false);
    let valid = polity::history::sealed(&after(text, &history), None).0.expect("it is valid");
    for (store, said) in [("cache", "migrations of redis"), ("other", "no store `other`")] {
        let refused = Plan::of(&valid, store).expect_err("it is refused");
        assert!(refused.message.contains(said), "{refused:#?}");
    }
}
