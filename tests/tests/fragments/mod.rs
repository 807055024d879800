//! Fragments of SQL, `sql("…")`, in every place that takes one: those that compile can be installed, the others are told where
//! they stand.

use std::fmt::Write;

use polity_tests::engines::Postgres;
use polity_tests::project;

const FIELDS: &str =
    "id: uuid key; a: int; o: int?; at: timestamp; first: text as \"vorname\"; from: date; to: date";

fn platform(lines: &[&str]) -> String {
    let mut source = "platform written { environments: [dev] }\n\
                      store main: postgres 15 { database: \"written\", extensions: [btree_gist] }\n\
                      schema core in main {\n"
        .to_owned();
    for (i, line) in lines.iter().enumerate() {
        let _ = writeln!(source, "entity E{i} as \"e{i}\" {{ {FIELDS}\n{line}\n}}");
    }
    source + "}\n"
}

/// Lines that PostgreSQL takes.
const RIGHT: &[&str] = &[
    r#"check (sql("vorname <> '' and a > 3 -- at least four"))"#,
    r#"check x (sql("e1.a > 1 and A < 9"))"#,
    r#"check x (sql("e2.a is not null"))"#,
    r#"index (sql("lower(vorname)"))"#,
    r#"index (a) where sql("a > 3 -- x")"#,
    r#"no overlap [from, to) where sql("a > 3 -- x")"#,
    r#"index (sql("(at at time zone 'UTC')::date"))"#,
    r#"unique (sql("lower(vorname)")) where sql("a > 3")"#,
    r#"b: int? computed (sql("o + 1"))"#,
    r#"b: text computed (sql("vorname || 'x'"))"#,
    r#"b: text = sql("lower('X')")"#,
    r#"b: text = "x" on update sql("lower(new.vorname) || old.b")"#,
    r#"b: text = "x" on update sql("(select max(vorname) from core.e12)")"#,
    r#"b: date = sql("(now() AT TIME ZONE 'UTC')::date")"#,
    r#"b: timestamp = sql("'2020-01-01 00:00Z'")"#,
    r#"b: json = sql("jsonb_build_object('a', 1)")"#,
    r#"b: text[] = sql("'{}'")"#,
    r#"b: uuid = sql("gen_random_uuid()")"#,
    r#"b: int = sql("1 /* x */ + 2")"#,
    r#"check c (sql("(array[1,2])[a] > 0 and a <> all ('{1,2}'::int[]) and a = any (array[1])"))"#,
    r#"check c (sql("trim(both from vorname) <> '' and substring(vorname from 1 for 2) <> 'x' and position('a' in vorname) > 0"))"#,
    r#"check c (sql("vorname collate \"C\" < 'x' and vorname not ilike 'x' escape '!' and vorname ~ '^a'"))"#,
    r#"check c (sql("extract(year from at at time zone 'UTC') > 2000 and at + interval '1' day > at"))"#,
    r#"check c (sql("(a, o) = (1, 2) and a is not distinct from 3 and (a > 1) is true and a::numeric(10,2) > 1.50"))"#,
    r#"check c (sql("case when a > 1 then true else coalesce(o, 1) > 0 end"))"#,
];

/// Lines that PostgreSQL would not take, or that mean something else in each session, by their code.
const WRONG: &[(&str, &str)] = &[
    (r#"index (sql("lower(zz)"))"#, "E0544"),
    (r#"index (a) where sql("(select count(*) from core.e0) > 3")"#, "E0544"),
    (r#"check (sql("sum(a) > 3"))"#, "E0544"),
    (r#"c: int = sql("count(*)")"#, "E0544"),
    (r#"check x (sql("row_number() over () > 3"))"#, "E0544"),
    (r#"check x (sql("generate_series(1,a) > 3"))"#, "E0544"),
    (r#"check (sql("a"))"#, "E0545"),
    (r#"check (sql("other.a > 3"))"#, "E0544"),
    (r#"check (sql("a > $1"))"#, "E0544"),
    (r#"check (sql("xmin is not null"))"#, "E0544"),
    (r#"check (sql("first <> ''"))"#, "E0544"),
    (r#"check (sql("vorname > 3"))"#, "E0545"),
    (r#"check (sql("at > '2020-01-01'"))"#, "E0545"),
    (r#"check (sql("a in (select 1)"))"#, "E0544"),
    (r#"index y (sql("at::date"))"#, "E0545"),
    (r#"index y (sql("date_trunc('day', at)"))"#, "E0545"),
    (r#"b: text computed (sql("vorname || a"))"#, "E0545"),
    (r#"b: text computed (sql("concat(vorname, 'x')"))"#, "E0545"),
    (r#"b: timestamp computed (sql("at + interval '1 day'"))"#, "E0545"),
    (r#"b: text computed (sql("at::text"))"#, "E0545"),
    (r#"b: int computed (sql("z + 1"))"#, "E0544"),
    (r#"b: int computed (sql("(select 1)"))"#, "E0544"),
    (r#"b: text = sql("vorname")"#, "E0544"),
    (r#"b: int = sql("'x'")"#, "E0545"),
    (r#"b: bool = sql("1")"#, "E0545"),
    (r#"b: uuid = sql("'x'")"#, "E0545"),
    (r#"b: text(3) = sql("'abcd'")"#, "E0545"),
    (r#"b: text = "x" on update sql("zz")"#, "E0544"),
    (r#"b: text = "x" on update sql("new.zz")"#, "E0544"),
    (r#"b: date = sql("current_date")"#, "E0545"),
    (r#"b: date = sql("now()::date")"#, "E0545"),
    (r#"b: timestamp = sql("'2020-01-01'")"#, "E0545"),
    (r#"unique (a) where sql("aa > 3")"#, "E0544"),
];

#[test]
fn what_compiles_is_installed() {
    let artifacts = project::build(&platform(RIGHT));
    let schema = project::text(&artifacts, "main/schema.sql");
    assert!(!schema.contains("at least four") && !schema.contains("/* x"), "{schema}");
    let Some(mut db) = Postgres::server() else { return };
    for (role, file) in [("postgres", "main/roles.sql"), ("written_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    // Triggers are first read when they run.
    for (i, expected) in [(11, "fx"), (12, "F")] {
        db.run(&format!(
            "insert into core.e{i} (id, a, at, vorname, \"from\", \"to\", b) values (gen_random_uuid(), 1, now(), 'F', now(), now(), 'x')"
        ))
        .expect("a row");
        db.run(&format!("update core.e{i} set a = 2, vorname = 'f'")).expect("an update");
        let written = db.run(&format!("select b from core.e{i}")).expect("a row");
        assert_eq!(written, expected);
    }
}

#[test]
fn what_does_not_belong_is_told_once() {
    for (line, code) in WRONG {
        let found = project::compile(&platform(&[line])).diagnostics;
        let codes: Vec<String> =
            found.iter().filter(|found| found.is_error()).map(|found| found.code.to_string()).collect();
        assert_eq!(codes, [*code], "{line}: {found:#?}");
    }
}
