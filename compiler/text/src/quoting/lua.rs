//! Text in the functions of Redis.

use std::fmt::Write;

/// A text constant of Lua.
#[must_use]
pub fn text(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "\\{byte:03}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// `-- …`, a line for each of the text. Lua ends a comment at a carriage return as well.
#[must_use]
pub fn remark(text: &str) -> String {
    let lines = text.split(['\n', '\r']).filter(|line| !line.is_empty());
    // Brackets behind the dashes would begin a comment of many lines, but for the blank between them.
    lines.map(|line| format!("-- {}\n", super::visible(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::{remark, text};

    #[test]
    fn a_text_ends_where_it_should() {
        assert_eq!(text(r"it's \n"), r"'it\'s \\n'");
        assert_eq!(text("a\r\nb"), r"'a\013\010b'");
    }

    #[test]
    fn every_line_is_a_remark() {
        assert_eq!(remark("[[a\rb()\n\n]]"), "-- [[a\n-- b()\n-- ]]\n");
    }
}
