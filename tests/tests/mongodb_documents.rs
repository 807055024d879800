//! Documents that the model allows go in, and each that it forbids is refused: one case for each limit.

use polity_tests::engines::Mongo;
use polity_tests::project::{build, on_disk};
use serde_json::{Value, json};

const SHOP: &str = r#"
platform shop { environments: [dev] }
store documents: mongodb 6 { naming: camel_case }

enum Size { small as "S", large as "L" }
type Sku = text(8) matches "^[A-Z0-9-]+$"

struct Stock { quantity: int min 0; low_mark: smallint }

entity Person in documents { id: uuid key }
entity Firm in documents { id: uuid key }

/// Everything that the language can say about a field.
entity Thing in documents as "things" {
  id:        uuid        key = uuid_v7()
  sku:       Sku         unique
  flag:      bool
  tiny:      smallint
  count:     int         min 0 max 10
  big:       bigint      min 9007199254740993
  ratio:     float       min 0 max 5
  price:     decimal(6, 2) min 0
  name:      text(5)     length 2..5
  code:      char(3)
  blob:      bytes       length 1..4
  ip:        inet
  data:      json        = {}
  oid:       object_id
  day:       date
  opens:     time
  made_at:   timestamp   = now() immutable
  lasts:     interval
  email:     email?      unique
  phone:     phone
  url:       url
  country:   country
  currency:  currency
  language:  language
  place:     geo.point
  way:       geo.line?
  area:      geo.polygon?
  vec:       vector(3)
  size:      Size
  secret:    password?
  stock:     Stock
  tags:      text(5)[]   length 1..3
  sizes:     Size?[]
  labels:    map<text(3)>
  variants:  { id: int, price: decimal(6, 2) min 0, low: int check (low < 10) }[]
  owner_id:  -> Person
  target:    -> Person as "PERSON" | Firm as "FIRM"
  from_day:  int
  to_day:    int
  level:     int?        check (level > 3)
  full:      text        computed (code || name)

  check ordered (from_day < to_day)
  check odd (not (size = small and count > 5))
  unique (owner_id, target)
  index (size, made_at desc)
}
"#;

fn id(number: u32) -> Value {
    json!({ "$uuid": format!("00000000-0000-4000-8000-{number:012}") })
}

