//! A tenant leaves the shared database for one that it has to itself: every row arrives, and none of the others'.

use std::process::{Command, Output};

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;
use tempfile::TempDir;

use super::support::{CLINIC, OUR_PATIENT, OURS, THEIRS, query, rows};

pub const PROMOTED: &str = r#"
tier enterprise { isolation: database }
tenant acme: enterprise { id: "aaaaaaaa-0000-4000-8000-000000000001" }
"#;

pub struct Move {
    pub shared: Postgres,
    pub own: Option<Postgres>,
    pub script: String,
}

impl Drop for Move {
    fn drop(&mut self) {
        self.own = None; // Before the server that it is on.
    }
}

impl Move {
    pub fn run(&mut self, step: &str) -> Result<String, String> {
        told(self.step(step).command().output().expect("a shell runs"))
    }

    pub fn step<'a>(&self, step: &'a str) -> Step<'a> {
        let own = self.own.as_ref().expect("there is one");
        Step::new(&self.script, step, (&self.shared, "clinic_migrator"), (own, "clinic_acme_migrator"))
    }

    pub fn own(&mut self) -> &mut Postgres {
        self.own.as_mut().expect("there is one")
    }
}

/// One step of a script, from a database to a database.
pub fn promote(
    script: &str,
    step: &str,
    from: (&Postgres, &str),
    to: (&Postgres, &str),
) -> Result<String, String> {
    told(Step::new(script, step, from, to).command().output().expect("a shell runs"))
}

