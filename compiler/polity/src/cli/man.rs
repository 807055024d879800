use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::terminal::Terminal;
use super::{Arguments, Outcome};
use crate::io::write::replace_file;
use crate::io::{failure, way};
use polity_text::diagnostics::Diagnostic;

/// Print the manual page, or write one for each command into a folder
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// Write `polity.1`, `polity-build.1` and so on into this folder
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        match self.out {
            Some(out) => match write(&out) {
                Ok(()) => Outcome::Fine,
                Err(refused) => terminal.report_one(refused),
            },
            None => {
                terminal.print(&String::from_utf8_lossy(&page(Arguments::command())));
                Outcome::Fine
            }
        }
    }
}

/// Writes a page for the program and for each command that its help lists.
fn write(out: &Path) -> Result<(), Diagnostic> {
    way::judge_output(out, None)?;
    fs::create_dir_all(out).map_err(|error| failure("create the folder", out, &error))?;
    let mut program = Arguments::command().disable_help_subcommand(true);
    // Gives each command its full name, such as `polity-build`.
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    for command in commands.chain([program.clone()]) {
        let name = command.get_display_name().unwrap_or(command.get_name());
        let path = out.join(format!("{name}.1"));
        replace_file(&path, &page(command))?;
    }
    Ok(())
}

fn page(command: clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    let drawn = clap_mangen::Man::new(command).render(&mut page);
    drawn.expect("memory takes whatever is written to it");
    page
}
