//! The difference between a file as it is and as it should be, short enough to read.

use std::time::Duration;

use similar::TextDiff;

use polity_text::diagnostics::printable::in_place;

/// More lines than this say no more than that much differs.
const MOST_LINES: usize = 40;

/// Lines longer than this are cut.
const LONGEST: usize = 200;

/// Texts that are longer together are not worth the time and the memory.
const LARGEST: usize = 16 << 20;

/// A unified diff from `old` to `new`, cut where it gets long. `color` adds the terminal's red and green.
pub(super) fn unified(old: &[u8], new: &[u8], color: bool) -> String {
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return "  (not text)\n".into();
    };
    if old.len() + new.len() > LARGEST {
        return "  (too long to compare line by line)\n".into();
    }
    // Two large files that share nothing would take minutes to compare well; roughly will do.
    let diff = TextDiff::configure().timeout(Duration::from_millis(500)).diff_lines(old, new);
    let unified = diff.unified_diff().context_radius(1).to_string();
    let mut out = String::new();
    let count = unified.lines().count();
    for line in unified.lines().take(MOST_LINES) {
        let line: String = line.chars().take(LONGEST).collect();
        let line = in_place(&line);
        match (color, line.as_bytes().first()) {
            (true, Some(b'+')) => out.push_str(&format!("  \x1b[32m{line}\x1b[0m\n")),
            (true, Some(b'-')) => out.push_str(&format!("  \x1b[31m{line}\x1b[0m\n")),
            _ => out.push_str(&format!("  {line}\n")),
        }
    }
    if count > MOST_LINES {
        out.push_str(&format!("  … and {} more lines\n", count - MOST_LINES));
    }
    out
}
