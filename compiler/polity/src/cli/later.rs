use super::Outcome;
use super::terminal::Terminal;

/// Commands of the language's reference that are not built yet. They are known, so that the message can say so.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Later {
    /// Judge style (not built yet)
    #[command(hide = true)]
    Lint(Rest),
    /// Write source from a running store (not built yet)
    #[command(hide = true)]
    Import(Rest),
    /// Compare running stores with the source (not built yet)
    #[command(hide = true)]
    Verify(Rest),
    /// Write the documentation of a platform (not built yet)
    #[command(hide = true)]
    Docs(Rest),
    /// Serve an editor (not built yet)
    #[command(hide = true)]
    Lsp(Rest),
}

#[derive(Debug, clap::Args)]
pub(super) struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<std::ffi::OsString>,
}

impl Later {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let name = match self {
            Self::Lint(_) => "lint",
            Self::Import(_) => "import",
            Self::Verify(_) => "verify",
            Self::Docs(_) => "docs",
            Self::Lsp(_) => "lsp",
        };
        terminal.usage(&format!("`polity {name}` is not built yet"), Some("`polity --help` lists what is"))
    }
}
