//! The compiler's words about the values of expressions before there is a row.

use polity::source::Sources;
use polity_tests::engines::Postgres;
use polity_tests::project::{build, text};

/// The fields that expressions below are made of.
const FIELDS: &str = "
  a: int; b: int; c: int?; p: int min 1; h: int min 0 max 100; n: int min -5 max 5; g: bigint
  s: smallint; m: decimal(6, 2) min 0; f: float; t: text(20); u: text(20)?; w: text; e: text length 2..3
  k: int check (k > 0); o: int check (o != 0); v: int?; j: json; q: map<int>; r: { x: int?, y: int }
  i: { z: int }? inline; day: date; late: date; at: timestamp; who: uuid; flag: bool; st: State; boss: -> Row?
  limited: int; check positive (limited > 0 and a < 2000000000)
";

/// A field, and what is said about it: codes with the places that they point at.
const SAID: &[(&str, &str)] = &[
    // Absence, through every operator.
    ("x: int computed (c)", "E0345 c"),
    ("x: int? computed (c)", ""),
    ("x: bool computed (c > 3)", "E0345 c > 3"),
    ("x: bool computed (c is null)", ""),
    ("x: bool computed (c in [1, 2])", "E0345 c in [1, 2]"),
    ("x: bool computed (h between 1 and c)", "E0345 h between 1 and c"),
    ("x: bool computed (not (c > 3))", "E0345 not (c > 3)"),
    ("x: bool computed (flag or c > 3)", "E0345 flag or c > 3"),
    ("x: text computed (lower(u))", "E0345 lower(u)"),
    ("x: text computed (t || u)", "E0345 t || u"),
    ("x: text computed (text(c))", "E0345 text(c)"),
    ("x: text computed (j.name)", "E0345 j.name"),
    ("x: int computed (q.name)", "E0345 q.name"),
    ("x: int computed (r.x)", "E0345 r.x"),
    ("x: int computed (r.y)", ""),
    ("x: int computed (i.z)", "E0345 i.z"),
    ("x: int computed (boss)", "E0345 boss"),
    ("x: int computed (sql(\"c\"))", "E0345 sql(\"c\")"),
    ("x: int computed (coalesce(c, 1))", ""),
    ("x: int computed (coalesce(c, v))", "E0345 coalesce(c, v)"),
    ("x: int computed (coalesce(c, v, 1))", ""),
    ("x: int computed (greatest(c, 1))", ""),
    ("x: int computed (greatest(c, v))", "E0345 greatest(c, v)"),
    ("x: int computed (abs(c))", "E0345 abs(c)"),
    ("x: int computed (case when flag then 1 end)", "E0345 case when flag then 1 end"),
    ("x: int computed (case when flag then c else 1 end)", "E0345 case when flag then c else 1 end"),
    ("x: int computed (case when c is null then 0 else c end)", ""),
    ("x: int computed (case when c is not null and flag then c else 0 end)", ""),
    ("x: int computed (case when c > 5 then c else 0 end)", ""),
    ("x: int computed (case when not (c > 5) then c else 0 end)", ""),
    ("x: int computed (case when not (c is not null) then 0 else c end)", ""),
    ("x: int computed (case when c > 5 then 0 else c end)", "E0345 case when c > 5 then 0 else c end"),
    ("x: int computed (case when flag or c is null then 0 else c end)", ""),
    ("x: int = case when true then null else 1 end", "E0345 case when true then null else 1 end"),
    // Division.
    ("x: int computed (h / b)", "W0345 b"),
    ("x: int computed (h % b)", "W0345 b"),
    ("x: int computed (h / n)", "W0345 n"),
    ("x: int computed (h / p)", ""),
    ("x: int computed (h / k)", ""),
    ("x: int computed (h / o)", ""),
    ("x: int computed (h / limited)", ""),
    ("x: int computed (h / (h + 1))", ""),
    ("x: int computed (h / (p - 1))", "W0345 p - 1"),
    ("x: int computed (h / coalesce(c, 0))", "W0345 coalesce(c, 0)"),
    ("x: int computed (h / coalesce(v, 1))", "W0345 coalesce(v, 1)"),
    ("x: int computed (h / greatest(b, 1))", ""),
    ("x: float computed (f / float(b))", "W0345 float(b)"),
    ("x: interval computed (1d / b)", "W0345 b"),
    ("x: int computed (case when b = 0 then 0 else h / b end)", ""),
    ("x: int computed (case when b > 0 then h / b else 0 end)", ""),
    ("x: int computed (case when b < 0 then h / b else 0 end)", ""),
    ("x: int computed (case when b >= 0 then h / b else 0 end)", "W0345 b"),
    ("check x (h / b > 1)", "W0345 b"),
    ("x: int check (h / b > x)", "W0345 b"),
    ("index (h) where h / b > 1", "W0345 b"),
    ("unique (p) where h / b > 1", "W0345 b"),
    // Ranges.
    ("x: int computed (a + b)", "W0346 a + b"),
    ("x: bigint computed (a + b)", "W0346 a + b"),
    ("x: bigint computed (bigint(a) + b)", ""),
    ("x: int computed (h * h)", ""),
    ("x: smallint computed (h * h)", ""),
    ("x: smallint computed (h * 1000)", "W0346 h * 1000"),
    ("x: smallint computed (h + 40000)", "E0346 h + 40000"),
    ("x: int computed (s + s)", ""),
    ("x: smallint computed (s + s)", "W0346 s + s"),
    ("x: int max 50 computed (h)", "W0346 h"),
    ("x: int min 0 computed (h - 100)", "W0346 h - 100"),
    ("x: int max -1 computed (h)", "E0346 h"),
    ("x: decimal(4, 2) computed (m * 1000)", "W0346 m * 1000"),
    ("x: decimal(9, 2) computed (m * 100)", ""),
    ("x: decimal(6, 2) computed (m * 0.19)", ""),
    ("x: decimal(6, 2) computed (m / 3)", ""),
    ("x: decimal(6, 2) computed (m / 0.5)", "W0346 m / 0.5"),
    ("x: decimal(6, 1) computed (round(m, 1))", ""),
    ("x: decimal(3, 1) computed (round(m, 1))", "W0346 round(m, 1)"),
    ("x: smallint computed (smallint(a))", "W0346 smallint(a)"),
    ("x: smallint computed (smallint(h))", ""),
    ("x: smallint computed (day - late)", "W0346 day - late"),
    ("x: int computed (day - late)", ""),
    ("x: int computed (abs(b))", ""),
    ("x: smallint computed (case when a > 100 then 100 when a < 0 then 0 else a end)", ""),
    ("x: smallint computed (least(greatest(a, 0), 100))", ""),
    ("x: smallint computed (length(t))", ""),
    ("x: smallint computed (length(w))", "W0346 length(w)"),
    ("x: int computed (a + 1)", ""),
    // Lengths.
    ("x: text(40) computed (t || t)", ""),
    ("x: text(39) computed (t || t)", "W0346 t || t"),
    ("x: text(20) computed (upper(t))", ""),
    ("x: text(20) computed (w)", "W0346 w"),
    ("x: text length 25..30 computed (t)", "E0346 t"),
    ("x: char(3) computed (e)", "W0346 e"),
    ("x: text(3) computed (e)", ""),
    ("x: text(36) computed (text(who))", ""),
    ("x: text(35) computed (text(who))", "E0346 text(who)"),
    ("x: email computed (text(who))", "E0346 text(who)"),
    ("x: text(11) computed (text(a))", ""),
    ("x: text(3) computed (text(st))", ""),
    ("x: text(2) computed (text(st))", "E0346 text(st)"),
    (
        "x: text(10) computed (case when flag then t else \"none\" end)",
        "W0346 case when flag then t else \"none\" end",
    ),
    // Values that are written.
    ("x: text(10) = text(uuid_v4())", "E0346 text(uuid_v4())"),
    ("x: char(5) = text(uuid_v7())", "E0346 text(uuid_v7())"),
    ("x: email = text(uuid_v4())", "E0346 text(uuid_v4())"),
    ("x: text(30) = text(now())", ""),
    ("x: text(3) = \"a\" on update text(uuid_v4())", "E0346 text(uuid_v4())"),
    (
        "x: text(20) #personal anonymized as \"gone-\" || text(uuid_v4())",
        "E0346 \"gone-\" || text(uuid_v4())",
    ),
    // Checks.
    ("x: int = 3 check (x > 5)", "E0347 3"),
    ("x: int = 2 * 3 check (x > 5)", ""),
    ("x: int = 3 check (x * 2 > 5)", ""),
    ("x: int = 3; check y (x > 5 and a > 1)", "E0347 3"),
    ("x: int = 3; check y (x > 5 or a > 1)", ""),
    ("x: date = 2026-01-01 check (x < 2000-01-01)", "E0347 2026-01-01"),
    ("x: text = \"ab\" check (length(x) > 2)", "E0347 \"ab\""),
    ("x: text[] = [] check (length(x) > 0)", "E0347 []"),
    ("x: { l: int } = { l: 3 }; check y (x.l > 5)", "E0347 { l: 3 }"),
    ("x: { l: int check (l > 5) = 3 }", "E0347 3"),
    ("x: int = 9 check (x > 5) on update 3", "E0347 3"),
    ("x: int? = null check (x > 5)", ""),
];