/// The text that a script printed, or its errors where it failed.
pub fn told(output: Output) -> Result<String, String> {
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// One step of a script, by a shell, with variables.
pub struct Step<'a> {
    pub shell: &'a str,
    pub variables: Vec<(&'a str, String)>,
    step: &'a str,
    folder: TempDir,
}

impl<'a> Step<'a> {
    pub fn new(script: &str, step: &'a str, from: (&Postgres, &str), to: (&Postgres, &str)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("promote.sh"), script).expect("ours");
        let (bin, source) = from.0.for_scripts(from.1).expect("psql is there");
        let (_, target) = to.0.for_scripts(to.1).expect("psql is there");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let variables = vec![("PATH", path), ("FROM", source), ("TO", target)];
        Self { shell: "sh", variables, step, folder }
    }

    /// With one variable more, or another value of one.
    pub fn with(mut self, name: &'a str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(self.shell);
        command.arg(self.folder.path().join("promote.sh")).arg(self.step);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

fn install(db: &Postgres, artifacts: &Artifacts, folder: &str, role: &str) {
    for (role, file) in [("postgres", "roles.sql"), (role, "schema.sql")] {
        let path = format!("{folder}/{file}");
        db.script_as(role, &project::text(artifacts, &path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

pub fn moving() -> Option<Move> {
    let artifacts = project::build(&format!("{CLINIC}{PROMOTED}"));
    let mut shared = Postgres::server()?;
    install(&shared, &artifacts, "main", "clinic_migrator");
    shared.script_as("clinic_migrator", &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    shared
        .script_as("clinic_migrator", &rows(THEIRS, "bbbbbbbb-1111-4000-8000-000000000002", "theirs"))
        .expect("fills");
    // Something old, for which the new database has no partition yet, and what a text must survive.
    shared
        .run(&format!(
            "select polity.add_partition('core.visits', 'visits', '2024_01', 'at', 'timestamptz', '2024-01-01 00:00+00', '2024-02-01 00:00+00', '');
             insert into core.visits (tenant_id, at, note) values ('{OURS}', '2024-01-05 10:00:00.123456Z', E'tab\\t \\\\N new\\nline');
             insert into core.patients (tenant_id, email, country, doctor) values ('{OURS}', 'second', 'SN', '{OUR_PATIENT}')"
        ))
        .unwrap();
    let own = shared.another();
    install(&own, &artifacts, "main/tenants/acme", "clinic_acme_migrator");
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    Some(Move { shared, own: Some(own), script })
}

pub const ALL: &str = "select 'p', to_jsonb(t)::text from core.patients t where tenant_id = 'T' union all
    select 'v', to_jsonb(t)::text from core.visits t where tenant_id = 'T' union all
    select 'r', to_jsonb(t)::text from core.room t where tenant_id = 'T' union all
    select 'b', to_jsonb(t)::text from core.booking t where tenant_id = 'T' union all
    select 'l', to_jsonb(t)::text from core.log t where tenant_id = 'T' union all
    select 'a', to_jsonb(t)::text from audit.trail t where tenant_id = 'T' order by 1, 2";

#[test]
fn every_row_moves_and_none_is_lost() {
    let Some(mut moving) = moving() else { return };
    let (ours, theirs) = (ALL.replace('T', OURS), ALL.replace('T', THEIRS));
    let before = moving.shared.run(&ours).unwrap();
    assert!(before.lines().count() >= 9, "{before}");
    assert!(moving.run("copy").unwrap_err().contains("freeze the tenant first"));
    moving.run("freeze").expect("freezes");
    // Nobody writes for the tenant any more, and others go on.
    moving.shared.run("create role web login in role clinic_app").unwrap();
    let mut web = moving.shared.session("web").expect("logs in");
    let write = |tenant: &str| {
        format!("begin; select polity.enter('{tenant}'); update core.patients set name = name; commit")
    };
    let (code, said) = query(&mut web, &write(OURS)).unwrap_err();
    assert_eq!(code, "55000", "{said}");
    web.batch_execute("rollback").unwrap();
    query(&mut web, &write(THEIRS)).expect("the others write");
    let others = moving.shared.run(&theirs).unwrap();
    assert_eq!(
        query(&mut web, "select count(*) from polity.frozen").unwrap(),
        ["0"],
        "it is not told who is frozen"
    );

    moving.run("copy").expect("copies");
    assert_eq!(moving.own().run(&ours).unwrap(), before, "every row is there, as it was");
    assert_eq!(moving.own().run(&theirs).unwrap(), "", "and none of the others'");
    assert_eq!(moving.own().run("select distinct verdict from audit.trail_verify()").unwrap(), "ok");
    assert!(moving.run("copy").is_err(), "twice is refused");
    assert_eq!(moving.own().run(&ours).unwrap(), before);

    moving.run("remove").expect("removes");
    assert_eq!(moving.shared.run(&ours).unwrap(), "");
    assert_eq!(moving.shared.run(&theirs).unwrap(), others);

    // In its own database the tenant is served as in the shared one, and its trail goes on.
    moving.own().run("create role acme_web login in role clinic_acme_app").unwrap();
    let mut web = moving.own().session("acme_web").expect("logs in");
    query(
        &mut web,
        &format!("begin; select polity.enter('{OURS}'); update core.patients set name = 'z'; commit"),
    )
    .expect("writes");
    assert_eq!(moving.own().run("select audit.trail_seal()").unwrap(), "2");
    assert_eq!(moving.own().run("select verdict from audit.trail_verify()").unwrap(), "ok");
    // Where it was, what is left proves the others' entries.
    moving.shared.run("select audit.trail_seal()").unwrap();
    let judged = "select distinct verdict from audit.trail_verify() order by 1";
    assert_eq!(moving.shared.run(judged).unwrap(), "moved\nok");
    // No row of another belongs there, whoever brings it; no service of the others gets in.
    let (_, said) = moving
        .own()
        .run(&format!("insert into core.room values ('{THEIRS}', 1, 'NEW')"))
        .map_err(|e| (e.sqlstate.clone(), e.message))
        .unwrap_err();
    assert!(said.contains("polity_tenant"), "{said}");
    assert!(moving.own().session("web").is_err());
    assert!(query(&mut web, "delete from core.country").is_err());
}

#[test]
fn what_does_not_arrive_whole_does_not_arrive() {
    let Some(mut moving) = moving() else { return };
    moving.run("freeze").expect("freezes");
    moving.own().run("create function public.spoil() returns trigger language plpgsql as $$ begin new.note := 'x'; return new; end $$; create trigger spoil before insert on core.visits for each row execute function public.spoil()").unwrap();
    let said = moving.run("copy").unwrap_err();
    assert!(said.contains("not everything arrived: core.visits"), "{said}");
    assert_eq!(moving.own().run("select count(*) from core.patients").unwrap(), "0", "nothing is half there");
    moving.run("thaw").expect("gives up");
    moving.shared.run("create role web login in role clinic_app").unwrap();
    let mut web = moving.shared.session("web").expect("logs in");
    query(
        &mut web,
        &format!("begin; select polity.enter('{OURS}'); update core.patients set name = name; commit"),
    )
    .expect("writes again");
}

const RING: &str = "
schema ring in main {
  entity Team { id: int key; head: -> Member? on delete restrict; index (head) }
  entity Member { id: int key; team: -> Team on delete restrict; index (team) }
  global entity Region { id: int key; capital: -> City? on delete restrict; index (capital) }
  global entity City { id: int key; region: -> Region on delete restrict; index (region) }
}
";

/// One reference of the ring may be absent, or no row could be the first; a copy has all rows at once.
#[test]
fn references_that_go_round_arrive_whole() {
    let artifacts = project::build(&format!("{CLINIC}{PROMOTED}{RING}"));
    let Some(mut shared) = Postgres::server() else { return };
    install(&shared, &artifacts, "main", "clinic_migrator");
    shared
        .run(&format!(
            "insert into ring.team (tenant_id, id) values ('{OURS}', 1), ('{OURS}', 2);
             insert into ring.member (tenant_id, id, team) values ('{OURS}', 1, 2), ('{OURS}', 2, 1);
             insert into ring.team (tenant_id, id) values ('{THEIRS}', 1), ('{THEIRS}', 2);
             insert into ring.member (tenant_id, id, team) values ('{THEIRS}', 1, 2), ('{THEIRS}', 2, 1);
             update ring.team set head = id;
             insert into ring.region (id) values (1); insert into ring.city values (1, 1);
             update ring.region set capital = 1"
        ))
        .unwrap();
    let mut own = shared.another();
    install(&own, &artifacts, "main/tenants/acme", "clinic_acme_migrator");
    let all = "select 't', to_jsonb(t)::text from ring.team t where tenant_id = 'OURS' union all select 'm', to_jsonb(m)::text from ring.member m where tenant_id = 'OURS'
        union all select 'r', to_jsonb(r)::text from ring.region r union all select 'c', to_jsonb(c)::text from ring.city c order by 1, 2".replace("OURS", OURS);
    let all = all.as_str();
    let before = shared.run(all).unwrap();
    let global = project::text(&artifacts, "main/tenants/acme/copy_global.sh");
    let run = |script: &str, step: &str, own: &Postgres| {
        promote(script, step, (&shared, "clinic_migrator"), (own, "clinic_acme_migrator"))
    };
    let script = project::text(&artifacts, "main/tenants/acme/promote.sh");
    for step in ["freeze", "copy", "thaw", "freeze", "copy"] {
        run(&script, step, &own).unwrap_or_else(|e| panic!("{step}: {e}"));
    }
    assert_eq!(own.run(all).unwrap(), before);
    run(&script, "remove", &own).expect("removes");
    own.run("update ring.region set capital = null; delete from ring.city; delete from ring.region").unwrap();
    for _ in 0..2 {
        run(&global, "", &own).expect("copies what all share");
        assert_eq!(own.run(all).unwrap(), before);
    }
    assert_eq!(shared.run("select count(*) from ring.team").unwrap(), "2", "the others'");
    shared.run(&format!("select polity.erase_tenant('{THEIRS}')")).expect("erases");
    assert_eq!(shared.run("select count(*) from ring.team").unwrap(), "0");
    let deferred = own.run(
        "select count(*) from pg_constraint where condeferrable and connamespace = 'ring'::regnamespace",
    );
    assert_eq!(deferred.unwrap(), "0", "and judged at once from then on");
    drop(own);
}

#[test]
fn what_is_global_follows_into_the_tenants_database_or_not_at_all() {
    let platform = format!("{CLINIC}{PROMOTED}")
        .replace("code: text(2) key", "code: text(2) key\n    name: text(20)?\n    version: int optimistic");
    let artifacts = project::build(&platform);
    let Some(mut shared) = Postgres::server() else { return };
    install(&shared, &artifacts, "main", "clinic_migrator");
    let mut own = shared.another();
    install(&own, &artifacts, "main/tenants/acme", "clinic_acme_migrator");
    let script = project::text(&artifacts, "main/tenants/acme/copy_global.sh");
    let copy = |shared: &Postgres, own: &Postgres| {
        promote(&script, "", (shared, "clinic_migrator"), (own, "clinic_acme_migrator"))
    };
    let all = "select to_jsonb(t)::text from core.country t order by 1";
    shared
        .run("insert into core.country values ('SN', E'a\\tb\\\\N', 1), ('FR', null, 1), ('ML', 'm', 1)")
        .unwrap();
    copy(&shared, &own).expect("copies");
    assert_eq!(own.run(all).unwrap(), shared.run(all).unwrap());
    own.run(&format!("insert into core.patients (tenant_id, email, country) values ('{OURS}', 'p', 'SN')"))
        .unwrap();
    shared.run("update core.country set name = 'changed'; delete from core.country where code = 'FR'; insert into core.country values ('BE', 'b', 7)").unwrap();
    for _ in 0..2 {
        copy(&shared, &own).expect("copies what changed");
        assert_eq!(own.run(all).unwrap(), shared.run(all).unwrap());
    }
    let before = own.run(all).unwrap();
    shared.run("delete from core.country where code = 'SN'; update core.country set name = 'late'").unwrap();
    let said = copy(&shared, &own).unwrap_err();
    assert!(
        said.contains("patients_tenant_id_country_fkey") || said.contains("patients_country_fkey"),
        "{said}"
    );
    assert_eq!(own.run(all).unwrap(), before, "nothing is half there");
    assert_eq!(
        own.run(
            "select count(*) from pg_trigger where tgrelid = 'core.country'::regclass and tgenabled = 'D'"
        )
        .unwrap(),
        "0"
    );
    drop(own);
}
