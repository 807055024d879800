//! How to mend what is wrong: in words, and as changes of the source.

use crate::source::Span;

/// A change of the source: what stands at `span` becomes `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// Words that say how to mend something and, where they propose a text, that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    pub(super) words: String,
    /// The text that is proposed in place of what is wrong.
    pub(super) instead: Option<String>,
}

impl Help {
    /// "write `text`", for the place that is wrong.
    #[must_use]
    pub fn write(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { words: format!("write `{text}`"), instead: Some(text) }
    }

    /// `words`, which propose `text` for the place that is wrong.
    #[must_use]
    pub fn instead(text: impl Into<String>, words: impl Into<String>) -> Self {
        Self { words: words.into(), instead: Some(text.into()) }
    }

    /// Adds a remark behind the words.
    #[must_use]
    pub fn and(mut self, words: &str) -> Self {
        self.words.push_str(words);
        self
    }

    /// The words alone, for a place that is not the one that is wrong.
    #[must_use]
    pub fn into_words(self) -> String {
        self.words
    }
}

impl From<String> for Help {
    fn from(words: String) -> Self {
        Self { words, instead: None }
    }
}

impl From<&str> for Help {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

/// The nearest of `known` to `word`, if it is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    let word = word.to_lowercase();
    known
        .into_iter()
        // A cheap bound first: a word of a million letters is near to nothing.
        .filter(|k| k.chars().count().abs_diff(length) <= limit)
        .map(|k| (distance(&word, &k.to_lowercase()), k))
        .filter(|(distance, _)| *distance <= limit * 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// How far two words lie apart, in half letters: of two that lie equally far, the one that begins with the same letter is
/// nearer. So `dsc` is rather `desc` than `asc`.
fn distance(a: &str, b: &str) -> usize {
    let steps = strsim::osa_distance(a, b) * 2;
    let same_start = a.chars().next() == b.chars().next();
    steps.saturating_sub(usize::from(same_start))
}

/// The help that a word near to what was written makes, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near(Option<Help>);

impl Near {
    /// The help, or other words where nothing is near.
    #[must_use]
    pub fn unwrap_or_else<H: Into<Help>>(self, otherwise: impl FnOnce() -> H) -> Help {
        self.0.unwrap_or_else(|| otherwise().into())
    }

    /// Puts the text into quotes, for a word that is written as one.
    #[must_use]
    pub fn in_quotes(self) -> Self {
        let quoted = |help: Help| Help { instead: help.instead.map(|text| format!("\"{text}\"")), ..help };
        Self(self.0.map(quoted))
    }

    #[must_use]
    pub fn found(self) -> Option<Help> {
        self.0
    }
}

/// "did you mean `x`?", which proposes `x` for the place that is wrong.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Near {
    Near(nearest(word, known).map(|k| Help::instead(k, format!("did you mean `{k}`?"))))
}
