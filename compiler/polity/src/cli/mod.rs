//! The command line: one file a command. It reads and writes through [`crate::io`] and reports through
//! `Terminal`; what a build means is decided by the library.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the command line is where the machine is"
)]

mod adopt;
mod against;
mod apply;
mod as_of;
mod build;
mod check;
mod completions;
mod diff;
mod explain;
mod fix;
mod fmt;
mod init;
mod later;
mod man;
mod plan;
mod project;
mod render;
mod seal;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::io::name;
use polity_text::diagnostics::printable::without_commands;
use terminal::Terminal;

/// One source for SQL, MongoDB, Redis, YAML, Helm and Rust.
#[derive(Debug, Parser)]
#[command(name = "polity", version, max_term_width = 100, after_help = EXIT_CODES, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    reporting: Reporting,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 fine; 1 the input has errors, or --check found differences; \
                          2 wrong usage, or the machine failed (no permission, disk full).";

/// How things are reported, whatever the command.
#[derive(Debug, Clone, clap::Args)]
struct Reporting {
    /// Draw diagnostics for people, or write them as JSON lines or a SARIF 2.1.0 log to standard output
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Use colour; `auto` does on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// Print nothing but diagnostics and what was asked for
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
    Sarif,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
    Build(build::Build),
    Fmt(fmt::Fmt),
    Explain(explain::Explain),
    Adopt(adopt::Adopt),
    Plan(plan::Plan),
    Seal(seal::Seal),
    Apply(apply::Apply),
    Render(render::Render),
    Completions(completions::Completions),
    Man(man::Man),
    #[command(flatten)]
    Later(later::Later),
}

/// How a command ended, as the exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Fine,
    /// The input has errors, or `--check` found differences.
    Found,
    /// Wrong usage, or the machine failed.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(outcome as u8)
    }
}

/// Runs the command that the program's arguments ask for.
#[must_use]
pub fn run() -> ExitCode {
    let given: Vec<OsString> = std::env::args_os().collect();
    let Arguments { reporting, command } = match Arguments::try_parse_from(&given) {
        Ok(arguments) => arguments,
        // Help and versions come this way as well, and know their own code.
        Err(usage) => {
            // A shell may have made arguments of names of files, so the mistake is told of what can be printed.
            let printed = given.iter().map(|argument| without_commands(&name(argument)).into_owned());
            let usage = Arguments::try_parse_from(printed).err().unwrap_or(usage);
            let _closed_pipe = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let terminal = Terminal::new(&reporting);
    let outcome = match command {
        Command::Init(command) => command.run(&terminal),
        Command::Check(command) => command.run(&terminal),
        Command::Build(command) => command.run(&terminal),
        Command::Fmt(command) => command.run(&terminal),
        Command::Explain(command) => command.run(&terminal),
        Command::Adopt(command) => command.run(&terminal),
        Command::Plan(command) => command.run(&terminal),
        Command::Seal(command) => command.run(&terminal),
        Command::Apply(command) => command.run(&terminal),
        Command::Render(command) => command.run(&terminal),
        Command::Completions(command) => command.run(&terminal),
        Command::Man(command) => command.run(&terminal),
        Command::Later(command) => command.run(&terminal),
    };
    terminal.conclude(outcome).into()
}
