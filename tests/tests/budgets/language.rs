//! The language itself: what nests, what goes on and on, what builds on one another, and what multiplies.

use super::{Family, fill};

const HEAD: &str = "platform p { environments: [dev, prod] }\nstore main: postgres 15 { database: \"p\" }\n\
    store documents: mongodb 6 { database: \"p\" }\nstore cache: redis 7 { topology: standalone }\n\
    encryption key k { algorithm: aes_256_gcm, provider: vault(\"a/b\") }\n\
    entity D in documents { id: uuid key; a: int }\nchannel C in cache { pattern \"c\"; value { a: int } }\n\
    enum Kind { a, b }\nstruct S0 { a: int }\ntype T0 = int\nlabel l0\n\
    schema core in main { entity T as \"t\" { id: uuid key; a: int }\naudit log L {} }\n";

/// The tenancy and the tiers that a platform needs before it can have tenants.
const TENANCY: &str = "tenancy by tenant_id: text(40)\ntier row { isolation: row\n\
    accept client_enforced in documents because \"x\"\naccept client_enforced in cache because \"x\" }\n\
    tier own { isolation: schema\n\
    accept client_enforced in documents because \"x\"\naccept client_enforced in cache because \"x\" }\n";

/// Pieces that each tenant with schemas of its own has once more, with the fields that each counts as.
const OF_TENANTS: [(&str, &str, usize); 6] = [
    ("tables", "entity E$i { id: uuid key; t: text }\n", 13),
    ("audited tables", "entity E$i { id: uuid key; t: text; audit (insert, update, delete) into L }\n", 15),
    ("indexes", "entity E$i { id: uuid key; t: text; index (t); index (t, id); check (t != \"a\") }\n", 19),
    ("references", "entity E$i { id: uuid key; t: -> T; u: -> T }\n", 14),
    ("views", "view V$i { id: uuid\na: int\nsql \"select id, a from core.t where a = $i\" }\n", 12),
    ("services", "service s$i { read core.*\nwrite core.T }\n", 13),
];

