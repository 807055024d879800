//! What settings exist, and of which type: the data behind "unknown setting, did you mean …" and behind the
//! reference's tables.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub name: &'static str,
    pub kind: Kind,
    /// One sentence for the reference.
    pub docs: &'static str,
}

/// What a setting may hold.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Bool,
    /// A whole number between the two, both included.
    Integer(i64, i64),
    /// A whole or a decimal number.
    Number,
    Text,
    Duration,
    Size,
    Percent,
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any word (or text): a name in a list that is not ours.
    AnyWord,
    /// A list, each element of this kind.
    List(&'static Kind),
    /// A record of these settings.
    Record(&'static [Spec]),
    /// A record with any names, each value of this kind.
    Map(&'static Kind),
    /// A word of these, each with a record of its own that may be left out: `pgbouncer { mode: transaction }`.
    Tagged(&'static [(&'static str, &'static [Spec])]),
    /// `secret("…", "…")` or `env("…")`; a literal would be a secret in the source.
    Secret,
    /// The first of these that fits.
    OneOf(&'static [Kind]),
    /// Anything, carried along: `annotations`.
    Anything,
}

/// What an alert may watch.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    /// What the threshold must be; `None` for `alert down`.
    pub threshold: Option<Kind>,
    pub docs: &'static str,
}

/// The settings that every store may have.
pub const COMMON: &[Spec] = &[];
