//! Pairs of schemas: those of other tools, and a few of our own.

use std::path::Path;

use polity_catalog::relational::{Name, ObjectId};
use polity_engines::postgres_change::Renamed;
use serde_json::Value;

/// An older and a newer schema, as scripts.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    pub name: String,
    pub old: String,
    pub new: String,
    /// Rows of the older one.
    pub seed: String,
    /// The roles that both need.
    pub roles: Vec<String>,
    /// Whether it says that something is called otherwise.
    pub says_rename: bool,
    /// The things that are called otherwise, by the migration of the pair's own tool.
    pub renamed: Renamed,
}

impl Pair {
    /// Returns what a pair and its mirror have in common.
    pub fn of_both(&self) -> (&str, &str) {
        let (old, new) = (self.old.trim(), self.new.trim());
        if old <= new { (old, new) } else { (new, old) }
    }
}

/// Reads the pairs of other tools; `None` where nobody put them beside the project.
pub fn of_others() -> Option<Vec<Pair>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/pairs/pairs.json");
    let file = std::env::var_os("POLITY_PAIRS").map_or(file, Into::into);
    let text = std::fs::read_to_string(file).ok()?;
    let pairs: Vec<Value> = serde_json::from_str(&text).expect("it is a list");
    Some(pairs.iter().map(read).collect())
}

/// Returns the pairs that stand beside this file: two scripts each, parted by lines.
pub fn of_ours() -> Vec<Pair> {
    let pairs = include_str!("ours.sql").split("\n---- ").skip(1);
    let pair = |text: &str| {
        let (name, text) = text.split_once('\n').expect("it has a name");
        let mut parts = text.split("\n--> ");
        let mut part = || parts.next().and_then(|part| part.split_once('\n')).map_or("", |(_, part)| part);
        let (old, seed, new, up) = (part(), part(), part(), part());
        Pair {
            name: name.to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
            seed: seed.to_owned(),
            roles: Vec::new(),
            says_rename: !up.is_empty(),
            renamed: renamed(up),
        }
    };
    pairs.map(pair).collect()
}

fn read(pair: &Value) -> Pair {
    let text = |key: &str| pair[key].as_str().unwrap_or_default().to_owned();
    let (old, new, up) = (text("old"), text("new"), text("up"));
    let roles = pair["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Pair {
        name: format!("{} {}", text("src"), text("name")),
        seed: text("seed"),
        roles: roles.map(str::to_owned).collect(),
        says_rename: new.contains("@renamed"),
        renamed: renamed(&up),
        old,
        new,
    }
}

/// Reads the renames of a migration: `ALTER TABLE public.a RENAME TO b`, `… RENAME COLUMN x TO y`, `ALTER TYPE … RENAME VALUE …`.
fn renamed(migration: &str) -> Renamed {
    let (mut found, mut values): (Vec<(ObjectId, ObjectId)>, _) = (Vec::new(), Vec::new());
    for line in migration.lines() {
        let words = words(line.trim_end_matches(';'));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["ALTER", "TABLE", schema, ".", table, "RENAME", "TO", to] => {
                let (old, new) = (Name::new(schema, table), Name::new(schema, to));
                found.push((ObjectId::Table(old), ObjectId::Table(new)));
            }
            ["ALTER", "TABLE", schema, ".", table, "RENAME", "COLUMN", from, "TO", to] => {
                let now = Name::new(schema, table);
                let was = found.iter().find_map(|(old, new)| match (old, new) {
                    (ObjectId::Table(old), ObjectId::Table(new)) if *new == now => Some(old.clone()),
                    _ => None,
                });
                let was = was.unwrap_or_else(|| now.clone());
                found.push((ObjectId::Column(was, from.into()), ObjectId::Column(now, to.into())));
            }
            ["ALTER", "INDEX", schema, ".", index, "RENAME", "TO", to] => {
                let (old, new) = (Name::new(schema, index), Name::new(schema, to));
                found.push((ObjectId::Index(old), ObjectId::Index(new)));
            }
            ["ALTER", "TYPE", schema, ".", ty, "RENAME", "TO", to] => {
                let (old, new) = (Name::new(schema, ty), Name::new(schema, to));
                found.push((ObjectId::Type(old), ObjectId::Type(new)));
            }
            ["ALTER", "TYPE", schema, ".", ty, "RENAME", "VALUE", from, "TO", to] => {
                let word = |text: &str| text.trim_matches('\'').to_owned();
                values.push((Name::new(schema, ty), word(from), word(to)));
            }
            _ => {}
        }
    }
    Renamed { things: found, values }
}

/// The words and the dots of a statement; a quoted name is one word.
fn words(sql: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for c in sql.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '.' | ' ' if !is_quoted => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                words.extend((c == '.').then(|| c.to_string()));
            }
            _ => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}
