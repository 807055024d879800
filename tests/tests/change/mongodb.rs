//! Edits of a MongoDB store: the database that is led on is what a new one is, and no document is lost on the way.

use polity::Options;
use polity_tests::engines::Mongo;
use polity_tests::project::on_disk;
use serde_json::{Value, json};

use super::documents::Documents;

const FIRST: &str = "platform shop { environments: [dev] }
store documents: mongodb 7 { }
enum Status { open, closed }
entity Visit in documents as \"visits\" {
  id:      uuid key = uuid_v4()
  page:    text(100)
  code:    text(20)
  visitor: text(40)?
  status:  Status = open
  seen:    int = 0
  at:      timestamp = now()
  index by_page (page)
  index by_visitor (visitor, at desc)
  unique by_code (code)
}
entity Note in documents as \"notes\" {
  id:   uuid key = uuid_v4()
  text: text(80)
}
service desk { read Visit; write Visit }
service guide { read Visit (id, page); read Note }
";

/// Edits, several at once: the text that is replaced, and what stands there then.
const EDITS: &[(&str, &[(&str, &str)])] = &[
    (
        "more",
        &[
            ("  page:  ", "  phone: text(20)?\n  rank: int = 7\n  token: uuid = uuid_v4()\n  page:  "),
            ("text(100)", "text(200)"),
            ("{ open, closed }", "{ open, closed, gone }"),
            ("by_page (page)", "by_page (page, seen)"),
            ("  index by_visitor", "  index by_seen (seen)\n  index by_visitor"),
            ("  unique by_code (code)\n", ""),
            ("; read Note }", "; read Note; write Note }"),
            ("(id, page)", "(id, page, code)"),
            (
                "service desk",
                "entity Tag in documents { id: uuid key = uuid_v4(); name: text(9) unique }\nservice porter { read Note (text) }\nservice desk",
            ),
        ],
    ),
    (
        "other",
        &[
            ("text(100)", "text(60)"),
            ("seen:    int = 0", "seen:    bigint = 0"),
            ("  index by_page", "  check (seen >= 0)\n  index by_page"),
            ("index by_page (page)", "unique by_page (page)"),
            ("  unique by_code", "  retain 90d after at\n  unique by_code"),
            ("; read Note }", " }"),
            ("(id, page)", "(id)"),
        ],
    ),
    (
        "less",
        &[
            ("page:    text(100)", "page:    text(100)?"),
            ("  index by_page (page)\n", ""),
            ("service guide { read Visit (id, page); read Note }\n", ""),
        ],
    ),
];

/// Documents that are there before anything changes: more than are changed at a time.
const DOCUMENTS: u64 = 60;

fn visit(number: u64) -> Value {
    json!({
        "_id": { "$uuid": format!("00000000-0000-4000-8000-{number:012}") },
        "page": format!("/{number}"), "code": format!("c{number}"), "visitor": "v", "status": "open",
        "seen": { "$numberInt": number.to_string() }, "at": { "$date": "2126-01-02T00:00:00Z" },
    })
}

fn fill(documents: &mut Documents, count: u64) {
    let visits: Vec<Value> = (0..count).map(visit).collect();
    documents.mongo.command(json!({ "insert": "visits", "documents": visits })).expect("they fit");
    let note = json!({ "_id": { "$uuid": "00000000-0000-4000-8000-000000000001" }, "text": "a note" });
    documents.mongo.insert("notes", note).expect("it fits");
}

/// Everything that documents hold, but for fields that came.
fn held(documents: &mut Documents) -> Vec<Value> {
    let projection = json!({ "page": 1, "code": 1, "visitor": 1, "status": 1, "at": 1 });
    let find = json!({ "find": "visits", "projection": projection, "sort": { "_id": 1 }, "batchSize": 2000 });
    documents.mongo.list(find).expect("it finds")
}

/// The first source, in which whatever edits added is said to be removed.
fn back(second: &str) -> String {
    let mut first = FIRST.to_owned();
    for field in ["phone", "rank", "token"] {
        if second.contains(&format!("{field}:")) {
            let removed = format!("  removed {field} because \"a trial\"\n  index by_page");
            first = first.replacen("  index by_page", &removed, 1);
        }
    }
    if second.contains("entity Tag") {
        first += "removed entity documents.Tag because \"a trial\"\n";
    }
    first
}

