//! Every kind of object in every place, met by every command that looks there, in every format.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::{FORMATS, Machine, SECRET, Seen, clear, copy, tree};

/// A kind of object that a stranger can put into a project.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Object {
    LinkToFile,
    LinkToSource,
    LinkToFolder,
    LinkToEnvironment,
    LinkToZeroes,
    LinkToNothing,
    Fifo,
    Socket,
    Huge,
    Folder,
}

const OBJECTS: [Object; 10] = [
    Object::LinkToFile,
    Object::LinkToSource,
    Object::LinkToFolder,
    Object::LinkToEnvironment,
    Object::LinkToZeroes,
    Object::LinkToNothing,
    Object::Fifo,
    Object::Socket,
    Object::Huge,
    Object::Folder,
];

const ON_SOURCE: &[&str] = &[
    "check shop",
    "build shop",
    "build shop --check",
    "fmt shop",
    "fmt --check shop",
    "fmt shop/core.polity shop/more.polity",
    "explain core.Customer shop",
    "init shop",
];
const ON_OUTPUT: &[&str] =
    &["build shop", "build shop --check", "build shop --out generated/shop", "build shop --only main"];
const ON_MANUAL: &[&str] = &["man --out man"];

/// Each place, with the commands that look there and the code by which a link there is refused.
const PLACES: &[(&str, &[&str], &str)] = &[
    ("shop/core.polity", ON_SOURCE, "E1009"),
    ("shop/more.polity", ON_SOURCE, "E1009"),
    ("shop/deep/more.polity", ON_SOURCE, "E1009"),
    ("shop/deep", ON_SOURCE, ""),
    ("shop/polity.toml", ON_SOURCE, "E1009"),
    ("shop", ON_SOURCE, "E1009"),
    ("generated", ON_OUTPUT, "E1006"),
    ("generated/shop", ON_OUTPUT, "E1006"),
    ("generated/shop/main", ON_OUTPUT, "E1006"),
    ("generated/shop/main/migrations", ON_OUTPUT, "E1006"),
    ("generated/shop/main/schema.sql", ON_OUTPUT, "E1006"),
    ("generated/shop/main/stray.sql", ON_OUTPUT, "W1001"),
    ("generated/shop/main/.polity-x.tmp", ON_OUTPUT, "W1001"),
    ("generated/shop/manifest.json", ON_OUTPUT, "E1009"),
    ("generated/shop/.polity-journal.json", ON_OUTPUT, "E1009"),
    ("generated/shop/.polity", ON_OUTPUT, "W1001"),
    ("generated/shop/.polity/CACHEDIR.TAG", ON_OUTPUT, "W1001"),
    ("generated/shop/.polity/build.json", ON_OUTPUT, ""),
    ("generated/other", ON_OUTPUT, ""),
    ("man", ON_MANUAL, "E1006"),
    ("man/polity.1", ON_MANUAL, "E1009"),
    ("man/polity-build.1", ON_MANUAL, "E1009"),
];

#[test]
fn no_object_among_the_sources_leads_out_of_the_project() {
    meet(ON_SOURCE);
}

#[test]
fn no_object_in_the_output_leads_out_of_the_project() {
    meet(ON_OUTPUT);
}

#[test]
fn no_object_among_the_pages_of_the_manual_leads_out_of_the_project() {
    meet(ON_MANUAL);
}

/// Puts every object in every place where these commands look, and runs them. The formats take turns, so that each
/// object, each place and each command meets each of them.
fn meet(commands: &[&str]) {
    let machine = Machine::new();
    fs::create_dir(machine.work().join("man")).expect("it is ours");
    fs::create_dir(machine.work().join("shop/deep")).expect("it is ours");
    let (pristine, outside) = (machine.dir.path().join("pristine"), machine.outside());
    copy(&machine.work(), &pristine);
    let before = tree(&outside);
    let places = PLACES.iter().filter(|(_, looking, _)| *looking == commands);
    for (n, (place, _, code)) in places.enumerate() {
        for (m, object) in OBJECTS.into_iter().enumerate() {
            clear(&machine.work());
            copy(&pristine, &machine.work());
            let at = machine.work().join(place);
            for (k, command) in commands.iter().enumerate() {
                put(object, &at, &outside);
                let kind = fs::symlink_metadata(&at).expect("it is there").file_type();
                let line = format!("{command} {}", FORMATS[(n + m + k) % FORMATS.len()]);
                let what = format!("{object:?} at {place}");
                let seen = machine.run(&line.split(' ').collect::<Vec<_>>()).expect_safe(&what);
                assert_eq!(tree(&outside), before, "{what}: {seen:#?}");
                if is_link(object) {
                    // A record is replaced, by another file and not through the link.
                    let still = fs::symlink_metadata(&at).expect("it is left").file_type();
                    assert!(kind == still || place.ends_with("build.json"), "{what}: {seen:#?}");
                    judge(&seen, place, object, code, &what);
                }
            }
        }
    }
}

