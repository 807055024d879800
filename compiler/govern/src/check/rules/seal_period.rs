//! Seals come so often that an entry is soon safe, and not so often that they are all that is stored.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0872;

/// Between two seals is a second at least and a day at most.
pub fn seal_period(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for log in &platform.audit_logs {
        let Some((every, span)) = log.seal_every else { continue };
        if !(1_000..=86_400_000).contains(&every.at_most_milliseconds()) {
            let message = format!("a trail is not sealed every {every}");
            let help =
                "write a time from `1s` to `1d`: until its seal an entry can be removed without a trace";
            found.push(Diagnostic::new(E0872, span, message).help(help));
        }
    }
}
