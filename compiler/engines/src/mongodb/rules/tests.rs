//! Sources that each rule refuses and, just as much, that it lets pass. The plain cases are on the pages of the codes.

use polity_text::source::Sources;

/// The errors of a store with these settings and an entity `Thing` with these members (beside `id: uuid key`).
fn errors_in(settings: &str, before: &str, members: &str) -> Vec<String> {
    let source = format!(
        "platform shop {{ environments: [dev, prod] }}\n\
         store documents: mongodb 6 {{\n{settings}\n}}\n\
         {before}\n\
         entity Thing in documents {{\n  id: uuid key\n{members}\n}}\n"
    );
    let found = polity::check(&Sources::single("test.polity", &source), None);
    found.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).collect()
}

fn errors(members: &str) -> Vec<String> {
    errors_in("", "", members)
}

#[track_caller]
fn passes(members: &str) {
    assert_eq!(errors(members), Vec::<String>::new(), "{members}");
}

#[track_caller]
fn fails(code: &str, members: &str) {
    let found = errors(members);
    assert!(found.len() == 1 && found[0].starts_with(code), "{code} was expected of `{members}`: {found:#?}");
}

const SHARDED: &str = "topology: sharded { shards: 2 }";

#[test]
fn geo_indexes_take_other_fields_beside_a_place() {
    passes("at: geo.point\nkind: text\nindex (at, kind) using geo");
    passes("way: geo.line?\nindex (way) using geo");
    passes("home: { at: geo.point }\nindex (home.at) using geo");
    fails("E0604", "kind: text\nindex (kind) using geo");
    fails("E0604", "at: json\nindex (at) using geo");
    fails("E0604", "at: geo.point[]\nindex (at) using geo");
    fails("E0604", "way: { at: geo.point[] }\nindex (way.at) using geo");
    passes("stops: { at: geo.point }[]\nindex (stops.at) using geo");
    fails("E0616", "at: geo.point\nindex (at desc) using geo");
    passes("at: geo.point\nkind: text\nindex (at, kind desc) using geo");
    fails("E0616", "kind: text\nindex (kind desc) using hash");
    fails("E0616", "kind: text\nindex (kind desc) using text");
}

#[test]
fn indexes_reach_into_lists() {
    passes("items: { sku: text, tags: text[] }[]\nindex (items.sku)\nindex (items.tags, items.sku)");
    passes("stops: { at: geo.point }[]\nindex (stops.at) using geo");
    fails("E0617", "items: { sku: text }[]\ntags: text[]\nindex (items.sku, tags)");
    fails("E0602", "items: { at: timestamp }[]\nindex (items.at) with { expire_after: 90d }");
}

#[test]
fn documents_expire_by_one_plain_date() {
    passes("at: timestamp\nretain 90d after at");
    passes("at: timestamp?\nretain 90d after at");
    passes("day: date\nindex (day) with { expire_after: 90d }");
    fails("E0602", "at: text\nindex (at) with { expire_after: 90d }");
    fails("E0602", "at: timestamp[]\nindex (at) with { expire_after: 90d }");
    fails("E0603", "at: timestamp\nkind: text\nindex (at, kind) with { expire_after: 90d }");
    fails("E0603", "at: timestamp\nindex (at) using hash with { expire_after: 90d }");
    fails("E0610", "at: timestamp\nretain 69y after at");
    fails("E0602", "data: json\nindex (data.at) with { expire_after: 90d }");
    passes("data: map<timestamp>\nindex (data.at) with { expire_after: 90d }");
    fails(
        "E0610 it is said twice",
        "at: timestamp\nindex (at) with { expire_after: 90d }\nretain 30d after at",
    );
    passes("at: timestamp\ngone: timestamp\nindex (at) with { expire_after: 90d }\nretain 30d after gone");
    fails("E0207", "at: timestamp\nretain 30d");
    fails("E0319 `0d` is no time at all", "at: timestamp\nretain 0d after at");
    passes("at: timestamp\nretain 67y after at");
}

