//! Functions and values of other languages, and what they are here.

use polity_text::diagnostics::Help;

/// Functions that are called otherwise here. Those without a value keep their empty brackets.
const FUNCTIONS: &[(&str, &str)] = &[
    ("gen_random_uuid", "uuid_v4"),
    ("uuid_generate_v4", "uuid_v4"),
    ("uuidv4", "uuid_v4"),
    ("random_uuid", "uuid_v4"),
    ("newid", "uuid_v4"),
    ("uuidv7", "uuid_v7"),
    ("cuid", "uuid_v7"),
    ("ulid", "uuid_v7"),
    ("current_timestamp", "now"),
    ("current_date", "now"),
    ("current_time", "now"),
    ("localtimestamp", "now"),
    ("getdate", "now"),
    ("sysdate", "now"),
    ("utcnow", "now"),
    ("autoincrement", "identity"),
    ("auto_increment", "identity"),
    ("len", "length"),
    ("char_length", "length"),
    ("strlen", "length"),
    ("size", "length"),
    ("ifnull", "coalesce"),
    ("nvl", "coalesce"),
    ("ucase", "upper"),
    ("to_upper", "upper"),
    ("lcase", "lower"),
    ("to_lower", "lower"),
    ("btrim", "trim"),
    ("trunc_date", "date_trunc"),
];

/// Functions of others that are said in another way here.
const FORMS: &[(&str, &str)] = &[
    ("concat", "texts are joined with `||`: write `first || last`"),
    ("if", "write `case when CONDITION then VALUE else VALUE end`"),
    ("iif", "write `case when CONDITION then VALUE else VALUE end`"),
    ("regexp_like", "write `field matches \"…\"`"),
    ("nextval", "write `next(sequence)`"),
    ("cast", "a cast is written with the type's name: `int(…)`, `text(…)`, `date(…)`"),
    ("convert", "a cast is written with the type's name: `int(…)`, `text(…)`, `date(…)`"),
];

/// Values that have another word here.
const VALUES: &[(&str, &str)] = &[
    ("none", "null"),
    ("nil", "null"),
    ("undefined", "null"),
    ("yes", "true"),
    ("no", "false"),
    ("on", "true"),
    ("off", "false"),
    ("uuid", "uuid_v7()"),
];

/// Returns the function that was meant by a name.
pub(super) fn function(name: &str) -> Option<Help> {
    let lower = name.to_ascii_lowercase();
    let form = FORMS.iter().find(|(foreign, _)| *foreign == lower).map(|(_, form)| Help::from(*form));
    let renamed = || renamed(&lower).map(|ours| Help::instead(ours, format!("here it is called `{ours}`")));
    form.or_else(renamed)
}

/// Returns the value that was meant by a word.
pub(super) fn value(word: &str) -> Option<Help> {
    let lower = word.to_ascii_lowercase();
    if lower != word && matches!(lower.as_str(), "true" | "false" | "null") {
        return Some(Help::write(lower));
    }
    if matches!(lower.as_str(), "now" | "identity" | "uuid_v4" | "uuid_v7") {
        return Some(Help::write(format!("{lower}()")));
    }
    let value = VALUES.iter().find(|(foreign, _)| *foreign == lower).map(|(_, ours)| (*ours).to_owned());
    let call = || renamed(&lower).filter(|ours| matches!(*ours, "now" | "uuid_v4" | "uuid_v7" | "identity"));
    value.or_else(|| call().map(|ours| format!("{ours}()"))).map(Help::write)
}

fn renamed(lower: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(foreign, _)| *foreign == lower).map(|(_, ours)| *ours)
}
