//! `cargo xtask bench`: how long it takes to build the compiler, and how long the compiler takes, and how much memory,
//! next to `cp -r` of what it wrote. Prints Markdown: the figures, the phases, and the bars that they are held to.

mod builds;
mod changes;
mod measure;
mod peers;
mod policies;
mod workload;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use builds::Programs;
use measure::Cost;

use crate::{Result, workspace};

const SIZES: [usize; 4] = [10, 100, 1000, 10_000];

/// The size that Polity is compared with others at.
const N: usize = 1000;

/// Another tool, and the share of its time that Polity may take.
struct Other {
    name: String,
    /// For [`N`] entities, the whole process.
    milliseconds: f64,
    share: f64,
    /// The milliseconds that Polity took in the same minute, where the two ran in turns.
    beside: Option<f64>,
}

/// The other tools, with the times that they needed in November 2026 on 2 shared cores.
fn others() -> Vec<Other> {
    [
        ("prost-build 0.14", 450.0, 0.3),
        ("Prisma validate 7.10", 2440.0, 0.05),
        ("TypeSpec to JSON Schema 1.11", 4960.0, 0.1),
        ("drizzle-kit generate 0.31", 2000.0, 0.1),
    ]
    .map(|(name, milliseconds, share)| Other {
        name: format!("{name}, recorded"),
        milliseconds,
        share,
        beside: None,
    })
    .into()
}

/// The measurements for one N.
struct Row {
    n: usize,
    files: usize,
    /// Megabytes written.
    size: f64,
    build: Cost,
    /// The cost of the same build by the program that is not optimised as one.
    release: Cost,
    unchanged: Cost,
    copy: Cost,
    /// Each step of the build with its milliseconds, in order.
    phases: Vec<(String, f64)>,
}

/// With `peers`, times others too.
pub(crate) fn run(peers: bool) -> Result {
    let folder = workspace().join("target/bench");
    let (programs, cold) = builds::measure(&folder.join("builds"))?;
    let scratch = folder.join("scratch");
    let rows = SIZES.map(|n| measure_size(&programs, &scratch, n));
    let rows = rows.into_iter().collect::<Result<Vec<Row>>>()?;
    let others = if peers { peers::measure(&programs.dist, &scratch)? } else { others() };
    clear(&folder);
    print!("{cold}\n{}", figures(&rows));
    print!("\n{}", phases(&rows));
    print!("\n{}", bars(&rows, &others));
    Ok(())
}

/// Times labels and rules.
pub(crate) fn run_policies() -> Result {
    policies::run(&build_dist()?, &workspace().join("target/bench/scratch"))
}

/// Times a plan.
pub(crate) fn run_changes() -> Result {
    changes::run(&build_dist()?, &workspace().join("target/bench/scratch"))
}

/// Writes the workload for somebody who wants to look at it, or to run something else on it.
pub(crate) fn write_workload(n: &str, folder: &str) -> Result {
    let n = n.parse().map_err(|_| format!("`{n}` is not a number of entities"))?;
    workload::write(n, Path::new(folder))
}

fn build_dist() -> Result<PathBuf> {
    eprintln!("building polity with --profile dist");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace()).args([
        "build",
        "--quiet",
        "--profile",
        "dist",
        "--package",
        "polity",
        "--features",
        "live",
    ]);
    match cargo.status() {
        Ok(status) if status.success() => Ok(workspace().join("target/dist/polity")),
        Ok(status) => Err(format!("cargo build failed ({status})")),
        Err(e) => Err(format!("cannot run cargo: {e}")),
    }
}

fn measure_size(programs: &Programs, folder: &Path, n: usize) -> Result<Row> {
    eprintln!("N={n}");
    let (source, out, copy) = (folder.join(format!("{n}")), folder.join("out"), folder.join("copy"));
    for path in [&source, &out, &copy] {
        clear(path);
    }
    workload::write(n, &source)?;
    let build = || build_command(&programs.dist, &source, &out);
    let mut cp = Command::new("cp");
    cp.arg("-r").arg(&out).arg(&copy);

    // Interleaved, so that what else the machine does falls on all alike.
    let (mut builds, mut releases, mut unchanged, mut copies) = (vec![], vec![], vec![], vec![]);
    let mut phases: Vec<(String, f64)> = Vec::new();
    for _ in 0..if n > 1000 { 5 } else { 15 } {
        clear(&out);
        releases.push(measure::run(&mut build_command(&programs.release, &source, &out))?.0);
        clear(&out);
        clear(&copy);
        let (cost, timings) = measure::run(&mut build())?;
        builds.push(cost);
        keep_best(&mut phases, &timings);
        unchanged.push(measure::run(&mut build())?.0);
        copies.push(measure::run(&mut cp)?.0);
    }
    let (files, bytes) = count(&out);
    let row = Row {
        n,
        files,
        size: bytes as f64 / 1e6,
        build: Cost::best(builds),
        release: Cost::best(releases),
        unchanged: Cost::best(unchanged),
        copy: Cost::best(copies),
        phases,
    };
    clear(folder);
    Ok(row)
}