#[test]
fn what_is_unique_leads_with_the_shard_key() {
    let in_shards = |members: &str| errors_in(SHARDED, "", members);
    assert_eq!(in_shards("shard by (id)"), Vec::<String>::new());
    assert_eq!(in_shards("shard by hashed (id)"), Vec::<String>::new());
    assert_eq!(
        in_shards("country: country\nsku: text\nshard by (id)\nunique (id, sku)"),
        Vec::<String>::new()
    );
    // The key itself needs an index of its own, since each shard has its own `_id`s.
    let found = in_shards("country: country\nshard by (country)");
    assert!(found.len() == 1 && found[0].starts_with("E0605"), "{found:?}");
    let found = in_shards("code: text unique\nshard by hashed (id)");
    assert!(found.len() == 1 && found[0].starts_with("E0605"), "{found:?}");
}

#[test]
fn a_shard_key_needs_a_sharded_store_in_some_environment() {
    fails("E0621", "shard by (id)");
    let prod = format!("in prod {{ {SHARDED} }}");
    assert_eq!(errors_in(&prod, "", "shard by (id)"), Vec::<String>::new());
}

#[test]
fn partial_filters_know_few_operators() {
    let filtered = |filter: &str| {
        format!("kind: Kind\nn: int?\nflag: bool\nip: inet\nany: json\nindex (n) where {filter}")
    };
    let kinds = "enum Kind { big, little, odd }";
    for filter in [
        "flag",
        "not flag",
        "n > 3 and kind = big or n is null",
        "kind != odd",
        "kind not in [odd, big]",
        "not (n >= 3)",
        "n between 1 and 3",
        "n is not null",
        "3 < n",
    ] {
        assert_eq!(errors_in("", kinds, &filtered(filter)), Vec::<String>::new(), "{filter}");
    }
    for filter in [
        "n != 3",
        "n + 1 > 3",
        "n not in [1, 2]",
        "n > n + 1",
        "ip = \"10.0.0.1\"",
        "ip in [\"10.0.0.1\"]",
        "any.level = \"1\"",
    ] {
        let found = errors_in("", kinds, &filtered(filter));
        assert!(found.len() == 1 && found[0].starts_with("E0609"), "{filter}: {found:?}");
    }
}

#[test]
fn names_that_mean_something_else_are_refused() {
    for name in ["a.b", "$a", "__proto__", "12", "_fts"] {
        fails("E0613", &format!("a: text as \"{name}\""));
    }
    passes("a: text as \"été fini\"");
    fails("E0614", "a: text as \"_id\"");
    for name in ["system.users", "polity_seals", "a$b", "../up", "a/b", "a b", "9lives"] {
        let found = errors_in("", &format!("entity Other in documents as \"{name}\" {{ id: uuid key }}"), "");
        assert!(found.len() == 1 && found[0].starts_with("E0613"), "{name}: {found:?}");
    }
    let long = "x".repeat(10_000);
    let found = errors_in("", &format!("entity Other in documents as \"{long}\" {{ id: uuid key }}"), "");
    assert!(found.len() == 1 && found[0].starts_with("E0613"), "{found:?}");
    for database in ["admin", "a.b", "", "a b"] {
        let found = errors_in(&format!("database: \"{database}\""), "", "");
        assert!(found.len() == 1 && found[0].starts_with("E0613"), "{database}: {found:?}");
    }
}

#[test]
fn naming_may_make_two_names_one() {
    let camel = |members: &str| errors_in("naming: camel_case", "", members);
    assert_eq!(camel("a_b: int\nab: int"), Vec::<String>::new());
    let found = camel("a_b: int\na__b: int");
    assert!(found.len() == 1 && found[0].starts_with("E0614"), "{found:?}");
    let found = camel("r: { a_b: int, c: int as \"aB\" }");
    assert!(found.len() == 1 && found[0].starts_with("E0614"), "{found:?}");
}

