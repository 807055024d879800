//! SQL by hand that is followed through a wide table, and patterns that are written out: what is short in the source and
//! long for whoever looks up each name.

use super::{Family, fill};

/// Columns of the table.
const COLUMNS: usize = 1_500;

/// The text of one item by its number.
type Item = fn(usize) -> String;

pub(super) fn families() -> Vec<Family> {
    let items: [(&str, Item); 14] = [
        ("stars", |i| {
            view(i, &chain("", 200, |k| if k == 0 { "core.t".into() } else { format!("q{}", k - 1) }))
        }),
        ("recursion", |i| view(i, &chain("recursive ", 1_000, |k| format!("q{}", k + 1)))),
        ("mentions", |i| view(i, &format!("select 1 as a from {}", tables(390)))),
        ("names", |i| {
            view(
                i,
                &format!(
                    "select {} as a from {}",
                    list(390, " + ", |k| format!("t{}.c{k}", k % 50)),
                    tables(50)
                ),
            )
        }),
        ("whole rows", |i| {
            let held = list(30, " and ", |_| "w = v".to_owned());
            view(
                i,
                &format!("with q as (select t as w, t as v from core.t t) select 1 as a from q where {held}"),
            )
        }),
        ("updates", |i| {
            script(100, |k| format!("update core.t set c{} = {};", (i + k) % COLUMNS, sum(i * 100 + k, "c")))
        }),
        ("unknown names", |i| {
            script(100, |k| format!("update core.t set c{k} = {};", sum(i * 100 + k, "n")))
        }),
        ("functions", |i| {
            script(50, |k| {
                let called = list(30, " + ", |n| format!("core.f{}()", ((i * 50 + k) * 13 + n * n) % 2_000));
                let at = i * 50 + k;
                format!(
                    "create function core.f{at}() returns int language sql as $$ select {called} from core.t $$;"
                )
            })
        }),
        ("triggers", |i| {
            script(1, |_| {
                let named = list(10_000, " + ", |_| "new.c1".to_owned());
                format!(
                    "create function core.g{i}() returns trigger language plpgsql as $$ begin perform {named}; return new; end $$;"
                )
            })
        }),
        ("fragments", |i| {
            format!("entity E{i} {{ id: uuid key; n: int = sql(\"(select count(*) from core.t)\") }}\n")
        }),
        ("rows in fragments", |i| {
            let fields = list(1_500, "\n", |k| format!("f{k}: text = \"\" on update sql(\"new::text\")"));
            format!("entity E{i} {{ id: uuid key\n{fields} }}\n")
        }),
        ("functions of one name", |_| {
            script(40, |_| {
                "create function core.f() returns int language sql as $$ select 1 from core.t $$;".to_owned()
            })
        }),
        ("texts held against patterns", |i| {
            let text = "a".repeat(1_000);
            format!(
                "entity E{i} {{ id: uuid key; m: text = \"{text}\" matches \"(a{{0,200}}b?){{0,40}}c$\" }}\n"
            )
        }),
        ("patterns", |i| {
            format!("entity E{i} {{ id: uuid key; m: text matches \"^((a{{1,90}}){{1,90}}){i}$\" }}\n")
        }),
    ];
    let columns: String = (0..COLUMNS).map(|i| format!("c{i}: int\n")).collect();
    let head = format!(
        "platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\nschema core in main {{\n\
         entity T as \"t\" {{ id: uuid key\n{columns}}}\n"
    );
    let family = |(name, item): (&str, Item)| {
        let head = head.clone();
        Family {
            name: format!("followed: {name}"),
            source: Box::new(move |bytes| fill(bytes, &head, "}\n", item)),
        }
    };
    items.into_iter().map(family).collect()
}

fn view(i: usize, query: &str) -> String {
    format!("view V{i} {{ a: int\nsql \"\"\"{query}\"\"\" }}\n")
}

fn script(statements: usize, statement: impl Fn(usize) -> String) -> String {
    format!("sql after T \"\"\"\n{}\"\"\"\n", list(statements, "\n", statement))
}

/// `WITH` queries, each of all that another has.
fn chain(recursive: &str, length: usize, from: impl Fn(usize) -> String) -> String {
    let queries = list(length, ", ", |k| format!("q{k} as (select * from {})", from(k)));
    format!("with {recursive}{queries}, q{length} as (select 1 as a) select 1 as a from q{}", length - 1)
}

fn tables(number: usize) -> String {
    list(number, ", ", |k| format!("core.t t{k}"))
}

/// Forty columns.
fn sum(from: usize, name: &str) -> String {
    list(40, " + ", |k| format!("{name}{}", (from * 7 + k) % COLUMNS))
}

fn list(length: usize, between: &str, of: impl Fn(usize) -> String) -> String {
    (0..length).map(of).collect::<Vec<_>>().join(between)
}
