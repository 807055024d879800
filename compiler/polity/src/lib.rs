//! Polity compiles one description of a data platform into the artifacts of every store.
//!
//! The phases, in order; each collects its errors and leaves what is broken out, so that the next still judges
//! the rest:
//!
//! | phase | from | to | where |
//! |---|---|---|---|
//! | parse | [`Sources`] | [`polity_syntax::ast::Tree`] | [`polity_syntax`] |
//! | resolve | tree | [`polity_model::Platform`] | [`polity_model`] |
//! | govern | platform | [`Governed`]: with its labels flowed and its rules applied | [`polity_govern`] |
//! | check | governed | [`Valid`] | [`polity_govern::check`], [`polity_engines`] |
//! | emit | valid | [`Artifacts`] | [`polity_engines`], [`polity_outputs`] |
//!
//! The library reads no file, no clock and no environment: [`io`] and the command line do. A build script calls
//! [`build_script::compile`]; whatever has its text elsewhere calls [`compile()`].

#[cfg(feature = "live")]
pub mod apply;
pub mod build_script;
#[cfg(feature = "cli")]
pub mod cli;
mod declared;
mod edits;
#[cfg(feature = "cli")]
pub mod explain;
pub mod history;
pub mod io;
#[cfg(feature = "live")]
pub mod live;
mod proved;
mod settle;

use std::cell::LazyCell;

use polity_engines::surface::Faced;
use polity_govern::Governed;
use settle::Items;

pub use polity_engines::artifact::{self, Artifacts};
pub use polity_engines::options::Options;
pub use polity_govern::check::{Valid, gate};
pub use polity_model::Date;
pub use polity_text::diagnostics::{self, Diagnostic};
pub use polity_text::source::{self, Sources};

/// The outcome of a compilation: artifacts only where no error stands.
#[derive(Debug, Default)]
pub struct Compilation {
    /// The platform's name, once it is known.
    pub platform: Option<String>,
    /// The environments that [`Options::environment`] can name.
    pub environments: Vec<String>,
    /// The names that [`Options::only`] and [`Options::skip`] can list: the stores, then the outputs.
    pub targets: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub artifacts: Option<Artifacts>,
    /// A line about what only the calls of a client carry out.
    pub declared: Option<String>,
    /// A line about what waits until no client of before is left.
    pub waiting: Option<String>,
}

/// Compiles a project: text in, files (in memory) and diagnostics out.
#[must_use]
pub fn compile(sources: &Sources, options: &Options) -> Compilation {
    compile_observed(sources, options, &mut |_| {})
}

/// Like [`compile`], and names each step to `observe` as it begins; the library itself reads no clock.
#[must_use]
pub fn compile_observed(sources: &Sources, options: &Options, observe: &mut dyn FnMut(&str)) -> Compilation {
    let (governed, mut diagnostics, items) = analyse(sources, options.as_of, observe);
    let name = (!governed.name.is_empty()).then(|| governed.name.to_string());
    let environments = governed.environments.iter().map(|environment| environment.name.to_string()).collect();
    let stores = governed.stores.iter().map(|store| store.named.name.to_string());
    let targets = stores.chain(polity_outputs::ALL.iter().map(|output| output.name.to_owned())).collect();
    observe("checking");
    let valid = gate(governed, polity_engines::rules_of, &mut diagnostics);
    let declared = valid.as_ref().and_then(declared::declared);
    let waiting = valid.as_ref().and_then(history::summary);
    let artifacts = valid.map(|valid| emit_observed(&valid, options, observe));
    items.settle(sources, &mut diagnostics);
    Compilation { platform: name, environments, targets, diagnostics, artifacts, declared, waiting }
}

/// Parses, resolves and checks; writes nothing.
#[must_use]
pub fn check(sources: &Sources, as_of: Option<Date>) -> Vec<Diagnostic> {
    check_and_prove(sources, as_of).0
}

/// Like [`check`], with a line for each store that says what was proved of it, and one about what only the calls of a
/// client carry out, where no error stands.
#[must_use]
pub fn check_and_prove(sources: &Sources, as_of: Option<Date>) -> (Vec<Diagnostic>, Vec<String>) {
    let (governed, mut diagnostics, items) = analyse(sources, as_of, &mut |_| {});
    let valid = gate(governed, polity_engines::rules_of, &mut diagnostics);
    items.settle(sources, &mut diagnostics);
    let lines = |valid: Valid| proved::proved(&valid).into_iter().chain(declared::declared(&valid)).collect();
    (diagnostics, valid.map(lines).unwrap_or_default())
}

/// The platform with everything that follows from it, and what was found on the way.
#[must_use]
pub fn govern(sources: &Sources, as_of: Option<Date>) -> (Governed, Vec<Diagnostic>) {
    let (governed, diagnostics, _) = analyse(sources, as_of, &mut |_| {});
    (governed, diagnostics)
}

fn analyse(
    sources: &Sources,
    as_of: Option<Date>,
    observe: &mut dyn FnMut(&str),
) -> (Governed, Vec<Diagnostic>, Items) {
    let (history, unreadable) = history::read(sources);
    let (governed, mut diagnostics, items) = analyse_after(sources, history, as_of, observe);
    diagnostics.extend(unreadable);
    (governed, diagnostics, items)
}

fn analyse_after(
    sources: &Sources,
    history: polity_model::history::History,
    as_of: Option<Date>,
    observe: &mut dyn FnMut(&str),
) -> (Governed, Vec<Diagnostic>, Items) {
    observe("parsing");
    let (tree, mut diagnostics) = polity_syntax::parse(sources);
    let excess = polity_syntax::excess(&tree);
    if !excess.is_empty() {
        diagnostics.extend(excess);
        return (Governed::default(), diagnostics, Items::default());
    }
    let items = Items::of(&tree);
    observe("resolving");
    let (platform, found) = polity_model::resolve_after(&tree, polity_engines::ENGINES, history);
    diagnostics.extend(found);
    observe("applying the rules");
    let governed = polity_govern::govern(platform, as_of, &mut diagnostics);
    (governed, diagnostics, items)
}

/// Every artifact of a valid platform.
#[must_use]
pub fn emit(valid: &Valid, options: &Options) -> Artifacts {
    emit_observed(valid, options, &mut |_| {})
}

fn emit_observed(valid: &Valid, options: &Options, observe: &mut dyn FnMut(&str)) -> Artifacts {
    let mut artifacts = Artifacts::default();
    for store in valid.stores.iter().filter(|store| options.wants(&store.named.name)) {
        observe(&store.named.name);
        polity_engines::engine_of(store).emit(valid, store, options, &mut artifacts);
    }
    // Stores alone need none.
    let faced = LazyCell::new(|| Faced::of(valid));
    for output in polity_outputs::ALL.iter().filter(|output| options.wants(output.name)) {
        observe(output.name);
        (output.emit)(&faced, options, &mut artifacts);
    }
    artifacts
}
