//! `promote.js` on a real server: a tenant's documents out of the shared database, and none lost.

use std::time::{SystemTime, UNIX_EPOCH};

use polity_tests::engines::Mongo;
use polity_tests::project::{build, on_disk};
use serde_json::{Value, json};
use tempfile::TempDir;

const SHOP: &str = r#"
platform shop { environments: [dev] }
tenancy by tenant_id: uuid
tier small { isolation: row; accept client_enforced in documents because "the repository puts the tenant into every filter" }
tier large { isolation: database; prefix: "{tenant}_" }
tenant ours:   large { id: "aaaaaaaa-0000-4000-8000-00000000000a" }
tenant theirs: small { id: "bbbbbbbb-0000-4000-8000-00000000000b" }
store documents: mongodb 7 { database: "shop" }
entity Visit in documents as "visits" { id: uuid key; page: text; length: float; seen: bigint }
entity Note  in documents as "notes"  { id: uuid key; body: text }
entity Person in documents as "persons" { id: uuid key; name: text? #personal; left: timestamp?; subject; retain 30d after left then anonymize }
entity Token in documents as "tokens" { id: uuid key; person: -> Person; at: timestamp; index (person); retain 30d after at }
"#;

const OURS: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
const THEIRS: &str = "bbbbbbbb-0000-4000-8000-00000000000b";

/// A shared database with two tenants, and one of our own that `apply.js` has set up.
struct Move {
    folder: TempDir,
    shared: Mongo,
    own: Mongo,
}

impl Move {
    fn new() -> Option<Self> {
        let (shared, own) = (Mongo::database()?, Mongo::database()?);
        let folder = on_disk(&build(SHOP));
        let mut this = Self { folder, shared, own };
        let apply = this.folder.path().join("documents/apply.js");
        this.shared.script_file(&apply, &[("POLITY_DATABASE", this.shared.name())]).expect("applies");
        let own = [("POLITY_TENANT", "ours"), ("POLITY_DATABASE", this.own.name())];
        this.shared.script_file(&apply, &own).expect("applies");
        for (tenant, count) in [(OURS, 3), (THEIRS, 2)] {
            (0..count).for_each(|number| this.visit(tenant, number));
        }
        for tenant in [OURS, THEIRS] {
            let person =
                json!({ "id": uuid(1), "tenant_id": { "$uuid": tenant }, "name": "n", "left": days(-40) });
            this.shared.insert("persons", person).expect("a person");
            // The first ends with this day.
            for (number, at) in [(1, moment(now() / DAY * DAY - 29 * DAY - 1)), (2, days(0))] {
                let token = json!({ "id": uuid(number), "tenant_id": { "$uuid": tenant }, "person": uuid(1), "at": at });
                this.shared.insert("tokens", token).expect("a token");
            }
        }
        let note = json!({ "id": uuid(1), "tenant_id": { "$uuid": OURS }, "body": "b" });
        this.shared.insert("notes", note).expect("a note");
        Some(this)
    }

    fn visit(&mut self, tenant: &str, number: u32) {
        let visit = json!({
            "id": uuid(number), "tenant_id": { "$uuid": tenant }, "page": "/",
            "length": { "$numberDouble": "5.0" }, "seen": { "$numberLong": "9007199254740993" },
        });
        self.shared.insert("visits", visit).expect("a visit");
    }

    fn run(&self, variables: &[(&str, &str)]) -> Result<String, String> {
        self.script("promote.js", &[&self.place(), variables].concat())
    }

    /// Runs `promote.js` in a new mongosh: of two runs that race, neither finds its mongosh started while the other
    /// does not.
    fn race(&self, variables: &[(&str, &str)]) -> Result<String, String> {
        let file = self.folder.path().join("documents/promote.js");
        self.shared.script_file_alone(&file, &[&self.place(), variables].concat())
    }

    fn place(&self) -> [(&str, &str); 3] {
        [
            ("POLITY_TENANT", "ours"),
            ("POLITY_DATABASE", self.own.name()),
            ("POLITY_SHARED", self.shared.name()),
        ]
    }

    fn script(&self, file: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        self.shared.script_file(&self.folder.path().join("documents").join(file), variables)
    }

    /// A run that is refused for this reason, and changes no document on either side.
    fn refused(&mut self, variables: &[(&str, &str)], why: &str) {
        let before = self.everything();
        let said = self.run(variables).expect_err("it must be refused");
        assert!(said.contains(why), "{said}");
        assert_eq!(self.everything(), before, "{variables:?}");
    }

    fn everything(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for mongo in [&mut self.shared, &mut self.own] {
            for collection in ["visits", "notes", "persons", "tokens"] {
                all.extend(mongo.list(json!({ "find": collection, "sort": { "_id": 1 } })).expect("reads"));
            }
        }
        all
    }

    /// How many documents the tenant has, in the shared database and in its own.
    fn ours(&mut self) -> [usize; 2] {
        [&mut self.shared, &mut self.own].map(|mongo| {
            let of = |collection: &&str| {
                mongo.find(collection, json!({ "tenant_id": { "$uuid": OURS } })).expect("reads").len()
            };
            ["visits", "notes", "persons", "tokens"].iter().map(of).sum()
        })
    }

    /// Whether anything of the tenant is left, in the shared database and in its own.
    fn held(&mut self) -> [bool; 2] {
        [&mut self.shared, &mut self.own].map(|mongo| {
            ["visits", "notes", "persons", "tokens"].iter().any(|collection| {
                !mongo.find(collection, json!({ "tenant_id": { "$uuid": OURS } })).expect("reads").is_empty()
            })
        })
    }

    /// The seal that a copy printed.
    fn copy(&self) -> String {
        let said = self.run(&[]).expect("copies");
        said.lines().find_map(|line| line.strip_prefix("seal: ")).expect("a seal").to_owned()
    }
}

const DAY: i64 = 86_400_000;

/// In milliseconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    i64::try_from(now).expect("it fits")
}

