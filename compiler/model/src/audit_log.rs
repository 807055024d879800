//! Audit logs: how entries prove that nobody changed them, and for how long they and their values are kept.

use smol_str::SmolStr;

use crate::{AuditLogId, Duration, DurationUnit, Named, Platform, SchemaId, StoreId, entity};
use polity_text::source::Span;

/// `audit log AuditLog as "audit_log" { partition by month ahead 3; retain 10y; chained }`
#[derive(Debug, Clone)]
pub struct AuditLog {
    pub id: AuditLogId,
    pub named: Named,
    pub store: StoreId,
    pub schema: SchemaId,
    pub partition: Option<entity::PartitionPeriod>,
    pub retain: Option<(Duration, Span)>,
    /// `chained`, and whether it says `strictly`.
    pub chained: Option<Chained>,
    /// `after audit.Old`: the log whose chain ended where this one begins.
    pub after: Option<(AuditLogId, Span)>,
    /// `seal every 10s`
    pub seal_every: Option<(Duration, Span)>,
    pub payloads: Option<KeptPayloads>,
}

/// How entries are bound to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chained {
    /// A job seals them after they were written, so that writers never wait for each other.
    Sealed,
    /// Each is bound to the one before when it is written.
    Strictly,
}

/// `keep payloads 10y because "…"`: no erasure reaches the values of an entry before it is so old.
#[derive(Debug, Clone)]
pub struct KeptPayloads {
    pub duration: Duration,
    pub because: SmolStr,
    pub span: Span,
}

impl Platform {
    /// Whether entries about what is audited into `into` stand in `log`: it is that log, or the one whose chain ended where
    /// that one begins.
    #[must_use]
    pub fn has_entries_in(&self, into: AuditLogId, log: AuditLogId) -> bool {
        into == log || self[into].after.is_some_and(|(before, _)| before == log)
    }
}

impl AuditLog {
    /// The time between two seals where the source says none.
    const SEAL_EVERY: Duration = Duration { count: 1, unit: DurationUnit::Minutes };

    /// How often entries are sealed; `None` where no job seals them.
    #[must_use]
    pub fn sealed_every(&self) -> Option<Duration> {
        let every = self.seal_every.map_or(Self::SEAL_EVERY, |(every, _)| every);
        (self.chained == Some(Chained::Sealed)).then_some(every)
    }
}
