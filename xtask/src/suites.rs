//! The suites that the workspace's tests fall into: the unit tests of a crate, or a module of its other tests. Each runs
//! by itself, so that its time can be told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{Result, workspace};

/// Modules of the tests against engines that use no server.
const WITHOUT_SERVERS: &[&str] = &["rust_client", "rust_client_alone", "scaffolds"];

/// Tests of one program that belong together.
pub(crate) struct Suite {
    /// Such as `polity, unit tests` or `polity-tests, erasure`.
    pub(crate) name: String,
    /// Whether its tests use the servers, which no other suite may use at the same time.
    pub(crate) uses_servers: bool,
    /// The command that runs them; its output is that of Rust's test runner.
    pub(crate) command: Command,
}

/// A test program that cargo built.
pub(crate) struct Program {
    package: String,
    /// The folder that cargo runs it in.
    folder: PathBuf,
    /// Whether it holds the unit tests of a library or a program.
    is_unit: bool,
    path: PathBuf,
}

/// Builds every test of the workspace and parts them into suites, those of the documentation last.
pub(crate) fn all() -> Result<Vec<Suite>> {
    let mut suites = Vec::new();
    for program in build()? {
        let tests = program.tests()?;
        if program.is_unit {
            if !tests.is_empty() {
                let name = format!("{}, unit tests", program.package);
                suites.push(Suite { name, uses_servers: false, command: program.run(&[]) });
            }
            continue;
        }
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for test in &tests {
            let module = test.split_once("::").map_or(program.package.as_str(), |(module, _)| module);
            modules.entry(module).or_default().push(test);
        }
        for (module, tests) in modules {
            let name = format!("{}, {module}", program.package);
            let uses_servers = program.package == "polity-tests" && !WITHOUT_SERVERS.contains(&module);
            suites.push(Suite { name, uses_servers, command: program.run(&tests) });
        }
    }
    let mut documentation = Command::new(env!("CARGO"));
    documentation.current_dir(workspace()).args([
        "test",
        "--quiet",
        "--workspace",
        "--doc",
        "--no-fail-fast",
    ]);
    let name = "examples in the documentation".to_owned();
    suites.push(Suite { name, uses_servers: false, command: documentation });
    Ok(suites)
}

/// Builds the workspace's tests.
pub(crate) fn build() -> Result<Vec<Program>> {
    Ok(built()?.iter().filter_map(Program::of).collect())
}

/// The compiler's program, as the tests have it: built by itself it would have other features of what it depends on, and
/// all of that would be compiled twice.
pub(crate) fn compiler() -> Result<PathBuf> {
    let is_program =
        |message: &&Value| message["target"]["name"] == "polity" && message["target"]["kind"][0] == "bin";
    let path =
        built()?.iter().filter(is_program).find_map(|message| Some(message["executable"].as_str()?.into()));
    path.ok_or_else(|| "cargo built no program `polity`".to_owned())
}

/// Builds the workspace's tests, and returns cargo's messages about all that it built.
fn built() -> Result<Vec<Value>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args(["test", "--workspace", "--no-run"]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let output = cargo.stderr(Stdio::inherit()).output().map_err(|e| format!("cannot run cargo: {e}"))?;
    if !output.status.success() {
        return Err("the tests do not compile; see above".to_owned());
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    Ok(lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

impl Program {
    /// The program that a message of cargo tells of
    /// (<https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages>).
    fn of(message: &Value) -> Option<Self> {
        let path = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
        let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_path_buf();
        let id = message["package_id"].as_str()?;
        // `path+file:///…/tests#polity-tests@0.1.0`, or `…/xtask#0.1.0` where the folder has the name of the package.
        let (place, rest) = id.rsplit_once('#')?;
        let package =
            rest.split_once('@').map_or_else(|| place.rsplit('/').next(), |(name, _)| Some(name))?;
        let is_unit = message["target"]["kind"].as_array()?.iter().all(|kind| kind != "test");
        Some(Self { package: package.to_owned(), folder, is_unit, path: path.into() })
    }

    /// The names of its tests.
    pub(crate) fn tests(&self) -> Result<Vec<String>> {
        let mut list = Command::new(&self.path);
        let output = list.current_dir(&self.folder).args(["--list", "--format", "terse"]).output();
        let output = output.map_err(|e| format!("cannot run {}: {e}", self.path.display()))?;
        let lines = String::from_utf8_lossy(&output.stdout);
        Ok(lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect())
    }

    /// The command that runs these of its tests, or all where none is named.
    pub(crate) fn run(&self, tests: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder).env("CARGO", env!("CARGO"));
        // Where Clippy looks on in our builds, it does not in those that a test makes.
        command.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("RUSTFLAGS");
        // One test takes over what was built with them.
        command.envs(std::env::var_os("RUSTFLAGS").map(|flags| ("POLITY_RUSTFLAGS", flags)));
        if !tests.is_empty() {
            command.arg("--exact").args(tests);
        }
        command
    }
}
