//! SQL that nests, that goes on and on, and that multiplies what it reads.

use super::{Family, fill};

/// A shape of SQL that grows: text that is repeated around or before a middle.
struct Shape {
    name: &'static str,
    open: &'static str,
    middle: &'static str,
    close: &'static str,
}

const fn shape(name: &'static str, open: &'static str, middle: &'static str, close: &'static str) -> Shape {
    Shape { name, open, middle, close }
}

/// Expressions that grow by one level with each piece.
const EXPRESSIONS: &[Shape] = &[
    shape("or", "a = 1 OR ", "a = 1", ""),
    shape("and", "a = 1 AND ", "a = 1", ""),
    shape("and or", "a = 1 AND a = 2 OR ", "a = 1", ""),
    shape("plus", "a + ", "a", ""),
    shape("minus", "a - ", "a", ""),
    shape("concat", "name || ", "name", ""),
    shape("equal", "a = ", "a", ""),
    shape("less", "a < ", "a", ""),
    shape("arrow", "", "j", " -> 'a'"),
    shape("arrow numbers", "j->", "1", ""),
    shape("path", "", "j", " #>> '{a}'"),
    shape("double colon", "", "a", "::int"),
    shape("not", "NOT ", "true", ""),
    shape("negative", "- ", "a", ""),
    shape("positive", "+ ", "a", ""),
    shape("tilde", "~ ", "a", ""),
    shape("root", "|/ ", "a", ""),
    shape("at sign", "@ ", "a", ""),
    shape("factorial", "", "a", " !"),
    shape("parentheses", "(", "a", ")"),
    shape("open parentheses", "(", "a", ""),
    shape("index", "", "a", "[1]"),
    shape("slice", "a[1:", "1", "]"),
    shape("array", "ARRAY[", "1", "]"),
    shape("brackets", "[", "1", "]"),
    shape("case", "CASE WHEN true THEN ", "a", " END"),
    shape("case else", "CASE WHEN true THEN 1 ELSE ", "a", " END"),
    shape("case operand", "CASE ", "a", " WHEN 1 THEN 1 END"),
    shape("case condition", "CASE WHEN ", "true", " THEN true END"),
    shape("branches", "WHEN 1 THEN 1 ", "", ""),
    shape("subquery", "(SELECT ", "1", ")"),
    shape("exists", "EXISTS (SELECT 1 WHERE ", "true", ")"),
    shape("in query", "a IN (SELECT 1 WHERE ", "true", ")"),
    shape("in list", "a IN (", "1", ")"),
    shape("in one list", "1, ", "1", ""),
    shape("any", "a = ANY (", "1", ")"),
    shape("call", "lower(", "name", ")"),
    shape("arguments", "1, ", "1", ""),
    shape("named argument", "f(x => ", "1", ")"),
    shape("cast", "CAST(", "1", " AS int)"),
    shape("try cast", "TRY_CAST(", "1", " AS int)"),
    shape("extract", "EXTRACT(year FROM ", "a", ")"),
    shape("substring", "SUBSTRING(", "name", " FROM 1)"),
    shape("position", "POSITION('a' IN ", "name", ")"),
    shape("overlay", "OVERLAY(", "name", " PLACING 'a' FROM 1)"),
    shape("trim", "TRIM(", "name", ")"),
    shape("ceil", "CEIL(", "1", ")"),
    shape("convert", "CONVERT(", "1", ", int)"),
    shape("between", "a BETWEEN 1 AND ", "1", ""),
    shape("between low", "a BETWEEN ", "1", " AND 1"),
    shape("is null", "", "a", " IS NULL"),
    shape("notnull", "", "a", " NOTNULL"),
    shape("is true", "", "a", " IS NOT TRUE"),
    shape("distinct", "a IS DISTINCT FROM ", "a", ""),
    shape("collate", "", "name", " COLLATE \"C\""),
    shape("time zone", "", "a", " AT TIME ZONE 'UTC'"),
    shape("interval", "INTERVAL ", "'1'", ""),
    shape("interval operand", "INTERVAL ", "a", " DAY"),
    shape("date", "date ", "'2027-01-31'", ""),
    shape("like", "name LIKE ", "name", ""),
    shape("similar", "name SIMILAR TO ", "name", ""),
    shape("operator", "a OPERATOR(pg_catalog.+) ", "a", ""),
    shape("row", "ROW(", "1", ")"),
    shape("tuple", "(1, ", "1", ")"),
    shape("partition", "sum(a) OVER (PARTITION BY ", "a", ")"),
    shape("filter", "sum(a) FILTER (WHERE ", "true", ")"),
    shape("within", "f() WITHIN GROUP (ORDER BY ", "a", ")"),
    shape("field", "(", "a", ").x"),
    shape("dots", "a.", "a", ""),
    shape("method", "", "a", ".f()"),
    shape("lambda", "x -> ", "x", ""),
    shape("prior", "PRIOR ", "a", ""),
    shape("list of a type", "", "a::int", "[]"),
    shape("type in a type", "a::array<", "int", ">"),
    shape("type of types", "a::t(", "1", ")"),
    shape("words", "from + ", "a", ""),
    shape("interval words", "interval + ", "a", ""),
    shape("case words", "case end when ", "a", " + a then 1 end"),
    shape("strings", "'a' ", "'a'", ""),
    shape("numbers", "1 ", "1", ""),
    shape("names", "a ", "a", ""),
    shape("braces", "{", "1", "}"),
    shape("struct", "STRUCT(", "1", ")"),
    shape("comment", "/* ", "1", " */"),
    shape("comment lines", "-- a\n", "1", ""),
    shape("at", "@", "a", ""),
    shape("question", "?", "a", ""),
    shape("exclamation", "!", "a", ""),
];

