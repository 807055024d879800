//! `polity apply` on real servers: from nothing to a platform with tenants of every tier, and on from there.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

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
        let mut server = Postgres::server()?;
        server.run("CREATE ROLE chief LOGIN CREATEROLE CREATEDB").expect("makes an administrator");
        server.session("chief").expect("logs in").batch_execute("CREATE DATABASE shop").expect("makes it");
        let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
        let url = server.url("postgres");
        Some(Self {
            server: Mutex::new(server),
            url,
            database: "shop".into(),
            admin: "chief",
            text: FIRST.to_owned(),
            history,
        })
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
        let choices = Choices { at_once: 2, stop_after: 1, dry_run: false };
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
    let plain = Choices { at_once: 2, stop_after: 1, dry_run: true };
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
    // What failed fails again; nothing that ran runs again.
    let (again, same) = trial.apply();
    assert_eq!((again.expect("it begins").files, files(&same).len()), (0, 0), "{same:#?}");
    client.batch_execute("UPDATE acme_core.buyer SET named = id::text").expect("updates");
    trial.leads_on(summary.left);
    assert_eq!(trial.rows("SELECT count(*) FROM acme_core.buyer"), 2);
}

/// A program that is killed between two files, or within one that is no transaction, leaves nothing that the next does not mend.
#[test]
fn a_killed_run_is_gone_on_with() {
    let Some(mut trial) = Trial::new() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut left = 6;
    for stop in [1, 2, 1] {
        let ended = trial.child(folder.path(), stop).wait().expect("it ends");
        assert!(!ended.success(), "it was killed");
        left -= stop;
    }
    trial.leads_on(left);
    trial.seal(&second(), "second");
    // Within a file that builds an index, which waits for whoever may see rows of before.
    let mut holds = trial.client("shop");
    holds
        .batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM core.country")
        .expect("reads");
    let mut child = trial.child(folder.path(), usize::MAX);
    let begin = Instant::now();
    let builds = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%INDEX CONCURRENTLY%' AND pid <> pg_backend_pid()";
    while trial.rows(builds) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "no index is built");
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let second = thread::scope(|scope| {
        let second = scope.spawn(|| trial.apply());
        thread::sleep(Duration::from_secs(1));
        holds.batch_execute("COMMIT").expect("ends");
        second.join().expect("it ends")
    });
    let summary = second.0.unwrap_or_else(|refused| panic!("{refused:#?}"));
    assert_eq!((summary.left, summary.failed), (0, 0), "{:#?}", second.1);
    trial.is_as_sealed();
    assert_eq!(trial.rows("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), 0);
}

const CHILD: &str = "POLITY_APPLY_CHILD";

impl Trial {
    /// A process that applies what was sealed, and kills itself after so many files.
    fn child(&self, folder: &std::path::Path, stop: usize) -> std::process::Child {
        std::fs::write(folder.join("shop.polity"), &self.text).expect("writes");
        for (path, text) in &self.history {
            let path = folder.join("history").join(path);
            std::fs::create_dir_all(path.parent().expect("it is in a folder")).expect("makes a folder");
            std::fs::write(path, text).expect("writes");
        }
        let value = format!("{}\n{stop}\n{}", self.url, folder.display());
        let mut child = Command::new(std::env::current_exe().expect("it has a path"));
        child.args(["--exact", "change::apply::child", "--nocapture"]).env(CHILD, value);
        child.spawn().expect("it starts")
    }
}

/// The process that [`Trial::child`] begins; a test only in name.
#[test]
fn child() {
    let Ok(value) = std::env::var(CHILD) else { return };
    let mut lines = value.lines();
    let mut next = || lines.next().expect("it has three lines").to_owned();
    let (url, stop, folder) = (next(), next().parse::<usize>().expect("it is a number"), next());
    let project = polity::io::read::read_project(folder.as_ref()).expect("it is there");
    let (valid, found) = polity::history::sealed(&project.sources, None);
    let plan = Plan::of(&valid.unwrap_or_else(|| panic!("{found:#?}")), "main").expect("it was sealed");
    let target = |user: &str| Target::read(&url).expect("it is a URL").database("shop").as_login(user);
    let ran = Mutex::new(0);
    let choices = Choices { at_once: 1, stop_after: 1, dry_run: false };
    let done = apply(&plan, &target("shop_migrator"), Some(&target("chief")), &choices, &|moment| {
        let mut ran = ran.lock().expect("one thread at a time");
        *ran += usize::from(matches!(moment, Moment::File { .. }));
        if *ran == stop {
            let kill = format!("kill -s KILL {}", std::process::id());
            let _ = Command::new("sh").args(["-c", &kill]).status();
        }
    });
    panic!("nobody killed it: {done:?}");
}

#[test]
fn of_two_at_once_the_later_one_waits() {
    let Some(trial) = Trial::new() else { return };
    let runs: Vec<Run> = thread::scope(|scope| {
        let runs = [(), ()].map(|()| scope.spawn(|| trial.apply()));
        runs.into_iter().map(|run| run.join().expect("it ends")).collect()
    });
    let files: usize = runs.iter().map(|(done, _)| done.as_ref().expect("it ends well").files).sum();
    assert_eq!(files, 6, "{runs:#?}");
    let waits = |(_, moments): &&Run| moments.iter().any(|moment| matches!(moment, Moment::Waits { .. }));
    assert_eq!(runs.iter().filter(waits).count(), 1, "{runs:#?}");
    trial.is_as_sealed();
}

/// Whoever may set something for a role or a database changes nothing of what the files mean.
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
