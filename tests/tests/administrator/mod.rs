//! Servers as people rent them: whoever administers one may create roles and databases, and is no superuser. All that is
//! written installs there and does there what it does elsewhere.

mod dumps;
mod installs;
mod moves;
mod offboards;
mod parameters;
mod roles;
mod scheduled;
mod sight;
mod support;
