//! Reading a project folder and its configuration.

use super::*;
use crate::io::config::read_config;
use crate::io::read::read_project;
use crate::io::regular::{LARGE, SMALL};
use polity_text::diagnostics::render::{Format, render};
use polity_text::source::Sources;

fn put(folder: &Path, files: &[(&str, &[u8])]) {
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("the folder is ours");
        fs::write(path, content).expect("the folder is ours");
    }
}

fn drawn(diagnostics: &[Diagnostic], sources: &Sources, folder: &Path) -> String {
    let text = render(diagnostics, sources, Format::Human { color: false, width: 100 });
    text.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn a_project_is_every_polity_file_below_its_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let files: &[(&str, &[u8])] = &[
        ("b.polity", b"b"),
        ("a.polity", b"a"),
        ("deep/er/c.polity", b"c"),
        (".git/d.polity", b"d"),
        (".e.polity", b"e"),
        ("f.polity.bak", b"f"),
        ("polity", b"g"),
        ("deep/folder.polity/h.polity", b"h"),
    ];
    put(dir.path(), files);
    // A link to a folder above would otherwise be walked for ever.
    std::os::unix::fs::symlink(dir.path(), dir.path().join("deep/loop")).expect("links work");
    std::os::unix::fs::symlink(dir.path().join("f.polity.bak"), dir.path().join("link.bak"))
        .expect("links work");
    let project = read_project(dir.path()).expect("nothing refuses");
    let paths: Vec<&str> = project.sources.iter().map(|(_, source)| source.path.as_str()).collect();
    assert_eq!(paths, ["a.polity", "b.polity", "deep/er/c.polity", "deep/folder.polity/h.polity"]);
    assert!(project.diagnostics.is_empty());
}

#[test]
fn what_is_no_regular_file_is_refused_and_nothing_is_compiled_without_it() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), &[("a.polity", b"a"), ("target", b"b"), (".git/x", b"")]);
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, dir.path().join(name)).expect("links work");
    };
    link("target", "file.polity");
    link(".git", "folder.polity");
    link("nowhere", "dangling.polity");
    link("/dev/zero", "device.polity");
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("s.polity")).expect("sockets work");
    let project = read_project(dir.path()).expect("nothing refuses");
    assert!(project.sources.is_empty());
    insta::assert_snapshot!(drawn(&project.diagnostics, &project.sources, dir.path()));
}

#[test]
fn names_that_could_pass_for_something_else_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), &[("ä 漢.polity", b""), ("of\u{202e}/b.polity", b""), ("c\nd.polity", b"")]);
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"e\xff\x1b.polity")), "")
        .expect("the folder is ours");
    let project = read_project(dir.path()).expect("nothing refuses");
    let names: Vec<&str> =
        project.diagnostics.iter().map(|d| d.message.split('`').nth(1).unwrap_or_default()).collect();
    assert_eq!(names, ["c\\nd.polity", "e\\xff\\u{1b}.polity", "of\\u{202e}/b.polity"]);
    assert!(project.diagnostics.iter().all(|d| d.code == polity_text::diagnostics::codes::E1011));
    // The folder is the user's own word.
    let folder = dir.path().join("of\u{202e}");
    assert_eq!(read_project(&folder).expect("nothing refuses").sources.len(), 1);
}

#[test]
fn ten_thousand_files_are_a_project_and_no_more() {
    let dir = tempfile::tempdir().expect("a folder");
    for at in 0..=10_000 {
        fs::write(dir.path().join(format!("{at}.polity")), "").expect("the folder is ours");
    }
    let refused = read_project(dir.path()).expect_err("it is one too many");
    assert_eq!(refused.code, polity_text::diagnostics::codes::E1010, "{refused:?}");
    fs::remove_file(dir.path().join("0.polity")).expect("the folder is ours");
    assert_eq!(read_project(dir.path()).expect("nothing refuses").sources.len(), 10_000);
}

#[test]
fn what_is_not_utf_8_is_drawn_at_its_place() {
    let dir = tempfile::tempdir().expect("a folder");
    put(
        dir.path(),
        &[("a.polity", b"// ok\n// caf\xe9, \xff\xfe and \xf0\x9f\x98\n"), ("b.polity", b"fine")],
    );
    let project = read_project(dir.path()).expect("nothing refuses");
    insta::assert_snapshot!(drawn(&project.diagnostics, &project.sources, dir.path()));
}

#[test]
fn a_folder_without_source_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let project = read_project(dir.path()).expect("nothing refuses");
    insta::assert_snapshot!(drawn(&project.diagnostics, &project.sources, dir.path()));
}

