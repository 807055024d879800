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
    /// The shared database as its administrator logs in, where roles or extensions change; without it POLITY_ADMIN_URL
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    /// Tenants that no line of the source names, a line of JSON each
    #[arg(long, value_name = "FILE")]
    tenants: Option<PathBuf>,
    /// How many tenants are led on at once
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    at_once: u16,
    /// After so many failures nothing else begins
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    stop_after: u16,
    /// Say what would run
    #[arg(long)]
    dry_run: bool,
    /// Run nothing: take what was sealed for run where a database holds it and has no account of it
    #[arg(long, conflicts_with = "dry_run")]
    record: bool,
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
            diagnostics.push(self.unsealed(&valid));
        }
        if !diagnostics.iter().any(Diagnostic::is_error) {
            match self.on(&valid, terminal) {
                Ok(found) => diagnostics.extend(found),
                Err(outcome) => return outcome,
            }
        }
        terminal.report(&diagnostics, &opened.shown)
    }

    /// The error for a store of which nothing was sealed.
    fn unsealed(&self, valid: &Valid) -> Diagnostic {
        let stores = valid.stores.iter().map(|store| store.named.name.as_str());
        let known: Vec<&str> = stores.collect();
        if !known.contains(&self.store.as_str()) {
            let help = format!("name one with `--store`; the stores are: {}", known.join(", "));
            return Diagnostic::global(E1910, format!("there is no store `{}`", self.store)).help(help);
        }
        Diagnostic::global(E1910, format!("nothing was sealed of the store `{}`", self.store))
            .help("seal it first: `polity seal NAME`")
    }

    /// Says that this program has no connections.
    #[cfg(not(feature = "live"))]
    fn on(self, _: &Valid, _: &Terminal) -> Result<Vec<Diagnostic>, Outcome> {
        Ok(vec![super::against::no_connections()])
    }

    /// Applies it, and returns what failed.
    #[cfg(feature = "live")]
    fn on(self, valid: &Valid, terminal: &Terminal) -> Result<Vec<Diagnostic>, Outcome> {
        use std::sync::{Mutex, PoisonError};

        use crate::apply::{Choices, Plan, apply};
        use crate::io::regular::{LARGE, read as read_list};
        use crate::live::{Refused, Target};

        let given = |url: Option<String>, variable: &str| url.or_else(|| std::env::var(variable).ok());
        let Some(migrator) = given(self.migrator, "POLITY_MIGRATOR_URL") else {
            let help = "say `--migrator postgres://USER@HOST/DATABASE`, or set POLITY_MIGRATOR_URL";
            return Err(terminal.usage("nothing says which database it is", Some(help)));
        };
        let admin = given(self.admin, "POLITY_ADMIN_URL");
        let choices = Choices {
            at_once: self.at_once.into(),
            stop_after: self.stop_after.into(),
            dry_run: self.dry_run,
            record: self.record,
        };
        let failed = Mutex::new(Vec::new());
        let done = || {
            let read = |url: &String| Target::read(url).map_err(|refused: Refused| refused.diagnostic());
            let (migrator, admin) = (read(&migrator)?, admin.as_ref().map(read).transpose()?);
            let mut plan = Plan::of(valid, &self.store)?;
            if let Some(file) = &self.tenants {
                let Some(text) = read_list(file, LARGE)? else {
                    return Err(Diagnostic::global(E1910, format!("there is no file `{}`", file.display())));
                };
                plan = plan.with_tenants(&String::from_utf8_lossy(&text))?;
            }
            apply(&plan, &migrator, admin.as_ref(), &choices, &|moment| {
                let found = shown::moment(moment, terminal);
                failed.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
            })
        };
        let done = done();
        let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        match done {
            Ok(summary) => failed.extend(shown::summary(&summary, terminal)),
            Err(refused) => failed.push(refused),
        }
        Ok(failed)
    }
}

#[cfg(feature = "live")]
mod shown {
    //! A run as people and machines read it.

    use super::super::terminal::Terminal;
    use crate::Diagnostic;
    use crate::apply::{Moment, Summary};
    use polity_text::diagnostics::codes::E1910;
    use polity_text::diagnostics::printable::in_json;

    /// Says what happens, a line at a time; returns a failure as an error.
    pub(super) fn moment(moment: &Moment, terminal: &Terminal) -> Option<Diagnostic> {
        if terminal.is_for_lines() {
            line(moment, terminal);
        }
        let (place, tenant, what) = match moment {
            Moment::File { place, tenant, file, milliseconds, is_dry } => {
                let time = if *is_dry {
                    "would run".to_owned()
                } else {
                    format!("{}.{} s", milliseconds / 1000, milliseconds / 100 % 10)
                };
                terminal.say(&format!("{}: {file}, {time}", at(place, tenant.as_ref())));
                return None;
            }
            Moment::Recorded { place, tenant, files } => {
                terminal.say(&format!("{}: {files} files are taken for run", at(place, tenant.as_ref())));
                return None;
            }
            Moment::Waits { place, tenant, holder } => {
                let what = "is at work; waiting (`pg_terminate_backend` of its number ends it)";
                (place, tenant, format!("{holder} {what}"))
            }
            Moment::Retries { place, tenant, file, reason } => {
                (place, tenant, format!("{file}: {reason}; trying again"))
            }
            Moment::Warning { place, tenant, text } => (place, tenant, format!("warning: {text}")),
            Moment::Misplaced { text, help, .. } => {
                return Some(Diagnostic::global(E1910, text.clone()).help(help.clone()));
            }
            Moment::Fails { place, tenant, file, reason } => {
                let message = format!("{}: {file}: {reason}", at(place, tenant.as_ref()));
                return Some(Diagnostic::global(E1910, message));
            }
        };
        terminal.remark(&format!("{}: {what}", at(place, tenant.as_ref())));
        None
    }

    fn at(place: &str, tenant: Option<&String>) -> String {
        tenant.map_or_else(|| place.to_owned(), |tenant| format!("{place} {tenant}"))
    }

    /// Writes something as a line for machines.
    fn line(value: &impl serde::Serialize, terminal: &Terminal) {
        let line = serde_json::to_string(value).unwrap_or_default();
        terminal.print(&format!("{}\n", in_json(&line)));
    }

    /// Says how it ended; returns an error where something failed.
    pub(super) fn summary(summary: &Summary, terminal: &Terminal) -> Option<Diagnostic> {
        let Summary { places, files, left, failed } = summary;
        if terminal.is_for_lines() {
            line(&Ended { event: "end", summary }, terminal);
        }
        let counted = |count: usize, one: &str| {
            if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
        };
        let done = format!("{} in {}", counted(*files, "file"), counted(*places, "place"));
        if *failed == 0 {
            terminal.say(&done);
            return None;
        }
        let message = format!(
            "{done}; {} failed, and {} did not run",
            counted(*failed, "place"),
            counted(*left, "file")
        );
        Some(
            Diagnostic::global(E1910, message)
                .help("mend what is said, then run it again: what ran does not run again"),
        )
    }

    #[derive(serde::Serialize)]
    struct Ended<'s> {
        event: &'static str,
        #[serde(flatten)]
        summary: &'s Summary,
    }
}
