use super::Outcome;
use super::terminal::Terminal;
use crate::history::Open;

/// Says how a live database differs from what was sealed last of a store.
#[cfg(feature = "live")]
pub(super) fn against(open: &Open, store: &str, url: &str, terminal: &Terminal) -> Outcome {
    use crate::live::{Connection, Refused, Target, drift};

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
    let found = Target::read(url)
        .and_then(|target| Connection::open(&target))
        .and_then(|mut live| drift(&mut live, &sealed));
    match found.as_ref().map_err(Refused::diagnostic) {
        Err(refused) => return terminal.report_one(refused),
        Ok(found) if !terminal.is_for_people() => terminal.print(&for_machines(found)),
        Ok(found) if found.is_empty() => terminal.say("the database is what was sealed"),
        Ok(found) => found.iter().for_each(|line| terminal.show(&format!("{line}\n"))),
    }
    if found.is_ok_and(|found| found.is_empty()) { Outcome::Fine } else { Outcome::Found }
}

/// The differences as JSON, of which the form is stable.
#[cfg(feature = "live")]
fn for_machines(differences: &[String]) -> String {
    use polity_text::diagnostics::printable::in_json;
    use serde::Serialize;

    #[derive(Serialize)]
    struct Written<'d> {
        format: u32,
        differences: &'d [String],
    }
    let written = serde_json::to_string_pretty(&Written { format: 1, differences });
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
