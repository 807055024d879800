//! How many of a kind there may be. What follows holds some of them against each other, so that each limit bounds what a
//! source can ask for; all are far beyond what anybody writes.

use std::collections::BTreeMap;

use super::ast::{Body, ClauseKind, Item, ItemKind, ModifierKind, Statement, Tree, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0333, E0335};
use polity_text::source::Span;

/// Fields, settings and clauses of one block.
const LINES: usize = 2_000;
/// Records in records; what names of structs make of one another is counted when they are known.
pub const RECORDS: usize = 32;
const ENUM_VALUES: usize = 5_000;
/// Entities with `subject`.
const PERSONS: usize = 50;
/// Fields with `encrypted`.
const ENCRYPTED: usize = 5_000;
/// Targets of one reference.
const ARMS: usize = 64;

/// The places where there is one too many of a kind.
pub fn excess(tree: &Tree) -> Vec<Diagnostic> {
    let mut counts = Counts::default();
    let items = tree.files.iter().flat_map(|file| &file.items);
    items.for_each(|item| counts.item(item));
    counts.found
}

#[derive(Default)]
struct Counts {
    /// The number found so far of each kind, such as `entities` or `encrypted fields`.
    items: BTreeMap<&'static str, usize>,
    found: Vec<Diagnostic>,
}

impl Counts {
    fn item(&mut self, item: &Item) {
        if let Some((kind, most)) = limit_of(&item.kind) {
            self.counted(item.span, kind, most);
        }
        match &item.kind {
            ItemKind::Schema { items, .. } => items.iter().for_each(|item| self.item(item)),
            ItemKind::Enum { values, .. } => {
                if let Some(value) = values.get(ENUM_VALUES) {
                    self.too_many(value.span, &format!("an enum has more than {ENUM_VALUES} values"));
                }
            }
            ItemKind::Type { ty, .. } | ItemKind::Tenancy { ty, .. } => self.ty(ty, 0),
            ItemKind::Platform { body, .. }
            | ItemKind::Store { body, .. }
            | ItemKind::Entity { body, .. }
            | ItemKind::Struct { body, .. }
            | ItemKind::View { body, .. }
            | ItemKind::AuditLog { body, .. }
            | ItemKind::Keyspace { body, .. }
            | ItemKind::Channel { body, .. }
            | ItemKind::Tier { body, .. }
            | ItemKind::Tenant { body, .. }
            | ItemKind::EncryptionKey { body, .. }
            | ItemKind::Policy { body, .. }
            | ItemKind::Service { body, .. }
            | ItemKind::Rust { body }
            | ItemKind::UsePolicy { body: Some(body), .. } => self.body(body, 0),
            ItemKind::UsePolicy { body: None, .. }
            | ItemKind::SqlAfter { .. }
            | ItemKind::SqlOnce { .. }
            | ItemKind::Sequence { .. }
            | ItemKind::Label { .. }
            | ItemKind::Purpose { .. }
            | ItemKind::Waive { .. }
            | ItemKind::Backfill { .. }
            | ItemKind::Removed(_)
            | ItemKind::Unmanaged { .. }
            | ItemKind::Accept { .. }
            | ItemKind::Broken { .. } => {}
        }
    }

    /// One more of a kind; only the first too many is told.
    fn counted(&mut self, at: Span, kind: &'static str, most: usize) {
        let count = self.items.entry(kind).or_default();
        *count += 1;
        if *count == most + 1 {
            self.too_many(at, &format!("the project has more than {most} {kind}"));
        }
    }

    /// `depth`: how many records are around it.
    fn body(&mut self, body: &Body, depth: usize) {
        if let Some(line) = body.statements.get(LINES) {
            self.too_many(line.span, &format!("a block has more than {LINES} fields, settings and clauses"));
        }
        for stated in &body.statements {
            match &stated.kind {
                Statement::Field(field) => {
                    self.ty(&field.ty, depth);
                    if field.modifiers.iter().any(|one| matches!(one.kind, ModifierKind::Encrypted { .. })) {
                        self.counted(stated.span, "encrypted fields", ENCRYPTED);
                    }
                }
                Statement::Clause(clause) if matches!(clause.kind, ClauseKind::Subject) => {
                    self.counted(stated.span, "kinds of persons", PERSONS);
                }
                Statement::Clause(_) | Statement::Setting(_) | Statement::Broken => {}
            }
        }
    }

