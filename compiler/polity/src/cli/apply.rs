use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::project::Opened;
use super::terminal::Terminal;
use crate::{Diagnostic, Valid, history};
use polity_text::diagnostics::codes::E1910;

/// Apply sealed migrations to a database and all its tenants
#[derive(Debug, clap::Args)]
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "without connections nobody asks where to"))]
pub(super) struct Apply {
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// The store whose databases they are
    #[arg(long, default_value = "main")]
    store: String,
    /// The shared database as its migrator logs in; without it POLITY_MIGRATOR_URL
    #[arg(long, value_name = "URL")]
    migrator: Option<String>,
    /// The same as its administrator does; without it POLITY_ADMIN_URL. Needed where roles or extensions change
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    /// How many tenants are led on at once
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    at_once: u16,
    /// After so many failures nothing else begins
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    stop_after: u16,
    /// Say what would run
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    as_of: AsOf,
}

impl Apply {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let (valid, found) = history::sealed(&opened.project.sources, self.as_of.day());
        let mut diagnostics = opened.project.diagnostics;
        diagnostics.extend(found);
        let Some(valid) = valid else { return terminal.report(&diagnostics, &opened.shown) };
        if !valid.history.places.contains_key(self.store.as_str()) {
            let message = format!("nothing was sealed of a store `{}`", self.store);
            diagnostics.push(Diagnostic::global(E1910, message).help(
                "name it with `--store`, or seal first: `polity seal NAME`; only PostgreSQL has migrations",
            ));
        }
        let outcome = terminal.report(&diagnostics, &opened.shown);
        if outcome == Outcome::Fine { self.on(&valid, terminal) } else { outcome }
    }

    /// Says that this program has no connections.
    #[cfg(not(feature = "live"))]
    fn on(self, _: &Valid, terminal: &Terminal) -> Outcome {
        terminal.report_one(super::against::no_connections())
    }

    #[cfg(feature = "live")]
    fn on(self, valid: &Valid, terminal: &Terminal) -> Outcome {
        use crate::apply::{Choices, Plan, apply};
        use crate::live::{Refused, Target};

        let given = |url: Option<String>, variable: &str| url.or_else(|| std::env::var(variable).ok());
        let Some(migrator) = given(self.migrator, "POLITY_MIGRATOR_URL") else {
            let help = "say `--migrator postgres://USER@HOST/DATABASE`, or set POLITY_MIGRATOR_URL";
            return terminal.usage("nothing says which database it is", Some(help));
        };
        let admin = given(self.admin, "POLITY_ADMIN_URL");
        let choices = Choices {
            at_once: self.at_once.into(),
            stop_after: self.stop_after.into(),
            dry_run: self.dry_run,
        };
        let done = || {
            let read = |url: &String| Target::read(url).map_err(|refused: Refused| refused.diagnostic());
            let (migrator, admin) = (read(&migrator)?, admin.as_ref().map(read).transpose()?);
            let plan = Plan::of(valid, &self.store)?;
            apply(&plan, &migrator, admin.as_ref(), &choices, &|moment| shown::moment(moment, terminal))
        };
        match done() {
            Ok(summary) => shown::summary(&summary, terminal),
            Err(refused) => terminal.report_one(refused),
        }
    }
}

#[cfg(feature = "live")]
mod shown {
    //! A run as people and machines read it.

    use super::super::Outcome;
    use super::super::terminal::Terminal;
    use crate::apply::{Moment, Summary};
    use polity_text::diagnostics::printable::in_json;

    /// Says what happens, a line at a time.
    pub(super) fn moment(moment: &Moment, terminal: &Terminal) {
        if !terminal.is_for_people() {
            let line = serde_json::to_string(moment).unwrap_or_default();
            return terminal.print(&format!("{}\n", in_json(&line)));
        }
        match moment {
            Moment::File { place, tenant, file, milliseconds, is_dry } => {
                let time = if *is_dry {
                    "would run".to_owned()
                } else {
                    format!("{}.{} s", milliseconds / 1000, milliseconds / 100 % 10)
                };
                terminal.say(&format!("{}: {file}, {time}", at(place, tenant.as_ref())));
            }
            Moment::Waits { place, tenant } => {
                terminal
                    .remark(&format!("{}: another session is at work; waiting", at(place, tenant.as_ref())));
            }
            Moment::Retries { place, tenant, file, reason } => {
                terminal.remark(&format!("{}: {file}: {reason}; trying again", at(place, tenant.as_ref())));
            }
            Moment::Warning { place, tenant, text } => {
                terminal.remark(&format!("{}: warning: {text}", at(place, tenant.as_ref())));
            }
            Moment::Fails { place, tenant, file, reason } => {
                let place = at(place, tenant.as_ref());
                terminal.complain(&format!("{place}: {file}: {reason}"));
            }
        }
    }

    fn at(place: &str, tenant: Option<&String>) -> String {
        tenant.map_or_else(|| place.to_owned(), |tenant| format!("{place} {tenant}"))
    }

    /// Says how it ended.
    pub(super) fn summary(summary: &Summary, terminal: &Terminal) -> Outcome {
        let Summary { places, files, left, failed } = summary;
        let outcome = if *failed > 0 { Outcome::Found } else { Outcome::Fine };
        if !terminal.is_for_people() {
            let line = serde_json::to_string(&Ended { event: "end", summary }).unwrap_or_default();
            terminal.print(&format!("{}\n", in_json(&line)));
            return outcome;
        }
        let counted = |count: usize, one: &str| {
            if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
        };
        let (files, places) = (counted(*files, "file"), counted(*places, "place"));
        match failed {
            0 => terminal.say(&format!("{files} in {places}")),
            _ => terminal.complain(&format!(
                "{files} in {places}; {} failed, and {left} did not run: mend what it says, then run it again",
                counted(*failed, "place")
            )),
        }
        outcome
    }

    #[derive(serde::Serialize)]
    struct Ended<'s> {
        event: &'static str,
        #[serde(flatten)]
        summary: &'s Summary,
    }
}
