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
