//! The benchmark's source: `n` entities, each with 12 scalar fields of mixed types, 2 references to earlier entities
//! and 3 indexes; one enum of 5 values for every 10 entities; 100 entities a file.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Result;

const PLATFORM: &str = "\
platform bench {
  environments: [dev, prod]
}

store main: postgres 15 {
  database: \"bench\"
}
";

const ENTITIES_PER_FILE: usize = 100;

/// The first line of an entity.
const KEY: &str = "    id:          uuid           key = uuid_v4()\n";

/// Writes the project into a folder, which it makes.
pub(super) fn write(n: usize, folder: &Path) -> Result {
    write_with(n, folder, "", |text| text)
}

/// Writes the project with a policy, and with labels on a tenth of the fields: on the title of each entity, and on the
/// amount of every third.
pub(super) fn write_governed(n: usize, folder: &Path, policy: &str) -> Result {
    write_with(n, folder, policy, |text| {
        let titled = text.replace("text(200)\n", "text(200)      #personal\n");
        let mut third = 0;
        let amounts = titled.split_inclusive("decimal(12, 2)\n").map(|part| {
            third += 1;
            let labelled =
                part.strip_suffix('\n').filter(|p| third % 3 == 1 && p.ends_with("decimal(12, 2)"));
            labelled.map_or_else(|| part.to_owned(), |part| format!("{part} #financial\n"))
        });
        amounts.collect()
    })
}

/// Writes the project after a change in a tenth of its entities: a field that may be absent, one with a default, or an index.
pub(super) fn write_changed(n: usize, folder: &Path) -> Result {
    write_with(n, folder, "", |text| {
        let entities = text.split_inclusive(KEY).enumerate().map(|(at, part)| match (at % 10, at / 10 % 3) {
            (1, 0) => format!("{part}    note:        text?\n"),
            (1, 1) => format!("{part}    seen_at:     timestamp      = now()\n"),
            (1, _) => format!("{part}    index (amount)\n"),
            _ => part.to_owned(),
        });
        entities.collect()
    })
}

fn write_with(n: usize, folder: &Path, policy: &str, edit: impl Fn(String) -> String) -> Result {
    let put = |name: String, text: &str| {
        let file = folder.join(name);
        fs::write(&file, text).map_err(|e| format!("cannot write {}: {e}", file.display()))
    };
    fs::create_dir_all(folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
    put("platform.polity".to_owned(), &format!("{PLATFORM}{policy}"))?;
    for first in (0..n).step_by(ENTITIES_PER_FILE) {
        let items: Vec<String> = (first..n.min(first + ENTITIES_PER_FILE)).flat_map(items).collect();
        let text = format!("schema app in main {{\n{}}}\n", items.join("\n"));
        put(format!("part{:04}.polity", first / ENTITIES_PER_FILE), &edit(text))?;
    }
    Ok(())
}

/// The entity `i`, behind its enum where a new one begins.
fn items(i: usize) -> Vec<String> {
    let mut items = Vec::new();
    if i.is_multiple_of(10) {
        items.push(format!("  enum {} {{ draft, pending, active, suspended, archived }}\n", status(i)));
    }
    let (parent, owner) = references(i);
    // The first can only refer to itself, which no row could satisfy if it were required.
    let optional = if i == 0 { "?" } else { "" };
    let mut text = String::new();
    let _ = write!(
        text,
        r#"  /// Business entity number {i}
  entity Entity{i:05} as "entity_{i:05}" {{
    id:          uuid           key = uuid_v4()
    code:        text(32)       unique
    title:       text(200)
    description: text?
    quantity:    int            = 0
    big_count:   bigint
    amount:      decimal(12, 2)
    rate:        decimal(8, 4)?
    active:      bool           = true
    payload:     json?
    created_at:  timestamp      = now()
    status:      {status} = draft
    parent_id:   -> Entity{parent:05}?
    owner_id:    -> Entity{owner:05}{optional}

    index (status, created_at)
    index (owner_id)
    index (parent_id)
  }}
"#,
        status = status(i),
    );
    items.push(text);
    items
}

/// The entities that entity `i` refers to, as its parent and as its owner.
pub(super) fn references(i: usize) -> (usize, usize) {
    if i == 0 { (0, 0) } else { ((i * 2_654_435_761 + 12345) % i, (i * 40503 + 977) % i) }
}

/// The enum that entity `i` uses.
pub(super) fn status(i: usize) -> String {
    format!("Status{:05}", i / 10)
}
