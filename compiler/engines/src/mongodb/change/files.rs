//! The files of migrations, as mongosh runs them: those that were sealed, and the open one.
//!
//! | file | holds |
//! |---|---|
//! | `migrations/V0003__phones.js` | a migration of one file |
//! | `migrations/V0003.20__phones_expand.js` | one of several files, in their order |
//! | `migrations/admin/V0003__phones.js` | what an administrator runs before |
//! | `open/20_expand.js` | a file of the change that is not sealed yet; nobody runs it |

use serde_json::{Value as Json, json};

use super::super::lower::encryption::{Mode, mode};
use super::super::print::place;
use crate::artifact::Artifacts;
use crate::change::Phase;
use crate::change::scripts::{id, in_order, parts, target};
use polity_govern::Stored;
use polity_govern::check::Valid;
use polity_model::Store;
use polity_model::history::SealedStore;
use polity_text::quoting::javascript;

/// Adds the files of the migrations of a store of which something was sealed.
pub(in crate::mongodb) fn emit(valid: &Valid, store: &Store, artifacts: &mut Artifacts) {
    let folder = &store.named.name;
    let Some(place) = valid.history.places.get(folder) else { return };
    let mut earlier: Vec<String> = Vec::new();
    for migration in &place.migrations {
        for (file, text) in in_order(migration) {
            let id = id(migration, file);
            let (number, name) = (migration.number, &migration.name);
            let about = format!("Sealed as {number}, {name}.");
            let target = target(migration, file);
            let fills = parts(file).1.starts_with(Phase::Backfill.word());
            let path = format!("{folder}/{target}");
            let script = framed(valid, store, &about, &path, (&id, &earlier), (text, fills));
            artifacts.add(format!("{folder}/{target}"), script);
            earlier.push(id);
        }
    }
    for file in super::change(valid, store).files {
        let target = format!("{folder}/open/{}", file.name);
        let script = framed(valid, store, OPEN, &target, (&file.name, &earlier), (&file.text, false));
        artifacts.add(target, script);
        earlier.push(file.name);
    }
}

const OPEN: &str = "Not sealed: `polity seal NAME` makes it a migration. Nobody runs it before.";

/// Returns what a database keeps of the migrations that it ran, once all did that were sealed; `None` where nothing was.
pub(in crate::mongodb) fn ledger(platform: &Stored, store: &Store) -> Option<Json> {
    let place: &SealedStore = platform.history.places.get(&store.named.name)?;
    let ids = |migration| in_order(migration).map(move |(file, _)| id(migration, file));
    Some(place.migrations.iter().flat_map(ids).collect())
}

/// A script of its own around the calls of a file.
fn framed(
    valid: &Valid,
    store: &Store,
    about: &str,
    file: &str,
    (id, earlier): (&str, &[String]),
    (body, fills): (&str, bool),
) -> String {
    let earlier: Vec<&str> = earlier.iter().map(String::as_str).collect();
    let mut values = place::header(valid, store);
    values.extend([
        ("about".to_owned(), json!(about)),
        ("file".to_owned(), json!(file)),
        ("migration".to_owned(), json!(javascript::literal(&json!(id)))),
        ("earlier".to_owned(), json!(javascript::texts(&earlier))),
        ("is_queryable".to_owned(), json!(mode(valid, store.id) == Some(Mode::Queryable))),
        ("fills".to_owned(), json!(fills)),
        ("body".to_owned(), json!(indented(body))),
    ]);
    polity_templates::render(polity_templates::mongodb::CHANGE, values)
}

/// The lines of a text as they stand in a function. No text of JavaScript goes over several lines.
fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
