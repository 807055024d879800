//! `promote.js` on a real server: a tenant's documents out of the shared database, and none lost.

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
        let place = [
            ("POLITY_TENANT", "ours"),
            ("POLITY_DATABASE", self.own.name()),
            ("POLITY_SHARED", self.shared.name()),
        ];
        self.shared
            .script_file(&self.folder.path().join("documents/promote.js"), &[&place, variables].concat())
    }

    /// The seal that a copy printed.
    fn copy(&self) -> String {
        let said = self.run(&[]).expect("copies");
        said.lines().find_map(|line| line.strip_prefix("seal: ")).expect("a seal").to_owned()
    }
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
