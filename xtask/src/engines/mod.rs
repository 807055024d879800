//! `cargo xtask engines`: the real engines that the tests run against.
//!
//! Everything is installed under one folder, `target/engines` or `$POLITY_ENGINES_ROOT`, without touching the system
//! and without being root: Debian packages are unpacked there, Python and npm packages installed there. Servers listen
//! on free loopback ports, run as an ordinary user, and only they are stopped again.
//!
//! `services.env` in that folder says where everything is; `tests/src/engines/mod.rs` reads it.

mod apt;
mod install;
mod place;
mod servers;

use std::fs;

use crate::Result;
use place::Place;

/// Installs and starts the engines. Returns whether they had to be started.
pub(crate) fn ensure() -> Result<bool> {
    let place = Place::find()?;
    install::all(&place)?;
    let ran_before = servers::all_run(&place);
    servers::up(&place)?;
    Ok(!ran_before)
}

pub(crate) fn run(words: &[&str]) -> Result {
    let place = Place::find()?;
    match words {
        [] => {
            install::all(&place)?;
            servers::up(&place)
        }
        ["install"] => install::all(&place),
        ["up"] => servers::up(&place),
        ["down"] => servers::down(&place),
        ["env"] => {
            let file = place.services_env();
            let text = fs::read_to_string(&file)
                .map_err(|_| "no engine runs; start them with `cargo xtask engines`")?;
            print!("{text}");
            Ok(())
        }
        _ => Err(format!("`engines` takes install, up, down or env, not `{}`", words.join(" "))),
    }
}
