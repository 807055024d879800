//! The pieces of Rust that the client is made of. They are built, never parsed: reading back what was just written
//! would cost more than the whole build.

mod items;
mod names;
mod values;

pub(super) use items::*;
pub(super) use names::*;
pub(super) use values::*;
