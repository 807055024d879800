//! `polity build`: compile and write, or compare with what was written.

mod differences;
mod steps;

use std::path::{Path, PathBuf};

use super::Outcome;
use super::as_of::AsOf;
use super::project::Opened;
use super::terminal::Terminal;
use crate::Compilation;
use crate::io::config::CONFIG;
use crate::io::record::{self, Inputs};
use crate::io::write::{Written, compare, write};
use crate::io::{shown, way};
use polity_engines::artifact::Artifacts;
use polity_engines::options::Options;
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use steps::Steps;

/// Where output goes that nobody gave a place: into a folder below, named after the platform.
const GENERATED: &str = "generated";

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
    #[command(flatten)]
    as_of: AsOf,
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
        // What writes a part of the files tells nothing about the others.
        let inputs = if self.is_partial() {
            None
        } else {
            Inputs::of(&opened.config, &opened.project, self.as_of.day())
        };
        let mut run = Run { build: &self, opened, inputs, terminal, steps };
        // A check takes nobody's word, and the record may be a stranger's.
        let unchanged = if self.check { None } else { run.unchanged() };
        let outcome = unchanged.unwrap_or_else(|| run.compile());
        if self.timings {
            run.steps.tell(terminal);
        }
        outcome
    }

    fn is_partial(&self) -> bool {
        self.env.is_some() || self.only.is_some()
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
                return Some(terminal.usage(
                    &format!("`{option} {given}`: there is no such {kind}"),
                    Some(&help.into_words()),
                ));
            }
        }
        if let Some(only) = self.only.as_ref().filter(|only| skip.contains(only)) {
            return Some(
                terminal.usage(&format!("`--only {only}`: `skip` in `{CONFIG}` leaves that out"), None),
            );
        }
        None
    }
}

/// A build under way.
struct Run<'b> {
    build: &'b Build,
    opened: Opened,
    /// `None` where what this build does says nothing about the next.
    inputs: Option<Inputs>,
    terminal: &'b Terminal,
    steps: Steps,
}

