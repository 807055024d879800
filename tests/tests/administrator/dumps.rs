//! A dump by the migrator, which bypasses nothing, holds every row of every tenant, and is restored without a superuser.

use std::path::Path;
use std::process::Command;

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented};
use crate::tenancy_attacks::schemas::TIERS;
use crate::tenancy_attacks::support::{CLINIC, OUR_PATIENT, OURS, THEIR_PATIENT, THEIRS, rows};

const MIGRATOR: &str = "clinic_migrator";

const REFERENCE: &str = include_str!("../../../compiler/docs/language.md");

/// The commands of the reference.
const RESTORE: &str = include_str!("restore.sh");

/// Every table and partition with the number of its rows, and who owns what.
const HELD: &str = "select c.oid::regclass::text, c.relowner::regrole::text, c.relrowsecurity, c.relforcerowsecurity,
           (xpath('/row/n/text()', query_to_xml('select count(*) as n from ' || c.oid::regclass, true, true, '')))[1]::text
      from pg_class c
     where c.relkind in ('r', 'p', 'm') and c.relowner::regrole::text like 'clinic%'
     union all
    select p.oid::regprocedure::text, p.proowner::regrole::text, p.prosecdef, null, p.proconfig::text
      from pg_proc p where p.proowner::regrole::text like 'clinic%'
     union all
    select polrelid::regclass || ' ' || polname, polroles::regrole[]::text, polpermissive, null, pg_get_expr(polqual, polrelid)
      from pg_policy
     order by 1, 2";

fn shared(rented: &mut Rented, artifacts: &Artifacts) -> Postgres {
    let mut db = rented.database();
    rented.install(&mut db, artifacts, "main", MIGRATOR);
    db.script_as(MIGRATOR, &rows(OURS, OUR_PATIENT, "ours")).expect("fills");
    db.script_as(MIGRATOR, &rows(THEIRS, THEIR_PATIENT, "theirs")).expect("fills");
    db.script_as("clinic_cron", "select polity.refresh_figures_countries()").expect("refreshes");
    db
}

fn told(command: &mut Command) -> Result<String, String> {
    let output = command.output().expect("the program was installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// `pg_restore` stands beside `pg_dump` in the package, of which the engines give the latter a name.
fn named(bin: &Path, folder: &Path) {
    let dump = std::fs::read_to_string(bin.join("pg_dump")).expect("it is a script");
    let restore = folder.join("pg_restore");
    std::fs::write(&restore, dump.replace("/pg_dump \"$@\"", "/pg_restore \"$@\"")).expect("ours");
    told(Command::new("chmod").arg("+x").arg(&restore)).expect("ours");
}

/// Dumps are made by the program of 15 alone.
#[test]
fn a_dump_by_the_migrator_holds_every_row() {
    assert!(REFERENCE.contains(RESTORE), "the reference says how");
    let Some(mut rented) = Rented::of(15) else { return };
    let artifacts = project::build(&format!("{CLINIC}{TIERS}"));
    let mut db = shared(&mut rented, &artifacts);
    let mut back = rented.database();
    back.script_as(ADMINISTRATOR, &project::text(&artifacts, "main/roles.sql")).expect("roles");
    let folder = tempfile::tempdir().expect("a folder");
    let (bin, from) = db.for_scripts(MIGRATOR).expect("psql is there");
    let (_, to) = back.for_scripts(MIGRATOR).expect("psql is there");
    named(&bin, folder.path());
    let path = format!(
        "{}:{}:{}",
        folder.path().display(),
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    // Without the option the program refuses, since it would leave out what a policy hides.
    let plain = told(Command::new(bin.join("pg_dump")).arg("-d").arg(&from)).expect_err("it refuses");
    assert!(plain.contains("row-level security"), "{plain}");
    told(Command::new("sh").args(["-euc", RESTORE]).current_dir(folder.path()).envs([
        ("PATH", path),
        ("FROM", from),
        ("TO", to),
        ("PLATFORM", "clinic".to_owned()),
    ]))
    .unwrap_or_else(|e| panic!("{e}"));
    let held = db.run(HELD).expect("counts");
    assert!(held.contains("core.patients|clinic_owner|t|t|2"), "{held}");
    assert_eq!(back.run(HELD).expect("counts"), held);
    // What came open is sealed where it came to.
    back.run("select audit.trail_seal()").expect("seals");
    let verified = "select distinct verdict from audit.trail_verify()";
    assert_eq!(back.run(verified).expect("verifies"), "ok");
    let open = "select nspname from pg_namespace where has_schema_privilege('clinic_auditor', oid, 'create')";
    assert_eq!(back.run(open).expect("reads"), "", "what was lent is taken back");
    drop((db, back));
}
