//! The cost of rules: the same workload with a tenth of its fields labelled and 200 rules in force, all of them kept.

use std::fmt::Write;
use std::path::Path;

use super::measure::{self, Cost};
use super::{build_command, clear, keep_best, workload};
use crate::Result;

const SIZES: [usize; 3] = [100, 1000, 10_000];

/// How many rules; twenty of each kind.
const RULES: usize = 200;

/// The step of a build in which labels flow and rules are judged, as `--timings` calls it.
const STEP: &str = "applying the rules";

/// Prints, by size, what rules cost and what share of the build that is.
pub(super) fn run(polity: &Path, folder: &Path) -> Result {
    let mut text = format!("| N | {STEP} | whole build | share |\n|---:|---:|---:|---:|\n");
    let mut costs = Vec::new();
    for n in SIZES {
        eprintln!("N={n} with {RULES} rules");
        let (source, out) = (folder.join(format!("{n}")), folder.join("out"));
        clear(&source);
        workload::write_governed(n, &source, &policy())?;
        let (mut builds, mut phases) = (Vec::new(), Vec::new());
        for _ in 0..if n > 1000 { 5 } else { 15 } {
            clear(&out);
            let (cost, timings) = measure::run(&mut build_command(polity, &source, &out))?;
            builds.push(cost);
            keep_best(&mut phases, &timings);
        }
        let rules = phases.iter().find(|(step, _)| step == STEP).map(|(_, cost)| *cost);
        let rules = rules.ok_or_else(|| format!("`--timings` names no step `{STEP}`"))?;
        let whole = Cost::best(builds).milliseconds;
        let _ = writeln!(text, "| {n} | {rules:.1} ms | {whole:.1} ms | {:.0}% |", rules / whole * 100.0);
        costs.push((rules, whole));
    }
    clear(folder);
    print!("{text}\n{}", bars(&costs));
    Ok(())
}

fn bars(costs: &[(f64, f64)]) -> String {
    let mut text = "| bar | limit | measured | met |\n|---|---:|---:|---|\n".to_owned();
    if let [_, (rules, whole), (most, _)] = costs {
        let mut bar = |what: &str, limit: f64, measured: f64| {
            let met = if measured <= limit { "yes" } else { "**no**" };
            let _ = writeln!(text, "| {what} | {limit:.1} ms | {measured:.1} ms | {met} |");
        };
        bar("N=1000: rules take a quarter of the build", whole / 4.0, *rules);
        bar("N=10000: 12 times the rules of N=1000", rules * 12.0, *most);
    }
    text
}

/// Rules of ten kinds, over every fact that such rules usually ask for.
fn policy() -> String {
    let mut text = "policy house \"Two hundred rules\" {\n  parameter longest: duration = 100y\n".to_owned();
    for i in 0..RULES {
        let body = match i % 10 {
            0 => "for field where #personal in labels\n    forbid unique and type = bigint".to_owned(),
            1 => "for entity where #financial in labels\n    require retention_min is null or retention_min <= longest".to_owned(),
            2 => format!("for field where #personal in labels\n    forbid name matches \"^secret_{i}$\""),
            3 => "for field where #sensitive in labels and store.can_encrypt\n    forbid range_indexed".to_owned(),
            4 => format!("for entity\n    forbid name = \"Forbidden{i}\""),
            5 => "for store where #personal in labels\n    require engine = postgres and version >= 14".to_owned(),
            6 => "for field where #financial in labels and not key and not reference\n    require type in [decimal, bigint]".to_owned(),
            7 => "for entity where #personal in labels\n    forbid field_names matches \" (cvv2?|cvc2?) \"".to_owned(),
            8 => "for index where #financial in labels\n    require method = btree".to_owned(),
            _ => "for field where #personal in labels\n    apply #sensitive".to_owned(),
        };
        let _ = writeln!(text, "\n  rule r{i} {{\n    {body}\n  }}");
    }
    text.push_str("}\n");
    text
}
