//! The work that runs on a schedule.

use super::super::super::sql::Ident;
use super::super::calendar;
use super::super::database::Database;
use super::super::names::word;
use super::super::usage;
use super::{COUNT_TENANTS, creates_partitions, retains};
use crate::surface::Job;
use polity_model::{Duration, DurationUnit};

/// The jobs that a scheduler runs, as the role that may do nothing else.
pub(in crate::postgres) fn jobs(database: &Database) -> Vec<Job> {
    let (stem, own) = (database.stem(), Ident(&database.own));
    let mut jobs = Vec::new();
    let daily = Duration { count: 1, unit: DurationUnit::Days };
    if creates_partitions(database) {
        jobs.push(Job {
            name: format!("{stem}/partitions"),
            schedule: calendar::cron(daily, 7),
            command: format!("SELECT {own}.create_partitions()"),
            in_shell: false,
            docs: "Creates partitions before they are needed.".to_owned(),
        });
    }
    if retains(database) {
        jobs.push(Job {
            name: format!("{stem}/retain"),
            schedule: calendar::cron(daily, 17),
            command: format!("CALL {own}.retain()"),
            in_shell: false,
            docs: "Removes what is over age.".to_owned(),
        });
    }
    if usage::is_needed(database) {
        jobs.push(Job {
            name: format!("{stem}/count_tenants"),
            schedule: calendar::cron(daily, 37),
            command: format!("SELECT {own}.{COUNT_TENANTS}()"),
            in_shell: false,
            docs: "Counts what each tenant has in the tables that tenants share, for the alerts on quotas."
                .to_owned(),
        });
    }
    for view in &database.views {
        if let Some(Some(every)) = view.view.materialized {
            jobs.push(Job {
                name: format!("{stem}/refresh_{}", word(&view.name.schema, &view.name.name)),
                schedule: calendar::cron(every, 27),
                command: format!("SELECT {}()", view.refresher(database)),
                in_shell: false,
                docs: format!("Refreshes {}.", view.name),
            });
        }
    }
    jobs
}
