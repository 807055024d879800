//! Whatever is said to be removed was there.

use crate::Governed;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E1908;

/// A line about an entity or a field that is removed, of which nothing was ever sealed.
pub fn removed_unknown(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let sealed = &platform.history.model;
    if sealed.things.is_empty() {
        return;
    }
    for one in &platform.removed {
        let is_it = |path: &str| path == one.path || path.ends_with(&format!(".{}", one.path));
        let before = before(platform, &one.path);
        let was_there = sealed.things.keys().any(|path| is_it(path) || before.as_deref() == Some(path));
        if !matches!(&*one.what, "entity" | "field") || was_there || sealed.removed.contains_key(&one.path) {
            continue;
        }
        let message = format!("`{}` is removed, and was never sealed", one.path);
        found.push(Diagnostic::new(E1908, one.span, message).help("remove the line, or mend the name"));
    }
}

/// The path that a field had when its entity was called otherwise.
fn before(platform: &Governed, path: &str) -> Option<String> {
    let (whole, field) = path.rsplit_once('.')?;
    let entity = platform.entities.iter().find(|entity| platform.entity_path(entity.id) == whole)?;
    let place = whole.split_once('.').map_or("", |(place, _)| place);
    Some(format!("{}.{field}", entity.named.path_before(place)?))
}
