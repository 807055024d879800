use std::path::PathBuf;

use serde::Serialize;
use smol_str::SmolStr;

use super::Outcome;
use super::against::against;
use super::as_of::AsOf;
use super::project::open_change;
use super::terminal::Terminal;
use crate::history::Open;
use polity_engines::change::{ChangeFile, LockMode, Phase, Risk, Runner, Step, Time};
use polity_text::diagnostics::printable::{in_json, in_one_line};

/// Show what the open change does: its steps, the lock that each takes, and what can fail or is lost
#[derive(Debug, clap::Args)]
pub(super) struct Plan {
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Compare a live PostgreSQL database with what was sealed last, instead
    #[arg(long, value_name = "URL")]
    against: Option<String>,
    /// The store whose database it is
    #[arg(long, default_value = "main", requires = "against")]
    store: String,
    #[command(flatten)]
    as_of: AsOf,
}

impl Plan {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let (open, outcome) = match open_change(&self.dir, self.as_of.day(), terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let Some(open) = open else { return outcome };
        if let Some(url) = &self.against {
            return outcome.max(against(&open, &self.store, url, terminal));
        }
        if terminal.is_for_people() {
            terminal.show(&for_people(&open));
        } else {
            terminal.print(&format!("{}\n", in_json(&for_machines(&open))));
        }
        outcome
    }
}

/// The plan as JSON, of which the form is stable.
fn for_machines(open: &Open) -> String {
    #[derive(Serialize)]
    struct Written<'o> {
        format: u32,
        number: u32,
        places: Vec<Place<'o>>,
        /// For whoever runs the servers.
        settings: Vec<Setting<'o>>,
    }
    #[derive(Serialize)]
    struct Setting<'o> {
        place: &'o str,
        setting: &'o str,
        was: Option<&'o str>,
        is: Option<&'o str>,
        restarts: bool,
    }
    #[derive(Serialize)]
    struct Place<'o> {
        place: &'o str,
        files: Vec<File<'o>>,
    }
    #[derive(Serialize)]
    struct File<'o> {
        name: &'o str,
        phase: Phase,
        runs: Runner,
        is_transaction: bool,
        steps: &'o [Step],
    }
    let places = open.changes.iter().filter(|placed| !placed.change.is_empty()).map(|placed| Place {
        place: &placed.place,
        files: placed
            .change
            .files
            .iter()
            .map(|file| {
                let ChangeFile { name, phase, runs, steps, .. } = file;
                let is_transaction = phase.is_transaction();
                File { name, phase: *phase, runs: *runs, is_transaction, steps }
            })
            .collect(),
    });
    let altered = open.altered_settings();
    let settings = altered.iter().map(|(one, restarts)| Setting {
        place: &one.place,
        setting: &one.name,
        was: one.was.as_deref(),
        is: one.is.as_deref(),
        restarts: *restarts,
    });
    let (places, settings) = (places.collect(), settings.collect());
    let written = Written { format: 1, number: open.number(), places, settings };
    serde_json::to_string_pretty(&written).unwrap_or_default()
}

/// The plan in lines.
fn for_people(open: &Open) -> String {
    let mut out = String::new();
    for placed in open.changes.iter().filter(|placed| !placed.change.is_empty()) {
        put(&mut out, format_args!("{}", placed.place));
        for file in &placed.change.files {
            let runs = match file.runs {
                Runner::Admin => "an administrator",
                Runner::Migrator => "the migrator",
            };
            let waits =
                if file.phase.is_contract() { "; waits until no client of before is left" } else { "" };
            put(&mut out, format_args!("  {}, run by {runs}{waits}", file.name));
            for step in &file.steps {
                line_of(step, &mut out);
            }
        }
    }
    settings(open, &mut out);
    if out.is_empty() {
        out.push_str("nothing differs from what was sealed\n");
    }
    out
}

/// The changes for whoever runs the servers.
fn settings(open: &Open, out: &mut String) {
    let altered = open.altered_settings();
    if !altered.is_empty() {
        put(out, format_args!("settings, for whoever runs the servers"));
    }
    for (one, restarts) in &altered {
        let said = |value: &Option<SmolStr>| value.clone().unwrap_or_else(|| "not said".into());
        let restarts = if *restarts { "; the server restarts" } else { "" };
        put(
            out,
            format_args!(
                "  {}: {} is {}, was {}{restarts}",
                one.place,
                one.name,
                said(&one.is),
                said(&one.was)
            ),
        );
    }
}

fn line_of(step: &Step, out: &mut String) {
    put(out, format_args!("    {} {}", step.object, step.does));
    for locked in &step.locks {
        let keeps = match locked.mode {
            LockMode::ShareUpdateExclusive => "keeps nobody waiting who reads or writes",
            LockMode::Share | LockMode::ShareRowExclusive => "keeps writes waiting",
            LockMode::AccessExclusive => "keeps reads and writes waiting",
        };
        let time = match step.time {
            Time::Instant => "for a moment",
            Time::Scan => "while all rows are read",
            Time::Build => "while an index is built",
            Time::Rewrite => "while all rows are written anew",
        };
        put(out, format_args!("      locks {} {time}; it {keeps}", locked.table));
    }
    for risk in &step.risks {
        let said = match risk {
            Risk::Rewrite => "all rows are written anew".to_owned(),
            Risk::Scan => "all rows are read while nobody may write them".to_owned(),
            Risk::Loss { of } => format!("loses {of}"),
            Risk::Break { clients } => format!("breaks clients: {clients}"),
            Risk::Encryption { clients } => format!("changes what is encrypted for {clients}"),
            Risk::Misfits { count } => format!("fails where rows do not fit: {count}"),
        };
        put(out, format_args!("      {said}"));
    }
}

/// Adds a line, in which nothing that a name holds ends it or commands a terminal.
fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    out.push_str(&in_one_line(&line.to_string()));
    out.push('\n');
}