/// Queries that do.
const QUERIES: &[Shape] = &[
    shape("union", "SELECT 1 UNION ALL ", "SELECT 1", ""),
    shape("except", "SELECT 1 EXCEPT ", "SELECT 1", ""),
    shape("union of lists", "SELECT 1, 2 UNION SELECT 3, 4 INTERSECT ", "SELECT 1, 2", ""),
    shape("union of tables", "TABLE core.t UNION ", "TABLE core.t", ""),
    shape("union of values", "VALUES (1) UNION ", "VALUES (1)", ""),
    shape("union to the right", "SELECT 1 UNION (", "SELECT 1", ")"),
    shape("union to the left", "(", "SELECT 1", " UNION SELECT 1)"),
    shape("query in parentheses", "(", "SELECT 1", ")"),
    shape("from a query", "SELECT * FROM (", "SELECT 1 AS a", ") x"),
    shape("from a lateral query", "SELECT * FROM core.t, LATERAL (", "SELECT 1 AS a", ") x"),
    shape("with in with", "WITH x AS (", "SELECT 1 AS a", ") SELECT * FROM x"),
    shape("with before with", "WITH x AS (SELECT 1 AS a) ", "SELECT 1 AS a", ""),
    shape("in parentheses joined", "SELECT * FROM (", "core.t", ")"),
    shape("tables in parentheses", "(", "core.t", ")"),
    shape("joins in parentheses", "(", "core.t", " CROSS JOIN core.t u)"),
    shape("joins", "", "SELECT 1 FROM core.t", " JOIN core.t u ON true"),
    shape("joins to the right", "core.t JOIN ", "core.t", " ON true"),
    shape("natural joins", "", "SELECT * FROM core.t", " NATURAL JOIN core.t"),
    shape("cross joins", "", "SELECT * FROM core.t", " CROSS JOIN core.t u"),
    shape("using", "", "SELECT * FROM core.t", " JOIN core.t USING (a)"),
    shape("from lists", "", "SELECT * FROM core.t", ", core.t"),
    shape("stars", "SELECT *, ", "* FROM core.t", ""),
    shape("select", "SELECT ", "1", ""),
    shape("select list", "", "SELECT a", ", a"),
    shape("pivot", "", "SELECT * FROM core.t", " PIVOT (sum(a) FOR a IN (1))"),
    shape("unpivot", "", "SELECT * FROM core.t", " UNPIVOT (a FOR b IN (c))"),
    shape("windows", "", "SELECT a FROM core.t WINDOW w AS (ORDER BY a)", ", w AS (ORDER BY a)"),
    shape("order", "", "SELECT a FROM core.t ORDER BY a", ", a"),
    shape("group", "", "SELECT a FROM core.t GROUP BY a", ", a"),
    shape("rollups", "", "SELECT a FROM core.t GROUP BY ROLLUP(a)", ", CUBE(a)"),
    shape("sets", "SELECT 1 GROUP BY GROUPING SETS (", "a", ")"),
    shape("fetch", "", "SELECT 1", " LIMIT 1 OFFSET 1"),
    shape("where", "", "SELECT a FROM core.t", " WHERE true"),
    shape("locks", "", "SELECT a FROM core.t", " FOR UPDATE"),
    shape("values", "", "VALUES (1)", ", (1)"),
    shape("explain", "EXPLAIN ", "SELECT 1", ""),
    shape("functions in from", "", "SELECT 1 FROM unnest(j)", ", unnest(j)"),
    shape("tables of functions", "SELECT * FROM f(", "1", ")"),
];

