//! The undo takes back what the migration made, and no rows unless it is told to.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{catalog, person, prepare, run_as, shop};

#[test]
fn the_undo_leaves_nothing_behind() {
    let artifacts = shop();
    let Some(mut db) = Postgres::server() else { return };
    prepare(&mut db, &artifacts);
    let before = catalog(&mut db);
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/V0001__initial.sql");
    assert_ne!(catalog(&mut db), before);
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/U0001__initial.sql");
    assert_eq!(catalog(&mut db), before);
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/V0001__initial.sql");
}

#[test]
fn rows_are_lost_only_where_somebody_said_so() {
    let artifacts = shop();
    let Some(mut db) = Postgres::server() else { return };
    prepare(&mut db, &artifacts);
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/V0001__initial.sql");
    db.run(&person(&[])).expect("a person");
    let undo = project::text(&artifacts, "main/migrations/U0001__initial.sql");
    let told = db.script_as("shop_migrator", &undo).expect_err("refused");
    assert!(told.contains("core.people holds rows") && told.contains("polity.undo_may_lose"), "{told}");
    assert_eq!(db.run("select count(*) from core.people").expect("still there"), "1");
    // A client that goes on after an error loses nothing either.
    let _ = db.script_as("shop_migrator", &format!("\\set ON_ERROR_STOP off\n{undo}"));
    assert_eq!(db.run("select count(*) from core.people").expect("still there"), "1");
    let allowed = format!("SET polity.undo_may_lose = on;\n{undo}");
    db.script_as("shop_migrator", &allowed).expect("goes");
    assert_eq!(db.run("select to_regclass('core.people') is null").expect("reads"), "t");
}

#[test]
fn roles_may_be_stated_again() {
    let artifacts = shop();
    let Some(mut db) = Postgres::server() else { return };
    prepare(&mut db, &artifacts);
    let state = "select string_agg(rolname || rolcanlogin || rolsuper, ',' order by rolname) from pg_roles where rolname ~ '^shop_'";
    let before = db.run(state).expect("reads");
    prepare(&mut db, &artifacts);
    assert_eq!(db.run(state).expect("reads"), before);
    assert!(before.contains("shop_ownerfalsefalse") && before.contains("shop_migratortruefalse"), "{before}");
}

/// Views that the role of figures owns in a schema that is the administrator's.
const OUTSIDE: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
tenancy by tenant_id: text(40)
tier pooled { isolation: row }
tier apart { isolation: database }
tenant acme: apart { id: "acme" }

entity Note as "notes" in main { id: uuid key = uuid_v7(), v: int }

view Count in main as "counted" {
  sql """SELECT n.v, count(*) AS n FROM public.notes n GROUP BY n.v"""
  v: int
  n: bigint
}

view Kept in main as "kept" materialized refresh every 1d {
  sql """SELECT n.tenant_id, n.id FROM public.notes n"""
  tenant_id: text(40)
  id: uuid
}

service few { read Count, Kept }
"#;

#[test]
fn figures_outside_of_a_schema_come_and_go() {
    let artifacts = project::build(OUTSIDE);
    for (folder, migrator) in [("main", "shop_migrator"), ("main/tenants/acme", "shop_acme_migrator")] {
        let Some(mut db) = Postgres::server() else { return };
        db.script_as("postgres", &project::text(&artifacts, &format!("{folder}/roles.sql"))).expect("roles");
        let before = catalog(&mut db);
        for file in ["V0001__initial.sql", "U0001__initial.sql", "V0001__initial.sql"] {
            run_as(&db, migrator, &artifacts, &format!("{folder}/migrations/{file}"));
            if file.starts_with('U') {
                assert_eq!(catalog(&mut db), before, "{folder}");
            }
        }
    }
}

/// A script that makes things: some need tables, and tables need some of them.
const BY_HAND: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
schema core in main {
  entity Note as "notes" { id: uuid key = uuid_v7(), v: int, text: text(40) }
  sql after Note """
    create type core.mood as enum ('good', 'bad');
    create sequence core.tickets start 3;
    create function core.mood_of(note core.notes, lowest int default 3) returns core.mood language sql as
      $$ select case when note.v > lowest then 'good'::core.mood else 'bad' end $$;
    create function core.shout() returns trigger language plpgsql as
      $$ begin new.text := upper(new.text); return new; end $$;
    create or replace trigger shout before insert on core.notes for each row execute function core.shout();
  """
  sql once "numbers" """
    create function core.fill(inout n int) language sql as $$ select n $$
  """
}
"#;

#[test]
fn what_scripts_make_goes_too() {
    let artifacts = project::build(BY_HAND);
    let Some(mut db) = Postgres::server() else { return };
    prepare(&mut db, &artifacts);
    let before = catalog(&mut db);
    let scripts: Vec<String> =
        artifacts.iter().map(|(path, _)| path.to_owned()).filter(|path| path.contains("/R__")).collect();
    assert_eq!(scripts.len(), 1, "{scripts:#?}");
    for _ in 0..2 {
        run_as(&db, "shop_migrator", &artifacts, "main/migrations/V0001__initial.sql");
        run_as(&db, "shop_migrator", &artifacts, &scripts[0]);
        run_as(&db, "shop_migrator", &artifacts, "main/migrations/U0001__initial.sql");
        assert_eq!(catalog(&mut db), before);
        let made = "select count(*) from pg_type where typname in ('mood', 'notes')";
        assert_eq!(db.run(made).expect("reads"), "0");
    }
    // Before the scripts ran there is nothing of theirs to take along.
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/V0001__initial.sql");
    run_as(&db, "shop_migrator", &artifacts, "main/migrations/U0001__initial.sql");
    assert_eq!(catalog(&mut db), before);
}
