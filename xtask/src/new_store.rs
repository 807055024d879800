//! `cargo xtask new-store sqlite`: the right start of an engine. It writes a folder that compiles, whose `types.rs`
//! answers for every type of the model, and its place in the list of engines.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::{Result, workspace};

pub(crate) fn run(name: &str) -> Result {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Err(format!("`{name}` is not a name such as `sqlite`"));
    }
    let engines = workspace().join("compiler/engines/src");
    let (folder, list) = (engines.join(name), engines.join("lib.rs"));
    if folder.exists() {
        return Err(format!("{} exists already", folder.display()));
    }
    let read = |file: &str| {
        let path = workspace().join("compiler").join(file);
        fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))
    };
    let title = name[..1].to_uppercase() + &name[1..];
    let listed = add_engine(&read("engines/src/lib.rs")?, name, &title)
        .ok_or("engines/src/lib.rs has no list of engines")?;
    let types = types(&read("model/src/types.rs")?, &title)
        .ok_or("model/src/types.rs has no `TypeKind` and `Scalar`")?;
    let engine = ENGINE.replace("NAME", name).replace("TITLE", &title);
    let write = |path: PathBuf, text| {
        fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
    };
    fs::create_dir(&folder).map_err(|e| format!("cannot create {}: {e}", folder.display()))?;
    write(folder.join("mod.rs"), engine)?;
    write(folder.join("types.rs"), types)?;
    write(list, listed)?;
    println!("compiler/engines/src/{name} compiles and writes {name}'s types; what is left:");
    println!(
        "  - its settings, metrics, versions and emitters; templates/{name} if a document wants framing"
    );
    println!("  - its rules, each by `cargo xtask new-rule`; an error for every type it cannot store");
    println!("  - an entity in dsl-examples, and the line in the README's table of what works");
    Ok(())
}

const ENGINE: &str = r#"//! TITLE: what it keeps, in one sentence.

mod types;

use polity_govern::check::{StoreRule, Valid};
use polity_model::Store;
use polity_model::engine::About;

use super::Engine;
use crate::artifact::Artifacts;
use crate::options::Options;

pub(super) struct TITLE;

pub(super) static ABOUT: About = About {
    name: "NAME",
    title: "TITLE",
    majors: 1..=1,
    has_schemas: false,
    has_entities: true,
    settings: &[],
    metrics: &[],
    can_encrypt: false,
    enforces: &[],
    carries_out: &[],
    gives_rights: false,
    erases: false,
    logs_erasures: false,
    remains: &[],
    keeps: &[],
    port: 1,
};

impl Engine for TITLE {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn rules(&self) -> &'static [StoreRule] {
        &[]
    }

    fn emit(&self, valid: &Valid, store: &Store, _options: &Options, artifacts: &mut Artifacts) {
        for entity in valid.entities_in(store.id) {
            let column = |(_, field): (_, &polity_model::Field)| {
                format!("{} {}\n", field.named.stored, types::column_type(valid, &field.ty))
            };
            let text: String = entity.fields().map(column).collect();
            artifacts.add(format!("{}/{}.txt", store.named.name, entity.named.stored), text);
        }
    }
}
"#;

