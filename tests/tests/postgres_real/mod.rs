//! The files that are written for PostgreSQL, run on PostgreSQL.

mod audit;
mod catalog;
mod hostile;
pub mod ismail_refusals;
mod limits;
mod maintenance;
mod modelled;
mod names;
mod other_versions;
mod parameters;
mod periods;
mod roles;
mod rows;
mod support;
mod undo;
