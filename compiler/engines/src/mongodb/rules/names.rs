//! Names that MongoDB takes, of collections and of fields.

use foldhash::{HashSet, HashSetExt};

use crate::mongodb::lower::collection;
use crate::mongodb::print::promote::SEALS;
use polity_govern::Stored;
use polity_model::{Entity, Field, Store, Type, TypeKind, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0613;

/// The longest `database.collection` of a sharded collection, in bytes.
/// <https://www.mongodb.com/docs/manual/reference/limits/#mongodb-limit-Length-of-Restricted-Fields>
const LONGEST_NAMESPACE: usize = 235;
/// The longest name of a database, in bytes.
const LONGEST_DATABASE: usize = 63;

pub(super) fn names(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let databases = databases(platform, store);
    for name in &databases {
        database(store, name, found);
    }
    let longest = longest_collection(platform, store);
    let mut seen = HashSet::new();
    for entity in platform.entities_in(store.id) {
        collection_name(entity, longest, found);
        for (id, field) in entity.fields() {
            field_name(field, &collection::field_name(platform, entity, id), found);
            inner(platform, store, &field.ty, &mut seen, found);
        }
    }
}

/// How many bytes the name of a collection may have, beside that of its database.
pub(super) fn longest_collection(platform: &Stored, store: &Store) -> usize {
    let databases = databases(platform, store);
    let database = databases.iter().map(|(name, _)| name.len()).max().unwrap_or(LONGEST_DATABASE);
    // A name that is too long itself was judged before, and takes nothing from the collections.
    LONGEST_NAMESPACE.saturating_sub(database.min(LONGEST_DATABASE) + 1)
}

/// In the base and in every environment.
fn databases(platform: &Stored, store: &Store) -> Vec<(String, polity_text::source::Span)> {
    let environments = platform.environments.iter().map(|e| Some(e.id));
    let mut all = Vec::new();
    for environment in std::iter::once(None).chain(environments) {
        if let Some(setting) = platform.settings_of(store.id, environment).get("database")
            && let Value::Text(name) = &setting.value
        {
            let entry = (name.to_string(), setting.value_span);
            if !all.contains(&entry) {
                all.push(entry);
            }
        }
    }
    all
}

fn database(store: &Store, (name, span): &(String, polity_text::source::Span), found: &mut Vec<Diagnostic>) {
    let odd = |c: char| c.is_control() || "/\\. \"$*<>:|?".contains(c);
    let wrong = if name.is_empty() || name.len() > LONGEST_DATABASE {
        Some(format!("it must have 1 to {LONGEST_DATABASE} bytes"))
    } else if let Some(letter) = name.chars().find(|c| odd(*c)) {
        Some(format!("`{}` may not be in it", letter))
    } else {
        ["admin", "config", "local"].contains(&name.as_str()).then(|| "it is MongoDB's own".to_owned())
    };
    if let Some(wrong) = wrong {
        found.push(
            Diagnostic::new(
                E0613,
                *span,
                format!("the database of `{}` cannot have this name", store.named.name),
            )
            .here(wrong)
            .help("for example `shop_main`"),
        );
    }
}

/// `longest` is what the namespace leaves of it beside the database's name.
fn collection_name(entity: &Entity, longest: usize, found: &mut Vec<Diagnostic>) {
    let name = entity.named.stored.as_str();
    // What a file system, a shell or a reader could take for something else is left out as well: the validator is in
    // a file of that name.
    let odd = |c: char| !c.is_alphanumeric() && !"_-.".contains(c);
    let wrong = if name.is_empty() || name.len() > longest {
        Some(format!("with its database's name it must have {LONGEST_NAMESPACE} bytes at most"))
    } else if name.starts_with("system.") {
        Some("`system.` is MongoDB's own".to_owned())
    } else if name == SEALS {
        Some("the scripts that move tenants keep their seals there".to_owned())
    } else if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        Some("it must begin with a letter".to_owned())
    } else {
        name.chars().find(|c| odd(*c)).map(|letter| format!("`{}` may not be in it", letter))
    };
    if let Some(wrong) = wrong {
        found.push(
            Diagnostic::new(
                E0613,
                entity.named.span,
                format!("the collection of `{}` cannot have this name", entity.named.name),
            )
            .here(wrong)
            .help("letters, digits, `_`, `-` and `.` make a name"),
        );
    }
}

fn inner(
    platform: &Stored,
    store: &Store,
    ty: &Type,
    seen: &mut HashSet<polity_model::StructId>,
    found: &mut Vec<Diagnostic>,
) {
    let mut ty = ty;
    while let TypeKind::List(element) | TypeKind::Map(element) = &ty.kind {
        ty = element;
    }
    if let TypeKind::Struct(id) = ty.kind
        && seen.insert(id)
    {
        for field in &platform[id].fields {
            field_name(field, &platform.stored_name(store.id, &field.named), found);
            inner(platform, store, &field.ty, seen, found);
        }
    }
}

fn field_name(field: &Field, name: &str, found: &mut Vec<Diagnostic>) {
    let wrong = if name.is_empty() {
        Some("it is empty".to_owned())
    } else if let Some(letter) = name.chars().find(|c| matches!(c, '.' | '$' | '\0')) {
        // MongoDB stores dots and dollars, but no index, filter or validator can name such a field.
        Some(format!("`{}` may not be in it", letter))
    } else if name.bytes().all(|b| b.is_ascii_digit()) {
        Some("a path would take it for a place in a list".to_owned())
    } else {
        ["__proto__", "_fts", "_ftsx", "_textLanguage"]
            .contains(&name)
            .then(|| "it means something else to MongoDB or its shell".to_owned())
    };
    if let Some(wrong) = wrong {
        found.push(
            Diagnostic::new(
                E0613,
                field.named.span,
                format!("MongoDB cannot store `{}` under this name", field.named.name),
            )
            .here(wrong)
            .help("give it another with `as \"…\"`"),
        );
    }
}
