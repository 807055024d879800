//! Names and texts that want to be more than a name: a line of their own, a sequence for the terminal, a command for the
//! server that keeps the log.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::{FORMATS, Machine, is_hidden};

/// Parts of names. None has a `/`, which no name has.
const HOSTILE: &[&[u8]] = &[
    b"a\nFORGED error: E0101",
    b"a\n::error file=x::y",
    b"a\r::error::x",
    b"::error file=x::y",
    b" ::warning::x",
    b"a ##[error]x",
    b"a ##vso[task.setvariable variable=x]y",
    b"a\x1b[31mred\x1b[0m",
    b"a\x1b]8;;http:x\x07y",
    b"a\x08\x08\x7f",
    "a\u{9b}31m\u{85}FORGED".as_bytes(),
    "a\u{2028}FORGED\u{2029}FORGED".as_bytes(),
    "a\u{202e}b\u{2066}c\u{200f}d\u{61c}".as_bytes(),
    "a\u{200b}\u{2060}\u{feff}\u{ad}b".as_bytes(),
    "a\u{e0041}".as_bytes(),
    b"a\xff\xfe\nFORGED",
    b"a\"},{\"code\":\"E0000\"}\n{\"code\":\"FORGED\"}",
    b"a`\n\nE0101\n\n  \xc3\x97 forged",
    b"-x\nFORGED",
    b"--format=x\nFORGED",
    b"long words that fill a line and a half of the text so that it is wrapped and the next line begins with ::error::x",
];

fn name(bytes: &[u8], end: &str) -> OsString {
    OsString::from_vec([bytes, end.as_bytes()].concat())
}

/// Runs a command in each format, with a path behind it where one is given.
fn run(machine: &Machine, command: &str, path: Option<&OsStr>, place: &str) {
    for format in FORMATS {
        let options = format!("{format} {command}");
        let mut arguments: Vec<&OsStr> = options.split(' ').map(OsStr::new).collect();
        arguments.extend(path);
        machine.run(&arguments).expect_safe(place);
    }
}

#[test]
fn no_name_of_a_source_forges_a_line() {
    let machine = Machine::new();
    let shop = machine.work().join("shop");
    let text = "enum  A{a,b}\nbroken {\n";
    let is_refused = |bytes: &[u8]| std::str::from_utf8(bytes).map_or(true, |name| name.contains(is_hidden));
    // Those that are refused, then those that are read, because nothing is read beside what is refused.
    for refused in [true, false] {
        let names = HOSTILE.iter().filter(|bytes| is_refused(bytes) == refused);
        let paths: Vec<PathBuf> = names
            .flat_map(|bytes| {
                [shop.join(name(bytes, ".polity")), shop.join(name(bytes, "")).join("a.polity")]
            })
            .collect();
        assert!(paths.len() > 8);
        for path in &paths {
            fs::create_dir_all(path.parent().expect("it has one")).expect("it is ours");
            fs::write(path, text).expect("it is ours");
        }
        for command in ["check shop", "build shop", "build shop --check", "fmt shop", "fmt --check shop"] {
            run(&machine, command, None, "source");
        }
        let json = machine.run(&["check", "shop", "--format", "json"]);
        let code = if refused { "E1011" } else { "E0101" };
        assert!(json.out.matches(code).count() >= paths.len(), "{json:#?}");
        for path in &paths {
            assert_eq!(fs::read_to_string(path).expect("it is there"), text);
            fs::remove_file(path).expect("it is ours");
        }
    }
}

#[test]
fn no_argument_that_a_shell_makes_of_a_name_forges_a_line() {
    let machine = Machine::new();
    let work = machine.work();
    for bytes in HOSTILE {
        let (file, folder, missing) = (name(bytes, ".polity"), name(bytes, ""), name(bytes, "-missing"));
        fs::create_dir(work.join(&folder)).expect("it is ours");
        for path in [work.join(&file), work.join(&folder).join("a.polity")] {
            fs::write(path, "enum  A{a,b}\nbroken {\n").expect("it is ours");
        }
        run(&machine, "fmt --check", Some(&file), "file");
        for command in ["check", "build", "fmt"] {
            run(&machine, command, Some(&folder), "project");
        }
        for command in
            ["check", "fmt", "explain", "build shop --check --out", "build shop --only", "check --as-of"]
        {
            run(&machine, command, Some(&missing), "nothing");
        }
        fs::remove_file(work.join(&file)).expect("it is ours");
        fs::remove_dir_all(work.join(&folder)).expect("it is ours");
    }
}