#[test]
fn edits_of_documents_lead_to_what_a_new_database_is() {
    for (name, edits) in EDITS {
        let second = edits.iter().fold(FIRST.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{name}: {from}");
            text.replacen(from, to, 1)
        });
        let Some(mut documents) = Documents::begin(FIRST) else { return };
        fill(&mut documents, DOCUMENTS);
        let before = held(&mut documents);
        documents.lead_to(&second, "second").unwrap_or_else(|said| panic!("{name}:\n{said}"));
        assert_eq!(held(&mut documents), before, "{name}");
        documents.lead_to(&back(&second), "third").unwrap_or_else(|said| panic!("{name}, back:\n{said}"));
        assert_eq!(held(&mut documents), before, "{name}, back");
    }
}

/// Both forms are taken until the contract, which counts those that clients have not led on yet.
#[test]
fn what_is_encrypted_from_now_on_is_counted_by_the_contract() {
    let key = "encryption key pii { provider: vault(\"transit/pii\") }\n";
    let first = FIRST.replacen("  index by_visitor (visitor, at desc)\n", "", 1) + key;
    let second = first.replacen("visitor: text(40)?", "visitor: text(40)? encrypted with pii", 1);
    let Some(mut documents) = Documents::begin(&first) else { return };
    let sealed = |number: u64| {
        let mut visit = visit(number);
        visit["visitor"] =
            json!({ "$binary": { "base64": "AQ".to_owned() + &"A".repeat(62), "subType": "00" } });
        visit
    };
    fill(&mut documents, 3);
    documents.seal(&second, "second", false).unwrap_or_else(|said| panic!("{said}"));
    documents.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    for written in [visit(10), sealed(11)] {
        documents.mongo.insert("visits", written).expect("both are taken");
    }
    documents.seal(&second, "third", true).unwrap_or_else(|said| panic!("{said}"));
    let said = documents.migrate(&second).expect_err("four are clear");
    assert!(said.contains("4"), "{said}");
    let update = json!({ "q": { "visitor": { "$type": "string" } }, "u": { "$set": { "visitor": sealed(1)["visitor"] } }, "multi": true });
    documents.mongo.command(json!({ "update": "visits", "updates": [update] })).expect("a client seals");
    documents.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    documents.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
    let third = second.replacen("pii", "pci", 2).replace("with pii", "with pci");
    let said = documents.open(&third).map(drop).expect_err("nobody opens it");
    assert!(said.contains("E1913") && said.contains("another name beside it"), "{said}");
}

/// The first source with an edit, in which what it renames is called so everywhere.
fn edited(from: &str, to: &str, lines: &str) -> String {
    let mut second = FIRST.replacen(from, to, 1);
    for (was, is) in [("visitor", "guest"), ("code", "mark")] {
        if to.contains(&format!("was {was}")) {
            second = second.replace(&format!("({was}"), &format!("({is}"));
        }
    }
    format!("{second}{lines}\n")
}

#[test]
fn documents_that_are_there_are_led_on() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    fill(&mut documents, DOCUMENTS);
    let second = edited("  code:    text(20)", "  mark: text(20) was code", "")
        .replacen("  visitor: text(40)?", "  guest: text(40)? was visitor", 1)
        .replacen("(visitor", "(guest", 1)
        .replacen("  page:  ", "  country: text(2)\n  shown: text(120)\n  tongue: text(2)?\n  page:  ", 1)
        + "backfill documents.Visit.country = \"SN\"\nbackfill documents.Visit.shown = upper(page)\n"
        + "backfill documents.Visit.tongue = \"wo\"\n";
    let refused =
        documents.seal(&second, "second", false).expect_err("nobody accepts that it breaks clients");
    assert_eq!(refused.matches("E1906").count(), 2, "{refused}");
    let second = second
        + "accept break on documents.Visit.mark because \"all are stopped\"\n"
        + "accept break on documents.Visit.guest because \"all are stopped\"\n";
    documents.lead_to(&second, "second").unwrap_or_else(|said| panic!("{said}"));
    let gone = json!({ "$exists": false });
    let holds = json!({
        "country": "SN", "tongue": "wo", "guest": "v", "visitor": gone, "mark": { "$regex": "^c" }, "code": gone,
        "$expr": { "$eq": ["$shown", { "$toUpper": "$page" }] },
    });
    assert_eq!(documents.count("visits", holds), DOCUMENTS);
}

