//! Polity compiles one description of a data platform into the artifacts of every store.
//!
//! The phases, in order; each collects its errors and leaves what is broken out, so that the next still judges
//! the rest:
//!
//! | phase | from | to | where |
//! |---|---|---|---|
//! | parse | [`source::Sources`] | [`syntax::ast::Tree`] | [`syntax`] |
//! | resolve | tree | [`model::Platform`] | [`model`] |
//! | check | platform | [`check::Valid`] | [`check`], [`stores`] |
//! | emit | valid | [`artifact::Artifacts`] | [`stores`], [`outputs`] |
//!
//! The library reads no file, no clock and no environment: [`io`] and the command line do.

pub mod artifact;
pub mod check;
pub mod diagnostics;
pub mod model;
pub mod outputs;
pub mod source;
pub mod stores;
pub mod syntax;
pub mod template;

use artifact::Artifacts;
use diagnostics::Diagnostic;
use source::Sources;

/// What a build was asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Limits the overlays that are written to one environment; never changes the model.
    pub environment: Option<String>,
    /// Limits what is written to one store or one output.
    pub only: Option<String>,
}

/// What came of a compilation: artifacts only where no error stands.
#[derive(Debug, Default)]
pub struct Compilation {
    /// The platform's name, once it is known.
    pub platform: Option<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub artifacts: Option<Artifacts>,
}

/// Compiles a project: text in, files (in memory) and diagnostics out.
#[must_use]
pub fn compile(sources: &Sources, options: &Options) -> Compilation {
    let (platform, mut diagnostics) = analyse(sources);
    let name = (!platform.name.is_empty()).then(|| platform.name.to_string());
    let artifacts = check::gate(platform, &mut diagnostics).map(|valid| emit(&valid, options));
    sort(&mut diagnostics);
    Compilation { platform: name, diagnostics, artifacts }
}

/// Parses, resolves and checks; writes nothing.
#[must_use]
pub fn check(sources: &Sources) -> Vec<Diagnostic> {
    let (platform, mut diagnostics) = analyse(sources);
    check::gate(platform, &mut diagnostics);
    sort(&mut diagnostics);
    diagnostics
}

fn analyse(sources: &Sources) -> (model::Platform, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = syntax::parse(sources);
    let (platform, found) = model::resolve(&tree);
    diagnostics.extend(found);
    (platform, diagnostics)
}

/// Every artifact of a valid platform.
#[must_use]
pub fn emit(valid: &check::Valid, options: &Options) -> Artifacts {
    let mut artifacts = Artifacts::default();
    let wanted = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    for store in &valid.stores {
        if wanted(&store.named.name) {
            stores::engine_of(store).emit(valid, store, &mut artifacts);
        }
    }
    for output in outputs::ALL {
        if wanted(output.name) {
            (output.emit)(valid, options, &mut artifacts);
        }
    }
    artifacts
}

fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|d| d.primary.as_ref().map(|p| (p.span.file, p.span.start)));
}
