use std::fmt;

/// A stand-in that `Debug` shows in the place of a personal or secret value, so that none reaches a log.
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
