use clap::CommandFactory;
use clap_complete::Shell;

use super::terminal::Terminal;
use super::{Arguments, Outcome};

/// Print the completions of a shell, to be loaded by it
#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "polity", &mut script);
        terminal.print(&String::from_utf8_lossy(&script));
        Outcome::Fine
    }
}
