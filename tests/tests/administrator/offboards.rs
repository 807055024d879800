//! A tenant goes with its schemas or its database, and leaves nothing behind: no role, and no right on what stays.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented};

/// Things that all tenants share stand in a schema, and outside of any, where its owner gives services the right to look.
const SHOPS: &str = r#"
platform shops { environments: [dev] }
tenancy by tenant_id: uuid
tier small { isolation: row }
tier middle { isolation: schema }
tier large { isolation: database }
tenant apart: large { id: "cccccccc-0000-4000-8000-00000000000c" }
tenant beside: middle { id: "dddddddd-0000-4000-8000-00000000000d" }
store main: postgres 15 { database: "shops" }
global entity Country in main { code: text(2) key }
schema core in main {
  entity Buyer { id: uuid key = uuid_v7(); country: -> Country on delete restrict; index (country) }
  view Codes { sql """SELECT b.country, b.tenant_id, count(*) AS n FROM core.buyer b GROUP BY 1, 2"""; country: text(2); tenant_id: uuid; n: bigint }
}
service front { read Country; read core.Buyer; write core.Buyer; read core.Codes }
"#;

const STANDING: &str = "select (select count(*) from pg_database where datname = 'apart_shops'),
    (select count(*) from pg_namespace where nspname like 'beside%') > 0,
    (select count(*) from pg_roles where rolname like 'shops\\_apart%') > 0,
    (select count(*) from pg_roles where rolname like 'shops\\_beside%') > 0,
    (select count(*) from pg_auth_members m where pg_get_userbyid(m.member) = 'administrator'
        and coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true))";

fn goes_on(major: u32) {
    let artifacts = project::build(&SHOPS.replace("postgres 15", &format!("postgres {major}")));
    let Some(mut rented) = Rented::of(major) else { return };
    let mut db = rented.database();
    rented.install(&mut db, &artifacts, "main", "shops_migrator");
    rented.install(&mut db, &artifacts, "main/tenants/beside", "shops_migrator");
    let server = &rented.server;
    server.script_as(ADMINISTRATOR, "create database apart_shops").expect("a database");
    let in_own = |role: &str, sql: &str| {
        server.script_as(role, &format!("\\connect apart_shops\n{sql}")).unwrap_or_else(|e| panic!("{e}"));
    };
    for (role, file) in [(ADMINISTRATOR, "roles.sql"), ("shops_apart_migrator", "schema.sql")] {
        in_own(role, &project::text(&artifacts, &format!("main/tenants/apart/{file}")));
    }
    let fill = |prefix: &str, id: &str| {
        format!(
            "insert into public.country values ('SN') on conflict do nothing; insert into {prefix}core.buyer (tenant_id, country) values ('{id}', 'SN')"
        )
    };
    db.script_as("shops_migrator", &fill("beside_", "dddddddd-0000-4000-8000-00000000000d")).expect("fills");
    in_own("shops_apart_migrator", &fill("", "cccccccc-0000-4000-8000-00000000000c"));
    let rights = "select has_schema_privilege('shops_beside_front', 'public', 'usage')";
    assert_eq!(db.run(rights).expect("reads"), "t", "the owner gave it on");
    for tenant in ["apart", "beside"] {
        let path = format!("main/tenants/{tenant}/offboard.sql");
        let said = db.script_as(ADMINISTRATOR, &project::text(&artifacts, &path)).expect_err("it has rows");
        assert!(said.contains(&format!("rows of {tenant} would be lost")), "{said}");
        assert!(said.contains("core.buyer holds 1"), "the administrator sees them: {said}");
    }
    assert_eq!(db.run(STANDING).expect("reads"), "1|t|t|t|0");
    for (tenant, standing) in [("apart", "0|t|f|t|0"), ("beside", "0|f|f|f|0")] {
        let script = project::text(&artifacts, &format!("main/tenants/{tenant}/offboard.sql"));
        for told in ["\\set may_lose on\n", ""] {
            db.script_as(ADMINISTRATOR, &format!("{told}{script}"))
                .unwrap_or_else(|e| panic!("{tenant}: {e}"));
            assert_eq!(db.run(STANDING).expect("reads"), standing, "{tenant}");
        }
    }
    assert_eq!(rented.asked, [""; 0]);
    drop(db);
}

#[test]
fn a_tenant_goes_with_all_that_is_its_own_on_15() {
    goes_on(15);
}

#[test]
fn a_tenant_goes_with_all_that_is_its_own_on_17() {
    goes_on(17);
}

/// A superuser does the same: the right that the owner gave on is taken back by the owner.
#[test]
fn a_tenant_that_reads_what_stands_outside_of_a_schema_goes() {
    let artifacts = project::build(SHOPS);
    let Some(mut db) = Postgres::server() else { return };
    for (role, folder) in [("postgres", "main"), ("postgres", "main/tenants/beside")] {
        for (role, file) in [(role, "roles.sql"), ("shops_migrator", "schema.sql")] {
            let path = format!("{folder}/{file}");
            db.script_as(role, &project::text(&artifacts, &path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        }
    }
    db.script(&project::text(&artifacts, "main/tenants/beside/offboard.sql")).expect("there are no rows");
    assert_eq!(db.run(STANDING).expect("reads"), "0|f|f|f|0");
}
