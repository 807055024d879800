//! Helpers of the whole-platform and real-engine tests.

pub mod engines;
pub mod overlay;
pub mod project;
pub mod proof;
pub mod workspace;
