use super::Outcome;
use super::terminal::Terminal;
use crate::diagnostics::{Code, codes, did_you_mean};

/// Say what a code means, with an example that fails and the mended one
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// A code, such as E0101
    code: String,
}

impl Explain {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let text = self.code.trim();
        if let Some(code) = Code::find(text) {
            terminal.print(code.page());
            return Outcome::Fine;
        }
        let is_code = matches!(text.as_bytes(), [b'E' | b'W' | b'e' | b'w', b'0'..=b'9', ..]);
        if !is_code {
            return terminal.usage(
                &format!("`explain {text}`: explaining a path is not built yet, only codes such as `E0101` are known"),
                None,
            );
        }
        let nearest = did_you_mean(text, codes::ALL.iter().map(|code| code.as_str()));
        terminal.usage(&format!("there is no code `{text}`"), nearest.as_deref())
    }
}
