//! Hostile and edge cases of the rules about encrypted fields: each works or is an error with a code.

use polity_tests::project::compile;

const BEFORE: &str = r#"
platform shop { environments: [dev] }
encryption key pii { provider: vault("transit/pii") }
store main: postgres 15 { database: "shop" }
store docs: mongodb 7 { naming: camel_case }
store cache: redis 7 {}
"#;

/// The codes of the errors, in their order, without repetition.
fn codes(source: &str) -> String {
    let found = compile(&format!("{BEFORE}{source}")).diagnostics;
    let mut codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
    codes.dedup();
    codes.join(" ")
}

fn of_entity(before: &str, members: &str) -> String {
    codes(&format!("schema core in main {{\n{before}\nentity Thing {{\n  id: uuid key\n{members}\n}}\n}}"))
}

#[track_caller]
fn all(cases: &[(&str, &str, &str)], of: impl Fn(&str, &str) -> String) {
    for (before, inside, wanted) in cases {
        assert_eq!(of(before, inside), *wanted, "{before}\n{inside}");
    }
}

#[test]
fn fields_of_every_kind() {
    all(
        &[
            ("", "a: text? unique encrypted with pii searchable", ""),
            ("", "a: text? encrypted with pii searchable\nb: int\nunique (b, a)\nunique (a, b)", ""),
            ("", "a: text encrypted with pii searchable\nok: bool\nunique (a) where ok", ""),
            ("", "a: text? encrypted with pii\nb: int\nunique (b) where a is not null", ""),
            ("", "a: text encrypted with pii\nb: int\nunique (b) where a = \"x\"", "E0831"),
            ("type Sku = text(20) matches \"^[A-Z]+$\"", "a: Sku unique encrypted with pii searchable", ""),
            ("enum M { x, y }", "a: M encrypted with pii searchable", "E0833"),
            ("enum M { x, y }", "a: M encrypted with pii searchable accept_leak because \"few\"", ""),
            ("", "a: text[] encrypted with pii searchable", "E0839"),
            (
                "",
                "a: map<text> encrypted with pii\nb: json? encrypted with pii\nc: geo.point encrypted with pii",
                "",
            ),
            ("struct R { x: text\n y: int }", "a: R encrypted with pii\nb: R[]? encrypted with pii", ""),
            ("struct R { x: text\n y: int }", "a: R encrypted with pii\nindex (a.x)", "E0831"),
            ("struct R { x: text\n y: int }", "a: R inline encrypted with pii", "E0835"),
            ("struct R { x: -> Other }\nentity Other { id: uuid key }", "a: R encrypted with pii", ""),
            ("", "a: text encrypted with pii\nb: text computed (upper(a))\nc: int computed (length(b))", ""),
            ("", "a: text encrypted with pii\nb: text computed (upper(a))\nindex (b)", "E0831"),
            ("", "a: text encrypted with pii\nb: text computed (upper(a))\nunique (b)", "E0832"),
            ("", "a: text encrypted with pii searchable\na_bx: int", "E0503 E0203"),
            ("", "a: text encrypted with pii searchable\nother: int as \"a_bx\"", "E0503"),
            ("", "a: text as \"Weird \\\"name\" unique encrypted with pii searchable", ""),
        ],
        of_entity,
    );
}

