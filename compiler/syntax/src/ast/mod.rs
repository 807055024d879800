//! The tree: what a person wrote, name for name and place for place, and nothing that was worked out from it.
//!
//! A statement that could not be read is kept as [`Statement::Broken`], already reported, so that whoever
//! looks for something missing knows that it may have been there.

mod clauses;
mod expressions;
mod fields;
mod values;

use smol_str::SmolStr;

use polity_text::source::{FileId, Span};

pub use clauses::*;
pub use expressions::*;
pub use fields::*;
pub use values::*;

/// Every file of a project.
#[derive(Debug, Default)]
pub struct Tree {
    pub files: Vec<File>,
}

#[derive(Debug)]
pub struct File {
    pub id: FileId,
    pub items: Vec<Item>,
}

impl File {
    /// The items of the file in their order; those of a schema stand in its place.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Item> {
        let mut leaves = Vec::new();
        let mut rest: Vec<&Item> = self.items.iter().rev().collect();
        while let Some(item) = rest.pop() {
            match &item.kind {
                ItemKind::Schema { items, .. } => rest.extend(items.iter().rev()),
                _ => leaves.push(item),
            }
        }
        leaves
    }
}

/// A word that names something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: SmolStr,
    pub span: Span,
}

/// `core.User.email`; always at least one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub names: Vec<Name>,
    pub span: Span,
}

/// A text literal, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub value: SmolStr,
    pub span: Span,
}

/// The lines of `///` before a thing, without the slashes and one leading blank, joined by newlines.
pub type Docs = SmolStr;

/// Something that stands at the top of a file or inside a schema.
#[derive(Debug)]
pub struct Item {
    pub docs: Docs,
    pub span: Span,
    pub kind: ItemKind,
}

#[derive(Debug)]
pub enum ItemKind {
    Platform {
        name: Name,
        body: Body,
    },
    Store {
        name: Name,
        engine: Name,
        version: Option<Text>,
        body: Body,
    },
    /// `schema core in main { … }`; `items` are those inside it.
    Schema {
        header: Header,
        items: Vec<Item>,
    },
    Entity {
        global: Option<Span>,
        header: Header,
        body: Body,
    },
    Enum {
        header: Header,
        values: Vec<Variant>,
        broken: bool,
    },
    Struct {
        header: Header,
        body: Body,
    },
    /// `type Sku = text(32) matches "…"`
    Type {
        header: Header,
        ty: Type,
        modifiers: Vec<Modifier>,
    },
    View {
        header: Header,
        materialized: Option<Materialized>,
        body: Body,
    },
    /// `sql after core.User """…"""`
    SqlAfter {
        after: Vec<Path>,
        sql: Text,
    },
    /// `sql once "name" """…"""`
    SqlOnce {
        name: Text,
        sql: Text,
    },
    Sequence {
        header: Header,
        from: Option<Literal>,
    },
    AuditLog {
        header: Header,
        body: Body,
    },
    Keyspace {
        global: Option<Span>,
        header: Header,
        body: Body,
    },
    Channel {
        global: Option<Span>,
        header: Header,
        body: Body,
    },
    Tenancy {
        column: Name,
        ty: Type,
    },
    Tier {
        name: Name,
        body: Body,
    },
    Tenant {
        name: Name,
        tier: Name,
        body: Body,
    },
    Label {
        name: Name,
        parents: Vec<Name>,
        title: Option<Text>,
    },
    EncryptionKey {
        name: Name,
        body: Body,
    },
    Policy {
        name: Name,
        title: Option<Text>,
        body: Body,
    },
    UsePolicy {
        name: Path,
        body: Option<Body>,
    },
    Waive {
        rule: Path,
        on: Path,
        until: Literal,
        because: Text,
    },
    Service {
        name: Name,
        body: Body,
    },
    /// `purpose orders "Carrying out what somebody ordered" basis contract`
    Purpose {
        name: Name,
        title: Option<Text>,
        basis: Option<Name>,
    },
    /// `rust { runtime: … }`: the generated crate.
    Rust {
        body: Body,
    },
    Backfill {
        field: Path,
        value: Expr,
    },
    Removed(Removed),
    /// `unmanaged "table core.legacy" in main because "…"`
    Unmanaged {
        object: Text,
        place: Option<Path>,
        because: Text,
    },
    /// `accept rewrite on core.User.age because "…"`
    Accept {
        risk: Name,
        on: Path,
        because: Text,
    },
    /// Could not be read; reported already. The words of its first line are kept, since one may be its name.
    Broken {
        words: Vec<SmolStr>,
    },
}

/// The parts between an item's keyword and its `{`.
#[derive(Debug)]
pub struct Header {
    pub name: Name,
    pub stored: Option<Text>,
    /// `in main`
    pub place: Option<Path>,
    /// `from documents.Product`
    pub from: Option<Path>,
    pub was: Option<Was>,
    pub labels: Vec<Name>,
    /// Whether a part could not be read, so that none may be reported as missing.
    pub incomplete: bool,
}

/// `was old_name` or `was "old stored name"`
#[derive(Debug, Clone)]
pub struct Was {
    pub name: SmolStr,
    pub span: Span,
}

/// `materialized refresh every 1h`
#[derive(Debug)]
pub struct Materialized {
    pub span: Span,
    pub every: Option<Literal>,
}

#[derive(Debug)]
pub struct Variant {
    pub docs: Docs,
    pub name: Name,
    pub stored: Option<Text>,
    pub was: Option<Was>,
    pub labels: Vec<Name>,
    pub span: Span,
    /// A `removed x because "…"` that stands in place of a value.
    pub removed: Option<Text>,
}

/// A `{ … }`.
#[derive(Debug, Default)]
pub struct Body {
    pub statements: Vec<Stated>,
    /// From `{` to `}`; absent for a body that a broken header lost.
    pub span: Option<Span>,
    /// Whether what could not be read may have been a field, so that no field may be reported as unknown.
    pub lost_fields: bool,
}

impl Body {
    /// Whether something in it could not be read, so that nothing may be reported as missing.
    #[must_use]
    pub fn broken(&self) -> bool {
        self.statements.iter().any(|s| matches!(s.kind, Statement::Broken))
    }
}

/// A statement with the comment that documents it.
#[derive(Debug)]
pub struct Stated {
    pub docs: Docs,
    pub span: Span,
    pub kind: Statement,
}

#[derive(Debug)]
pub enum Statement {
    /// `name: type modifiers`
    Field(Field),
    /// `name: value`
    Setting(Setting),
    Clause(Clause),
    Broken,
}

/// `removed entity User because "…"`, `removed nickname because "…"`
#[derive(Debug)]
pub struct Removed {
    /// `entity`, `keyspace`, …; absent for a field.
    pub what: Option<Name>,
    pub path: Path,
    pub because: Text,
}
