//! One encoding of keys: what the documents show is what the client writes and what the functions in the server read.

use polity_runtime::key::{Key, Segment};
use polity_runtime::{
    Country, Currency, Date, Decimal, Email, Language, ObjectId, Phone, Time, Timestamp, Url, Uuid, stored,
};
use polity_tests::engines::Redis;
use polity_tests::project::{build, text};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A key of one segment as the client writes it.
fn written(value: &(impl Segment + ?Sized)) -> String {
    Key::new().segment(value).finish()
}

/// Reads a value of a type and writes it as the client does.
type Client = fn(&str) -> Option<String>;

fn whole(text: &str) -> Option<String> {
    text.parse::<i64>().ok().map(|number| written(&number))
}

fn plain(text: &str) -> Option<String> {
    Some(written(text))
}

fn decimal(text: &str) -> Option<String> {
    text.parse::<Decimal>().ok().map(|number| written(&number))
}

/// Types of parameters, each with the way in which a client reads and writes one.
const TYPES: &[(&str, Client)] = &[
    ("text", plain),
    ("text(3)", plain),
    ("char(4)", |text| (text.chars().count() == 4).then(|| written(text))),
    ("bool", |text| text.parse::<bool>().ok().map(|b| written(&b))),
    ("smallint", |text| text.parse::<i16>().ok().map(|n| written(&n))),
    ("int", |text| text.parse::<i32>().ok().map(|n| written(&n))),
    ("bigint", whole),
    ("decimal(5, 2)", decimal),
    ("decimal(2, 2)", decimal),
    ("decimal(7, 0)", decimal),
    ("uuid", |text| text.parse::<Uuid>().ok().map(|id| written(&id))),
    ("object_id", |text| text.parse::<ObjectId>().ok().map(|id| written(&id))),
    ("date", |text| text.parse::<Date>().ok().map(|day| written(&day))),
    ("time", |text| text.parse::<Time>().ok().map(|time| written(&time))),
    ("timestamp", |text| text.parse::<Timestamp>().ok().map(|moment| written(&moment))),
    ("inet", |text| stored::address(text).ok().map(|address| written(&address))),
    ("email", |text| text.parse::<Email>().ok().map(|one| written(one.as_str()))),
    ("phone", |text| text.parse::<Phone>().ok().map(|one| written(one.as_str()))),
    ("url", |text| text.parse::<Url>().ok().map(|one| written(one.as_str()))),
    ("country", |text| text.parse::<Country>().ok().map(|one| written(one.as_str()))),
    ("currency", |text| text.parse::<Currency>().ok().map(|one| written(one.as_str()))),
    ("language", |text| text.parse::<Language>().ok().map(|one| written(one.as_str()))),
    ("Sku", |text| (text.len() == 8 && text.starts_with("AB:")).then(|| written(text))),
    ("Odd", |text| text.starts_with(|c: char| !c.is_ascii_lowercase()).then(|| written(text))),
    ("Long", |text| (text.chars().count() >= 12).then(|| written(text))),
    ("Age", |text| text.parse::<i32>().ok().filter(|n| (100..=200).contains(n)).map(|n| written(&n))),
    ("Below", |text| text.parse::<i32>().ok().filter(|n| *n <= -5).map(|n| written(&n))),
    ("Price", |text| {
        text.parse::<Decimal>().ok().filter(|n| *n >= Decimal::new(250, 1)).map(|n| written(&n))
    }),
    ("Kind", plain),
];

const NAMED: &str = r#"
type Sku = text(20) matches "^(AB|CD):[0-9]{2}\\d[x-z]{1,3}[^a-y]$"
type Odd = text(9) matches "^[^a-z]+\\.?\\w*"
type Long = text(40) length 12..40 matches "^[a-f]+$"
type Age = int min 100 max 200
type Below = int max -5
type Price = decimal(8, 2) min 25.00
enum Kind { a as "a:b*[c]{d}%?\\é" }
"#;

/// The example of each keyspace of a source.
fn examples(source: &str) -> Vec<String> {
    let files = build(source);
    let tree: serde_json::Value = serde_json::from_str(&text(&files, "cache/keyspaces.json")).unwrap();
    let mut keyspaces = tree["keyspaces"].as_array().unwrap().clone();
    keyspaces.sort_by_key(|keyspace| keyspace["pattern"].as_str().unwrap().to_owned());
    keyspaces.iter().map(|keyspace| keyspace["example"].as_str().unwrap_or_default().to_owned()).collect()
}

fn head() -> String {
    format!("platform shop {{ environments: [dev] }}\nstore cache: redis 7 {{ }}\n{NAMED}")
}

/// The text that a segment stands for.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Writes a value as the library of functions does.
fn in_server(redis: &mut Redis, value: &str) -> String {
    let script = format!("{}\nreturn segment(ARGV[1])", include_str!("../../templates/redis/segment.lua"));
    let answer = redis.value(&["EVAL", &script, "0", value]).unwrap();
    redis::from_redis_value(answer).unwrap()
}

#[test]
fn examples_are_keys_that_the_client_writes() {
    let Some(mut redis) = Redis::fresh() else { return };
    let keyspace = |(i, (ty, _)): (usize, &(&str, Client))| {
        format!("keyspace K{i:02} in cache {{ pattern \"k{i:02}:{{v: {ty}}}\"; value text }}\n")
    };
    let source: String = TYPES.iter().enumerate().map(keyspace).collect();
    for (i, (example, (ty, client))) in examples(&(head() + &source)).iter().zip(TYPES).enumerate() {
        let segment = example.strip_prefix(&format!("k{i:02}:")).unwrap_or_else(|| panic!("{ty}: {example}"));
        let value = decoded(segment);
        let again = client(&value).unwrap_or_else(|| panic!("`{value}` is no {ty}"));
        assert_eq!(again, segment, "{ty}");
        assert_eq!(in_server(&mut redis, &value), segment, "{ty}");
    }
}

/// Texts with signs that mean something to keys, globs and Lua.
fn hostile() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        prop::sample::select(
            ":%{}*?[]\\ \"'`$()^+-./#|~\u{e9}\u{1f600}\u{ffff}\u{10ffff}aZ0".chars().collect::<Vec<_>>()
        ),
        any::<char>(),
    ];
    prop::collection::vec(sign, 1..12).prop_map(|signs| signs.into_iter().collect())
}

#[test]
fn client_server_and_compiler_encode_alike() {
    let Some(mut redis) = Redis::fresh() else { return };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let texts: Vec<String> =
        (0..300).map(|_| hostile().new_tree(&mut runner).expect("a text").current()).collect();
    for text in &texts {
        assert_eq!(in_server(&mut redis, text), written(text), "{text:?}");
        assert_eq!(decoded(&written(text)), *text);
    }
    // The compiler writes what a source names, in which nothing hidden may stand.
    let shown = |text: &&String| text.chars().all(|c| c.is_alphanumeric() || c.is_ascii_graphic());
    let shown: Vec<&String> = texts.iter().filter(shown).take(60).collect();
    assert!(shown.len() > 30, "{}", shown.len());
    let mut source = head();
    for (i, text) in shown.iter().enumerate() {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        source += &format!("enum E{i:02} {{ a as \"{quoted}\" }}\n");
        source +=
            &format!("keyspace K{i:02} in cache {{ pattern \"k{i:02}:{{v: E{i:02}}}\"; value text }}\n");
    }
    for (i, (example, text)) in examples(&source).iter().zip(shown).enumerate() {
        assert_eq!(*example, format!("k{i:02}:{}", written(text)));
    }
}
