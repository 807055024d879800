//! Programs that judge a file: Helm, promtool, yamllint, kubernetes-validate, squawk; and Liquibase, which runs some.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{optional, required};

/// A program that was installed with the engines.
pub struct Tool {
    program: String,
}

impl Tool {
    /// Helm 3.
    pub fn helm() -> Option<Self> {
        required("Helm", "POLITY_HELM").map(|program| Self { program })
    }

    /// Judges Prometheus rules.
    pub fn promtool() -> Option<Self> {
        optional("promtool", "POLITY_PROMTOOL").map(|program| Self { program })
    }

    pub fn yamllint() -> Option<Self> {
        optional("yamllint", "POLITY_YAMLLINT").map(|program| Self { program })
    }

    /// Python with PyYAML, which reads YAML by its older rules, as Ansible and much else does, and with a MongoDB driver
    /// that encrypts.
    pub fn python() -> Option<Self> {
        optional("Python", "POLITY_PYTHON").map(|program| Self { program })
    }

    /// Judges Kubernetes manifests by the schemas of one Kubernetes version.
    pub fn kubernetes_validate() -> Option<Self> {
        optional("kubernetes-validate", "POLITY_KUBERNETES_VALIDATE").map(|program| Self { program })
    }

    /// Judges migrations of PostgreSQL.
    pub fn squawk() -> Option<Self> {
        optional("squawk", "POLITY_SQUAWK").map(|program| Self { program })
    }

    /// Runs changelogs.
    pub fn liquibase() -> Option<Self> {
        optional("Liquibase", "POLITY_LIQUIBASE").map(|program| Self { program })
    }

    /// Runs the program. Gives its output where it succeeded, or all that it printed where it failed.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Result<String, String> {
        let output = Command::new(&self.program).args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|e| format!("{}: {e}", self.program))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(format!("{}\n{}", text(&output.stdout), text(&output.stderr)))
        }
    }

    /// Runs the program on a text, given to it as a file called `name`.
    pub fn judge(&self, arguments: &[&str], name: &str, text: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("the folder is ours");
        let mut all: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        all.push(file.as_os_str());
        self.run(&all)
    }

    /// `helm lint` or `helm template` on a chart with values files, the later ones over the earlier ones. The values
    /// are judged by the `values.schema.json` of the chart.
    pub fn chart(&self, command: &str, chart: &Path, values: &[&Path]) -> Result<String, String> {
        let mut arguments: Vec<&OsStr> = vec![OsStr::new(command)];
        if command == "template" {
            arguments.push(OsStr::new("release"));
        }
        arguments.push(chart.as_os_str());
        for file in values {
            arguments.extend([OsStr::new("--values"), file.as_os_str()]);
        }
        self.run(&arguments)
    }
}
