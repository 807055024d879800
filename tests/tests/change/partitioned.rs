//! Tables whose rows are spread: each edit leads to what the source says, with every row, and the undo leads back.

use polity_tests::engines::Postgres;

use super::support::Lineage;

const FIRST: &str = "platform post { environments: [dev] }
store main: postgres 15 { database: \"post\" }
schema core in main {
  enum State {
    fresh
    sent
    done
  }
  entity User { id: uuid key = uuid_v4() }
  entity Parcel {
    id: uuid = uuid_v4()
    state: State = fresh
    to: uuid?
    key (id, state)
    index (to)
    partition by list (state)
  }
  entity Ticket {
    id: uuid key = uuid_v4()
    to: uuid?
    partition by hash (id) into 3
  }
  entity Stay {
    id: uuid = uuid_v4()
    at: timestamp = now()
    to: uuid?
    key (id, at)
    partition by month (at) default
  }
}
service web {
  write core.Parcel
  write core.Ticket
  write core.Stay
}
";

const ROWS: &str = "INSERT INTO core.\"user\" SELECT FROM generate_series(1, 50);
INSERT INTO core.parcel (state, \"to\") SELECT (ARRAY['fresh', 'sent', 'done'])[1 + n % 3], u.id
  FROM generate_series(1, 20) n, (SELECT id FROM core.\"user\") u;
INSERT INTO core.ticket (\"to\") SELECT id FROM core.\"user\";
INSERT INTO core.stay (at, \"to\") SELECT now() + n * interval '20 days', u.id
  FROM generate_series(-2, 4) n, (SELECT id FROM core.\"user\") u;";

/// Edits: the name, and pairs of a text and what stands there then.
const EDITS: &[(&str, &[(&str, &str)])] = &[
    (
        "indexes",
        &[
            ("index (to)", "index (to)\n    index (to, id)"),
            ("    partition by hash", "    index (to)\n    partition by hash"),
            ("    partition by month", "    index (to)\n    partition by month"),
        ],
    ),
    ("another index", &[("index (to)", "index (to desc) as \"parcel_to_idx\"")]),
    (
        "unique pairs",
        &[
            ("    partition by list", "    unique (to, id, state)\n    partition by list"),
            ("    partition by hash", "    unique (id, to)\n    partition by hash"),
            ("    partition by month", "    unique (at, id, to)\n    partition by month"),
        ],
    ),
    (
        "references",
        &[
            (
                "    to: uuid?\n    key (id, state)",
                "    to: -> User? on delete set null\n    key (id, state)",
            ),
            (
                "    to: uuid?\n    partition by hash",
                "    to: -> User? on delete cascade\n    partition by hash",
            ),
            ("    to: uuid?\n    key (id, at)", "    to: -> User? on delete cascade\n    key (id, at)"),
        ],
    ),
    (
        "other names",
        &[
            ("entity Parcel {", "entity Package was Parcel {"),
            ("entity Ticket {", "entity Pass was Ticket {"),
            ("entity Stay {", "entity Visit was Stay {"),
            ("write core.Parcel", "write core.Package"),
            ("write core.Ticket", "write core.Pass"),
            ("write core.Stay", "write core.Visit"),
        ],
    ),
    (
        "another table",
        &[(
            "  entity Ticket {",
            "  entity Call {\n    id: uuid = uuid_v4()\n    at: timestamp = now()\n    key (id, at)\n    partition by month (at)\n  }\n  entity Ticket {",
        )],
    ),
];

#[test]
fn each_edit_leads_there_and_back() {
    let Some(mut server) = Postgres::server() else { return };
    let mut failed = Vec::new();
    for (name, pairs) in EDITS {
        let mut second = FIRST.to_owned();
        for (from, to) in *pairs {
            assert!(second.contains(from), "{name}: {from}");
            second = second.replacen(from, to, 1);
        }
        for (risk, of) in [("scan", "Stay"), ("break", "Pass")] {
            let is_needed = match risk {
                "scan" => ["indexes", "unique pairs"].contains(name),
                _ => *name == "other names",
            };
            if is_needed {
                second += &format!("accept {risk} on core.{of} because \"a trial\"\n");
            }
        }
        if let Err(said) = there_and_back(server.another(), &second, *name == "other names") {
            failed.push(format!("---- {name}:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

fn there_and_back(server: Postgres, second: &str, is_renamed: bool) -> Result<(), String> {
    let mut lineage = Lineage::begin(server, FIRST);
    let first = lineage.sealed();
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let (parcel, ticket, stay) =
        if is_renamed { ("package", "pass", "visit") } else { ("parcel", "ticket", "stay") };
    let counted = |parcel: &str, ticket: &str, stay: &str| {
        format!(
            "SELECT (SELECT count(*) FROM core.{parcel}) || ' ' || (SELECT count(*) FROM core.{ticket}) || ' ' || (SELECT count(*) FROM core.{stay})"
        )
    };
    let rows = "1000 50 350";
    // Partitions that are made ahead are there, and none is made twice.
    let ahead = "SELECT polity.create_partitions()";
    let judge = |lineage: &mut Lineage, query: &str, expected: &str| match lineage.server.run(query) {
        Ok(found) if found == expected => Ok(()),
        other => Err(format!("{query}: {other:?}, not {expected}")),
    };
    lineage.seal(second, "second", false)?;
    lineage.migrate(second)?;
    lineage.same_as_sealed()?;
    judge(&mut lineage, &counted(parcel, ticket, stay), rows)?;
    judge(&mut lineage, ahead, "0")?;
    lineage.undo(second, 2, "")?;
    lineage.equal("taken back", &first)?;
    judge(&mut lineage, &counted("parcel", "ticket", "stay"), rows)?;
    judge(&mut lineage, ahead, "0")?;
    judge(&mut lineage, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated", "0")?;
    // Once more, and to the end.
    lineage.forget(2);
    lineage.migrate(second)?;
    if lineage.seal(second, "contract", true)? {
        lineage.migrate(second)?;
    }
    lineage.same_as(second)?;
    judge(&mut lineage, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0")?;
    judge(&mut lineage, &counted(parcel, ticket, stay), rows)
}

/// Rows of a partition that came with the migration keep it from being taken back.
#[test]
fn rows_of_a_new_partition_are_not_lost() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    let second = FIRST.replacen("    done\n", "    done\n    lost\n", 1);
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    let write = "INSERT INTO core.parcel (state) VALUES ('lost')";
    lineage.server.script_as("postgres", write).expect("it has a partition");
    let said = lineage.undo(&second, 2, "").expect_err("the row would be lost");
    assert!(said.contains("the undo would lose 1 rows of core.parcel_lost"), "{said}");
    lineage.server.script_as("postgres", "DELETE FROM core.parcel").expect("it goes");
    lineage.undo(&second, 2, "").unwrap_or_else(|said| panic!("{said}"));
}

/// A partition goes with the contract, and only without rows.
#[test]
fn a_partition_goes_without_rows() {
    let Some(server) = Postgres::server() else { return };
    let mut lineage = Lineage::begin(server, FIRST);
    lineage.server.script_as("postgres", ROWS).expect("the rows are written");
    let second = FIRST.replacen("    done\n", "", 1);
    lineage.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    lineage.seal(&second, "third", true).unwrap_or_else(|said| panic!("{said}"));
    let said = lineage.migrate(&second).expect_err("rows would be lost");
    assert!(said.contains("rows left with a value that goes: 350, in core.parcel.state"), "{said}");
    let moved = "UPDATE core.parcel SET state = 'sent' WHERE state = 'done'";
    lineage.server.script_as("postgres", moved).expect("they are moved");
    lineage.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    lineage.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(lineage.server.run("SELECT count(*) FROM core.parcel").expect("reads"), "1000");
}
