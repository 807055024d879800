//! The `polity` program.

fn main() -> std::process::ExitCode {
    polity::cli::run()
}
