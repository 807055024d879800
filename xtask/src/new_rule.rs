//! `cargo xtask new-rule E0512 partition_key`: the right start of a rule is one command. It writes the rule's file, its
//! code, its page and its place in the list; the tests of the page fail until rule and page say something.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Result, workspace};

pub(crate) fn run(code: &str, name: &str) -> Result {
    if !is_code(code) {
        return Err(format!("`{code}` is not a code such as E0512 or W0512"));
    }
    if !is_snake_case(name) {
        return Err(format!("`{name}` is not a name such as `partition_key`"));
    }
    let compiler = workspace().join("compiler");
    let home = Home::of(code, &compiler);
    let (file, page) =
        (home.folder.join(format!("{name}.rs")), compiler.join(format!("text/errors/{code}.md")));
    for new in [&file, &page] {
        if new.exists() {
            return Err(format!("{} exists already", new.display()));
        }
    }
    // Everything is made before anything is written, so that a mistake leaves nothing half done.
    let no_place = |file: &Path| format!("{} has no place for a new rule", file.display());
    let codes = compiler.join("text/src/diagnostics/codes.rs");
    let registry = add_code(&read(&codes)?, code).ok_or_else(|| no_place(&codes))?;
    let modules = home.folder.join("mod.rs");
    let declared = add_module(&read(&modules)?, name).ok_or_else(|| no_place(&modules))?;
    // An engine's list stands in the same file as its modules.
    let list = if home.list == modules { declared.clone() } else { read(&home.list)? };
    let list = add_to_list(&list, name).ok_or_else(|| no_place(&home.list))?;
    let rule = home.rule(code, name);
    let writes = [
        (file, rule),
        (page, PAGE.replace("CODE", code)),
        (codes, registry),
        (modules, declared),
        (home.list, list),
    ];
    for (path, text) in writes {
        fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        println!("{}", path.strip_prefix(workspace()).unwrap_or(&path).display());
    }
    println!("now write the rule and its page until `cargo test -p polity --test all pages` passes");
    Ok(())
}

/// Where the rules of a code's range live.
struct Home {
    folder: PathBuf,
    /// The file that lists them.
    list: PathBuf,
    of_an_engine: bool,
}

impl Home {
    /// Finds the home of a code by the ranges of `diagnostics/codes.rs`: 05, 06 and 07 belong to engines.
    fn of(code: &str, compiler: &Path) -> Self {
        let engine = match &code[1..3] {
            "05" => "postgres",
            "06" => "mongodb",
            "07" => "redis",
            _ => {
                let check = compiler.join("govern/src/check");
                return Self { folder: check.join("rules"), list: check.join("mod.rs"), of_an_engine: false };
            }
        };
        let folder = compiler.join("engines/src").join(engine).join("rules");
        Self { list: folder.join("mod.rs"), folder, of_an_engine: true }
    }

    fn rule(&self, code: &str, name: &str) -> String {
        let (imports, public, parameters, all) = if self.of_an_engine {
            let parameters = "platform: &Platform, store: &Store";
            ("{Platform, Store}", "pub(super)", parameters, "platform.entities_in(store.id)")
        } else {
            ("Platform", "pub", "platform: &Platform", "&platform.entities")
        };
        RULE.replace("CODE", code)
            .replace("NAME", name)
            .replace("PUBLIC", public)
            .replace("IMPORTS", imports)
            .replace("PARAMETERS", parameters)
            .replace("ALL", all)
    }
}

const RULE: &str = "\
//! The condition that must hold, in one sentence.

use polity_model::IMPORTS;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::CODE;

/// Reports what breaks it, in one sentence.
PUBLIC fn NAME(PARAMETERS, found: &mut Vec<Diagnostic>) {
    for entity in ALL {
        let name = &entity.named.name;
        // Replace this condition by the rule's.
        if name.is_empty() {
            let message = format!(\"what is wrong with `{name}`\");
            found.push(Diagnostic::new(CODE, entity.named.span, message).help(\"how to mend it\"));
        }
    }
}
";

const PAGE: &str = "\
# CODE: what is wrong

Why it is wrong, and what it would lead to.

## Wrong

```polity
platform shop {
  environments: [dev]
}

store main: postgres 15 {
  database: \"shop\"
}
```

## Right

```polity
platform shop {
  environments: [dev]
}

store main: postgres 15 {
  database: \"shop\"
}
```
";

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))
}

