//! Generated crates in a workspace of their own, as the programs that use them meet them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use polity::artifact::Artifacts;

use crate::project::root;

/// A workspace below `target/` with generated crates in it, each with a program of another beside it.
pub struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// Writes the crates by their names, each with a file of a path and a text.
    ///
    /// # Panics
    /// When the files cannot be written.
    #[must_use]
    pub fn new(name: &str, members: &[(&str, Artifacts, (&str, &str))]) -> Self {
        // Three folders above a member, as for those in `generated/`, is the runtime that ISMAIL names.
        let folder = root().join("target").join(name);
        // What an earlier run left must not be compiled with it.
        let _ = fs::remove_dir_all(&folder);
        for (name, artifacts, (path, text)) in members {
            let member = folder.join(name);
            for (path, content) in artifacts.iter() {
                if let Some(path) = path.strip_prefix("rust/") {
                    write(&member.join(path), content);
                }
            }
            write(&member.join(path), text.as_bytes());
        }
        let runtime = root().join("runtime");
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\n[patch.crates-io]\n\
             polity-runtime = {{ path = {runtime:?} }}\n\n[profile.dev]\ndebug = \"line-tables-only\"\n"
        );
        write(&folder.join("Cargo.toml"), manifest.as_bytes());
        // The versions that the project itself was tested with.
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file is there");
        Self { folder }
    }

    /// Runs cargo on all of it, and gives what was printed.
    ///
    /// # Panics
    /// When cargo fails.
    #[track_caller]
    pub fn cargo(&self, arguments: &str) -> String {
        let output = Command::new(env!("CARGO"))
            .args(arguments.split(' '))
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", root().join("target/rust_client/target"))
            .env("RUSTDOCFLAGS", "-D warnings")
            .output()
            .expect("cargo starts");
        let told = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "cargo {arguments}\n{told}{printed}");
        printed
    }
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().expect("below the folder")).expect("ours");
    fs::write(path, content).expect("ours");
}
