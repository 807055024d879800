//! The steps of a build.

use std::time::{Duration, Instant};

use super::super::terminal::Terminal;

/// Shown as progress while they run, and with their times at the end.
pub(super) struct Steps {
    bar: indicatif::ProgressBar,
    done: Vec<(String, Duration)>,
    current: Option<(String, Instant)>,
}

impl Steps {
    pub(super) fn new(terminal: &Terminal) -> Self {
        Self { bar: terminal.progress(), done: Vec::new(), current: None }
    }

    pub(super) fn begin(&mut self, step: &str) {
        self.finish_current();
        if self.bar.is_finished() {
            self.bar.reset();
        }
        self.bar.set_message(step.to_owned());
        self.current = Some((step.to_owned(), Instant::now()));
    }

    pub(super) fn end(&mut self) {
        self.finish_current();
        self.bar.finish_and_clear();
    }

    fn finish_current(&mut self) {
        if let Some((step, began)) = self.current.take() {
            self.done.push((step, began.elapsed()));
        }
    }

    pub(super) fn tell(&self, terminal: &Terminal) {
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        let rows = self.done.iter().map(|(step, took)| (step.as_str(), *took)).chain([("total", total)]);
        for (step, took) in rows {
            terminal.remark(&format!("{:>10.2} ms  {step}", took.as_secs_f64() * 1000.0));
        }
    }
}
