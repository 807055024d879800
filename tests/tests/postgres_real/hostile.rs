//! Names and texts come out of PostgreSQL exactly as they were written.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{prepare, run_as};

/// Everything that some layer between the source and the catalog could take for its own.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "plain",
        "it's",
        "\"quoted\"",
        "$$ $polity$ $1",
        "-- remark",
        "/* remark */",
        "back\\slash \\' \\n",
        "{{ template }} {% raw %}",
        "${flyway} :psql :'x' \\gexec",
        "two\nlines\tand tab",
        "no",
        "~",
        "1e3",
        "';DROP TABLE x;--",
        "\u{202e}right to left\u{202c}",
        "é 日本 🐘",
        "%s %I %L %%",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(10_000));
    texts
}

/// The text as a name may be: without what nobody sees.
fn name(text: &str) -> String {
    text.replace(polity_text::quoting::is_hidden, "_")
}

/// The text as a comment may be: in one line, and in the direction that it is read in.
fn remark(text: &str) -> String {
    text.replace('\n', " ").replace(['\u{202e}', '\u{202c}'], "\u{200f}")
}

/// As the source writes it.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if polity_text::quoting::is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[test]
fn texts_come_out_as_they_went_in() {
    let texts = texts();
    let mut source = String::from(
        "platform rough { environments: [dev] }\nstore main: postgres 15 { database: \"rough\" }\n",
    );
    let values: Vec<String> =
        texts.iter().enumerate().map(|(i, t)| format!("  v{i} as {}", literal(&name(t)))).collect();
    source += &format!("enum Word {{\n{}\n}}\nschema core in main {{\n", values.join("\n"));
    for (i, text) in texts.iter().enumerate() {
        let docs = remark(text);
        source += &format!(
            "  /// {docs}\n  entity T{i} {{\n    id: int key\n    /// {docs}\n    a: text = {text}\n    w: Word = v{i}\n    check c{i} (a = {text})\n    j: json = {{ k: {text} }}\n  }}\n",
            text = literal(text)
        );
    }
    source += "}\n";
    let artifacts = project::build(&source);
    let Some(mut db) = Postgres::server() else { return };
    prepare(&mut db, &artifacts);
    run_as(&db, "rough_migrator", &artifacts, "main/schema.sql");
    for (i, text) in texts.iter().enumerate() {
        db.run(&format!("insert into core.t{i} (id) values (1)")).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        let refused =
            db.run(&format!("insert into core.t{i} (id, a) values (2, 'other')")).expect_err("a check");
        assert_eq!(refused.constraint.as_deref(), Some(format!("t{i}_c{i}").as_str()));
        let row = db
            .rows(&format!(
                "select a, w, j ->> 'k', obj_description('core.t{i}'::regclass), col_description('core.t{i}'::regclass, 2) from core.t{i}"
            ))
            .expect("reads");
        let docs = remark(text);
        let wanted: Vec<Option<String>> =
            [text, &name(text), text, &docs, &docs].into_iter().map(|t| Some(t.trim().to_owned())).collect();
        let got: Vec<Option<String>> =
            row[0].iter().map(|v| v.as_ref().map(|v| v.trim().to_owned())).collect();
        assert_eq!(got, wanted);
    }
}

#[test]
fn names_come_out_as_they_went_in() {
    let names: Vec<String> = texts().iter().filter(|text| text.len() <= 40).map(|text| name(text)).collect();
    let mut source = String::from(
        "platform rough { environments: [dev] }\nstore main: postgres 15 { database: \"rough\" }\nschema core as \"sch\\\"ema $$\" in main {\n",
    );
    source += "  entity Base as \"Base 'Table' $polity$\" {\n    id: uuid key = uuid_v7()\n    made: timestamp = now() immutable\n    changed: timestamp = now() on update now()\n    audit (insert, update, delete) into Trail\n  }\n  audit log Trail as \"tr'ail\" { chained }\n";
    for (i, name) in names.iter().enumerate() {
        source += &format!(
            "  entity T{i} as {name} {{\n    id: int key as {name}\n    a: text = \"x\" as {column}\n    base: -> Base on delete cascade\n    at: timestamp = now()\n    index (a, base)\n    index (base)\n    index (at)\n    unique (a) where id > 0\n    retain 1d after at\n    audit (insert) into Trail\n  }}\n",
            name = literal(name),
            column = literal(&format!("{name} a")),
        );
    }
    source += "}\n";
    let artifacts = project::build(&source);
    let Some(mut db) = Postgres::server() else { return };
    prepare(&mut db, &artifacts);
    run_as(&db, "rough_migrator", &artifacts, "main/schema.sql");
    for name in &names {
        let found = db
            .client()
            .query(
                "select a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum between 1 and 2
                   join pg_namespace n on n.oid = c.relnamespace
                  where c.relname = $1 and n.nspname = 'sch\"ema $$' order by a.attnum",
                &[name],
            )
            .expect("reads");
        let columns: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        assert_eq!(columns, [name.clone(), format!("{name} a")]);
    }
    let base = "\"sch\"\"ema $$\".\"Base 'Table' $polity$\"";
    db.run(&format!("insert into {base} default values; update {base} set id = id")).expect("triggers work");
    db.run("call polity.retain()").expect("nothing is old");
    let undo = project::text(&artifacts, "main/migrations/U0001__initial.sql");
    let undo = format!("SET polity.undo_may_lose = on;\n{undo}");
    db.script_as("rough_migrator", &undo).expect("goes");
}
