//! A renamed thing is known by its first name, so no two things have the same one.

use foldhash::{HashMap, HashMapExt};

use indexmap::IndexMap;

use crate::Governed;
use polity_model::Named;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0215;

/// Two entities of a schema, or two fields of an entity or a record, that were one thing by what `was` says. The ids of
/// their ciphertexts would be the same.
pub fn first_names(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let was_renamed = |named: &Named| named.was.is_some();
    let mut places: Vec<Vec<&Named>> = Vec::new();
    if platform.entities.iter().any(|entity| was_renamed(&entity.named)) {
        let mut of_place: IndexMap<_, Vec<&Named>> = IndexMap::new();
        for entity in &platform.entities {
            of_place.entry((entity.schema, entity.store)).or_default().push(&entity.named);
        }
        places.extend(of_place.into_values());
    }
    let fields =
        platform.entities.iter().map(|e| &e.fields).chain(platform.structs.iter().map(|s| &s.fields));
    let renamed = fields.filter(|fields| fields.iter().any(|field| was_renamed(&field.named)));
    places.extend(renamed.map(|fields| fields.iter().map(|field| &field.named).collect::<Vec<_>>()));
    for all in places {
        let mut first: HashMap<&str, &Named> = HashMap::new();
        for named in all {
            let Some(other) = first.insert(named.first_name(), named) else { continue };
            let (renamed, other) = if named.was.is_some() { (named, other) } else { (other, named) };
            let Some((name, span)) = &renamed.was else { continue };
            found.push(
                Diagnostic::new(
                    E0215,
                    *span,
                    format!("`{}` and `{}` were both `{name}`", other.name, renamed.name),
                )
                .also(other.span, "the other one")
                .help("one of them is new: say `was` of the other only, and give the new one another name"),
            );
        }
    }
}