/// Two exhaustive matches, so that a new type of the model does not compile until the engine has answered.
fn types(model: &str, title: &str) -> Option<String> {
    let mut text = format!(
        "//! What {title} stores each type as.\n\nuse polity_model::{{Platform, Scalar, Type, TypeKind}};\n\n"
    );
    text.push_str(
        "pub(super) fn column_type(platform: &Platform, ty: &Type) -> &'static str {\n    match &ty.kind {\n",
    );
    for (kind, _) in variants(model, "TypeKind")? {
        let arm = match kind.as_str() {
            "Scalar" => "TypeKind::Scalar(scalar) => scalar_type(*scalar),",
            "Constrained" => "TypeKind::Constrained(id) => column_type(platform, &platform[*id].base),",
            "Reference" => {
                "TypeKind::Reference { entity, field } => {\n            \
                 column_type(platform, &platform[*entity].fields[field.index()].ty)\n        }"
            }
            "Null" | "Broken" => continue,
            other => {
                let _ = writeln!(text, "        TypeKind::{other}(_) => \"text\",");
                continue;
            }
        };
        let _ = writeln!(text, "        {arm}");
    }
    text.push_str("        // Reported already; nothing is written while an error stands.\n");
    text.push_str("        TypeKind::Null | TypeKind::Broken => \"text\",\n    }\n}\n\n");
    text.push_str("fn scalar_type(scalar: Scalar) -> &'static str {\n    match scalar {\n");
    for (scalar, has_fields) in variants(model, "Scalar")? {
        let fields = if has_fields { " { .. }" } else { "" };
        let _ = writeln!(text, "        Scalar::{scalar}{fields} => \"{}\",", scalar.to_lowercase());
    }
    text.push_str("    }\n}\n");
    Some(text)
}

/// The variants of an enum as rustfmt lays them out, each with whether it has named fields.
fn variants(source: &str, name: &str) -> Option<Vec<(String, bool)>> {
    let start = source.find(&format!("pub enum {name} {{\n"))?;
    let body = &source[start..start + source[start..].find("\n}")?];
    let is_variant = |line: &&str| {
        line.strip_prefix("    ").is_some_and(|l| l.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    let variant = |line: &str| {
        let word = line.trim().split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        (word.to_owned(), line.contains('{'))
    };
    Some(body.lines().filter(is_variant).map(variant).collect())
}

/// Declares the module and lists the engine last, in both lists; takes it out of those that are still to come.
fn add_engine(text: &str, name: &str, title: &str) -> Option<String> {
    let text = append(text, "pub const ALL: &[&dyn Engine] = &[", &format!("&{name}::{title}"))?;
    let mut text = append(&text, "known: &[", &format!("&{name}::ABOUT"))?;
    let last_module = text[..text.find("\nuse ").unwrap_or(text.len())].rfind("\nmod ")?;
    let line_end = last_module + 1 + text[last_module + 1..].find('\n')?;
    text.insert_str(line_end, &format!("\nmod {name};"));
    Some(text.replacen(&format!("\"{name}\", "), "", 1))
}

/// Adds one more at the end of the list that opens so.
fn append(text: &str, opening: &str, one: &str) -> Option<String> {
    let start = text.find(opening)? + opening.len();
    let end = start + text[start..].find(']')?;
    let before = text[..end].trim_end().trim_end_matches(',');
    Some(format!("{before}, {one}{}", &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_listed_once() {
        let text = "mod postgres;\nmod redis;\n\npub const ALL: &[&dyn Engine] = &[&redis::Redis];\n\
                    known: &[&redis::ABOUT],\nlater: &[\"sqlite\", \"s3\"],\n";
        let expected = "mod postgres;\nmod redis;\nmod sqlite;\n\n\
                        pub const ALL: &[&dyn Engine] = &[&redis::Redis, &sqlite::Sqlite];\n\
                        known: &[&redis::ABOUT, &sqlite::ABOUT],\nlater: &[\"s3\"],\n";
        assert_eq!(add_engine(text, "sqlite", "Sqlite").as_deref(), Some(expected));
    }

    #[test]
    fn every_type_of_the_model_is_answered() {
        let model = "pub enum TypeKind {\n    Scalar(Scalar),\n    /// Text keys.\n    Map(Box<Type>),\n    Null,\n}\n\
                     pub enum Scalar {\n    Bool,\n    Text {\n        max: Option<u32>,\n    },\n}\n";
        let types = types(model, "Sqlite").expect("both are there");
        for arm in [
            "Scalar(scalar) => scalar_type",
            "TypeKind::Map(_) =>",
            "Scalar::Bool =>",
            "Scalar::Text { .. } =>",
        ] {
            assert!(types.contains(arm), "{types}");
        }
    }
}
