//! Where a pool gives one session to a client after the other, a tenant is set for one transaction and no longer.

use polity_tests::engines::Postgres;
use polity_tests::project;
use postgres::Client;

use super::support::{OURS, THEIRS, installed, query};

const POOLED: &str = r#"
platform clinic { environments: [dev, prod] }

tenancy by tenant: TENANT

tier standard { isolation: row }

store main: postgres 15 {
  database: "clinic"
  in prod { pool: pgbouncer { mode: transaction } }
}

schema core in main {
  entity Patient {
    id:      uuid key = uuid_v7()
    gone_at: timestamp?
    index (gone_at)
    retain 30d after gone_at
  }
}
"#;

/// A service, where tenants are told apart by a column of a type and each has one patient.
fn service(ty: &str, tenants: [&str; 2]) -> Option<(Postgres, Client)> {
    let mut db = installed(&project::build(&POOLED.replace("TENANT", ty)))?;
    for tenant in tenants {
        let tenant = tenant.replace('\'', "''");
        db.run(&format!("insert into core.patient (tenant, gone_at) values ('{tenant}', now())")).unwrap();
    }
    db.run("create role web login in role clinic_app").unwrap();
    let service = db.session("web").expect("logs in");
    Some((db, service))
}

fn count(service: &mut Client, before: &str) -> String {
    let rows = query(service, &format!("{before} select count(*) from core.patient")).unwrap();
    rows.last().cloned().unwrap_or_default()
}

#[test]
fn what_the_last_client_left_is_nobodys_tenant() {
    let Some((_db, mut service)) = service("uuid", [OURS, THEIRS]) else { return };
    let service = &mut service;
    let entered = format!("select polity.enter('{OURS}');");
    assert_eq!(count(service, &entered), "1", "in one implicit transaction");
    assert_eq!(count(service, ""), "0");
    assert_eq!(count(service, &format!("begin; {entered}")), "1");
    service.batch_execute("rollback").unwrap();
    // What was set for the session, plainly or as a copy of what a transaction had, ends with its transaction.
    for left in [
        format!("set polity.tenant_id = '{THEIRS}'"),
        format!(
            "begin; select polity.enter('{THEIRS}'); select set_config('polity.tenant_id', current_setting('polity.tenant_id'), false); commit"
        ),
    ] {
        service.batch_execute(&left).unwrap();
        assert!(!query(service, "show polity.tenant_id").unwrap()[0].is_empty(), "it is left over");
        assert_eq!(count(service, ""), "0", "{left}");
        assert_eq!(count(service, "begin;"), "0", "{left}");
        service.batch_execute("rollback").unwrap();
        assert!(query(service, "delete from core.patient").is_err(), "{left}");
    }
}

#[test]
fn a_tenant_that_is_told_by_a_text_may_hold_any_character() {
    let tenant = "a@b'c\n@1";
    let Some((mut db, mut service)) = service("text(40)", [tenant, "@"]) else { return };
    let service = &mut service;
    for who in [tenant, "@"] {
        let entered = format!("select polity.enter('{}');", who.replace('\'', "''"));
        assert_eq!(count(service, &entered), "1", "{who}");
    }
    for nobody in ["", "a", "a@b", "%", "a@b''c"] {
        assert_eq!(count(service, &format!("select polity.enter('{nobody}');")), "0", "{nobody}");
    }
    // Retention goes from tenant to tenant, by a column that is called as what it walks along is.
    db.run("update core.patient set gone_at = '2020-01-01' where tenant <> '@'").unwrap();
    let mut cron = db.session("clinic_cron").expect("logs in");
    cron.batch_execute("call polity.retain()").expect("retains");
    assert_eq!(db.run("select tenant from core.patient").unwrap(), "@");
}