#[test]
fn a_collection_takes_another_name_with_its_documents() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    fill(&mut documents, 20);
    let renamed = FIRST
        .replacen(
            "entity Visit in documents as \"visits\"",
            "entity Call in documents as \"calls\" was Visit",
            1,
        )
        .replace("read Visit", "read Call")
        .replace("write Visit", "write Call");
    let refused =
        documents.seal(&renamed, "calls", false).expect_err("nobody accepts that it breaks clients");
    assert!(refused.contains("E1906"), "{refused}");
    let renamed = format!("{renamed}accept break on documents.Call because \"all are stopped\"\n");
    documents.lead_to(&renamed, "calls").unwrap_or_else(|said| panic!("{said}"));
    assert_eq!((documents.count("calls", json!({})), documents.count("visits", json!({}))), (20, 0));
}

#[test]
fn clients_of_before_go_on_writing_until_the_contract() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    let second =
        edited("  page:  ", "  country: text(2)\n  page:  ", "backfill documents.Visit.country = \"SN\"");
    documents.seal(&second, "second", false).expect("it is valid");
    documents.migrate(&second).expect("it runs");
    documents.mongo.insert("visits", visit(1)).expect("a client of before writes");
    let mut new = visit(2);
    new["country"] = json!("FR");
    documents.mongo.insert("visits", new).expect("a new client writes");
    assert!(!documents.seal(&second, "third", false).expect("it is valid"), "nothing is left to add");
    // The line may go meanwhile: what was sealed is remembered.
    let without = edited("  page:  ", "  country: text(2)\n  page:  ", "");
    assert!(documents.seal(&without, "third", true).expect("it is valid"), "something is closed");
    documents.migrate(&without).expect("it runs");
    assert_eq!(documents.count("visits", json!({ "country": "SN" })), 1);
    assert_eq!(
        documents.mongo.insert("visits", visit(3)).expect_err("nothing fills it any longer").code,
        121
    );
    assert!(!documents.seal(&without, "fourth", true).expect("it is valid"), "nothing is left to take");
    documents.same_as(&without).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn documents_that_do_not_fit_stop_it_with_their_count() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    fill(&mut documents, 20);
    let second = FIRST.replacen("  index by_page", "  check (seen < 17)\n  index by_page", 1);
    assert!(!documents.seal(&second, "second", false).expect("it is valid"), "nothing is added");
    assert!(documents.seal(&second, "second", true).expect("it is valid"), "something is closed");
    for _ in 0..2 {
        let said = documents.migrate(&second).expect_err("three do not fit");
        assert!(said.contains("3 documents of `visits` must be mended first, such as UUID"), "{said}");
    }
    // New documents are judged already.
    assert_eq!(documents.mongo.insert("visits", visit(30)).expect_err("it does not fit").code, 121);
    let mend = json!({ "q": { "seen": { "$gte": 17 } }, "u": { "$set": { "seen": 1 } }, "multi": true });
    documents.mongo.command(json!({ "update": "visits", "updates": [mend] })).expect("mended");
    documents.migrate(&second).expect("all fit");
    documents.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

/// A client of before that writes the old name after its value was moved: one of the two values would be lost.
#[test]
fn a_document_with_both_names_stops_it() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    fill(&mut documents, 20);
    let (from, to) = ("  visitor: text(40)?", "  guest: text(40)? was visitor");
    let second = edited(from, to, "accept break on documents.Visit.guest because \"all are stopped\"");
    documents.seal(&second, "second", false).expect("it is valid");
    documents.migrate(&second).expect("it runs");
    let late = json!({ "q": { "code": "c7" }, "u": { "$set": { "visitor": "late" } } });
    documents.mongo.command(json!({ "update": "visits", "updates": [late] })).expect("both may be there");
    documents.seal(&second, "third", true).expect("it is valid");
    let said = documents.migrate(&second).expect_err("both are there");
    assert!(said.contains("1 of `visits` hold both `visitor` and `guest`"), "{said}");
    let mend =
        json!({ "q": { "code": "c7" }, "u": [{ "$set": { "guest": "$visitor" } }, { "$unset": "visitor" }] });
    documents.mongo.command(json!({ "update": "visits", "updates": [mend] })).expect("mended");
    documents.migrate(&second).expect("it goes on");
    assert_eq!(documents.count("visits", json!({ "guest": "late" })), 1);
    documents.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

