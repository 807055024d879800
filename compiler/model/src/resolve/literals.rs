//! Literals where one of a certain form is asked for.

use smol_str::SmolStr;

use super::Resolver;
use crate::Duration;
use crate::types::Number;
use polity_syntax::ast::{Literal, LiteralKind, SizeUnit};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0319;

impl Resolver<'_> {
    /// A length of time, longer than nothing.
    pub(super) fn duration(&mut self, literal: &Literal) -> Option<Duration> {
        let duration = self.any_duration(literal)?;
        if duration.count == 0 {
            self.error(
                Diagnostic::new(E0319, literal.span, format!("`{duration}` is no time at all"))
                    .help("write how long, for example `30s`"),
            );
            return None;
        }
        Some(duration)
    }

    /// A duration that may be of no length, where a rule that knows what it is for says what is wrong with that.
    pub(super) fn any_duration(&mut self, literal: &Literal) -> Option<Duration> {
        match literal.kind {
            LiteralKind::Duration { count, unit } => Some(Duration { count, unit: unit.into() }),
            _ => self.refuse_literal(literal, "a duration", "30s"),
        }
    }

    /// A whole number from `low` to `high`.
    pub(super) fn whole(&mut self, literal: &Literal, low: u64, high: u64) -> Option<u64> {
        if let LiteralKind::Integer(digits) = &literal.kind
            && let Ok(number) = digits.parse::<u64>()
            && (low..=high).contains(&number)
        {
            return Some(number);
        }
        let what = if high == u64::MAX {
            format!("a whole number from {low}")
        } else {
            format!("a whole number from {low} to {high}")
        };
        self.refuse_literal(literal, &what, &low.max(1).to_string())
    }

    /// A number with or without decimals.
    pub(super) fn number(&mut self, literal: &Literal) -> Option<Number> {
        match &literal.kind {
            LiteralKind::Integer(digits) | LiteralKind::Decimal(digits) => Some(Number(digits.clone())),
            _ => self.refuse_literal(literal, "a number", "0"),
        }
    }

    pub(super) fn refuse_literal<T>(&mut self, literal: &Literal, what: &str, example: &str) -> Option<T> {
        if literal.kind != LiteralKind::Broken {
            self.error(
                Diagnostic::new(E0319, literal.span, format!("{what} is expected"))
                    .help(format!("for example `{example}`")),
            );
        }
        None
    }
}

/// A size in bytes, unless it is beyond what 64 bits can say.
pub(super) fn bytes(count: u64, unit: SizeUnit) -> Option<u64> {
    count.checked_mul(match unit {
        SizeUnit::Bytes => 1,
        SizeUnit::KB => 1_000,
        SizeUnit::MB => 1_000_000,
        SizeUnit::GB => 1_000_000_000,
        SizeUnit::TB => 1_000_000_000_000,
        SizeUnit::KiB => 1 << 10,
        SizeUnit::MiB => 1 << 20,
        SizeUnit::GiB => 1 << 30,
        SizeUnit::TiB => 1 << 40,
    })
}

/// The text of a literal, for messages.
pub(super) fn shown(literal: &Literal) -> SmolStr {
    match &literal.kind {
        LiteralKind::Null => "null".into(),
        LiteralKind::Bool(value) => if *value { "true" } else { "false" }.into(),
        LiteralKind::Integer(text) | LiteralKind::Decimal(text) | LiteralKind::Version(text) => text.clone(),
        LiteralKind::Text(_) | LiteralKind::RawText(_) => "a text".into(),
        LiteralKind::Duration { .. } => "a duration".into(),
        LiteralKind::Size { .. } => "a size".into(),
        LiteralKind::Percent(_) => "a percentage".into(),
        LiteralKind::Date { .. } => "a date".into(),
        LiteralKind::Broken => "unknown".into(),
    }
}
