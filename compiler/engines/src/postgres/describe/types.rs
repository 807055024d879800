//! Names of types: PostgreSQL prints those of the standard, and the compiler writes the shorter ones.

use smol_str::SmolStr;

/// Names as PostgreSQL prints them, each with the one that the compiler writes.
const SHORTER: &[(&str, &str)] = &[("character varying", "varchar"), ("TABLE(", "TABLE (")];

/// Types of time, whose precision stands in the middle of their name, each with the short name.
const TIMES: &[(&str, &str, &str)] = &[
    ("timestamp", " with time zone", "timestamptz"),
    ("timestamp", " without time zone", "timestamp"),
    ("time", " with time zone", "timetz"),
    ("time", " without time zone", "time"),
];

/// Rewrites the types in a text: `character varying(20)` is `varchar(20)`, `numeric(18,2)` is `numeric(18, 2)`. Names in
/// quotes stay as they are.
pub(super) fn write(text: &mut SmolStr) {
    let parts = text.split('"').enumerate();
    let written: Vec<String> =
        parts.map(|(at, part)| if at % 2 == 0 { plain(part) } else { part.to_owned() }).collect();
    *text = written.join("\"").into();
}

fn plain(text: &str) -> String {
    let mut text = text.replace(", ", ",").replace(',', ", ");
    for (long, short) in SHORTER {
        text = text.replace(long, short);
    }
    for (begin, end, short) in TIMES {
        text = without_zone(&text, begin, end, short);
    }
    text
}

/// Replaces `begin(n)end` by `short(n)`, with or without the precision.
fn without_zone(text: &str, begin: &str, end: &str, short: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(end) {
        let (before, after) = (&rest[..at], &rest[at + end.len()..]);
        let named = before.strip_suffix(')').and_then(|open| open.rfind('(')).unwrap_or(before.len());
        let (name, precision) = before.split_at(named);
        match name.strip_suffix(begin) {
            Some(earlier) => [earlier, short, precision].iter().for_each(|part| written.push_str(part)),
            None => [before, end].iter().for_each(|part| written.push_str(part)),
        }
        rest = after;
    }
    written + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_the_compiler_writes_them() {
        for (printed, expected) in [
            ("timestamp with time zone", "timestamptz"),
            ("timestamp(3) with time zone[]", "timestamptz(3)[]"),
            ("timestamp without time zone", "timestamp"),
            ("time without time zone", "time"),
            ("time(0) with time zone", "timetz(0)"),
            ("character varying(20)[]", "varchar(20)[]"),
            ("numeric(18,2)", "numeric(18, 2)"),
            ("extensions.geography(Point,4326)", "extensions.geography(Point, 4326)"),
            (
                "TABLE(at timestamp with time zone, name character varying)",
                "TABLE (at timestamptz, name varchar)",
            ),
            ("SETOF core.\"character varying,x\"", "SETOF core.\"character varying,x\""),
            ("integer", "integer"),
        ] {
            let mut text = SmolStr::new(printed);
            write(&mut text);
            assert_eq!(text, expected, "{printed}");
        }
    }
}
