//! `polity.toml`: what the tool must know before it reads the source. Optional, like each of its keys.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{failure, shown};
use crate::diagnostics::{Diagnostic, codes, did_you_mean};
use crate::source::{FileId, Sources, Span};

pub const CONFIG: &str = "polity.toml";

/// The editions of the language; the newest is used where none is written.
pub const EDITIONS: &[&str] = &["2026"];

const KEYS: &[&str] = &["edition", "out", "skip"];

/// What `polity.toml` says.
#[derive(Debug, Default)]
pub struct Config {
    /// Where artifacts go: `out`, relative to the project folder.
    pub out: Option<PathBuf>,
    /// Stores and outputs that are left out: `skip`. Whether each exists is known after the compilation.
    pub skip: Vec<(String, Span)>,
    /// The file itself, to draw what is wrong in it.
    pub sources: Sources,
}

/// Reads the configuration of a project. What is wrong in it is in the list; `Err` says that the machine refused.
pub fn read_config(folder: &Path) -> Result<(Config, Vec<Diagnostic>), Diagnostic> {
    let path = folder.join(CONFIG);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(parse(&shown(&path), &text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Default::default()),
        Err(error) => Err(failure("read", &path, &error)),
    }
}

fn parse(path: &str, text: &str) -> (Config, Vec<Diagnostic>) {
    let mut config = Config { sources: Sources::single(path, text), ..Config::default() };
    let mut found = Vec::new();
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or_default();
        found.push(wrong(span, error.message().to_owned()));
    }
    for (key, value) in table.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("edition", DeValue::String(edition)) if EDITIONS.contains(&edition.as_ref()) => {}
            ("edition", _) => {
                let known = EDITIONS.map_ticked();
                found.push(wrong(value.span(), "there is no such edition").help(format!("write {known}")));
            }
            ("out", DeValue::String(out)) if !out.is_empty() => {
                config.out = Some(PathBuf::from(out.as_ref()))
            }
            ("out", _) => found.push(wrong(value.span(), "`out` is the path of a folder, in quotes")),
            ("skip", DeValue::Array(targets)) => {
                for target in targets {
                    match target.get_ref() {
                        DeValue::String(name) => config.skip.push((name.to_string(), place(target.span()))),
                        _ => found.push(wrong(
                            target.span(),
                            "the name of a store or an output, in quotes, belongs here",
                        )),
                    }
                }
            }
            ("skip", _) => found.push(
                wrong(value.span(), "`skip` is a list").help("such as `skip = [\"helm\", \"monitoring\"]`"),
            ),
            (unknown, _) => {
                let help = did_you_mean(unknown, KEYS.iter().copied())
                    .unwrap_or_else(|| format!("the keys are {}", KEYS.map_ticked()));
                found.push(wrong(key.span(), format!("`{unknown}` is not a key of `{CONFIG}`")).help(help));
            }
        }
    }
    (config, found)
}

fn wrong(range: std::ops::Range<usize>, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(codes::E1004, place(range), message)
}

fn place(range: std::ops::Range<usize>) -> Span {
    Span::new(FileId(0), range.start, range.end)
}

trait Ticked {
    fn map_ticked(&self) -> String;
}

impl Ticked for [&str] {
    /// `a`, `b`, `c`, in backticks.
    fn map_ticked(&self) -> String {
        self.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    }
}
