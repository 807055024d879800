//! `cargo xtask new-store sqlite`: the right start of an engine. It writes a folder that compiles, whose `types.rs`
//! answers for every type of the model, and its place in the list of engines.

use std::fmt::Write;

use crate::registry::add_band;
use crate::scaffold::is_module_name;
use crate::{Result, scaffold, workspace};

/// The files of an engine's folder, each with its text.
const FILES: [(&str, &str); 4] = [
    ("mod.rs", include_str!("../scaffolds/store/mod.rs.txt")),
    ("tests.rs", include_str!("../scaffolds/store/tests.rs.txt")),
    ("rules/mod.rs", include_str!("../scaffolds/store/rules.rs.txt")),
    ("rules/not_stored.rs", include_str!("../scaffolds/store/not_stored.rs.txt")),
];
const PAGE: &str = include_str!("../scaffolds/store/page.md.txt");

pub(crate) fn run(name: &str) -> Result {
    if !is_module_name(name) || name.contains('_') {
        return Err(format!("`{name}` is not a name such as `sqlite`"));
    }
    let compiler = workspace().join("compiler");
    let folder = compiler.join("engines/src").join(name);
    if folder.exists() {
        return Err(format!("{} exists already", folder.display()));
    }
    let read = |file: &str| scaffold::read(&compiler.join(file));
    let title = name[..1].to_uppercase() + &name[1..];
    let (list, codes) = ("engines/src/lib.rs", "text/src/diagnostics/codes.rs");
    let listed = add_engine(&read(list)?, name, &title)
        .ok_or_else(|| format!("{list} has no list of engines, or has a module `{name}`"))?;
    let (registry, code) =
        add_band(&read(codes)?, name).ok_or_else(|| format!("{codes} has no band left"))?;
    let types = types(&read("model/src/types.rs")?, &title)
        .ok_or("model/src/types.rs has no `TypeKind` and `Scalar`")?;
    let filled = |text: &str| text.replace("NAME", name).replace("TITLE", &title).replace("CODE", &code);
    let mut writes = vec![
        (folder.join("types.rs"), types),
        (compiler.join(list), listed),
        (compiler.join(codes), registry),
        (compiler.join(format!("text/errors/{code}.md")), filled(PAGE)),
    ];
    writes.extend(FILES.map(|(file, text)| (folder.join(file), filled(text))));
    scaffold::write(writes)?;
    println!(
        "{name} compiles, and `cargo test -p polity-engines {name}` shows what it writes; what is left:"
    );
    println!(
        "  - its settings, metrics, versions and emitters; templates/{name} if a document wants framing"
    );
    println!("  - its rules, each by `cargo xtask new-rule {}02 NAME`", &code[..3]);
    println!("  - its line in compiler/ARCHITECTURE.md, and compiler/docs/settings.md (POLITY_BLESS=1)");
    println!("  - an entity in dsl-examples, and the line in the README's table of what works");
    Ok(())
}

/// Two exhaustive matches, so that a new type of the model does not compile until the engine has answered.
fn types(model: &str, title: &str) -> Option<String> {
    let mut text = format!(
        "//! The types of {title}.\n\nuse polity_model::{{Platform, Scalar, Type, TypeKind}};\n\n\
         /// {title}'s name for a type; `None` for one that it does not store, which a rule reports.\n"
    );
    text.push_str(
        "pub(super) fn stored_type(platform: &Platform, ty: &Type) -> Option<&'static str> {\n    match &ty.kind {\n",
    );
    let mut refused = Vec::new();
    for (kind, _) in variants(model, "TypeKind")? {
        let arm = match kind.as_str() {
            "Scalar" => "TypeKind::Scalar(scalar) => Some(scalar_type(*scalar)),",
            "Constrained" => "TypeKind::Constrained(id) => stored_type(platform, &platform[*id].base),",
            "Reference" => {
                "TypeKind::Reference { entity, field } => stored_type(platform, &platform[*entity].field(*field).ty),"
            }
            "Enum" => "TypeKind::Enum(_) => Some(\"text\"),",
            "Null" | "Broken" => continue,
            other => {
                refused.push(format!("TypeKind::{other}(_)"));
                continue;
            }
        };
        let _ = writeln!(text, "        {arm}");
    }
    let _ = writeln!(text, "        {} => None,", refused.join(" | "));
    text.push_str("        // Reported already; nothing is written while an error stands.\n");
    text.push_str("        TypeKind::Null | TypeKind::Broken => Some(\"\"),\n    }\n}\n\n");
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
    if text.contains(&format!("mod {name};")) {
        return None;
    }
    let mut text = append(&text, "known: &[", &format!("&{name}::ABOUT"))?;
    let last_module = text[..text.find("\nuse ").unwrap_or(text.len())].rfind("\nmod ")?;
    let line_end = last_module + 1 + text[last_module + 1..].find('\n')?;
    text.insert_str(line_end, &format!("\nmod {name};"));
    let start = text.find("later: &[")? + "later: &[".len();
    let end = start + text[start..].find(']')?;
    let own = format!("\"{name}\"");
    let later: Vec<&str> = text[start..end]
        .split(',')
        .map(str::trim)
        .filter(|other| !other.is_empty() && *other != own)
        .collect();
    Some(format!("{}{}{}", &text[..start], later.join(", "), &text[end..]))
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
            "Scalar(scalar) => Some(scalar_type",
            "TypeKind::Map(_) => None",
            "Scalar::Bool =>",
            "Scalar::Text { .. } =>",
        ] {
            assert!(types.contains(arm), "{types}");
        }
    }
}