/// The codes that are said of a field beside all others, each with its place.
fn said(field: &str) -> String {
    let source = format!(
        "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
         enum State {{ new, old }}\n\
         schema core in main {{ entity Row {{ id: int key; {FIELDS}\n{field}\n }} }}\n"
    );
    let sources = Sources::single("test.polity", &source);
    let mut found = Vec::new();
    for diagnostic in polity::check(&sources, None) {
        let place = diagnostic.primary.as_ref().map_or("", |place| sources.text(place.span));
        let code = diagnostic.code.to_string();
        if !matches!(code.as_str(), "W0201" | "W0202" | "E0901") {
            found.push(format!("{code} {place}"));
        }
    }
    found.join("; ")
}

#[test]
fn what_may_be_absent_too_long_out_of_range_or_divided_by_zero_is_said() {
    let mut wrong = Vec::new();
    for (field, expected) in SAID {
        let found = said(field);
        if found != *expected {
            wrong.push(format!("{field}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No row that its fields admit breaks what nothing is said about, but for the least number, which has no opposite.
#[test]
fn rows_at_the_limits_of_their_fields_are_written() {
    let silent = SAID.iter().filter(|(field, said)| said.is_empty() && field.contains("computed"));
    let fields: Vec<String> = silent
        .enumerate()
        .map(|(at, (field, _))| field.replacen("x:", &format!("x{at}:"), 1))
        .filter(|field| !field.contains("boss"))
        .collect();
    let source = format!(
        "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
         enum State {{ new, old }}\n\
         schema core in main {{ entity Row {{ id: int key = identity(); {FIELDS}\n{}\n }} }}\n",
        fields.join("\n")
    );
    let artifacts = build(&source);
    let Some(mut db) = Postgres::server() else { return };
    db.script(&text(&artifacts, "main/roles.sql")).expect("roles");
    db.script_as("shop_migrator", &text(&artifacts, "main/schema.sql")).expect("the schema");
    let least = "-2147483648, -2147483647, null, 1, 0, -5, -9223372036854775808, -32768, 0, -1e308, '', null, '', 'ab', 1, -1, null, '{}', '{}', '{\"y\": -2147483648}', null, '0001-01-01', '9999-12-31', '0001-01-01', gen_random_uuid(), false, 'new', null, 1";
    let most = "1999999999, 2147483647, 2147483647, 2147483647, 100, 5, 9223372036854775807, 32767, 9999.99, 1e308, repeat('é', 20), repeat('u', 20), '', 'abc', 2147483647, 2147483647, 2147483647, '{}', '{}', '{\"y\": 2147483647, \"x\": 1}', 7, '9999-12-31', '0001-01-01', '9999-12-30', gen_random_uuid(), true, 'old', null, 2147483647";
    let zero = "0, 0, 0, 1, 0, 0, 0, 0, 0.01, 0, 'x', 'y', 'z', 'ab', 1, 1, 0, '{}', '{}', '{\"y\": 0}', 0, '2026-01-01', '2026-01-01', '2026-01-01', gen_random_uuid(), true, 'old', null, 1";
    let columns = "a, b, c, p, h, n, g, s, m, f, t, u, w, e, k, o, v, j, q, r, i_z, day, late, at, who, flag, st, boss, limited";
    for row in [least, most, zero] {
        db.run(&format!("insert into core.row ({columns}) values ({row})"))
            .unwrap_or_else(|e| panic!("{row}: {e}"));
    }
}
