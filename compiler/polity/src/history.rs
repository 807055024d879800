//! The history of a project: what was sealed, what is open, and what a seal adds.

mod adopt;

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::{Date, Diagnostic, Sources, Valid, analyse_after, gate};
use polity_engines::change::{Change, ChangeFile, Phase, PlacedChange, Risk, Step};
use polity_engines::engine_of;
use polity_model::Acceptance;
use polity_model::history::settings::{AlteredSetting, altered};
use polity_model::history::{CATALOG, History, MODEL, PENDING, STATE, UNDO, Unreadable, folder_of};
use polity_text::diagnostics::codes::{E1901, E1905, E1906};

/// The open change of a project: the way from what was sealed to what the source says.
#[derive(Debug)]
pub struct Open {
    valid: Valid,
    pub changes: Vec<PlacedChange>,
}

/// Reads what was sealed. A file that is not as it was sealed is an error, and nothing is taken for sealed then.
pub(crate) fn read(sources: &Sources) -> (History, Vec<Diagnostic>) {
    let files = sources.history().iter().map(|file| (file.path.as_str(), &*file.text));
    match History::read(files) {
        Ok(history) => (history, Vec::new()),
        Err(unreadable) => (History { is_unreadable: true, ..History::default() }, told(unreadable)),
    }
}

/// Reads a project with what was sealed of it. There is an answer only where no error stands.
#[must_use]
pub fn sealed(sources: &Sources, as_of: Option<Date>) -> (Option<Valid>, Vec<Diagnostic>) {
    read_project(sources, as_of, false)
}

/// Reports files that are not as they were sealed.
pub(crate) fn told(unreadable: Vec<Unreadable>) -> Vec<Diagnostic> {
    let told = unreadable.into_iter().map(|one| {
        let message = format!("`history/{}` is not what was sealed: {}", one.path, one.reason);
        Diagnostic::global(E1901, message).help(one.help)
    });
    told.collect()
}

/// Compares the source with what was sealed. There is an answer only where no error stands.
#[must_use]
pub fn open(sources: &Sources, as_of: Option<Date>) -> (Option<Open>, Vec<Diagnostic>) {
    let (valid, mut diagnostics) = read_project(sources, as_of, false);
    let open = valid.map(Open::of);
    open.iter().for_each(|open| open.judge_risks(&mut diagnostics));
    (open, diagnostics)
}

/// Like [`open`], for a source that speaks of a database that is there before anything was sealed.
#[must_use]
pub fn open_to_adopt(sources: &Sources, as_of: Option<Date>) -> (Option<Open>, Vec<Diagnostic>) {
    let (valid, diagnostics) = read_project(sources, as_of, true);
    (valid.map(Open::of), diagnostics)
}

fn read_project(sources: &Sources, as_of: Option<Date>, adopts: bool) -> (Option<Valid>, Vec<Diagnostic>) {
    let (history, unreadable) = read(sources);
    let history = History { adopts, ..history };
    let (governed, mut diagnostics, items) = analyse_after(sources, history, as_of, &mut |_| {});
    diagnostics.extend(unreadable);
    let valid = gate(governed, polity_engines::rules_of, &mut diagnostics);
    items.settle(sources, &mut diagnostics);
    (valid, diagnostics)
}

impl Open {
    fn of(valid: Valid) -> Self {
        let changes = valid.stores.iter().flat_map(|store| engine_of(store).change(&valid, store)).collect();
        Self { valid, changes }
    }

