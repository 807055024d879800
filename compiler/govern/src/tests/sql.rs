//! Labels through SQL: what follows names is told column by column in `tests/tests/labels`; here is what does not.

use super::{HEAD, governed, labels};
use crate::Governed;
use polity_model::{FieldId, Thing};
use polity_text::diagnostics::codes::E0808;
use polity_text::source::Sources;

const TABLES: &str = "
  entity People as \"people\" { id: uuid key; email: text(60) #personal; size: int? }
  entity Other as \"other\" { id: uuid key; note: text?; copy: text?; n: int? }
";

/// The labels of the column of that name of the view `V`, or `-`.
fn of_column(platform: &Governed, name: &str) -> String {
    let view = platform.views.iter().find(|view| view.named.name == "V").unwrap();
    let at = view.columns.iter().position(|column| column.named.name == name).unwrap();
    let carried = platform.labels_of_column(view.id, FieldId(at as u32));
    let names: Vec<&str> = carried.iter().map(|c| platform[c.label].name.as_str()).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(" ") }
}

fn without_errors(source: &str) -> Governed {
    let (platform, found) = governed(source, None);
    let errors: Vec<&str> = found.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    assert_eq!(errors, Vec::<&str>::new(), "{source}");
    platform
}

#[test]
fn a_column_is_the_one_of_its_name_and_what_none_bears_is_anything() {
    let of = |query: &str, column: &str| {
        let view = format!("view V {{ sql \"\"\"{query}\"\"\"\n id: uuid\n x: text }}");
        // That the query gives no such column, or several, is an error of its own.
        of_column(&governed(&format!("schema core in main {{ {TABLES} {view} }}"), None).0, column)
    };
    let swapped = "select email as x, id from core.people";
    assert_eq!([of(swapped, "id"), of(swapped, "x")], ["-", "personal"]);
    let unnamed = "select id, size || 'a' from core.people";
    assert_eq!([of(unnamed, "id"), of(unnamed, "x")], ["-", "personal"]);
    let twice = "select id, size as x, id as x from core.people";
    assert_eq!([of(twice, "id"), of(twice, "x")], ["-", "personal"]);
}

#[test]
fn what_is_not_understood_carries_every_label_of_all_that_is_read() {
    for query in [
        // Of other databases, and to PostgreSQL perhaps an alias that renames columns.
        "select id as x from core.people partition (email, id)",
        "select p.id as x from core.other o, core.people pivot (max(size) for size in (1)) p",
        "select id as x from core.other qualify row_number() over (order by (select max(email) from core.people)) = 1",
        "select semi.id as x from core.people semi join core.other o on true",
        // Names that nothing known has.
        "select o.id || p.ghost as x from core.other o, core.people p",
        "with a as (table core.\"People\") select a.id as x from a",
    ] {
        let view = format!("view V {{ sql \"\"\"{query}\"\"\"\n x: text }}");
        let (platform, found) = governed(&format!("schema core in main {{ {TABLES} {view} }}"), None);
        let refused = found.iter().any(|found| ["E0314", "E0315"].contains(&found.code.to_string().as_str()));
        assert!(refused || of_column(&platform, "x") == "personal", "{query}");
    }
}

#[test]
fn only_the_column_that_is_an_aggregate_drops_its_label() {
    let told = |source: &str| {
        let sources = Sources::single("shop.polity", &format!("{HEAD}{source}"));
        let found = polity::compile(&sources, &polity::Options::default())
            .diagnostics
            .into_iter()
            .filter(|found| found.code == E0808);
        found.map(|found| format!("E0808 {}", found.message)).collect::<Vec<_>>().join("\n")
    };
    let view = |columns: &str| {
        told(&format!(
            "schema more in main {{ {TABLES} view V {{ sql \"select max(email) as a, email as b from more.people group by email\"\n {columns} }} }}"
        ))
    };
    let of = |column: &str| format!("{column}: text declassify #personal because \"so\"");
    assert_eq!(view(&format!("b: text\n {}", of("a"))), "");
    assert_eq!(view(&format!("{}\n a: text", of("b"))), "E0808 `b` is no aggregate, so it keeps `#personal`");
    // A function by hand that is called like an aggregate is none.
    let by_hand = |function: &str, query: &str| {
        told(&format!(
            "schema more in main {{ {TABLES} view V {{ sql \"{query}\"\n {} }}\n sql after People \"\"\"create function {function}(a text) returns text language sql as $$ select a $$\"\"\" }}",
            of("b")
        ))
    };
    let refused = "E0808 `b` is no aggregate, so it keeps `#personal`";
    assert_eq!(by_hand("more.max", "select more.max(email) as b from more.people"), refused);
    assert_eq!(by_hand("max", "select max(email) as b from more.people"), refused);
    assert_eq!(by_hand("more.f", "select pg_catalog.max(email) as b from more.people"), "");
}