/// A document that the model allows, with everything in it.
fn thing() -> Value {
    json!({
        "_id": id(1),
        "sku": "AB-1",
        "flag": true,
        "tiny": 3,
        "count": 4,
        "big": { "$numberLong": "9007199254740993" },
        "ratio": 2.5,
        "price": { "$numberDecimal": "12.30" },
        "name": "añb",
        "code": "XYZ",
        "blob": { "$binary": { "base64": "AAEC", "subType": "00" } },
        "ip": "10.0.0.0/8",
        "data": [1, { "any": "thing" }],
        "oid": { "$oid": "6b01216aebf9c520c62df5ec" },
        "day": { "$date": "2026-01-02T00:00:00Z" },
        "opens": "08:30:00",
        "madeAt": { "$date": "2026-01-02T03:04:05.678Z" },
        "lasts": { "$numberLong": "1000" },
        "email": "a@b.sn",
        "phone": "+221770000000",
        "url": "https://example.org/a?b",
        "country": "SN",
        "currency": "XOF",
        "language": "fr-SN",
        "place": { "type": "Point", "coordinates": [-17.4, 14.7] },
        "way": { "type": "LineString", "coordinates": [[0, 0], [1, 1.5]] },
        "area": { "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]] },
        "vec": [1.0, 2.0, 3.0],
        "size": "L",
        "secret": "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
        "stock": { "quantity": 0, "lowMark": 5 },
        "tags": ["a", "b"],
        "sizes": ["S", null],
        "labels": { "x": "abc", "y z": "" },
        "variants": [{ "id": 1, "price": { "$numberDecimal": "0" }, "low": 9 }],
        "ownerId": id(2),
        "target": id(3),
        "targetType": "FIRM",
        "fromDay": 1,
        "toDay": 2,
        "level": 4,
        "full": "XYZañb",
    })
}

/// A change of [`thing`]: a path with dots, and the value there; `null` takes the field away.
type Case = (&'static str, &'static str, Value);

#[test]
fn what_the_model_allows_goes_in_and_what_it_forbids_is_refused() {
    let Some(mut mongo) = Mongo::database() else { return };
    apply(&mongo);
    mongo.insert("things", thing()).expect("everything is as the model says");

    let mut wrong = Vec::new();
    for (number, (what, path, value)) in allowed().into_iter().enumerate() {
        if let Err(error) = mongo.insert("things", another(number as u32, path, value)) {
            wrong.push(format!("{what} was refused: {error}"));
        }
    }
    for (number, (what, path, value)) in forbidden().into_iter().enumerate() {
        match mongo.insert("things", another(1000 + number as u32, path, value)) {
            Ok(()) => wrong.push(format!("{what} went in")),
            Err(error) if error.code != 121 => wrong.push(format!("{what}: {error}")),
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn allowed() -> Vec<Case> {
    vec![
        ("an absent optional", "email", Value::Null),
        ("an absent password", "secret", Value::Null),
        ("an absent field of a check", "level", Value::Null),
        ("an absent line", "way", Value::Null),
        ("the smallest", "count", json!(0)),
        ("the largest", "count", json!(10)),
        ("the shortest", "blob", json!({ "$binary": { "base64": "AA==", "subType": "00" } })),
        ("an empty list where no length is said", "sizes", json!([])),
        ("an empty map", "labels", json!({})),
        ("json of another kind", "data", json!("text")),
        ("null as json", "data", json!({ "a": null })),
        ("an IPv6 address", "ip", json!("2001:db8::1")),
        ("the other arm", "targetType", json!("PERSON")),
        ("no variants", "variants", json!([])),
    ]
}

fn forbidden() -> Vec<Case> {
    let long = |n: i64| json!({ "$numberLong": n.to_string() });
    vec![
        ("an unknown field", "extra", json!(1)),
        ("an unknown field of a record", "stock.extra", json!(1)),
        (
            "an unknown field of a list's record",
            "variants",
            json!([{ "id": 1, "price": { "$numberDecimal": "0" }, "low": 1, "extra": 1 }]),
        ),
        ("a missing field", "flag", Value::Null),
        ("a missing field of a record", "stock", json!({ "quantity": 1 })),
        ("a key of another type", "_id", json!("text")),
        ("a text for a bool", "flag", json!("true")),
        ("a smallint out of range", "tiny", json!(32768)),
        ("a double for an int", "count", json!(1.5)),
        ("a long for an int", "count", long(4)),
        ("below min", "count", json!(-1)),
        ("above max", "count", json!(11)),
        ("a big number below min, by one that a double cannot tell", "big", long(9_007_199_254_740_992 - 1)),
        ("an int for a long", "lasts", json!(5)),
        ("a float below min", "ratio", json!(-0.1)),
        ("a float above max", "ratio", json!(5.1)),
        ("a double for a decimal", "price", json!(1.5)),
        ("a text too long", "name", json!("abcdef")),
        ("a text too short", "name", json!("a")),
        ("a char too short", "code", json!("AB")),
        ("a char too long", "code", json!("ABCD")),
        ("bytes too long", "blob", json!({ "$binary": { "base64": "AAECAwQ=", "subType": "00" } })),
        ("bytes too short", "blob", json!({ "$binary": { "base64": "", "subType": "00" } })),
        ("no address", "ip", json!("localhost")),
        ("a text for an object id", "oid", json!("6b01216aebf9c520c62df5ec")),
        ("a text for a date", "day", json!("2026-01-02")),
        ("no time", "opens", json!("24:00:00")),
        ("a text for a moment", "madeAt", json!("2026-01-02T03:04:05Z")),
        ("no e-mail address", "email", json!("a@b")),
        ("null for an absent field", "email", json!({ "$null": true })),
        ("no phone number", "phone", json!("770000000")),
        ("no URL", "url", json!("javascript:alert(1)")),
        ("no country", "country", json!("sn")),
        ("a country and a newline", "country", json!("SN\n")),
        ("no currency", "currency", json!("XO")),
        ("no language", "language", json!("f")),
        ("an unknown shape", "place", json!({ "type": "Circle", "coordinates": [0, 0] })),
        ("latitude first", "place", json!({ "type": "Point", "coordinates": [14.7, -97.4] })),
        ("an altitude", "place", json!({ "type": "Point", "coordinates": [0, 0, 0] })),
        ("a line of one place", "way", json!({ "type": "LineString", "coordinates": [[0, 0]] })),
        (
            "a ring of three places",
            "area",
            json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 0]]] }),
        ),
        ("a vector too short", "vec", json!([1.0, 2.0])),
        ("a vector of ints", "vec", json!([1, 2, 3])),
        ("an unknown value", "size", json!("M")),
        ("the name of a value", "size", json!("small")),
        ("a password in clear", "secret", json!("hunter2")),
        ("a limit inside a record", "stock.quantity", json!(-1)),
        ("an empty list", "tags", json!([])),
        ("a list too long", "tags", json!(["a", "b", "c", "d"])),
        ("an element too long", "tags", json!(["abcdef"])),
        ("null in a list", "tags", json!(["a", null])),
        ("an unknown value in a list", "sizes", json!(["M"])),
        ("a value of a map too long", "labels", json!({ "x": "abcd" })),
        (
            "a check inside a list",
            "variants",
            json!([{ "id": 1, "price": { "$numberDecimal": "0" }, "low": 10 }]),
        ),
        ("a reference of another type", "ownerId", json!("text")),
        ("an unknown arm", "targetType", json!("DOG")),
        ("an arm without its name", "targetType", Value::Null),
        ("a false check", "toDay", json!(1)),
        ("a false check beside a field", "level", json!(3)),
        ("a false check with `not`", "size", json!("S")),
        ("another value than the computed one", "full", json!("XYZ")),
    ]
}

