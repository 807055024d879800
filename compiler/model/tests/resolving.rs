//! Tests of the diagnostics of small projects, as `CODE place: message`.

use polity_model::{Platform, TypeKind};
use polity_text::source::Sources;

const HEAD: &str = "platform shop { environments: [dev, prod]; production: [prod] }\nstore main: postgres 15 {}\nstore docs: mongodb 6 {}\nstore cache: redis 7 {}\n";

/// Resolves a project and gives what was told, one a line.
pub(super) fn told(source: &str) -> String {
    let sources = Sources::single("a.polity", &format!("{HEAD}{source}"));
    let (tree, mut found) = polity_syntax::parse(&sources);
    let (_, resolved) = polity_model::resolve(&tree, polity_engines::ENGINES);
    found.extend(resolved);
    let line = |d: &polity_text::diagnostics::Diagnostic| {
        let place = d.primary.as_ref().map_or("", |p| sources.text(p.span));
        format!("{} {place}: {}", d.code, d.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Resolves an entity with a key and these statements, and gives what was told, one a line.
pub(super) fn told_of(statements: &str) -> String {
    told(&format!("schema core in main {{\nentity User {{\nid: uuid key\n{statements}\n}}\n}}"))
}

fn resolved(source: &str) -> Platform {
    let sources = Sources::single("a.polity", &format!("{HEAD}{source}"));
    let (tree, found) = polity_syntax::parse(&sources);
    let (platform, resolved) = polity_model::resolve(&tree, polity_engines::ENGINES);
    let found: Vec<_> = found.iter().chain(&resolved).map(|d| &d.message).collect();
    assert!(found.is_empty(), "{found:?}");
    platform
}

#[test]
fn one_mistake_in_each_place_is_told_at_its_place() {
    let mut wrong = Vec::new();
    for (statements, expected) in [
        ("a: strng", "E0201 strng: there is no type `strng`"),
        ("a: -> Usr", "E0201 Usr: there is no entity `Usr`"),
        ("a: int = \"x\"", "E0302 \"x\": `int` is expected, and this is `text`"),
        ("a: int? = null", ""),
        ("a: int = null", "E0302 null: `a` is never absent, so it cannot be `null`"),
        ("a: smallint = 32768", "E0307 32768: `a` does not admit this value: it is beyond `smallint`"),
        (
            "a: decimal(4, 2) = 100",
            "E0307 100: `a` does not admit this value: it has more digits than `decimal(4, 2)`",
        ),
        ("a: text(2) = \"ééé\"", "E0307 \"ééé\": `a` does not admit this value: it is longer than `text(2)`"),
        ("a: text(2) = \"éé\"", ""),
        (
            "a: int optimistic\nb: int optimistic",
            "E0203 optimistic: an entity has one field that is `optimistic`",
        ),
        ("a: int\nindex (5)", "E0206 5: this is the same for every row"),
        ("a: int\nunique (a, a)", "E0203 a: this column is listed twice"),
        ("audit", "E0206 audit: where does the trail go?"),
        ("a: Text", "E0201 Text: there is no type `Text`"),
        ("a: text as \"\"", "E0205 \"\": a stored name has at least one character"),
        ("a: int = 1e6", "E0109 1e6: `1e6` is not a number"),
        ("a: text(1e2)", "E0109 1e2: `1e2` is not a number"),
        ("a: date = 2027-13-01", "E0110 2027-13-01: `2027-13-01` is not a date"),
        ("a: timestamp\nretain 5days after a", "E0109 5days: `5days` is not a number with a unit"),
        ("a: Nope\ncheck (a = open)", "E0201 Nope: there is no type `Nope`"),
        ("a: int\ncheck (#personal in a)", "E0206 #personal: a label is no value: `#personal`"),
        ("a: int\ncheck (a in [])", "E0309 []: nothing is in an empty list"),
        ("a: int\ncheck (a % 0 = 1)", "E0309 0: nothing can be divided by zero"),
        ("a: json = { b: [-2.5, -1], c: { d: -3 } }", ""),
        ("a: bigint = -9223372036854775808", ""),
        ("a: int = -1 min 0", "E0307 -1: `a` does not admit this value: it is less than 0"),
        ("a: text = -1", "E0302 -1: `text` is expected, and this is `int`"),
        ("a: { b: text, c: int[] }[]\nindex (a.b)\nindex (a.c)", ""),
        ("a: { b: text }[]\nindex (a.c)", "E0201 c: `UserA` has no field `c`"),
        ("a: { b: int }[]\ncheck (a.b > 1)", "E0302 b: `UserA[]` has nothing called `b` in it"),
        ("a: { b: int }[]\nunique (a.b)", "E0302 b: `UserA[]` has nothing called `b` in it"),
        ("a: date = now()", ""),
        ("a: text = now()", "E0302 now(): `text` is expected, and this is `timestamp`"),
        ("a: uuid = \"1\"", "E0302 \"1\": this text is not a uuid"),
        ("a: text(0)", "E0319 0: a whole number from 1 to 10485760 is expected"),
        ("a: decimal(2, 3)", "E0319 3: a whole number from 0 to 2 is expected"),
        ("a: int min 5 max 4", "E0319 max 4: no value is at least 5 and at most 4"),
        ("a: int = 3 min 5", "E0307 3: `a` does not admit this value: it is less than 5"),
        ("a: int length 1..2", "E0303 length 1..2: `length` means nothing here"),
        ("a: int soft_delete", "E0303 soft_delete: `soft_delete` means nothing here"),
        (
            "a: -> User on delete set null",
            "E0303 on delete set null: `a` is never absent, so it cannot be set to null",
        ),
        ("a: int\ncheck (a)", "E0302 a: `bool` is expected, and this is `int`"),
        ("a: int\ncheck (a = \"x\")", "E0309 a = \"x\": `int` and `text` cannot be compared"),
        ("a: int?\ncheck (a = null)", "E0309 a = null: nothing is equal to `null`"),
        ("a: json\ncheck (int(a.b.c) > 1)", ""),
        ("a: { b: int }\ncheck (a.c > 1)", "E0201 c: `UserA` has no field `c`"),
        ("a: int computed (a + 1)", "E0312 a + 1: `a` follows from itself"),
        ("a: timestamp\nretain 5y after b", "E0201 b: `User` has no field `b`"),
        ("a: int\nindex (b)", "E0201 b: there is no field `b` here"),
        ("a: int\na: int", "E0203 a: field `a` is declared twice"),
        ("a: text #persnal", "E0201 #persnal: there is no label `#persnal`"),
        (
            "audit (insert, updat, delete) into Nope",
            "E0201 updat: there is no operation `updat`\nE0201 Nope: there is no audit log `Nope`",
        ),
        ("a: { b: int unique }", "E0303 unique: `unique` means nothing in a record"),
    ] {
        let found = told_of(statements);
        if found != expected {
            wrong.push(format!("{statements}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_are_found_nearest_first_and_ambiguous_ones_are_told() {
    let two = "schema a in main {\nenum E { x }\n}\nschema b in main {\nenum E { y }\n}\n";
    let at = |schema: &str, ty: &str| {
        told(&format!("{two}schema {schema} in main {{\nentity T {{\nid: uuid key\ne: {ty}\n}}\n}}"))
    };
    assert_eq!(at("a", "E"), "");
    assert_eq!(at("c", "E"), "E0202 E: `E` may be `a.E` or `b.E`");
    assert_eq!(at("c", "b.E"), "");
    assert_eq!(at("c", "main.b.E"), "");
    assert_eq!(at("c", "docs.E"), "E0201 docs.E: there is no type `docs.E`");
    assert_eq!(at("c", "a"), "E0201 a: there is no type `a`");
}

#[test]
fn a_field_refers_to_its_own_entity_and_to_other_stores() {
    let platform = resolved(
        "schema core in main {\nentity User {\nid: uuid key\nboss: -> User?\ndoc: -> docs.Doc\n}\n}\nentity Doc in docs { id: uuid key; owner: -> core.User }",
    );
    let user = platform.entities.iter().find(|e| e.named.name == "User").expect("it is there");
    assert_eq!(user.declared.references.len(), 2);
    assert!(user.declared.references[0].enforced && user.declared.references[0].optional);
    assert!(!user.declared.references[1].enforced);
    assert!(user.fields.iter().all(|f| f.ty.kind != TypeKind::Broken));
}

#[test]
fn a_reference_to_a_composite_key_is_told_the_way_out() {
    let found = told(
        "schema core in main {\nentity M {\na: int\nb: int\nkey (a, b)\n}\nentity N {\nid: uuid key\nm: -> M\n}\n}",
    );
    assert_eq!(found, "E0305 M: the key of `M` has 2 fields: a, b");
}

#[test]
fn included_fields_keep_their_meaning_where_they_stand() {
    let platform = resolved(
        "struct S {\na: int\nb: int check (b > a)\n}\nschema core in main {\nentity T {\nid: uuid key\nx: int\ninclude S\n}\n}",
    );
    let check = &platform.entities[0].fields[3].constraints.checks[0];
    let mut named = Vec::new();
    check.fields(&mut |path, _| named.push(path.root.index()));
    assert_eq!(named, [3, 2]);
}

#[test]
fn what_is_wrong_in_an_included_struct_is_told_once() {
    let found = told(
        "struct S { a: int = \"x\" }\nschema core in main {\nentity T {\nid: uuid key\ninclude S\n}\nentity U {\nid: uuid key\ninclude S\n}\n}",
    );
    assert_eq!(found, "E0302 \"x\": `int` is expected, and this is `text`");
}

#[test]
fn nothing_is_told_that_only_follows_from_another_mistake() {
    // The field that could not be read may have been what the others name.
    let found = told_of("mail = text\nindex (mail)\ncheck (mal > 1)");
    assert_eq!(found, "E0114 =: `=` stands where a colon should");
    // A clause that could not be read hides no field, and a field whose colon is missing is known.
    let found = told_of("mail text\nindex ()\nindex (mail)\ncheck (mal is null)");
    assert_eq!(
        found,
        "E0114 mail: a colon is missing after `mail`\nE0117 ): unexpected `)` in `index`\nE0201 mal: there is no field `mal` here"
    );
    // What was meant otherwise is not judged as it was read.
    assert_eq!(
        told_of("a: map<text, int> = { b: 1 }\nb: text(-1) = 5"),
        "E0118 <: this type takes no `<…>`\nE0118 (: the size of a type is made of whole numbers"
    );
    assert_eq!(
        told("store x: redis \"7\" {}\nkeyspace K in cache { pattern \"a\"; value text; ttl 5 minutes }"),
        "E0125 \"7\": unexpected `\"7\"` before the `{`\nE0117 minutes: unexpected `minutes` in `ttl`"
    );
    // An item that could not be read hides only its own name.
    assert_eq!(
        told("9x Foo\nkeyspace K in cache { pattern \"a:{f: Foo}:{n: Nope}\"; value text; ttl 5m }"),
        "E0116 9x: `9x` begins no item\nE0201 Nope: there is no type `Nope`"
    );
    // A misspelt `schema` is one, and one without a readable store hides what stands in it.
    let inside = "{\nentity A {\nid: uuid key\nb: -> A\nc: Nope\n}\n}";
    assert_eq!(
        told(&format!("schem core in main {inside}")),
        "E0116 schem: `schem` begins no item\nE0201 Nope: there is no type `Nope`"
    );
    assert_eq!(told(&format!("schema core inn main {inside}")), "E0125 inn: unexpected `inn` before the `{`");
    // An entity in an unknown store is still judged, and found by those who name it.
    let found = told(
        "schema core in mian {\nentity A {\nid: uuid key\nb: intt\n}\n}\nschema x in main {\nentity B {\nid: uuid key\na: -> core.A\n}\n}",
    );
    assert_eq!(found, "E0201 mian: there is no store or schema `mian`\nE0201 intt: there is no type `intt`");
}

#[test]
fn what_never_ends_is_told_and_cut() {
    for (source, expected) in [
        ("struct A { a: A }", "E0211 A: `A` holds itself"),
        ("struct A { b: B[] }\nstruct B { a: A? }", "E0211 A?: `A` holds itself by way of `B`"),
        ("type A = B\ntype B = A", "E0211 A: `B` is built on itself"),
        ("struct A { include B }\nstruct B { include A }", "E0211 A: `A` would include itself"),
        (
            "entity A in docs { id: -> B key }\nentity B in docs { id: -> A key }",
            "E0211 -> A: the type of `id` is never said",
        ),
        (
            r#"schema s in main { view A { sql """select n from s.a"""
                n: text } }"#,
            r#"E0211 """select n from s.a""": `A` reads itself"#,
        ),
        (
            r#"schema s in main {
                view A { sql """select n from s.b"""
                    n: text }
                view B { sql """select n from s.a"""
                    n: text }
            }"#,
            r#"E0211 """select n from s.a""": `A` reads itself by way of `B`"#,
        ),
        ("label a: b\nlabel b: a", "E0211 a: label `a` is its own ancestor"),
    ] {
        assert_eq!(told(source), expected, "{source}");
    }
}

#[test]
fn a_chain_of_ten_thousand_records_does_not_overflow() {
    let chain: String = (0..10_000).map(|i| format!("struct A{i} {{ a: A{} }}\n", i + 1)).collect();
    let found = told(&format!("{chain}struct A10000 {{ a: int }}"));
    assert!(found.starts_with("E0333"), "{}", &found[..200.min(found.len())]);
}

#[test]
fn structs_include_one_another_so_often_and_no_more() {
    let chain = |length: usize| -> String {
        let including = (0..length).map(|i| format!("struct S{} {{ include S{i}; f{i}: int }}\n", i + 1));
        format!("struct S0 {{ a: int }}\n{}", including.collect::<String>())
    };
    assert_eq!(told(&chain(16)), "");
    let found = told(&chain(17));
    assert!(
        found.starts_with("E0333") && found.contains("more than 16 structs include one another"),
        "{found}"
    );
}

#[test]
fn key_patterns_are_read_with_their_places() {
    let platform =
        resolved("keyspace K in cache { pattern \"a:{{b:{x: text #personal}:{y: uuid}\"; value text }");
    let pattern = &platform.keyspaces[0].pattern;
    assert_eq!(pattern.parts.len(), 4);
    assert_eq!(pattern.parameters[0].labels.len(), 1);
    for (pattern, expected) in [
        ("{x: txt}", "E0201 txt: there is no type `txt`"),
        ("a{x: text}{y: text}", "E0317 y: text: two placeholders stand side by side"),
        ("a:{x", "E0317 {: a placeholder is never closed"),
        ("a b", "E0317  : a key has no blanks and no control characters"),
        ("a:{x: json}", "E0303 x: json: `json` cannot be a segment of a key"),
        ("a:{x}", "E0317 x: what is `x`?"),
    ] {
        let found = told(&format!("keyspace K in cache {{ pattern \"{pattern}\"; value text }}"));
        assert_eq!(found, expected, "{pattern}");
    }
}

#[test]
fn settings_keep_their_layers_and_unknown_environments_are_told() {
    let platform = resolved("store other: redis 7 { max_memory: 1GiB; in prod { max_memory: 2GiB } }");
    let other = &platform.stores[3].settings;
    assert_eq!((other.base.len(), other.environments.len()), (1, 1));
    assert_eq!(
        told("store other: redis 7 { in prd { replicas: 1 } }"),
        "E0201 prd: there is no environment `prd`"
    );
}

#[test]
fn predicates_of_rules_are_typed_over_facts() {
    let rule = |predicate: &str| {
        told(&format!(
            "policy p {{\nparameter longest: duration = 5y\nrule r {{\nfor entity where #personal in labels\nrequire {predicate}\n}}\n}}"
        ))
    };
    assert_eq!(rule("retention_max <= longest and store.region = \"eu\""), "");
    assert_eq!(
        rule("retention_max <= 5"),
        "E0302 retention_max <= 5: a duration and a number cannot be compared"
    );
    assert_eq!(rule("retention_mx <= 5y"), "E0801 retention_mx: there is no fact `retention_mx` of a entity");
    assert_eq!(rule("audited"), "");
    assert_eq!(rule("name"), "E0302 name: a condition is expected, and this is a text");
}

#[test]
fn the_tenant_leads_whatever_each_tenant_has_its_own_of() {
    let source = "platform shop { environments: [dev] }
tenancy by tenant_id: uuid
tier standard { isolation: row }
store main: postgres 15 { database: \"shop\" }
store cache: redis 7 {}
schema core in main {
  global entity Country { code: country key }
  entity User { id: uuid key; email: email unique; land: -> Country; index by_land (land); index (email) using hash }
  entity Post { id: uuid key; by: -> User?  on delete set null; index (by) }
}
keyspace Session in cache { pattern \"s:{user: -> core.User}\"; value text; ttl 1h; together by (user) }
";
    let sources = polity_text::source::Sources::single("shop.polity", source);
    let (tree, mut found) = polity_syntax::parse(&sources);
    let (platform, resolved) = polity_model::resolve(&tree, polity_engines::ENGINES);
    found.extend(resolved);
    assert_eq!(found, []);
    let entities: Vec<_> = platform.entities.iter().collect();
    let [country, post, user] = entities[..] else { panic!("three entities") };
    assert_eq!(country.tenant, None);
    let tenant = user.tenant.expect("it is scoped");
    assert_eq!(user.in_order().next().map(|(id, _)| id), Some(tenant));
    assert_eq!((user.key[0], user.identity().len()), (tenant, 1));
    let columns =
        |columns: &[polity_model::entity::Column]| columns.iter().map(|c| c.field()).collect::<Vec<_>>();
    assert_eq!(columns(&user.uniques[0].columns)[0], Some(tenant));
    assert_eq!(columns(&user.indexes[0].columns)[0], Some(tenant));
    assert_eq!(user.indexes[1].columns.len(), 1, "a hash index has one column");
    assert_eq!(user.declared.references[0].fields.len(), 1, "what is global has no tenant");
    assert_eq!(
        (post.declared.references[0].fields.len(), post.declared.references[0].target_fields[0]),
        (2, tenant)
    );
    let pattern = &platform.keyspaces[0].pattern;
    assert_eq!(
        (pattern.parameters[0].name.as_str(), &pattern.parts[1]),
        ("tenant", &polity_model::keyspace::Part::Literal(":".into()))
    );
    assert_eq!(platform.keyspaces[0].together_by, [1]);
}

#[test]
fn what_means_nothing_in_a_struct_is_told_there() {
    assert_eq!(
        told("struct S {\na: int\nindex (a)\nretain 5y\n}"),
        "E0206 index: a record holds fields and nothing else\nE0206 retain: a record holds fields and nothing else"
    );
}

#[test]
fn what_the_platform_lists_is_listed_once() {
    let sources = Sources::single(
        "a.polity",
        "platform shop {\nenvironments: [dev]\nenvironments: [prod]\nproduction: [dev]\nproduction: [dev]\n}",
    );
    let (tree, _) = polity_syntax::parse(&sources);
    let (_, found) = polity_model::resolve(&tree, polity_engines::ENGINES);
    let messages: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["`environments` is set twice", "`production` is set twice"]);
}

#[test]
fn what_it_takes_to_follow_sql_ends() {
    let columns: String = (0..1_500).map(|i| format!("c{i}: int\n")).collect();
    let held = ["w = v"; 30].join(" and ");
    let view = |i: usize| {
        format!(
            "view V{i} {{ a: int\nsql \"\"\"with q as (select t as w, t as v from core.t t) \
             select 1 as a from q where {held}\"\"\" }}\n"
        )
    };
    let source = |views: usize| {
        let views: String = (0..views).map(view).collect();
        told(&format!("schema core in main {{\nentity T as \"t\" {{\nid: uuid key\n{columns}}}\n{views}}}\n"))
    };
    let told = source(2);
    assert!(told.starts_with("E0330 ") && told.lines().count() == 1, "{told}");
    assert!(
        told.ends_with("it takes more than 3000000 steps to follow all SQL by hand up to here"),
        "{told}"
    );
    // Five hundred ordinary ones take a small part of it.
    let ordinary = |i: usize| {
        let columns: Vec<String> = (0..100).map(|c| format!("t.c{c} + u.c{c} as a{c}")).collect();
        format!(
            "view V{i} {{ {} sql \"\"\"select {} from core.u t join core.u u on t.id = u.id\"\"\" }}\n",
            (0..100).map(|c| format!("a{c}: int\n")).collect::<String>(),
            columns.join(", ")
        )
    };
    let narrow: String = (0..100).map(|i| format!("c{i}: int\n")).collect();
    let views: String = (0..500).map(ordinary).collect();
    let told = self::told(&format!(
        "schema core in main {{\nentity U as \"u\" {{\nid: uuid key\n{narrow}}}\n{views}}}\n"
    ));
    assert_eq!(told, "");
}

/// Resolves a script next to a table `core.users`, and gives what was told, one a line.
fn told_of_script(sql: &str) -> String {
    told(&format!(
        "schema core in main {{\nentity User as \"users\" {{\nid: uuid key\n}}\n}}\nsql once \"x\" \"\"\"{sql}\"\"\""
    ))
}

#[test]
fn blocks_and_bodies_name_tables_that_exist() {
    for right in [
        "DO $$ BEGIN UPDATE core.users SET id = id; END $$",
        "do language plpgsql $x$ begin perform 1; end $x$; select 1;",
        "select 1; DO $x$ begin execute $q$ delete from only core.users $q$; end $x$ language plpgsql",
        "create or replace function core.f() returns trigger language plpgsql as $$ declare r record; begin
           if new.id is distinct from old.id then select * into r from core.users u; end if;
           perform * from core.g(1); -- from core.nowhere
           raise notice 'from core.nowhere'; return r; end $$",
        "select $$copied from core.old$$",
    ] {
        assert_eq!(told_of_script(right), "", "{right}");
    }
    for (wrong, place) in [
        ("DO $$ BEGIN UPDATE core.user SET id = 1; END $$", "core.user"),
        ("select 'é', 1;\n\tDO $b$\n\tBEGIN é := 1; DELETE FROM Core . nope; END $b$", "Core . nope"),
        ("do $$ begin execute $q$ insert into core.nope (id) values (1) $q$; end $$", "core.nope"),
        (
            "create function core.f() returns int language sql as $f$ select 1 from core.users join core.\"Users\" on true $f$",
            "core.\"Users\"",
        ),
    ] {
        let told = told_of_script(wrong);
        assert!(told.starts_with("E0315 ") && told.lines().count() == 1, "{wrong}\n{told}");
        assert!(told.starts_with(&format!("E0315 {place}")), "{wrong}\n{told}");
    }
    // What is no block is left to the parser, at its place.
    for wrong in ["do 'begin null; end'", "do $$ begin end $$ twice", "do", "do $$ x $$; selec 1"] {
        assert!(told_of_script(wrong).starts_with("E0314 "), "{wrong}\n{}", told_of_script(wrong));
    }
    assert!(told_of_script("do $$ begin create role admin; end $$").starts_with("E0316 "));
}
