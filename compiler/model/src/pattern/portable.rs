//! A pattern with its shorthands written out, so that no engine reads them its own way: PostgreSQL's depend on the
//! database's locale and its `.` takes a line end, PCRE's `\s` another blank.

/// The digits, letters and blanks of the shorthands, which are those of ASCII, as members of a class.
const DIGITS: &str = "0-9";
const LETTERS: &str = "0-9A-Za-z_";
const BLANKS: &str = r" \t-\r";

/// Returns the pattern as every engine reads it alike; `end` is how the engine writes the very end of a text.
#[must_use]
pub fn portable(pattern: &str, end: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut in_class = false;
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => escaped(letters.next(), in_class, &mut out),
            '.' if !in_class => out.push_str(r"[^\n]"),
            '$' if !in_class => out.push_str(end),
            _ => {
                match letter {
                    '[' => in_class = true,
                    ']' => in_class = false,
                    _ => {}
                }
                out.push(letter);
            }
        }
    }
    out
}

/// Writes the meaning of the letter behind a backslash.
fn escaped(letter: Option<char>, in_class: bool, out: &mut String) {
    let Some(letter) = letter else { return out.push('\\') };
    let members = match letter.to_ascii_lowercase() {
        'd' => DIGITS,
        'w' => LETTERS,
        's' => BLANKS,
        _ => {
            out.push('\\');
            return out.push(letter);
        }
    };
    match (in_class, letter.is_ascii_uppercase()) {
        (true, _) => out.push_str(members),
        (false, true) => out.extend(["[^", members, "]"]),
        (false, false) => out.extend(["[", members, "]"]),
    }
}

#[cfg(test)]
mod tests {
    use super::portable;

    #[test]
    fn shorthands_are_written_out() {
        for (pattern, expected) in [
            (r"^\d{3}\.\d$", r"^[0-9]{3}\.[0-9]$"),
            (r"^[\w.-]+$", "^[0-9A-Za-z_.-]+$"),
            (r"^[^@\s]+\S$", r"^[^@ \t-\r]+[^ \t-\r]$"),
            ("^a.b[.$]$", r"^a[^\n]b[.$]$"),
            (r"^\$\[\]\\$", r"^\$\[\]\\$"),
            (r"\W|\D", "[^0-9A-Za-z_]|[^0-9]"),
        ] {
            assert_eq!(portable(pattern, "$"), expected, "{pattern}");
        }
        assert_eq!(portable(r"^a[$]\$$", r"\z"), r"^a[$]\$\z");
    }
}
