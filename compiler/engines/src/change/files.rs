//! Steps as the files of a change, for engines whose scripts are made of calls.

use std::fmt::Display;

use serde::Serialize;

use super::{Change, ChangeFile, Phase, Risk, Runner, Step, Time};
use polity_catalog::origins::Origins;
use polity_catalog::{Identified, Objects};

/// The files of a change, and the catalog that they have led to so far.
pub(crate) struct Files<'w, O: Identified> {
    origins: &'w Origins,
    /// The ending of the files' names.
    ending: &'static str,
    /// The catalog after the last file.
    reached: Objects<O>,
    /// The catalog before anything is taken away.
    expanded: Option<Objects<O>>,
    files: Vec<ChangeFile>,
}

/// One file while it is written.
pub(crate) struct Writer<'w, O: Identified> {
    origins: &'w Origins,
    steps: Vec<Step>,
    effects: Effects<O>,
}

/// The changes of the catalog that a file makes. What goes is written as its identity.
#[derive(Serialize)]
struct Effects<O: Identified> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    made: Vec<O>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<String>,
    #[serde(skip)]
    taken: Vec<O::Id>,
}

/// A step while it is written.
pub(crate) struct Draft<'d> {
    /// The object that it makes, changes or takes away.
    pub(crate) object: String,
    /// The name among origins of the thing of the source that it is about.
    pub(crate) of: &'d str,
    pub(crate) does: &'d str,
    pub(crate) time: Time,
    pub(crate) risks: Vec<Risk>,
    pub(crate) text: String,
}

impl<'w, O: Identified + Clone> Files<'w, O>
where
    O::Id: Display + Clone,
{
    pub(crate) fn new(origins: &'w Origins, old: &Objects<O>, ending: &'static str) -> Self {
        Self { origins, ending, reached: old.clone(), expanded: None, files: Vec::new() }
    }

    /// Begins a file.
    pub(crate) fn begin(&self) -> Writer<'w, O> {
        let effects = Effects { made: Vec::new(), gone: Vec::new(), taken: Vec::new() };
        Writer { origins: self.origins, steps: Vec::new(), effects }
    }

    /// Adds a file of the migrator unless nothing was written to it; `subject` stands in its name behind the phase.
    pub(crate) fn end(&mut self, writer: Writer<'w, O>, phase: Phase, subject: &str) {
        let number = 20 + self.files.iter().filter(|file| file.runs == Runner::Migrator).count();
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let subject: String = subject.chars().map(plain).collect();
        let separator = if subject.is_empty() { "" } else { "_" };
        let name = format!("{number}_{}{separator}{subject}", phase.word());
        self.add(writer, phase, Runner::Migrator, &name);
    }

    /// Adds a file of the administrator unless nothing was written to it.
    pub(crate) fn end_admin(&mut self, writer: Writer<'w, O>, phase: Phase) {
        let name = if phase == Phase::Contract { "10_admin_contract" } else { "10_admin" };
        self.add(writer, phase, Runner::Admin, name);
    }

    fn add(&mut self, writer: Writer<'w, O>, phase: Phase, runs: Runner, name: &str) {
        let Writer { steps, effects, .. } = writer;
        if steps.is_empty() {
            return;
        }
        if phase == Phase::Contract && self.expanded.is_none() {
            self.expanded = Some(self.reached.clone());
        }
        let changes = serde_json::to_string_pretty(&effects).unwrap_or_default() + "\n";
        effects.taken.iter().for_each(|id| drop(self.reached.remove(id)));
        effects.made.into_iter().for_each(|object| drop(self.reached.insert(object)));
        let text = steps.iter().map(|step| step.sql.as_str()).collect::<Vec<_>>().join("\n");
        let name = format!("{name}{}", self.ending);
        self.files.push(ChangeFile { name, phase, runs, steps, text, changes });
    }

    /// Ends the change. The catalog is what the files lead to.
    pub(crate) fn finish(self, state: String) -> Change {
        Change {
            files: self.files,
            catalog: self.expanded.as_ref().unwrap_or(&self.reached).to_json(),
            contracted: self.reached.to_json(),
            state,
            undo: String::new(),
        }
    }

    /// Returns the catalog before anything is taken away.
    pub(crate) fn expanded(&self) -> &Objects<O> {
        self.expanded.as_ref().unwrap_or(&self.reached)
    }
}

impl<O: Identified> Writer<'_, O>
where
    O::Id: Display + Clone,
{
    /// Makes an object, or alters it to be this one.
    pub(crate) fn makes(&mut self, object: impl Into<O>) {
        self.effects.made.push(object.into());
    }

    /// Takes an object away.
    pub(crate) fn takes(&mut self, id: O::Id) {
        self.effects.gone.push(id.to_string());
        self.effects.taken.push(id);
    }

    /// Adds a text behind the last step, if there is any.
    pub(crate) fn append(&mut self, text: &str) {
        if let Some(last) = self.steps.last_mut() {
            last.sql.push_str(text);
        }
    }

    /// Adds a step.
    pub(crate) fn step(&mut self, draft: Draft<'_>) {
        let Draft { object, of, does, time, risks, text } = draft;
        let path = self.origins.get(of).map(|origin| origin.path.clone());
        let does = does.to_owned();
        self.steps.push(Step { object, path, does, locks: Vec::new(), time, risks, sql: text });
    }
}
