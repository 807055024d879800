//! Names that move among things that are there: nobody could tell afterwards which was which.

use std::collections::BTreeMap;

use polity::history::open;

use super::tiers::{after, sealed};

const FIRST: &str = "platform shop { environments: [dev] }
encryption key pii { provider: vault(\"transit/pii\") }
store main: postgres 15 { database: \"shop\" }
store docs: mongodb 7 { database: \"shop\" }
enum Kind { red, blue, green }
schema core in main {
  entity Order {
    id: uuid key = uuid_v4()
    kind: Kind
    shipping: text(90)
    billing: text(90)
    phone: text(20)? encrypted with pii
    mobile: text(20)? encrypted with pii
  }
  entity Bill {
    id: uuid key = uuid_v4()
  }
}
schema stock in main {
  entity Item {
    id: uuid key = uuid_v4()
  }
}
entity Paper in docs {
  id: uuid key = uuid_v4()
  title: text(90)
  summary: text(90)
}
";

/// The errors of a source after the first, in which parts are replaced at once.
fn found(edits: &[(&str, &str)]) -> Vec<String> {
    let mut source = FIRST.to_owned();
    for (from, to) in edits {
        assert!(source.contains(from), "{from}");
        source = source.replacen(from, to, 1);
    }
    let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
    let (_, found) = open(&after(&source, &history), None);
    found.iter().filter(|one| one.is_error()).map(|one| format!("{} {}", one.code, one.message)).collect()
}

#[test]
fn a_swap_of_names_is_refused() {
    for (one, other, edits) in [
        (
            "shipping",
            "billing",
            &[
                ("    shipping: text(90)", "    billing: text(90) was shipping"),
                ("    billing: text(90)\n", "    shipping: text(90) was billing\n"),
            ][..],
        ),
        (
            "phone",
            "mobile",
            &[
                ("    phone: text(20)?", "    mobile: text(20)? was phone"),
                ("    mobile: text(20)? encrypted", "    phone: text(20)? was mobile encrypted"),
            ],
        ),
        (
            "title",
            "summary",
            &[
                ("  title: text(90)", "  summary: text(90) was title"),
                ("  summary: text(90)\n", "  title: text(90) was summary\n"),
            ],
        ),
        (
            "core.Order",
            "core.Bill",
            &[("entity Order {", "entity Bill was Order {"), ("entity Bill {", "entity Order was Bill {")],
        ),
        (
            "core.Bill",
            "stock.Item",
            &[
                ("entity Bill {", "entity Bill was \"stock.Item\" {"),
                ("entity Item {", "entity Item was \"core.Bill\" {"),
            ],
        ),
    ] {
        let found = found(edits);
        let is_swap = |said: &&String| {
            said.starts_with("E0215 ")
                && said.contains(&format!("`{one}`"))
                && said.contains(&format!("`{other}`"))
        };
        assert_eq!(found.iter().filter(is_swap).count(), 1, "{one}: {found:#?}");
    }
}

#[test]
fn values_that_take_names_of_others_are_refused() {
    for values in [
        "red was blue, green was red",
        "red was blue, blue was red, green",
        "red was green, green was blue, blue was red",
        "red, blue was red, green",
        "crimson was red, scarlet was red, blue, green",
        "crimson as \"red\", scarlet was red, blue, green",
    ] {
        let found = found(&[("red, blue, green", values)]);
        assert!(found.iter().any(|said| said.starts_with("E0215 ")), "{values}: {found:#?}");
    }
    for values in ["crimson was red, blue, green", "crimson was red, navy was blue, green"] {
        assert_eq!(found(&[("red, blue, green", values)]), Vec::<String>::new(), "{values}");
    }
}
