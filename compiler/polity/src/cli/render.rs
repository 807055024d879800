use std::path::{Path, PathBuf};

use super::Outcome;
use super::terminal::Terminal;
use crate::io::regular::{LARGE, SMALL, read};
use polity_text::diagnostics::Diagnostic;
use polity_text::tokens::{self, Refused};

/// Print a file of a tier as one of its tenants has it
#[derive(Debug, clap::Args)]
pub(super) struct Render {
    /// A file below `tiers/`, with tokens such as ${tenant_id}
    file: PathBuf,
    /// A tenant of the source: its values are read from `tenants/<NAME>/parameters.env` of the same build
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// A value of a tenant that the source does not name, such as tenant_role=acme; wins over --tenant
    #[arg(long = "set", value_name = "NAME=VALUE")]
    values: Vec<String>,
}

impl Render {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let mut lines = self.values.clone();
        if let Some(tenant) = &self.tenant {
            match parameters(&self.file, tenant) {
                Ok(Some(text)) => {
                    lines.extend(text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned))
                }
                Ok(None) => {
                    let message = format!("there is no `tenants/{tenant}/parameters.env` above the file");
                    return terminal.usage(&message, Some("say its values with --set"));
                }
                Err(found) => return terminal.report_one(found),
            }
        }
        let text = match text_of(&self.file, LARGE) {
            Ok(Some(text)) => text,
            Ok(None) => return terminal.usage(&format!("there is no file `{}`", self.file.display()), None),
            Err(found) => return terminal.report_one(found),
        };
        let mut values: Vec<(&str, &str)> = Vec::new();
        for line in &lines {
            match line.split_once('=') {
                Some((name, _)) if values.iter().any(|(known, _)| *known == name) => {}
                Some(value) => values.push(value),
                None => return terminal.usage(&format!("`{line}` is no NAME=VALUE"), None),
            }
        }
        match tokens::render(&text, values) {
            Ok(rendered) => {
                terminal.print(&rendered);
                Outcome::Fine
            }
            Err(refused @ Refused::Token(_)) => terminal.usage(&refused.to_string(), Some(VALUES)),
            Err(refused) => terminal.usage(&refused.to_string(), None),
        }
    }
}

const VALUES: &str =
    "name a tenant of the source with `--tenant NAME`, or say each value: `--set tenant_role=acme`";

/// The parameters of a tenant, in the output folder that the file is in; `None` where no folder above it has them.
fn parameters(file: &Path, tenant: &str) -> Result<Option<String>, Diagnostic> {
    if !tokens::is_value(tenant) {
        return Ok(None);
    }
    for folder in file.ancestors().skip(1) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let found = text_of(&folder.join("tenants").join(tenant).join("parameters.env"), SMALL)?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn text_of(path: &Path, most: u64) -> Result<Option<String>, Diagnostic> {
    Ok(read(path, most)?.map(|content| String::from_utf8_lossy(&content).into_owned()))
}
