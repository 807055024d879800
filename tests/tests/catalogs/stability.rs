//! One change of the source is one change of the catalog.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value as Json;

use super::edits::{self, Lines};
use super::{Objects, catalogs};
use polity::{Options, Sources};
use polity_tests::project::example_sources;

/// The name of everything that is added.
const ADDED: &str = "polity_added";

/// An example, and what comes of it as it stands.
struct Example {
    name: &'static str,
    sources: Sources,
    catalogs: BTreeMap<String, Objects>,
    written: Vec<(String, String)>,
}

static EXAMPLES: LazyLock<[Example; 2]> = LazyLock::new(|| {
    ["ismail", "spotify-ai-agent"].map(|name| {
        let sources = example_sources(name);
        Example { name, catalogs: catalogs(&sources), written: written(&sources), sources }
    })
});

#[derive(Debug, Clone, Copy)]
enum Addition {
    Field,
    Check,
    Index,
    Entity,
    View,
    Service,
}

const ADDITIONS: [Addition; 6] =
    [Addition::Field, Addition::Check, Addition::Index, Addition::Entity, Addition::View, Addition::Service];

/// Adds something at a place that `pick` chooses.
fn add(files: &mut [Lines], what: Addition, pick: [Index; 3]) {
    let schemas = edits::schemas(files, "main");
    let schemas: Vec<_> =
        schemas.into_iter().filter(|schema| !edits::entities(files, *schema).is_empty()).collect();
    let schema = *pick[0].get(&schemas);
    let entities = edits::entities(files, schema);
    let entity = *pick[1].get(&entities);
    let field = edits::first_field(files, entity).to_owned();
    let lines = &files[entity.file].lines;
    let name = |line: &str| line.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let path = format!(
        "{}.{}",
        name(&lines[schema.first]),
        name(lines[entity.first].trim_start().trim_start_matches("global "))
    );
    let places = edits::places(files, entity);
    let (at, line) = match what {
        Addition::Field => (*pick[2].get(&places), format!("    {ADDED}: int?")),
        Addition::Check => (*pick[2].get(&places), format!("    check {ADDED} ({field} is not null)")),
        Addition::Index => (*pick[2].get(&places), format!("    index {ADDED} ({field})")),
        Addition::Entity => {
            (schema.first + 1, format!("  entity PolityAdded as \"{ADDED}\" {{ id: uuid key; n: int }}"))
        }
        Addition::View => (
            schema.first + 1,
            format!("  view PolityAdded as \"{ADDED}\" {{ sql \"\"\"select 1 as one\"\"\"; one: int }}"),
        ),
        // It reads nothing, for which the examples ask for a purpose.
        Addition::Service => (schema.first, format!("service {ADDED} {{ append {path} }}")),
    };
    files[entity.file].lines.insert(at, line);
}

