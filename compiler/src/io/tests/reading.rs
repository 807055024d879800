//! Reading a project folder and its configuration.

use super::*;
use crate::diagnostics::render::{Format, render};
use crate::io::config::read_config;
use crate::io::read::read_project;
use crate::source::Sources;

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
    // A link to a folder above would otherwise be walked for ever; a link to a file is as good as a file.
    std::os::unix::fs::symlink(dir.path(), dir.path().join("deep/loop")).expect("links work");
    std::os::unix::fs::symlink(dir.path().join("f.polity.bak"), dir.path().join("link.polity"))
        .expect("links work");
    let project = read_project(dir.path()).expect("nothing refuses");
    let paths: Vec<&str> = project.sources.iter().map(|(_, source)| source.path.as_str()).collect();
    assert_eq!(
        paths,
        ["a.polity", "b.polity", "deep/er/c.polity", "deep/folder.polity/h.polity", "link.polity"]
    );
    assert!(project.diagnostics.is_empty());
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
fn a_file_too_large_for_offsets_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    // Sparse: it takes no room.
    let file = fs::File::create(dir.path().join("a.polity")).expect("the folder is ours");
    file.set_len(5 << 30).expect("the file system has large files");
    let refused = read_project(dir.path()).expect_err("5 GiB");
    assert!(refused.message.contains("larger than"), "{}", refused.message);
}

#[test]
fn a_configuration_is_optional_like_its_keys() {
    let dir = tempfile::tempdir().expect("a folder");
    let (config, found) = read_config(dir.path()).expect("nothing refuses");
    assert!(config.out.is_none() && config.skip.is_empty() && found.is_empty());
    put(
        dir.path(),
        &[("polity.toml", b"edition = \"2026\"\nout = \"../gen\"\nskip = [\"helm\", 'cache']\n")],
    );
    let (config, found) = read_config(dir.path()).expect("nothing refuses");
    assert_eq!(found, []);
    assert_eq!(config.out.as_deref(), Some(Path::new("../gen")));
    assert_eq!(config.skip.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["helm", "cache"]);
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
