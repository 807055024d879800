//! The `polity` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    polity::cli::run(std::env::args_os())
}