/// The objects that differ, each as `store: object`, unless they mention what was added.
fn unrelated(before: &BTreeMap<String, Objects>, after: &BTreeMap<String, Objects>) -> Vec<String> {
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let mut found = Vec::new();
    for (place, old) in before {
        let new = &after[place];
        let differs = |id| old.get(id) != new.get(id);
        let ids = old.keys().chain(new.keys().filter(|id| !old.contains_key(id)));
        for id in ids.filter(|id| differs(id)) {
            let shown = new.get(id).map_or(String::new(), ToString::to_string);
            if !shown.contains(ADDED) {
                found.push(format!("{place}: {id:?}\n{:?}\n{shown}", old.get(id)));
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn what_is_added_changes_what_lists_it(pick in any::<[Index; 3]>(), what in 0..ADDITIONS.len()) {
        for Example { name, sources, catalogs: before, .. } in &*EXAMPLES {
            let mut files = edits::lines(sources);
            add(&mut files, ADDITIONS[what], pick);
            let after = catalogs(&edits::sources(&files));
            let found = unrelated(before, &after);
            prop_assert!(found.is_empty(), "{name}, {:?}:\n{}", ADDITIONS[what], found.join("\n"));
            prop_assert!(*before != after, "{name}, {:?}: nothing is added", ADDITIONS[what]);
        }
    }

    #[test]
    fn order_says_nothing(picks in prop::collection::vec(any::<[Index; 3]>(), 1..6)) {
        for Example { name, sources, catalogs: before, written: files_before } in &*EXAMPLES {
            let mut files = edits::lines(sources);
            for pick in &picks {
                reorder(&mut files, *pick);
            }
            let reordered = edits::sources(&files);
            let after = catalogs(&reordered);
            for (place, old) in before {
                prop_assert!(*old == after[place], "{name}, {place}:\n{}", difference(old, &after[place]));
            }
            prop_assert_eq!(files_before, &written(&reordered), "{}", name);
        }
    }
}

/// A person reads the file of a catalog in a review. The body of the function that writes into a trail, and the query of
/// the view of rows that are not deleted, are a line each.
#[test]
fn an_added_field_is_a_short_diff_of_the_file() {
    let before = example_sources("ismail");
    for (entity, most) in [("UserSession", 12), ("User", 15)] {
        let mut files = edits::lines(&before);
        let entities =
            edits::schemas(&files, "main").into_iter().flat_map(|schema| edits::entities(&files, schema));
        let head = format!("entity {entity} ");
        let is_it = |block: &edits::Block| files[block.file].lines[block.first].contains(&head);
        let block = entities.into_iter().find(is_it).expect("ISMAIL has it");
        files[block.file].lines.insert(block.first + 1, format!("    {ADDED}: int?"));
        let text = |sources: &Sources| {
            let objects: Vec<Json> = catalogs(sources)["main"].values().cloned().collect();
            serde_json::to_string_pretty(&objects).expect("objects are JSON")
        };
        let (old, new) = (text(&before), text(&edits::sources(&files)));
        let mut lines: BTreeMap<&str, i32> = BTreeMap::new();
        new.lines().for_each(|line| *lines.entry(line).or_default() += 1);
        old.lines().for_each(|line| *lines.entry(line).or_default() -= 1);
        let changed: Vec<_> = lines.into_iter().filter(|(_, times)| *times != 0).collect();
        let count: i32 = changed.iter().map(|(_, times)| times.abs()).sum();
        assert!((1..=most).contains(&count), "{count} lines: {changed:#?}");
    }
}

/// The files that are written, each by the hash of what is in it.
fn written(sources: &Sources) -> Vec<(String, String)> {
    let artifacts = polity::compile(sources, &Options::default()).artifacts.expect("no error stands");
    let hash = |bytes: &[u8]| {
        let mut hasher = std::hash::DefaultHasher::new();
        std::hash::Hash::hash(bytes, &mut hasher);
        std::hash::Hasher::finish(&hasher).to_string()
    };
    artifacts.iter().map(|(path, bytes)| (path.to_owned(), hash(bytes))).collect()
}

/// Swaps two entities of a schema, two lines of an entity that are no fields, or two services or tenants; and gives the
/// file another name, by which files are sorted.
fn reorder(files: &mut [Lines], pick: [Index; 3]) {
    let swap = |files: &mut [Lines], blocks: Vec<edits::Block>| {
        if blocks.len() > 1 {
            let (one, other) = (*pick[1].get(&blocks), *pick[2].get(&blocks));
            if one != other {
                let (one, other) = (edits::with_comments(files, one), edits::with_comments(files, other));
                edits::swap(files, one, other);
            }
        }
    };
    let schemas = edits::schemas(files, "main");
    let schema = *pick[0].get(&schemas);
    let entities = edits::entities(files, schema);
    swap(files, entities);
    for word in ["service ", "tenant "] {
        let blocks = edits::blocks(files, |line| line.starts_with(word));
        let file = blocks.first().map(|block| block.file);
        swap(files, blocks.into_iter().filter(|block| Some(block.file) == file).collect());
    }
    let schema = *pick[1].get(&edits::schemas(files, "main"));
    let entities = edits::entities(files, schema);
    if !entities.is_empty() {
        let entity = *pick[2].get(&entities);
        let is_part =
            |line: &str| ["index ", "check "].iter().any(|word| line.trim_start().starts_with(word));
        let whole = |line: &str| is_part(line) && line.matches('(').count() == line.matches(')').count();
        let places = edits::places(files, entity).into_iter();
        let places: Vec<usize> = places.filter(|at| whole(&files[entity.file].lines[*at])).collect();
        if let (Some(first), Some(last)) = (places.first(), places.last()) {
            files[entity.file].lines.swap(*first, *last);
        }
    }
    let at = pick[0].index(files.len());
    files[at].path = format!("z{}", files[at].path);
}

/// Returns the objects that differ, in both forms.
fn difference(old: &Objects, new: &Objects) -> String {
    let ids = old.keys().chain(new.keys()).filter(|id| old.get(*id) != new.get(*id));
    let shown: Vec<String> =
        ids.take(3).map(|id| format!("{id:?}\n  {:?}\n  {:?}", old.get(id), new.get(id))).collect();
    shown.join("\n")
}