#[test]
fn a_folder_that_is_none_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    put(dir.path(), &[("file", b"")]);
    for (path, reason) in [("file", "not a folder"), ("missing", "it does not exist")] {
        let refused = read_project(&dir.path().join(path)).expect_err(path);
        assert!(refused.message.contains(reason), "{}", refused.message);
    }
}

#[test]
fn more_than_a_person_writes_is_not_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let sparse = |name: &str, length: u64| {
        // It takes no room.
        let file = fs::File::create(dir.path().join(name)).expect("the folder is ours");
        file.set_len(length).expect("the file system has large files");
    };
    let said = || {
        let project = read_project(dir.path()).expect("nothing refuses");
        assert!(project.sources.is_empty() || project.diagnostics.is_empty());
        project.diagnostics.into_iter().map(|d| d.message).collect::<Vec<_>>().join("\n")
    };
    sparse("a.polity", LARGE);
    assert_eq!(said(), "");
    sparse("a.polity", LARGE + 1);
    assert!(said().ends_with("a.polity` has more than 32 MiB, the most that is read of it"), "{}", said());
    sparse("a.polity", 10 << 30);
    assert!(said().ends_with("a.polity` has more than 32 MiB, the most that is read of it"), "{}", said());
    for name in ["a.polity", "b.polity"] {
        sparse(name, LARGE);
    }
    assert_eq!(said(), "");
    sparse("c.polity", 1);
    assert_eq!(said(), "all source together has more than 64 MiB");

    sparse("polity.toml", SMALL + 1);
    let refused = read_config(dir.path()).expect_err("it is too large");
    assert!(refused.message.ends_with("polity.toml` has more than 64 KiB, the most that is read of it"));
}

#[test]
fn a_configuration_is_optional_like_its_keys() {
    let dir = tempfile::tempdir().expect("a folder");
    let (config, found) = read_config(dir.path()).expect("nothing refuses");
    assert!(config.out.is_none() && config.skip.is_empty() && found.is_empty());
    put(
        dir.path(),
        &[("polity.toml", b"edition = \"2026\"\nout = \"./gen/x\"\nskip = [\"helm\", 'cache']\n")],
    );
    let (config, found) = read_config(dir.path()).expect("nothing refuses");
    assert_eq!(found, []);
    assert_eq!(config.out.as_deref(), Some(Path::new("gen/x")));
    assert_eq!(config.skip.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["helm", "cache"]);
}

#[test]
fn a_configuration_cannot_lead_out_of_the_project() {
    let dir = tempfile::tempdir().expect("a folder");
    for out in [
        "..",
        "../gen",
        "a/../../b",
        "/tmp/gen",
        "/",
        ".git",
        "./.GIT/hooks",
        "a/.git",
        ".",
        "",
        "./",
        ".git.",
        ".git ",
        "GIT~1",
        ".gIt\\u200C",
        "a\\nb",
        "a\\u001b[31m",
        "a\\u0000b",
    ] {
        put(dir.path(), &[("polity.toml", format!("out = \"{out}\"\n").as_bytes())]);
        let (config, found) = read_config(dir.path()).expect("nothing refuses");
        assert!(config.out.is_none(), "{out}");
        assert!(drawn(&found, &config.sources, dir.path()).contains("E1004"), "{out}");
    }
    put(dir.path(), &[("polity.toml", b"skip = ['caf\xe9']\n")]);
    let (config, found) = read_config(dir.path()).expect("nothing refuses");
    assert!(drawn(&found, &config.sources, dir.path()).contains("E1002"));
}

#[test]
fn every_mistake_of_a_configuration_is_drawn_at_its_place() {
    let dir = tempfile::tempdir().expect("a folder");
    let text =
        b"edition = \"2031\"\nouts = \"x\"\nskip = [\"a\", 1]\nout = 3\nzebra = true\n[table]\nx = 1\n";
    put(dir.path(), &[("polity.toml", text)]);
    let (config, found) = read_config(dir.path()).expect("nothing refuses");
    insta::assert_snapshot!(drawn(&found, &config.sources, dir.path()));
    for broken in
        ["out = ", "out = \"a\nskip = []", "= = =", "out = \"a\"\nout = \"b\"", "\0", "[", "é = \"ö"]
    {
        put(dir.path(), &[("polity.toml", broken.as_bytes())]);
        let (config, found) = read_config(dir.path()).expect("nothing refuses");
        assert!(!found.is_empty(), "{broken:?}");
        assert!(drawn(&found, &config.sources, dir.path()).contains("E1004"), "{broken:?}");
    }
}
