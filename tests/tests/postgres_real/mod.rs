//! The files that are written for PostgreSQL, run on PostgreSQL.

mod audit;
mod catalog;
mod hostile;
mod ismail_refusals;
mod maintenance;
mod modelled;
mod other_versions;
mod parameters;
mod roles;
mod rows;
mod support;
mod undo;
