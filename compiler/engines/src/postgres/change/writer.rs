//! Statements as steps, and steps as the files of a change.

use serde::Serialize;

use super::super::lower::lowered::Lowered;
use super::super::lower::roles::Roles;
use super::super::lower::sealed::State;
use super::super::print::Printer;
use super::super::print::parts::Parts;
use super::super::sql::Qualified;
use super::locks;
use crate::change::{Change, ChangeFile, LockMode, Locked, Phase, Risk, Runner, Step, Time};
use polity_catalog::Identified;
use polity_catalog::origins::Origins;
use polity_catalog::relational::{Catalog, Name, Object, ObjectId, Renames};

/// The files of a change, and the catalog that they have led to so far.
pub(super) struct Files<'w, 'l> {
    pub(super) lowered: &'l Lowered,
    parts: &'w Parts<'l>,
    pub(super) roles: &'l Roles,
    origins: &'w Origins,
    /// The names that the first file gives to what was there.
    renames: &'w Renames,
    /// The catalog after the last file.
    reached: Catalog,
    /// Every object that a file made, also where it went again.
    made: Catalog,
    /// The catalog before anything is taken away.
    expanded: Option<Catalog>,
    files: Vec<ChangeFile>,
}

impl<'w, 'l> Files<'w, 'l> {
    pub(super) fn new(
        lowered: &'l Lowered,
        parts: &'w Parts<'l>,
        roles: &'l Roles,
        origins: &'w Origins,
        old: &Catalog,
        renames: &'w Renames,
    ) -> Self {
        Self {
            lowered,
            parts,
            roles,
            origins,
            renames,
            reached: old.clone(),
            made: Catalog::default(),
            expanded: None,
            files: Vec::new(),
        }
    }

    /// Adds a file of the administrator, which may run again at any time: it leads from one catalog to another, and hands objects over.
    pub(super) fn admin(
        &mut self,
        phase: Phase,
        text: String,
        old: &Catalog,
        new: &Catalog,
        handed_over: &[(Step, Option<Object>)],
    ) {
        let mut effects = Effects::default();
        let made = new.objects().filter(|object| is_admins(object) && old.get(&object.id()) != Some(object));
        effects.made.extend(made.cloned());
        effects.made.extend(handed_over.iter().filter_map(|(_, object)| object.clone()));
        let gone = old.objects().filter(|object| is_admins(object) && new.get(&object.id()).is_none());
        effects.gone.extend(gone.map(|object| Gone(object.id())));
        let step = Step {
            object: "roles.sql".to_owned(),
            path: None,
            does: "states the roles, their rights on the database, and the extensions".to_owned(),
            locks: Vec::new(),
            time: Time::Instant,
            risks: Vec::new(),
            sql: String::new(),
        };
        let name = match phase {
            Phase::Contract => "10_admin_contract.sql".to_owned(),
            _ => "10_admin.sql".to_owned(),
        };
        let steps = std::iter::once(step).chain(handed_over.iter().map(|(step, _)| step.clone())).collect();
        self.add(
            ChangeFile { name, phase, runs: Runner::Admin, steps, text, changes: String::new() },
            effects,
        );
    }

    /// Begins a file.
    pub(super) fn begin(&self) -> Writer<'w, 'l> {
        Writer {
            printer: Printer::new(self.lowered, self.parts, self.roles),
            parts: self.parts,
            origins: self.origins,
            steps: Vec::new(),
            effects: Effects::default(),
        }
    }

    /// Adds a file unless nothing was written to it; `subject` stands in its name behind the phase.
    pub(super) fn end(&mut self, mut writer: Writer<'w, 'l>, phase: Phase, subject: &str) {
        writer.finish();
        let Writer { mut steps, effects, .. } = writer;
        if steps.is_empty() && effects.is_empty() {
            return;
        }
        let is_first = self.files.iter().all(|file| file.runs == Runner::Admin);
        if phase.is_transaction()
            && let Some(locks) =
                locks::taken(&steps, &self.reached, is_first.then_some(self.renames), &self.roles.owner)
            && let Some(first) = steps.first_mut()
        {
            first.sql.insert_str(0, &locks);
        }
        let text = steps.iter().map(|step| step.sql.as_str()).collect::<String>();
        let name = self.name(phase, subject);
        let file = ChangeFile { name, phase, runs: Runner::Migrator, steps, text, changes: String::new() };
        self.add(file, effects);
    }

    /// The name of the next file.
    fn name(&self, phase: Phase, subject: &str) -> String {
        let number = 20 + self.files.iter().filter(|file| file.runs == Runner::Migrator).count();
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        let subject: String = subject.chars().map(plain).collect();
        let separator = if subject.is_empty() { "" } else { "_" };
        format!("{number}_{}{separator}{subject}.sql", phase.word())
    }

    fn add(&mut self, mut file: ChangeFile, effects: Effects) {
        if file.phase.is_contract() && self.expanded.is_none() {
            self.expanded = Some(self.reached.clone());
        }
        file.changes = effects.to_json();
        effects.apply(&mut self.reached, &mut self.made);
        self.files.push(file);
    }

    /// Returns the catalog that the files have led to, with objects that some of them made for a time: one that did not run to its end
    /// leaves them.
    pub(super) fn everything(&self) -> Catalog {
        let left = self.made.objects().filter(|object| self.reached.get(&object.id()).is_none());
        self.reached.objects().chain(left).cloned().collect()
    }