    fn ty(&mut self, ty: &Type, depth: usize) {
        match &ty.kind {
            TypeKind::Reference(arms) => {
                if let Some(arm) = arms.get(ARMS) {
                    self.too_many(arm.path.span, &format!("a reference leads to more than {ARMS} entities"));
                }
            }
            TypeKind::Map(element) => self.ty(element, depth),
            TypeKind::Record(_) if depth == RECORDS => self.found.push(
                Diagnostic::new(E0333, ty.span, format!("more than {RECORDS} records hold one another here"))
                    .help("hold it as `json`, or in an entity that this one refers to"),
            ),
            TypeKind::Record(body) => self.body(body, depth + 1),
            TypeKind::Named { .. } | TypeKind::Broken => {}
        }
    }

    fn too_many(&mut self, at: Span, what: &str) {
        self.found.push(
            Diagnostic::new(E0335, at, format!("{what}; this is the first beyond")).help(
                "make two platforms of it, or say it with fewer: `polity explain E0335` names the limits",
            ),
        );
    }
}

/// How many of its kind a project may have; `None` for what is counted elsewhere, or takes next to nothing.
fn limit_of(kind: &ItemKind) -> Option<(&'static str, usize)> {
    Some(match kind {
        ItemKind::Entity { .. } => ("entities", 15_000),
        ItemKind::Struct { .. } => ("structs", 15_000),
        ItemKind::Enum { .. } => ("enums", 15_000),
        ItemKind::Type { .. } => ("types", 15_000),
        ItemKind::Store { .. } => ("stores", 100),
        ItemKind::Schema { .. } => ("schemas", 1_000),
        ItemKind::View { .. } => ("views", 5_000),
        ItemKind::SqlAfter { .. } | ItemKind::SqlOnce { .. } => ("scripts", 2_000),
        ItemKind::AuditLog { .. } => ("audit logs", 200),
        ItemKind::Keyspace { .. } => ("keyspaces", 2_000),
        ItemKind::Channel { .. } => ("channels", 2_000),
        ItemKind::Tier { .. } => ("tiers", 50),
        ItemKind::Tenant { .. } => ("tenants", 5_000),
        ItemKind::Label { .. } => ("labels", 200),
        ItemKind::Purpose { .. } => ("purposes", 200),
        ItemKind::EncryptionKey { .. } => ("encryption keys", 500),
        ItemKind::Policy { .. } => ("policies", 200),
        ItemKind::UsePolicy { .. } => ("uses of policies", 200),
        ItemKind::Waive { .. } => ("waivers", 1_000),
        ItemKind::Unmanaged { .. } => ("objects that are not managed", 1_000),
        ItemKind::Service { .. } => ("services", 500),
        ItemKind::Platform { .. }
        | ItemKind::Sequence { .. }
        | ItemKind::Tenancy { .. }
        | ItemKind::Rust { .. }
        | ItemKind::Backfill { .. }
        | ItemKind::Removed(_)
        | ItemKind::Accept { .. }
        | ItemKind::Broken { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// Each kind that is counted, an item of it, and how many there may be.
    const KINDS: &[(&str, usize)] = &[
        ("entity E {}", 15_000),
        ("struct S {}", 15_000),
        ("enum A {}", 15_000),
        ("type T = int", 15_000),
        ("view V {}", 5_000),
        ("tenant t: row {}", 5_000),
        ("keyspace K in c {}", 2_000),
        ("channel C in c {}", 2_000),
        ("sql once \"a\" \"b\"", 2_000),
        ("schema s in m {}", 1_000),
        ("service s {}", 500),
        ("encryption key k {}", 500),
        ("audit log L {}", 200),
        ("label l", 200),
        ("purpose p basis consent", 200),
        ("policy p {}", 200),
        ("use policy p {}", 200),
        ("store s: redis 7 {}", 100),
        ("tier t {}", 50),
    ];

    #[test]
    fn the_first_beyond_is_told_and_no_other() {
        for (item, most) in KINDS {
            let source = format!("{item}\n").repeat(most + 2);
            let sources = Sources::single("a.polity", &source);
            let found = super::excess(&crate::parse(&sources).0);
            let places: Vec<u32> =
                found.iter().filter_map(|d| Some(d.primary.as_ref()?.span.start)).collect();
            let beyond = most * (item.len() + 1);
            assert_eq!(places, [u32::try_from(beyond).unwrap()], "{item}: {found:?}");
        }
    }

    #[test]
    fn five_thousand_fields_are_encrypted() {
        let entity = |fields: usize| {
            let fields = "a: text encrypted with k\n".repeat(fields);
            format!("entity E {{\n{fields}}}\n")
        };
        let told = |entities: usize, more: usize| {
            let sources = Sources::single("a.polity", &(entity(1_000).repeat(entities) + &entity(more)));
            super::excess(&crate::parse(&sources).0).len()
        };
        assert_eq!((told(4, 1_000), told(5, 1), told(5, 9)), (0, 1, 1));
    }
}
