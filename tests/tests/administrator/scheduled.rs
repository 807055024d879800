//! The jobs of pg_cron, given by an administrator who is no superuser.

use polity_tests::project;

use super::support::{ADMINISTRATOR, Rented, run_as};

/// pg_cron is there for 15 alone. It gives nobody rights by itself, so a superuser gives them beside the extension.
#[test]
fn pg_cron_takes_the_jobs_of_the_role_that_runs_them() {
    let artifacts = project::example("ismail");
    let Some(mut rented) = Rented::of(15) else { return };
    let mut db = rented.database();
    rented.install(&mut db, &artifacts, "main", "ismail_migrator");
    rented.server.script_as(ADMINISTRATOR, "create database ismail_main").expect("the platform's own");
    let server = &mut rented.server;
    let said = server
        .script_as(ADMINISTRATOR, &project::text(&artifacts, "main/maintenance_cron.sql"))
        .expect_err("there is no pg_cron");
    let lines = [
        "CREATE EXTENSION IF NOT EXISTS pg_cron;",
        "GRANT USAGE ON SCHEMA cron TO ismail_cron;",
        "GRANT EXECUTE ON FUNCTION cron.schedule_in_database TO ismail_cron;",
    ];
    for line in lines {
        assert!(said.lines().any(|one| one.ends_with(line)), "{line}: {said}");
        assert!(server.script_as(ADMINISTRATOR, line).is_err(), "a superuser is needed for {line}");
        server.run(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
    for _ in 0..2 {
        run_as(server, ADMINISTRATOR, &artifacts, "main/maintenance_cron.sql");
    }
    assert_eq!(
        server.run("select jobname, username, database from cron.job order by jobname").expect("reads"),
        "ismail/main/erase_due|ismail_cron|ismail_main\n\
         ismail/main/history|ismail_cron|postgres\n\
         ismail/main/partitions|ismail_cron|ismail_main\n\
         ismail/main/refresh_analytics_transaction_stats|ismail_cron|ismail_main\n\
         ismail/main/retain|ismail_cron|ismail_main\n\
         ismail/main/seal_audit_audit_log|ismail_cron|ismail_main"
    );
    drop(db);
}
