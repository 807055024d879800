//! Values and conditions.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    ("s: text = 'open'", "E0108", "'open'", &["write `\"open\"`"], &[]),
    ("s: uuid = uuid()", "E0308", "uuid()", &["`uuid_v7()`"], &["int(prefs.level)"]),
    ("s: uuid = gen_random_uuid()", "E0308", "gen_random_uuid", &["`uuid_v4`"], &["there is:"]),
    ("s: timestamp = current_timestamp", "E0201", "current_timestamp", &["write `now()`"], &[]),
    ("s: timestamp = now", "E0201", "now", &["write `now()`"], &[]),
    ("s: bool = TRUE", "E0201", "TRUE", &["write `true`"], &[]),
    ("s: text? = NULL", "E0201", "NULL", &["write `null`"], &[]),
    ("s: int = \"3\"", "E0302", "\"3\"", &["write `3`"], &["int(…)"]),
    ("s: text = 3", "E0302", "3", &["write `\"3\"`"], &[]),
    ("s: float = 1e6", "E0109", "1e6", &["`1_000_000`"], &[]),
    ("check (n == 3)", "E0112", "==", &["write `=`"], &[]),
    ("check (n === 3)", "E0112", "===", &["write `=`"], &[]),
    ("check (n > 3 AND m > 3)", "E0112", "AND", &["write `and`"], &[]),
    ("check (n > 3 && m > 3)", "E0112", "&&", &["write `and`"], &[]),
    ("check (n <> 3)", "E0112", "<>", &["write `!=`"], &[]),
    ("check (n is not NULL)", "E0112", "NULL", &["write `null`"], &["check [NAME]"]),
    ("check (n in (1, 2))", "E0112", "(", &["`[1, 2]`"], &["check [NAME]"]),
    ("check (name like \"a%\")", "E0112", "like", &["matches"], &[]),
    ("check (len(name) > 3)", "E0308", "len", &["`length`"], &["there is:"]),
    ("check (nn > 3)", "E0201", "nn", &["no field"], &[]),
    ("s: text(80) = concat(\"a\", \"b\")", "E0308", "concat", &["`||`"], &["there is:"]),
    ("s: date = 2027-1-1", "E0110", "2027-1-1", &["four, two and two digits"], &[]),
];
