//! No key lives longer than Redis counts.

use crate::redis::keyspaces_of;
use polity_govern::Stored;
use polity_model::{Duration, Store};
use polity_text::diagnostics::codes::E0715;
use polity_text::diagnostics::{Diagnostic, Help};
use polity_text::source::Span;

/// A thousand years in milliseconds. Far beyond it a number of Lua is written with an exponent, which no command takes.
const MOST: u64 = 1000 * 366 * 24 * 60 * 60 * 1000;

/// A `ttl` or the window of a limit that is beyond any use.
pub(super) fn long_life(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for keyspace in keyspaces_of(platform, store) {
        let window = keyspace.limit.as_ref().map(|limit| (limit.per, limit.span));
        let is_too_long = |(time, _): &(Duration, Span)| time.at_least_milliseconds() > MOST;
        let mut told = |(time, span): (Duration, Span), help: Help| {
            found.push(
                Diagnostic::new(E0715, span, format!("`{time}` is longer than Redis counts")).help(help),
            );
        };
        if let Some(ttl) = keyspace.ttl.filter(is_too_long) {
            let more = " at most, or leave `ttl` out to keep a key until it is deleted";
            told(ttl, Help::write("1000y").and(more));
        }
        if let Some(window) = window.filter(is_too_long) {
            told(window, "a limit counts within `1000y` at most".into());
        }
    }
}