impl Run<'_> {
    /// The outcome where a build of the same inputs had nothing to report and the output is as it left it.
    fn unchanged(&mut self) -> Option<Outcome> {
        let inputs = self.inputs.as_ref()?;
        self.steps.begin("recalling");
        let out = match self.given_folder() {
            Some(out) => out.ok()?,
            None => {
                below(Path::new(""), Path::new(GENERATED)).ok().and_then(|all| record::find(&all, inputs))?
            }
        };
        let files = record::unchanged(&out, inputs, || waiting(&out, self.terminal))?;
        self.steps.end();
        let outcome = self.terminal.report(&[], &self.opened.shown);
        self.say_written(&out, &Written { unchanged: files, ..Written::default() });
        Some(outcome)
    }

    fn compile(&mut self) -> Outcome {
        let Self { build, opened, terminal, steps, .. } = self;
        let options = Options {
            environment: build.env.clone(),
            only: build.only.clone(),
            skip: opened.config.skip.iter().map(|(name, _)| name.clone()).collect(),
            as_of: build.as_of.day(),
        };
        let compilation = if opened.project.sources.is_empty() {
            Compilation::default()
        } else {
            crate::compile_observed(&opened.project.sources, &options, &mut |step| steps.begin(step))
        };
        // What is drawn from here on must not mix with the progress.
        steps.end();
        if let Some(outcome) = build.judge_arguments(&compilation, &options.skip, terminal) {
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
        let (artifacts, platform) = match (compilation.artifacts, compilation.platform) {
            (Some(artifacts), Some(platform)) if !diagnostics.iter().any(Diagnostic::is_error) => {
                (artifacts, platform)
            }
            _ => return terminal.report(&diagnostics, &opened.shown),
        };
        let default = || below(Path::new(""), &Path::new(GENERATED).join(&platform));
        let out = match self.given_folder().unwrap_or_else(default) {
            Ok(out) => out,
            Err(refused) => {
                diagnostics.push(refused);
                return self.terminal.report(&diagnostics, &self.opened.shown);
            }
        };
        if self.build.check {
            self.compare(&out, &artifacts, diagnostics)
        } else {
            let outcome = self.write(&out, &artifacts, &platform, diagnostics);
            if outcome == Outcome::Fine {
                let lines = compilation.declared.iter().chain(&compilation.waiting);
                lines.for_each(|line| self.terminal.say(line));
            }
            outcome
        }
    }

    /// Where to write, if `--out` or the configuration says it.
    fn given_folder(&self) -> Option<Result<PathBuf, Diagnostic>> {
        let project = &self.build.dir;
        if let Some(out) = &self.build.out {
            return Some(way::judge_output(out, Some(project)).map(|()| out.clone()));
        }
        self.opened.config.out.as_ref().map(|out| below(project, out))
    }

    fn write(
        &mut self,
        out: &Path,
        artifacts: &Artifacts,
        platform: &str,
        mut diagnostics: Vec<Diagnostic>,
    ) -> Outcome {
        self.steps.begin("writing");
        let result = write(out, artifacts, self.build.is_partial(), || waiting(out, self.terminal));
        if let (Ok(written), Some(inputs)) = (&result, &self.inputs)
            && diagnostics.is_empty()
            && written.diagnostics.is_empty()
        {
            record::keep(out, inputs, platform, &written.manifest);
        }
        self.steps.end();
        match result {
            Ok(written) => {
                diagnostics.extend(written.diagnostics.iter().cloned());
                let outcome = self.terminal.report(&diagnostics, &self.opened.shown);
                self.say_written(out, &written);
                outcome
            }
            Err(refused) => {
                diagnostics.push(refused);
                self.terminal.report(&diagnostics, &self.opened.shown)
            }
        }
    }

    fn compare(&mut self, out: &Path, artifacts: &Artifacts, mut diagnostics: Vec<Diagnostic>) -> Outcome {
        self.steps.begin("comparing");
        let terminal = self.terminal;
        let is_for_people = terminal.is_for_people();
        let result = compare(
            out,
            artifacts,
            self.build.is_partial(),
            || waiting(out, terminal),
            |plan| {
                let shown = if is_for_people {
                    differences::show(out, plan, terminal.colors_output())
                } else {
                    String::new()
                };
                (shown, differences::diagnostics(out, plan, is_for_people), plan.is_clean())
            },
        );
        self.steps.end();
        match result {
            Ok((shown, found, is_clean)) => {
                terminal.show(&shown);
                diagnostics.extend(found);
                let outcome = terminal.report(&diagnostics, &self.opened.shown);
                if is_clean {
                    self.say_up_to_date(out);
                    outcome
                } else {
                    outcome.max(Outcome::Found)
                }
            }
            Err(refused) => {
                diagnostics.push(refused);
                terminal.report(&diagnostics, &self.opened.shown)
            }
        }
    }

    fn say_written(&self, out: &Path, written: &Written) {
        let counts = [
            (written.created.len(), "created"),
            (written.replaced.len(), "replaced"),
            (written.removed.len(), "removed"),
            (written.unchanged, "unchanged"),
        ];
        let parts: Vec<String> =
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        let parts = if parts.is_empty() { "nothing to write".to_owned() } else { parts.join(", ") };
        self.terminal.say(&format!("{parts} in `{}`", shown(out)));
    }

    fn say_up_to_date(&self, out: &Path) {
        self.terminal.say(&format!("`{}` is up to date", shown(out)));
    }
}

/// A folder below another, to which no link may lead.
fn below(base: &Path, way: &Path) -> Result<PathBuf, Diagnostic> {
    way::judge_below(base, way).map(|()| base.join(way))
}

fn waiting(out: &Path, terminal: &Terminal) {
    terminal.remark(&format!("another build is at work in `{}`; waiting for its end", shown(out)));
}