fn build_command(polity: &Path, source: &Path, out: &Path) -> Command {
    let mut command = Command::new(polity);
    command.arg("build").arg(source).arg("--out").arg(out).arg("--timings");
    command
}

fn clear(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

/// Adds lines such as `     12.34 ms  parsing`, keeping the shortest time of each step.
fn keep_best(phases: &mut Vec<(String, f64)>, timings: &str) {
    for line in timings.lines() {
        let Some((number, step)) = line.trim().split_once(" ms  ") else { continue };
        let Ok(milliseconds) = number.parse::<f64>() else { continue };
        match phases.iter_mut().find(|(known, _)| known == step) {
            Some((_, best)) => *best = best.min(milliseconds),
            None => phases.push((step.to_owned(), milliseconds)),
        }
    }
}

/// Number of files below a folder, and their bytes; what is hidden is no output.
fn count(folder: &Path) -> (usize, u64) {
    let mut total = (0, 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let (files, bytes) = if metadata.is_dir() { count(&entry.path()) } else { (1, metadata.len()) };
        total = (total.0 + files, total.1 + bytes);
    }
    total
}

fn figures(rows: &[Row]) -> String {
    let mut text = "| N | from nothing | the same, `--release` | nothing changed | `cp -r` of the output | peak memory | written |\n\
                    |---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:.0} MB | {} files, {:.1} MB |",
            row.n,
            time(row.build),
            time(row.release),
            time(row.unchanged),
            time(row.copy),
            row.build.megabytes,
            row.files,
            row.size
        );
    }
    text
}

fn time(cost: Cost) -> String {
    format!("{:.1} ms", cost.milliseconds)
}

fn phases(rows: &[Row]) -> String {
    let mut text = "| step, ms |".to_owned();
    let mut rule = "|---|".to_owned();
    for row in rows {
        let _ = write!(text, " N={} |", row.n);
        rule.push_str("---:|");
    }
    text.push('\n');
    text.push_str(&rule);
    text.push('\n');
    let steps = rows.last().map(|row| row.phases.as_slice()).unwrap_or_default();
    for (step, _) in steps {
        let _ = write!(text, "| {step} |");
        for row in rows {
            let cost = row.phases.iter().find(|(name, _)| name == step).map(|(_, cost)| format!("{cost:.1}"));
            let _ = write!(text, " {} |", cost.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

/// The bars, each with what was measured.
fn bars(rows: &[Row], others: &[Other]) -> String {
    let row = |n: usize| rows.iter().find(|row| row.n == n).expect("every size was measured");
    let (ten, thousand, most) = (row(10), row(N), row(10_000));
    let mut text = "| bar | limit | measured | met |\n|---|---:|---:|---|\n".to_owned();
    let mut bar = |what: &str, limit: f64, measured: f64, unit: &str| {
        let met = if measured <= limit { "yes" } else { "**no**" };
        let _ = writeln!(text, "| {what} | {limit:.1} {unit} | {measured:.1} {unit} | {met} |");
    };
    let built = thousand.build.milliseconds;
    for Other { name, milliseconds, share, beside } in others {
        let what = format!("N=1000 from nothing: {share} of {name} ({milliseconds:.0} ms)");
        bar(&what, milliseconds * share, beside.unwrap_or(built), "ms");
    }
    bar("N=1000 from nothing, `--release`: 1.2 of `dist`", built * 1.2, thousand.release.milliseconds, "ms");
    bar("N=1000: memory", 100.0, thousand.build.megabytes, "MB");
    bar("N=10000: 11 times the time of N=1000", built * 11.0, most.build.milliseconds, "ms");
    bar("N=10000: 7 times the memory of N=1000", thousand.build.megabytes * 7.0, most.build.megabytes, "MB");
    bar("N=10 from nothing", 25.0, ten.build.milliseconds, "ms");
    bar(
        "N=1000, nothing changed: a third of from nothing",
        built / 3.0,
        thousand.unchanged.milliseconds,
        "ms",
    );
    text
}
