use super::Outcome;
use super::terminal::Terminal;
use crate::history::Open;

/// Says how a live database differs from what was sealed last of a store.
#[cfg(feature = "live")]
pub(super) fn against(open: &Open, store: &str, url: &str, terminal: &Terminal) -> Outcome {
    use crate::apply::{Plan, misplaced, neighbours};
    use crate::live::{Connection, Drift, Target, drift};
    use polity_text::diagnostics::printable::in_one_line;

    let sealed = match open.adoption(store) {
        Ok(sealed) if sealed.is_sealed() => sealed,
        Ok(_) => {
            return terminal.usage(
                &format!("nothing was sealed of a store `{store}`"),
                Some("name it with `--store`, or seal first: `polity seal NAME`"),
            );
        }
        Err(refused) => return terminal.report_one(refused),
    };
    let found = Target::read(url).and_then(|target| Connection::open(&target)).and_then(|mut live| {
        let plan = Plan::of(open.valid(), store).ok();
        let others = plan.as_ref().map(|plan| neighbours(plan, &mut live)).unwrap_or_default();
        let misplaced = plan.as_ref().map(|plan| misplaced(plan, &mut live)).unwrap_or_default();
        let mut drift = drift(&mut live, &sealed, &others)?;
        drift.differences.extend(misplaced);
        Ok(drift)
    });
    let Drift { differences, unread } = match found {
        Ok(drift) => drift,
        Err(refused) => return terminal.report_one(refused.diagnostic()),
    };
    let is_clean = differences.is_empty() && unread.is_none();
    if !terminal.is_for_people() {
        terminal.print(&for_machines(&differences, unread.is_none()));
    } else if is_clean {
        terminal.say("the database is what was sealed");
    } else {
        differences.iter().for_each(|line| terminal.show(&format!("{}\n", in_one_line(line))));
    }
    if let Some(refused) = unread {
        let message = format!("expressions were compared only by whether they are there: {refused}");
        terminal.remark(&message);
        terminal.remark("  help: log in as who may create a schema, of which nothing stays");
    }
    if is_clean { Outcome::Fine } else { Outcome::Found }
}

/// The differences as JSON, of which the form is stable.
#[cfg(feature = "live")]
fn for_machines(differences: &[String], expressions_compared: bool) -> String {
    use polity_text::diagnostics::printable::in_json;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Written<'d> {
        format: u32,
        differences: &'d [String],
        expressions_compared: bool,
    }
    let written = Written { format: 1, differences, expressions_compared };
    let written = serde_json::to_string_pretty(&written);
    format!("{}\n", in_json(&written.unwrap_or_default()))
}

/// Says that this program has no connections.
#[cfg(not(feature = "live"))]
pub(super) fn against(_: &Open, _: &str, _: &str, terminal: &Terminal) -> Outcome {
    terminal.report_one(no_connections())
}

/// The error of a program without connections.
#[cfg(not(feature = "live"))]
pub(super) fn no_connections() -> crate::Diagnostic {
    use polity_text::diagnostics::codes::E1012;

    let message = "this `polity` was built without connections to live databases";
    crate::Diagnostic::global(E1012, message)
        .help("build it with `--features live`, or take the published one")
}
