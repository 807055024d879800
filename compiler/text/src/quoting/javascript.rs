//! Values in scripts of MongoDB's shell.

use serde_json::Value as Json;

/// A value as an expression of JavaScript, over as many lines as it needs. It is JSON but for the name `__proto__`, which
/// in an object of JavaScript would be its prototype and no name.
#[must_use]
pub fn literal(value: &Json) -> String {
    const PROTOTYPE: &str = "\"__proto__\": ";
    let mut out = String::new();
    // A name of an object begins its line, and no text of JSON holds a line end.
    for line in format!("{value:#}").split_inclusive('\n') {
        let name = line.trim_start();
        match name.strip_prefix(PROTOTYPE) {
            Some(rest) => {
                out.push_str(&line[..line.len() - name.len()]);
                out.push_str("[\"__proto__\"]: ");
                out.push_str(rest);
            }
            None => out.push_str(line),
        }
    }
    out
}

/// Texts as an array of JavaScript, on one line.
#[must_use]
pub fn texts(texts: &[&str]) -> String {
    Json::from(texts).to_string()
}

#[cfg(test)]
mod tests {
    use super::literal;
    use serde_json::json;

    #[test]
    fn a_name_is_never_a_prototype() {
        let value = json!({ "__proto__": { "__proto__": ["__proto__", "\"__proto__\": 1"] } });
        let expected = "{\n  [\"__proto__\"]: {\n    [\"__proto__\"]: [\n      \"__proto__\",\n      \"\\\"__proto__\\\": 1\"\n    ]\n  }\n}";
        assert_eq!(literal(&value), expected);
    }
}
