//! Only a trail whose entries a job seals says how often.

use crate::Governed;
use polity_model::Chained;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0870;
use polity_text::source::Span;

/// `seal every` without `chained` would seal nothing, and `chained strictly` binds each entry when it is written.
pub fn unsealed_log(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for log in &platform.audit_logs {
        let Some((_, span)) = log.seal_every else { continue };
        let before = Span { end: span.start, ..span };
        let name = &log.named.name;
        let (message, help, place, text) = match log.chained {
            Some(Chained::Sealed) => continue,
            Some(Chained::Strictly) => (
                format!("`{name}` binds each entry when it is written, so there is nothing to seal"),
                "leave `seal every` out, or `strictly`",
                span,
                "",
            ),
            None => (
                format!("`{name}` is not chained, so nothing is sealed"),
                "add `chained`, or leave `seal every` out",
                before,
                "chained\n    ",
            ),
        };
        found.push(Diagnostic::new(E0870, span, message).help(help).edit(place, text));
    }
}