/// [`thing`] with another identity and one change.
fn another(number: u32, path: &str, value: Value) -> Value {
    let mut document = thing();
    document["_id"] = id(100 + number);
    document["sku"] = json!(format!("S-{number}"));
    document["email"] = json!(format!("a{number}@b.sn"));
    document["ownerId"] = id(10_000 + number);
    if path == "size" {
        document["count"] = json!(6);
    }
    let (parent, field) = path.rsplit_once('.').unwrap_or(("", path));
    let parent =
        parent.split('.').filter(|step| !step.is_empty()).fold(&mut document, |at, step| &mut at[step]);
    let fields = parent.as_object_mut().expect("a document");
    match value {
        Value::Null => drop(fields.shift_remove(field)),
        Value::Object(object) if object.contains_key("$null") => {
            drop(fields.insert(field.to_owned(), Value::Null))
        }
        value => drop(fields.insert(field.to_owned(), value)),
    }
    document
}

/// MongoDB judges all limits of a decimal. Of the servers here, one judges `minimum` and `maximum`, the other none,
/// and neither `multipleOf`, which is what says how many digits stand behind the point.
#[test]
fn a_decimal_is_judged_as_far_as_each_server_can() {
    let source = "platform shop { environments: [dev] }\nstore documents: mongodb 6 { }\n\
                  entity Price in documents as \"prices\" { id: uuid key; amount: decimal(6, 2) min -5 }\n";
    let folder = on_disk(&build(source));
    let validator = std::fs::read_to_string(folder.path().join("documents/validators/prices.json"));
    let validator: Value = serde_json::from_str(&validator.expect("it was written")).expect("JSON");

    let allowed = ["0", "-0", "-5", "-4.99", "0.1", "9999.99", "1.2300", "1E3"];
    let outside = ["-5.01", "-6", "10000", "9999.991", "1E4", "-1E9", "NaN", "Infinity", "-Infinity"];
    let too_fine = ["0.001", "1.234"];
    for (server, judges_range) in [(Mongo::second_opinion(), true), (Mongo::database(), false)] {
        let Some(mut mongo) = server else { continue };
        mongo.command(json!({ "create": "prices", "validator": validator })).expect("created");
        let mut number = 0;
        let mut refuses = |digits: &str| {
            number += 1;
            let document = json!({ "_id": id(number), "amount": { "$numberDecimal": digits } });
            mongo.insert("prices", document).is_err()
        };
        for digits in allowed {
            assert!(!refuses(digits), "{digits} is as the model says");
        }
        for digits in outside {
            assert_eq!(refuses(digits), judges_range, "{digits}");
        }
        for digits in too_fine {
            assert!(!refuses(digits), "{digits}: this server judges more than it did; demand it here");
        }
    }
}

