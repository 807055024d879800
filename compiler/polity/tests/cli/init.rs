//! The project that `polity init` writes.

use std::fs;

use super::{exists, folder, polity, shop};

#[test]
fn init_writes_a_project_that_builds_without_a_word() {
    let dir = shop();
    let check = polity(&dir, "check shop");
    assert_eq!((check.code, check.err.as_str()), (0, ""), "{check:?}");
    // A line for each store says what was proved of it.
    assert!(check.out.starts_with("nothing is wrong\ncache (Redis 7): 1 keyspace; "), "{check:?}");
    assert!(check.out.contains("\nmain (PostgreSQL 15): 2 entities, 9 fields, "), "{check:?}");
    let build = polity(&dir, "build shop");
    assert_eq!((build.code, build.err.as_str()), (0, ""), "{build:?}");
    assert!(build.out.ends_with("created in `generated/shop`\n"), "{build:?}");
    assert!(exists(&dir, "generated/shop/manifest.json") && exists(&dir, "generated/shop/main/schema.sql"));
    let again = polity(&dir, "build shop");
    assert!(
        again.out.ends_with("unchanged in `generated/shop`\n") && !again.out.contains("created"),
        "{again:?}"
    );
    assert_eq!(polity(&dir, "build shop --check").code, 0);
    assert_eq!(polity(&dir, "fmt shop --check").code, 0);
}

#[test]
fn init_names_the_platform_after_any_folder() {
    let dir = folder();
    for (folder, name) in [("My.Shop-2", "my_shop_2"), ("42", "p_42"), ("ça", "a"), ("—", "shop")] {
        assert_eq!(polity(&dir, &format!("init {folder}")).code, 0);
        let text = fs::read_to_string(dir.path().join(folder).join("platform.polity")).expect("it is there");
        assert!(text.contains(&format!("platform {name} {{")), "{text}");
        let secret = format!("secret(\"{}-database\"", name.replace('_', "-"));
        assert!(text.contains(&secret) && !text.contains("my-platform"), "{text}");
        assert_eq!(polity(&dir, &format!("check {folder}")).code, 0, "{folder}");
    }
}

#[test]
fn init_overwrites_nothing() {
    let dir = folder();
    for existing in ["polity.toml", "x.polity", "deep/y.polity"] {
        let project = dir.path().join("p");
        let file = project.join(existing);
        fs::create_dir_all(file.parent().expect("it has one")).expect("it is ours");
        fs::write(&file, "mine").expect("it is ours");
        let run = polity(&dir, "init p");
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("holds a project already"), "{run:?}");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine");
        assert!(!project.join("platform.polity").exists());
        fs::remove_dir_all(project).expect("it is ours");
    }
}

/// Checks that the `rust` block that `init` writes as a comment says, once uncommented, what holds without it.
#[test]
fn init_documents_the_default_of_the_runtime() {
    let dir = shop();
    let source = dir.path().join("shop/platform.polity");
    let manifest = || {
        assert_eq!(polity(&dir, "build shop").code, 0);
        fs::read_to_string(dir.path().join("generated/shop/rust/Cargo.toml")).expect("it is there")
    };
    let plain = manifest();
    assert!(plain.contains(concat!("polity-runtime = \"", env!("CARGO_PKG_VERSION"), "\"")), "{plain}");
    let text = fs::read_to_string(&source).expect("it is there");
    let said = text.replace("// rust {", "rust {");
    assert_ne!(said, text);
    fs::write(&source, said).expect("it is ours");
    assert_eq!(manifest(), plain);
}