    /// Ends the change. The state belongs to what the source says; the catalog is what the files lead to.
    pub(super) fn finish(self, state: &State, undo: String) -> Change {
        Change {
            files: self.files,
            catalog: self.expanded.as_ref().unwrap_or(&self.reached).to_json(),
            contracted: self.reached.to_json(),
            state: state.to_json(),
            undo,
        }
    }
}

/// Whether the administrator's file makes an object.
pub(in crate::postgres) fn is_admins(object: &Object) -> bool {
    match object {
        Object::Role(_) | Object::Extension(_) | Object::DefaultPrivileges(_) | Object::Job(_) => true,
        Object::Grant(grant) => grant.by.is_none(),
        _ => false,
    }
}

/// The changes of the catalog that a file makes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Effects {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    made: Vec<Object>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<Gone>,
}

/// An object that goes; it is written as its identity.
#[derive(Debug)]
pub(super) struct Gone(ObjectId);

impl Serialize for Gone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Effects {
    fn is_empty(&self) -> bool {
        self.made.is_empty() && self.gone.is_empty()
    }

    fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    fn apply(self, catalog: &mut Catalog, made: &mut Catalog) {
        for Gone(id) in &self.gone {
            catalog.remove(id);
        }
        for object in self.made {
            made.insert(object.clone());
            catalog.insert(object);
        }
    }
}

/// One file while it is written.
pub(super) struct Writer<'w, 'l> {
    pub(super) printer: Printer<'w, 'l>,
    /// The objects of the source by what they stand on.
    pub(super) parts: &'w Parts<'l>,
    origins: &'w Origins,
    steps: Vec<Step>,
    effects: Effects,
}

/// The cost of a step.
#[derive(Debug, Clone)]
pub(super) struct Cost {
    locks: Vec<Locked>,
    time: Time,
    risks: Vec<Risk>,
}

impl Cost {
    /// A step that keeps nobody waiting.
    pub(super) fn nothing() -> Self {
        Self { locks: Vec::new(), time: Time::Instant, risks: Vec::new() }
    }

    /// A step that locks a table for a moment.
    pub(super) fn locks(table: &Name, mode: LockMode) -> Self {
        Self::nothing().and(table, mode)
    }

    /// Adds a lock on another table.
    pub(super) fn and(mut self, table: &Name, mode: LockMode) -> Self {
        self.locks.push(Locked { table: Qualified(table).to_string(), mode });
        self
    }

    pub(super) fn takes(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    pub(super) fn risks(mut self, risk: Risk) -> Self {
        self.risks.push(risk);
        self
    }
}

impl<'l> Writer<'_, 'l> {
    /// Makes an object, or alters it to be this one.
    pub(super) fn makes(&mut self, object: impl Into<Object>) {
        self.effects.made.push(object.into());
    }

    /// Makes the indexes that the source has on a table or a view.
    pub(super) fn makes_indexes(&mut self, of: &Name) {
        let indexes = self.parts.indexes.get(of).into_iter().flatten();
        indexes.for_each(|index| self.effects.made.push((*index).clone().into()));
    }

    /// Takes an object away.
    pub(super) fn takes(&mut self, id: ObjectId) {
        self.effects.gone.push(Gone(id));
    }

    /// Adds what `print` prints as a step about an object.
    pub(super) fn step(
        &mut self,
        object: &ObjectId,
        does: impl Into<String>,
        cost: Cost,
        print: impl FnOnce(&mut Printer<'_, 'l>),
    ) {
        print(&mut self.printer);
        let (id, Cost { locks, time, risks }) = (object.to_string(), cost);
        let table = match object {
            ObjectId::Constraint(table, _) | ObjectId::Trigger(table, _) | ObjectId::Policy(table, _) => {
                Some(table)
            }
            _ => None,
        };
        let of_table = || self.origins.get(&ObjectId::Table(table?.clone()).to_string());
        let path = self.origins.get(&id).or_else(of_table).map(|origin| origin.path.clone());
        let sql = self.printer.taken();
        self.steps.push(Step { object: id, path, does: does.into(), locks, time, risks, sql });
    }

    /// Whether the file keeps writes of a table waiting so far.
    pub(super) fn keeps_waiting(&self, table: &Name) -> bool {
        let name = Qualified(table).to_string();
        let mut locks = self.steps.iter().flat_map(|step| &step.locks);
        locks.any(|lock| lock.table == name && lock.mode >= LockMode::Share)
    }

    /// Makes an object that stands for itself by a step.
    pub(super) fn add(
        &mut self,
        object: &'l Object,
        does: impl Into<String>,
        cost: Cost,
        print: impl FnOnce(&mut Printer<'_, 'l>),
    ) {
        self.step(&object.id(), does, cost, print);
        self.makes(object.clone());
    }

    /// Returns the statements alone.
    pub(super) fn sql(mut self) -> String {
        self.finish();
        self.steps.into_iter().map(|step| step.sql).collect()
    }

    fn finish(&mut self) {
        self.printer.take_back();
        let sql = self.printer.taken();
        if let Some(last) = self.steps.last_mut() {
            last.sql.push_str(&sql);
        }
    }
}
