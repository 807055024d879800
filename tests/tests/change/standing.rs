//! Whatever stands on something that changes is there again behind it, with its rights.

use polity_tests::engines::Postgres;

use super::support::Lineage;

const FIRST: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity User {
    id: uuid key = uuid_v4()
    name: text(40)
    age: int
    doubled: int computed (age * 2)
    short: text(40)? computed (lower(name))
    index (doubled)
    index (age) as \"grown\" where age > 17
    check (doubled >= age)
  }
  view Names {
    id: uuid
    name: text(40)
    sql \"\"\"select id, name from core.\"user\" u\"\"\"
  }
}
service web {
  read core.User (id, doubled)
  read core.Names
}
";

#[test]
fn types_change_under_what_stands_on_them() {
    let Some(mut server) = Postgres::server() else { return };
    let edits = [
        (
            "a longer text under a view",
            vec![("name: text(40)", "name: text(80)"), ("short: text(40)", "short: text(80)")],
        ),
        (
            "a longer number under a computed column",
            vec![("age: int", "age: bigint"), ("doubled: int", "doubled: bigint")],
        ),
        ("another computed column", vec![("age * 2", "age * 3")]),
    ];
    let mut failed = Vec::new();
    for (name, pairs) in edits {
        let mut second = FIRST.to_owned();
        for (from, to) in pairs {
            assert!(second.contains(from), "{name}: {from}");
            second = second.replace(from, to);
        }
        second +=
            "accept rewrite on core.User because \"a trial\"\naccept scan on core.User because \"a trial\"\n";
        if let Err(said) = led(server.another(), &second) {
            failed.push(format!("---- {name}:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

fn led(server: Postgres, second: &str) -> Result<(), String> {
    let mut lineage = Lineage::begin(server, FIRST);
    let rows = "INSERT INTO core.\"user\" (name, age) SELECT 'N' || n, n FROM generate_series(1, 100) n";
    lineage.server.script_as("postgres", rows).expect("the rows are written");
    // Nobody else sees the table meanwhile: it is one transaction.
    lineage.seal(second, "second", false)?;
    lineage.migrate(second)?;
    lineage.same_as_sealed()?;
    let reads =
        "SET ROLE shop_web; SELECT count(doubled) FROM core.\"user\"; SELECT count(*) FROM core.names;";
    lineage.server.script_as("postgres", reads)?;
    lineage.undo(second, 2, "")?;
    lineage.server.script_as("postgres", reads)?;
    lineage.forget(2);
    lineage.migrate(second)?;
    lineage.lead_to(second, "third")
}

/// Tables that refer to each other go together, and references to them before.
#[test]
fn what_refers_to_each_other_goes() {
    let Some(server) = Postgres::server() else { return };
    let first = FIRST.replacen(
        "  view Names",
        "  entity Left {\n    id: uuid key = uuid_v4()\n    other: -> Right?\n  }
  entity Right {\n    id: uuid key = uuid_v4()\n    other: -> Left?\n  }\n  view Names",
        1,
    );
    let first = first.replacen("    index (doubled)", "    left: -> Left?\n    index (doubled)", 1);
    let second = FIRST
        .replacen("  view Names", "  removed entity Left because \"a trial\"\n  removed entity Right because \"a trial\"\n  view Names", 1)
        .replacen("    index (doubled)", "    removed left because \"a trial\"\n    index (doubled)", 1);
    let mut lineage = Lineage::begin(server, &first);
    lineage.lead_to(&second, "second").unwrap_or_else(|said| panic!("{said}"));
}