/// The key of such a cache would show in Redis what the entity hides.
#[test]
fn no_cache_is_found_by_what_is_encrypted() {
    let cached = |by: &str| {
        codes(&format!(
            "schema core in main {{ entity Thing {{ id: uuid key; a: text unique encrypted with pii searchable }} }}
             keyspace K in cache from core.Thing {{ pattern \"k:{{{by}}}\"; ttl 1m }}"
        ))
    };
    assert_eq!(cached("id"), "");
    assert_eq!(cached("a"), "E0831");
}

/// A record with something encrypted in it.
const R: &str = "struct R { x: text encrypted with pii\n y: int }";

#[test]
fn a_field_of_a_record_is_encrypted_where_a_row_and_a_path_name_it() {
    let searched = "struct R { x: text? unique encrypted with pii searchable\n y: int }";
    let nested = format!("{R}\nstruct Q {{ r: R?\n z: int }}");
    all(
        &[
            (searched, "include R", ""),
            (R, "include R\nb: R\nc: R?\nd: R inline", ""),
            (&nested, "q: Q\no: Q? inline", ""),
            ("", "b: { x: text? encrypted with pii, y: { z: int encrypted with pii } }", ""),
            (R, "b: R[]", "E0840"),
            ("type T = text(9)\nstruct R { x: T encrypted with pii }", "b: map<R>", "E0840"),
            ("", "b: { rs: { x: text encrypted with pii }[] }", "E0840"),
            (R, "b: R[] encrypted with pii", "E0835"),
            (R, "b: R encrypted with pii", "E0835"),
            (
                "struct Q { x: text encrypted with pii }\nstruct R { q: Q encrypted with pii }",
                "b: R",
                "E0835",
            ),
            ("struct R { p: password encrypted with pii }", "b: R\nc: R", "E0835"),
            ("struct R { o: -> Thing encrypted with pii }", "b: R", "E0835"),
            ("struct R { x: text encrypted with pii searchable }", "b: R\nc: R", "E0839"),
        ],
        of_entity,
    );
}

#[test]
fn nothing_needs_it_in_the_clear() {
    all(
        &[
            (R, "b: R\nindex (b.y)\ncheck (b.y > 1 and b.x is not null)\nunique (b.y)", ""),
            (R, "b: R\nc: R\nindex (c.x)", "E0831"),
            (R, "b: R\nunique (b.x)", "E0831"),
            (R, "b: R\nd: int\nindex (d) where b.x = \"1\"", "E0831"),
            (R, "b: R\ncheck (b.x = \"1\")", "E0831"),
            (R, "b: R = { x: \"1\", y: 2 }", "E0831"),
            (R, "b: R? = null", ""),
            (R, "b: R\nc: text computed (upper(b.x))", ""),
            (R, "b: R\nc: text computed (upper(b.x))\nindex (c)", "E0831"),
            (R, "b: R\nc: int computed (b.y + 1)\nindex (c)", ""),
            ("struct R { x: text = \"1\" encrypted with pii }", "b: R\nc: R", "E0831"),
            ("struct R { x: text encrypted with pii check (x != \"1\") }", "b: R", "E0831"),
            ("struct R { x: text encrypted with pii\n y: text check (x != y) }", "b: R", "E0831"),
        ],
        of_entity,
    );
    let keyed = "entity Thing in main { id: bigint key = identity()\n b: { x: text encrypted with pii } }";
    assert_eq!(codes(keyed), "E0834");
}

#[test]
fn what_has_no_row_encrypts_nothing() {
    let user =
        format!("{R}\nentity User in main {{ id: uuid key\n r: R\n phone: phone encrypted with pii }}\n");
    let keyspace = |from: &str, value: &str| {
        codes(&format!(
            "{user}keyspace K in cache {from} {{ pattern \"k:{{id: uuid}}\"; value {value}; ttl 1m }}"
        ))
    };
    let cached = |value: &str| {
        codes(&format!("{user}keyspace K in cache from User {{ pattern \"k:{{id}}\"; {value} ttl 1m }}"))
    };
    for value in [
        "json { t: text encrypted with pii }",
        "json { r: R }",
        "hash { t: text encrypted with pii }",
        "list of R",
    ] {
        assert_eq!(keyspace("", value), "E0840", "{value}");
    }
    assert_eq!(codes(&format!("{user}channel C in cache {{ pattern \"c\"; value R }}")), "E0840");
    assert_eq!(cached(""), "", "the whole entity, ciphertext and all");
    for (value, wanted) in [
        ("value json { phone: phone };", "E0830"),
        ("value json { phone: text? };", "E0830"),
        ("value json { r: { x: text } };", "E0830"),
        ("value json { r: json };", "E0830"),
        ("value json { r: { y: int }, id: uuid };", ""),
        ("value json { phone: bytes };", ""),
        ("value json { phone: phone not encrypted because \"the door opens by it\" };", ""),
    ] {
        assert_eq!(cached(value), wanted, "{value}");
    }
}

#[test]
fn a_record_has_one_form_whoever_encrypts() {
    let source = |other: &str| {
        codes(&format!(
            "encryption key kms {{ provider: aws_kms(\"alias/pii\") }}
             store letters: mongodb 7 {{ field_encryption: csfle }}
             struct R {{ x: text encrypted with kms }}
             entity A in letters as \"as\" {{ id: uuid key\n r: R }}
             entity B in {other} as \"bs\" {{ id: uuid key\n r: R }}"
        ))
    };
    assert_eq!(source("letters"), "");
    assert_eq!(source("docs"), "E0626");
}

#[test]
fn a_view_passes_a_record_on_as_it_is() {
    let view = |sql: &str, columns: &str| {
        codes(&format!(
            "schema core in main {{ {R}\nentity T as \"ts\" {{ id: uuid key\n r: R }}\nview V {{ sql \"{sql}\"; {columns} }} }}"
        ))
    };
    assert_eq!(view("select id, r from core.ts", "id: uuid; r: R"), "");
    assert_eq!(view("select jsonb_build_object('x', 'a', 'y', 1) as r from core.ts", "r: R"), "E0840");
}

/// A rule that wants a label encrypted is satisfied where everything below the label is encrypted in place.
#[test]
fn rules_take_a_record_for_encrypted_where_all_that_is_labelled_in_it_is() {
    let with_rule = |record: &str, field: &str| {
        codes(&format!(
            "policy p {{
               rule applies {{ for field where #personal in labels\n apply encrypted with pii }}
               rule requires {{ for field where #personal in labels and not exempt\n require encrypted }}
             }}
             use policy p
             schema core in main {{ struct R {{ {record} }}\nentity T {{ id: uuid key\n r: R {field} }} }}"
        ))
    };
    for (record, field, wanted) in [
        ("x: text #personal encrypted with pii\n y: int", "", ""),
        ("x: text #personal encrypted with pii\n y: { z: int #personal encrypted with pii }", "", ""),
        ("x: text #personal encrypted with pii\n y: int #personal not encrypted because \"few\"", "", ""),
        // The rule encrypts the whole then.
        ("x: text #personal\n y: int", "", ""),
        ("x: text #personal encrypted with pii\n y: int #personal", "", "E0835"),
        ("x: text encrypted with pii\n y: int", "#personal", "E0835"),
        ("x: text encrypted with pii\n y: int", "#personal not encrypted because \"y is for all\"", ""),
    ] {
        assert_eq!(with_rule(record, field), wanted, "{record} | {field}");
    }
}

#[test]
fn a_view_passes_ciphertext_on_and_counts_it_and_compares_it_with_nothing() {
    let of_view = |sql: &str, columns: &str| {
        codes(&format!(
            "schema core in main {{
               entity T as \"ts\" {{
                 id: uuid key
                 a: text? encrypted with pii searchable
                 d: int
                 o: -> T? unchecked
                 index (o)
               }}
               view W as \"w\" {{ sql \"select a as b, d from core.ts\"; b: text?; d: int }}
               view N as \"n\" {{ sql \"select count(a) as n from core.ts\"; n: bigint }}
               view V {{ sql \"\"\"{sql}\"\"\"; {columns} }}
}}"
        ))
    };
    all(VIEWS, of_view);
}

const VIEWS: &[(&str, &str, &str)] = &[
    ("select id, a from core.ts where a is not null and d > 3 order by d, id", "id: uuid; a: text?", ""),
    (
        "select t.id, u.a from core.ts t left join core.ts u on u.id = t.o where u.d > 1",
        "id: uuid; a: text?",
        "",
    ),
    ("select t.d from core.ts t join core.ts u using (d, id)", "d: int", ""),
    (
        "select d, count(a) as n, count(*) filter (where d > 3) as m from core.ts group by 1 having count(a) > 2 order by n",
        "d: int; n: bigint; m: bigint",
        "",
    ),
    ("select distinct d from core.ts", "d: int", ""),
    ("select id from core.ts t where exists (select 1 from core.ts u where u.o = t.id)", "id: uuid", ""),
    (
        "with x as (select id, a as b, d from core.ts) select id, b from x where d > 2",
        "id: uuid; b: text?",
        "",
    ),
    ("select n from (select d, count(a) as n from core.ts group by d) q where n > 2", "n: bigint", ""),
    ("select a from core.ts union all select a from core.ts where d > 1", "a: text?", ""),
    ("select id, row_number() over (order by d) as n from core.ts", "id: uuid; n: bigint", ""),
    ("select n from core.n where n > 1", "n: bigint", ""),
    ("select * from core.w", "b: text?; d: int", ""),
    ("select id from core.ts where a = 'x'", "id: uuid", "E0838"),
    ("select t.id from core.ts t join core.ts u on u.a = t.a", "id: uuid", "E0838"),
    ("select t.id from core.ts t join core.ts u using (a)", "id: uuid", "E0838"),
    ("select a, count(*) as n from core.ts group by a", "a: text?; n: bigint", "E0838"),
    ("select a, count(*) as n from core.ts group by 1", "a: text?; n: bigint", "E0838"),
    ("select id from core.ts order by a", "id: uuid", "E0838"),
    ("select id, a as d from core.ts order by d", "id: uuid; d: text?", "E0838"),
    ("select distinct a from core.ts", "a: text?", "E0838"),
    ("select distinct on (a) id from core.ts", "id: uuid", "E0838"),
    ("select max(a) as m from core.ts", "m: text?", "E0838"),
    ("select count(distinct a) as m from core.ts", "m: bigint", "E0838"),
    ("select upper(b) as u from core.w", "u: text?", "E0838"),
    ("select u from (select upper(a) as u from core.ts) q", "u: text?", "E0838"),
    ("select b from core.w where b = 'x'", "b: text?", "E0838"),
    ("select id from core.ts t where exists (select 1 from core.ts u where u.a = t.a)", "id: uuid", "E0838"),
    ("select id from core.ts where d in (select length(a) from core.ts)", "id: uuid", "E0838"),
    ("with x as (select id, a as b from core.ts) select id from x where b = 'x'", "id: uuid", "E0838"),
    ("select id, row_number() over (order by a) as n from core.ts", "id: uuid; n: bigint", "E0838"),
];

#[test]
fn tenants_of_one_database_share_the_keys_of_its_drivers() {
    let of_tier = |tier: &str, key: &str| {
        codes(&format!(
            "store mail: mongodb 7 {{ field_encryption: csfle }}
tenancy by tenant_id: uuid
{tier}
encryption key cards {{ provider: aws_kms(\"alias/cards\"); {key} }}
entity Letter in mail {{ id: uuid key; body: text encrypted with cards }}"
        ))
    };
    let apart = "tier enterprise { isolation: database }";
    let shared = "tier standard { isolation: row; accept client_enforced in mail because \"one service alone reaches it\" }";
    all(
        &[
            (apart, "scope: tenant", ""),
            (apart, "scope: platform", ""),
            (shared, "scope: platform", ""),
            (shared, "scope: tenant", "E0627"),
            (&shared.replace("isolation: row", "isolation: row; keys: { cards: tenant }"), "", "E0627"),
            (&apart.replace("isolation: database", "isolation: database; keys: { cards: tenant }"), "", ""),
            (
                &apart.replace("isolation: database", "isolation: database; keys: { cards: subject }"),
                "",
                "E0627 E0836",
            ),
        ],
        of_tier,
    );
}
