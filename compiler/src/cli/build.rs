use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Outcome;
use super::diff;
use super::project::Opened;
use super::terminal::Terminal;
use crate::artifact::Artifacts;
use crate::diagnostics::{Diagnostic, codes, did_you_mean};
use crate::io::config::CONFIG;
use crate::io::plan::{Change, Plan};
use crate::io::write::{Written, compare, stray, write};
use crate::{Compilation, Options};

/// Write every artifact of a project
#[derive(Debug, clap::Args)]
pub(super) struct Build {
    /// The project's folder
    #[arg(default_value = ".", hide_default_value = true)]
    dir: PathBuf,
    /// Where to write [default: `out` of polity.toml, or generated/<platform>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the overlays of this environment only; the model stays the same
    #[arg(long, value_name = "ENV")]
    env: Option<String>,
    /// Write this store or output only
    #[arg(long, value_name = "TARGET")]
    only: Option<String>,
    /// Write nothing; show what is out of date, changed by hand or stray, and exit with 1 if anything is
    #[arg(long)]
    check: bool,
    /// Say how long each step took
    #[arg(long)]
    timings: bool,
}

impl Build {
    pub(super) fn run(self, terminal: &Terminal) -> Outcome {
        let mut steps = Steps::new(terminal);
        steps.begin("reading");
        let opened = match Opened::read(&self.dir, terminal) {
            Ok(opened) => opened,
            Err(outcome) => return outcome,
        };
        let options = Options {
            environment: self.env.clone(),
            only: self.only.clone(),
            skip: opened.config.skip.iter().map(|(name, _)| name.clone()).collect(),
        };
        let compilation = if opened.project.sources.is_empty() {
            Compilation::default()
        } else {
            crate::compile_observed(&opened.project.sources, &options, &mut |step| steps.begin(step))
        };
        // What is drawn from here on must not mix with the progress.
        steps.end();
        if let Some(outcome) = self.judge_arguments(&compilation, &options.skip, terminal) {
            return outcome;
        }
        if compilation.artifacts.is_some() {
            let wrong = opened.check_skip(&compilation.targets);
            if !wrong.is_empty() {
                return terminal.report(&wrong, &opened.config.sources);
            }
        }
        let mut diagnostics = opened.project.diagnostics.clone();
        diagnostics.extend(compilation.diagnostics);
        let artifacts = match compilation.artifacts {
            Some(artifacts) if !diagnostics.iter().any(Diagnostic::is_error) => artifacts,
            _ => return terminal.report(&diagnostics, &opened.shown),
        };
        let out = self.output_folder(&opened, compilation.platform.as_deref());
        steps.begin(if self.check { "comparing" } else { "writing" });
        let outcome = if self.check {
            self.compare(&out, &artifacts, diagnostics, &opened, terminal, &mut steps)
        } else {
            self.write(&out, &artifacts, diagnostics, &opened, terminal, &mut steps)
        };
        if self.timings {
            steps.tell(terminal);
        }
        outcome
    }

    /// Whether `--env` and `--only` name anything.
    fn judge_arguments(
        &self,
        compilation: &Compilation,
        skip: &[String],
        terminal: &Terminal,
    ) -> Option<Outcome> {
        // Without a valid platform nobody knows what there is.
        compilation.artifacts.as_ref()?;
        let known = [
            ("--env", &self.env, "environment", &compilation.environments),
            ("--only", &self.only, "store or output", &compilation.targets),
        ];
        for (option, given, kind, known) in known {
            let Some(given) = given else { continue };
            if !known.contains(given) {
                let help = did_you_mean(given, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("one of {}", known.join(", ")));
                return Some(
                    terminal.usage(&format!("`{option} {given}`: there is no such {kind}"), Some(&help)),
                );
            }
        }
        if let Some(only) = self.only.as_ref().filter(|only| skip.contains(only)) {
            return Some(
                terminal.usage(&format!("`--only {only}`: `skip` in `{CONFIG}` leaves that out"), None),
            );
        }
        None
    }

    fn output_folder(&self, opened: &Opened, platform: Option<&str>) -> PathBuf {
        if let Some(out) = &self.out {
            return out.clone();
        }
        match &opened.config.out {
            Some(out) => self.dir.join(out),
            None => Path::new("generated").join(platform.unwrap_or("platform")),
        }
    }

    fn is_partial(&self) -> bool {
        self.env.is_some() || self.only.is_some()
    }

    fn write(
        &self,
        out: &Path,
        artifacts: &Artifacts,
        mut diagnostics: Vec<Diagnostic>,
        opened: &Opened,
        terminal: &Terminal,
        steps: &mut Steps,
    ) -> Outcome {
        let result = write(out, artifacts, self.is_partial(), || waiting(out, terminal));
        steps.end();
        match result {
            Ok(written) => {
                diagnostics.extend(written.diagnostics.iter().cloned());
                let outcome = terminal.report(&diagnostics, &opened.shown);
                terminal.say(&summary(&written, out));
                outcome
            }
            Err(refused) => {
                diagnostics.push(refused);
                terminal.report(&diagnostics, &opened.shown)
            }
        }
    }