/// Statements of a script.
const STATEMENTS: &[Shape] = &[
    shape("semicolons", ";", "SELECT 1", ""),
    shape("begin", "BEGIN; ", "SELECT 1", ""),
    shape("begin in begin", "BEGIN ", "SELECT 1", "; END"),
    shape("if in if", "IF true THEN ", "SELECT 1", "; END IF"),
    shape("while in while", "WHILE true BEGIN ", "SELECT 1", "; END"),
    shape("statements", "SELECT 1;", "SELECT 1", ""),
    shape("ends", "END;", "SELECT 1", ""),
    shape("explain", "EXPLAIN ", "SELECT 1", ""),
    shape("explain statements", "EXPLAIN INSERT INTO core.t SELECT ", "1", ""),
    shape("prepare", "PREPARE a AS ", "SELECT 1", ""),
    shape("rows", "INSERT INTO core.t (a) VALUES ", "(1)", ", (1)"),
    shape("updates", "UPDATE core.t SET a = 1;", "SELECT 1", ""),
    shape("unknown tables", "UPDATE core.u SET a = 1;", "SELECT 1", ""),
    shape("unknown columns", "UPDATE core.t SET zz = 1;", "SELECT 1", ""),
    shape("blocks", "DO $$ BEGIN END $$;\n", "SELECT 1", ""),
    shape("blocks with tables", "DO $$ BEGIN DELETE FROM core.t; END $$;\n", "SELECT 1", ""),
    shape("blocks with unknown tables", "DO $$ BEGIN DELETE FROM core.u; END $$;\n", "SELECT 1", ""),
    shape("one block", "DELETE FROM core.t; ", "", ""),
    shape("one unknown block", "DELETE FROM core.u; ", "", ""),
    shape("dollars", "$a$", "1", "$a$"),
    shape("tags", "$a$ $b$ $c$ $d$ ", "1", ""),
    shape(
        "functions",
        "CREATE FUNCTION core.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 FROM core.t $$;\n",
        "SELECT 1",
        "",
    ),
    shape("alters", "ALTER TABLE core.t ADD COLUMN x int, ADD COLUMN y int;", "SELECT 1", ""),
    shape("altered columns", "", "ALTER TABLE core.t ADD COLUMN x int", ", ADD COLUMN x int"),
    shape("schemas", "CREATE SCHEMA x CREATE TABLE ", "y (a int)", ""),
    shape("columns", "", "CREATE TABLE core.x (a int", ", a int"),
    shape("types", "", "CREATE TABLE core.x (a int", "[]"),
    shape("copies", "COPY core.t FROM stdin;", "SELECT 1", ""),
    shape("merge", "", "MERGE INTO core.t USING core.t ON true", " WHEN MATCHED THEN DELETE"),
    shape("returning", "", "DELETE FROM core.t RETURNING a", ", a"),
    shape("conflicts", "", "INSERT INTO core.t (a) VALUES (1)", " ON CONFLICT DO NOTHING"),
    shape("sets", "", "UPDATE core.t SET a = 1", ", a = 1"),
    shape("quotes", "\"a\"\"\" ", "", ""),
];

