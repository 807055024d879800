use std::path::PathBuf;

use super::Outcome;
use super::as_of::AsOf;
use super::project::Opened;
use super::terminal::Terminal;
use crate::explain;
use polity_govern::Stored;
use polity_text::diagnostics::printable::in_json;
use polity_text::diagnostics::{Code, Help, codes, did_you_mean};

/// Say what a code means, or what holds of a field, an entity, a keyspace or a view, and why
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A code, such as E0101, or a path, such as core.User.email
    #[arg(value_name = "CODE|PATH")]
    what: String,
    /// The folder of the project in which the path is
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    #[command(flatten)]
    as_of: AsOf,
}

impl Explain {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let text = self.what.trim();
        if let Some(code) = Code::find(text) {
            terminal.print(code.page());
            return Outcome::Fine;
        }
        let is_code = matches!(text.as_bytes(), [b'E' | b'W' | b'e' | b'w', b'0'..=b'9', ..]);
        if is_code {
            let nearest = did_you_mean(text, codes::ALL.iter().map(|code| code.as_str()));
            let nearest = nearest.found().map(Help::into_words);
            return terminal.usage(&format!("there is no code `{text}`"), nearest.as_deref());
        }
        let opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let mut diagnostics = opened.project.diagnostics;
        if opened.project.sources.is_empty() {
            return terminal.report(&diagnostics, &opened.shown);
        }
        let (platform, found) = crate::govern(&opened.project.sources, self.as_of.day());
        diagnostics.extend(found);
        let stored = Stored::of(platform);
        match explain::explain(&stored, &opened.shown, text) {
            Some(explanation) if terminal.is_for_people() => {
                terminal.show(&explanation.to_string());
                Outcome::Fine
            }
            Some(explanation) => {
                let json = serde_json::to_string_pretty(&explanation).unwrap_or_default();
                terminal.print(&format!("{}\n", in_json(&json)));
                Outcome::Fine
            }
            // What could not be understood may be what was meant.
            None if diagnostics.iter().any(polity_text::diagnostics::Diagnostic::is_error) => {
                let outcome = terminal.report(&diagnostics, &opened.shown);
                terminal.remark(&format!("`{text}` is not among what could be understood"));
                outcome
            }
            None => {
                let paths = explain::paths(stored.governed());
                let nearest = did_you_mean(text, paths.iter().map(String::as_str));
                let nearest = nearest.found().map(Help::into_words);
                terminal.usage(
                    &format!("there is no field, entity, keyspace or view `{text}`"),
                    nearest.as_deref(),
                )
            }
        }
    }
}
