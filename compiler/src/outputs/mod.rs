//! What concerns the platform as a whole, whatever engines it runs on.

use crate::Options;
use crate::artifact::Artifacts;
use crate::check::Valid;

/// An output, by the name that `--only` knows.
pub struct Output {
    pub name: &'static str,
    pub emit: fn(&Valid, &Options, &mut Artifacts),
}

/// Every output, in the order of the reference.
pub const ALL: &[Output] = &[];
