//! Nothing that is accepted is without effect: of each modifier and each clause the table holds the smallest source in which
//! it matters, and what is written without it is held against what is written with it. Documentation, remarks, constants and
//! YAML do not count. What only calls of a client carry out is told as declared, and what nobody carries out yet is refused.

mod table;

use polity::{Compilation, Options};
use polity_tests::project::root;
use polity_text::source::Sources;

use table::{MONGODB, POSTGRES, REDIS, Row};

/// The effect of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// Statements, validators, functions, users or code of the client are others.
    Changes,
    /// Two ways to write one thing.
    Same,
    /// Only with the line this code is reported.
    With(&'static str),
    /// Only without the line this code is reported.
    Without(&'static str),
    /// Only with the line the build says that it is declared.
    Declared,
    /// The record of processing is another.
    Record,
    /// The rules of monitoring are others.
    Monitoring,
}

const STORES: &str = "platform p { environments: [dev, prod] }\n\
    store main: postgres 15 { database: \"p\"; extensions: [btree_gist] }\n\
    encryption key k { algorithm: aes_256_gcm; rotate: 30d; scope: platform; provider: vault(\"transit/k\") }\n";

/// A source with the line, and without it.
fn both(template: &str) -> [String; 2] {
    let (mut with, mut without) = (String::new(), String::new());
    let mut rest = template;
    while let Some((before, marked)) = rest.split_once('⟦') {
        let (marked, after) = marked.split_once('⟧').expect("it ends");
        let (a, b) = marked.split_once('|').unwrap_or((marked, ""));
        with += &format!("{before}{a}");
        without += &format!("{before}{b}");
        rest = after;
    }
    [with + rest, without + rest]
}

/// Entities, enums, views and the like into a schema; the rest stands outside of it.
fn in_schema(source: &str) -> String {
    let (mut inside, mut outside) = (String::new(), String::new());
    for item in items(source) {
        let outer = [
            "store", "channel", "service", "tenancy", "tier", "tenant", "policy", "use", "purpose",
            "keyspace",
        ];
        let is_outside = outer.contains(&item.split_whitespace().next().unwrap_or_default())
            || item.starts_with("entity E in series");
        let target = if is_outside { &mut outside } else { &mut inside };
        target.push_str(&item);
        target.push('\n');
    }
    format!("{STORES}schema s in main {{\n{inside}}}\n{outside}")
}

/// The items of a line: each ends with its block, or where the next word of an item begins.
fn items(source: &str) -> Vec<String> {
    const WORDS: &[&str] = &[
        "entity",
        "struct",
        "view",
        "audit log",
        "store",
        "channel",
        "service",
        "tenancy",
        "tier",
        "tenant",
        "policy",
        "use policy",
        "purpose",
        "keyspace",
    ];
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in source.char_indices() {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            _ => {}
        }
        let begins = WORDS.iter().any(|word| source[at..].starts_with(&format!("{word} ")));
        let is_whole = source[..at].ends_with(' ') && !source[..at].ends_with("use ");
        if depth == 0 && at > start && begins && is_whole {
            found.push(source[start..at].trim().to_owned());
            start = at;
        }
    }
    found.push(source[start..].trim().to_owned());
    found
}

fn compile(source: &str) -> Compilation {
    polity::compile(&Sources::single("effects.polity", source), &Options::default())
}

fn codes(compilation: &Compilation) -> Vec<String> {
    compilation.diagnostics.iter().map(|d| d.code.to_string()).collect()
}

fn errors(compilation: &Compilation) -> Vec<String> {
    let errors = compilation.diagnostics.iter().filter(|d| d.is_error());
    errors.map(|d| format!("{} {}", d.code, d.message)).collect()
}

