//! Words and comments of a POSIX shell.

/// The text as one word, in which nothing is expanded.
#[must_use]
pub fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `# …`, a line for each of the text.
#[must_use]
pub fn remark(text: &str) -> String {
    text.lines().map(|line| format!("# {}", super::visible(line)).trim_end().to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::{remark, word};

    #[test]
    fn a_word_is_what_it_was() {
        assert_eq!(word("a $(b) `c` \\"), "'a $(b) `c` \\'");
        assert_eq!(word("it's"), r"'it'\''s'");
    }

    #[test]
    fn every_line_is_a_remark() {
        assert_eq!(remark("a\n\nb\rc"), "# a\n#\n# b\\u{d}c\n");
    }
}
