//! Every code has a page, whose failing example fails with that code and whose mended example compiles.
//!
//! An example is a whole project in a ```` ```polity ```` block or, where the code is about files, commands in a
//! ```` ```console ```` block; the commands under "Right" go on in the folder that those under "Wrong" left.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test runs the program in a folder"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use polity::diagnostics::render::{Format, render};
use polity::diagnostics::{Code, Diagnostic, Mended, codes, mend};
use polity::source::Sources;
use polity::{Options, compile};

#[test]
fn every_page_has_the_form_of_a_page() {
    let wrong: Vec<String> = codes::ALL
        .iter()
        .filter_map(|code| {
            let form = || {
                let first = code.page().lines().next()?;
                first.strip_prefix(&format!("# {code}: ")).filter(|title| !title.is_empty())?;
                let (wrong, right) = (Example::find(*code, "Wrong")?, Example::find(*code, "Right")?);
                (wrong.language == right.language).then_some(())
            };
            form().is_none().then(|| code.to_string())
        })
        .collect();
    assert!(wrong.is_empty(), "pages without title, `## Wrong` or `## Right`: {}", wrong.join(", "));
}

#[test]
fn every_page_belongs_to_a_code() {
    let pages =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../text/errors")).expect("it is there");
    for page in pages {
        let name = page.expect("it can be read").file_name().to_string_lossy().into_owned();
        let code = name.strip_suffix(".md").and_then(Code::find);
        assert!(code.is_some_and(|code| code.as_str() == &name[..5]), "`{name}` is the page of no code");
    }
}

#[test]
fn wrong_examples_fail_with_their_code() {
    let mut failures = Vec::new();
    for (code, example) in projects("Wrong") {
        let found =
            compile(&Sources::single("example.polity", example.text), &Options::default()).diagnostics;
        if !found.iter().any(|d| d.code == code) {
            failures
                .push(format!("{code}: its wrong example does not yield it\n{}", drawn(&example, &found)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn right_examples_compile_without_an_error() {
    let mut failures = Vec::new();
    for (code, example) in projects("Right") {
        let compilation = compile(&Sources::single("example.polity", example.text), &Options::default());
        let is_clean =
            compilation.artifacts.is_some() && !compilation.diagnostics.iter().any(|d| d.code == code);
        if !is_clean {
            failures.push(format!(
                "{code}: its right example is not\n{}",
                drawn(&example, &compilation.diagnostics)
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Each text that a help proposes is an edit, and the edit mends: the code is gone, and nothing came in its place.
#[test]
fn helps_that_propose_a_text_mend_their_example() {
    let (mut mended, mut failures) = (0, Vec::new());
    for (code, example) in projects("Wrong") {
        let sources = Sources::single("example.polity", example.text);
        let before = compile(&sources, &Options::default()).diagnostics;
        for diagnostic in before.iter().filter(|d| d.code == code) {
            let help = diagnostic.help.as_deref().unwrap_or_default();
            let [Mended { text, .. }] = &mend(&sources, [diagnostic])[..] else {
                if proposes_text(help) {
                    failures.push(format!("{code}: no edit makes what its help says: {help}"));
                }
                continue;
            };
            mended += 1;
            let after = compile(&Sources::single("example.polity", text), &Options::default()).diagnostics;
            let count = |found: &[Diagnostic], code: Code| found.iter().filter(|d| d.code == code).count();
            // Warnings wait until nothing else is wrong with an item.
            let is_new = |d: &&Diagnostic| {
                count(&after, d.code) > count(&before, d.code) && (d.is_error() || !diagnostic.is_error())
            };
            let new: Vec<String> =
                after.iter().filter(is_new).map(|d| format!("{} {}", d.code, d.message)).collect();
            if count(&after, code) >= count(&before, code) || !new.is_empty() {
                failures.push(format!("{code}: the edits of `{help}` mend nothing: {new:?}\n{text}"));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}\n{}",
        failures.len(),
        mended + failures.len(),
        failures.join("\n")
    );
    assert!(mended > 65, "only {mended} were mended");
}

/// Whether a help says to write a certain text, and not a form that something is to be put into.
fn proposes_text(help: &str) -> bool {
    ["write `", "did you mean `", "add `"].iter().any(|words| {
        let proposed = help.split_once(words).and_then(|(_, rest)| rest.split_once('`'));
        proposed.is_some_and(|(text, _)| {
            let is_form =
                |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            !text.contains('…') && !text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(is_form)
        })
    })
}

/// A thing that cannot be lowered is left out, so that the rules of an engine judge all the rest.
#[test]
fn wrong_examples_can_be_lowered() {
    let (mut lowered, mut failures) = (0, Vec::new());
    for (code, example) in projects("Wrong") {
        let (governed, _) = polity::govern(&Sources::single("example.polity", example.text), None);
        let stored = polity_govern::Stored::of(governed);
        for store in &stored.stores {
            let Some(engine) = polity_engines::find(store) else { continue };
            match catch_unwind(AssertUnwindSafe(|| engine.lower(&stored, store).len())) {
                Ok(places) => lowered += places,
                Err(_) => {
                    failures.push(format!("{code}: its wrong example cannot be lowered\n{}", example.text))
                }
            }
        }
    }
    assert!(lowered > 200, "only {lowered} places were lowered");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn commands_do_as_their_pages_say() {
    let mut failures = Vec::new();
    for code in codes::ALL {
        let (Some(wrong), Some(right)) = (Example::find(*code, "Wrong"), Example::find(*code, "Right"))
        else {
            continue;
        };
        if wrong.language != "console" {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (_, said) = shell(folder.path(), &wrong);
        if !said.contains(&format!("{code}\n")) && !said.contains(&format!("\"{code}\"")) {
            failures.push(format!("{code}: its wrong example does not yield it\n{said}"));
        }
        let (succeeded, said) = shell(folder.path(), &right);
        if !succeeded || said.contains(code.as_str()) {
            failures.push(format!("{code}: its right example is not\n{said}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A block of code below a heading of a page.
struct Example {
    language: &'static str,
    text: &'static str,
}

impl Example {
    fn find(code: Code, heading: &str) -> Option<Self> {
        let (_, section) = code.page().split_once(&format!("\n## {heading}\n"))?;
        let (_, block) = section.split_once("```")?;
        let (language, text) = block.split_once('\n')?;
        let (text, _) = text.split_once("\n```")?;
        ["polity", "console"].contains(&language).then_some(Self { language, text })
    }
}

fn projects(heading: &str) -> impl Iterator<Item = (Code, Example)> {
    codes::ALL
        .iter()
        .filter_map(move |code| Some((*code, Example::find(*code, heading)?)))
        .filter(|(_, example)| example.language == "polity")
}

fn drawn(example: &Example, found: &[Diagnostic]) -> String {
    let sources = Sources::single("example.polity", example.text);
    render(found, &sources, Format::Human { color: false, width: 100 })
}

/// Runs the lines that begin with `$ `, up to the first that fails, with this build's `polity` and gives all that
/// they said.
fn shell(folder: &Path, example: &Example) -> (bool, String) {
    let commands: Vec<&str> = example.text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    let polity = Path::new(env!("CARGO_BIN_EXE_polity")).parent().expect("it is in a folder");
    let path = format!("{}:{}", polity.display(), std::env::var("PATH").unwrap_or_default());
    let script = format!("exec 2>&1; set -e\n{}", commands.join("\n"));
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        .output()
        .expect("there is a shell");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}
