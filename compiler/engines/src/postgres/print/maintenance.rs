//! The jobs of the catalog, as files for a person and for pg_cron.

use std::fmt::Write;

use serde::Serialize;

use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::sql::{Ident, Literal, Remark};
use super::header;
use super::roles::lend;

/// `maintenance.sql`: the jobs as statements, for whoever schedules them.
pub(super) fn file(database: &Database, lowered: &Lowered) -> String {
    let mut out = header(database, "What must be run on a schedule, and how often.");
    let cron = Ident(&database.roles.cron).to_string();
    let by = if database.lists_pg_cron() {
        "maintenance_cron.sql gives these to pg_cron."
    } else {
        "Whatever schedules them connects as this role; each runs outside a transaction."
    };
    let _ = writeln!(
        out,
        "-- {by} The role is {cron}.\n-- Each may be run at any time and any number of times.\n\nSET standard_conforming_strings = on;\n"
    );
    for job in lowered.jobs() {
        let remark = format!("{} Schedule: {} (UTC).", job.comment, job.schedule);
        let _ = writeln!(out, "{}{};\n", Remark(&remark), job.command);
    }
    out.trim_end().to_owned() + "\n"
}

/// `maintenance_cron.sql`: for the database in which pg_cron lives.
pub(super) fn cron_file(database: &Database, lowered: &Lowered) -> String {
    #[derive(Serialize)]
    struct Job {
        remark: String,
        name: String,
        schedule: String,
        command: String,
    }
    #[derive(Serialize)]
    struct Cron {
        header: String,
        /// The role that pg_cron connects as.
        role: String,
        role_text: String,
        /// The statements that let it have jobs, as texts.
        usage: String,
        execute: String,
        lend: String,
        give_back: &'static str,
        database: String,
        /// The beginning of the names of all jobs.
        stem: String,
        /// The job that shortens the history, where this is the place that tenants share.
        history: Option<String>,
        /// The names that stay on the schedule.
        kept: String,
        jobs: Vec<Job>,
    }
    let what = "Run by an administrator in the database that cron.database_name names. It may be run again: a job of\nthe same name is replaced, and one that the platform no longer has is taken off the schedule.";
    let stem = format!("{}/", database.stem());
    let history = database.placement.tenant.is_none().then(|| Literal(&format!("{stem}history")).to_string());
    let names = lowered.jobs().map(|job| Literal(&job.name).to_string());
    let job = |job: &polity_catalog::relational::Job| Job {
        remark: Remark(&job.comment).to_string(),
        name: Literal(&job.name).to_string(),
        schedule: Literal(&job.schedule).to_string(),
        command: Literal(&job.command).to_string(),
    };
    let cron = &database.roles.cron;
    let usage = format!("GRANT USAGE ON SCHEMA cron TO {}", Ident(cron));
    let execute = format!("GRANT EXECUTE ON FUNCTION cron.schedule_in_database TO {}", Ident(cron));
    let values = Cron {
        header: header(database, what),
        role: Ident(cron).to_string(),
        role_text: Literal(cron).to_string(),
        usage: Literal(&usage).to_string(),
        execute: Literal(&execute).to_string(),
        lend: lend(&[cron]),
        give_back: polity_templates::postgres::GIVE_BACK,
        database: Literal(&database.placement.database_name()).to_string(),
        stem: Literal(&stem).to_string(),
        kept: names.chain(history.clone()).collect::<Vec<_>>().join(", "),
        history,
        jobs: lowered.jobs().map(job).collect(),
    };
    polity_templates::render(polity_templates::postgres::MAINTENANCE_CRON, values)
}