#[test]
fn checks_reach_into_records_and_lists() {
    passes("n: int\nm: int\ncheck less (n < m)");
    passes("name: text\ncheck short (length(name) < 9 and lower(name) = name)");
    passes("items: { n: int check (n > 0) }[]");
    passes("items: map<{ n: int check (n > 0) }>");
    passes("at: timestamp\nto: timestamp\ncheck soon (to < at + 6mo)");
    fails("E0615", "at: timestamp\nto: timestamp\ncheck soon (to - at < 6mo)");
    fails("E0615", "items: { a: inet, b: inet check (a != b) }[]");
}

#[test]
fn text_indexes_are_over_texts() {
    passes("tags: text[]\nname: text\nindex (name weight 5, tags) using text language \"german\"");
    fails("E0619", "n: int\nindex (n) using text");
    fails("E0619", "name: text\nindex (name) using text language \"klingon\"");
    fails("E0619", "name: text\nindex (name weight 5)");
    fails("E0601", "a: text\nb: text\nindex (a) using text\nindex (b) using text");
}

#[test]
fn lists_stand_alone_in_an_index() {
    passes("a: text[]\nb: text\nindex (a, b)");
    fails("E0617", "a: text[]\nb: text[]\nindex (a, b)");
    fails("E0608", "a: text[]\nindex (a) using hash");
    fails("E0608", "a: text\nb: text\nindex (a, b) using hash");
}

#[test]
fn sixty_four_indexes_fit_with_that_on_id() {
    let fields = |n: usize| {
        let fields: String = (0..n).map(|i| format!("f{i}: int\n")).collect();
        let indexes: String = (0..n).map(|i| format!("index (f{i})\n")).collect();
        format!("{fields}{indexes}")
    };
    passes(&fields(63));
    fails("E0607", &fields(64));
}

#[test]
fn a_hundred_levels_fit_with_the_document_itself() {
    // Six maps, then a record, in which maps begin anew.
    fn nested(n: usize) -> String {
        match n {
            0 => "int".to_owned(),
            n if n % 7 == 0 => format!("{{ a: {} }}", nested(n - 1)),
            n => format!("map<{}>", nested(n - 1)),
        }
    }
    passes(&format!("tree: {}", nested(99)));
    fails("E0606", &format!("tree: {}", nested(100)));
}

#[test]
fn a_schema_that_doubles_at_each_level_ends() {
    let told = |remark: &str| {
        let level =
            |i: usize| format!("struct L{i} {{\n/// {remark}\na: L{0}\n/// {remark}\nb: L{0} }}\n", i - 1);
        let levels: String = (1..16).map(level).collect();
        errors_in("", &format!("struct L0 {{ x: int check (x > 0) }}\n{levels}"), "tree: L15")
    };
    assert!(told("short").iter().any(|e| e.starts_with("E0622")), "{:?}", told("short"));
    // Comments are written out with what they are of, and no store has room for so many copies.
    assert!(told(&"long ".repeat(200)).iter().any(|e| e.starts_with("E0334")));
}

#[test]
fn the_same_index_twice_is_refused_unless_it_holds_other_documents() {
    passes("a: int\nb: bool\nindex (a)\nindex (a) where b");
    fails("E0623", "a: int\nindex (a)\nindex also (a)");
    passes("at: timestamp\nindex (at)\nretain 9d after at");
}

#[test]
fn what_only_other_engines_have_is_refused() {
    fails("E0612", "up_id: -> Thing? on delete set null\nindex (up_id)");
    fails("E0612", "a: text analyzed french");
    fails("E0612", "r: { a: int } inline");
    fails("E0612", "a: int\npartition by hash (a) into 4");
    fails("E0616", "a: text\nindex (lower(a))");
    fails("E0616", "a: text\nb: text\nindex (a) include (b)");
    fails("E0616", "a: text?\nindex (a nulls last)");
    passes("a: text?\nindex (a nulls first)");
    fails("E0611", "a: json\nindex (a) using gin");
    fails("E0620", "a: text\nindex (a) with { fillfactor: 80 }");
    fails("E0620", "a: text\nwith { capped: true }");
}