/// Every line that engines and compilers read of the files, without remarks, documentation and constants.
fn effective(compilation: &Compilation) -> Option<String> {
    let artifacts = compilation.artifacts.as_ref()?;
    let mut out = String::new();
    for (path, content) in artifacts.iter() {
        let papers = ["docs/", "helm/", "overrides/", "monitoring/", "terraform/", "manifest.json"];
        if papers.iter().any(|paper| path.starts_with(paper))
            || path.ends_with(".yml")
            || path.ends_with(".md")
        {
            continue;
        }
        let text = String::from_utf8_lossy(content);
        let lines = text.lines().map(str::trim).filter(|line| {
            let remark = ["--", "//", "#", "COMMENT ON", "\"description\"", "pub const"];
            !remark.iter().any(|begins| line.starts_with(begins))
        });
        lines.for_each(|line| out += &format!("{path}: {line}\n"));
    }
    Some(out)
}

/// Whether both compile, and what is read of them is as asked.
fn both_are(a: &Compilation, b: &Compilation, asked: fn(&str, &str) -> bool) -> bool {
    matches!((effective(a), effective(b)), (Some(a), Some(b)) if asked(&a, &b))
}

/// The text of a file, or nothing.
fn file(compilation: &Compilation, path: &str) -> String {
    let artifacts = compilation.artifacts.as_ref();
    artifacts
        .and_then(|a| a.get(path))
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .unwrap_or_default()
}

/// The fault of a row, if it has one.
fn wrong((_, template, effect): &Row, dress: fn(&str) -> String) -> Option<String> {
    let [with, without] = both(template).map(|source| dress(&source));
    let (a, b) = (compile(&with), compile(&without));
    let has = |compilation: &Compilation, code: &str| codes(compilation).iter().any(|known| known == code);
    let holds = match effect {
        Effect::Changes => both_are(&a, &b, |a, b| a != b),
        Effect::Same => both_are(&a, &b, |a, b| a == b),
        Effect::With(code) => has(&a, code) && (!has(&b, code) || *code == "E0902"),
        Effect::Without(code) => !has(&a, code) && has(&b, code),
        Effect::Declared => a.declared.is_some() && b.declared.is_none(),
        Effect::Record => {
            let record = "docs/record_of_processing.json";
            file(&a, record) != file(&b, record)
        }
        Effect::Monitoring => file(&a, "monitoring/rules.yml") != file(&b, "monitoring/rules.yml"),
    };
    (!holds).then(|| {
        format!("{effect:?}: {with}\n{:?} {:?}\n{:?} {:?}", codes(&a), errors(&a), codes(&b), errors(&b))
    })
}

#[test]
fn every_line_has_an_effect() {
    let mongodb = |source: &str| {
        format!("{STORES}store mongo: mongodb 6 {{ topology: sharded {{ shards: 2 }} }}\n{source}\n")
    };
    let redis = |source: &str| {
        format!("{STORES}store cache: redis 7 {{ eviction: noeviction }}\n{}\n", items(source).join("\n"))
    };
    let mut found: Vec<String> = POSTGRES.iter().filter_map(|row| wrong(row, in_schema)).collect();
    found.extend(MONGODB.iter().filter_map(|row| wrong(row, mongodb)));
    found.extend(REDIS.iter().filter_map(|row| wrong(row, redis)));
    assert!(found.is_empty(), "{} lines:\n{}", found.len(), found.join("\n\n"));
}

/// The table knows every modifier and every clause of the tree.
#[test]
fn the_table_is_whole() {
    let named: Vec<&str> = [POSTGRES, MONGODB, REDIS]
        .iter()
        .flat_map(|rows| rows.iter())
        .flat_map(|(names, ..)| names.iter().copied())
        .collect();
    let mut missing = Vec::new();
    for (file, kind) in [("fields", "ModifierKind"), ("clauses", "ClauseKind")] {
        let path = root().join(format!("compiler/syntax/src/ast/{file}.rs"));
        let tree = std::fs::read_to_string(path).expect("it is there");
        let (_, body) = tree.split_once(&format!("pub enum {kind} {{\n")).expect("the tree has it");
        let (body, _) = body.split_once("\n}\n").expect("it ends");
        for line in body.lines().filter_map(|line| line.strip_prefix("    ")) {
            let name = line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            if name.starts_with(|c: char| c.is_ascii_uppercase())
                && !named.contains(&format!("{kind}::{name}").as_str())
            {
                missing.push(format!("{kind}::{name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join(", "));
}
