//! Values of labels in the queries of Prometheus.

/// A text constant of PromQL.
#[must_use]
pub fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n"))
}

/// A text constant that holds a regular expression (RE2), which matches these and nothing else.
#[must_use]
pub fn one_of<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let each: Vec<String> = texts.into_iter().map(|each| exactly(each.as_ref())).collect();
    text(&each.join("|"))
}

fn exactly(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{one_of, text};

    #[test]
    fn nothing_ends_the_text_or_means_another() {
        assert_eq!(text(r#"a"b\"#), r#""a\"b\\""#);
        assert_eq!(one_of(["a.b", "c-d|", "\""]), r#""a\\.b|c-d\\||\"""#);
    }
}