fn moment(milliseconds: i64) -> Value {
    json!({ "$date": { "$numberLong": milliseconds.to_string() } })
}

/// A moment so many days from now.
fn days(days: i64) -> Value {
    moment(now() + days * DAY)
}

fn uuid(number: u32) -> Value {
    json!({ "$uuid": format!("00000000-0000-4000-8000-{number:012}") })
}

fn count(mongo: &mut Mongo, collection: &str) -> i64 {
    mongo.command(json!({ "count": collection })).expect("counts")["n"].as_i64().expect("a number")
}

#[test]
fn documents_are_moved_as_they_are_and_the_others_stay() {
    let Some(mut moved) = Move::new() else { return };
    let seal = moved.copy();
    assert_eq!((count(&mut moved.own, "visits"), count(&mut moved.own, "notes")), (3, 1));
    let ours = json!({ "tenant_id": { "$uuid": OURS } });
    let sorted = |mongo: &mut Mongo| {
        let find = json!({ "find": "visits", "filter": ours.clone(), "sort": { "_id": 1 } });
        mongo.list(find).expect("reads")
    };
    assert_eq!(sorted(&mut moved.own), sorted(&mut moved.shared));
    let floats = json!({ "length": { "$type": "double" }, "seen": { "$type": "long" } });
    assert_eq!(moved.own.find("visits", floats).expect("finds").len(), 3);

    moved.run(&[("POLITY_REMOVE", &seal)]).expect("removes");
    assert_eq!((count(&mut moved.shared, "visits"), count(&mut moved.shared, "notes")), (2, 0));
    assert_eq!(count(&mut moved.own, "visits"), 3);
}

#[test]
fn what_was_written_since_is_not_removed() {
    let Some(mut moved) = Move::new() else { return };
    let seal = moved.copy();
    moved.visit(OURS, 9);
    let said = moved.run(&[("POLITY_REMOVE", &seal)]).expect_err("something else is there");
    assert!(said.contains("nothing was removed"), "{said}");
    assert_eq!(count(&mut moved.shared, "visits"), 6);
    let said = moved.run(&[("POLITY_REMOVE", "yes")]).expect_err("no seal");
    assert!(said.contains("nothing was removed"), "{said}");
}

#[test]
fn nothing_is_copied_over_what_is_there_and_a_spoiled_copy_is_taken_back() {
    let Some(mut moved) = Move::new() else { return };
    moved.copy();
    let said = moved.run(&[]).expect_err("it is there");
    assert!(said.contains("holds documents already"), "{said}");
    assert_eq!(count(&mut moved.own, "visits"), 3);

    let Some(mut moved) = Move::new() else { return };
    let index = json!({ "key": { "page": 1 }, "name": "once", "unique": true });
    moved.own.command(json!({ "createIndexes": "visits", "indexes": [index] })).expect("ours");
    let said = moved.run(&[]).expect_err("every page only once");
    assert!(said.contains("nothing was moved"), "{said}");
    assert_eq!((count(&mut moved.own, "visits"), count(&mut moved.own, "notes")), (0, 0));
    assert_eq!(count(&mut moved.shared, "visits"), 5);
}