#[test]
fn an_index_that_is_there_already_is_told_once() {
    let source = "platform shop { environments: [dev] }\nstore documents: mongodb 6 { }\n\
                  entity Thing in documents { id: uuid key; name: text; size: int\n\
                  index (name)\nindex by_name (name)\nindex third (name desc)\nindex (name, size) }\n";
    let codes = |text: &str| -> Vec<String> {
        let found = polity::check(&Sources::single("test.polity", text), None);
        found.iter().map(|d| d.code.to_string()).collect()
    };
    // The first begins the last, and the third is read backwards: warnings, which wait for the error.
    assert_eq!(codes(source), ["E0623"]);
    assert_eq!(codes(&source.replace("index by_name (name)\n", "")), ["W0202", "W0202"]);
}

#[test]
fn services_read_documents_in_part_and_write_whole_ones() {
    let errors = |lines: &str| {
        let service = format!("service shop {{\n{lines}\n}}");
        errors_in("", &service, "name: text\nwhat: text #secret")
    };
    for lines in ["read documents.Thing (name)", "read documents.* except #secret", "append documents.Thing"]
    {
        assert_eq!(errors(lines), Vec::<String>::new(), "{lines}");
    }
    for lines in [
        "write documents.Thing (name)",
        "append documents.Thing (id, name)",
        "write documents.* except #secret",
    ] {
        let found = errors(lines);
        assert!(found.len() == 1 && found[0].starts_with("E0844"), "{lines}: {found:#?}");
    }
}

#[test]
fn tenants_are_told_apart_in_what_is_read_in_part() {
    let source = "platform shop { environments: [dev] }\n\
         store documents: mongodb 6 { naming: camel_case }\n\
         tenancy by tenant_id: uuid\n\
         tier small { isolation: row; accept client_enforced in documents because \"it is small\" }\n\
         tier own { isolation: database }\n\
         tenant acme: own { id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }\n\
         entity Thing in documents { key_of: uuid key; name: text; what: text }\n\
         global entity Plan in documents { id: uuid key; name: text }\n\
         service shelf { read documents.Thing (name), documents.Plan (name) }\n\
         service desk { write documents.Thing (key_of, name, what) }\n";
    let built = polity::compile(&Sources::single("test.polity", source), &polity::Options::default());
    let artifacts = built.artifacts.unwrap_or_else(|| panic!("{:#?}", built.diagnostics));
    let script = String::from_utf8(artifacts.get("documents/roles.js").unwrap_or_default().to_vec())
        .unwrap_or_default();
    let shown = |names: &[&str]| {
        let mut fields: Vec<String> = names.iter().map(|name| format!("          \"{name}\": 1")).collect();
        fields.push("          \"_id\": 0".to_owned());
        fields.join(",\n")
    };
    assert!(script.contains(&shown(&["name", "tenantId"])), "{script}");
    assert!(script.contains(&shown(&["name"])), "{script}");
    assert!(script.contains("\"thing\": \"insert update\""), "{script}");
    assert!(script.contains("const SHARED = [\"plan\"];"), "{script}");
}

/// The errors of an entity in a store whose drivers encrypt, with a key of these settings.
fn by_driver(mode: &str, key: &str, members: &str) -> Vec<String> {
    let key = format!("encryption key pii {{ {key} }}");
    errors_in(&format!("field_encryption: {mode}"), &key, members)
        .into_iter()
        .filter(|error| !error.starts_with("E0628 Queryable Encryption needs MongoDB 7"))
        .collect()
}