fn is_code(text: &str) -> bool {
    let (kind, number) = text.split_at_checked(1).unwrap_or_default();
    matches!(kind, "E" | "W") && number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_snake_case(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Adds `code` to its section of the registry, whose comments stand in the order of the ranges.
fn add_code(registry: &str, code: &str) -> Option<String> {
    let start = registry.find("\ncodes! {\n")? + "\ncodes! {\n".len();
    let end = start + registry[start..].find("\n}")?;
    let range: usize = code[1..3].parse().ok()?;
    let mut sections: Vec<Vec<&str>> =
        registry[start..end].split("\n\n").map(|s| s.lines().collect()).collect();
    let line = format!("    {code},");
    let section = sections.get_mut(range.checked_sub(1)?)?;
    if section.contains(&line.as_str()) {
        return None;
    }
    section.push(&line);
    section[1..].sort_unstable(); // the first line is the comment; errors come before warnings
    let text = sections.iter().map(|section| section.join("\n")).collect::<Vec<_>>().join("\n\n");
    Some(format!("{}{text}{}", &registry[..start], &registry[end..]))
}

/// Adds `pub mod NAME;` in alphabetical order.
fn add_module(text: &str, name: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let is_module = |line: &str| line.starts_with("pub mod ") || line.starts_with("mod ");
    let Some(first) = lines.iter().position(|line| is_module(line)) else {
        // The first rule of an engine: behind the page's own words.
        let end = lines.iter().take_while(|line| line.starts_with("//!")).count();
        let declared = format!("\nmod {name};");
        lines.insert(end, &declared);
        return Some(lines.join("\n") + "\n");
    };
    let keyword = lines[first].rsplit_once(' ')?.0;
    let new = format!("{keyword} {name};");
    let after = lines.iter().rposition(|line| is_module(line) && **line < *new);
    lines.insert(after.map_or(first, |at| at + 1), &new);
    Some(lines.join("\n") + "\n")
}

/// Adds the rule at the end of the list `RULES`, in the way its last entry is written.
fn add_to_list(text: &str, name: &str) -> Option<String> {
    let list = text.find("RULES: &[")?;
    let open = list + text[list..].find("= &[")? + "= &[".len();
    let close = open + text[open..].find("];")?;
    if text[open..close].trim().is_empty() {
        return Some(format!("{}{name}::{name}{}", &text[..open], &text[close..]));
    }
    let last = text[open..close].trim().trim_end_matches(',').rsplit([',', '\n']).next()?.trim();
    let path = last.rsplit("::").nth(1)?; // a rule has the name of its module
    let entry = last.strip_suffix(&format!("{path}::{path}"))?;
    let before = text[..close].trim_end().trim_end_matches(',');
    Some(format!("{before},\n    {entry}{name}::{name},\n{}", &text[close..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_goes_into_its_section_in_order() {
        let registry =
            "x\ncodes! {\n    // One\n    E0101,\n    W0101,\n\n    // Two\n\n    // Three\n    E0301,\n}\n";
        let added = add_code(registry, "E0102").expect("there is a section");
        assert_eq!(added, registry.replace("    W0101", "    E0102,\n    W0101"));
        assert_eq!(
            add_code(registry, "E0201").expect("a section"),
            registry.replace("Two\n", "Two\n    E0201,\n")
        );
        assert_eq!(add_code(registry, "E0301"), None, "it is taken");
        assert_eq!(add_code(registry, "E0401"), None, "there is no such section");
    }

    #[test]
    fn a_module_and_its_rule_are_listed() {
        let modules = "//! Rules.\n\npub mod a;\npub mod c;\n\nuse x;\n";
        assert_eq!(
            add_module(modules, "b").expect("fits"),
            modules.replace("pub mod c", "pub mod b;\npub mod c")
        );
        assert_eq!(add_module(modules, "d").expect("fits"), modules.replace("mod c;", "mod c;\npub mod d;"));
        let list = "pub const RULES: &[Rule] = &[\n    rules::a::a,\n    rules::c::c,\n];\n";
        assert_eq!(
            add_to_list(list, "b").expect("fits"),
            list.replace("c::c,\n", "c::c,\n    rules::b::b,\n")
        );
        let none = "//! Rules.\n\nuse x;\n\nconst RULES: &[StoreRule] = &[];\n";
        let first = add_to_list(&add_module(none, "a").expect("fits"), "a").expect("fits");
        assert_eq!(first, "//! Rules.\n\nmod a;\n\nuse x;\n\nconst RULES: &[StoreRule] = &[a::a];\n");
        let short = "pub(super) const RULES: &[StoreRule] = &[a::a];\n";
        assert!(add_to_list(short, "b").expect("fits").contains("a::a,\n    b::b,\n]"));
    }

    #[test]
    fn names_and_codes_are_judged() {
        assert!(is_code("E0512") && is_code("W0101"));
        assert!(!is_code("E512") && !is_code("X0512") && !is_code("é512") && !is_code(""));
        assert!(is_snake_case("partition_key2") && !is_snake_case("Key") && !is_snake_case("../x"));
    }
}
