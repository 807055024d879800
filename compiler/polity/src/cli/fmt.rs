use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::diff;
use super::terminal::Terminal;
use crate::io::read::{EXTENSION, Project, find_sources, read_files, read_text};
use crate::io::regular::{LARGE, too_large};
use crate::io::write::replace_file;
use crate::io::{failure, shown, way};
use polity_text::diagnostics::{Diagnostic, codes};
use polity_text::source::{FileId, Sources};

/// Lay source out in the one way
#[derive(Debug, clap::Args)]
pub(super) struct Fmt {
    /// Files, or folders whose *.polity files are meant; `-` reads standard input and writes standard output
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    paths: Vec<PathBuf>,
    /// Write nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        if self.paths.iter().any(|path| path == Path::new("-")) {
            if self.paths.len() > 1 {
                return terminal.usage("`-` stands for standard input and cannot be mixed with files", None);
            }
            return self.format_input(terminal);
        }
        let project = match self.read() {
            Ok(project) => project,
            Err(refused) => return terminal.report_one(refused),
        };
        if project.sources.is_empty() && !project.diagnostics.is_empty() {
            return terminal.report(&project.diagnostics, &project.sources);
        }
        let formatted = Formatted::new(&project);
        let mut diagnostics = project.diagnostics;
        diagnostics.extend(formatted.diagnostics);
        if self.check {
            return self.show(&project.sources, &formatted.changed, &diagnostics, terminal);
        }
        for (file, text) in &formatted.changed {
            let path = &project.sources.get(*file).path;
            if let Err(refused) = replace_file(Path::new(path), text.as_bytes()) {
                diagnostics.push(refused);
            }
        }
        let outcome = terminal.report(&diagnostics, &project.sources);
        let (changed, all) = (formatted.changed.len(), project.sources.len());
        terminal.say(&format!("{changed} of {all} files were laid out anew"));
        outcome
    }

    fn read(&self) -> Result<Project, Diagnostic> {
        let mut files = Vec::new();
        for path in &self.paths {
            way::judge_input(path.parent().unwrap_or(path))?;
            if path.is_dir() {
                way::judge_input(path)?;
                files.extend(find_sources(path)?);
            } else if path.extension().is_some_and(|extension| extension == EXTENSION) {
                files.push(path.clone());
            } else {
                return Err(no_source(path));
            }
        }
        files.sort();
        files.dedup();
        Ok(read_files(&files))
    }

    fn format_input(&self, terminal: &Terminal) -> Outcome {
        let mut bytes = Vec::new();
        if let Err(error) = io::stdin().take(LARGE + 1).read_to_end(&mut bytes) {
            return terminal.report_one(failure("read", Path::new("-"), &error));
        }
        if bytes.len() as u64 > LARGE {
            return terminal.report_one(too_large(Path::new("-"), LARGE));
        }
        let project = read_text("-", bytes);
        let formatted = Formatted::new(&project);
        let mut diagnostics = project.diagnostics;
        diagnostics.extend(formatted.diagnostics);
        if self.check {
            return self.show(&project.sources, &formatted.changed, &diagnostics, terminal);
        }
        if diagnostics.iter().any(Diagnostic::is_error) {
            return terminal.report(&diagnostics, &project.sources);
        }
        match formatted.changed.first() {
            Some((_, text)) => terminal.print(text),
            None => terminal.print(&project.sources.get(FileId(0)).text),
        }
        Outcome::Fine
    }

    fn show(
        &self,
        sources: &Sources,
        changed: &[(FileId, String)],
        diagnostics: &[Diagnostic],
        terminal: &Terminal,
    ) -> Outcome {
        let mut diagnostics = diagnostics.to_vec();
        for (file, text) in changed {
            let source = sources.get(*file);
            if terminal.is_for_people() {
                let diff = diff::unified(source.text.as_bytes(), text.as_bytes(), terminal.colors_output());
                terminal.show(&format!("would change: {}\n{diff}", source.path));
            } else {
                let message = format!("`{}` is not laid out as `polity fmt` does", source.path);
                diagnostics.push(Diagnostic::global(codes::E1008, message).help("run `polity fmt`"));
            }
        }
        let outcome = terminal.report(&diagnostics, sources);
        if changed.is_empty() { outcome } else { outcome.max(Outcome::Found) }
    }
}

/// The files that the layout changes, and what keeps others from being laid out.
struct Formatted {
    changed: Vec<(FileId, String)>,
    diagnostics: Vec<Diagnostic>,
}

impl Formatted {
    fn new(project: &Project) -> Self {
        let mut formatted = Self { changed: Vec::new(), diagnostics: Vec::new() };
        let places = project.diagnostics.iter().filter_map(|found| found.primary.as_ref());
        let mended: HashSet<FileId> = places.map(|label| label.span.file).collect();
        for (file, source) in project.sources.iter() {
            // A file that is not UTF-8 was read with signs in the place of its bytes, and must not be written so.
            if mended.contains(&file) {
                continue;
            }
            match polity_syntax::format(&source.text) {
                Ok(text) if *text == *source.text => {}
                Ok(text) => formatted.changed.push((file, text)),
                Err(found) => formatted.diagnostics.extend(found.into_iter().map(|d| moved_to(file, d))),
            }
        }
        formatted
    }
}

/// The text of a file that is no source is not to be shown, and there is nothing to lay out in it.
fn no_source(path: &Path) -> Diagnostic {
    match std::fs::symlink_metadata(path) {
        Ok(_) => {
            let message =
                format!("`{}` is not a source: its name does not end in `.{EXTENSION}`", shown(path));
            Diagnostic::global(codes::E1009, message)
                .help("`polity fmt -` lays out what it reads from standard input")
        }
        Err(error) => failure("read", path, &error),
    }
}

/// The formatter sees a text without its project, and speaks of it as the first file.
fn moved_to(file: FileId, mut diagnostic: Diagnostic) -> Diagnostic {
    for label in diagnostic.primary.iter_mut().chain(&mut diagnostic.others) {
        label.span.file = file;
    }
    diagnostic
}
