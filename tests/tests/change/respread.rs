//! Tables that come to be spread over partitions, over others, or over none: every row is there, and the database is what the source
//! says.

use polity_tests::engines::Postgres;

use super::support::Lineage;

const FIRST: &str = "platform post { environments: [dev] }
store main: postgres 15 { database: \"post\" }
enum State { fresh, sent, done }
schema core in main {
  entity Letter {
    id: uuid = uuid_v4()
    state: State = fresh
    day: date
    at: timestamp = now()
    words: int = 0 min 0 max 1000
    twice: int computed (words * 2)
    key (id, at, day, state)
    index (words)
    audit (insert, update, delete) into audit.Trail
    HERE
  }
  entity Box {
    id: uuid key = uuid_v4()
    name: text(80) = \"box\"
    THERE
  }
  entity Thing { id: uuid key = uuid_v4(); box: -> Box on delete restrict; index (box) }
  entity Loose { id: uuid key = uuid_v4(); box: -> Box? on delete set null; index (box) }
  view Boxes { id: uuid; things: bigint; sql \"\"\"SELECT b.id, count(*) AS things FROM core.box b JOIN core.thing t ON t.box = b.id GROUP BY b.id\"\"\" }
  view Letters { state: State; letters: bigint; sql \"\"\"SELECT l.state, count(*) AS letters FROM core.letter l GROUP BY l.state\"\"\" }
}
schema audit in main { audit log Trail as \"trail\" { partition by month ahead 1; retain 10y; chained } }
service web {
  read core.Letter, core.Box, core.Boxes
  write core.Letter, core.Box
}
";

const ROWS: &str = "INSERT INTO core.letter (state, day, at, words)
SELECT (ARRAY['fresh', 'sent', 'done'])[1 + n % 3], date '2024-01-01' + n, timestamptz '2024-12-30 23:30:00+00' + n * interval '1 day', n FROM generate_series(1, 360) n;
INSERT INTO core.box SELECT FROM generate_series(1, 50);
INSERT INTO core.thing (box) SELECT id FROM core.box;
INSERT INTO core.loose (box) SELECT id FROM core.box;";

/// The lines of the first source, those of the second, and whether boxes are spread otherwise as well.
const EDITS: &[(&str, &str, &str, &str)] = &[
    ("", "partition by month (at) ahead 2", "", ""),
    ("", "partition by day (day) ahead 2", "", "partition by hash (id) into 3"),
    ("", "partition by list (state)", "", ""),
    ("partition by month (at) ahead 2", "partition by week (at) ahead 1", "", ""),
    (
        "partition by year (day)",
        "partition by list (state)",
        "partition by hash (id) into 3",
        "partition by hash (id) into 5",
    ),
    ("partition by list (state)", "", "partition by hash (id) into 4", ""),
    ("partition by month (at) ahead 2", "", "", ""),
];

#[test]
fn each_way_keeps_every_row() {
    let Some(mut server) = Postgres::server() else { return };
    let mut failed = Vec::new();
    for tenancy in ["", "tenancy by tenant_id: uuid\ntier standard { isolation: row }\n"] {
        for (at, (one, other, boxes, boxes_now)) in EDITS.iter().enumerate() {
            if !tenancy.is_empty() && at % 3 != 0 {
                continue; // As without, but for what policies do.
            }
            let source = |letters: &str, boxes: &str| {
                let text = FIRST.replacen("HERE", letters, 1).replacen("THERE", boxes, 1);
                text.replacen("schema core", &format!("{tenancy}schema core"), 1)
            };
            let accepted = match boxes == boxes_now {
                true => "",
                false => "accept rewrite on core.Box because \"few\"\n",
            };
            let second = format!(
                "{}accept rewrite on core.Letter because \"few\"\n{accepted}",
                source(other, boxes_now)
            );
            if let Err(said) = there(server.another(), &source(one, boxes), &second, !tenancy.is_empty()) {
                failed.push(format!("---- {tenancy}{one} -> {other}:\n{said}"));
            }
        }
    }
    assert!(failed.is_empty(), "{} failed\n{}", failed.len(), failed.join("\n"));
}

fn there(server: Postgres, first: &str, second: &str, is_scoped: bool) -> Result<(), String> {
    let mut lineage = Lineage::begin(server, first);
    let periods = "DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_partitioned_table WHERE partrelid = 'core.letter'::regclass AND partstrat = 'r') THEN
            EXECUTE 'CREATE TABLE core.letter_before PARTITION OF core.letter FOR VALUES FROM (MINVALUE) TO (''2026-01-01'')';
            ALTER TABLE core.letter_before OWNER TO post_owner;
        END IF;
    END $$;";
    lineage.server.script_as("postgres", periods).expect("there is a partition for old rows");
    let enter = if is_scoped { "SELECT polity.enter('018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10');\n" } else { "" };
    lineage
        .server
        .script_as("postgres", &format!("BEGIN;\n{enter}{ROWS}\nCOMMIT;"))
        .map_err(|e| format!("rows: {e}"))?;
    let rows = "SELECT (SELECT md5(string_agg(l::text, ';' ORDER BY l.words)) FROM core.letter l) || (SELECT md5(string_agg(b::text, ';' ORDER BY b.id)) FROM core.box b)
        || (SELECT count(*) FROM core.thing t JOIN core.box b ON b.id = t.box) || ' ' || (SELECT count(*) FROM audit.trail)";
    let before = lineage.server.run(rows).map_err(|e| e.to_string())?;
    lineage.seal(second, "second", false)?;
    lineage.migrate(second)?;
    lineage.same_as_sealed()?;
    let after = lineage.server.run(rows).map_err(|e| e.to_string())?;
    if after != before {
        return Err(format!("{before} became {after}"));
    }
    let judged = "SELECT (SELECT count(*) FROM pg_constraint WHERE NOT convalidated AND conparentid = 0) || ' ' || (SELECT count(*) FROM pg_index WHERE NOT indisvalid)
        || ' ' || (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'polity_aside%')";
    match lineage.server.run(judged) {
        Ok(found) if found == "0 0 0" => {}
        other => return Err(format!("{other:?} left")),
    }
    let said = lineage.undo(second, 2, "").err().unwrap_or_default();
    if !said.contains("is spread otherwise") {
        return Err(format!("the undo says {said:?}"));
    }
    if lineage.seal(second, "contract", true)? {
        lineage.migrate(second)?;
    }
    lineage.same_as(second)
}
