//! A hundred mistakes that people make who know another language, or type fast: one diagnostic for each, at the place where it
//! is, which says what is meant and nothing that misleads. Where it proposes a text, the text is right.

mod fields;
mod items;
mod statements;
mod values;

use polity::diagnostics::{Diagnostic, mend};
use polity::source::Sources;

/// A mistake: the source around it, the code, the text that is marked, words that must be said, words that must not.
struct Mistake {
    source: String,
    code: &'static str,
    at: &'static str,
    says: &'static [&'static str],
    never: &'static [&'static str],
}

/// The text that was written, the code, the text that is marked, words that must be said, words that must not.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const HEAD: &str = "platform shop { environments: [dev] }\n\
     store main: postgres 15 { database: \"shop\", extensions: [btree_gist] }\n";

/// Statements of an entity that has a number, a text, a moment and a reference to another one.
fn in_an_entity((body, code, at, says, never): Row) -> Mistake {
    let source = format!(
        "{HEAD}schema core in main {{\n  struct Place {{ street: text }}\n  entity Person {{ id: uuid key }}\n  \
         entity Order {{\n    id: uuid key\n    n: int\n    m: int\n    name: text(80)\n    note: text?\n    data: json\n    at: timestamp\n    \
         person: -> Person\n    place: Place\n    index (person)\n    {body}\n  }}\n}}\n"
    );
    Mistake { source, code, at, says, never }
}

/// Items beside a schema with an entity, and a Redis.
fn beside_a_schema((items, code, at, says, never): Row) -> Mistake {
    let source = format!(
        "{HEAD}store cache: redis 7 {{ persistence: [rdb] }}\nkeyspace Known in cache {{ pattern \"known:{{id: int}}\"; value text; ttl 1d }}\n\
         schema core in main {{\n  entity Person {{ id: uuid key; name: text(80) }}\n}}\n{items}\n"
    );
    Mistake { source, code, at, says, never }
}

/// A project as it is.
fn whole((source, code, at, says, never): Row) -> Mistake {
    Mistake { source: source.to_owned(), code, at, says, never }
}

fn mistakes() -> Vec<Mistake> {
    let inside = [fields::ROWS, statements::ROWS, values::ROWS].concat();
    let inside = inside.into_iter().map(in_an_entity);
    let beside = items::BESIDE.iter().copied().map(beside_a_schema);
    inside.chain(beside).chain(items::WHOLE.iter().copied().map(whole)).collect()
}

#[test]
fn a_mistake_is_one_diagnostic_that_says_what_is_meant() {
    let all = mistakes();
    assert!(all.len() >= 100, "only {} mistakes", all.len());
    let failures: Vec<String> = all.iter().filter_map(|mistake| judged(mistake).err()).collect();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), all.len(), failures.join("\n"));
}

fn judged(mistake: &Mistake) -> Result<(), String> {
    let Mistake { source, code, at, says, never } = mistake;
    let sources = Sources::single("shop.polity", source);
    let found = polity::check(&sources, None);
    let told: Vec<String> = found.iter().map(|d| shown(&sources, d)).collect();
    let wrong = |why: &str| Err(format!("{why}: {at:?}\n    {}\n", told.join("\n    ")));
    let [only] = &found[..] else { return wrong("not one diagnostic") };
    if only.code.as_str() != *code {
        return wrong("another code");
    }
    let span = only.primary.as_ref().map_or("", |label| sources.text(label.span));
    if span != *at {
        return wrong("another place");
    }
    let words = format!("{} {}", only.message, only.help.as_deref().unwrap_or_default());
    if let Some(missing) = says.iter().find(|text| !words.contains(**text)) {
        return wrong(&format!("nothing says {missing:?}"));
    }
    if let Some(misleading) = never.iter().find(|text| words.contains(**text)) {
        return wrong(&format!("{misleading:?} misleads"));
    }
    if let [mended] = &mend(&sources, &found)[..] {
        let mended = Sources::single("shop.polity", &mended.text);
        let left = polity::check(&mended, None);
        if let Some(left) = left.iter().find(|d| d.is_error()) {
            return wrong(&format!("its edits leave {}", shown(&mended, left)));
        }
    }
    Ok(())
}

fn shown(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let at = diagnostic.primary.as_ref().map_or("", |label| sources.text(label.span));
    let help = diagnostic.help.as_deref().unwrap_or_default();
    format!("{} «{at}» {}; {help}", diagnostic.code, diagnostic.message)
}

/// The changes that `--fix` makes without asking are right as well.
#[test]
fn what_is_certain_mends() {
    let mut certain = 0;
    for mistake in mistakes() {
        let sources = Sources::single("shop.polity", &mistake.source);
        let found = polity::check(&sources, None);
        if found.iter().all(|d| d.is_certain) {
            let [mended] = &mend(&sources, &found)[..] else { panic!("{} has no edit", mistake.at) };
            let left = polity::check(&Sources::single("shop.polity", &mended.text), None);
            assert!(left.iter().all(|d| !d.is_error()), "{:?}\n{}", left, mended.text);
            certain += 1;
        }
    }
    assert!(certain > 30, "only {certain} are certain");
}

#[test]
fn a_forgotten_colon_is_certain_where_the_word_can_be_nothing_but_a_name() {
    let members = [
        ("other int", true),
        ("other text(20)[]? unique", true),
        ("other -> Person", true),
        ("other varchar(20)", false),
        ("other text not null", true),
        ("has_many Person", false),
        ("text date", false),
        ("unsigned int other", false),
        ("uniqe int", false),
    ];
    for (body, is_certain) in members {
        let source = in_an_entity((body, "E0114", "", &[], &[])).source;
        let found = polity::check(&Sources::single("shop.polity", &source), None);
        let certain = found.iter().any(|d| d.code.as_str() == "E0114" && d.is_certain);
        assert_eq!(certain, is_certain, "{body}: {found:?}");
    }
}
