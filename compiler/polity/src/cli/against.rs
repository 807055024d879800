use super::Outcome;
use super::terminal::Terminal;
use crate::history::Open;

/// Says how a live database differs from what was sealed last of a store.
#[cfg(feature = "live")]
pub(super) fn against(open: &Open, store: &str, url: &str, terminal: &Terminal) -> Outcome {
    use crate::live::{Connection, Refused, Target, drift};

    let Some(sealed) = open.sealed_catalog(store) else {
        return terminal.usage(
            &format!("nothing was sealed of a store `{store}`"),
            Some("name it with `--store`, or seal first: `polity seal NAME`"),
        );
    };
    let found = Target::read(url)
        .and_then(|target| Connection::open(&target))
        .and_then(|mut live| drift(&mut live, sealed));
    match found.as_ref().map_err(Refused::diagnostic) {
        Err(refused) => terminal.report_one(refused),
        Ok(found) if found.is_empty() => {
            terminal.say("the database is what was sealed");
            Outcome::Fine
        }
        Ok(found) => {
            found.iter().for_each(|line| terminal.show(&format!("{line}\n")));
            Outcome::Found
        }
    }
}

/// Says that this program has no connections.
#[cfg(not(feature = "live"))]
pub(super) fn against(_: &Open, _: &str, _: &str, terminal: &Terminal) -> Outcome {
    no_connections(terminal)
}

/// Says that this program has no connections.
#[cfg(not(feature = "live"))]
pub(super) fn no_connections(terminal: &Terminal) -> Outcome {
    use crate::Diagnostic;
    use polity_text::diagnostics::codes::E1012;

    let message = "this `polity` was built without connections to live databases";
    terminal.report_one(
        Diagnostic::global(E1012, message).help("build it with `--features live`, or take the published one"),
    )
}