#[test]
fn drivers_encrypt_what_they_can_and_find_what_they_can() {
    const KEY: &str = "provider: aws_kms(\"alias/pii\")";
    let found = |mode: &str, members: &str| by_driver(mode, KEY, members).join("; ");
    for (mode, members, wanted) in [
        ("csfle", "a: bool encrypted with pii searchable accept_leak because \"few\"", "E0626"),
        ("csfle", "a: decimal(20, 2) encrypted with pii", ""),
        ("csfle", "a: json encrypted with pii", ""),
        ("csfle", "a: text unique encrypted with pii", "E0832"),
        ("csfle", "a: text?\nb: int\nunique (b, a)", ""),
        ("csfle", "a: text encrypted with pii searchable\nb: int\nunique (b, a)", ""),
        ("csfle", "a: { b: text }[] encrypted with pii", ""),
        ("queryable_encryption", "a: bool encrypted with pii searchable accept_leak because \"few\"", ""),
        ("queryable_encryption", "a: json encrypted with pii", "E0626"),
        ("queryable_encryption", "a: text encrypted with pii searchable\nb: int\nunique (b, a)", "E0626"),
        ("queryable_encryption", "a: text encrypted with pii\nb: int unique", ""),
        ("queryable_encryption", "a: text encrypted with pii\nat: timestamp\nretain 9d after at", "E0628"),
        ("queryable_encryption", "a: text\nat: timestamp\nretain 9d after at", ""),
        ("application_level", "a: bool encrypted with pii searchable accept_leak because \"few\"", ""),
    ] {
        let told = found(mode, members);
        assert!(
            told.starts_with(wanted) && told.is_empty() == wanted.is_empty(),
            "{mode}: {members}: {told}"
        );
    }
}

#[test]
fn drivers_ask_for_keys_where_mongodb_can() {
    let found = |key: &str| by_driver("csfle", key, "a: text encrypted with pii").join("; ");
    for (key, wanted) in [
        ("provider: vault(\"transit/pii\")", "E0627 MongoDB's drivers cannot ask Vault's transit engine"),
        ("provider: vault(\"kmip/1\")", ""),
        ("provider: kubernetes_secret(\"a\", \"b\")", ""),
        ("provider: file(\"x\"); in prod { provider: vault(\"transit/x\") }", "E0627"),
        ("provider: file(\"x\"); in prod { provider: vault(\"kmip/x\") }", ""),
        ("provider: file(\"x\"); algorithm: chacha20_poly1305", "E0627 MongoDB's drivers have an algorithm"),
    ] {
        let told = found(key);
        assert!(told.starts_with(wanted) && told.is_empty() == wanted.is_empty(), "{key}: {told}");
    }
}

#[test]
fn documents_are_anonymized_where_that_can_be_written() {
    let over = "at: timestamp\nretain 2y after at then anonymize";
    passes(&format!("name: text? #personal\n{over}"));
    // Longer than MongoDB counts, and by a moment that an index lets documents go by later.
    passes(&format!("{over}\nindex (at) with {{ expire_after: 10y }}"));
    passes("at: timestamp\nretain 80y after at then anonymize");
    // Required until then.
    passes(&format!("name: text unique #personal\n{over}"));
    passes(&format!("secret: password\n{over}"));
    passes(&format!("login: {{ secret: password }}\n{over}"));
    fails("E0520", &format!("name: text #personal\nlower: text computed (lower(name))\n{over}"));
    passes(&format!("secret: password?\n{over}"));
    fails("E0520", &format!("name: text unique #personal anonymized as \"gone\"\n{over}"));
    passes(&format!("name: text unique #personal anonymized as text(uuid_v4())\n{over}"));
    fails("E0612", &format!("token: uuid #personal anonymized as uuid_v7()\n{over}"));
    fails("E0614", &format!("anonymized_at: timestamp?\n{over}"));
    passes("anonymized_at: timestamp?\nat: timestamp\nretain 2y after at");
}
