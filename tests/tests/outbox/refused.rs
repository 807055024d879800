//! A message that cannot be made of a row is refused, each for its reason.

use polity_tests::project;

const HEAD: &str = "platform shop { environments: [dev] }
encryption key pii { provider: vault(\"transit/pii\") }
store main: postgres 15 { database: \"shop\", extensions: [postgis] }
store docs: mongodb 7 { database: \"shop\" }
store cache: redis 7 {}
struct Address { city: text(40) }
";

/// An entity's fields and clause, what is declared of the target, and the code and a part of the message.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    (
        "id: uuid key; publish (insert)",
        "channel C in cache { pattern \"c\"; value int }",
        "E0206",
        "where do the messages go",
    ),
    (
        "id: uuid key; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value int }",
        "E0848",
        "is no key",
    ),
    (
        "id: uuid key; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { no: int } }",
        "E0848",
        "no field `no`",
    ),
    (
        "id: uuid key; n: bigint; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { n: int } }",
        "E0848",
        "`n` is `int` in the message",
    ),
    (
        "id: uuid key; n: int?; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { n: int } }",
        "E0848",
        "`n` is `int` in the message",
    ),
    (
        "id: uuid key; n: int; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { n: bytes } }",
        "E0848",
        "is no `bytes`",
    ),
    (
        "id: uuid key; at: timestamp; n: text #personal; index (at); retain 1y after at then anonymize; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { n: text } }",
        "E0848",
        "absent once its row is anonymized",
    ),
    (
        "id: uuid key; publish (insert) to cache.C",
        "channel C in cache { pattern \"c:{no: int}\"; value uuid }",
        "E0848",
        "says `{no}`",
    ),
    (
        "id: uuid key; n: int?; publish (insert) to cache.C",
        "channel C in cache { pattern \"c:{n: int}\"; value uuid }",
        "E0848",
        "`{n}` is `int`",
    ),
    (
        "id: uuid key; a: -> F; b: -> F; index (a); index (b); publish (insert) to cache.C",
        "entity F in main { id: int key } channel C in cache { pattern \"c:{f: -> F}\"; value uuid }",
        "E0848",
        "says `{f}`",
    ),
    (
        "id: uuid key; publish (insert) to cache.C",
        "channel C in cache { pattern \"c:{id: uuid #personal}\"; value uuid }",
        "E0849",
        "hashed with a secret",
    ),
    (
        "id: uuid key; n: text encrypted with pii; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { n: text } }",
        "E0849",
        "`n` is encrypted",
    ),
    (
        "id: uuid key; n: text encrypted with pii; publish (insert) to cache.C",
        "channel C in cache { pattern \"c:{n: text}\"; value uuid }",
        "E0849",
        "`n` is encrypted",
    ),
    (
        "id: uuid key; f: -> F pseudonymous with pii; index (f); publish (insert) to cache.C",
        "entity F in main { id: uuid key } channel C in cache { pattern \"c\"; value json { f: -> F } }",
        "E0849",
        "keyed hash",
    ),
    (
        "id: uuid key; n: password; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { n: password } }",
        "E0849",
        "is a password",
    ),
    (
        "id: uuid key; a: Address inline; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { a: Address } }",
        "E0849",
        "cannot stand in a message",
    ),
    (
        "id: uuid key; g: geo.point; publish (insert) to cache.C",
        "channel C in cache { pattern \"c\"; value json { g: geo.point } }",
        "E0849",
        "cannot stand in a message",
    ),
    (
        "id: uuid key; publish (insert) to cache.K",
        "keyspace K in cache { pattern \"k\"; value list of uuid; ttl 1h }",
        "E0849",
        "is no stream",
    ),
    (
        "id: uuid key; publish (insert) to cache.C",
        "global channel C in cache { pattern \"c\"; value uuid } tenancy by tenant_id: uuid tier t { isolation: row }",
        "E0849",
        "all tenants share",
    ),
];

fn told(entity: &str, store: &str, target: &str) -> Vec<String> {
    let source = format!("{HEAD}entity E in {store} {{ {} }}\n{target}\n", entity.replace("; ", "\n"));
    let source = source
        .replace("} tenancy", "}\ntenancy")
        .replace(" tier t", "\ntier t")
        .replace("} channel", "}\nchannel");
    let compilation = project::compile(&source);
    compilation
        .diagnostics
        .iter()
        .filter(|d| d.is_error())
        .map(|d| format!("{} {}", d.code, d.message))
        .collect()
}

#[test]
fn each_for_its_reason() {
    for (entity, target, code, words) in REFUSED {
        let found = told(entity, "main", target);
        assert!(
            found.iter().any(|told| told.starts_with(code) && told.contains(words)),
            "{entity} / {target}: {found:#?}"
        );
    }
}

#[test]
fn ciphertext_goes_where_bytes_are_taken() {
    let fields = "id: uuid key; n: text encrypted with pii; f: -> F pseudonymous with pii; index (f); publish (insert) to cache.C";
    let target = "entity F in main { id: uuid key } channel C in cache { pattern \"c\"; value json { n: bytes, f: bytes } }";
    assert_eq!(told(fields, "main", target), [""; 0]);
}

#[test]
fn a_store_that_writes_no_outbox_refuses_it() {
    let found = told(
        "id: uuid key; publish (insert) to cache.C",
        "docs",
        "channel C in cache { pattern \"c\"; value uuid }",
    );
    assert_eq!(found, ["E0901 `publish` in this store is not carried out yet"]);
}