/// The labels of `note`, `copy` and `n` of `Other`, beside a script.
fn filled(script: &str) -> [String; 3] {
    let source = format!("schema core in main {{ {TABLES}\n sql after People, Other \"\"\"{script}\"\"\" }}");
    let platform = without_errors(&source);
    ["note", "copy", "n"].map(|field| labels(&platform, &format!("core.Other.{field}")))
}

#[test]
fn what_scripts_put_into_fields_carries_the_labels_of_what_they_read() {
    let (no, yes) = ("", "personal");
    for (script, expected) in [
        ("insert into core.other (id, n) values (gen_random_uuid(), 1)", [no, no, no]),
        ("insert into core.other (id, note, n) select id, email, size from core.people", [yes, no, no]),
        ("insert into core.other select id, 'a', email, size from core.people", [no, yes, no]),
        (
            "with a as (select email as e, id from core.people) insert into core.other (id, copy) select id, e from a",
            [no, yes, no],
        ),
        (
            "with a as (delete from core.people returning id, email) insert into core.other (id, copy) select id, email from a",
            [no, yes, no],
        ),
        (
            "insert into core.other as o (id, note) select id, size::text from core.people on conflict (id) do update set copy = excluded.note",
            [no, no, no],
        ),
        (
            "insert into core.other as o (id, note) select id, email from core.people on conflict (id) do update set copy = excluded.note || o.n",
            [yes, yes, no],
        ),
        (
            "update core.other o set note = p.email, n = p.size from core.people p where p.id = o.id",
            [yes, no, no],
        ),
        ("update core.other set (note, n) = (select email, 1 from core.people limit 1)", [yes, no, yes]),
        ("update core.other set note = copy", [no, no, no]),
        (
            "merge into core.other o using core.people p on o.id = p.id when matched then update set note = p.size::text when not matched then insert (id, copy) values (p.id, 'x')",
            [yes, yes, no],
        ),
        ("prepare q as insert into core.other (id, note) select id, email from core.people", [yes, no, no]),
        (
            "explain analyze insert into core.other (id, note) select id, email from core.people",
            [yes, no, no],
        ),
        // Of a body, which nobody here can parse, anything that is read may be what is written.
        (
            "do $$ begin insert into core.other (id, note) select id, 'a' from core.people; end $$",
            [yes, no, no],
        ),
        (
            "do $$ declare r record; begin for r in select * from core.people loop update core.other set n = r.size, note = 'x' where id = r.id; end loop; end $$",
            [yes, no, yes],
        ),
        ("do $$ begin update core.other set n = 1; end $$", [no, no, no]),
        (
            "do $$ begin execute 'insert into core.other (id, copy) select id, email from core.people'; end $$",
            [no, yes, no],
        ),
        ("do $$ begin insert into core.other select * from core.people; end $$", [yes, yes, yes]),
        (
            "do $$ begin create temp table t as select email from core.people; end $$; do $$ begin insert into core.other (id, n) select 1 from t; end $$",
            [no, no, yes],
        ),
        (
            "do $$ begin set search_path = core; insert into other (id, note) select id, email from people; end $$",
            [yes, no, no],
        ),
    ] {
        assert_eq!(filled(script), expected, "{script}");
    }
}

