//! The generated crate in an empty folder outside of any workspace, without a network: it says itself where its runtime
//! comes from, so cargo resolves and compiles it there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use polity_tests::project::{build, compile, root, text};
use serde_json::Value as Json;

const SMALL: &str = include_str!("fixtures/small_client.polity");

/// A generated crate in a folder of its own.
struct Alone {
    folder: tempfile::TempDir,
    /// The home in which cargo keeps git repositories, next to the crates of the registry that everybody shares.
    /// Without one, all is where it is for everybody, so that crates are compiled once.
    home: Option<tempfile::TempDir>,
}

impl Alone {
    /// The client of a small platform that says this of its runtime.
    fn new(runtime: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, content) in build(&format!("{SMALL}\nrust {{ runtime: {runtime} }}\n")).iter() {
            if let Some(path) = path.strip_prefix("rust/") {
                let path = folder.path().join(path);
                fs::create_dir_all(path.parent().expect("below the folder")).expect("ours");
                fs::write(path, content).expect("ours");
            }
        }
        Self { folder, home: None }
    }

    fn with_a_home(self) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(cargo_home().join("registry"), home.path().join("registry"))
            .expect("ours");
        Self { home: Some(home), ..self }
    }

    #[track_caller]
    fn cargo(&self, arguments: &str) -> String {
        let output = Command::new(env!("CARGO"))
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .envs(self.home.as_ref().map(|home| ("CARGO_HOME", home.path())))
            .env("CARGO_TARGET_DIR", root().join("target/rust_client/target"))
            // What was compiled for the other tests of clients does for these.
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .output()
            .expect("cargo starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {arguments}\n{said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    #[track_caller]
    fn packages(&self, arguments: &str) -> Vec<Json> {
        // What other platforms need was not downloaded.
        let platform = format!("--filter-platform {}", host());
        let metadata = self.cargo(&format!("metadata --offline --format-version 1 {platform}{arguments}"));
        let metadata: Json = serde_json::from_str(&metadata).expect("it is JSON");
        metadata["packages"].as_array().expect("packages").clone()
    }

    /// Where cargo found the runtime: its source, and its manifest.
    #[track_caller]
    fn runtime(&self) -> (Option<String>, PathBuf) {
        let packages = self.packages("");
        let runtime =
            packages.iter().find(|package| package["name"] == "polity-runtime").expect("it is there");
        let manifest = runtime["manifest_path"].as_str().expect("a path").into();
        (runtime["source"].as_str().map(str::to_owned), manifest)
    }
}

/// The platform that the tests run on, as cargo calls it.
fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().expect("cargo starts");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo tells its host").to_owned()
}

fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("there is a home")).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

#[test]
fn a_runtime_by_path_resolves_and_compiles_in_an_empty_folder() {
    let runtime = root().join("runtime");
    let alone = Alone::new(&format!("path({:?})", runtime.display().to_string()));
    assert_eq!(alone.runtime(), (None, runtime.join("Cargo.toml")));
    alone.cargo("check --quiet --offline");
}

#[test]
fn a_runtime_by_git_resolves_and_compiles_in_an_empty_folder() {
    let repository = tempfile::tempdir().expect("a folder");
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root().join(file), repository.path().join(file)).expect("it is there");
    }
    copy(&root().join("runtime"), &repository.path().join("runtime"));
    let commit = committed(repository.path());
    let address = format!("file://{}", repository.path().display());
    let alone = Alone::new(&format!("git({address:?}, {commit:?})")).with_a_home();
    // The repository alone is fetched, from this machine: all other versions are known.
    let source = format!("git+{address}?rev={commit}#{commit}");
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("it is there");
    let plain = concat!("name = \"polity-runtime\"\nversion = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    assert!(lock.contains(plain));
    let lock = lock.replace(plain, &format!("{plain}source = \"{source}\"\n"));
    fs::write(alone.folder.path().join("Cargo.lock"), lock).expect("ours");
    alone.cargo(&format!("fetch --quiet --target {}", host()));
    assert_eq!(alone.runtime().0, Some(source));
    alone.cargo("check --quiet --offline");
}