/// One piece in another, as often as there is room for: once with nothing else, and many times a hundred deep.
struct Nested {
    name: &'static str,
    place: (&'static str, &'static str),
    shape: (&'static str, &'static str, &'static str),
}

const CHECK: (&str, &str) =
    ("entity E$i { id: uuid key; a: int; t: text(40); b: bool; j: json; check c (", ") }\n");
const COMPUTED: (&str, &str) = ("entity E$i { id: uuid key; a: int; d: bigint computed (", ") }\n");
const DEFAULT: (&str, &str) = ("entity E$i { id: uuid key; d: json = ", " }\n");
const TYPE: (&str, &str) = ("entity E$i { id: uuid key; a: ", " }\n");
const DOCUMENT: (&str, &str) = ("entity D$i in documents { id: uuid key; a: ", " }\n");
const VALUE: (&str, &str) = ("keyspace K$i in cache { pattern \"k$i\"; ttl 1h; value json { a: ", " } }\n");
const INDEX: (&str, &str) = ("entity E$i { id: uuid key; a: int; j: json; index (", ") }\n");
const MATCHES: (&str, &str) = ("entity E$i { id: uuid key; t: text(9) matches \"", "\" }\n");
const SETTING: (&str, &str) = ("store s$i: redis 7 { annotations: { a: ", " } }\n");
const RULE: (&str, &str) = ("policy p$i { rule r { for field where ", "\nrequire unique } }\n");
const NOWHERE: (&str, &str) = ("", "");

const fn nested(
    name: &'static str,
    place: (&'static str, &'static str),
    shape: (&'static str, &'static str, &'static str),
) -> Nested {
    Nested { name, place, shape }
}

const NESTED: &[Nested] = &[
    nested("parentheses in a check", CHECK, ("(", "a = 1", ")")),
    nested("or in a check", CHECK, ("a = 1 or ", "a = 1", "")),
    nested("plus in a check", CHECK, ("a + ", "a", "")),
    nested("plus to the right in a check", CHECK, ("a + (", "a", ")")),
    nested("not in a check", CHECK, ("not ", "b", "")),
    nested("minus in a check", CHECK, ("-(", "a", ")")),
    nested("calls in a check", CHECK, ("coalesce(", "a", ", 1)")),
    nested("casts in a check", CHECK, ("int(", "a", ")")),
    nested("lists in a check", CHECK, ("a in [", "1", "]")),
    nested("records in a check", CHECK, ("{ a: ", "1", " }")),
    nested("paths in a check", CHECK, ("j.", "j", "")),
    nested("between in a check", CHECK, ("a between 1 and ", "1", "")),
    nested("plus in a computed field", COMPUTED, ("a + ", "a", "")),
    nested("parentheses in a computed field", COMPUTED, ("(", "a", ")")),
    nested("calls in a computed field", COMPUTED, ("coalesce(", "a", ", 1)")),
    nested("lists in a default", DEFAULT, ("[", "1", "]")),
    nested("records in a default", DEFAULT, ("{ a: ", "1", " }")),
    nested("parentheses in a default", DEFAULT, ("(", "1", ")")),
    nested("records", TYPE, ("{ a: ", "int", " }")),
    nested("two records", TYPE, ("{ b: int, a: ", "int", " }")),
    nested("records in lists", TYPE, ("{ a: ", "int", " }[]")),
    nested("inline records", TYPE, ("{ a: ", "int", " } inline")),
    nested("maps", TYPE, ("map<", "int", ">")),
    nested("lists", TYPE, ("", "int", "[]")),
    nested("optional lists", TYPE, ("", "int", "?[]")),
    nested("records of documents", DOCUMENT, ("{ a: ", "int", " }")),
    nested("maps of documents", DOCUMENT, ("map<", "int", ">")),
    nested("lists of documents", DOCUMENT, ("", "int", "[]")),
    nested("records of values", VALUE, ("{ a: ", "int", " }")),
    nested("maps of values", VALUE, ("map<", "int", ">")),
    nested("paths in an index", INDEX, ("j.", "j", "")),
    nested("columns of an index", INDEX, ("a, ", "a", "")),
    nested("calls in an index", INDEX, ("coalesce(", "a", ", 1)")),
    nested("groups of a pattern", MATCHES, ("(", "a", ")")),
    nested("alternatives of a pattern", MATCHES, ("a|", "a", "")),
    nested("repeated groups of a pattern", MATCHES, ("(", "a", "){9}")),
    nested("repeats of a pattern", MATCHES, ("a{255}", "a", "")),
    nested("words of a pattern", MATCHES, ("\\\\w*", "a", "")),
    nested("records of settings", SETTING, ("{ a: ", "1", " }")),
    nested("lists of settings", SETTING, ("[", "1", "]")),
    nested("parentheses of a rule", RULE, ("(", "unique", ")")),
    nested("or of a rule", RULE, ("unique or ", "unique", "")),
    nested("not of a rule", RULE, ("not ", "unique", "")),
    nested("schemas", NOWHERE, ("schema s in main { ", "", "}")),
    nested("entities", NOWHERE, ("entity A { ", "", "}")),
    nested("open entities", NOWHERE, ("entity A { ", "", "")),
    nested("open brackets", NOWHERE, ("([{ ", "", "")),
];

/// Items that go on and on. `$i` counts them, `$b` is the number of the one before, `$n` that of the next.
const MANY: &[(&str, &str)] = &[
    ("entities", "entity E$i { id: uuid key }\n"),
    ("documents", "entity E$i in documents { id: uuid key }\n"),
    ("structs", "struct R$i { a: int }\n"),
    ("types", "type R$i = int\n"),
    ("enums", "enum A$i { a, b }\n"),
    ("views", "view V$i { a: int\nsql \"select 1 as a\" }\n"),
    ("sequences", "sequence s$i\n"),
    ("audit logs", "audit log A$i {}\n"),
    ("keyspaces", "keyspace K$i in cache { pattern \"k$i:{a: text}\"; ttl 1h; value text }\n"),
    ("keyspaces that meet", "keyspace K$i in cache { pattern \"k:{a: text}\"; ttl 1h; value text }\n"),
    ("keyspaces that end apart", "keyspace K$i in cache { pattern \"{a: text}:$i\"; ttl 1h; value text }\n"),
    ("limits", "keyspace K$i in cache { pattern \"k$i:{a: text}\"; limit 5 per 15m }\n"),
    ("channels", "channel C$i in cache { pattern \"c$i\"; value { a: int } }\n"),
    ("stores", "store s$i: postgres 15 { database: \"d$i\" }\n"),
    ("stores of documents", "store s$i: mongodb 6 { database: \"d$i\" }\n"),
    ("stores of keys", "store s$i: redis 7 { topology: standalone }\n"),
    ("labels", "label r$i\n"),
    ("policies", "policy q$i { rule r { for entity\nrequire name != \"a\" } }\n"),
    ("uses of a policy", "use policy gdpr { retention: 5y }\n"),
    ("services", "service s$i { read core.T }\n"),
    ("tiers", "tier t$i { isolation: row }\n"),
    ("tenants", "tenant t$i: row { id: \"t$i\" }\n"),
    ("tenants with schemas", "tenant t$i: own { id: \"t$i\" }\n"),
    ("encryption keys", "encryption key k$i { algorithm: aes_256_gcm, provider: vault(\"a/b\") }\n"),
    ("scripts", "sql once \"$i\" \"select 1\"\n"),
    ("what was removed", "removed entity E$i because \"x\"\n"),
    ("platforms", "platform p$i { environments: [dev] }\n"),
    ("schemas", "schema s$i in main { }\n"),
    ("unknown items", "entitty E$i { }\n"),
    ("one name", "entity E { id: uuid key }\n"),
    ("one stored name", "entity E$i as \"e\" { id: uuid key }\n"),
    ("unknown types", "entity E$i { id: uuid key; a: Entt$i }\n"),
    ("unknown columns", "entity E$i { id: uuid key; index (ida) }\n"),
    ("unknown labels", "entity E$i { id: uuid key #lab$i }\n"),
    ("unknown settings", "store s$i: postgres 15 { databasee: \"d$i\" }\n"),
    ("views of unknown tables", "view V$i as \"v$i\" { a: int\nsql \"select a from core.w$i\" }\n"),
    ("chain of includes", "struct S$n { include S$i; f$n: int }\n"),
    ("chain of includes to the back", "struct R$i { include R$n; f$i: int }\n"),
    ("includes that double", "struct S$n { include S$i; include S$i }\n"),
    ("records that double", "struct S$n { a: S$i; b: S$i }\n"),
    (
        "records that double and are used",
        "struct S$n { a: S$i; b: S$i }\nentity E$i { id: uuid key; a: S$i }\n",
    ),
    ("chain of types", "type T$n = T$i max 1\n"),
    ("chain of lists", "type T$n = T$i[]\n"),
    ("chain of labels", "label l$n: l$i\n"),
    ("chain of keys", "entity E$i { id: -> E$b key }\n"),
    ("chain of references", "entity E$i { id: uuid key; a: -> E$b on delete cascade }\n"),
    ("ring of references", "entity E$i { id: uuid key; a: -> E$n }\n"),
    ("ring of keys", "entity E$i { id: -> E$n key }\n"),
    ("references to one", "entity E$i { id: uuid key; a: -> T }\n"),
    ("chain of views", "view V$i as \"v$i\" { a: int\nsql \"select a from core.v$b\" }\n"),
    ("chain of views to the back", "view V$i as \"v$i\" { a: int\nsql \"select a from core.v$n\" }\n"),
    ("projections", "entity P$i in documents from D { take a }\n"),
    ("caches", "keyspace K$i in cache from D { pattern \"k$i:{id}\"; ttl 1h }\n"),
    ("encrypted fields", "entity E$i { id: uuid key; a: text(40) encrypted with k searchable }\n"),
    ("audited entities", "entity E$i { id: uuid key; a: int; audit (insert, update, delete) into L }\n"),
    ("people", "entity E$i { id: uuid key; a: text(40) #personal; subject }\n"),
];

/// Pieces of one thing that go on and on.
const WITHIN: &[(&str, &str, &str, &str)] = &[
    ("values of an enum", "enum A { ", "a$i, ", "}\nschema s in main { entity E { id: uuid key; a: A } }\n"),
    ("one value", "enum A { ", "a, ", "}\n"),
    ("values that are none", "enum A { ", "v!!, ", "}\n"),
    ("entities in one line", "schema s in main { ", "entity A$i { id: uuid key; a: Nothing }; ", "}\n"),
    ("fields", "schema s in main { entity E { id: uuid key\n", "f$i: int\n", "} }\n"),
    ("fields of a document", "entity E in documents { id: uuid key\n", "f$i: text(9)\n", "}\n"),
    ("records of an entity", "schema s in main { entity E { id: uuid key\n", "f$i: { a: int }\n", "} }\n"),
    ("indexes", "schema s in main { entity E { id: uuid key; a: int\n", "index (a) where a > $i\n", "} }\n"),
    (
        "indexes of a document",
        "entity E in documents { id: uuid key; a: int\n",
        "index (a) where a > $i\n",
        "}\n",
    ),
    ("checks", "schema s in main { entity E { id: uuid key; a: int\n", "check c$i (a > $i)\n", "} }\n"),
    (
        "computed fields",
        "schema s in main { entity E { id: int key\nf0: int\n",
        "f$n: int computed (f$i + 1)\n",
        "} }\n",
    ),
    (
        "computed fields of a document",
        "entity E in documents { id: int key\nf0: int\n",
        "f$n: int computed (f$i + 1)\n",
        "}\n",
    ),
    ("lines of a service", "service s { ", "read core.T\n", "}\n"),
    ("alerts", "store s: redis 7 { ", "alert memory > 80% for 5m\n", "}\n"),
    ("settings", "store s: redis 7 { ", "a$i: 1, ", "}\n"),
    ("environments", "platform q { environments: [", "e$i, ", "] }\n"),
    (
        "columns of an index",
        "schema core in main { entity E { id: uuid key; a: int; index (",
        "a + $i, ",
        "a) } }\n",
    ),
    (
        "parameters of a pattern",
        "keyspace K in cache { ttl 1h; value text; pattern \"k",
        ":{a$i: text}",
        "\" }\n",
    ),
    ("words of a pattern", "keyspace K in cache { ttl 1h; value text; pattern \"k", ":{a$i: Kind}", "\" }\n"),
    ("a long name", "entity A", "a", " in documents { id: uuid key }\n"),
    ("a long text", "schema s in main { entity A { id: uuid key\na: text = \"", "'\\u{e9}", "\" } }\n"),
    ("a long number", "schema s in main { entity A { id: uuid key\na: bigint = 1", "0", " } }\n"),
    ("a long list", "schema s in main { entity A { id: uuid key\na: json = [", "1, ", "] } }\n"),
    ("a long record", "schema s in main { entity A { id: uuid key\na: json = {", "a$i: 1, ", "} } }\n"),
    ("a long comment", "/// ", "a*/ ", "\nentity A in documents { id: uuid key }\n"),
    ("many comments", "", "/// a\n", "\nentity A in documents { id: uuid key }\n"),
    ("many remarks", "", "// a\n", ""),
    ("blank lines", "", "\n", ""),
    ("quotes", "", "\"\n", ""),
    ("long quotes", "", "\"\"\"\n", ""),
    ("closing braces", "", "}\n", ""),
    ("opening lines", "", "a {\n", ""),
    ("missing braces", "schema s in main {\n", "  entity A$i {\n    id: uuid key\n\n", "}"),
    ("too many braces", "schema s in main {\n", "  entity A$i {\n    id: uuid key\n  }\n }}\n", "}"),
];

/// A thing of many pieces, which stands in items that go on and on.
struct Wide {
    name: &'static str,
    open: &'static str,
    piece: &'static str,
    close: &'static str,
    item: &'static str,
}

const WIDE: &[Wide] = &[
    Wide {
        name: "fields included",
        open: "struct S {",
        piece: "f$i: int\n",
        close: "}\n",
        item: "entity E$i { id: uuid key; include S }\n",
    },
    Wide {
        name: "fields of a record",
        open: "struct S {",
        piece: "f$i: int\n",
        close: "}\n",
        item: "entity E$i { id: uuid key; s: S }\n",
    },
    Wide {
        name: "fields of an inline record",
        open: "struct S {",
        piece: "f$i: int\n",
        close: "}\n",
        item: "entity E$i { id: uuid key; s: S inline }\n",
    },
    Wide {
        name: "fields in documents",
        open: "struct S {",
        piece: "f$i: int\n",
        close: "}\n",
        item: "entity E$i in documents { id: uuid key; s: S }\n",
    },
    Wide {
        name: "fields in values",
        open: "struct S {",
        piece: "f$i: int\n",
        close: "}\n",
        item: "keyspace K$i in cache { pattern \"k$i\"; ttl 1h; value S }\n",
    },
    Wide {
        name: "values of an enum",
        open: "enum S {",
        piece: "v$i\n",
        close: "}\n",
        item: "entity E$i { id: uuid key; a: S; b: S; c: S; d: S }\n",
    },
    Wide {
        name: "values of an enum in documents",
        open: "enum S {",
        piece: "v$i\n",
        close: "}\n",
        item: "entity E$i in documents { id: uuid key; a: S; b: S; c: S; d: S }\n",
    },
    Wide {
        name: "rules",
        open: "policy q {",
        piece: "rule r$i { for field where #personal in labels\nrequire not unique\n}\n",
        close: "}\n",
        item: "entity E$i { id: uuid key; a: int #personal }\n",
    },
    Wide {
        name: "services",
        open: "",
        piece: "service s$i { read core.* }\n",
        close: "",
        item: "entity E$i { id: uuid key; a: int }\n",
    },
    Wide {
        name: "tenants with schemas",
        open: "",
        piece: "tenant t$i: own { id: \"t$i\" }\n",
        close: "",
        item: "entity E$i { id: uuid key; a: int }\n",
    },
    Wide {
        name: "columns of views",
        open: "schema core in main { entity W as \"w\" { id: uuid key\n",
        piece: "f$i: int\n",
        close: "} }\n",
        item: "view V$i { a: int\nsql \"select *, * from core.w a, core.w b\" }\n",
    },
    Wide {
        name: "columns joined",
        open: "schema core in main { entity W as \"w\" { id: uuid key\n",
        piece: "f$i: int\n",
        close: "} }\n",
        item: "view V$i { id: uuid\nsql \"select a.id from core.w a natural join core.w b natural join core.w c\" }\n",
    },
];

/// How many pieces a wide thing has.
const PIECES: [usize; 2] = [30, 1_500];

pub(super) fn families() -> Vec<Family> {
    let mut all = Vec::new();
    for Nested { name, place: (before, after), shape: (open, middle, close) } in NESTED {
        let text = move |pieces: usize| {
            let inner = format!("{}{middle}{}", open.repeat(pieces), close.repeat(pieces));
            move |i: usize| format!("{}{inner}{after}", numbered(before, i))
        };
        let piece = open.len() + close.len();
        all.push(family(format!("{name}, once"), move |bytes| {
            let item = text((bytes - HEAD.len() - 200) / piece);
            format!("{HEAD}schema core in main {{\n{}}}\n", item(0))
        }));
        all.push(family(format!("{name}, often"), move |bytes| {
            fill(bytes, &format!("{HEAD}schema core in main {{\n"), "}\n", text(100))
        }));
    }
    for (name, item) in MANY {
        all.push(family(format!("many: {name}"), move |bytes| {
            let (open, close) = if is_outside(item) { ("", "") } else { ("schema core in main {\n", "}\n") };
            let tenancy = if item.starts_with("tenant") { TENANCY } else { "" };
            fill(bytes, &format!("{HEAD}{tenancy}{open}"), close, |i| numbered(item, i))
        }));
    }
    for (name, open, piece, close) in WITHIN {
        all.push(family(format!("within: {name}"), move |bytes| {
            fill(bytes, &format!("{HEAD}{open}"), close, |i| numbered(piece, i))
        }));
    }
    for (name, item, fields) in OF_TENANTS {
        all.push(family(format!("of tenants: {name}"), move |_| {
            let tenants: String =
                (0..400).map(|i| numbered("tenant a$i: own { id: \"a$i\" }\n", i)).collect();
            let head = format!("{HEAD}{TENANCY}{tenants}schema core in main {{\n");
            // As many as 400 tenants may have of their own beside what stands in `HEAD`.
            let items: String = (0..(300 - 60) / fields).map(|i| numbered(item, i)).collect();
            head + &items + "}\n"
        }));
    }
    for Wide { name, open, piece, close, item } in WIDE {
        for pieces in PIECES {
            all.push(family(format!("{pieces} {name}"), move |bytes| {
                let wide: String = (0..pieces).map(|i| numbered(piece, i)).collect();
                let tenancy = if piece.starts_with("tenant") { TENANCY } else { "" };
                let head = format!("{HEAD}{tenancy}{open}{wide}{close}schema core in main {{\n");
                fill(bytes, &head, "}\n", |i| numbered(item, i))
            }));
        }
    }
    all
}

fn family(name: String, source: impl Fn(usize) -> String + 'static) -> Family {
    Family { name, source: Box::new(source) }
}

fn numbered(text: &str, i: usize) -> String {
    let before = i.saturating_sub(1).to_string();
    text.replace("$i", &i.to_string()).replace("$n", &(i + 1).to_string()).replace("$b", &before)
}

/// Whether an item stands outside of schemas.
fn is_outside(item: &str) -> bool {
    const WORDS: &[&str] = &[
        "store",
        "tier",
        "tenant",
        "label",
        "platform",
        "schema",
        "service",
        "policy",
        "use",
        "encryption",
        "removed",
    ];
    WORDS.contains(&item.split_whitespace().next().unwrap_or_default())
}
