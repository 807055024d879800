//! Values stand in entries, and go with them.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0871;

/// `keep payloads` promises what `retain` would break.
pub fn payloads_kept_longer(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for log in &platform.audit_logs {
        let (Some(kept), Some((retain, span))) = (&log.payloads, log.retain) else { continue };
        if kept.duration.at_most_milliseconds() <= retain.at_most_milliseconds() {
            continue;
        }
        let message =
            format!("payloads are kept for {}, and the entries that hold them for {retain}", kept.duration);
        found.push(
            Diagnostic::new(E0871, kept.span, message)
                .also(span, "the entries go after this")
                .help(format!("write `retain {}`, or keep the payloads for {retain} at most", kept.duration))
                .edit(span, format!("retain {}", kept.duration)),
        );
    }
}