#[test]
fn functions_and_triggers_carry_labels_along() {
    let (no, yes) = ("", "personal");
    let leak = "create function core.leak() returns text language sql as $$ select email from core.people limit 1 $$;";
    let keep = "create function core.keep(what text) returns void language plpgsql as $$ begin insert into core.other (id, copy) values (gen_random_uuid(), what); end $$;";
    let trigger = |body: &str, when: &str, table: &str| {
        format!(
            "create function core.on_change() returns trigger language plpgsql as $$ begin {body} return new; end $$;
             create trigger t {when} on core.{table} for each row execute function core.on_change()"
        )
    };
    for (script, expected) in [
        (format!("{leak} update core.other set note = core.leak()"), [yes, no, no]),
        (format!("{leak} do $$ begin update core.other set n = length(core.leak()); end $$"), [no, no, yes]),
        (format!("{leak} alter table core.other alter column note set default core.leak()"), [yes, yes, yes]),
        (format!("{keep} select core.keep(email) from core.people"), [no, yes, no]),
        (
            format!("{keep} alter table core.people add constraint c check (core.keep(email) is null)"),
            [no, yes, no],
        ),
        (
            format!("{keep} do $$ begin perform core.keep((select email from core.people limit 1)); end $$"),
            [no, yes, no],
        ),
        (
            trigger(
                "insert into core.other (id, note) values (new.id, new.email);",
                "after insert",
                "people",
            ),
            [yes, no, no],
        ),
        // A condition calls functions with the row.
        (
            format!(
                "{keep} create function core.nothing() returns trigger language plpgsql as $$ begin return new; end $$;
                 create trigger t before update on core.people for each row when (core.keep(new.email) is null) execute function core.nothing()"
            ),
            [no, yes, no],
        ),
        // What an error says may be of any row that a function reads.
        (
            format!(
                "{} do $$ begin delete from core.other; exception when others then insert into core.other (id, copy) values (gen_random_uuid(), sqlerrm); end $$",
                trigger("raise exception '%', old.email;", "before delete", "people") + ";"
            ),
            [no, yes, no],
        ),
        // A cursor that one block opens another may read.
        (
            "do $$ declare c refcursor := 'c'; begin open c for select email from core.people; end $$;
             do $$ declare c refcursor := 'c'; v text; begin fetch c into v; update core.other set note = v; end $$"
                .to_owned(),
            [yes, no, no],
        ),
        (trigger("new.n := 1;", "before insert or update of note", "other"), [no, no, no]),
        (trigger("new.n := (select count(*) from core.people);", "before insert", "other"), [no, no, yes]),
        (trigger("select email into new.copy from core.people;", "before insert", "other"), [no, yes, no]),
        (trigger("new.n = (select size from core.people);", "before update", "other"), [no, no, yes]),
        (
            trigger(
                "if new.n = (select size from core.people) then raise exception 'x'; end if;",
                "before update",
                "other",
            ),
            [no, no, no],
        ),
        (
            trigger(
                "select p.id, p.email, p.email, 1 into new from core.people p;",
                "before insert",
                "other",
            ),
            [yes, yes, yes],
        ),
    ] {
        assert_eq!(filled(&script), expected, "{script}");
    }
}