const SPOIL: &str = "once";

/// A copy that fails, since every page of a visit may be there once only.
fn spoil(own: &mut Mongo) {
    let index = json!({ "key": { "page": 1 }, "name": SPOIL, "unique": true });
    own.command(json!({ "createIndexes": "visits", "indexes": [index] })).expect("ours");
}

#[test]
fn a_copy_that_failed_lets_nothing_be_removed_and_may_be_made_again() {
    let Some(mut moved) = Move::new() else { return };
    // A seal of the same documents is known from a copy that was given up.
    let seal = moved.copy();
    moved.run(&[("POLITY_GIVE_UP", "1")]).expect("gives up");
    assert_eq!(moved.held(), [true, false]);
    moved.refused(&[("POLITY_REMOVE", &seal)], "no seal of a copy");
    spoil(&mut moved.own);
    moved.refused(&[], "nothing was moved");
    moved.refused(&[("POLITY_REMOVE", &seal)], "no seal of a copy");
    moved.own.command(json!({ "dropIndexes": "visits", "index": SPOIL })).expect("ours");
    let seal = moved.copy();
    moved.run(&[("POLITY_REMOVE", &seal)]).expect("removes");
    assert_eq!(moved.held(), [false, true]);
    moved.refused(&[("POLITY_REMOVE", &seal)], "no seal of a copy");
    moved.refused(&[("POLITY_GIVE_UP", "1")], "there is no copy");
}

#[test]
fn nothing_is_removed_that_the_new_database_has_lost() {
    let Some(mut moved) = Move::new() else { return };
    let seal = moved.copy();
    moved.own.command(json!({ "delete": "visits", "deletes": [{ "q": {}, "limit": 1 }] })).expect("deletes");
    moved.refused(&[("POLITY_REMOVE", &seal)], "holds less than was copied");
    moved.refused(&[("POLITY_REMOVE", "yes"), ("POLITY_MAY_LOSE", "1")], "nothing was removed");
    // Another database, or one that was made anew, has no such copy.
    moved
        .own
        .command(json!({ "delete": "polity_seals", "deletes": [{ "q": {}, "limit": 0 }] }))
        .expect("deletes");
    moved.refused(&[("POLITY_REMOVE", &seal), ("POLITY_MAY_LOSE", "1")], "holds no copy with this seal");
}

#[test]
fn a_copy_is_given_up_unless_somebody_wrote_there() {
    let Some(mut moved) = Move::new() else { return };
    let seal = moved.copy();
    let renamed = json!({ "q": {}, "u": { "$set": { "body": "changed" } } });
    moved.own.command(json!({ "update": "notes", "updates": [renamed] })).expect("writes");
    moved.refused(&[("POLITY_GIVE_UP", "1")], "somebody has written");
    moved.run(&[("POLITY_GIVE_UP", "1"), ("POLITY_MAY_LOSE", "1")]).expect("it is told");
    assert_eq!(moved.held(), [true, false]);
    moved.refused(&[("POLITY_REMOVE", &seal)], "no seal of a copy");
    // Who was killed while he copied left a part of it and no seal.
    let begun = json!({ "_id": { "$uuid": OURS }, "to": moved.own.name() });
    moved.shared.insert("polity_seals", begun).expect("ours");
    let visit =
        moved.shared.find("visits", json!({ "tenant_id": { "$uuid": OURS } })).expect("reads").remove(0);
    moved.own.insert("visits", visit).expect("a part of it");
    moved.refused(&[], "was begun and has not ended");
    moved.run(&[("POLITY_GIVE_UP", "1")]).expect("gives up");
    moved.copy();
    assert_eq!(moved.held(), [true, true]);
}

