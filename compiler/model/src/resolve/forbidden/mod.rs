//! Finds what SQL by hand must not say: who may do what is derived from the source, and a line of SQL in passing must
//! not undo it. The search looks into the bodies of functions and into texts that could be executed. A list of what is
//! refused can never be whole; it is against mistakes, and against what nobody can read.

mod listed;
mod readers;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use listed::{
    BESIDE, CATALOG, CREATED, CURSOR, DROPPED, FORBIDDEN, Forbidden, LANGUAGES, NUMBERS, OF_SETVAL, RENAMED,
    ROLES, ROWS, SERVER, STATED, TEXTS, TRIGGERS, WORDS, Where,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::written_sql::Measured;

/// The words that were found, and what to do instead.
#[derive(Debug)]
pub(super) struct Found {
    pub words: String,
    pub help: &'static str,
}

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

/// Names that SQL by hand leaves alone.
pub(super) struct Kept<'k> {
    /// The column that tells tenants apart.
    pub tenant: Option<&'k str>,
    /// Whether a schema holds the compiler's own functions for a tenant.
    pub is_own: &'k dyn Fn(&str) -> bool,
}

impl Kept<'_> {
    fn keeps(&self, schema: &str) -> bool {
        schema == "polity" || schema == "polity_key" || (self.is_own)(schema)
    }
}

/// The kind of text that is searched for forbidden words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    /// The script itself, as it was written.
    Script,
    /// The body of a function or a block.
    Body,
    /// A value, which somebody could execute.
    Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// In small letters.
    Bare(String),
    Quoted(String),
    Text(String),
    Dot,
    Open,
    Close,
    End,
    Other,
}

impl Word {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Bare(bare) if bare == word)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Bare(name) | Self::Quoted(name) => Some(name),
            Self::Text(_) | Self::Dot | Self::Open | Self::Close | Self::End | Self::Other => None,
        }
    }
}

/// Finds the first words in the tokens of a text, blanks among them, that only the compiler may say.
pub(super) fn find(tokens: &[TokenWithSpan], kept: &Kept) -> Option<Found> {
    find_in(tokens, kept, Text::Script, 0)
}

fn find_in(tokens: &[TokenWithSpan], kept: &Kept, text: Text, depth: usize) -> Option<Found> {
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let mut begins = 0; // where the statement began
    let mut setval = 0; // how many brackets are open since that of `setval`
    for (at, TokenWithSpan { token, .. }) in tokens.iter().enumerate() {
        if is_coded(&tokens[at..]) {
            return Some(found("U&\"…\"", "write the name as it is"));
        }
        let (word, inner) = match token {
            Token::Whitespace(_) | Token::EOF => continue,
            Token::Word(word) if word.quote_style.is_some() => (Word::Quoted(word.value.clone()), None),
            Token::Word(word) => (Word::Bare(word.value.to_lowercase()), None),
            Token::DollarQuotedString(text) => (Word::Text(text.value.clone()), Some(&text.value)),
            Token::SingleQuotedString(text)
            | Token::EscapedStringLiteral(text)
            | Token::UnicodeStringLiteral(text)
            | Token::NationalStringLiteral(text) => (Word::Text(text.clone()), Some(text)),
            Token::Period => (Word::Dot, None),
            Token::LParen => (Word::Open, None),
            Token::RParen => (Word::Close, None),
            Token::SemiColon => (Word::End, None),
            _ => (Word::Other, None),
        };
        if let Some(inner) = inner.filter(|_| depth < 4) {
            let makes = |word: &str| words.get(begins).is_some_and(|first| first.is(word));
            let text = if makes("create") || makes("do") { Text::Body } else { Text::Value };
            // What is no SQL is never executed.
            let inner = Measured::of(inner).ok();
            if let Some(found) = inner.and_then(|inner| find_in(inner.all(), kept, text, depth + 1)) {
                return Some(found);
            }
        }
        words.push(word);
        if let Some(found) = judge(&words, begins, kept, text) {
            return Some(found);
        }
        match &words[..] {
            [.., Word::Open] if setval > 0 => setval += 1,
            [.., Word::Bare(name) | Word::Quoted(name), Word::Open] if name == "setval" => setval = 1,
            [.., Word::Close] if setval > 0 => setval -= 1,
            [.., Word::Bare(name)] if setval > 0 && OF_SETVAL.contains(&name.as_str()) => {}
            [.., Word::Bare(_) | Word::Quoted(_)] if setval > 0 => return Some(found("setval", NUMBERS)),
            _ => {}
        }
        let opens = |word: &Word| ["begin", "then", "else", "loop"].iter().any(|opening| word.is(opening));
        if words.last().is_some_and(|word| *word == Word::End || opens(word)) {
            begins = words.len();
        }
    }
    words.push(Word::End);
    if let Some(found) = judge(&words, begins, kept, text) {
        return Some(found);
    }
    // In a text, `grant` alone may be a word like another.
    let grants = |verb: &str, link: &str| {
        let verb = words.iter().position(|word| word.is(verb))?;
        words[verb..].iter().any(|word| word.is(link)).then_some(())
    };
    let is_given = grants("grant", "to").is_some() || grants("revoke", "from").is_some();
    (text != Text::Script && is_given).then(|| found("GRANT", ROLES))
}

