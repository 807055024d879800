//! Finds what SQL by hand must not say: who may do what is derived from the source, and a line of SQL in passing must
//! not undo it. The search looks into the bodies of functions and into texts that could be executed. A list of what is
//! refused can never be whole; it is against mistakes, and against what nobody can read.

mod listed;
mod newest;
mod readers;
#[cfg(test)]
mod tests;

use listed::{NUMBERS, OF_SETVAL, ROLES};
use newest::judge;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::written_sql::Measured;

/// The words that were found, and what to do instead.
#[derive(Debug)]
pub(super) struct Found {
    pub words: String,
    pub help: &'static str,
}

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
    let mut setval = Setval::default();
    for (at, TokenWithSpan { token, .. }) in tokens.iter().enumerate() {
        if is_coded(&tokens[at..]) {
            return Some(found("U&\"…\"", "write the name as it is"));
        }
        let Some((word, inner)) = word_of(token) else { continue };
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
        if setval.is_given_a_name(&words) {
            return Some(found("setval", NUMBERS));
        }
        let opens = |word: &Word| ["begin", "then", "else", "loop"].iter().any(|opening| word.is(opening));
        if words.last().is_some_and(|word| *word == Word::End || opens(word)) {
            begins = words.len();
        }
    }
    words.push(Word::End);
    let ended = judge(&words, begins, kept, text);
    ended.or_else(|| (text != Text::Script && gives_rights(&words)).then(|| found("GRANT", ROLES)))
}

/// The word that a token is, and the text in it, if it is one; `None` of a blank.
fn word_of(token: &Token) -> Option<(Word, Option<&str>)> {
    Some(match token {
        Token::Whitespace(_) | Token::EOF => return None,
        Token::Word(word) if word.quote_style.is_some() => (Word::Quoted(word.value.clone()), None),
        Token::Word(word) => (Word::Bare(word.value.to_lowercase()), None),
        Token::DollarQuotedString(text) => (Word::Text(text.value.clone()), Some(text.value.as_str())),
        Token::SingleQuotedString(text)
        | Token::EscapedStringLiteral(text)
        | Token::UnicodeStringLiteral(text)
        | Token::NationalStringLiteral(text) => (Word::Text(text.clone()), Some(text.as_str())),
        Token::Period => (Word::Dot, None),
        Token::LParen => (Word::Open, None),
        Token::RParen => (Word::Close, None),
        Token::SemiColon => (Word::End, None),
        _ => (Word::Other, None),
    })
}

/// The brackets that are open since that of `setval`.
#[derive(Default)]
struct Setval(usize);

impl Setval {
    /// Whether the newest word is a name inside of the brackets, which may stand for any row.
    fn is_given_a_name(&mut self, words: &[Word]) -> bool {
        match words {
            [.., Word::Open] if self.0 > 0 => self.0 += 1,
            [.., Word::Bare(name) | Word::Quoted(name), Word::Open] if name == "setval" => self.0 = 1,
            [.., Word::Close] if self.0 > 0 => self.0 -= 1,
            [.., Word::Bare(name)] if self.0 > 0 && OF_SETVAL.contains(&name.as_str()) => {}
            [.., Word::Bare(_) | Word::Quoted(_)] if self.0 > 0 => return true,
            _ => {}
        }
        false
    }
}

/// Whether a text grants or revokes. In a text, `grant` alone may be a word like another.
fn gives_rights(words: &[Word]) -> bool {
    let grants = |verb: &str, link: &str| {
        let at = words.iter().position(|word| word.is(verb));
        at.is_some_and(|verb| words[verb..].iter().any(|word| word.is(link)))
    };
    grants("grant", "to") || grants("revoke", "from")
}

fn found(words: &str, help: &'static str) -> Found {
    Found { words: words.to_owned(), help }
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