    fn compare(
        &self,
        out: &Path,
        artifacts: &Artifacts,
        mut diagnostics: Vec<Diagnostic>,
        opened: &Opened,
        terminal: &Terminal,
        steps: &mut Steps,
    ) -> Outcome {
        let is_for_people = terminal.is_for_people();
        let result = compare(
            out,
            artifacts,
            self.is_partial(),
            || waiting(out, terminal),
            |plan| {
                let shown =
                    if is_for_people { show(out, plan, terminal.colors_output()) } else { String::new() };
                (shown, differences(out, plan, is_for_people), plan.is_clean())
            },
        );
        steps.end();
        match result {
            Ok((shown, found, is_clean)) => {
                terminal.print(&shown);
                diagnostics.extend(found);
                let outcome = terminal.report(&diagnostics, &opened.shown);
                if is_clean {
                    terminal.say(&format!("`{}` is up to date", out.display()));
                    outcome
                } else {
                    outcome.max(Outcome::Found)
                }
            }
            Err(refused) => {
                diagnostics.push(refused);
                terminal.report(&diagnostics, &opened.shown)
            }
        }
    }
}

fn waiting(out: &Path, terminal: &Terminal) {
    terminal.remark(&format!("another build is at work in `{}`; waiting for its end", out.display()));
}

fn summary(written: &Written, out: &Path) -> String {
    let counts = [
        (written.created.len(), "created"),
        (written.replaced.len(), "replaced"),
        (written.removed.len(), "removed"),
        (written.unchanged, "unchanged"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let parts = if parts.is_empty() { "nothing to write".to_owned() } else { parts.join(", ") };
    format!("{parts} in `{}`", out.display())
}

/// Each file that differs, with the difference where there are two texts to compare.
fn show(out: &Path, plan: &Plan<'_>, color: bool) -> String {
    let mut text = String::new();
    for (path, change) in &plan.changes {
        match change {
            Change::Create(_) => text.push_str(&format!("missing: {path}\n")),
            Change::Remove => text.push_str(&format!("superfluous: {path}\n")),
            Change::Replace(new) => {
                text.push_str(&format!("out of date: {path}\n"));
                let old = std::fs::read(out.join(path)).unwrap_or_default();
                text.push_str(&diff::unified(&old, new, color));
            }
        }
    }
    text
}

/// The differences as diagnostics: one for all files that a build would mend where people read it, since they have
/// seen each; one a file for machines.
fn differences(out: &Path, plan: &Plan<'_>, is_for_people: bool) -> Vec<Diagnostic> {
    let help = "run `polity build` and commit what it writes";
    let mut stale: Vec<String> = plan
        .changes
        .iter()
        .map(|(path, change)| match change {
            Change::Create(_) => format!("`{path}` is missing"),
            Change::Replace(_) => format!("`{path}` is out of date"),
            Change::Remove => format!("`{path}` is superfluous"),
        })
        .collect();
    if plan.manifest_changes {
        stale.push("`manifest.json` is out of date".to_owned());
    }
    if plan.was_stopped || !plan.leftovers.is_empty() {
        stale.push("a build was stopped before its end and left temporary files".to_owned());
    }
    let mut found: Vec<Diagnostic> = match stale.as_slice() {
        [] => Vec::new(),
        all if is_for_people => vec![
            Diagnostic::global(codes::E1008, format!("`{}` is not what the source says", out.display()))
                .note(all.join("\n"))
                .help(help),
        ],
        all => all.iter().map(|message| Diagnostic::global(codes::E1008, message).help(help)).collect(),
    };
    found.extend(plan.conflicts.iter().cloned());
    found.extend(plan.strays.iter().map(|path| stray(out, path)));
    found
}

/// The steps of a build: shown as progress while they run, and with their times at the end.
struct Steps {
    bar: indicatif::ProgressBar,
    done: Vec<(String, Duration)>,
    current: Option<(String, Instant)>,
}

impl Steps {
    fn new(terminal: &Terminal) -> Self {
        Self { bar: terminal.progress(), done: Vec::new(), current: None }
    }

    fn begin(&mut self, step: &str) {
        self.finish_current();
        if self.bar.is_finished() {
            self.bar.reset();
        }
        self.bar.set_message(step.to_owned());
        self.current = Some((step.to_owned(), Instant::now()));
    }

    fn end(&mut self) {
        self.finish_current();
        self.bar.finish_and_clear();
    }

    fn finish_current(&mut self) {
        if let Some((step, began)) = self.current.take() {
            self.done.push((step, began.elapsed()));
        }
    }

    fn tell(&self, terminal: &Terminal) {
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        let rows = self.done.iter().map(|(step, took)| (step.as_str(), *took)).chain([("total", total)]);
        for (step, took) in rows {
            terminal.remark(&format!("{:>10.2} ms  {step}", took.as_secs_f64() * 1000.0));
        }
    }
}