#[test]
fn no_name_in_the_output_forges_a_line() {
    let machine = Machine::new();
    let out = machine.work().join("generated/shop");
    let manifest = fs::read_to_string(out.join("manifest.json")).expect("it is there");
    // As Polity's own, by the word of the manifest; as edited since; and as what it says nothing of.
    for content in [Some(""), Some("other"), None] {
        let mut forged: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
        for bytes in HOSTILE {
            fs::write(out.join("main").join(name(bytes, "")), "").expect("it is ours");
            fs::create_dir_all(out.join(name(bytes, ""))).expect("it is ours");
            fs::write(out.join(name(bytes, "")).join("x"), "").expect("it is ours");
            if let Some(content) = content {
                let sum = polity::io::manifest::sum(content.as_bytes());
                forged["files"][format!("main/{}", String::from_utf8_lossy(bytes))] = sum.into();
            }
        }
        for command in ["build shop --check", "build shop"] {
            fs::write(out.join("manifest.json"), forged.to_string()).expect("it is ours");
            run(&machine, command, None, "output");
        }
    }
}

#[test]
fn no_text_of_a_source_forges_a_line() {
    let machine = Machine::new();
    let shop = machine.work().join("shop");
    let core = fs::read_to_string(shop.join("core.polity")).expect("it is there");
    for bytes in HOSTILE {
        let text = String::from_utf8_lossy(bytes);
        let quoted = serde_json::to_string(&text).expect("text is JSON");
        fs::write(shop.join("core.polity"), core.replacen("entity ", &format!("/// {text}\n  entity "), 1))
            .expect("it is ours");
        for (file, source) in [
            ("a", format!("/// {text}\n// {text}\nenum A as {quoted} {{ a, a, b as {quoted} }}\n")),
            (
                "b",
                format!(
                    "schema more in main {{ entity E as \"{text}\" {{ id: uuid key\n a: text = \"{text}\" matches \"{text}\"\n }} }}\n"
                ),
            ),
            ("c", format!("{text}\n")),
            (
                "d",
                format!(
                    "keyspace K in cache {{ pattern \"{text}:{{a: text}}\"\n value json {{ b: {text} }}\n ttl 1h }}\n"
                ),
            ),
        ] {
            fs::write(shop.join(file).with_extension("polity"), source).expect("it is ours");
        }
        for command in ["check shop", "fmt shop --check", "explain core.Customer shop"] {
            run(&machine, command, None, "source");
        }
    }
}

#[test]
fn no_text_of_the_configuration_forges_a_line() {
    let machine = Machine::new();
    let toml = machine.work().join("shop/polity.toml");
    for bytes in HOSTILE {
        let text = String::from_utf8_lossy(bytes);
        let quoted = serde_json::to_string(&text).expect("text is JSON");
        for line in [
            format!("{quoted} = 1"),
            format!("edition = {quoted}\nskip = [{quoted}]\nout = {quoted}"),
            text.to_string(),
        ] {
            fs::write(&toml, line).expect("it is ours");
            run(&machine, "check shop", None, "configuration");
        }
        fs::write(&toml, format!("skip = [{quoted}]")).expect("it is ours");
        run(&machine, "build shop", None, "configuration");
    }
}

#[test]
fn a_difference_that_is_shown_is_not_a_command() {
    let machine = Machine::new();
    let out = machine.work().join("generated/shop");
    let file = "main/schema.sql";
    let text = "::error::x\n ::error::y ##[error]z\n\u{1b}[31m\u{202e}\u{2028}FORGED\rFORGED\n";
    fs::write(out.join(file), text).expect("it is ours");
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).expect("it is there")).expect("JSON");
    manifest["files"][file] = polity::io::manifest::sum(text.as_bytes()).into();
    fs::write(out.join("manifest.json"), manifest.to_string()).expect("it is ours");
    run(&machine, "build shop --check", None, "difference");
    let shop = machine.work().join("shop");
    fs::write(
        shop.join("more.polity"),
        format!("enum  A{{a,b}}\n// {text}// ::error::x\n   // ##[x]\n\n\n\n"),
    )
    .expect("it is ours");
    run(&machine, "fmt --check shop", None, "difference");
}
