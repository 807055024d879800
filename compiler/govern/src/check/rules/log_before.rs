//! A trail begins where the chain of another ended.

use crate::Governed;
use polity_model::{AuditLog, AuditLogId, Chained};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0873;
use polity_text::source::Span;

/// `chained after` names a log that is `chained strictly`, that nobody writes any more, and that no other log follows.
pub fn log_before(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let mut followed: Vec<Option<Span>> = vec![None; platform.audit_logs.len()];
    for log in &platform.audit_logs {
        let Some((before, span)) = log.after else { continue };
        let first = *followed[before.index()].get_or_insert(span);
        found.extend(judge(platform, log, before, span));
        if first != span {
            let name = &platform[before].named.name;
            let message = format!("another log begins where `{name}` ends");
            found.push(Diagnostic::new(E0873, span, message).also(first, "this one"));
        }
    }
}

fn judge(platform: &Governed, log: &AuditLog, before: AuditLogId, span: Span) -> Option<Diagnostic> {
    let old = &platform[before];
    let name = &old.named.name;
    if old.chained != Some(Chained::Strictly) {
        let message = format!("`{name}` is not `chained strictly`, so it has no chain that ends");
        let help = "write `chained` alone; a log that a job seals goes on by itself";
        return Some(Diagnostic::new(E0873, span, message).also(old.named.span, "this log").help(help));
    }
    let mut audits = platform.entities.iter().filter_map(|entity| platform.audit(entity.id));
    let audit = audits.find(|audit| audit.into == before)?;
    let message = format!("`{name}` is still written, so its chain has not ended");
    let help = format!("audit into `{}`", platform.log_path(log.id));
    Some(Diagnostic::new(E0873, span, message).also(audit.span, "here").help(help))
}
