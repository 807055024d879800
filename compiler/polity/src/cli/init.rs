use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::terminal::Terminal;
use crate::io::config::CONFIG;
use crate::io::read::find_sources;
use crate::io::{failure, shown, way};
use polity_text::diagnostics::{Diagnostic, codes};

/// Write a small commented project that builds
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The folder, made where it does not exist; its name becomes the platform's
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
}

/// The files, with the platform's name as `my_platform`, in names of Secrets as `my-platform`.
const FILES: &[(&str, &str)] = &[
    (CONFIG, include_str!("init/polity.toml")),
    ("platform.polity", include_str!("init/platform.polity")),
    ("core.polity", include_str!("init/core.polity")),
];

impl Init {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        match self.write() {
            Ok(name) => {
                terminal.say(&format!("wrote the project `{name}` into `{}`", shown(&self.dir)));
                terminal.say(&format!("next: polity build {}", shown(&self.dir)));
                Outcome::Fine
            }
            Err(refused) => terminal.report_one(refused),
        }
    }

    fn write(&self) -> Result<String, Diagnostic> {
        way::judge_output(&self.dir, None)?;
        fs::create_dir_all(&self.dir).map_err(|error| failure("create the folder", &self.dir, &error))?;
        let mut existing = find_sources(&self.dir)?;
        existing.extend(Some(self.dir.join(CONFIG)).filter(|config| config.symlink_metadata().is_ok()));
        if let Some(first) = existing.first() {
            return Err(Diagnostic::global(
                codes::E1006,
                format!("`{}` holds a project already: `{}`", shown(&self.dir), shown(first)),
            )
            .note("nothing was written")
            .help("name another folder: `polity init DIR`"));
        }
        let name = platform_name(&self.dir);
        for (file, text) in FILES {
            let path = self.dir.join(file);
            let text = text
                .replace("my_platform", &name)
                .replace("my-platform", &name.replace('_', "-"))
                .replace("POLITY_VERSION", env!("CARGO_PKG_VERSION"));
            // Whoever made the file since we looked keeps it.
            fs::File::create_new(&path)
                .and_then(|mut new| new.write_all(text.as_bytes()))
                .map_err(|error| failure("write", &path, &error))?;
        }
        Ok(name)
    }
}

/// The folder's name as the language wants names: `My Shop-2` becomes `my_shop_2`.
fn platform_name(dir: &Path) -> String {
    let folder = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let folder = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let words: Vec<&str> =
        folder.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.join("_") {
        name if name.starts_with(|c: char| c.is_ascii_lowercase()) => name,
        name if name.is_empty() => "shop".to_owned(),
        name => format!("p_{name}"),
    }
}