    /// Reports each risk that nobody accepts, once for all places that share it, and each acceptance of a risk that is not there.
    fn judge_risks(&self, found: &mut Vec<Diagnostic>) {
        let mut used: BTreeSet<SmolStr> = BTreeSet::new();
        let mut told: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
        for (place, step, risk, word) in self.risks() {
            let path = step.path.as_deref().unwrap_or_default();
            let takes = |one: &&Acceptance| one.risk == word && one.covers(path);
            let taken: Vec<SmolStr> = self.valid.accepted.iter().filter(takes).map(Acceptance::key).collect();
            if taken.is_empty() && *told.entry((path, word, &step.does)).or_insert(place) == place {
                found.push(unaccepted(step, risk, word));
            }
            used.extend(taken);
        }
        let sealed = &self.valid.history.model.accepted;
        for one in self.valid.accepted.iter().filter(|one| !used.contains(&one.key())) {
            if !sealed.contains_key(&one.key()) {
                let message = format!("no open change has the risk `{}` on `{}`", one.risk, one.path);
                found.push(Diagnostic::new(E1905, one.span, message).help("remove the line"));
            }
        }
    }

    /// The risks that somebody has to accept. Where something is removed, its line in the source did.
    fn risks(&self) -> impl Iterator<Item = (&str, &Step, &Risk, &'static str)> {
        let files = self.changes.iter().flat_map(|placed| {
            let place = placed.place.as_str();
            placed.change.part(false).map(move |file| (place, file))
        });
        let steps = files.flat_map(|(place, file)| file.steps.iter().map(move |step| (place, step)));
        steps.flat_map(|(place, step)| {
            step.risks.iter().filter_map(move |risk| Some((place, step, risk, risk.word()?)))
        })
    }

    /// The platform whose change it is.
    #[must_use]
    pub fn valid(&self) -> &Valid {
        &self.valid
    }

    /// Returns the settings of stores that are not as they were sealed, each with whether its server has to start anew; none where
    /// nobody knows what they were.
    #[must_use]
    pub fn altered_settings(&self) -> Vec<(AlteredSetting, bool)> {
        let sealed = &self.valid.history.model.settings;
        if sealed.is_empty() {
            return Vec::new();
        }
        let found = altered(sealed, &self.valid.to_seal().settings);
        let restarts = |one: &AlteredSetting| {
            let store = one.place.split(' ').next().unwrap_or_default();
            let store = self.valid.stores.iter().find(|known| known.named.name == store);
            store.is_some_and(|store| engine_of(store).about().restarts.contains(&one.name.as_str()))
        };
        found.into_iter().map(|one| (one.clone(), restarts(&one))).collect()
    }

    /// Whether a part has nothing to run: what takes away what only clients of before need, or all others.
    #[must_use]
    pub fn is_empty(&self, contract: bool) -> bool {
        self.changes.iter().all(|placed| placed.change.part(contract).next().is_none())
    }

    /// The number that the next migration has.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.valid.history.last() + 1
    }

    /// Returns the text of `checksums` that the change starts from; empty where nothing was sealed.
    #[must_use]
    pub fn checksums(&self) -> String {
        let files = &self.valid.history.files;
        let sums = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        if files.is_empty() { String::new() } else { polity_model::history::checksums(sums) }
    }

    /// Returns the files of `history/` as they are once the change is sealed under a name, `checksums` among them.
    #[must_use]
    pub fn sealed(&self, name: &str, contract: bool) -> BTreeMap<String, String> {
        let mut files = self.valid.history.files.clone();
        for PlacedChange { place, change } in &self.changes {
            let pending = format!("{place}/{PENDING}");
            match waiting(change).filter(|_| !contract) {
                Some(lines) => drop(files.insert(pending, lines)),
                None => drop(files.remove(&pending)),
            }
            let mut added = change.part(contract).peekable();
            if added.peek().is_none() {
                continue;
            }
            let folder = format!("{place}/{}", folder_of(self.number(), name));
            for file in added {
                let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
                files.insert(format!("{folder}/{}", file.name), file.text.clone());
                files.insert(format!("{folder}/{stem}.json"), described(file));
            }
            let Change { catalog, contracted, state, undo, .. } = change;
            let catalog = if contract { contracted } else { catalog };
            files.insert(format!("{folder}/{CATALOG}"), catalog.clone());
            files.insert(format!("{folder}/{STATE}"), state.clone());
            if !contract && !undo.is_empty() {
                files.insert(format!("{folder}/{UNDO}"), undo.clone());
            }
        }
        files.insert(MODEL.to_owned(), self.valid.sealed_model().to_json());
        with_sums(files)
    }
}

