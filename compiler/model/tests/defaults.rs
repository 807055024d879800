//! Defaults, judged all the way down by what their place admits.

use super::resolving::told_of;

/// Fields with their defaults, and the end of what is told about each; nothing where the value may stand.
const JUDGED: &[(&str, &str)] = &[
    // Elements of lists, members of maps and records, however deep.
    ("a: int[] = [1, null]", "null: a `int` is never absent"),
    ("a: int?[] = [1, null]", ""),
    ("a: text(3)[] = [\"abcd\"]", "\"abcd\": it is longer than `text(3)`"),
    ("a: text(3)[] = [\"abc\"] length 2..3", "[\"abc\"]: it is a shorter list than 2"),
    ("a: text(3)[] = [] length 1..3", "[]: it is a shorter list than 1"),
    ("a: text[] = [\"a\", \"b\"] length ..1", "[\"a\", \"b\"]: it is a longer list than 1"),
    ("a: email[] = [\"nope\"]", "\"nope\": it is no `email`"),
    ("a: smallint[] = [40000]", "40000: it is beyond `smallint`"),
    ("a: smallint[][] = [[1], [40000]]", "40000: it is beyond `smallint`"),
    ("a: decimal(4, 1)[] = [1.23]", "1.23: it has more digits than `decimal(4, 1)`"),
    ("a: map<int> = { b: 3000000000 }", "3000000000: it is beyond `int`"),
    ("a: map<int> = { b: null }", "null: a `int` is never absent"),
    ("a: map<text(2)[]> = { b: [\"abc\"] }", "\"abc\": it is longer than `text(2)`"),
    ("a: { b: int max 3 } = { b: 4 }", "4: it is more than 3"),
    ("a: { b: text(2) }[] = [{ b: \"xyz\" }]", "\"xyz\": it is longer than `text(2)`"),
    ("a: { b: { c: country } } = { b: { c: \"ZZ\" } }", "\"ZZ\": it is no `country`"),
    ("a: { b: int = 3 } = {}", ""),
    ("a: { b: int } = { b: null }", "null: a `int` is never absent"),
    ("a: vector(2) = [1, 2, 3]", "[1, 2, 3]: it has 3 numbers, not 2"),
    // Forms that have a list of all values.
    ("a: country = \"ZZ\"", "\"ZZ\": it is no `country`"),
    ("a: currency = \"XXQ\"", "\"XXQ\": it is no `currency`"),
    ("a: language = \"x-private\"", "\"x-private\": it is no `language`"),
    ("a: country = \"SN\"\nb: currency = \"XOF\"\nc: language = \"zh-Hant-TW\"", ""),
    // Constants are computed.
    ("a: smallint = 30000 + 30000", "30000 + 30000: it is beyond `smallint`"),
    ("a: int = 2000000000 * 2", "2000000000 * 2: it is beyond `int`"),
    ("a: bigint = 2000000000 * 2", ""),
    ("a: decimal(3, 1) = 99.9 + 0.1", "99.9 + 0.1: it has more digits than `decimal(3, 1)`"),
    ("a: decimal(3, 1) = 0.1 * 0.1", "0.1 * 0.1: it has more digits than `decimal(3, 1)`"),
    ("a: decimal(3, 1) = -(2 - 3.5)", ""),
    ("a: int = 3 min 5", "3: it is less than 5"),
    ("a: int = 1 + 1 min 5", "1 + 1: it is less than 5"),
    ("a: int[] = [2147483647 + 1]", "2147483647 + 1: it is beyond `int`"),
    ("a: text length 2..3 = lower(\"A\")", "lower(\"A\"): it is shorter than 2"),
    ("a: text(3) = \"ab\" || \"cd\"", "\"ab\" || \"cd\": it is longer than `text(3)`"),
    ("a: text(2) = text(100)", "text(100): it is longer than `text(2)`"),
    ("a: int max 2 = length(\"abc\")", "length(\"abc\"): it is more than 2"),
    // Lengths of time, floats, and numbers of json.
    ("a: interval = 90d", ""),
    ("a: interval = 6mo", "6mo: how long `6mo` is depends on the calendar; write it in days"),
    ("a: interval[] = [1y]", "1y: how long `1y` is depends on the calendar; write it in days"),
    ("a: json = { b: 6mo }", "6mo: how long `6mo` is depends on the calendar; write it in days"),
    ("a: interval = 999999999999d", "999999999999d: it is beyond `interval`"),
    ("a: json = { b: [0.1, 1.50, 9007199254740993] }", ""),
    (
        "a: json = { b: [0.1234567890123456789] }",
        "0.1234567890123456789: a number of json is a double, which would lose digits of it; write it as a text",
    ),
    // What stands in for an erased value, and what an update writes, like a default.
    ("a: text(3) #personal anonymized as \"gone\"", "\"gone\": it is longer than `text(3)`"),
    ("a: smallint[] on update [40000]", "40000: it is beyond `smallint`"),
    // The named types that a field is built on, and the field that a reference stands for.
    ("a: -> User = \"nope\"", "\"nope\": this text is not a uuid"),
];

#[test]
fn a_default_is_judged_all_the_way_down() {
    let mut wrong = Vec::new();
    for (statements, expected) in JUDGED {
        let found = told_of(statements).replace("E0307 ", "").replace("E0302 ", "");
        let found = found.replace("`a` does not admit this value: ", "");
        if found != *expected {
            wrong.push(format!("{statements}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_cast_of_a_literal_is_the_literal() {
    for (statements, expected) in [
        ("a: int = int(\"5\")", ""),
        ("a: int = int(\"5.5\")", "E0308 int(\"5.5\"): this text is no `int`"),
        ("a: int = int(\"five\")", "E0308 int(\"five\"): this text is no `int`"),
        ("a: smallint = smallint(70000)", "E0308 smallint(70000): no `smallint` is 70000"),
        ("a: bool = bool(\"yes\")", "E0308 bool(\"yes\"): this text is neither `true` nor `false`"),
        (
            "a: timestamp = timestamp(\"2026-01-01\")",
            "E0308 timestamp(\"2026-01-01\"): a text is no such literal",
        ),
        ("a: uuid = uuid(\"5\")", "E0302 \"5\": this text is not a uuid"),
        ("a: decimal(4, 1) = decimal(1.25, 4, 1)", ""),
    ] {
        assert_eq!(told_of(statements), expected, "{statements}");
    }
}