/// A script that is killed behind any of its calls goes on when it is run again, and one that ran does nothing.
#[test]
fn whatever_stops_goes_on_when_it_is_run_again() {
    let second = FIRST
        .replacen("  page:    text(100)", "  country: text(2)\n  page:    text(60)", 1)
        .replacen("by_page (page)", "by_page (page, seen)", 1)
        .replacen("  visitor: text(40)?", "  guest: text(40)? was visitor", 1)
        .replacen("(visitor", "(guest", 1)
        .replacen("service guide { read Visit (id, page); read Note }\n", "", 1)
        + "backfill documents.Visit.country = \"SN\"\naccept break on documents.Visit.guest because \"all are stopped\"\n";
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    fill(&mut documents, DOCUMENTS);
    let mut stops = 0;
    for contract in [false, true] {
        documents.seal(&second, "second", contract).expect("it is valid");
        for (path, script) in documents.scripts(&second) {
            let (head, rest) = script.split_once("function migrate() {\n").expect("it has calls");
            let (body, tail) = rest.split_once("\n}\n").expect("it ends");
            let calls: Vec<&str> = body.split("\n\n").collect();
            for done in 0..calls.len() {
                let killed = calls[..done].join("\n\n");
                let text = format!(
                    "{head}function migrate() {{\n{killed}\n  throw new Error(\"killed\");\n}}\n{tail}"
                );
                if let Err(said) = documents.run(&text) {
                    assert!(said.contains("killed"), "{path}: {said}");
                    stops += 1;
                }
            }
            documents.run(&script).unwrap_or_else(|said| panic!("{path}: {said}"));
            let again = documents.run(&script).expect("it ran");
            assert!(again.ends_with("ran before"), "{path}: {again}");
        }
    }
    assert!(stops >= 12, "it was stopped {stops} times");
    assert_eq!(documents.count("visits", json!({ "country": "SN", "guest": "v" })), DOCUMENTS);
    documents.same_as(&second).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn files_run_in_their_order() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    let second =
        edited("  page:  ", "  country: text(2)\n  page:  ", "backfill documents.Visit.country = \"SN\"");
    documents.seal(&second, "second", false).expect("it is valid");
    let (path, last) = documents.scripts(&second).pop().expect("there are some");
    let said = documents.run(&last).expect_err("others come first");
    assert!(said.contains("V0002.20 has to run before"), "{path}: {said}");
    documents.migrate(&second).expect("in order");
}

/// Whatever no document could take while others are written is refused before anything is sealed.
#[test]
fn edits_that_no_document_could_follow_are_refused() {
    let Some(documents) = Documents::begin(FIRST) else { return };
    let refused = |second: &str| documents.open(second).map(drop).expect_err("it is refused");
    for (second, code, said) in [
        (edited("  page:  ", "  country: text(2)\n  page:  ", ""), "E1903", "nothing says what `country` is"),
        (
            edited("  page:  ", "  made: uuid\n  page:  ", "backfill documents.Visit.made = uuid_v7()"),
            "E0615",
            "MongoDB cannot fill documents with",
        ),
        (
            FIRST.replacen("  id:      uuid key", "  number: uuid key was id", 1),
            "E0901",
            "never changes an `_id`",
        ),
        (
            FIRST
                .replacen("  code:    text(20)", "  code: text(20) was page\n  sign: text(20) was code", 1)
                .replacen("  page:    text(100)\n", "", 1)
                .replace("(page", "(code"),
            "E0901",
            "its name before is another field's now",
        ),
    ] {
        let found = refused(&second);
        assert!(found.contains(code) && found.contains(said), "{found}");
    }
}

/// A script that makes a new database only looks at one that is there, which migrations lead on.
#[test]
fn a_new_database_has_run_all_and_another_has_to_run_what_is_missing() {
    let Some(mut documents) = Documents::begin(FIRST) else { return };
    let second =
        edited("  page:  ", "  country: text(2)\n  page:  ", "backfill documents.Visit.country = \"SN\"");
    documents.seal(&second, "second", false).expect("it is valid");
    let folder =
        on_disk(&polity::compile(&documents.sources(&second), &Options::default()).artifacts.expect("valid"));
    let apply = folder.path().join("documents/apply.js");
    let left = documents.mongo.script_file(&apply, &[]).expect_err("it is behind");
    assert!(left.contains("V0002.20 did not run"), "{left}");
    documents.migrate(&second).expect("it runs");
    documents.mongo.script_file(&apply, &[]).expect("nothing is missing");
    let fresh = Mongo::database().expect("there is a server");
    fresh.script_file(&apply, &[]).expect("it makes all");
    for (path, script) in documents.scripts(&second) {
        let said = fresh.script(&script).expect("it ran");
        assert!(said.ends_with("ran before"), "{path}: {said}");
    }
}
