//! Patterns repeat a part at most 255 times.

use super::entities;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0505;
use crate::model::types::Constraints;
use crate::model::{Platform, Store};

/// `{300}` in a pattern: `RE_DUP_MAX` of PostgreSQL's engine is 255.
pub(super) fn pattern(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        entity.fields.iter().for_each(|field| judge(&field.constraints, found));
    }
    for record in &platform.structs {
        record.fields.iter().for_each(|field| judge(&field.constraints, found));
    }
    platform.constrained.iter().for_each(|named| judge(&named.constraints, found));
    let _ = store;
}

fn judge(constraints: &Constraints, found: &mut Vec<Diagnostic>) {
    let Some((pattern, span)) = &constraints.matches else { return };
    if let Some(count) = largest_count(pattern).filter(|count| *count > 255) {
        found.push(
            Diagnostic::new(
                E0505,
                *span,
                format!("PostgreSQL repeats a part of a pattern at most 255 times, not {count}"),
            )
            .help("say the length with `length a..b`, and what the characters are with the pattern"),
        );
    }
}

/// The largest number in `{n}`, `{n,}` or `{n,m}`.
fn largest_count(pattern: &str) -> Option<u64> {
    let mut largest = None;
    let mut rest = pattern;
    while let Some(open) = rest.find('{') {
        let escaped = rest[..open].chars().rev().take_while(|c| *c == '\\').count() % 2 == 1;
        rest = &rest[open + 1..];
        let Some(close) = rest.find('}') else { break };
        let counts = rest[..close].split(',').map(|n| n.parse::<u64>());
        for count in counts.flatten().filter(|_| !escaped) {
            largest = largest.max(Some(count));
        }
    }
    largest
}
