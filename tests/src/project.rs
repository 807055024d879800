//! Platforms as strings, compiled in memory.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use polity::artifact::Artifacts;
use polity::source::{Source, Sources};
use polity::{Compilation, Options, Valid};

/// Compiles one file.
pub fn compile(text: &str) -> Compilation {
    polity::compile(&Sources::single("test.polity", text), &Options::default())
}

/// A platform that passed every check.
///
/// # Panics
/// When there are errors; they are part of the message.
pub fn valid(sources: &Sources) -> Valid {
    let (governed, mut found) = polity::govern(sources, None);
    let valid = polity::gate(governed, polity_engines::rules_of, &mut found);
    valid.unwrap_or_else(|| panic!("{found:#?}"))
}

/// The artifacts of a source without errors. Many tests look at one source, so it is compiled once.
///
/// # Panics
/// When there are errors; they are part of the message.
pub fn build(text: &str) -> Artifacts {
    built(text, || Sources::single("test.polity", text))
}

/// The artifacts of a platform of `dsl-examples/`.
///
/// # Panics
/// When there are errors; they are part of the message.
pub fn example(name: &str) -> Artifacts {
    built(&format!("dsl-examples/{name}"), || example_sources(name))
}

/// The files of a platform of `dsl-examples/`.
///
/// # Panics
/// When the folder cannot be read.
pub fn example_sources(name: &str) -> Sources {
    let folder = root().join("dsl-examples").join(name);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).expect("the example is there") {
        let path = entry.expect("readable").path();
        if path.extension().is_some_and(|e| e == "polity") {
            let text = fs::read_to_string(&path).expect("UTF-8");
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            files.push(Source { path: name, text: text.into() });
        }
    }
    Sources::new(files)
}

/// The text of one artifact.
///
/// # Panics
/// When it was not written.
pub fn text(artifacts: &Artifacts, path: &str) -> String {
    let bytes = artifacts.get(path).unwrap_or_else(|| {
        let all: Vec<&str> = artifacts.iter().map(|(path, _)| path).collect();
        panic!("no `{path}` among {all:#?}")
    });
    String::from_utf8(bytes.to_vec()).expect("artifacts are UTF-8")
}

/// Writes all artifacts into a fresh folder, for programs that read files.
///
/// # Panics
/// When the machine refuses.
pub fn on_disk(artifacts: &Artifacts) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, content) in artifacts.iter() {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().expect("below the folder")).expect("ours");
        fs::write(file, content).expect("ours");
    }
    folder
}

/// Every Rust file in a folder and in the folders below it.
///
/// # Panics
/// When a folder cannot be read.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files(folder, "rs")
}

/// All files with an extension in a folder and those below it.
///
/// # Panics
/// When a folder cannot be read.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("it was listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| own == extension) {
                found.push(path);
            }
        }
    }
    found
}

/// The text of a source file before the module of its unit tests.
pub fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("below the root").to_path_buf()
}

fn built(key: &str, sources: impl FnOnce() -> Sources) -> Artifacts {
    static BUILT: OnceLock<Mutex<HashMap<String, Arc<OnceLock<Artifacts>>>>> = OnceLock::new();
    let all = BUILT.get_or_init(Mutex::default);
    let one = Arc::clone(all.lock().expect("nobody fails meanwhile").entry(key.to_owned()).or_default());
    one.get_or_init(|| with_tenants(unwrap(polity::compile(&sources(), &Options::default())))).clone()
}

/// The artifacts, and beside them what `polity render` makes of a tier's files for each tenant of the source: below
/// `tenants/` where a tier's stand below `tiers/`.
///
/// # Panics
/// When a file cannot be rendered.
pub fn with_tenants(artifacts: Artifacts) -> Artifacts {
    let mut all = artifacts.clone();
    for (path, content) in artifacts.iter() {
        let Some(tenant) =
            path.strip_prefix("tenants/").and_then(|path| path.strip_suffix("/parameters.env"))
        else {
            continue;
        };
        let parameters = String::from_utf8_lossy(content);
        let parameters: Vec<(&str, &str)> =
            parameters.lines().filter_map(|line| line.split_once('=')).collect();
        let (_, tier) = parameters.iter().find(|(name, _)| *name == "tenant_tier").expect("it has one");
        let folder = format!("tiers/{tier}/");
        for (path, content) in artifacts.iter() {
            let Some((before, behind)) = path.split_once(&folder) else { continue };
            // What a tenant says itself stands beside the settings of its tier.
            let part = if before.is_empty() { "tier/" } else { "" };
            let own = format!("{before}tenants/{tenant}/{part}{behind}");
            if all.get(&own).is_none() && (before.is_empty() || before.ends_with('/')) {
                let text = std::str::from_utf8(content).expect("artifacts are UTF-8");
                let rendered = polity_text::tokens::render(text, parameters.iter().copied());
                all.add(own, rendered.unwrap_or_else(|refused| panic!("{path}: {refused}")));
            }
        }
    }
    all
}

fn unwrap(compilation: Compilation) -> Artifacts {
    let errors: Vec<String> = compilation
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .map(|d| format!("{} {} {:?}", d.code, d.message, d.primary.as_ref().map(|p| p.span)))
        .collect();
    compilation.artifacts.unwrap_or_else(|| panic!("the source has errors:\n{}", errors.join("\n")))
}
