//! The project's own tooling: `cargo xtask COMMAND`. Run it without a command to read what there is.

mod bench;
mod codegen;
mod engines;
mod new_rule;
mod new_store;
mod process;
mod prove;
mod registry;
mod scaffold;
mod scratch;
mod suites;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The result of a command: nothing, or one message for the person who ran it, empty where it was already shown.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
cargo xtask COMMAND

  test                   run every test of the workspace against the real engines, and print the time of each suite
  test ARGUMENTS         the same for `cargo test ARGUMENTS`
  prove                  list the properties that are tried on random cases
  prove NAME --cases N --seed S
                         try one on N cases, and write what came of it into compiler/docs/proof.md

  codegen                compile dsl-examples into generated
  codegen --check        write nothing; fail when generated is out of date

  engines                install (once) and start the real engines that the tests use
  engines install        only install them, under target/engines
  engines up             only start them
  engines down           stop what `engines up` started
  engines env            print where they listen, as lines for a shell to source

  new-rule CODE NAME     start a rule: its file, its code, its page and its place in the list
  new-store NAME         start an engine: a folder that answers for every type, and its place in the list

  bench                  time cold builds of the compiler, and the compiler on 10 to 10000 entities
  bench --peers          the same beside Prisma and prost-build, which it installs under target/bench-peers
  bench --policies       what 200 rules cost, with a tenth of the fields labelled
  bench --changes        what a plan costs beside `check`, with a tenth of the entities changed
  bench workload N DIR   write the source that it is timed on";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["engines", rest @ ..] => engines::run(rest),
        ["bench"] => bench::run(false),
        ["bench", "--policies"] => bench::run_policies(),
        ["bench", "--changes"] => bench::run_changes(),
        ["bench", "--peers"] => bench::run(true),
        ["bench", "workload", n, folder] => bench::write_workload(n, folder),
        ["codegen"] => codegen::run(false),
        ["codegen", "--check"] => codegen::run(true),
        ["new-rule", code, name] => new_rule::run(code, name),
        ["new-store", name] => new_store::run(name),
        ["prove"] => prove::list(),
        ["prove", name, "--cases", cases, "--seed", seed] => prove::run(name, cases, seed),
        ["test", rest @ ..] => test::run(rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("there is no such command: `{}`\n\n{USAGE}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("error: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace, whatever folder the command was called from.
fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}
