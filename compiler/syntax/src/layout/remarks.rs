//! Comments as other languages write them: each is said once, and read on as the comment that it is.

use super::words::{line_end, skip_blanks};
use super::{Before, Scan};
use crate::words::shortened;
use polity_text::diagnostics::{Diagnostic, Help, codes};

impl Scan<'_> {
    /// Passes over a comment of another language that begins here, if one does.
    pub(super) fn foreign_comment(&mut self) -> bool {
        let Some(end) = self.end_of_foreign() else { return false };
        let start = self.at;
        // The file keeps its line ends.
        let remark = self.text[start..end].trim_end_matches('\r');
        let whole = self.span(start, start + remark.len());
        let sign = sign_of(remark);
        let at = self.span(start, start + sign.len());
        let fault = if remark.starts_with("/*") && !remark[2..].ends_with("*/") {
            Diagnostic::new(codes::E0103, at, "this comment is never closed").here("opened here")
        } else {
            Diagnostic::new(codes::E0129, at, format!("`{sign}` begins no comment"))
        };
        let help = "a comment begins with `//` and ends with its line";
        let stands_alone = matches!(self.src.get(skip_blanks(self.src, end)), None | Some(b'\n'));
        self.fault(match in_slashes(remark).filter(|_| stands_alone) {
            Some(text) if !text.contains('\n') => {
                let help = Help::from(help).and(&format!(": write `{}`", shortened(&text)));
                fault.help(help).edit(whole, text).certain()
            }
            Some(text) => fault.help(help).edit(whole, text).certain(),
            None => fault.help(help),
        });
        self.out[start..end].fill(b' ');
        self.unseen.push(start..end);
        self.at = end;
        true
    }

    /// Where the comment of another language ends that begins here.
    fn end_of_foreign(&self) -> Option<usize> {
        let (src, at) = (self.src, self.at);
        if let Some(end) = foreign_end(src, at) {
            return Some(end);
        }
        let begins_line = at == self.line_at + self.indent;
        match src[at] {
            // Nothing begins with a label.
            b'#' if self.before == Before::Start && begins_line && !self.in_brackets() => {
                Some(line_end(src, at))
            }
            // Behind something that is whole, two signs are no operator.
            b'-' if src[at..].starts_with(b"--")
                && at > 0
                && src[at - 1] == b' '
                && src.get(at + 2).is_some_and(u8::is_ascii_alphabetic)
                && self.before == Before::Operand
                && !self.in_brackets() =>
            {
                Some(line_end(src, at))
            }
            _ => None,
        }
    }
}

/// Where a comment of another language ends that begins at `at`, as far as the text around it tells.
pub(super) fn foreign_end(src: &[u8], at: usize) -> Option<usize> {
    let rest = &src[at..];
    let before = &src[..at];
    let begins_line = before.iter().rev().find(|b| !b" \t\r".contains(b)).is_none_or(|b| *b == b'\n');
    let stands_apart = before.last().is_none_or(|b| b" \t\n;,{}([".contains(b));
    match rest {
        [b'/', b'*', ..] => {
            let end = memchr::memmem::find(&rest[2..], b"*/").map(|n| at + 2 + n + 2);
            Some(end.unwrap_or_else(|| line_end(src, at)))
        }
        [b'-', b'-', more @ ..] if stands_apart => {
            let dashes = more.iter().take_while(|b| **b == b'-').count();
            let next = more.get(dashes).unwrap_or(&b'\n');
            let is_word = begins_line && dashes == 0 && next.is_ascii_alphabetic();
            let is_comment = b" \t\r\n".contains(next) || is_word;
            is_comment.then(|| line_end(src, at))
        }
        [b'#', more @ ..] if stands_apart => {
            let next = more.first().unwrap_or(&b'\n');
            // `# personal` is a label with a blank too many; several words are a remark.
            let words = String::from_utf8_lossy(&src[at + 1..line_end(src, at)]).split_whitespace().count();
            let is_comment = b" \t\r\n#!".contains(next) && (begins_line || words > 1);
            is_comment.then(|| line_end(src, at))
        }
        _ => None,
    }
}

fn sign_of(remark: &str) -> &str {
    match remark.as_bytes()[0] {
        b'#' => "#",
        _ => &remark[..2],
    }
}

/// The remark as comments of this language, a line for each of its lines.
fn in_slashes(remark: &str) -> Option<String> {
    let Some(inner) = remark.strip_prefix("/*") else {
        let words = remark.trim_end().trim_start_matches(sign_of(remark).chars().next()?);
        return Some(format!("// {}", words.trim_start()).trim_end().to_owned());
    };
    let (inner, slashes) = inner.strip_prefix('*').map_or((inner, "//"), |inner| (inner, "///"));
    let inner = inner.strip_suffix("*/")?;
    let lines = inner.lines().map(|line| line.trim().trim_start_matches('*').trim());
    let lines: Vec<String> =
        lines.filter(|line| !line.is_empty()).map(|line| format!("{slashes} {line}")).collect();
    Some(if lines.is_empty() { "//".to_owned() } else { lines.join("\n") })
}
