//! The compiler's messages about a source, and the registry of their codes.

pub mod codes;
pub mod printable;
pub mod render;

use crate::source::Span;

pub use codes::Code;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One thing that is wrong: what (`message`), where (`primary`, `others`), why it matters (`note`) and how to
/// mend it (`help`). Messages are lower case, without a full stop, with the user's text in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    pub message: String,
    /// `None` only where no place in the source is to blame (an empty project).
    pub primary: Option<Label>,
    pub others: Vec<Label>,
    pub note: Option<String>,
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic at `span`, with the severity that its code has in the registry.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Some(Label { span, text: String::new() }),
            others: Vec::new(),
            note: None,
            help: None,
        }
    }

    /// A diagnostic about the project as a whole.
    #[must_use]
    pub fn global(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: None,
            others: Vec::new(),
            note: None,
            help: None,
        }
    }

    /// The words drawn under the primary place.
    #[must_use]
    pub fn here(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = &mut self.primary {
            primary.text = text.into();
        }
        self
    }

    /// Another place that belongs to the story.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.others.push(Label { span, text: text.into() });
        self
    }

    /// Why it matters.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// How to mend it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
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
        .map(|k| (strsim::osa_distance(&word, &k.to_lowercase()), k))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k)
}

/// "did you mean `x`?" as a help, where something near is known.
#[must_use]
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|k| format!("did you mean `{k}`?"))
}
