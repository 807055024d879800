//! The outputs that concern the platform as a whole, whatever engines it runs on.

mod config;
mod docs;
mod encryption;
mod helm;
mod monitoring;
mod overrides;
mod rust_client;
mod tenants;
mod terraform;

use polity_engines::artifact::Artifacts;
use polity_engines::options::Options;
use polity_engines::surface::Faced;

/// An output, by the name that `--only` knows.
pub struct Output {
    pub name: &'static str,
    pub emit: fn(&Faced<'_>, &Options, &mut Artifacts),
}

/// Every output, in the order of the reference.
pub const ALL: &[Output] = &[
    Output { name: "overrides", emit: overrides::emit },
    Output { name: "tenants", emit: tenants::emit },
    Output { name: "encryption", emit: encryption::emit },
    Output { name: "helm", emit: helm::emit },
    Output { name: "terraform", emit: terraform::emit },
    Output { name: "monitoring", emit: monitoring::emit },
    Output { name: "docs", emit: docs::emit },
    Output { name: "rust", emit: rust_client::emit },
];
