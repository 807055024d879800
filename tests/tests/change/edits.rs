//! Edits by hand, one kind each: the database that is led on is what the source says.

use polity_tests::engines::Postgres;

use super::support::Lineage;

/// The first source; edits replace a part of it.
pub const FIRST: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\", extensions: [btree_gist] }
schema core in main {
  /// People.
  entity User {
    id: uuid key = uuid_v4()
    email: email unique
    nickname: text(40)?
    born: date?
    state: text(10) = \"new\"
  }
  enum Step {
    fresh
    done
  }
  entity Order {
    id: uuid key = uuid_v4()
    user: -> User on delete restrict
    step: Step = fresh
    amount: decimal(12, 2) min 0
    placed: timestamp = now()
    index (user)
    index (amount) as \"by_amount\"
  }
  entity Note {
    id: uuid = uuid_v4()
    at: timestamp = now()
    key (id)
  }
  entity Visit {
    id: uuid = uuid_v4()
    at: timestamp = now()
    user: uuid?
    key (id, at)
    partition by month (at)
  }
}
service web {
  read core.User
  read core.Order
  write core.Order
}
service desk { read core.User (id, email) }
";

/// Edits: the name, the text that is replaced, and what stands there then.
pub const EDITS: &[(&str, &str, &str)] = &[
    ("a column that may be absent", "    born: date?\n", "    born: date?\n    phone: phone?\n"),
    ("a column with a constant default", "    born: date?\n", "    born: date?\n    score: int = 7\n"),
    (
        "a column with a default that differs by row",
        "    born: date?\n",
        "    born: date?\n    token: uuid = uuid_v4()\n",
    ),
    ("a column that may be longer", "nickname: text(40)?", "nickname: text(80)?"),
    ("a column that need not be there", "    email: email unique\n", "    email: email? unique\n"),
    ("another name of a field", "nickname: text(40)?", "called: text(40)? was nickname"),
    ("another default", "state: text(10) = \"new\"", "state: text(10) = \"old\""),
    ("no default", "state: text(10) = \"new\"", "state: text(10)"),
    ("a check", "    born: date?\n", "    born: date?\n    check (born > 1900-01-01)\n"),
    ("another check", "min 0", "min 1"),
    ("an index", "index (user)", "index (user)\n    index (placed)"),
    ("another index", "index (user)", "index (user, placed)"),
    ("no index", "    index (user)\n", ""),
    (
        "a table",
        "  entity Order {",
        "  entity Country {\n    code: text(2) key\n    name: text(80)\n  }\n  entity Order {",
    ),
    (
        "a table that refers to one that is there",
        "  entity Order {",
        "  entity Call {\n    id: uuid key = uuid_v4()\n    user: -> User on delete cascade\n  }\n  entity Order {",
    ),
    ("a reference", "    placed:", "    payer: -> User? on delete set null\n    placed:"),
    ("a unique pair", "    index (user)\n", "    index (user)\n    unique (user, placed)\n"),
    ("a comment", "/// People.", "/// Persons."),
    ("no comment", "  /// People.\n", ""),
    ("a right", "read core.User (id, email)", "read core.User (id, email, born)"),
    ("fewer rights", "read core.User (id, email)", "read core.User (id)"),
    ("a service", "service desk", "service shop_front { read core.Order }\nservice desk"),
    ("no service", "service desk { read core.User (id, email) }\n", ""),
    (
        "a view",
        "  entity Order {",
        "  view Names {\n    id: uuid\n    email: email\n    sql \"\"\"select id, email from core.\"user\" u\"\"\"\n  }\n  entity Order {",
    ),
    ("rows that are only added", "    born: date?\n", "    born: date?\n    append only\n"),
    (
        "partitions of a new table",
        "  entity Order {",
        "  entity Event {\n    id: uuid = uuid_v4()\n    at: timestamp = now()\n    key (id, at)\n    partition by month (at)\n  }\n  entity Order {",
    ),
    ("another index of the same name", "index (amount)", "index (amount desc, placed)"),
    ("an index of a partitioned table", "    key (id, at)\n", "    key (id, at)\n    index (user)\n"),
    (
        "a reference of a partitioned table",
        "    user: uuid?\n",
        "    user: uuid?\n    guest: -> User? on delete set null\n",
    ),
    ("a check of a partitioned table", "    key (id, at)\n", "    key (id, at)\n    check (user != id)\n"),
    (
        "a unique pair of a partitioned table",
        "    key (id, at)\n",
        "    key (id, at)\n    unique (user, at)\n",
    ),
    (
        "a column of a partitioned table",
        "    user: uuid?\n",
        "    user: uuid?\n    token: uuid = uuid_v4()\n",
    ),
    ("a unique field", "born: date?\n", "born: date? unique\n"),
    ("another key", "    key (id)\n", "    key (at, id)\n"),
    ("another value", "    fresh\n    done\n", "    fresh\n    sent\n    done\n"),
    ("fewer values", "    fresh\n    done\n", "    fresh\n"),
    ("other values", "    fresh\n    done\n", "    fresh\n    sent\n"),
    ("a type that every value fits", "amount: decimal(12, 2) min 0", "amount: decimal(14, 2) min 0"),
    ("a type of another size", "amount: decimal(12, 2) min 0", "amount: decimal(14, 3) min 0"),
    ("a text of a number", "amount: decimal(12, 2) min 0", "amount: text(20)"),
    (
        "a schema",
        "service web",
        "schema stock in main { entity Item { id: uuid key = uuid_v4() } }\nservice web",
    ),
];

