use super::Action;
use crate::Governed;
use polity_model::EntityId;
use polity_text::source::Sources;

const HEAD: &str = "platform shop { environments: [dev]; production: [dev] }
store main: postgres 15 { database: \"shop\" }
store documents: mongodb 7 { database: \"shop\" }
store cache: redis 7 { }
";

fn governed(source: &str) -> Governed {
    let (platform, found) = crate::tests::governed_text(&format!("{HEAD}{source}"));
    assert!(found.iter().all(|d| !d.code.to_string().starts_with('E')), "{found:?}");
    platform
}

fn name(platform: &Governed, id: EntityId) -> String {
    platform[id].named.name.to_string()
}

/// One line a step, in the order in which things go: what happens where, and the way to the person.
fn planned(source: &str) -> Vec<String> {
    let platform = governed(source);
    let mut lines = Vec::new();
    for plan in platform.erasure_plans() {
        for rows in plan.rows.iter().rev() {
            let way: Vec<String> = rows.path.iter().map(|id| name(&platform, *id)).collect();
            let line = format!("{:?} {} {}", rows.action, name(&platform, rows.entity), way.join(" "));
            lines.push(line.trim_end().to_owned());
        }
        lines.extend(plan.keys.iter().map(|keys| {
            let held: Vec<String> = keys.held.iter().map(|held| held.path.join(".")).collect();
            let line =
                format!("keys {} {} {}", platform[keys.keyspace].named.name, keys.by.len(), held.join(" "));
            line.trim_end().to_owned()
        }));
        lines.extend(plan.trails.iter().map(|log| format!("trail {}", platform[*log].named.name)));
    }
    lines
}

const USER: &str = "entity User { id: uuid key; email: email #personal; subject; }\n";

#[test]
fn rows_that_refer_go_before_those_that_are_referred_to() {
    let text = format!(
        "schema core in main {{ {USER}
         entity Order {{ id: uuid key; user: -> User; index (user) }}
         entity Line {{ id: uuid key; order: -> Order; by: -> User; index (order); index (by) }} }}"
    );
    assert_eq!(planned(&text), ["Delete Line User", "Delete Order User", "Delete User"]);
}

#[test]
fn what_gives_way_forgets_and_leads_no_further() {
    let text = format!(
        "schema core in main {{ {USER}
         entity Post {{ id: uuid key; by: -> User? on delete set null; index (by) }}
         entity Comment {{ id: uuid key; post: -> Post; index (post) }} }}"
    );
    assert_eq!(planned(&text), ["Forget Post", "Delete User"]);
}

