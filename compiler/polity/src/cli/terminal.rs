//! The output of a command, and where it goes: diagnostics for people and progress to standard error; what was asked
//! for, and everything for machines, to standard output.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Color, Format, Outcome, Reporting};
use crate::io::reason;
use polity_text::diagnostics::printable::{in_one_line, without_commands};
use polity_text::diagnostics::{Diagnostic, codes, render};
use polity_text::source::Sources;

/// The width of text that does not go to a terminal.
const WIDTH: usize = 100;

/// A build that is quicker shows no progress, which would only flicker.
const MOMENT: Duration = Duration::from_millis(250);

pub(super) struct Terminal {
    format: Format,
    color: Color,
    quiet: bool,
    /// Why standard output could not be written, if it could not.
    refused: Mutex<Option<io::Error>>,
}

impl Terminal {
    pub(super) fn new(reporting: &Reporting) -> Self {
        let Reporting { format, color, quiet } = *reporting;
        Self { format, color, quiet, refused: Mutex::new(None) }
    }

    pub(super) fn is_for_people(&self) -> bool {
        self.format == Format::Human
    }

    /// Whether whatever happens is told in lines of JSON.
    #[cfg(feature = "live")]
    pub(super) fn is_for_lines(&self) -> bool {
        self.format == Format::Json
    }

    /// Reports everything that was found, at once, and says what that means for the command. To be called once, even
    /// where nothing was found: a SARIF log is whole or no log.
    pub(super) fn report(&self, diagnostics: &[Diagnostic], sources: &Sources) -> Outcome {
        match self.format {
            Format::Human => {
                let color = self.has_color(io::stderr().is_terminal());
                let width = terminal_size::terminal_size_of(io::stderr())
                    .map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(40, WIDTH));
                let text = render::render(diagnostics, sources, render::Format::Human { color, width });
                let _closed_pipe = io::stderr().write_all(text.as_bytes());
            }
            Format::Json => self.print(&render::render(diagnostics, sources, render::Format::Json)),
            Format::Sarif => self.print(&render::render(diagnostics, sources, render::Format::Sarif)),
        }
        if diagnostics.iter().any(|d| d.code == codes::E1001) {
            Outcome::Failed
        } else if diagnostics.iter().any(Diagnostic::is_error) {
            Outcome::Found
        } else {
            Outcome::Fine
        }
    }

    /// Reports something that concerns no source.
    pub(super) fn report_one(&self, diagnostic: Diagnostic) -> Outcome {
        self.report(&[diagnostic], &Sources::default())
    }

    /// Says in a line what went well.
    pub(super) fn say(&self, line: &str) {
        if self.is_for_people() && !self.quiet {
            self.show(&format!("{}\n", in_one_line(line)));
        }
    }

    /// Text for people, in lines of our own.
    pub(super) fn show(&self, text: &str) {
        self.print(&without_commands(text));
    }

    /// A word to somebody who waits.
    pub(super) fn remark(&self, line: &str) {
        if self.is_for_people() && !self.quiet {
            let _closed_pipe = writeln!(io::stderr(), "{}", without_commands(&in_one_line(line)));
        }
    }

    /// Reports what concerns the command and no source, such as wrong usage that only the command can see.
    pub(super) fn usage(&self, message: &str, help: Option<&str>) -> Outcome {
        let help = help.map(|help| format!("\n  help: {}", in_one_line(help))).unwrap_or_default();
        let text = format!("error: {}{help}", in_one_line(message));
        let _closed_pipe = writeln!(io::stderr(), "{}", without_commands(&text));
        Outcome::Failed
    }

    /// Prints what was asked for, as it is. A reader that has seen enough closes the pipe, which is not an error; a
    /// full disk is.
    pub(super) fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error)
            }
            _ => {}
        }
    }

    /// The outcome of a command, which failed if what it had to say could not be written.
    pub(super) fn conclude(&self, outcome: Outcome) -> Outcome {
        match self.refused.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => self.usage(&format!("cannot write to standard output: {}", reason(&error)), None),
            None => outcome,
        }
    }

    /// Whether text on standard output may be coloured.
    pub(super) fn colors_output(&self) -> bool {
        self.has_color(io::stdout().is_terminal())
    }

    /// A sign of life on a terminal for who waits longer than a moment; nothing in a pipe.
    pub(super) fn progress(&self) -> ProgressBar {
        let bar = ProgressBar::hidden();
        if self.is_for_people() && !self.quiet && io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner());
            let later = bar.clone().with_style(style);
            thread::spawn(move || {
                thread::sleep(MOMENT);
                if !later.is_finished() {
                    later.set_draw_target(ProgressDrawTarget::stderr());
                    later.enable_steady_tick(Duration::from_millis(100));
                }
            });
        }
        bar
    }

    fn has_color(&self, is_terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}
