//! Judges the newest word of a text, together with those before it.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::listed::{
    BESIDE, CATALOG, CREATED, CURSOR, DROPPED, FORBIDDEN, Forbidden, LANGUAGES, RENAMED, ROLES, ROWS, SERVER,
    STATED, TEXTS, TRIGGERS, WORDS, Where,
};
use super::{Found, Kept, Text, Word, found, readers};

/// The forbidden sequences of words, by their last word: each word of a script is looked up here.
static ENDINGS: LazyLock<HashMap<&str, Vec<&Forbidden>>> = LazyLock::new(|| {
    let mut endings: HashMap<&str, Vec<&Forbidden>> = HashMap::new();
    for forbidden in FORBIDDEN {
        for word in forbidden.0.last().into_iter().flat_map(|last| last.split('|')) {
            endings.entry(word).or_default().push(forbidden);
        }
    }
    endings
});

/// Finds what is forbidden about the newest word, together with those before it. A statement begins at `begins`.
pub(super) fn judge(words: &[Word], begins: usize, kept: &Kept, text: Text) -> Option<Found> {
    let statement = &words[begins.min(words.len())..];
    let newest = Newest { words, statement, last: words.last()?, kept, text };
    newest
        .ending()
        .or_else(|| newest.verb())
        .or_else(|| newest.word())
        .or_else(|| newest.call())
        .or_else(|| created(statement, text))
        .or_else(|| newest.language())
        .or_else(|| newest.keyword())
        .or_else(|| newest.protected_row())
        .or_else(|| newest.own_schema())
        .or_else(|| newest.executed_text())
}

/// The newest word, those before it in its statement and in the text, and what the text may say.
struct Newest<'w> {
    words: &'w [Word],
    statement: &'w [Word],
    last: &'w Word,
    kept: &'w Kept<'w>,
    text: Text,
}

impl<'w> Newest<'w> {
    fn before(&self, n: usize) -> Option<&'w Word> {
        self.words.len().checked_sub(n + 1).and_then(|at| self.words.get(at))
    }

    fn begins_with(&self, verb: &str) -> bool {
        self.statement.first().is_some_and(|first| first.is(verb))
    }

    /// A sequence of words that ends here.
    fn ending(&self) -> Option<Found> {
        let Word::Bare(word) = self.last else { return None };
        let mut known = ENDINGS.get(word.as_str()).into_iter().flatten();
        let (_, said, help) = known.find(|(pattern, ..)| ends_with(self.words, pattern))?;
        Some(found(said, help))
    }

    /// The word that begins a statement.
    fn verb(&self) -> Option<Found> {
        if self.text == Text::Value || self.statement.len() != 1 {
            return None;
        }
        let Word::Bare(word) = self.last else { return None };
        let help = match word.as_str() {
            "grant" | "revoke" if self.text == Text::Script => ROLES,
            "declare" if self.text == Text::Script => CURSOR,
            "copy" | "load" => SERVER,
            _ => return None,
        };
        Some(found(&word.to_uppercase(), help))
    }

    /// A name that is forbidden wherever it stands, and a table of the server that is written.
    fn word(&self) -> Option<Found> {
        if let Some(name) = self.last.name() {
            let known = WORDS.iter().find(|(known, _)| *known == name).map(|(_, help)| *help);
            if let Some(help) = known.or_else(|| readers::view(name)) {
                return Some(found(name, help));
            }
        }
        writes_catalog(self.words).then(|| found(self.last.name().unwrap_or_default(), CATALOG))
    }

    /// A call of a function, which is told by its bracket.
    fn call(&self) -> Option<Found> {
        let (Word::Open, Some(name)) = (self.last, self.before(1).and_then(Word::name)) else { return None };
        let of_cron =
            self.before(2) == Some(&Word::Dot) && self.before(3).and_then(Word::name) == Some("cron");
        let help = if of_cron { Some(TEXTS) } else { readers::function(name) };
        Some(found(name, help?))
    }

    /// The language of a body that nobody reads here.
    fn language(&self) -> Option<Found> {
        if !is_language(self.statement) || LANGUAGES.contains(&language(self.last).as_str()) {
            return None;
        }
        let help = "write it in `sql` or `plpgsql`, in which tables can be seen here";
        Some(found("LANGUAGE", help))
    }

    /// A keyword that is forbidden in statements of some verb.
    fn keyword(&self) -> Option<Found> {
        let Word::Bare(word) = self.last else { return None };
        let (creates, alters) = (self.begins_with("create"), self.begins_with("alter"));
        match word.as_str() {
            dropped
                if self.text == Text::Script
                    && self.begins_with("drop")
                    && self.statement.len() == 2
                    && DROPPED.contains(&dropped) =>
            {
                Some(found(&format!("DROP {}", word.to_uppercase()), STATED))
            }
            "rename" | "inherit" | "attach" if alters => Some(found(&word.to_uppercase(), RENAMED)),
            "using" if alters => {
                let help = "change the type in the source, and fill a new column by `UPDATE`, whose labels are known";
                Some(found("ALTER … USING", help))
            }
            "leakproof" if (creates || alters) && !self.before(1).is_some_and(|w| w.is("not")) => {
                Some(found("LEAKPROOF", ROWS))
            }
            "authorization" if creates => Some(found("AUTHORIZATION", ROLES)),
            "program" if self.begins_with("copy") => Some(found("COPY … PROGRAM", SERVER)),
            _ => None,
        }
    }

    /// A trigger or a column by which rows are kept apart, in a statement that changes it.
    fn protected_row(&self) -> Option<Found> {
        let name = self.last.name()?;
        let is_protected = TRIGGERS.contains(&name) || self.kept.tenant == Some(name);
        let makes = ["create", "alter", "drop"].iter().any(|verb| self.begins_with(verb));
        (is_protected && makes && changes(self.statement, name, self.kept)).then(|| found(name, ROWS))
    }

    /// A schema of the compiler.
    fn own_schema(&self) -> Option<Found> {
        let name = match self.last {
            Word::Dot => self.before(1).and_then(Word::name),
            _ if self.before(1).is_some_and(|word| word.is("schema")) => self.last.name(),
            _ => None,
        };
        let schema = name.filter(|schema| self.kept.keeps(schema))?;
        Some(found(schema, "what stands in this schema is the compiler's own; leave it out"))
    }

    /// `EXECUTE` in a body, which takes a text; only one that stands there can be read.
    fn executed_text(&self) -> Option<Found> {
        if self.text != Text::Body {
            return None;
        }
        let last = self.last;
        let is_literal = matches!(self.before(1), Some(Word::Text(_)))
            && self.before(2).is_some_and(|word| word.is("execute"))
            && !(*last == Word::End || ["into", "using", "loop"].iter().any(|follows| last.is(follows)));
        let is_put_together = self.before(1).is_some_and(|word| word.is("execute"))
            && !matches!(last, Word::Text(_))
            && !["function", "procedure", "on"].iter().any(|word| last.is(word));
        (is_literal || is_put_together).then(|| found("EXECUTE", TEXTS))
    }
}

