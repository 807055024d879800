//! Documents that are over age, or whose person is erased, stay without the person: on the server, by the scripts as they
//! were written.

use polity_tests::engines::Mongo;
use polity_tests::project::{self, on_disk};
use serde_json::{Value as Json, json};

const CLINIC: &str = r#"
platform clinic { environments: [dev, prod] }

store main: postgres 15 { database: "clinic" }
store documents: mongodb 7 { database: "clinic"; naming: camel_case }

encryption key pii { algorithm: aes_256_gcm; rotate: 30d; scope: platform; provider: vault("transit/pii") }

enum Sex { female, male, unknown as "UNKNOWN" }
struct Contact { mail: email #personal, phone: text(20)?, of: Sex = unknown, since: int = 1 }

schema core in main {
  entity User { id: uuid key; email: email #personal; subject }
}

entity Visit in documents as "visits" {
  id:       uuid key
  user:     -> core.User?
  seen_by:  -> core.User as "USER" | Nurse as "NURSE"? #personal
  name:     text(40) #personal anonymized as "$nobody"
  handle:   text(60) unique #personal anonymized as "gone-" || text(uuid_v4())
  token:    uuid #personal anonymized as uuid_v4()
  mail:     email? #personal
  lower:    text? #personal computed (lower(mail))
  sex:      Sex #personal anonymized as unknown
  weight:   float #health anonymized as 0
  cents:    bigint #financial anonymized as 0
  price:    decimal(12, 2) #financial anonymized as 0
  born:     date #personal anonymized as now()
  stays:    interval #personal anonymized as 1d
  contact:  Contact anonymized as { mail: "gone@example.org" }
  notes:    text[] #personal anonymized as []
  facts:    map<float> #personal anonymized as {}
  secret:   password?
  street:   text(40) unique #personal
  passport: text(20)? #personal encrypted with pii searchable
  room:     text(8)
  at:       timestamp
  personal of user
  index (user)
  retain 2y after at then anonymize
}

entity Nurse in documents { id: uuid key }
"#;

const ANA: &str = "aaaaaaaa-0000-4000-8000-000000000000";
const BEN: &str = "bbbbbbbb-0000-4000-8000-000000000000";

struct Clinic {
    mongo: Mongo,
    folder: tempfile::TempDir,
}

impl Clinic {
    /// With its collections made.
    fn open() -> Option<Self> {
        let clinic = Self { mongo: Mongo::database()?, folder: on_disk(&project::build(CLINIC)) };
        clinic.run("apply.js", &[]).unwrap();
        Some(clinic)
    }

    fn run(&self, file: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let mut all = vec![("POLITY_DATABASE", self.mongo.name())];
        all.extend(variables);
        self.mongo.script_file(&self.folder.path().join("documents").join(file), &all)
    }

    fn visit(&mut self, digit: u32, user: &str, name: &str, at: &str) {
        let visit = json!({
            "_id": id(digit),
            "user": { "$uuid": user },
            "seenBy": { "$uuid": user },
            "seenByType": "USER",
            "name": name,
            "handle": format!("{name}{digit}"),
            "token": { "$uuid": user },
            "mail": format!("{name}@Example.org"),
            "lower": format!("{name}@example.org"),
            "sex": "female",
            "weight": 61.5,
            "cents": { "$numberLong": "990" },
            "price": { "$numberDecimal": "9.90" },
            "born": { "$date": "1990-01-01T00:00:00Z" },
            "stays": { "$numberLong": "5" },
            "contact": { "mail": format!("{name}@example.org"), "of": "male", "since": 7, "phone": name },
            "notes": [name],
            "facts": { name: 1.5 },
            "secret": format!("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA${name}"),
            "street": format!("{name} Street {digit}"),
            "passport": { "$binary": { "base64": "AQ".repeat(40), "subType": "00" } },
            "passportBx": { "$binary": { "base64": format!("{digit}{}=", "A".repeat(42)), "subType": "00" } },
            "room": format!("R{digit}"),
            "at": { "$date": at },
        });
        self.mongo.insert("visits", visit).unwrap_or_else(|e| panic!("{name}: {e}"));
    }

    fn visits(&mut self) -> Vec<Json> {
        let mut visits = self.mongo.find("visits", json!({})).unwrap();
        visits.sort_by_key(|visit| visit["room"].to_string());
        visits
    }

    /// Two of Ana's, one of them long ago, and one of Ben's.
    fn filled() -> Option<Self> {
        let mut clinic = Self::open()?;
        clinic.visit(1, ANA, "ana", "2020-01-01T00:00:00Z");
        clinic.visit(2, ANA, "ana", "2100-01-01T00:00:00Z");
        clinic.visit(3, BEN, "ben", "2100-01-01T00:00:00Z");
        Some(clinic)
    }
}

fn id(digit: u32) -> Json {
    json!({ "$uuid": format!("{digit:08}-0000-4000-8000-000000000000") })
}

/// Asserts what stays of an anonymized visit, in the types that its validator asks for.
fn of_nobody(visit: &Json) {
    let mut names: Vec<&str> = visit.as_object().unwrap().keys().map(String::as_str).collect();
    names.retain(|name| *name != "user");
    assert_eq!(
        names,
        [
            "_id",
            "name",
            "handle",
            "token",
            "sex",
            "weight",
            "cents",
            "price",
            "born",
            "stays",
            "contact",
            "notes",
            "facts",
            "room",
            "at",
            "anonymizedAt"
        ]
    );
    assert_eq!(visit["name"], "$nobody");
    assert_eq!(visit["contact"], json!({ "mail": "gone@example.org", "of": "UNKNOWN", "since": 1 }));
    assert_eq!(
        [&visit["notes"], &visit["facts"], &visit["sex"]],
        [&json!([]), &json!({}), &json!("UNKNOWN")]
    );
    assert!(
        visit["handle"].as_str().unwrap().starts_with("gone-")
            && visit["handle"].as_str().unwrap().len() == 41
    );
}

#[test]
fn documents_that_are_over_age_stay_without_the_person() {
    let Some(mut clinic) = Clinic::filled() else { return };
    let before = clinic.visits();
    assert_eq!(clinic.run("maintenance.js", &[]).unwrap(), "anonymized 1 of `visits`");
    let after = clinic.visits();
    of_nobody(&after[0]);
    assert!(after[0]["user"].is_object(), "no label, no deletion: whom it refers to is there still");
    let text = after[0].to_string().replace(ANA, "");
    assert!(!text.contains("ana"), "{text}");
    assert_eq!(after[1..], before[1..]);

    // Once more changes nothing, and what stands there is what the validator takes.
    assert_eq!(clinic.run("maintenance.js", &[]).unwrap(), "anonymized 0 of `visits`");
    assert_eq!(clinic.visits(), after);
    assert_eq!(clinic.run("apply.js", &[]).unwrap(), "nothing to change");
    let touched = json!({ "update": "visits", "updates": [{ "q": { "_id": id(1) }, "u": { "$set": { "room": "R1b" } } }] });
    clinic.mongo.command(touched).unwrap();
}

#[test]
fn a_document_has_what_is_required_until_it_is_anonymized() {
    let Some(mut clinic) = Clinic::filled() else { return };
    let without = |at: u32| json!({ "update": "visits", "updates": [{ "q": { "_id": id(at) }, "u": { "$unset": { "street": "" } } }] });
    clinic.mongo.command(without(3)).expect_err("Ben is there");
    clinic.run("maintenance.js", &[]).unwrap();
    clinic.mongo.command(without(1)).expect("nobody is there");
    assert_eq!(clinic.visits()[0].get("street"), None);
}

#[test]
fn what_is_over_age_is_found_by_an_index() {
    let Some(mut clinic) = Clinic::open() else { return };
    let filter = json!({ "anonymizedAt": null, "at": { "$lt": { "$date": "2020-01-01T00:00:00Z" } } });
    let plan = clinic
        .mongo
        .command(json!({ "explain": { "find": "visits", "filter": filter } }))
        .unwrap()
        .to_string();
    assert!(plan.contains("IXSCAN") && plan.contains("anonymizedAt_1_at_1"), "{plan}");
}

#[test]
fn a_person_who_is_erased_is_in_no_document() {
    let Some(mut clinic) = Clinic::filled() else { return };
    let before = clinic.visits();
    clinic.run("erase_subject.js", &[("POLITY_SUBJECT", ANA)]).unwrap();
    let after = clinic.visits();
    for visit in &after[..2] {
        of_nobody(visit);
        assert_eq!(visit.get("user"), None);
        assert!(!visit.to_string().contains("ana") && !visit.to_string().contains(ANA), "{visit}");
    }
    assert_ne!(after[0]["handle"], after[1]["handle"]);
    assert_ne!(after[0]["token"], after[1]["token"]);
    assert_eq!(after[2], before[2]);
    clinic.run("erase_subject.js", &[("POLITY_SUBJECT", ANA)]).unwrap();
    assert_eq!(clinic.visits(), after);
    assert_eq!(clinic.run("maintenance.js", &[]).unwrap(), "anonymized 0 of `visits`");
}

/// Old documents may break a validator that was added later; MongoDB refuses to change them, and the rest goes on.
#[test]
fn what_the_server_refuses_is_told_and_stops_nothing_else() {
    let Some(mut clinic) = Clinic::open() else { return };
    let open = |level| json!({ "collMod": "visits", "validationLevel": level });
    clinic.mongo.command(open("off")).unwrap();
    clinic
        .mongo
        .insert("visits", json!({ "_id": id(8), "at": { "$date": "2019-01-01T00:00:00Z" } }))
        .unwrap();
    clinic.mongo.command(open("strict")).unwrap();
    clinic.visit(1, ANA, "ana", "2020-01-01T00:00:00Z");
    let said = clinic.run("maintenance.js", &[]).unwrap_err();
    assert!(said.contains("anonymized 1 of `visits`") && said.contains("00000008-0000"), "{said}");
}

#[test]
fn the_job_is_on_the_schedule() {
    let values = project::text(&project::build(CLINIC), "helm/values.yaml");
    let job = "name: clinic/documents/retain";
    assert!(values.contains(job), "{values}");
    assert!(values.contains("mongosh --quiet \"$MONGODB_URI\" --file documents/maintenance.js"), "{values}");
}