/// A link is refused wherever a command wants to go through it.
fn judge(seen: &Seen, place: &str, object: Object, code: &str, what: &str) {
    // A link to a folder is no folder of sources, one that leads nowhere no project, and `explain` and `--only` do not
    // look at all that the others do.
    let other = (place == "shop" && object != Object::LinkToFolder)
        || seen.what.contains("init")
        || seen.what.contains("fmt")
        || seen.what.contains("--only");
    if !other && !code.is_empty() {
        assert!(seen.out.contains(code) || seen.err.contains(code), "{what}: no {code}: {seen:#?}");
    }
}

fn is_link(object: Object) -> bool {
    !matches!(object, Object::Fifo | Object::Socket | Object::Huge | Object::Folder)
}

fn put(object: Object, at: &Path, outside: &Path) {
    clear(at);
    let link = |to: &Path| symlink(to, at).expect("links work");
    match object {
        Object::LinkToFile => link(&outside.join("secret")),
        Object::LinkToSource => link(&outside.join("secret.polity")),
        Object::LinkToFolder => link(&outside.join("folder")),
        Object::LinkToEnvironment => link(Path::new("/proc/self/environ")),
        Object::LinkToZeroes => link(Path::new("/dev/zero")),
        Object::LinkToNothing => link(&outside.join("new")),
        Object::Fifo => {
            assert!(Command::new("mkfifo").arg(at).status().expect("there is `mkfifo`").success());
        }
        Object::Socket => {
            // Its name may be no longer than some hundred bytes.
            let short = outside.parent().expect("it has one").join("s");
            drop(UnixListener::bind(&short).expect("sockets work"));
            fs::rename(short, at).expect("it is ours");
        }
        Object::Huge => {
            File::create(at)
                .and_then(|file| file.set_len(10 << 30))
                .expect("the file system has large files");
        }
        Object::Folder => {
            fs::create_dir(at).expect("it is ours");
            fs::write(at.join("inner"), "").expect("it is ours");
        }
    }
}

#[test]
fn what_is_no_source_is_never_quoted() {
    let machine = Machine::new();
    let texts = [
        format!("{SECRET}\n"),
        format!("{{\"{SECRET}\": 1}}"),
        format!("{{\"format\": \"{SECRET}\", \"files\": {{}}}}"),
        format!("{{\"format\": 1, \"files\": {{\"{SECRET}\": \"{SECRET}\"}}}}"),
        format!("{{\"format\": \"polity-manifest-1\", \"files\": \"{SECRET}\"}}"),
        format!("{{\"format\": \"polity-manifest-1\", \"{SECRET}\": {{}}}}"),
        "[".repeat(100_000),
        "\u{feff}{}".to_owned(),
    ];
    for name in ["manifest.json", ".polity-journal.json", ".polity/build.json"] {
        let path = machine.work().join("generated/shop").join(name);
        for text in &texts {
            fs::write(&path, text).expect("it is ours");
            for command in ["build shop", "build shop --check"] {
                for format in FORMATS {
                    let line = format!("{command} {format}");
                    let seen = machine.run(&line.split(' ').collect::<Vec<_>>()).expect_safe(name);
                    if name == "manifest.json" {
                        seen.expect("E1007");
                    }
                }
            }
        }
        clear(&path);
    }
}

#[test]
fn output_of_any_size_is_judged_without_reading_it_all() {
    let machine = Machine::new();
    let out = machine.work().join("generated/shop");
    // Of a length that no build wrote, listed by a manifest that names much more.
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("manifest.json")).expect("it is there")).expect("JSON");
    for n in 0..200 {
        let name = format!("main/more{n}.sql");
        File::create(out.join(&name)).and_then(|file| file.set_len(1 << 30)).expect("they take no room");
        manifest["files"][&name] = "0".repeat(64).into();
    }
    fs::write(out.join("manifest.json"), manifest.to_string()).expect("it is ours");
    for command in [&["build", "shop"][..], &["build", "shop", "--check"]] {
        machine.run(command).expect_safe("output").expect_code(1).expect("E1010").expect("512 MiB");
    }
}
