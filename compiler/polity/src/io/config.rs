//! `polity.toml`: what the tool must know before it reads the source. Optional, like each of its keys.

use std::path::{Component, Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::read::read_text;
use super::regular::{self, SMALL};
use super::{shown, way};
use polity_syntax::hidden::{hidden, is_hidden};
use polity_text::diagnostics::{Diagnostic, codes, did_you_mean};
use polity_text::source::{FileId, Sources, Span};

pub const CONFIG: &str = "polity.toml";

/// The editions of the language; the newest is used where none is written.
pub const EDITIONS: &[&str] = &["2026"];

const KEYS: &[&str] = &["edition", "out", "skip"];

/// The settings of `polity.toml`.
#[derive(Debug, Default)]
pub struct Config {
    /// Where artifacts go: `out`, a folder below the project's, seen from there.
    pub out: Option<PathBuf>,
    /// Stores and outputs that are left out: `skip`. Whether each exists is known after the compilation.
    pub skip: Vec<(String, Span)>,
    /// The file itself, to draw what is wrong in it.
    pub sources: Sources,
}

/// Reads the configuration of a project. What is wrong in it is in the list; `Err` says that it could not be read.
pub fn read_config(folder: &Path) -> Result<(Config, Vec<Diagnostic>), Diagnostic> {
    way::judge_input(folder)?;
    let path = folder.join(CONFIG);
    let Some(bytes) = regular::read(&path, SMALL)? else { return Ok(Default::default()) };
    let read = read_text(&shown(&path), bytes);
    if !read.diagnostics.is_empty() {
        return Ok((Config { sources: read.sources, ..Config::default() }, read.diagnostics));
    }
    Ok(parse(read.sources))
}

fn parse(sources: Sources) -> (Config, Vec<Diagnostic>) {
    let text = sources.get(FileId(0)).text.clone();
    let mut config = Config { sources, ..Config::default() };
    let mut found: Vec<Diagnostic> = hidden(FileId(0), &text).into_iter().collect();
    let (table, errors) = DeTable::parse_recoverable(&text);
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
            ("out", DeValue::String(out)) if !out.is_empty() => match inside(out) {
                Ok(out) => config.out = Some(out),
                Err(reason) => found.push(
                    wrong(value.span(), format!("`out` is a folder of the project, and {reason}")).help(
                        "name a folder below this one, or say another on the command line, with `--out`",
                    ),
                ),
            },
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

/// The path of a folder below the project's. The configuration may be a stranger's, and must not send what is written to
/// where that would do harm.
fn inside(out: &str) -> Result<PathBuf, &'static str> {
    let mut path = PathBuf::new();
    for part in Path::new(out).components() {
        match part {
            Component::CurDir => {}
            Component::Normal(name) if is_git(&name.to_string_lossy()) => {
                return Err("`.git` is version control's");
            }
            Component::Normal(name) if name.to_string_lossy().contains(is_hidden) => {
                return Err("a name in it has a character that nobody sees");
            }
            Component::Normal(name) => path.push(name),
            Component::ParentDir => return Err("`..` leads out of it"),
            Component::Prefix(_) | Component::RootDir => return Err("a path from the root leads out of it"),
        }
    }
    if path.as_os_str().is_empty() {
        return Err(
            "this is the project itself, whose files would be among those that are written and removed",
        );
    }
    Ok(path)
}

/// Whether a file system takes the name for `.git`: Windows leaves out dots and blanks at its end and has a short name for
/// it, and macOS leaves out characters without a width.
fn is_git(name: &str) -> bool {
    let seen: String = name.chars().filter(char::is_ascii).collect();
    [".git", "git~1"].iter().any(|git| seen.trim_end_matches(['.', ' ']).eq_ignore_ascii_case(git))
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