#[test]
fn labels_flow_through_fragments_by_the_columns_that_they_name_and_the_functions_that_they_call() {
    let source = "schema core in main {
  struct Named { email: email #personal; size: int }
  entity A { id: uuid key; include Named; x: text computed (sql(\"lower(email)\")) }
  entity B { id: uuid key; include Named; x: int computed (sql(\"size + 1\")) }
  entity C { id: uuid key; x: text = \"\" on update sql(\"(select max(code) from core.d)\") }
  entity D { id: uuid key; code: text #health }
  struct Card { first: text = sql(\"core.leak()\"); second: text = sql(\"upper('a')\") }
  entity E { id: uuid key; card: Card; note: text = sql(\"core.leak()\"); n: int = sql(\"core.one()\") }
  sql after A \"\"\"create function core.leak() returns text language sql as $$ select email from core.a $$;
    create function core.one() returns int language sql as $$ select 1 $$\"\"\"
}
";
    let platform = without_errors(source);
    let of = |field: &str| labels(&platform, &format!("core.{field}"));
    assert_eq!(["A.x", "B.x", "C.x"].map(of), ["personal", "", "health personal"]);
    assert_eq!(["E.note", "E.n", "E.card"].map(of), ["personal", "", "personal"]);
    // What is set on an update or where a person is taken out comes from the row too.
    for (modifier, carried) in [
        ("= \"a\" on update sql(\"upper(new.email)\")", "personal"),
        ("= \"a\" on update sql(\"old.email\")", "personal"),
        ("= \"a\" on update sql(\"new::text\")", "personal"),
        ("= \"a\" on update sql(\"'b' || 1\")", ""),
        ("anonymized as sql(\"upper(email)\")", "personal"),
        ("anonymized as sql(\"'gone'\")", ""),
    ] {
        let source = format!(
            "schema core in main {{ entity A {{ id: uuid key; email: email? #personal; x: text {modifier} }} }}"
        );
        assert_eq!(labels(&governed(&source, None).0, "core.A.x"), carried, "{modifier}");
    }
    // A function that writes is called by a view and by a check.
    let keep = "create function core.keep(what text) returns bool language sql as $$ insert into core.other (id, copy) values (gen_random_uuid(), what) returning true $$";
    for caller in [
        "view V { sql \"select id from core.other where core.keep((select email from core.people limit 1))\"\n id: uuid }",
        "entity Z { id: uuid key; email: text? #personal check (sql(\"core.keep(email)\")) }",
        "entity Z { id: uuid key; email: text? #personal; check c (sql(\"core.keep(email)\")) }",
    ] {
        let source = format!(
            "schema core in main {{ {TABLES} {caller}\n sql after People, Other \"\"\"{keep}\"\"\" }}"
        );
        assert_eq!(labels(&without_errors(&source), "core.Other.copy"), "personal", "{caller}");
    }
    // Where a row is named as a whole, the field itself is in it, which is an error of its own.
    for whole in ["to_jsonb(a)::text", "(a).size::text", "concat(a.*)"] {
        let source = format!(
            "schema core in main {{ entity A {{ id: uuid key; email: email #personal; size: int; x: text computed (sql(\"{whole}\")) }} }}"
        );
        assert_eq!(labels(&governed(&source, None).0, "core.A.x"), "personal", "{whole}");
    }
}

#[test]
fn a_script_selects_into_no_table() {
    let script = |sql: &str| {
        let source = format!("schema core in main {{ {TABLES}\n sql after People \"\"\"{sql}\"\"\" }}");
        let (_, found) = governed(&source, None);
        found.iter().filter(|found| found.is_error()).map(|found| found.message.clone()).collect::<Vec<_>>()
    };
    let refused = "SQL by hand cannot say `SELECT … INTO`";
    assert_eq!(script("select email into core.leak from core.people"), [refused]);
    assert_eq!(script("select 1; (select email into temp leak from core.people)"), [refused]);
    assert_eq!(script("do $$ declare n int; begin select size into n from core.people; end $$"), [""; 0]);
}

/// Whether the service `web` may read the view `V` but for what is personal.
fn is_given(views: &str) -> bool {
    let source = format!(
        "schema core in main {{ {TABLES} {views} }}\nservice web {{ read core.V except #personal, core.Other except #personal }}"
    );
    let platform = without_errors(&source);
    let service = &platform.services[0];
    let given = platform.privileges(service).iter().any(|privilege| matches!(privilege.on, Thing::View(_)));
    let personal = platform.label("personal").unwrap();
    assert!(!platform.labels_granted(service, &["read"]).contains(&personal), "{views}");
    given
}

#[test]
fn except_leaves_out_a_view_that_carries_the_label_or_brings_the_right_to_read_what_does() {
    let counted = "n: bigint declassify #personal because \"so\" }";
    for (views, given) in [
        ("view V { sql \"select id, size from core.people\"\n id: uuid\n size: int? }".to_owned(), true),
        // A row view is read with the right to read what its SQL names.
        ("view V { sql \"select id from core.people where email = 'x'\"\n id: uuid }".to_owned(), false),
        ("view V { sql \"select id from core.people order by email\"\n id: uuid }".to_owned(), false),
        ("view V { sql \"select o.id from core.other o join core.people p on p.email = o.note\"\n id: uuid }".to_owned(), false),
        ("view V { sql \"select count(*) as n from core.people\"\n n: bigint }".to_owned(), true),
        (format!("view V {{ sql \"select count(email) as n from core.people\"\n {counted}"), false),
        // One that stores its rows is read with its owner's.
        (format!("view V materialized {{ sql \"select count(email) as n from core.people\"\n {counted}"), true),
        ("view V materialized { sql \"select id from core.people where email = 'x'\"\n id: uuid }".to_owned(), true),
        (
            "view W { sql \"select id from core.people where email = 'x'\"\n id: uuid }
             view V { sql \"select id from core.w\"\n id: uuid }"
                .to_owned(),
            false,
        ),
        (
            "view W materialized { sql \"select id from core.people where email = 'x'\"\n id: uuid }
             view V { sql \"select id from core.w\"\n id: uuid }"
                .to_owned(),
            true,
        ),
        // These gave e-mails away.
        (
            "view V materialized { sql \"select t.id, t.email as x from (core.people p join core.other o on true) t(id, email, size, oid)\"
             id: uuid\n x: text }"
                .to_owned(),
            false,
        ),
        (
            "view V { sql \"select t.id, t.email as x from (core.people p cross join core.other o) t(id, email, size, oid)\"
             id: uuid\n x: text }"
                .to_owned(),
            false,
        ),
    ] {
        assert_eq!(is_given(&views), given, "{views}");
    }
}