/// The commit that holds a folder.
fn committed(folder: &Path) -> String {
    let git = |arguments: &str| {
        let output = Command::new("git")
            .args(["-c", "user.name=test", "-c", "user.email=test@localhost"])
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .expect("git starts");
        assert!(output.status.success(), "git {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    git("init --quiet");
    git("add --all");
    git("commit --quiet --no-gpg-sign --message all");
    git("rev-parse HEAD").trim().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("ours");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("readable");
        let path = to.join(entry.file_name());
        if entry.file_type().expect("it has one").is_dir() {
            copy(&entry.path(), &path);
        } else {
            fs::copy(entry.path(), path).expect("ours");
        }
    }
}

/// No registry can be asked here for what is not published, so cargo's own configuration says where it is.
#[test]
fn a_runtime_by_version_resolves_and_compiles_where_the_version_is_to_be_had() {
    let alone = Alone::new("version 0.1");
    let runtime = root().join("runtime");
    let patch = format!("[patch.crates-io]\npolity-runtime = {{ path = {runtime:?} }}\n");
    fs::create_dir(alone.folder.path().join(".cargo")).expect("ours");
    fs::write(alone.folder.path().join(".cargo/config.toml"), patch).expect("ours");
    assert_eq!(alone.runtime(), (None, runtime.join("Cargo.toml")));
    alone.cargo("check --quiet --offline");
}

#[test]
fn a_runtime_by_version_is_that_of_the_compiler_where_nothing_is_said() {
    let manifest = |said: &str| text(&build(&format!("{SMALL}\n{said}\n")), "rust/Cargo.toml");
    let plain = manifest("");
    let default = concat!("[dependencies]\npolity-runtime = \"", env!("CARGO_PKG_VERSION"), "\"\n");
    assert!(plain.ends_with(default) && !plain.contains("workspace"), "{plain}");
    let other = manifest("rust { runtime: version 2.7 }");
    assert!(other.ends_with("[dependencies]\npolity-runtime = \"2.7\"\n"), "{other}");
}

#[test]
fn a_path_is_a_text_whatever_toml_thinks_of_its_characters() {
    let alone = Alone::new(r#"path("/a'b\"c\\d é #{x}")"#);
    let packages = alone.packages(" --no-deps");
    assert_eq!(packages[0]["dependencies"][0]["path"], "/a'b\"c\\d é #{x}", "{packages:?}");
}

#[test]
fn a_runtime_that_may_change_or_cannot_be_read_is_refused() {
    let told = |runtime: &str| {
        let source = format!("platform shop {{ environments: [dev] }}\nrust {{ runtime: {runtime} }}\n");
        let found = compile(&source).diagnostics;
        found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect::<Vec<_>>()
    };
    let commit = "0f3c2a9d4b1e8f7a6c5d4e3f2a1b0c9d8e7f6a5b";
    let git = |address: &str| format!("git(\"{address}\", \"{commit}\")");
    for fine in [
        "version 1",
        "version 0.1.0",
        "path(\"/srv/runtime\")",
        &git("https://example.com/p.git"),
        &git("ssh://git@example.com/p.git"),
        &git("file:///srv/p"),
    ] {
        assert_eq!(told(fine), Vec::<String>::new(), "{fine}");
    }
    for (wrong, code) in [
        ("version", "E0412"),
        ("version(\"0.1\")", "E0412"),
        ("version 0.1.0.0", "E0412"),
        ("version 0.99999999999", "E0109"),
        ("path", "E0412"),
        ("path(\"\")", "E0412"),
        ("path(\"a\\nb\")", "E0126"),
        ("path(\"a\", \"b\")", "E0412"),
        ("git(\"https://example.com/p.git\")", "E0412"),
        ("git(\"https://example.com/p.git\", \"main\")", "E0412"),
        ("git(\"https://example.com/p.git\", \"0f3c2a9\")", "E0412"),
        (&git(""), "E0412"),
        (&git("https://"), "E0412"),
        (&git("http://example.com/p.git"), "E0412"),
        (&git("git@example.com:p.git"), "E0412"),
        (&git("https://example.com/p .git"), "E0412"),
        (&git("https://example.com/p\\u{7}.git"), "E0126"),
        (&git("https://me:secret@example.com/p.git"), "E0403"),
        (&git("https://token@example.com/p.git"), "E0403"),
        (&git("ssh://git:secret@example.com/p.git"), "E0403"),
        ("crates_io", "E0402"),
        ("\"0.1\"", "E0402"),
        ("version 0.1\n  in dev { runtime: version 0.2 }", "E0411"),
        ("version 0.1 }\nrust { runtime: version 0.2", "E0203"),
    ] {
        assert_eq!(told(wrong), [code], "{wrong}");
    }
    assert!(told("version 0.1 { features: [all] }").contains(&"E0401".to_owned()));
}