#[test]
fn keys_about_the_person_go_by_their_names_and_by_their_values() {
    let text = format!(
        "schema core in main {{\n  {USER} entity Wallet {{ id: uuid key; user: -> User; index (user) }} }}
struct Job {{ to: {{ user: -> core.User }}, text: text }}
keyspace Session in cache {{ pattern \"session:{{user: -> core.User}}\"; value text; ttl 1h }}
keyspace Balance in cache from core.Wallet {{ pattern \"balance:{{id}}\"; ttl 1h }}
keyspace Top in cache {{ pattern \"top\"; value sorted set of -> core.Wallet by float desc }}
keyspace Jobs in cache {{ pattern \"jobs\"; value list of Job }}
keyspace Hits in cache {{ pattern \"hits:{{day: date}}\"; value counter }}"
    );
    assert_eq!(
        planned(&text),
        [
            "Delete Wallet User",
            "Delete User",
            "keys Balance 1",
            "keys Jobs 0 to.user",
            "keys Session 1",
            "keys Top 0"
        ]
    );
}

#[test]
fn a_trail_is_emptied_after_all_that_writes_into_it() {
    let text = "schema audit in main {
  audit log Trail { chained }
}
schema core in main {
  entity User { id: uuid key; email: email #personal; subject; audit (update, delete) into audit.Trail }
  entity Note { id: uuid key; user: -> User; index (user); audit (delete) into audit.Trail }
}";
    assert_eq!(planned(text), ["Delete Note User", "Delete User", "trail Trail"]);
}

const KEPT: &str = "entity User {
    id: uuid key
    email: email? #personal
    at: timestamp = now()
    subject
    index (at)
    retain 2y after at then anonymize
  }";

/// A wallet that may not go before its owner names nobody once the owner is anonymized; what is personal in itself
/// goes all the same.
#[test]
fn a_row_that_is_anonymized_stays_and_keeps_what_must_not_go_before_it() {
    let text = format!(
        "schema core in main {{ {KEPT}
         entity Wallet {{ id: uuid key; user: -> User on delete restrict; index (user) }}
         entity Transfer {{ id: uuid key; wallet: -> Wallet on delete restrict; index (wallet) }}
         entity Card {{ id: uuid key; user: -> User on delete restrict; name: text(9) #personal; index (user) }}
         entity Session {{ id: uuid key; user: -> User on delete cascade; index (user) }} }}"
    );
    assert_eq!(
        planned(&text),
        [
            "Keep Transfer Wallet User",
            "Keep Wallet User",
            "Keep Session User",
            "Delete Card User",
            "Anonymize User"
        ]
    );
}

/// A secret that opens something for the person is no use to anybody else, labelled or not.
#[test]
fn a_row_that_holds_a_secret_of_the_person_goes() {
    let text = format!(
        "schema core in main {{ {KEPT}
         entity Badge {{ id: uuid key; user: -> User on delete restrict; qr: text #secret; index (user) }}
         entity Login {{ id: uuid key; user: -> User on delete restrict; word: {{ is: password }}; index (user) }} }}"
    );
    assert_eq!(planned(&text), ["Delete Login User", "Delete Badge User", "Anonymize User"]);
}

/// A record about somebody else, or one that says only that somebody did something, leads nowhere.
#[test]
fn a_reference_inside_of_a_personal_record_is_one_of_the_row() {
    let text = format!(
        "struct Buyer {{ customer: -> core.User; name: text(9) #personal }}
         struct Edit {{ by: -> core.User; at: timestamp }}
         schema core in main {{ {USER}
         entity Order {{ id: uuid key; sale: {{ buyer: Buyer }}; edited: Edit }}
         entity Line {{ id: uuid key; order: -> Order; index (order) }}
         entity Page {{ id: uuid key; edited: Edit }} }}
         entity Bill in documents {{ id: uuid key; buyer: Buyer? }}"
    );
    assert_eq!(
        planned(&text),
        ["Delete Line Order User", "Delete Order User", "Delete Bill User", "Delete User"]
    );
}

#[test]
fn what_gives_way_and_is_anonymized_is_anonymized_with_the_person() {
    let text = format!(
        "schema core in main {{ {USER}
         entity Case {{ id: uuid key; user: -> User? on delete set null; note: text(9)? #personal
           at: timestamp = now(); index (at); index (user); retain 5y after at then anonymize }} }}"
    );
    assert_eq!(planned(&text), ["Anonymize Case User", "Delete User"]);
}

#[test]
fn a_ring_of_references_is_told() {
    let platform = governed(
        "schema core in main {
           entity User { id: uuid key; team: -> Team?; subject; index (team) }
           entity Team { id: uuid key; lead: -> User; index (lead) }
           entity A { id: uuid key; user: -> User; b: -> B?; index (user); index (b) }
           entity B { id: uuid key; a: -> A; index (a) }
           entity Outside { id: uuid key; a: -> A; user: -> User; index (a); index (user) }
           entity Beyond { id: uuid key; on: -> Outside; index (on) } }",
    );
    let plans = platform.erasure_plans();
    let rings: Vec<String> = plans[0].rings.iter().map(|(entity, _)| name(&platform, *entity)).collect();
    assert_eq!(rings, ["A", "B", "User"]);
}

#[test]
fn a_row_that_stays_and_needs_one_that_goes_is_told() {
    let platform = governed(&format!(
        "schema core in main {{ {USER}
         entity Case {{ id: uuid key; user: -> User; at: timestamp = now(); index (at); index (user)
           retain 5y after at then anonymize }} }}"
    ));
    let plans = platform.erasure_plans();
    let stuck: Vec<String> = plans[0].stuck.iter().map(|(entity, _)| name(&platform, *entity)).collect();
    assert_eq!(stuck, ["Case"]);
}

/// MongoDB has no `on delete`, so that a reference which may be absent gives way by itself.
#[test]
fn a_document_that_stays_forgets_whom_it_referred_to() {
    let of = |optional: &str| {
        governed(&format!(
            "schema core in main {{ {USER}}}
             entity Visit in documents {{ id: uuid key; user: -> core.User{optional}; at: timestamp
               retain 5y after at then anonymize }}"
        ))
    };
    let platform = of("?");
    let plan = &platform.erasure_plans()[0];
    let emptied = plan.rows.iter().map(|rows| (rows.action, rows.emptied.len()));
    assert_eq!(emptied.collect::<Vec<_>>(), [(Action::Delete, 0), (Action::Anonymize, 1)]);
    assert!(plan.stuck.is_empty());
    assert_eq!(of("").erasure_plans()[0].stuck.len(), 1);
}

#[test]
fn rows_that_only_a_keyed_hash_names_stay() {
    let platform = governed(&format!(
        "encryption key pii {{ provider: vault(\"a\") }}
         schema core in main {{ {USER}
         entity Seen {{ id: uuid key; by: -> User pseudonymous; who: -> User? pseudonymous }}
         entity Liked {{ id: uuid key; by: -> User pseudonymous; post: -> Post }}
         entity Post {{ id: uuid key; by: -> User; index (by) }}
         entity Far {{ id: uuid key; seen: -> Seen pseudonymous; ip: inet #personal }} }}"
    ));
    let plan = &platform.erasure_plans()[0];
    let found: Vec<String> = plan.rows.iter().map(|rows| name(&platform, rows.entity)).collect();
    assert_eq!(found, ["User", "Post", "Liked"], "those that nothing in the clear leads to are not found");
    let kept: Vec<String> = plan
        .pseudonyms
        .iter()
        .map(|(entity, id)| {
            format!("{}.{}", name(&platform, *entity), platform[*entity].field(*id).named.name)
        })
        .collect();
    assert_eq!(kept, ["Liked.by", "Seen.by", "Seen.who"]);
    let left = platform.unreached(platform.erasure_plans());
    let left: Vec<String> = left.entities.iter().map(|(id, _)| name(&platform, *id)).collect();
    assert_eq!(left, ["Far"], "a hash leads no eraser to what is personal beside it");
}

#[test]
fn personal_data_that_leads_to_nobody_is_told() {
    let platform = governed(&format!(
        "schema core in main {{ {USER} entity Lead {{ id: uuid key; phone: text(20) #personal }}
         entity Post {{ id: uuid key; by: -> User? on delete set null; phone: text(20) #personal; index (by) }}
         entity City {{ id: uuid key; name: text(20) }} }}
         struct Mail {{ to: email #personal }}
         keyspace Mails in cache {{ pattern \"mails\"; value list of Mail }}
         keyspace Short in cache {{ pattern \"short\"; value list of Mail; ttl 1h }}"
    ));
    let left = platform.unreached(platform.erasure_plans());
    let names: Vec<String> = left.entities.iter().map(|(id, _)| name(&platform, *id)).collect();
    assert_eq!(names, ["Lead", "Post"]);
    let keys: Vec<&str> = left.keyspaces.iter().map(|id| platform[*id].named.name.as_str()).collect();
    assert_eq!(keys, ["Mails"]);
}

#[test]
fn a_store_is_visited_again_where_it_is_found_by_way_of_another() {
    let platform = governed(&format!(
        "schema core in main {{ {USER}
         entity Order {{ id: uuid key; product: -> documents.Product; index (product) }} }}
         entity Product in documents {{ id: uuid key; seller: -> core.User }}"
    ));
    let plan = &platform.erasure_plans()[0];
    let turns: Vec<&str> = plan.turns.iter().map(|store| platform[*store].named.name.as_str()).collect();
    assert_eq!(turns, ["main", "documents", "main"]);
    let handed: Vec<String> =
        plan.rows.iter().filter(|rows| rows.handed_on).map(|rows| name(&platform, rows.entity)).collect();
    assert_eq!(handed, ["User", "Product"]);
}

#[test]
fn a_chain_longer_than_the_stack_is_planned() {
    let mut text =
        format!("schema core in main {{ {USER} entity E0 {{ id: uuid key; up: -> User; index (up) }}\n");
    for n in 1..2_000 {
        text += &format!("entity E{n} {{ id: uuid key; up: -> E{}; index (up) }}\n", n - 1);
    }
    let steps = planned(&(text + "}"));
    assert_eq!((steps.len(), steps[0].starts_with("Delete E1999 E1998")), (2_001, true));
}

#[test]
fn what_is_not_followed_inside_of_records_is_told_with_the_reason() {
    let help = |members: &str| {
        let source = format!(
            "{HEAD}encryption key pii {{ algorithm: aes_256_gcm, provider: vault(\"transit/pii\"), rotate: 30d }}
             struct Buyer {{ customer: -> core.User; name: text(9) #personal }}
             schema core in main {{ audit log Trail {{}}\n {USER} entity Order {{ id: uuid key; {members} }} }}"
        );
        let found = polity::compile(&Sources::single("shop.polity", &source), &polity::Options::default())
            .diagnostics;
        let told = found.into_iter().filter(|d| d.code == polity_text::diagnostics::codes::E0851);
        told.filter_map(|d| d.help).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(help("buyer: Buyer"), "");
    assert!(help("buyers: Buyer[]").contains("an entity of its own"));
    assert!(help("buyers: map<Buyer>").contains("an entity of its own"));
    assert!(help("buyer: Buyer encrypted with pii").contains("encrypt the other members"));
    assert!(help("buyer: Buyer; audit (update) into Trail").contains("beside the record"));
    assert!(help("name: text(9) #personal").contains("refer to the person"));
    // Beside a reference of the row itself, all of that goes with it.
    assert_eq!(help("buyers: Buyer[]; of: -> User; index (of)"), "");
}

#[test]
fn backups_are_as_old_as_whoever_keeps_them_longest_says() {
    let platform = governed(
        "store kept: postgres 15 { database: \"kept\"; backup: { every: 1d, retain: 7d } }
tenancy by tenant_id: uuid
tier large { isolation: database; store kept { backup: { every: 1d, retain: 6mo } } }
tenant acme: large { id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }
",
    );
    let kept = platform.stores.iter().find(|store| store.named.name == "kept").unwrap();
    assert_eq!(platform.backup_retain(kept.id).unwrap().to_string(), "6mo");
}

#[test]
fn health_and_cards_are_about_a_person_too() {
    let left = |label: &str| {
        let platform = governed(&format!(
            "schema core in main {{ {USER} entity Note {{ id: uuid key; body: text {label} }} }}"
        ));
        platform.unreached(platform.erasure_plans()).entities.len()
    };
    assert_eq!(["#health", "#card", "#personal", "#financial", "#sensitive"].map(left), [1, 1, 1, 0, 0]);
}

const PARTIES: &str = "entity User { id: uuid key; email: email #personal; subject; }
    entity Merchant { id: uuid key; phone: phone #personal; subject; }
";

/// Returns each code about whose data it is, with the number of paths that it lists.
fn disputes(source: &str) -> Vec<String> {
    let source = format!("{HEAD}schema core in main {{ {PARTIES} {source} }}");
    let found =
        polity::compile(&Sources::single("shop.polity", &source), &polity::Options::default()).diagnostics;
    let whose =
        found.iter().filter(|d| ["E0885", "E0886", "E0887", "E0855"].contains(&d.code.to_string().as_str()));
    let mut whose: Vec<String> = whose.map(|d| format!("{} {}", d.code, d.others.len())).collect();
    whose.sort();
    whose
}

#[test]
fn what_several_paths_lead_to_says_whose_it_is() {
    let order = |said: &str, address: &str| {
        format!(
            "entity Order {{ id: uuid key; buyer: -> User; seller: -> Merchant?; index (buyer); index (seller)
               address: text(9) {address}; {said} }}"
        )
    };
    let line = "entity Line { id: uuid key; order: -> Order; name: text(9) #personal; index (order) }";
    assert_eq!(disputes(&order("", "#personal")), ["E0885 2"]);
    assert_eq!(disputes(&order("personal of buyer", "#personal")), [""; 0]);
    assert_eq!(disputes(&order("", "#personal of buyer")), [""; 0]);
    // A row that holds nothing of anybody needs no word, and one on the way settles what lies behind it.
    assert_eq!(disputes(&order("", "")), [""; 0]);
    assert_eq!(disputes(&format!("{}\n{line}", order("", ""))), ["E0885 2"]);
    assert_eq!(disputes(&format!("{}\n{line}", order("personal of buyer", ""))), [""; 0]);
    // Two of one kind, by way of others, and by a record.
    let two = "entity Gift { id: uuid key; by: -> User; to: -> User; note: text(9) #personal; index (by); index (to) }";
    assert_eq!(disputes(two), ["E0885 2"]);
    let far = "entity Shop { id: uuid key; of: -> Merchant; index (of) }
               entity Visit { id: uuid key; at: -> Shop; by: -> User; note: text(9) #personal; index (at); index (by) }";
    assert_eq!(disputes(far), ["E0885 2"]);
    // The arms of one reference are one way, and what gives way is none.
    let arms = "entity Note { id: uuid key; of: -> User | Merchant; note: text(9) #personal }";
    assert_eq!(disputes(arms), [""; 0]);
    let gives = "entity Note { id: uuid key; of: -> User; by: -> Merchant? on delete set null; note: text(9) #personal
                 index (of); index (by) }";
    assert_eq!(disputes(gives), [""; 0]);
    assert_eq!(disputes(&order("personal of address", "#personal")), ["E0885 2", "E0886 0"]);
    assert_eq!(disputes(&order("name: text(9) #personal of seller", "#personal of buyer")), ["E0887 1"]);
}

#[test]
fn whoever_is_merely_referred_to_takes_nothing_along() {
    let platform = governed(&format!(
        "schema core in main {{ {PARTIES}
         entity Order {{ id: uuid key; buyer: -> User; seller: -> Merchant?; address: text(9) #personal of buyer
           index (buyer); index (seller) }}
         entity Line {{ id: uuid key; order: -> Order; name: text(9) #personal; index (order) }} }}"
    ));
    let of = |plan: usize| -> Vec<String> {
        let rows = platform.erasure_plans()[plan].rows.iter();
        rows.map(|rows| format!("{:?} {} {}", rows.action, name(&platform, rows.entity), rows.emptied.len()))
            .collect()
    };
    let subjects: Vec<String> =
        platform.erasure_plans().iter().map(|plan| name(&platform, plan.subject)).collect();
    assert_eq!(subjects, ["Merchant", "User"]);
    assert_eq!(of(0), ["Delete Merchant 0", "Forget Order 1"]);
    assert_eq!(of(1), ["Delete User 0", "Delete Order 0", "Delete Line 0"]);
    // What is required can neither stay nor be emptied.
    let required =
        "entity Order { id: uuid key; buyer: -> User; seller: -> Merchant; index (buyer); index (seller)
                      address: text(9) #personal of buyer }";
    assert_eq!(disputes(required), ["E0855 1"]);
}