/// Returns what is sealed beside a file: the objects that it makes and takes away, and the queries that count rows that do not fit.
fn described(file: &ChangeFile) -> String {
    let mut counts: BTreeSet<String> = BTreeSet::new();
    for step in &file.steps {
        let table = step.locks.first().filter(|_| file.phase != Phase::Expand);
        for risk in &step.risks {
            if let Risk::Misfits { count } = risk {
                let led_on = table.and_then(|locked| of_table(count, &locked.table));
                counts.insert(led_on.unwrap_or_else(|| count.clone()));
            }
        }
    }
    let Some(objects) = file.changes.trim_end().strip_suffix('}').filter(|_| !counts.is_empty()) else {
        return file.changes.clone();
    };
    let objects = objects.trim_end();
    let comma = if objects == "{" { "" } else { "," };
    let counts: Vec<String> =
        counts.into_iter().map(|count| format!("    {}", serde_json::Value::from(count))).collect();
    format!("{objects}{comma}\n  \"counts\": [\n{}\n  ]\n}}\n", counts.join(",\n"))
}

/// Returns a query that shows rows of before under today's names as one that reads the table itself: once the expand file ran, it
/// has them.
fn of_table(count: &str, table: &str) -> Option<String> {
    let derived = |at: &usize| !count[at + DERIVED.len()..].starts_with("FROM ");
    let begin = count.match_indices(DERIVED).map(|(at, _)| at).find(derived)?;
    let name = table.rsplit('.').next().unwrap_or(table);
    let alias = format!(") AS {name}");
    let end = begin + count[begin..].find(&alias)? + alias.len();
    Some(format!("{}{table}{}", &count[..begin], &count[end..]))
}

/// The beginning of a query in place of a table.
const DERIVED: &str = "(SELECT ";

/// Adds `checksums` to the files of a history.
fn with_sums(mut files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let sums = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let sums = polity_model::history::checksums(sums);
    files.insert(polity_model::history::CHECKSUMS.to_owned(), sums);
    files
}

/// Returns a line for each step that waits until no client of before is left; `None` where nothing does.
fn waiting(change: &Change) -> Option<String> {
    let steps = change.part(true).flat_map(|file| &file.steps);
    let lines: String = steps.map(|step| format!("{} {}\n", step.object, step.does)).collect();
    (!lines.is_empty()).then_some(lines)
}

/// Returns a line about what waits in all places, for the end of a build.
pub(crate) fn summary(valid: &Valid) -> Option<String> {
    if valid.history.is_empty() {
        return None;
    }
    let changes = valid.stores.iter().flat_map(|store| engine_of(store).change(valid, store));
    let count = changes
        .filter_map(|placed| waiting(&placed.change))
        .map(|lines| lines.lines().count())
        .sum::<usize>();
    let (steps, wait) = if count == 1 { ("step", "waits") } else { ("steps", "wait") };
    (count > 0).then(|| {
        format!("{count} {steps} {wait} until no client of before is left: `polity plan` lists them")
    })
}

fn unaccepted(step: &Step, risk: &Risk, word: &str) -> Diagnostic {
    let consequence = match risk {
        Risk::Rewrite => "writes all rows anew, while nobody may read them".to_owned(),
        Risk::Scan => "reads all rows, while nobody may write them".to_owned(),
        Risk::Loss { of } => format!("loses {of}"),
        Risk::Break { clients } => format!("breaks clients of before: {clients}"),
        Risk::Encryption { clients } => format!("changes what is encrypted for {clients}"),
        Risk::Misfits { .. } => String::new(),
    };
    let path = step.path.as_deref().unwrap_or("ENTITY");
    Diagnostic::global(E1906, format!("{} {}, which {consequence}", step.object, step.does))
        .help(format!("if that may be, write `accept {word} on {path} because \"…\"`"))
}
