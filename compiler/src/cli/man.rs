use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::CommandFactory;

use super::terminal::Terminal;
use super::{Arguments, Outcome};
use crate::io::failure;

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
                Err(error) => terminal.report_one(failure("write the manual into", &out, &error)),
            },
            None => {
                let mut page = Vec::new();
                match clap_mangen::Man::new(Arguments::command()).render(&mut page) {
                    Ok(()) => terminal.print(&String::from_utf8_lossy(&page)),
                    Err(error) => {
                        return terminal.usage(&format!("cannot draw the manual page: {error}"), None);
                    }
                }
                Outcome::Fine
            }
        }
    }
}

fn write(out: &Path) -> io::Result<()> {
    fs::create_dir_all(out)?;
    clap_mangen::generate_to(Arguments::command(), out)
}
