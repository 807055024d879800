//! The language itself.

use super::{Family, fill};

const PLATFORM: &str = "platform p { environments: [dev, prod] }\nstore main: postgres 15 { database: \"p\" }\n\
    store documents: mongodb 6 { database: \"p\" }\nstore cache: redis 7 { topology: standalone }\n";

fn f(name: impl Into<String>, source: impl Fn(usize) -> String + 'static) -> Family {
    Family { name: name.into(), source: Box::new(source) }
}

/// Items that go on and on, in the schema `core` of `main`.
fn items(name: &str, before: &'static str, item: impl Fn(usize) -> String + 'static) -> Family {
    f(name, move |bytes| {
        fill(bytes, &format!("{PLATFORM}{before}\nschema core in main {{\n"), "}\n", &item)
    })
}

/// Items outside of any schema.
fn outside(name: &str, before: &'static str, item: impl Fn(usize) -> String + 'static) -> Family {
    f(name, move |bytes| fill(bytes, &format!("{PLATFORM}{before}\n"), "", &item))
}

/// Pieces within one item.
fn within(name: &str, open: &'static str, close: &'static str, piece: impl Fn(usize) -> String + 'static) -> Family {
    f(name, move |bytes| fill(bytes, &format!("{PLATFORM}{open}"), close, &piece))
}

