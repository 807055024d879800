//! The work that runs on a schedule.

use smol_str::{SmolStr, format_smolstr};

use super::super::super::sql::Ident;
use super::super::database::Database;
use super::super::erasure::waiting;
use super::super::lowered::Lowered;
use super::super::names::{LIMIT, fit, word};
use super::super::usage;
use super::{COUNT_TENANTS, creates_partitions, retains};
use crate::schedule;
use polity_catalog::relational::Job;
use polity_model::{Duration, DurationUnit};

/// Lowers the jobs that a scheduler runs, as the role that may do nothing else.
pub(in crate::postgres) fn lower(database: &Database, lowered: &mut Lowered) {
    let own = Ident(&database.functions_schema);
    let daily = |minute| schedule::cron(Duration { count: 1, unit: DurationUnit::Days }, minute);
    let mut add = |name: &str, schedule: String, command: String, comment: SmolStr| {
        lowered.add(Job {
            name: format_smolstr!("{}/{name}", database.stem()),
            schedule: schedule.into(),
            command,
            role: database.roles.cron.clone(),
            comment,
        });
    };
    if creates_partitions(database) {
        let comment = "Creates partitions before they are needed.";
        add("partitions", daily(7), format!("SELECT {own}.create_partitions()"), comment.into());
    }
    if retains(database) {
        add("retain", daily(17), format!("CALL {own}.retain()"), "Removes what is over age.".into());
    }
    if waiting::waits(database) {
        let comment = "Carries out the erasures that waited and that no hold stops any more.";
        let command = format!("CALL {own}.{}()", waiting::ERASE_DUE);
        add(waiting::ERASE_DUE, daily(57), command, comment.into());
    }
    for trail in &database.trails {
        let Some(sealing) = trail.sealing() else { continue };
        // A schedule knows no shorter time than a minute, in which the procedure seals as often as is asked.
        let comment = format_smolstr!("Seals the entries of {}, every {}.", trail.name, sealing.every);
        let schema = fit(database.placement.whole_name(Some(trail.log.schema), false), LIMIT);
        let name = format!("seal_{}", word(&format!("{schema}_{}", trail.name.name)));
        add(&name, schedule::cron(sealing.every, 0), format!("CALL {}()", sealing.all), comment);
    }
    if usage::is_needed(database) {
        let comment =
            "Counts what each tenant has in the tables that tenants share, for the alerts on quotas.";
        add(COUNT_TENANTS, daily(37), format!("SELECT {own}.{COUNT_TENANTS}()"), comment.into());
    }
    for view in &database.views {
        if let Some(Some(every)) = view.view.materialized {
            let name = word(&view.refresher.name);
            let command = format!("SELECT {}()", view.refresher);
            let comment = format_smolstr!("Refreshes {}.", view.name);
            add(&name, schedule::cron(every, 27), command, comment);
        }
    }
}
