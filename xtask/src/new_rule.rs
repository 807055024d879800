//! `cargo xtask new-rule E0512 partition_key`: the right start of a rule is one command. It writes the rule's file, its
//! code, its page and its place in the list; the tests of the page fail until rule and page say something.

use std::path::{Path, PathBuf};

use crate::registry::{add_code, engine_of, is_code};
use crate::scaffold::{is_module_name, read, write};
use crate::{Result, workspace};

const RULE: &str = include_str!("../scaffolds/rule/rule.rs.txt");
const PAGE: &str = include_str!("../scaffolds/rule/page.md.txt");

pub(crate) fn run(code: &str, name: &str) -> Result {
    if !is_code(code) {
        return Err(format!("`{code}` is not a code such as E0512 or W0512"));
    }
    if !is_module_name(name) {
        return Err(format!("`{name}` is not a name such as `partition_key`"));
    }
    let compiler = workspace().join("compiler");
    let codes = compiler.join("text/src/diagnostics/codes.rs");
    let registry = read(&codes)?;
    let home = Home::of(engine_of(&registry, code), &compiler);
    let (file, page) =
        (home.folder.join(format!("{name}.rs")), compiler.join(format!("text/errors/{code}.md")));
    for new in [&file, &page] {
        if new.exists() {
            return Err(format!("{} exists already", new.display()));
        }
    }
    // Everything is made before anything is written, so that a mistake leaves nothing half done.
    let no_place = |file: &Path| format!("{} has no place for a new rule", file.display());
    let registry = add_code(&registry, code).ok_or_else(|| no_place(&codes))?;
    let modules = home.folder.join("mod.rs");
    let declared = add_module(&read(&modules)?, name).ok_or_else(|| no_place(&modules))?;
    // An engine's list stands in the same file as its modules.
    let list = if home.list == modules { declared.clone() } else { read(&home.list)? };
    let list = add_to_list(&list, name).ok_or_else(|| no_place(&home.list))?;
    let (rule, example) = (home.rule(code, name), home.page(code));
    let writes = [(file, rule), (page, example), (codes, registry), (modules, declared), (home.list, list)];
    write(writes.into())?;
    println!("now write the rule and its page; `cargo test -p polity --test all pages` runs its examples");
    Ok(())
}

/// The place where the rules of a code's band live.
struct Home {
    folder: PathBuf,
    /// The file that lists them.
    list: PathBuf,
    /// The engine whose rules they are.
    engine: Option<String>,
}

impl Home {
    fn of(engine: Option<String>, compiler: &Path) -> Self {
        match &engine {
            Some(name) => {
                let folder = compiler.join("engines/src").join(name).join("rules");
                Self { list: folder.join("mod.rs"), folder, engine }
            }
            None => {
                let check = compiler.join("govern/src/check");
                Self { folder: check.join("rules"), list: check.join("mod.rs"), engine }
            }
        }
    }

    fn rule(&self, code: &str, name: &str) -> String {
        let (imports, visibility, parameters, entities) = match self.engine.as_deref() {
            None => ("use crate::Governed;", "pub", "platform: &Governed", "&platform.entities"),
            Some(engine) => {
                // Redis has no entities.
                let all = if engine == "redis" {
                    "platform.keyspaces.iter().filter(|keyspace| keyspace.store == store.id)"
                } else {
                    "platform.entities_in(store.id)"
                };
                let imports = "use polity_govern::Stored;\nuse polity_model::Store;";
                (imports, "pub(super)", "platform: &Stored, store: &Store", all)
            }
        };
        RULE.replace("CODE", code)
            .replace("NAME", name)
            .replace("VISIBILITY", visibility)
            .replace("IMPORTS", imports)
            .replace("PARAMETERS", parameters)
            .replace("ENTITIES", entities)
    }

    /// The code's page, whose examples the rule as it is written tells apart.
    fn page(&self, code: &str) -> String {
        let engine = match self.engine.as_deref() {
            None | Some("postgres") => "postgres 15 { database: \"shop\" }".to_owned(),
            Some("mongodb") => "mongodb 7 { database: \"shop\" }".to_owned(),
            Some("redis") => "redis 7 { persistence: [rdb] }".to_owned(),
            Some(other) => format!("{other} 1 {{}}"),
        };
        let page = PAGE.replace("CODE", code).replace("ENGINE", &engine);
        if self.engine.as_deref() != Some("redis") {
            return page;
        }
        let keyspace = "{\n  pattern \"key:{id: uuid}\"\n  value text\n  ttl 1h\n}";
        page.replace("entity ", "keyspace ").replace("{\n  id: uuid key\n}", keyspace)
    }
}

/// Adds `pub mod NAME;` in alphabetical order.
fn add_module(text: &str, name: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let is_module =
        |line: &str| line != "mod tests;" && (line.starts_with("pub mod ") || line.starts_with("mod "));
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
}