#[test]
fn what_is_unique_is_refused_twice_and_absence_is_no_duplicate() {
    let Some(mut mongo) = Mongo::database() else { return };
    apply(&mongo);
    mongo.insert("things", thing()).expect("the first");
    let mut twice = |what: &str, path: &str, value: Value| {
        let error = mongo.insert("things", another(1, path, value)).expect_err(what);
        assert_eq!(error.code, 11000, "{what}: {error}");
    };
    twice("the key", "_id", id(1));
    twice("a unique field", "sku", json!("AB-1"));
    twice("an optional unique field", "email", json!("a@b.sn"));
    twice("several fields", "ownerId", id(2));

    mongo.insert("things", another(2, "email", Value::Null)).expect("absent once");
    mongo.insert("things", another(3, "email", Value::Null)).expect("absent twice");
    let mut other_arm = another(4, "ownerId", id(2));
    other_arm["targetType"] = json!("PERSON");
    mongo.insert("things", other_arm).expect("the same key of another entity is another target");
}

fn apply(mongo: &Mongo) {
    let folder = on_disk(&build(SHOP));
    mongo.script_file(&folder.path().join("documents/apply.js"), &[]).expect("applies");
}

/// Texts that shells, templates and MongoDB itself could take for something else.
const HOSTILE: &[&str] = &[
    "it's \"quoted\"",
    "$where",
    "$$ROOT",
    "back\\slash\\",
    "{{ store }} {% raw %}",
    "*/ // <!-- ${1} `tick`",
    "\u{202e}from right to left\u{202c}",
    "no",
    "1e3",
    "__proto__",
    "two\nlines\r\nand\ttab",
];

#[test]
fn hostile_texts_come_out_as_written() {
    let Some(mut mongo) = Mongo::database() else { return };
    let long = "ж".repeat(10_000);
    let texts: Vec<&str> = HOSTILE.iter().copied().chain([long.as_str()]).collect();
    // A value of an enum is a name, which holds nothing that nobody sees.
    let seen: Vec<String> =
        texts.iter().map(|text| text.replace(polity_text::quoting::is_hidden, "_")).collect();
    let values: Vec<String> =
        seen.iter().enumerate().map(|(i, text)| format!("  v{i} as {}\n", written(text))).collect();
    // Documentation is one line in which everything is seen.
    let docs = texts
        .iter()
        .filter(|text| !text.contains(polity_text::quoting::is_hidden))
        .copied()
        .collect::<Vec<_>>();
    let fields: Vec<String> =
        docs.iter().enumerate().map(|(i, text)| format!("  /// {text}\n  f{i}: int?\n")).collect();
    let checks: Vec<String> = texts.iter().map(|text| format!("note != {}", written(text))).collect();
    let source = format!(
        "platform shop {{ environments: [dev] }}\nstore documents: mongodb 6 {{}}\n\
         enum Odd {{\n{}}}\n\
         entity Thing in documents as \"things\" {{\n  id: int key\n  odd: Odd?\n  note: text?\n{}  check ({})\n}}\n",
        values.concat(),
        fields.concat(),
        checks.join(" and ")
    );
    let folder = on_disk(&build(&source));
    mongo.script_file(&folder.path().join("documents/apply.js"), &[]).expect("applies");

    let made = mongo.list(json!({ "listCollections": 1 })).expect("lists").remove(0);
    let schema = &made["options"]["validator"]["$jsonSchema"];
    assert_eq!(schema["properties"]["odd"]["enum"], json!(seen));
    for (i, text) in docs.iter().enumerate() {
        assert_eq!(schema["properties"][format!("f{i}")]["description"], json!(text.trim()), "{text}");
    }
    for (i, text) in texts.iter().enumerate() {
        mongo.insert("things", json!({ "_id": i, "odd": seen[i] })).expect("one of the values");
        let error =
            mongo.insert("things", json!({ "_id": 100 + i, "note": text })).expect_err("one of the texts");
        assert_eq!(error.code, 121, "{text}: {error}");
    }
    mongo.insert("things", json!({ "_id": 200, "note": "another" })).expect("none of the texts");
}

/// A text as the language writes it.
fn written(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    let hidden = |c: char| {
        if polity_text::quoting::is_hidden(c) { c.escape_unicode().to_string() } else { c.to_string() }
    };
    format!("\"{}\"", escaped.chars().map(hidden).collect::<String>())
}