/// Whether the last word is a table of the server, or a schema of such, that is written.
fn writes_catalog(words: &[Word]) -> bool {
    const WRITES: &[&[&str]] =
        &[&["update|into"], &["update", "only"], &["delete", "from"], &["delete", "from", "only"]];
    let is_catalog = |name: &str| name.starts_with("pg_") || ["cron", "information_schema"].contains(&name);
    words.split_last().is_some_and(|(last, before)| {
        last.name().is_some_and(is_catalog) && WRITES.iter().any(|pattern| ends_with(before, pattern))
    })
}

/// `create [or replace] view`, as soon as its last word says so.
fn created(statement: &[Word], text: Text) -> Option<Found> {
    let [first, beside @ .., Word::Bare(kind)] = statement else { return None };
    let (_, place, help) = CREATED.iter().find(|(known, ..)| known == kind)?;
    let is_beside = |word: &Word| BESIDE.iter().any(|known| word.is(known));
    if !first.is("create")
        || !beside.iter().all(is_beside)
        || *place == Where::InTexts && text == Text::Script
    {
        return None;
    }
    // A block may keep something until it ends.
    let is_temporary = beside.iter().any(|word| word.is("temp") || word.is("temporary"));
    if kind == "table" && is_temporary && text != Text::Script {
        return None;
    }
    Some(found(&format!("CREATE {}", kind.to_uppercase()), help))
}

/// Whether the last word is the language of a body.
fn is_language(statement: &[Word]) -> bool {
    let [first, rest @ .., language, _] = statement else { return false };
    if !language.is("language") {
        return false;
    }
    let depth = rest.iter().fold(0_i32, |depth, word| match word {
        Word::Open => depth + 1,
        Word::Close => depth - 1,
        _ => depth,
    });
    let makes = || rest.iter().take(3).any(|word| word.is("function") || word.is("procedure"));
    depth == 0 && (first.is("do") || first.is("create") && makes())
}

fn language(word: &Word) -> String {
    match word {
        Word::Bare(name) | Word::Quoted(name) | Word::Text(name) => name.to_lowercase(),
        Word::Dot | Word::Open | Word::Close | Word::End | Word::Other => String::new(),
    }
}

/// Whether a statement changes the trigger or the column of that name, instead of only naming a column like it.
fn changes(statement: &[Word], name: &str, kept: &Kept) -> bool {
    let before = |n: usize| statement.len().checked_sub(n + 1).and_then(|at| statement.get(at));
    let after = |word: &str| {
        before(1).is_some_and(|w| w.is(word))
            || before(1).is_some_and(|w| w.is("exists")) && before(3).is_some_and(|w| w.is(word))
    };
    if kept.tenant == Some(name) {
        let alters = statement.first().is_some_and(|first| first.is("alter"));
        return alters && ["column", "alter", "drop", "rename"].iter().any(|word| after(word));
    }
    after("trigger")
}

fn ends_with(words: &[Word], pattern: &[&str]) -> bool {
    words.len() >= pattern.len()
        && pattern
            .iter()
            .zip(&words[words.len() - pattern.len()..])
            .all(|(pattern, word)| pattern.split('|').any(|p| word.is(p)))
}
