//! One source, compiled in a process of its own, which is ended where it takes too much.

use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;

use polity::diagnostics::render::{Format, render};
use polity::source::Sources;
use polity::{Options, compile};

use super::Family;

/// The smallest stack that a thread of a Rust program has unless somebody asks for less.
const STACK: usize = 2 << 20;
/// Seconds on two quiet cores.
const SECONDS: u32 = 10;
const KILOBYTES: u32 = 1_000_000;

const FAMILY: &str = "POLITY_FAMILY";
const BYTES: &str = "POLITY_BYTES";
const SAID: &str = "said: ";

/// Compiles a family's source of so many bytes and renders what is told of it. Gives the codes of its errors, each once, in their order.
pub(super) fn compiled(family: &Family, bytes: usize) -> Result<Vec<String>, String> {
    let own = std::env::current_exe().map_err(|e| e.to_string())?;
    let (_, module) = module_path!().split_once("::").unwrap_or_default();
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(format!("ulimit -d {KILOBYTES}; ulimit -c 0; {} \"$0\" \"$@\"", within()))
        .arg(own)
        .args([&format!("{module}::compiles_what_it_is_told_to"), "--exact", "--nocapture"])
        .env(FAMILY, &family.name)
        .env(BYTES, bytes.to_string())
        .env_remove("RUST_MIN_STACK")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let errors = child.stderr.take();
    let errors = thread::spawn(move || {
        let mut text = String::new();
        errors.map(|mut errors| errors.read_to_string(&mut text));
        text
    });
    let output = child.wait_with_output().map_err(|e| e.to_string())?;
    let errors = errors.join().unwrap_or_default();
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.lines().find_map(|line| line.split_once(SAID));
    match said {
        Some((_, codes)) if output.status.success() => {
            Ok(codes.split_whitespace().map(str::to_owned).collect())
        }
        _ => Err(format!("{}\n{}", output.status, errors.chars().take(600).collect::<String>())),
    }
}

/// The words of a shell that run a program for a limited time. A proof that somebody asks for has a quiet machine, so a
/// clock limits it. Next to other tests seconds of a processor are counted, which get longer there too, but a program
/// without end takes longer still.
fn within() -> String {
    let is_asked_for = std::env::var("POLITY_PROVE").is_ok_and(|asked| asked.starts_with("budgets "));
    if is_asked_for { format!("exec timeout {SECONDS}") } else { format!("ulimit -t {}; exec", 3 * SECONDS) }
}

/// No test by itself, but what [`compiled`] starts.
#[test]
fn compiles_what_it_is_told_to() {
    let Ok(name) = std::env::var(FAMILY) else { return };
    let bytes = std::env::var(BYTES).ok().and_then(|bytes| bytes.parse().ok()).expect("a number of bytes");
    let family = super::families().into_iter().find(|family| family.name == name).expect("a family");
    let text = (family.source)(bytes);
    assert!(text.len() <= bytes, "{} bytes", text.len());
    let compiles = move || {
        let sources = Sources::single("hostile.polity", &text);
        let compilation = compile(&sources, &Options::default());
        let errors = compilation.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        let mut codes: Vec<String> = errors.map(|error| error.code.to_string()).collect();
        assert_eq!(codes.is_empty(), compilation.artifacts.is_some(), "artifacts come where no error stands");
        codes.sort();
        codes.dedup();
        for format in [Format::Plain, Format::Json, Format::Sarif] {
            assert!(render(&compilation.diagnostics, &sources, format).is_empty() <= codes.is_empty());
        }
        println!("\n{SAID}{}", codes.join(" "));
    };
    thread::Builder::new().stack_size(STACK).spawn(compiles).expect("a thread").join().expect("it ends");
}
