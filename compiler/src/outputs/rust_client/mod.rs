//! The Rust client: a crate for each platform, with the types of all that it stores.
//!
//! Generated code is thin. It declares types in full, with their documentation, and says what limits them; how they
//! behave is in `polity-runtime`. It is built as a syntax tree and printed, never parsed, and each part is printed
//! on whatever core is free.

mod computed;
mod defaults;
mod docs;
mod enums;
mod keys;
mod labels;
mod layout;
mod limits;
mod names;
mod newtypes;
mod records;
mod tree;
mod types;

use std::fmt::Write as _;
use std::thread;

use serde::Serialize;
use syn::{File, Item};

use crate::Options;
use crate::artifact::Artifacts;
use crate::check::Valid;
use crate::model::Platform;
use labels::Labels;
use layout::{Layout, Module, ModuleId, Thing};
use limits::Limited;
use types::Context;

/// Writes the crate below `rust/`.
pub(super) fn emit(valid: &Valid, _: &Options, artifacts: &mut Artifacts) {
    let layout = Layout::of(valid);
    artifacts.add("rust/Cargo.toml", manifest(valid));
    let mut root = header(valid);
    root.push_str(&inner_docs(&crate_docs(valid)));
    root.push('\n');
    for (module, body) in printed(valid, &layout) {
        let _ = writeln!(root, "#[rustfmt::skip]\npub mod {};", module.name);
        let file = module.name.trim_start_matches("r#");
        let mut content = header(valid);
        content.push_str(&inner_docs(&docs::lines(&module.docs)));
        let _ = write!(content, "\n{body}");
        artifacts.add(format!("rust/src/{file}.rs"), content);
    }
    artifacts.add("rust/src/lib.rs", root);
}

/// The whole client as one text with a module in it for each file of the crate, for a `build.rs` that writes it into
/// `OUT_DIR` and a program that reads it with `include!` inside a module of its own:
///
/// ```ignore
/// mod ismail {
///     include!(concat!(env!("OUT_DIR"), "/ismail.rs"));
/// }
/// ```
///
/// That program depends on `polity-runtime`, and on nothing else that the client needs.
#[must_use]
pub fn single_file(valid: &Valid) -> String {
    let layout = Layout::of(valid);
    let mut file = header(valid);
    for (module, body) in printed(valid, &layout) {
        file.push('\n');
        for line in docs::lines(&module.docs) {
            let _ = writeln!(file, "/// {line}");
        }
        let reason = "a program need not use all that its platform has";
        let _ = writeln!(
            file,
            "#[allow(dead_code, reason = \"{reason}\")]\npub mod {} {{\n{body}}}",
            module.name
        );
    }
    file
}

/// The text of each module that holds something, in order.
fn printed<'l>(platform: &Platform, layout: &'l Layout) -> Vec<(&'l Module, String)> {
    let (labels, limited) = (Labels::of(platform), Limited::of(platform));
    let work: Vec<(ModuleId, Thing)> = layout
        .modules()
        .flat_map(|(id, module)| module.things.iter().map(move |thing| (id, *thing)))
        .collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = work.len().div_ceil(cores).max(1);
    let print = |work: &[(ModuleId, Thing)]| -> Vec<(ModuleId, String)> {
        work.iter()
            .map(|(module, thing)| {
                (
                    *module,
                    print_items(items(
                        Context { platform, layout, limited: &limited, module: *module },
                        &labels,
                        *thing,
                    )),
                )
            })
            .collect()
    };
    // Each core takes one run of neighbours, so that putting the runs one after the other restores the order.
    let texts: Vec<(ModuleId, String)> = thread::scope(|scope| {
        let runs: Vec<_> = work.chunks(share).map(|run| scope.spawn(|| print(run))).collect();
        runs.into_iter()
            .flat_map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut modules: Vec<(&Module, String)> =
        layout.modules().map(|(_, module)| (module, String::new())).collect();
    for (module, text) in texts {
        let body = &mut modules[module.index()].1;
        if !body.is_empty() {
            body.push('\n');
        }
        body.push_str(&text);
    }
    modules.retain(|(_, body)| !body.is_empty());
    for (_, body) in &mut modules {
        if body.contains("Serialize") {
            body.insert_str(0, "use polity_runtime::serde::{Deserialize, Serialize};\n\n");
        }
    }
    modules
}

fn items(context: Context<'_>, labels: &Labels, thing: Thing) -> Vec<Item> {
    let platform = context.platform;
    match thing {
        Thing::Enum(id) => enums::items(context, &platform[id]),
        Thing::Constrained(id) => newtypes::constrained(context, labels, &platform[id]),
        Thing::Entity(id) => {
            let mut items = newtypes::id(context, labels, &platform[id]);
            items.extend(records::entity(context, labels, &platform[id]));
            items
        }
        Thing::Struct(id) => records::structure(context, labels, &platform[id]),
        Thing::View(id) => records::view(context, labels, &platform[id]),
        Thing::Keyspace(id) => keys::keyspace(context, &platform[id]),
        Thing::Channel(id) => keys::channel(context, &platform[id]),
    }
}

/// The items with an empty line between them; the calls of macros stand right below what they add to.
fn print_items(items: Vec<Item>) -> String {
    let mut text = String::new();
    for item in items {
        if !text.is_empty() && !matches!(item, Item::Macro(_)) {
            text.push('\n');
        }
        let file = File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item] };
        text.push_str(&prettyplease::unparse(&file));
    }
    text
}

fn header(platform: &Platform) -> String {
    format!("// Generated by Polity from {}; do not edit.\n", platform.name)
}

fn crate_docs(platform: &Platform) -> Vec<String> {
    docs::with(&platform.docs, format!("The types of the platform {}.", docs::code(&platform.name)))
}

fn inner_docs(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{}", format!("//! {line}").trim_end());
    }
    text
}

/// `Cargo.toml`. Where the runtime comes from, the workspace says that the crate is a member of.
fn manifest(platform: &Platform) -> String {
    #[derive(Serialize)]
    struct Manifest {
        package: Package,
        dependencies: Dependencies,
    }
    #[derive(Serialize)]
    struct Package {
        name: String,
        description: String,
        version: &'static str,
        edition: &'static str,
        publish: bool,
    }
    #[derive(Serialize)]
    struct Dependencies {
        #[serde(rename = "polity-runtime")]
        runtime: Inherited,
    }
    #[derive(Serialize)]
    struct Inherited {
        workspace: bool,
    }
    let manifest = Manifest {
        package: Package {
            name: package_name(platform),
            description: format!("The types of the platform {}", platform.name),
            version: "0.0.0",
            edition: "2024",
            publish: false,
        },
        dependencies: Dependencies { runtime: Inherited { workspace: true } },
    };
    // A struct of texts and booleans always has a TOML form.
    let text = toml::to_string(&manifest).unwrap_or_default();
    format!("# Generated by Polity from {}; do not edit.\n{text}", platform.name)
}

/// The platform's name; what Cargo or Rust keep for themselves gets something behind it.
fn package_name(platform: &Platform) -> String {
    let name = platform.name.replace('_', "-");
    let kept = [
        "alloc",
        "core",
        "proc-macro",
        "std",
        "test",
        "polity-runtime",
        "build",
        "deps",
        "examples",
        "incremental",
    ];
    let mut scope = names::Scope::default();
    if kept.contains(&name.as_str()) || scope.claim(&name) != name {
        format!("{name}-platform")
    } else {
        name
    }
}
