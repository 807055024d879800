//! `polity fmt`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{folder, polity, polity_with_input, shop};

const MESSY: &str = "platform  shop{environments:[dev]}\n";

#[test]
fn fmt_lays_files_out_anew_and_leaves_what_is_right() {
    let dir = shop();
    let project = dir.path().join("shop");
    let messy = project.join("messy.polity");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    fs::write(&messy, "enum  A{a,b}\n").expect("it is ours");
    fs::set_permissions(&messy, fs::Permissions::from_mode(0o600)).expect("it is ours");

    let check = polity(&dir, "fmt shop --check");
    assert_eq!(check.code, 1);
    assert!(
        check.out.contains("would change: shop/messy.polity\n") && check.out.contains("-enum  A{a,b}"),
        "{check:?}"
    );
    assert_eq!(fs::read_to_string(&messy).expect("it is there"), "enum  A{a,b}\n");
    let json = polity(&dir, "fmt shop --check --format json");
    assert!(json.code == 1 && json.out.contains("`shop/messy.polity` is not laid out"), "{json:?}");

    let run = polity(&dir, "fmt shop");
    assert_eq!((run.code, run.out.as_str()), (0, "1 of 3 files were laid out anew\n"), "{run:?}");
    assert_eq!(polity(&dir, "fmt shop --check").code, 0);
    assert_eq!(mode(&messy), 0o600);
    let again = polity(&dir, "fmt shop/messy.polity shop");
    assert_eq!(again.out, "0 of 3 files were laid out anew\n");
}

#[test]
fn fmt_shows_and_writes_nothing_but_sources() {
    let dir = shop();
    fs::write(dir.path().join("shop/notes.txt"), "SECRET {\n").expect("it is ours");
    for arguments in ["fmt shop/notes.txt", "fmt --check shop/notes.txt", "fmt --format json shop/notes.txt"]
    {
        let run = polity(&dir, arguments);
        assert_eq!(run.code, 1, "{run:?}");
        assert!((run.out.clone() + &run.err).contains("E1009"), "{run:?}");
        assert!(!run.out.contains("SECRET") && !run.err.contains("SECRET"), "{run:?}");
    }
}

#[test]
fn fmt_reads_standard_input() {
    let dir = folder();
    let run = polity_with_input(&dir, "fmt -", MESSY);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("platform shop {"), "{run:?}");
    let again = polity_with_input(&dir, "fmt -", &run.out);
    assert_eq!(again.out, run.out);
    assert_eq!(polity_with_input(&dir, "fmt --check -", MESSY).code, 1);
    assert_eq!(polity_with_input(&dir, "fmt --check -", &run.out).code, 0);
    assert_eq!(polity_with_input(&dir, "fmt - x", MESSY).code, 2);
}

#[test]
fn fmt_leaves_alone_what_it_cannot_read() {
    let dir = folder();
    let broken: [&[u8]; 2] = [b"platform shop {\n", b"// caf\xe9\nplatform  shop{environments:[dev]}\n"];
    for bytes in broken {
        let path = dir.path().join("a.polity");
        fs::write(&path, bytes).expect("it is ours");
        let run = polity(&dir, "fmt");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("[a.polity:1:"), "{run:?}");
        assert_eq!(fs::read(&path).expect("it is there"), bytes);
    }
    let piped = polity_with_input(&dir, "fmt -", "platform shop {\n");
    assert_eq!((piped.code, piped.out.as_str()), (1, ""), "{piped:?}");
    assert_eq!(polity(&dir, "fmt missing.polity").code, 2);
}
