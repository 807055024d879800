//! The choices of one build: which files are written, and the day by which waivers are judged.

use polity_model::{Date, Environment, Platform};

/// The wishes of whoever starts a build.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Limits the overlays that are written to one environment; never changes the model.
    pub environment: Option<String>,
    /// Limits what is written to one store or one output.
    pub only: Option<String>,
    /// Stores and outputs that are left out.
    pub skip: Vec<String>,
    /// The day against which the last days of waivers are held; without one, none has passed.
    pub as_of: Option<Date>,
}

impl Options {
    /// Whether a store or an output of this name is written.
    pub fn wants(&self, target: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == target) && !self.skip.iter().any(|skip| skip == target)
    }

    /// The environments whose overlays a build writes: all, or the one that was asked for.
    pub fn environments<'a>(&'a self, platform: &'a Platform) -> impl Iterator<Item = &'a Environment> {
        platform.environments.iter().filter(|e| self.environment.as_deref().is_none_or(|only| only == e.name))
    }
}