fn found(words: &str, help: &'static str) -> Found {
    Found { words: words.to_owned(), help }
}

/// Finds what is forbidden about the newest word, together with those before it.
fn judge(words: &[Word], begins: usize, kept: &Kept, text: Text) -> Option<Found> {
    let last = words.last()?;
    let before = |n: usize| words.len().checked_sub(n + 1).and_then(|at| words.get(at));
    if let Word::Bare(word) = last
        && let Some((_, said, help)) =
            ENDINGS.get(word.as_str()).into_iter().flatten().find(|(pattern, ..)| ends_with(words, pattern))
    {
        return Some(found(said, help));
    }
    let statement = &words[begins.min(words.len())..];
    let verb = |wanted: &str| statement.first().is_some_and(|first| first.is(wanted));
    if text != Text::Value && statement.len() == 1 {
        match last {
            Word::Bare(word) if text == Text::Script && ["grant", "revoke"].contains(&word.as_str()) => {
                return Some(found(&word.to_uppercase(), ROLES));
            }
            Word::Bare(word) if text == Text::Script && word == "declare" => {
                return Some(found("DECLARE", CURSOR));
            }
            Word::Bare(word) if ["copy", "load"].contains(&word.as_str()) => {
                return Some(found(&word.to_uppercase(), SERVER));
            }
            _ => {}
        }
    }
    if let Some(name) = last.name() {
        let known = WORDS.iter().find(|(known, _)| *known == name).map(|(_, help)| *help);
        if let Some(help) = known.or_else(|| readers::view(name)) {
            return Some(found(name, help));
        }
    }
    if writes_catalog(words) {
        return Some(found(last.name().unwrap_or_default(), CATALOG));
    }
    if let (Word::Open, Some(name)) = (last, before(1).and_then(Word::name)) {
        let of_cron = before(2) == Some(&Word::Dot) && before(3).and_then(Word::name) == Some("cron");
        let help = if of_cron { Some(TEXTS) } else { readers::function(name) };
        if let Some(help) = help {
            return Some(found(name, help));
        }
    }
    if let Some(found) = created(statement, text) {
        return Some(found);
    }
    if is_language(statement) && !LANGUAGES.contains(&language(last).as_str()) {
        let help = "write it in `sql` or `plpgsql`, in which tables can be seen here";
        return Some(found("LANGUAGE", help));
    }
    if let Word::Bare(word) = last {
        if text == Text::Script && verb("drop") && statement.len() == 2 && DROPPED.contains(&word.as_str()) {
            return Some(found(&format!("DROP {}", word.to_uppercase()), STATED));
        }
        if ["rename", "inherit", "attach"].contains(&word.as_str()) && verb("alter") {
            return Some(found(&word.to_uppercase(), RENAMED));
        }
        if word == "using" && verb("alter") {
            let help =
                "change the type in the source, and fill a new column by `UPDATE`, whose labels are known";
            return Some(found("ALTER … USING", help));
        }
        if word == "leakproof" && (verb("create") || verb("alter")) && !before(1).is_some_and(|w| w.is("not"))
        {
            return Some(found("LEAKPROOF", ROWS));
        }
        if word == "authorization" && verb("create") {
            return Some(found("AUTHORIZATION", ROLES));
        }
        if word == "program" && verb("copy") {
            return Some(found("COPY … PROGRAM", SERVER));
        }
    }
    if let Some(name) = last.name()
        && (TRIGGERS.contains(&name) || kept.tenant == Some(name))
        && (verb("create") || verb("alter") || verb("drop"))
        && changes(statement, name, kept)
    {
        return Some(found(name, ROWS));
    }
    let own = |schema: Option<&str>| schema.filter(|schema| kept.keeps(schema)).map(str::to_owned);
    let schema = match last {
        Word::Dot => own(before(1).and_then(Word::name)),
        _ if before(1).is_some_and(|word| word.is("schema")) => own(last.name()),
        _ => None,
    };
    if let Some(schema) = schema {
        let help = "what stands in this schema is the compiler's own; leave it out";
        return Some(Found { words: schema, help });
    }
    // `EXECUTE` in a body takes a text, and only one that stands there can be read.
    if text == Text::Body {
        let is_literal = matches!(before(1), Some(Word::Text(_)))
            && before(2).is_some_and(|word| word.is("execute"))
            && !(*last == Word::End || ["into", "using", "loop"].iter().any(|follows| last.is(follows)));
        let is_put_together = before(1).is_some_and(|word| word.is("execute"))
            && !matches!(last, Word::Text(_))
            && !["function", "procedure", "on"].iter().any(|word| last.is(word));
        if is_literal || is_put_together {
            return Some(found("EXECUTE", TEXTS));
        }
    }
    None
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

/// Whether a name follows that is written by the numbers of its letters: `U&"\0061"`.
fn is_coded(tokens: &[TokenWithSpan]) -> bool {
    let [u, ampersand, name, ..] = tokens else { return false };
    match [&u.token, &ampersand.token, &name.token] {
        [Token::Word(u), Token::Ampersand, Token::Word(name)] => {
            u.quote_style.is_none() && u.value.eq_ignore_ascii_case("u") && name.quote_style.is_some()
        }
        _ => false,
    }
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