/// `open` and `close` around or before a middle, once as often as there is room, and often `deep` times.
fn nested(all: &mut Vec<Family>, name: &str, place: (&'static str, &'static str), shape: (&'static str, &'static str, &'static str)) {
    let (open, middle, close) = shape;
    let (before, after) = place;
    for depth in [None, Some(120)] {
        let text = move |n: usize| format!("{}{middle}{}", open.repeat(n), close.repeat(n));
        let item = move |i: usize, n: usize| {
            format!("{}{}{}", before.replace("$i", &i.to_string()), text(n), after)
        };
        let many = depth.map_or_else(|| "one".to_owned(), |d| format!("{d}"));
        all.push(f(format!("nested {name}, {many}"), move |bytes| match depth {
            None => format!("{PLATFORM}schema core in main {{\n{}}}\n", item(0, (bytes - PLATFORM.len() - 300) / (open.len() + close.len()))),
            Some(n) => fill(bytes, &format!("{PLATFORM}schema core in main {{\n"), "}\n", |i| item(i, n)),
        }));
    }
}

const CHECK: (&str, &str) =
    ("entity E$i { id: uuid key = uuid_v7(); a: int; t: text(40); b: bool; j: json; check c (", ") }\n");
const DEFAULT: (&str, &str) = ("entity E$i { id: uuid key = uuid_v7(); a: int; d: json = ", " }\n");
const TYPE: (&str, &str) = ("entity E$i { id: uuid key = uuid_v7(); a: ", " }\n");
const COMPUTED: (&str, &str) = ("entity E$i { id: uuid key = uuid_v7(); a: int; d: bigint computed (", ") }\n");
const INDEX: (&str, &str) = ("entity E$i { id: uuid key = uuid_v7(); a: int; j: json; index (", ") }\n");

#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn families() -> Vec<Family> {
    let mut all = Vec::new();
    let a = &mut all;
    for (place, context) in [("check", CHECK), ("computed", COMPUTED)] {
        for (name, shape) in [
            ("parentheses", ("(", "a = 1", ")")),
            ("number parentheses", ("(", "a", ")")),
            ("or", ("a = 1 or ", "a = 1", "")),
            ("plus", ("a + ", "a", "")),
            ("plus to the right", ("a + (", "a", ")")),
            ("concat", ("t || ", "t", "")),
            ("not", ("not ", "b", "")),
            ("not parentheses", ("not (", "b", ")")),
            ("minus", ("- ", "a", "")),
            ("minus parentheses", ("-(", "a", ")")),
            ("coalesce", ("coalesce(", "a", ", 1)")),
            ("cast", ("int(", "a", ")")),
            ("in", ("a in [", "1", "]")),
            ("between", ("a between 1 and ", "1", "")),
            ("is null", ("", "a", " is null")),
            ("path", ("j.", "j", "")),
            ("call path", ("f.", "f(1)", "")),
            ("list", ("[", "1", "]")),
            ("record", ("{ a: ", "1", " }")),
            ("in a long list", ("1, ", "1", "")),
            ("arguments", ("coalesce(a, ", "a", ")")),
        ] {
            nested(a, &format!("{place} {name}"), context, shape);
        }
    }
    for (name, shape) in [("lists", ("[", "1", "]")), ("records", ("{ a: ", "1", " }")), ("parentheses", ("(", "1", ")")), ("plus", ("1 + ", "1", "")), ("list", ("", "[]", ""))] {
        nested(a, &format!("default {name}"), DEFAULT, shape);
    }
    for (name, shape) in [
        ("records", ("{ a: ", "int", " }")),
        ("two records", ("{ b: int, a: ", "int", " }")),
        ("records in lists", ("{ a: ", "int", " }[]")),
        ("maps", ("map<", "int", ">")),
        ("lists", ("", "int", "[]")),
        ("optional lists", ("", "int", "?[]")),
        ("inline records", ("{ a: ", "int", " } inline")),
        ("maps of lists", ("map<", "int", "[]>")),
    ] {
        nested(a, &format!("type {name}"), TYPE, shape);
    }
    for (name, shape) in [
        ("records", ("{ a: ", "int", " }")),
        ("records in lists", ("{ a: ", "int", " }[]")),
        ("maps", ("map<", "int", ">")),
        ("lists", ("", "int", "[]")),
    ] {
        nested(a, &format!("document {name}"), ("entity D$i in documents { id: uuid key = uuid_v7(); a: ", " }\n"), shape);
        nested(a, &format!("value {name}"), ("keyspace K$i in cache { pattern \"k$i\"; ttl 1h; value json { a: ", " } }\n"), shape);
        nested(a, &format!("struct {name}"), ("struct S$i { a: ", " }\n"), shape);
    }
    for (name, shape) in [("paths", ("j.", "j", "")), ("parentheses", ("(", "a", ")")), ("columns", ("a, ", "a", "")), ("calls", ("coalesce(", "a", ", 1)"))] {
        nested(a, &format!("index {name}"), INDEX, shape);
    }
    nested(a, "settings records", ("store s$i: redis 7 { annotations: { a: ", " } }\n"), ("{ a: ", "1", " }"));
    nested(a, "settings lists", ("store s$i: redis 7 { annotations: { a: ", " } }\n"), ("[", "1", "]"));
    nested(a, "settings words", ("store s$i: redis 7 { annotations: { a: ", " } }\n"), ("f(", "1", ")"));
    nested(a, "rule", ("policy p$i { rule r { for field where ", "\nrequire unique } }\n"), ("(", "unique", ")"));
    nested(a, "rule or", ("policy p$i { rule r { for field where ", "\nrequire unique } }\n"), ("unique or ", "unique", ""));
    nested(a, "rule not", ("policy p$i { rule r { for field where ", "\nrequire unique } }\n"), ("not ", "unique", ""));
    nested(a, "alert", ("store s$i: redis 7 { alert memory > ", " }\n"), ("(", "80%", ")"));
    nested(a, "schemas", ("", "}\n"), ("schema s in main { ", "", "}"));
    nested(a, "entities", ("", ""), ("entity A { ", "", "}"));
    nested(a, "in environment", ("store s$i: redis 7 { ", " }\n"), ("in dev { ", "", "}"));
    nested(a, "rollup", ("entity E$i { ", " }\n"), ("rollup r { a: ", "1", "}"));
    nested(a, "unclosed", ("", ""), ("entity A { ", "", ""));
    nested(a, "unclosed brackets", ("", ""), ("([{ ", "", ""));
    nested(a, "pattern groups", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"", "\" }\n"), ("(", "a", ")"));
    nested(a, "pattern alternatives", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"", "\" }\n"), ("a|", "a", ""));
    nested(a, "pattern repeated groups", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"", "\" }\n"), ("(", "a", "){9}"));
    nested(a, "pattern repeats", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"", "\" }\n"), ("a{255}", "a", ""));
    nested(a, "pattern classes", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"", "\" }\n"), ("[a-z]", "a", ""));
    nested(a, "pattern class", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"[", "]\" }\n"), ("a-z", "a", ""));
    nested(a, "pattern words", ("entity E$i { id: uuid key = uuid_v7(); t: text(9) matches \"", "\" }\n"), ("\\\\w*", "a", ""));
    nested(a, "key pattern parts", ("keyspace K$i in cache { ttl 1h; value text; pattern \"k$i", "\" }\n"), ("a:", "a", ""));
    nested(a, "key pattern braces", ("keyspace K$i in cache { ttl 1h; value text; pattern \"k$i:", "\" }\n"), ("{{", "a", ""));

    // What builds on one another.
    a.push(items("chain of includes", "struct S0 { f0: int }", |i| format!("struct S{} {{ include S{i}; f{}: int }}\n", i + 1, i + 1)));
    a.push(items("chain of includes to the back", "", |i| format!("struct S{i} {{ include S{}; f{i}: int }}\n", i + 1)));
    for n in [2, 5, 10, 30, 100] {
        a.push(items(&format!("chains of {n} includes"), "struct S0 { f0: int }", move |i| {
            let of = i / n * n;
            if i == of { format!("struct S{} {{ f0: int }}\n", i + 1) } else { format!("struct S{} {{ include S{i}; f{}: int }}\n", i + 1, i + 1) }
        }));
    }
    a.push(items("diamonds of includes", "struct S0 { a: int }", |i| format!("struct S{} {{ include S{i}; include S{i} }}\n", i + 1)));
    a.push(items("diamonds of includes to the back", "", |i| format!("struct S{i} {{ include S{}; include S{} }}\n", i + 1, i + 1)));
    for n in [30usize, 300, 1500] {
        a.push(f(format!("{n} fields included everywhere"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}struct S {{ {fields} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; include S }}\n")
            })
        }));
        a.push(f(format!("{n} fields in a record everywhere"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}struct S {{ {fields} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; s: S }}\n")
            })
        }));
        a.push(f(format!("{n} fields in documents everywhere"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}struct S {{ {fields} }}\n"), "\n", |i| {
                format!("entity E{i} in documents {{ id: uuid key; s: S }}\n")
            })
        }));
        a.push(f(format!("{n} fields in lines everywhere"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}struct S {{ {fields} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; s: S inline }}\n")
            })
        }));
        a.push(f(format!("{n} fields in values everywhere"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}struct S {{ {fields} }}\n"), "\n", |i| {
                format!("keyspace K{i} in cache {{ pattern \"k{i}\"; ttl 1h; value S }}\n")
            })
        }));
        a.push(f(format!("{n} values in fields everywhere"), move |bytes| {
            let values = (0..n).map(|i| format!("v{i}\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}enum S {{ {values} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; {} }}\n", (0..30).map(|i| format!("f{i}: S;")).collect::<String>())
            })
        }));
        a.push(f(format!("{n} values in documents everywhere"), move |bytes| {
            let values = (0..n).map(|i| format!("v{i}\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}enum S {{ {values} }}\n"), "\n", |i| {
                format!("entity E{i} in documents {{ id: uuid key; {} }}\n", (0..30).map(|i| format!("f{i}: S;")).collect::<String>())
            })
        }));
        a.push(f(format!("{n} tenants of their own"), move |bytes| {
            let tenants = (0..n).map(|i| format!("tenant t{i}: own {{ id: {i} }}\n")).collect::<String>();
            fill(bytes, &format!("platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\ntenancy by tenant_id: int\ntier own {{ isolation: schema }}\n{tenants}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int }}\n")
            })
        }));
        a.push(f(format!("{n} tenants with databases"), move |bytes| {
            let tenants = (0..n).map(|i| format!("tenant t{i}: own {{ id: {i} }}\n")).collect::<String>();
            fill(bytes, &format!("platform p {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"p\" }}\ntenancy by tenant_id: int\ntier own {{ isolation: database }}\n{tenants}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int }}\n")
            })
        }));
        a.push(f(format!("{n} environments"), move |bytes| {
            let names = (0..n).map(|i| format!("e{i}")).collect::<Vec<_>>().join(", ");
            fill(bytes, &format!("platform p {{ environments: [{names}] }}\n"), "\n", |i| {
                format!("store s{i}: redis 7 {{ topology: standalone, in e{} {{ max_memory: {}MiB }} }}\n", i % n, i + 1)
            })
        }));
        a.push(f(format!("{n} services that read everything"), move |bytes| {
            let services = (0..n).map(|i| format!("service s{i} {{ read core.* }}\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}{services}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int }}\n")
            })
        }));
        a.push(f(format!("{n} services that read in part"), move |bytes| {
            let services = (0..n).map(|i| format!("service s{i} {{ read core.* except #personal }}\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}{services}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int #personal; b: int }}\n")
            })
        }));
        a.push(f(format!("{n} rules"), move |bytes| {
            let rules = (0..n).map(|i| format!("rule r{i} {{ for field where #personal in labels\nrequire not unique\n}}\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}policy q {{ {rules} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int #personal }}\n")
            })
        }));
        a.push(f(format!("{n} rules broken"), move |bytes| {
            let rules = (0..n).map(|i| format!("rule r{i} {{ for field where #personal in labels\nrequire unique\n}}\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}policy q {{ {rules} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int #personal }}\n")
            })
        }));
        a.push(f(format!("{n} rules that apply"), move |bytes| {
            let labels = (0..=n).map(|i| format!("label l{i}\n")).collect::<String>();
            let rules = (0..n).map(|i| format!("rule r{i} {{ for field where #l{i} in labels\napply #l{}\n}}\n", i + 1)).collect::<String>();
            fill(bytes, &format!("{PLATFORM}{labels}policy q {{ {rules} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int #l0 }}\n")
            })
        }));
        a.push(f(format!("{n} rules that apply backwards"), move |bytes| {
            let labels = (0..=n).map(|i| format!("label l{i}\n")).collect::<String>();
            let rules = (0..n).rev().map(|i| format!("rule r{i} {{ for field where #l{i} in labels\napply #l{}\n}}\n", i + 1)).collect::<String>();
            fill(bytes, &format!("{PLATFORM}{labels}policy q {{ {rules} }}\nschema core in main {{\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: int #l0 }}\n")
            })
        }));
        a.push(f(format!("{n} arms"), move |bytes| {
            let entities = (0..n).map(|i| format!("entity A{i} {{ id: uuid key }}\n")).collect::<String>();
            let arms = (0..n).map(|i| format!("A{i}")).collect::<Vec<_>>().join(" | ");
            fill(bytes, &format!("{PLATFORM}schema core in main {{ {entities}\n"), "}\n", |i| {
                format!("entity E{i} {{ id: uuid key; a: -> {arms} }}\n")
            })
        }));
        a.push(f(format!("views of {n} columns"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}schema core in main {{\nentity T as \"t\" {{ id: uuid key; {fields} }}\n"), "}\n", |i| {
                format!("view V{i} {{ a: int\nsql \"select *, * from core.t a, core.t b\" }}\n")
            })
        }));
        a.push(f(format!("stars of {n} columns"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}schema core in main {{\nentity T as \"t\" {{ id: uuid key; {fields} }}\nview V {{ a: int\nsql \"select t.*"), " from core.t t\" }\n}\n", |_| {
                ", t.*".to_owned()
            })
        }));
        a.push(f(format!("joins of {n} columns"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            fill(bytes, &format!("{PLATFORM}schema core in main {{\nentity T as \"t\" {{ id: uuid key; {fields} }}\nview V {{ a: int\nsql \"select a0.f1 from core.t a0"), "\" }\n}\n", |i| {
                format!(" join core.t a{} on a{}.f1 = a{i}.f2", i + 1, i + 1)
            })
        }));
        a.push(f(format!("names of {n} columns"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            let from = (0..100).map(|i| format!("core.t a{i}")).collect::<Vec<_>>().join(",");
            fill(bytes, &format!("{PLATFORM}schema core in main {{\nentity T as \"t\" {{ id: uuid key; {fields} }}\nview V {{ a: int\nsql \"select 1 in (a"), &format!(") from {from}\" }}\n}}\n"), |i| {
                format!(", f{}", i % 1000)
            })
        }));
        a.push(f(format!("{n} columns doubled"), move |bytes| {
            let doubled = (1..n).map(|i| format!(", c{i} as (select a.*, b.* from c{} a, c{} b)", i - 1, i - 1)).collect::<String>();
            fill(bytes, &format!("{PLATFORM}schema core in main {{\nentity T as \"t\" {{ id: uuid key; a: int }}\n"), "}\n", |i| {
                format!("view V{i} {{ a: int\nsql \"with c0 as (select * from core.t){doubled} select * from c{}\" }}\n", n - 1)
            })
        }));
        a.push(f(format!("{n} columns recursive"), move |bytes| {
            let fields = (0..n).map(|i| format!("f{i}: int\n")).collect::<String>();
            let list = (0..n).map(|i| format!("f{}", (i + 1) % n)).collect::<Vec<_>>().join(", ");
            fill(bytes, &format!("{PLATFORM}schema core in main {{\nentity T as \"t\" {{ id: uuid key; {fields} }}\n"), "}\n", |i| {
                format!("view V{i} {{ a: int\nsql \"with recursive c as (select * from core.t union all select f0, {list} from c) select id from c\" }}\n")
            })
        }));
    }
    a.push(items("chain of types", "type T0 = int", |i| format!("type T{} = T{i} max {}\n", i + 1, 1_000_000 - i)));
    a.push(items("chain of types to the back", "", |i| format!("type T{i} = T{}\n", i + 1)));
    for n in [10usize, 60, 120] {
        a.push(items(&format!("chains of {n} types"), "", move |i| {
            let of = i / n * n;
            if i == of { format!("type T{i} = int[]\n") } else { format!("type T{i} = T{}[]\n", i - 1) }
        }));
        a.push(items(&format!("chains of {n} types in fields"), "", move |i| {
            let of = i / n * n;
            let ty = if i == of { format!("type T{i} = int[]\n") } else { format!("type T{i} = T{}[]\n", i - 1) };
            format!("{ty} entity E{i} {{ id: uuid key; a: T{i} }}\n")
        }));
        a.push(items(&format!("chains of {n} limits in fields"), "", move |i| {
            let of = i / n * n;
            let ty = if i == of { format!("type T{i} = text matches \"a\"\n") } else { format!("type T{i} = T{} matches \"a{i}\"\n", i - 1) };
            format!("{ty} entity E{i} {{ id: uuid key; a: T{i} }}\n")
        }));
    }
    a.push(items("records that double", "", |i| format!("struct S{i} {{ a: S{}; b: S{} }}\n", i + 1, i + 1)));
    for store in ["main", "documents"] {
        for n in [5usize, 8, 11, 14, 20, 60, 120] {
            a.push(outside(&format!("records that double {n} times in {store}"), "", move |i| {
                let structs = (0..n).map(|k| if k + 1 == n { format!("struct S{i}x{k} {{ a: int }}\n") } else { format!("struct S{i}x{k} {{ a: S{i}x{}; b: S{i}x{} }}\n", k + 1, k + 1) }).collect::<String>();
                format!("{structs}entity E{i} in {store} {{ id: uuid key; a: S{i}x0 }}\n").replace(" in main", "")
            }));
        }
    }
    a.push(items("records that double and are used", "struct S0 { a: int }", |i| {
        format!("struct S{} {{ a: S{i}; b: S{i} }}\nentity E{i} {{ id: uuid key; a: S{i} }}\n", i + 1)
    }));
    a.push(within("one enum", "enum A { ", "}\nschema core in main { entity E { id: uuid key; a: A } }\n", |i| format!("a{i}, ")));
    a.push(within("one enum, one word", "enum A { ", "}\nschema core in main { entity E { id: uuid key; a: A } }\n", |_| "a, ".to_owned()));
    a.push(within("one enum in documents", "enum A { ", "}\nentity E in documents { id: uuid key; a: A }\n", |i| format!("a{i}, ")));
    a.push(within("one enum in keys", "keyspace K in cache { pattern \"k:{a: A}:x\"; ttl 1h; value text }\nkeyspace L in cache { pattern \"k:{a: A}:{a: text}\"; ttl 1h; value text }\nenum A { ", "}\n", |i| format!("a{i}, ")));
    a.push(within("enum used and defaulted", "enum A { ", "}\nschema core in main { entity E { id: uuid key; a: A = a1; check c (a in [a1, a2]) } }\n", |i| format!("a{i}, ")));
    for (name, field) in [("ints", "int"), ("texts", "text(40) matches \"^[a-z]+$\""), ("documents", "{ a: int, b: text }"), ("uniques", "int unique"), ("references", "-> E"), ("labels", "int #personal"), ("computed", "int computed (id + 1)"), ("checks", "int check (id > 1)"), ("defaults", "json = { a: 1 }"), ("unknown", "intt"), ("unknown modifiers", "int foo"), ("broken", "int = ("), ("inline records", "{ a: int, b: int } inline"), ("arms", "-> E | F")] {
        a.push(f(format!("fields of one entity: {name}"), move |bytes| {
            fill(bytes, &format!("{PLATFORM}schema core in main {{ entity F {{ id: int key }}\nentity E {{ id: int key\n"), "} }\n", |i| format!("f{i}: {field}\n"))
        }));
        a.push(f(format!("fields of one document: {name}"), move |bytes| {
            fill(bytes, &format!("{PLATFORM}entity F in documents {{ id: int key }}\nentity E in documents {{ id: int key\n"), "}\n", |i| format!("f{i}: {field}\n"))
        }));
        a.push(f(format!("fields of many entities: {name}"), move |bytes| {
            fill(bytes, &format!("{PLATFORM}schema core in main {{ entity F {{ id: int key }}\nentity E {{ id: int key }}\n"), "}\n", |i| {
                format!("entity E{i} {{ id: int key\n{} }}\n", (0..10).map(|i| format!("f{i}: {field}\n")).collect::<String>())
            })
        }));
        a.push(f(format!("fields of one value: {name}"), move |bytes| {
            fill(bytes, &format!("{PLATFORM}entity F in documents {{ id: int key }}\nentity E in documents {{ id: int key }}\nkeyspace K in cache {{ pattern \"k\"; ttl 1h; value json {{ id: int\n"), "} }\n", |i| format!("f{i}: {field}\n"))
        }));
        a.push(f(format!("fields of one struct: {name}"), move |bytes| {
            fill(bytes, &format!("{PLATFORM}entity F in documents {{ id: int key }}\nentity E in documents {{ id: int key }}\nstruct S {{ id: int\n"), "}\n", |i| format!("f{i}: {field}\n"))
        }));
    }
    for (name, clause) in [("indexes", "index (a, b)"), ("other indexes", "index (f$i, a)"), ("partial indexes", "index (a) where b > $i"), ("uniques", "unique (a, b)"), ("checks", "check c$i (a > $i)"), ("checks of one name", "check c (a > 1)"), ("keys", "key (a, b)"), ("audits", "audit (insert)"), ("removed", "removed f$i because \"x\""), ("references", "ref (a, b) -> F"), ("broken", "index ((("), ("unknown clauses", "indexx (a)"), ("with", "with { fillfactor: 80 }"), ("includes", "include S"), ("overlaps", "no overlap (a, b)"), ("settings", "a.b: 1"), ("ends", "}"), ("half fields", "f$i:"), ("half words", "f$i"), ("docs", "/// word"), ("words", "a b c d"), ("strings", "\"a\""), ("open strings", "\"a"), ("open raw strings", "\"\"\"a"), ("commas", ",,,,"), ("open records", "a: {"), ("colons", ":::"), ("odd signs", "a: int = @"), ("marks", "é"), ] {
        for (place, head, tail) in [("entity", "schema core in main {\nstruct S { a: int }\nentity F { a: int; b: int; key (a, b) }\nentity E { id: int key; a: int; b: int\n", "} }\n"), ("document", "struct S { a: int }\nentity F in documents { a: int; b: int; key (a, b) }\nentity E in documents { id: int key; a: int; b: int\n", "}\n"), ("policy", "policy q { rule r {\n", "} }\n"), ("items", "", ""), ("settings", "platform q {\n", "}\n"), ("enum", "enum A {\n", "}\n"), ("service", "service a {\n", "}\n"), ("keyspace", "keyspace K in cache {\n", "}\n")] .into_iter().filter(|p| p.0 == "entity" || p.0 == "items" || name.len() < 6) {
            a.push(within(&format!("clauses of one {place}: {name}"), head, tail, move |i| format!("{}\n", clause.replace("$i", &i.to_string()))));
        }
    }
    for (name, item) in [
        ("entities", "entity E$i { id: uuid key }\n"),
        ("documents", "entity E$i in documents { id: uuid key }\n"),
        ("structs", "struct S$i { a: int }\n"),
        ("types", "type T$i = int\n"),
        ("enums", "enum A$i { a, b }\n"),
        ("views", "view V$i { a: int\nsql \"select 1 as a\" }\n"),
        ("materialized views", "view V$i materialized { a: int\nsql \"select 1 as a\" }\n"),
        ("sequences", "sequence s$i\n"),
        ("audit logs", "audit log A$i {}\n"),
        ("keyspaces", "keyspace K$i in cache { pattern \"k$i\"; ttl 1h; value text }\n"),
        ("keyspaces with parameters", "keyspace K$i in cache { pattern \"k$i:{a: text}\"; ttl 1h; value text }\n"),
        ("keyspaces that overlap", "keyspace K$i in cache { pattern \"k:{a: text}:$i\"; ttl 1h; value text }\n"),
        ("keyspaces of one pattern", "keyspace K$i in cache { pattern \"k:{a: text}\"; ttl 1h; value text }\n"),
        ("keyspaces of open patterns", "keyspace K$i in cache { pattern \"{a: text}:$i\"; ttl 1h; value text }\n"),
        ("limits", "keyspace K$i in cache { pattern \"k$i:{a: text}\"; limit 5 per 15m }\n"),
        ("streams", "keyspace K$i in cache { pattern \"k$i\"; value stream { a: int }; groups [a, b]; max_length 10 }\n"),
        ("channels", "channel C$i in cache { pattern \"c$i\"; value { a: int } }\n"),
        ("stores", "store s$i: postgres 15 { database: \"d$i\" }\n"),
        ("mongodb stores", "store s$i: mongodb 6 { database: \"d$i\" }\n"),
        ("redis stores", "store s$i: redis 7 { topology: standalone }\n"),
        ("labels", "label l$i\n"),
        ("labels with parents", "label l$i: personal, health\n"),
        ("policies", "policy q$i { rule r { for entity\nrequire name != \"a\" } }\n"),
        ("used policies", "use policy gdpr { retention: 5y }\n"),
        ("waivers", "waive gdpr.storage_limitation on core.T until 2027-06-30 because \"x\"\n"),
        ("services", "service s$i { read core.T }\n"),
        ("service lines", "service s$i { read core.T, core.T, core.T }\n"),
        ("tiers", "tier t$i { isolation: row }\n"),
        ("tenants", "tenant t$i: x { id: $i }\n"),
        ("encryption keys", "encryption key k$i { algorithm: aes_256_gcm, provider: vault(\"a/b\") }\n"),
        ("scripts", "sql once \"$i\" \"select 1\"\n"),
        ("scripts after", "sql after core.T \"select 1\"\n"),
        ("removed", "removed entity E$i because \"x\"\n"),
        ("backfills", "backfill core.T.a = 1\n"),
        ("platforms", "platform p$i { environments: [dev] }\n"),
        ("schemas", "schema s$i in main { }\n"),
        ("unknown items", "entitty E$i { }\n"),
        ("names twice", "entity E { id: uuid key }\n"),
        ("stored names twice", "entity E$i as \"e\" { id: uuid key }\n"),
        ("bad names", "entity e$i { id: uuid key }\n"),
        ("no keys", "entity E$i { a: int }\n"),
        ("ring of references", "entity E$i { id: uuid key; a: -> E$n }\n"),
        ("ring of keys", "entity E$i { id: -> E$n key }\n"),
        ("chain of keys", "entity E$i { id: -> E$b key }\n"),
        ("references to one", "entity E$i { id: uuid key; a: -> T }\n"),
        ("cascades", "entity E$i { id: uuid key; a: -> E$b on delete cascade }\n"),
        ("people", "entity E$i { id: uuid key; a: text(40) #personal; subject }\n"),
        ("unknown types", "entity E$i { id: uuid key; a: Entt$i }\n"),
        ("unknown references", "entity E$i { id: uuid key; a: -> F$i }\n"),
        ("unknown columns", "entity E$i { id: uuid key; index (ida) }\n"),
        ("unknown labels", "entity E$i { id: uuid key #lab$i }\n"),
        ("unknown settings", "store s$i: postgres 15 { databasee: \"d$i\" }\n"),
        ("views that read the one before", "view V$i as \"v$i\" { a: int\nsql \"select a from core.v$b\" }\n"),
        ("views that read the next", "view V$i as \"v$i\" { a: int\nsql \"select a from core.v$n\" }\n"),
        ("views that read unknown tables", "view V$i as \"v$i\" { a: int\nsql \"select a from core.w$i\" }\n"),
        ("views that read unknown columns", "view V$i as \"v$i\" { a: int\nsql \"select aaa from core.t\" }\n"),
        ("projections", "entity P$i in documents from D { take a }\n"),
        ("chain of projections", "entity P$i in documents from P$b { take a }\n"),
        ("caches", "keyspace K$i in cache from D { pattern \"k$i:{id}\"; ttl 1h }\n"),
        ("encrypted fields", "entity E$i { id: uuid key; a: text(40) encrypted with k }\n"),
        ("searchable fields", "entity E$i { id: uuid key; a: text(40) encrypted with k searchable }\n"),
        ("audited", "entity E$i { id: uuid key; a: int; audit (insert, update, delete) into L }\n"),
        ("partitions", "entity E$i { id: uuid; at: timestamp; key (id, at); partition by day (at) ahead 30; retain 30d after at }\n"),
        ("hash partitions", "entity E$i { id: uuid key; partition by hash (id) into 100 }\n"),
        ("pseudonyms", "entity E$i { id: uuid key; a: -> T pseudonymous with k }\n"),
        ("published", "entity E$i { id: uuid key; publish (insert) to C }\n"),
        ("alerts", "store s$i: redis 7 { alert memory > 80% for 5m\nalert down }\n"),
        ("accepts", "tier t$i { isolation: row; accept client_enforced because \"x\" }\n"),
    ] {
        let make = move |i: usize| item.replace("$i", &i.to_string()).replace("$n", &(i + 1).to_string()).replace("$b", &i.saturating_sub(1).to_string());
        let before = "encryption key k { algorithm: aes_256_gcm, provider: vault(\"a/b\") }\nentity D in documents { id: uuid key; a: int }\n\
            schema core in main { entity T as \"t\" { id: uuid key; a: int } audit log L {} channel C in cache { pattern \"c\"; value { a: int } } }\n";
        let is_outside = ["store", "tier", "tenant", "label", "platform", "schema", "service", "policy", "use", "waive", "encryption", "backfill", "removed"].contains(&item.split_whitespace().next().unwrap_or_default());
        a.push(if is_outside { outside(&format!("many {name}"), before, make) } else { items(&format!("many {name}"), before, make) });
    }
    a.push(items("people and rows of theirs", "", |i| if i == 0 { "entity U { id: uuid key; email: email #personal; subject }\n".into() } else { format!("entity E{i} {{ id: uuid key; u: -> U on delete cascade; p: -> {} on delete cascade; t: text(9) #personal }}\n", if i == 1 { "U".into() } else { format!("E{}", i - 1) }) }));
    a.push(items("people and rows of theirs, each to each", "", |i| if i == 0 { "entity U { id: uuid key; email: email #personal; subject }\n".into() } else { let refs = (1..i).map(|k| format!("r{k}: -> E{k} on delete cascade\n")).collect::<String>(); format!("entity E{i} {{ id: uuid key; u: -> U on delete cascade\n{refs} t: text(9) #personal }}\n") }));
    a.push(items("labels of labels", "", |i| if i == 0 { "entity U { id: uuid key; a: int #l1 }\nlabel l0\n".into() } else { format!("label l{i}: {}\n", (0..i).map(|k| format!("l{k}")).collect::<Vec<_>>().join(", ")) }));
    a.push(outside("chain of labels", "label l0", |i| format!("label l{}: l{i}\n", i + 1)));
    a.push(outside("chain of labels used", "label l0", |i| format!("label l{}: l{i}\nentity E{i} in documents {{ id: uuid key; a: int #l{} }}\n", i + 1, i + 1)));
    a.push(within("chain of computed fields", "schema core in main { entity E { id: int key\nf0: int\n", "} }\n", |i| format!("f{}: int computed (f{i} + 1)\n", i + 1)));
    a.push(within("chain of computed fields in a document", "entity E in documents { id: int key\nf0: int\n", "}\n", |i| format!("f{}: int computed (f{i} + 1)\n", i + 1)));
    a.push(items("chains of computed fields", "", |i| format!("entity E{i} {{ id: int key\nf0: int\n{} }}\n", (0..100).map(|i| format!("f{}: int computed (f{i} + f{i})\n", i + 1)).collect::<String>())));
    a.push(outside("chains of computed fields in documents", "", |i| format!("entity E{i} in documents {{ id: int key\nf0: int\n{} }}\n", (0..100).map(|i| format!("f{}: int computed (f{i} + f{i})\n", i + 1)).collect::<String>())));
    a.push(within("one service", "schema core in main { entity T { id: int key } }\nservice s { ", "}\n", |_| "read core.T\n".to_owned()));
    a.push(within("one service, many paths", "schema core in main { entity T { id: int key } }\nservice s { read core.T", "}\n", |_| ", core.T".to_owned()));
    a.push(within("one long name", "entity A", " in documents { id: uuid key }\n", |_| "a".to_owned()));
    a.push(within("one long stored name", "entity A as \"", "\" in documents { id: uuid key }\n", |_| "a".to_owned()));
    a.push(within("one long field", "schema core in main { entity A { id: uuid key\n f", ": int } }\n", |_| "a".to_owned()));
    a.push(within("one long doc", "/// ", "\nentity A in documents { id: uuid key }\n", |_| "a*/ ".to_owned()));
    a.push(within("many docs", "", "\nentity A in documents { id: uuid key }\n", |_| "/// a\n".to_owned()));
    a.push(within("one long text", "schema core in main { entity A { id: uuid key\na: text = \"", "\" } }\n", |_| "'\\u{e9}".to_owned()));
    a.push(within("one long number", "schema core in main { entity A { id: uuid key\na: bigint = 1", " } }\n", |_| "0".to_owned()));
    a.push(within("one long decimal", "schema core in main { entity A { id: uuid key\na: decimal(28, 2) = 1.", " } }\n", |_| "0".to_owned()));
    a.push(within("one long list", "schema core in main { entity A { id: uuid key\na: json = [", "] } }\n", |_| "1, ".to_owned()));
    a.push(within("one long list of ints", "schema core in main { entity A { id: uuid key\na: int[] = [", "] } }\n", |_| "1, ".to_owned()));
    a.push(within("one long record", "schema core in main { entity A { id: uuid key\na: json = {", "} } }\n", |i| format!("a{i}: 1, ")));
    a.push(within("one long in", "schema core in main { entity A { id: uuid key\na: int; check c (a in [", "]) } }\n", |_| "1, ".to_owned()));
    a.push(within("one long setting", "store s: redis 7 { annotations: { a: [", "] } }\n", |_| "1, ".to_owned()));
    a.push(within("one long record of settings", "store s: redis 7 { annotations: { ", "} }\n", |i| format!("a{i}: 1, ")));
    a.push(within("one record of settings twice", "store s: redis 7 { annotations: { ", "} }\n", |_| "a: 1, ".to_owned()));
    a.push(within("many settings", "store s: redis 7 { ", "}\n", |i| format!("a{i}: 1, ")));
    a.push(within("many environments in one store", "store s: redis 7 { ", "}\n", |i| format!("in prod {{ annotations: {{ a{i}: 1 }} }}\n")));
    a.push(within("many alerts in one store", "store s: redis 7 { ", "}\n", |_| "alert memory > 80% for 5m\n".to_owned()));
    a.push(within("one long pattern of keys", "keyspace K in cache { ttl 1h; value text; pattern \"k", "\" }\n", |i| format!(":{{a{i}: text}}")));
    a.push(within("one long pattern of enums", "enum A { a, b }\nkeyspace K in cache { ttl 1h; value text; pattern \"k", "\" }\n", |i| format!(":{{a{i}: A}}")));
    a.push(within("blank lines", "", "", |_| "\n".to_owned()));
    a.push(within("comments", "", "", |_| "// a\n".to_owned()));
    a.push(within("quotes", "", "", |_| "\"\n".to_owned()));
    a.push(within("triple quotes", "", "", |_| "\"\"\"\n".to_owned()));
    a.push(within("closing braces", "", "", |_| "}\n".to_owned()));
    a.push(within("opening lines", "", "", |_| "a {\n".to_owned()));
    a.push(within("opening entities", "", "", |i| format!("entity A{i} {{\n")));
    a.push(within("opening entities indented", "", "", |i| format!("{}entity A{i} {{\n", "  ".repeat(i % 50))));
    a.push(within("opening brackets", "schema core in main {\n", "", |_| "  a: int = (\n".to_owned()));
    a.push(within("missing braces", "schema core in main {\n", "}", |i| format!("  entity A{i} {{\n    id: uuid key\n\n")));
    a.push(within("too many braces", "schema core in main {\n", "}", |i| format!("  entity A{i} {{\n    id: uuid key\n  }}\n }}\n")));
    a.push(f("noise", |bytes| {
        let words = ["entity", "{", "}", "(", ")", "a", ":", "int", "\n", "\"", "->", "in", "=", "#l", "///", ",", ";", "["];
        fill(bytes, PLATFORM, "", |i| { let seed = (i as u64 + 1).wrapping_mul(6364136223846793005).rotate_left(29).wrapping_mul(0x9E3779B97F4A7C15) >> 20; format!("{} ", words[(seed % words.len() as u64) as usize]) })
    }));
    all
}
