//! Trails: entries that nobody waits for, and seals that show what was done to them.

mod ended;
mod hidden;
mod kept;
mod months;
mod persons;
mod replicated;
mod restored;
mod strictly;
mod support;
mod tampering;
mod told;
mod writers;