const HEAD: &str = "platform p { environments: [dev] }\nstore main: postgres 15 { database: \"p\" }\n\
    schema core in main {\nentity T as \"t\" { id: uuid key = uuid_v7(); a: int; name: text(40); j: json }\n";

/// Where a text stands: what goes before it and behind it.
struct Place {
    name: &'static str,
    before: &'static str,
    after: &'static str,
}

/// A query of 1.5 kB whose tables have twice the columns of the one before.
pub(super) const DOUBLING: &str = "columns that double";

fn doubling() -> String {
    let tables: String =
        (1..25).map(|i| format!(", a{i} as (select *, * from a{} x, a{} y)", i - 1, i - 1)).collect();
    format!(
        "platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\nschema core in main {{\n\
         entity T as \"t\" {{ id: uuid key = uuid_v7(); a: int }}\n\
         view V {{ a: int\nsql \"\"\"with a0 as (select * from core.t){tables} select 1 as a from a24\"\"\" }}\n}}\n"
    )
}

/// All shapes in all places: one text that is as long as it can be, and as many as there can be of a moderate length.
pub(super) fn families() -> Vec<Family> {
    let query = Place { name: "view", before: "SELECT ", after: " AS a FROM core.t" };
    let condition = Place { name: "condition", before: "SELECT 1 AS a FROM core.t WHERE ", after: "" };
    let whole = Place { name: "query", before: "", after: "" };
    let fragment = Place { name: "fragment", before: "", after: "" };
    let script = Place { name: "script", before: "", after: "" };
    let mut families = vec![Family { name: DOUBLING.to_owned(), source: Box::new(|_| doubling()) }];
    for (place, shapes) in [
        (query, EXPRESSIONS),
        (condition, EXPRESSIONS),
        (fragment, EXPRESSIONS),
        (whole, QUERIES),
        (script, STATEMENTS),
    ] {
        for shape in shapes {
            families.extend([None, Some(40)].map(|pieces| family(&place, shape, pieces)));
        }
    }
    families
}

/// `pieces`: of how many each text is made, of which there are many; one that is as long as it can be without.
fn family(place: &Place, shape: &'static Shape, pieces: Option<usize>) -> Family {
    let many = pieces.map_or_else(|| "one".to_owned(), |pieces| format!("{pieces}"));
    let (kind, before, after) = (place.name, place.before, place.after);
    let source = move |bytes: usize| {
        let text = |pieces: usize| {
            let (open, close) = (shape.open.repeat(pieces), shape.close.repeat(pieces));
            let shaped = match shape.name {
                "branches" => format!("CASE a {open} END"),
                "in one list" => format!("a IN ({open}1)"),
                "arguments" => format!("f({open}1)"),
                "tables in parentheses" | "joins in parentheses" | "joins to the right" => {
                    format!("SELECT * FROM {open}{}{close}", shape.middle)
                }
                "one block" | "one unknown block" => format!("DO $$ BEGIN {open} END $$"),
                "columns" | "types" if kind == "script" => format!("{}{close})", shape.middle),
                _ => format!("{open}{}{close}", shape.middle),
            };
            format!("{before}{shaped}{after}")
        };
        let item = |i: usize, sql: &str| match kind {
            "fragment" => format!(
                "entity E{i} {{ id: uuid key = uuid_v7(); a: int; name: text(40); j: json; check c (sql(\"\"\"{sql}\"\"\")) }}\n"
            ),
            "script" => format!("sql once \"{i}\" \"\"\"{sql}\"\"\"\n"),
            _ => format!("view V{i} {{ a: int\nsql \"\"\"{sql}\"\"\" }}\n"),
        };
        let piece = shape.open.len() + shape.close.len();
        match pieces {
            None => format!("{HEAD}{}}}", item(0, &text((bytes - HEAD.len() - 500) / piece))),
            Some(pieces) => {
                let sql = text(pieces);
                fill(bytes, HEAD, "}", |i| item(i, &sql))
            }
        }
    };
    Family { name: format!("{kind}: {}, {many}", shape.name), source: Box::new(source) }
}
