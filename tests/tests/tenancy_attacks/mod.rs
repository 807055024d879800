//! Attempts of one tenant against another, on PostgreSQL, as a service with one tenant set: it sees and touches no row
//! that is not its own.

mod across;
mod emitted;
mod figures;
mod hostile_names;
mod interrupted;
mod keeping;
mod moving_erasures;
mod pooled;
pub mod promotion;
mod quotas;
mod reaching;
pub mod schemas;
mod seal;
mod signed;
pub mod support;
mod through_schemas;
mod writing;
