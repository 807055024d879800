//! The work that runs on a schedule, as files for a person and for pg_cron.

use std::fmt::Write;

use super::super::lower::database::Database;
use super::super::lower::maintenance::jobs;
use super::super::sql::{Ident, Literal, Remark};
use super::header;

/// `maintenance.sql`: the jobs as statements, for whoever schedules them.
pub(super) fn file(database: &Database) -> String {
    let mut out = header(database, "What must be run on a schedule, and how often.");
    let cron = Ident(&database.roles.cron).to_string();
    let by = if database.lists_pg_cron() {
        "maintenance_cron.sql gives these to pg_cron."
    } else {
        "Whatever schedules them connects as this role; each runs outside a transaction."
    };
    let _ = writeln!(
        out,
        "-- {by} The role is {cron}.\n-- Each may be run at any time and any number of times.\n"
    );
    for job in jobs(database) {
        let _ = writeln!(
            out,
            "{}{};\n",
            Remark(&format!("{} Schedule: {} (UTC).", job.docs, job.schedule)),
            job.command
        );
    }
    out.trim_end().to_owned() + "\n"
}

/// `maintenance_cron.sql`: for the database in which pg_cron lives.
pub(super) fn cron_file(database: &Database) -> String {
    let jobs = jobs(database);
    let mut out = header(
        database,
        "Run by an administrator in the database that cron.database_name names. It may be run again: a job of\nthe same name is replaced, and one that the platform no longer has is taken off the schedule.",
    );
    let stem = format!("{}/", database.stem());
    let names: Vec<String> = jobs.iter().map(|job| Literal(&job.name).to_string()).collect();
    let _ = writeln!(
        out,
        "-- pg_cron connects as {}, so that role needs a line in pg_hba.conf or .pgpass, or cron.use_background_workers\n-- must be on.\n\nCREATE EXTENSION IF NOT EXISTS pg_cron;\n",
        Ident(&database.roles.cron)
    );
    let _ = writeln!(
        out,
        "-- Those of a tenant's own database or schemas have one part more in their names.\nSELECT cron.unschedule(jobid)\n  FROM cron.job\n WHERE starts_with(jobname, {})\n   AND strpos(substr(jobname, {}), '/') = 0\n   AND jobname <> ALL (ARRAY[{}]::text[]);\n",
        Literal(&stem),
        stem.chars().count() + 1,
        names
            .iter()
            .map(String::as_str)
            .chain([Literal(&format!("{stem}history")).to_string().as_str()])
            .collect::<Vec<_>>()
            .join(", ")
    );
    for job in &jobs {
        let _ = writeln!(
            out,
            "{}SELECT cron.schedule_in_database({}, {}, {}, {}, {});\n",
            Remark(&job.docs),
            Literal(&job.name),
            Literal(&job.schedule),
            Literal(&job.command),
            Literal(&database.name()),
            Literal(&database.roles.cron)
        );
    }
    let _ = writeln!(
        out,
        "-- The history of the jobs grows and holds the text of each command.\nSELECT cron.schedule({}, '47 3 * * *', $$DELETE FROM cron.job_run_details WHERE end_time < now() - interval '14 days'$$);",
        Literal(&format!("{stem}history"))
    );
    out
}
