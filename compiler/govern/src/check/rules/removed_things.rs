//! Whatever holds data and is gone from the source is said to be removed.

use std::collections::BTreeSet;

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1902;

/// An entity or a field that was sealed, and that the source neither has, nor calls otherwise, nor says to be removed.
pub fn removed_things(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let things = &platform.history.model.things;
    if things.is_empty() {
        return;
    }
    let removed = |path: &str| {
        platform.removed.iter().any(|one| one.path == path || path.ends_with(&format!(".{}", one.path)))
    };
    let mut known: BTreeSet<String> = BTreeSet::new();
    for entity in &platform.entities {
        let path = platform.entity_path(entity.id);
        let place = path.split_once('.').map_or("", |(place, _)| place);
        let before = entity.named.path_before(place).unwrap_or_default();
        // Fields of a renamed entity were sealed below its old name.
        for of in [&path, &before] {
            for field in &entity.fields {
                known.insert(format!("{of}.{}", field.named.name));
                known.extend(field.named.was.iter().map(|(was, _)| format!("{of}.{was}")));
            }
        }
        known.extend([path, before]);
    }
    for path in things.keys().filter(|path| !path.starts_with("struct ")) {
        let whole =
            path.rsplit_once('.').filter(|(whole, _)| things.contains_key(*whole)).map(|(whole, _)| whole);
        if known.contains(path.as_str()) || removed(path) || whole.is_some_and(&removed) {
            continue;
        }
        // A table that is gone says it of all its columns.
        if whole.is_some_and(|whole| !known.contains(whole)) {
            continue;
        }
        found.push(gone(platform, path, whole));
    }
}

fn gone(platform: &Governed, path: &str, whole: Option<&str>) -> Diagnostic {
    let name = path.rsplit('.').next().unwrap_or(path);
    let message = format!("`{path}` was sealed and is gone from the source");
    let entity =
        platform.entities.iter().find(|entity| Some(platform.entity_path(entity.id).as_str()) == whole);
    let said = match whole {
        Some(_) => format!("removed {name} because \"…\""),
        None => format!("removed entity {path} because \"…\""),
    };
    let diagnostic = match entity.map(|entity| entity.named.span).or(platform.span) {
        Some(span) => Diagnostic::new(E1902, span, message),
        None => Diagnostic::global(E1902, message),
    };
    diagnostic.note("the stores hold what was written to it").help(format!(
        "say `{said}` in its place or, where it has another name now, `was {name}` behind that"
    ))
}
