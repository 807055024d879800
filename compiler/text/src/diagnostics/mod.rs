//! The compiler's messages about a source, and the registry of their codes.

pub mod codes;
mod help;
mod mend;
pub mod printable;
pub mod render;

use crate::source::Span;

pub use codes::Code;
pub use help::{Edit, Help, Near, did_you_mean, nearest};
pub use mend::{Mended, mend};

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
    /// The changes of the source that `help` proposes, to be made together; none where it proposes no text.
    pub edits: Vec<Edit>,
    /// Whether nothing else can have been meant, so that the edits may be made without asking.
    pub is_certain: bool,
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
            edits: Vec::new(),
            is_certain: false,
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
            edits: Vec::new(),
            is_certain: false,
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

    /// How to mend it. A help that proposes a text proposes it for the primary place.
    #[must_use]
    pub fn help(mut self, help: impl Into<Help>) -> Self {
        let Help { words, instead } = help.into();
        self.help = Some(words);
        if let (Some(text), Some(primary)) = (instead, &self.primary) {
            self.edits.push(Edit { span: primary.span, text });
        }
        self
    }

    /// A change that the help proposes: this place becomes `text`.
    #[must_use]
    pub fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }

    /// Nothing else can have been meant.
    #[must_use]
    pub fn certain(mut self) -> Self {
        self.is_certain = true;
        self
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