#[test]
fn of_two_that_would_undo_each_other_one_goes_on() {
    let Some(mut moved) = Move::new() else { return };
    let seal = moved.copy();
    let marked = |mark: Value| json!({ "update": "polity_seals", "updates": [{ "q": {}, "u": mark }] });
    moved.shared.command(marked(json!({ "$set": { "givingUp": true } }))).expect("ours");
    moved.refused(&[("POLITY_REMOVE", &seal)], "it is being given up");
    moved.shared.command(marked(json!({ "$unset": { "givingUp": 1 } }))).expect("ours");
    for _ in 0..3 {
        let before = moved.ours();
        let (removed, given_up) = std::thread::scope(|scope| {
            let removed = scope.spawn(|| moved.race(&[("POLITY_REMOVE", &seal)]));
            let given_up = scope.spawn(|| moved.race(&[("POLITY_GIVE_UP", "1")]));
            (removed.join().expect("it ends"), given_up.join().expect("it ends"))
        });
        let after = moved.ours();
        assert!(
            after[0] == before[0] || after[1] == before[1],
            "{removed:?} {given_up:?}: documents are lost"
        );
        if given_up.is_err() {
            return; // it was removed, and there is nothing to be moved any more
        }
        assert_eq!(moved.held(), [true, false]);
        assert_eq!(moved.copy(), seal, "of the same documents");
    }
}

#[test]
fn nobody_is_erased_on_one_side_alone() {
    let Some(mut moved) = Move::new() else { return };
    let (shared, own) = (moved.shared.name().to_owned(), moved.own.name().to_owned());
    let person = "00000000-0000-4000-8000-000000000001";
    let there = [("POLITY_SUBJECT", person), ("POLITY_TENANT", "ours"), ("POLITY_DATABASE", own.as_str())];
    let here = |tenant| {
        [("POLITY_SUBJECT", person), ("POLITY_TENANT_ID", tenant), ("POLITY_DATABASE", shared.as_str())]
    };
    let seal = moved.copy();
    let before = moved.everything();
    for (file, variables) in [
        ("erase_subject.js", &here(OURS)[..]),
        ("erase_subject.js", &there),
        ("erase_tenant.js", &here(OURS)),
        ("erase_tenant.js", &there[1..]),
    ] {
        let said = moved.script(file, variables).expect_err("the tenant is being moved");
        assert!(said.contains("is being moved"), "{file}: {said}");
    }
    assert_eq!(moved.everything(), before);
    moved.script("erase_subject.js", &here(THEIRS)).expect("the others go on");
    moved.run(&[("POLITY_REMOVE", &seal)]).expect("removes");
    moved.script("erase_subject.js", &there).expect("erases");
    moved.script("erase_subject.js", &here(OURS)).expect("finds nothing");
    for mongo in [&mut moved.own, &mut moved.shared] {
        assert_eq!(mongo.find("persons", json!({ "name": "n" })).expect("reads").len(), 0);
    }
}

/// Days pass between the copy and the removal: documents expire in both databases, and those that are over age would be
/// anonymized.
#[test]
fn what_expired_since_is_no_change_and_what_is_over_age_waits() {
    let Some(mut moved) = Move::new() else { return };
    let (shared, own) = (moved.shared.name().to_owned(), moved.own.name().to_owned());
    let seal = moved.copy();
    moved.script("maintenance.js", &[("POLITY_DATABASE", &shared)]).expect("maintains");
    moved
        .script("maintenance.js", &[("POLITY_TENANT", "ours"), ("POLITY_DATABASE", &own)])
        .expect("maintains");
    let named = |mongo: &mut Mongo, tenant: &str| {
        mongo.find("persons", json!({ "tenant_id": { "$uuid": tenant }, "name": "n" })).expect("reads").len()
    };
    assert_eq!((named(&mut moved.shared, OURS), named(&mut moved.shared, THEIRS)), (1, 0));
    assert_eq!(named(&mut moved.own, OURS), 0, "where it goes it goes on");
    // A token that ends in days is missed; one that ends today may be gone, as if the server had found it expired.
    let ours = json!({ "$uuid": OURS });
    let token =
        moved.shared.find("tokens", json!({ "tenant_id": ours, "id": uuid(2) })).expect("reads").remove(0);
    let gone = |moved: &mut Move, number: u32| {
        let tokens = json!({ "q": { "tenant_id": { "$uuid": OURS }, "id": uuid(number) }, "limit": 1 });
        moved.shared.command(json!({ "delete": "tokens", "deletes": [tokens] })).expect("deletes");
    };
    gone(&mut moved, 2);
    moved.refused(&[("POLITY_REMOVE", &seal)], "nothing was removed: tokens");
    moved.shared.insert("tokens", token).expect("as it was");
    gone(&mut moved, 1);
    moved.run(&[("POLITY_REMOVE", &seal)]).expect("removes");
    assert_eq!(moved.held(), [false, true]);
}
