//! Only a trail whose entries a job seals says how often.

use crate::Governed;
use polity_model::Chained;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0870;

/// `seal every` without `chained` would seal nothing, and `chained strictly` binds each entry when it is written.
pub fn unsealed_log(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for log in &platform.audit_logs {
        let Some((_, span)) = log.seal_every else { continue };
        let name = &log.named.name;
        let (message, help) = match log.chained {
            Some(Chained::Sealed) => continue,
            Some(Chained::Strictly) => (
                format!("`{name}` binds each entry when it is written, so there is nothing to seal"),
                "write `chained` without `strictly`, or leave `seal every` out",
            ),
            None => (
                format!("`{name}` is not chained, so nothing is sealed"),
                "add `chained`, or leave `seal every` out",
            ),
        };
        found.push(Diagnostic::new(E0870, span, message).help(help));
    }
}