/// Rows that are there before anything changes: more than are filled at a time.
pub const ROWS: &str = "INSERT INTO core.\"user\" (email, nickname) SELECT 'u' || n || '@example.com', 'n' || n FROM generate_series(1, 2500) n;
INSERT INTO core.\"order\" (\"user\", amount) SELECT id, 7 FROM core.\"user\" LIMIT 10;
INSERT INTO core.visit (\"user\") SELECT id FROM core.\"user\" LIMIT 1500;";

/// Edits after which rows that were there hold something: the edit, the line behind all others, and a query of what must hold.
pub const FILLED: &[(&str, &str, &str, &str, &str)] = &[
    (
        "a required field with one value",
        "    born: date?\n",
        "    born: date?\n    country: text(2)\n",
        "backfill core.User.country = \"SN\"",
        "count(*) = 2500 AND bool_and(country = 'SN')",
    ),
    (
        "a required field with a value of each row",
        "    born: date?\n",
        "    born: date?\n    shown: text(90)\n",
        "backfill core.User.shown = lower(email)",
        "count(*) = 2500 AND bool_and(shown = email) AND count(DISTINCT shown) = 2500",
    ),
    (
        "an optional field that is required",
        "    nickname: text(40)?\n    born: date?\n",
        "    nickname: text(40)?\n    born: date\n",
        "backfill core.User.born = 2000-01-01",
        "count(*) = 2500 AND bool_and(born = '2000-01-01')",
    ),
    (
        "a field that never changes",
        "    born: date?\n",
        "    born: date?\n    handle: text(90) immutable\n",
        "backfill core.User.handle = lower(email)",
        "count(*) = 2500 AND bool_and(handle = email)",
    ),
    (
        "a field with a default and another value for rows that are there",
        "    born: date?\n",
        "    born: date?\n    country: text(2) = \"FR\"\n",
        "backfill core.User.country = \"SN\"",
        "count(*) = 2500 AND bool_and(country = 'SN')",
    ),
    (
        "a default that differs by row",
        "    born: date?\n",
        "    born: date?\n    token: uuid = uuid_v4()\n",
        "",
        "count(*) = 2500 AND count(DISTINCT token) = 2500",
    ),
];

#[test]
fn rows_that_are_there_are_filled() {
    let Some(mut server) = Postgres::server() else { return };
    let mut failed = Vec::new();
    for (name, from, to, line, holds) in FILLED {
        assert!(FIRST.contains(from), "{name}");
        let second = format!("{}{line}\n", FIRST.replacen(from, to, 1));
        let mut lineage = Lineage::begin(server.another(), FIRST);
        lineage.server.script_as("postgres", ROWS).expect("the rows are written");
        if let Err(said) = lineage.lead_to(&second, "second") {
            failed.push(format!("---- {name}:\n{said}"));
            continue;
        }
        let query = format!(
            "DO $$ BEGIN IF (SELECT {holds} FROM core.\"user\") IS NOT TRUE THEN RAISE 'it does not hold'; END IF; END $$;"
        );
        if let Err(said) = lineage.server.script_as("postgres", &query) {
            failed.push(format!("---- {name}:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn each_edit_leads_to_what_the_source_says() {
    let Some(server) = Postgres::server() else { return };
    let mut failed = Vec::new();
    let mut server = server;
    for (name, from, to) in EDITS {
        assert!(FIRST.contains(from), "{name}");
        let second = FIRST.replacen(from, to, 1);
        let second =
            if to.contains("Purchase") { second.replace("core.Order", "core.Purchase") } else { second };
        let mut lineage = Lineage::begin(server.another(), FIRST);
        lineage.server.script_as("postgres", ROWS).expect("the rows are written");
        if let Err(said) = lineage.lead_to(&second, "second") {
            failed.push(format!("---- {name}:\n{said}"));
        }
        // And back again, where whatever goes is said.
        let first = back(FIRST, to);
        if let Err(said) = lineage.lead_to(&first, "third") {
            failed.push(format!("---- {name}, taken back:\n{said}"));
        }
        let counts = "DO $$ BEGIN IF (SELECT count(*) FROM core.\"user\") <> 2500 OR (SELECT count(*) FROM core.\"order\") <> 10 \
            OR (SELECT count(*) FROM core.visit) <> 1500 THEN RAISE 'rows are lost'; END IF; END $$;";
        if let Err(said) = lineage.server.script_as("postgres", counts) {
            failed.push(format!("---- {name}, its rows:\n{said}"));
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

/// The first source again, with the lines that say what is removed or called otherwise since.
pub fn back(first: &str, to: &str) -> String {
    let removed = |field: &str, of: &str| {
        first.replacen(of, &format!("{of}    removed {field} because \"it was tried\"\n"), 1)
    };
    let of_user = "    born: date?\n";
    for field in ["phone", "score", "token"] {
        if to.contains(&format!("{field}:")) && to.contains("born") {
            return removed(field, of_user);
        }
    }
    for field in ["token", "guest"] {
        if to.contains(&format!("{field}:")) && to.contains("user: uuid?") {
            return removed(field, "    user: uuid?\n");
        }
    }
    if to.contains("payer") {
        return removed("payer", "    amount: decimal(12, 2) min 0\n");
    }
    for entity in ["Country", "Call", "Event"] {
        if to.contains(&format!("entity {entity} ")) {
            return first.replacen(
                "  entity Order {",
                &format!("  removed entity {entity} because \"it was tried\"\n  entity Order {{"),
                1,
            );
        }
    }
    if to.contains("Item") {
        return format!("{first}removed entity stock.Item because \"it was tried\"\n");
    }
    first
        .replacen(
            "nickname: text(40)?",
            if to.contains("called") { "nickname: text(40)? was called" } else { "nickname: text(40)?" },
            1,
        )
        .replacen(
            "entity Order {",
            if to.contains("Purchase") { "entity Order was Purchase {" } else { "entity Order {" },
            1,
        )
}
