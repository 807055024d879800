//! Figures of what another view shows: they are those of one tenant too, and nothing is stored that would be empty.

use polity_tests::engines::Postgres;
use polity_tests::project;

/// A platform with a view of rows, figures of the same table, and figures of those in another schema.
const COUNTED: &str = r#"
platform counted { environments: [dev] }
store main: postgres 15 { database: "counted" }
tenancy by tenant_id: text(40)
tier pooled { isolation: row }

schema core in main {
  entity Thing as "things" { id: uuid key = uuid_v7() }
}

schema shown in main {
  view Rows { sql """SELECT t.tenant_id, t.id FROM core.things t"""; tenant_id: text(40); id: uuid }
}

schema figures in main {
  view Count {
    sql """SELECT t.tenant_id, count(*) AS things FROM core.things t GROUP BY t.tenant_id"""
    tenant_id: text(40)
    things:    bigint
  }
}

schema totals in main {
  view Total {
    sql """SELECT sum(c.things) AS things FROM figures.count c"""
    things: decimal(28, 0)?
  }
}

service few { read totals.Total }

service wide {
  read core.Thing, totals.Total
  across tenants
}
"#;

#[test]
fn figures_are_not_made_of_views_of_rows() {
    let more = r#"
schema more in main {
  view Sum as "sums" { sql """SELECT r.tenant_id, count(*) AS n FROM shown.rows r GROUP BY r.tenant_id"""
    tenant_id: text(40)
    n: bigint }
}
"#;
    let found = project::compile(&format!("{COUNTED}{more}")).diagnostics;
    let codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["E0825"], "{found:#?}");
}

#[test]
fn figures_of_figures_are_those_of_one_tenant() {
    let artifacts = project::build(COUNTED);
    let Some(mut db) = Postgres::server() else { return };
    for (role, file) in [("postgres", "main/roles.sql"), ("counted_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    db.run("insert into core.things (tenant_id) values ('ours'), ('ours'), ('theirs')")
        .expect("three things");
    // Whoever may see no rows, and whoever may see those of every tenant.
    for service in ["counted_few", "counted_wide"] {
        let of = format!(
            "begin; set local role {service}; select polity.enter('ours'); select things from totals.total; commit"
        );
        assert_eq!(db.run(&of).expect("a service reads figures").trim(), "2", "{service}");
    }
}

#[test]
fn nothing_is_stored_of_what_shows_one_tenant() {
    for (below, refused) in [("shown.rows", false), ("figures.count", true), ("stored.again", true)] {
        let more = format!(
            r#"
schema stored in main {{
  view Again as "again" {{ sql """SELECT c.things FROM figures.count c"""; things: bigint }}
  view Kept materialized refresh every 1d {{
    sql """SELECT t.tenant_id FROM core.things t CROSS JOIN {below} b"""
    tenant_id: text(40)
  }}
}}
"#,
        );
        let found = project::compile(&format!("{COUNTED}{more}")).diagnostics;
        let codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
        assert_eq!(codes, if refused { vec!["E0825"] } else { vec![] }, "{below}: {found:#?}");
    }
}
