//! Rules at work: each test is a platform and what is said of it.

use crate::model::{Date, Platform};
use crate::source::Sources;

const HEAD: &str = "platform shop { environments: [dev, prod]; production: [prod] }
store main: postgres 15 { database: \"shop\" }
store cache: redis 7 { in prod { encryption: { in_transit: tls_1_3 } } }
encryption key pii { algorithm: aes_256_gcm }
encryption key other { algorithm: aes_256_gcm }
label biometric: personal, health
";

const USER: &str = "schema core in main {
  entity User { id: uuid key; email: email #personal; born: date?; face: bytes #biometric; at: timestamp = now(); index (at); retain 2y after at }
  entity Note { id: uuid key; user: -> User? on delete set null; text: text(80); index (user) }
}
";

fn governed(source: &str, as_of: Option<Date>) -> (Platform, Vec<crate::diagnostics::Diagnostic>) {
    governed_on(&format!("{HEAD}{source}"), as_of)
}

/// A whole project.
pub(super) fn governed_text(text: &str) -> (Platform, Vec<crate::diagnostics::Diagnostic>) {
    governed_on(text, None)
}

fn governed_on(text: &str, as_of: Option<Date>) -> (Platform, Vec<crate::diagnostics::Diagnostic>) {
    let sources = Sources::single("shop.polity", text);
    let (tree, mut found) = crate::syntax::parse(&sources);
    let (mut platform, resolved) = crate::model::resolve(&tree);
    found.extend(resolved);
    super::govern(&mut platform, as_of, &mut found);
    (platform, found)
}

/// One line a diagnostic: its code and message.
fn told(source: &str) -> String {
    told_on(source, None)
}

fn told_on(source: &str, as_of: Option<Date>) -> String {
    let (_, found) = governed(&format!("{USER}{source}"), as_of);
    let found = found.iter().filter(|d| d.code != crate::diagnostics::codes::W0808);
    let lines: Vec<String> = found.map(|d| format!("{} {}", d.code, d.message)).collect();
    lines.join("\n")
}

fn labels(platform: &Platform, path: &str) -> String {
    let (entity, field) = path.rsplit_once('.').unwrap();
    let entity = platform.entities.iter().find(|e| platform.entity_path(e.id) == entity).unwrap();
    let (id, _) = entity.fields().find(|(_, f)| f.named.name == field).unwrap();
    let names: Vec<&str> =
        platform.labels_of(entity.id, id).iter().map(|c| platform[c.label].name.as_str()).collect();
    names.join(" ")
}

fn rule(body: &str) -> String {
    format!("policy house {{\n parameter longest: duration = 5y\n rule r {{\n{body}\n}}\n}}\n")
}

#[test]
fn labels_flow_into_what_reads_them_and_carry_their_parents() {
    let source = "schema core in main {
  struct Address { street: text(80) #personal; city: text(80) }
  entity Person {
    email: email key #personal
    address: Address
    names: text(20)[] #sensitive
    shout: text computed (upper(email))
    face: bytes #biometric
  }
  entity Order { id: uuid key; by: -> Person.email; index (by) }
  entity Line { id: uuid key; order: -> Order; index (order) }
}
";
    let (platform, _) = governed(source, None);
    assert_eq!(labels(&platform, "core.Person.address"), "personal");
    assert_eq!(labels(&platform, "core.Person.shout"), "personal");
    assert_eq!(labels(&platform, "core.Person.face"), "biometric personal health");
    assert_eq!(labels(&platform, "core.Order.by"), "personal", "the key that it holds is labelled");
    assert_eq!(labels(&platform, "core.Line.order"), "", "the key that it holds is a uuid");
}

#[test]
fn a_records_label_is_on_its_fields_wherever_they_are_included() {
    let source = "schema core in main {
  struct Contact #personal { email: email?; phone: phone? #sensitive }
  struct Card { include Contact; note: text? }
  entity A { id: uuid key; include Contact }
  entity B { id: uuid key; include Card }
}
";
    let (platform, _) = governed(source, None);
    assert_eq!(labels(&platform, "core.A.email"), "personal");
    assert_eq!(labels(&platform, "core.A.phone"), "sensitive personal");
    assert_eq!(labels(&platform, "core.B.email"), "personal", "by way of another record");
    assert_eq!(labels(&platform, "core.B.note"), "");
    assert_eq!(labels(&platform, "core.A.id"), "");
}

/// The labels of each column of the view `core.V`, by its query and how many columns that has: `personal|-|health`.
fn columns(query: &str, count: usize) -> String {
    let named: Vec<String> = (0..count).map(|i| format!("    c{i}: text\n")).collect();
    let source = format!(
        "schema core in main {{
  struct Address {{ street: text(80) #personal; city: text(80) }}
  entity Person as \"people\" {{ id: uuid key; email: email #personal; body: text #health; size: int; tags: text[] #card; home: Address inline; born: date? }}
  entity Wallet {{ id: uuid key; person: -> Person; balance: int #financial; index (person) }}
  view Sums in core {{ sql \"\"\"select person, sum(balance) as total, min(email) from core.wallet join core.people p on p.id = person group by person\"\"\"
    person: uuid
    total: bigint declassify #financial because \"a sum\"
    least: text }}
  view V in core {{
    sql \"\"\"{query}\"\"\"
{}  }}
}}
",
        named.join("")
    );
    let (platform, found) = governed(&source, None);
    let errors: Vec<&str> = found.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    assert_eq!(errors, Vec::<&str>::new(), "{query}");
    let view = platform.views.iter().find(|view| view.named.name == "V").unwrap();
    let of = |i: usize| {
        let carried = platform.labels_of_column(view.id, crate::model::FieldId(i as u32));
        let mut names: Vec<&str> = carried.iter().map(|c| platform[c.label].name.as_str()).collect();
        names.sort_unstable();
        if names.is_empty() { "-".to_owned() } else { names.join(" ") }
    };
    (0..count).map(of).collect::<Vec<_>>().join("|")
}

#[test]
fn labels_flow_through_views_by_the_columns_that_their_sql_reads() {
    let cases = [
        ("select id, email from core.people", "-|personal"),
        ("select size, lower(p.email) as e from core.people as p", "-|personal"),
        (
            "select p.email, w.balance from core.people p join core.wallet w on w.person = p.id",
            "personal|financial",
        ),
        ("select * from core.wallet", "-|-|financial"),
        ("select w.*, p.body from core.people p, core.wallet w", "-|-|financial|health personal"),
        ("select case when body = 'x' then 1 else size end from core.people", "health personal"),
        ("select size from core.people where email = 'a'", "-"),
        ("select size from core.people union all select balance from core.wallet", "financial"),
        ("with a as (select email as e, size as s from core.people) select s, e from a", "-|personal"),
        ("with a (x, y) as (select email, size from core.people) select y, x from a", "-|personal"),
        (
            "with a as (select email e from core.people), b as (select e as f from a) select f from b",
            "personal",
        ),
        (
            "with recursive r as (select id, size as v from core.people union all select r.id, w.balance from r join core.wallet w on w.person = r.id) select v from r",
            "financial",
        ),
        ("select x.e from (select email e, size from core.people) x", "personal"),
        ("select x.b from (select size, body from core.people) as x (a, b)", "health personal"),
        (
            "select x.* from core.people p, lateral (select p.email as e, w.balance from core.wallet w) x",
            "personal|financial",
        ),
        ("select row_number() over (partition by body order by email) from core.people", "health personal"),
        ("select rank() over w from core.people window w as (order by email)", "personal"),
        (
            "select size + (select max(balance) from core.wallet w where w.person = p.id) from core.people p",
            "financial",
        ),
        ("select exists (select from core.people where email = 'x')", "personal"),
        ("select count(*), count(*) filter (where body = 'x') from core.people", "-|health personal"),
        ("select to_jsonb(p) from core.people p", "card health personal"),
        ("select p from core.people p", "card health personal"),
        ("select count(p.*) from core.people p", "card health personal"),
        ("select t from core.people p, unnest(p.tags) as t", "card"),
        ("select t.a from core.people p, unnest(p.tags) as t (a)", "card"),
        ("select home_street, home_city from core.people", "personal|personal"),
        ("select \"email\", Email from core.people", "personal|personal"),
        ("select total, least from core.sums", "-|personal"),
        ("select s.* from core.sums s", "-|-|personal"),
        ("select v.a from (values (1), (2)) v (a)", "-"),
        ("select current_user, now(), size from core.people", "-|-|-"),
        ("select (p.email || ':' || p.size)::text from core.people as p", "personal"),
        ("select * from core.people p join core.wallet w using (id)", "card financial health personal"),
        ("with a as (table core.wallet) select * from a", "-|-|financial"),
        ("(select email from core.people order by 1 limit 1)", "personal"),
        ("select array(select email from core.people)", "personal"),
        ("select size from core.people group by size having max(email) > 'a'", "-"),
        ("select coalesce(nullif(size, 0), 1), string_agg(email, ',') from core.people", "-|personal"),
        ("select x from (select email from core.people) as t (x)", "personal"),
        ("select a.email from core.people a, core.people b", "personal"),
        (
            "select e from core.people p cross join lateral jsonb_array_elements(to_jsonb(p.body)) as e",
            "health personal",
        ),
        ("select max(balance) over () from core.wallet", "financial"),
        ("select (select p.email) from core.people p", "personal"),
        ("with a as (select * from core.people) select a.email, size from a", "personal|-"),
        ("with email as (select size as s from core.people) select s from email", "-"),
    ];
    for (query, expected) in cases {
        // A query whose columns cannot be told apart is asked for one.
        let count = expected.split('|').count();
        assert_eq!(columns(query, count), expected, "{query}");
    }
}

#[test]
fn labels_flow_through_fragments_of_sql_by_the_columns_that_they_name() {
    let source = "schema core in main {
  entity Person { id: uuid key; email: email #personal; size: int
    a: text computed (sql(\"lower(email)\"))
    b: int computed (sql(\"size + 1\"))
    c: text computed (sql(\"to_jsonb(person)::text\"))
  }
}
";
    let (platform, _) = governed(source, None);
    let of = |field: &str| labels(&platform, &format!("core.Person.{field}"));
    assert_eq!([of("a"), of("b"), of("c")], ["personal", "", "personal"]);
}

#[test]
fn trails_carry_what_is_audited_into_them_and_so_do_views_and_services_that_read_them() {
    let source = "schema core in main {
  entity Person { id: uuid key; email: email #personal; token: text #secret; audit (insert, update, delete) into Trail }
  audit log Trail {}
  view Recent in core { sql \"\"\"select at from core.trail\"\"\"
    at: timestamp }
}
service reader { read core.Trail }
";
    let (platform, _) = governed(source, None);
    let names = |carried: &[crate::model::labels::Carried]| {
        carried.iter().map(|c| platform[c.label].name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(platform.labels_of_audit_log(platform.audit_logs[0].id)), ["personal"]);
    assert_eq!(
        names(platform.labels_of_column(platform.views[0].id, crate::model::FieldId(0))),
        ["personal"]
    );
    let read = platform.labels_granted(&platform.services[0], &["read"]);
    assert_eq!(read, [platform.label("personal").unwrap()]);
}

#[test]
fn what_breaks_a_rule_is_told_with_its_facts() {
    assert_eq!(told(&rule("for entity where #personal in labels\nrequire retention_max <= longest")), "");
    assert_eq!(
        told(&rule("for entity where #personal in labels\nrequire retention_max <= 1y")),
        "E0805 `core.User` breaks `house.r`"
    );
    assert_eq!(
        told(&rule("for entity\nrequire retention_max <= longest\nseverity: warning")),
        "W0805 `core.Note` breaks `house.r`"
    );
    let (_, found) =
        governed(&format!("{USER}{}", rule("for entity\nrequire retention_max <= longest")), None);
    assert_eq!(found[0].others[0].text, "`retention_max` is for ever, `longest` is 5y");
}

#[test]
fn settings_are_judged_in_every_production_environment() {
    let tls = rule("for store\nrequire encryption_in_transit != none");
    assert_eq!(told(&tls), "E0805 `main` breaks `house.r` in `prod`");
}

#[test]
fn what_is_not_said_holds_neither_way() {
    assert_eq!(told(&rule("for store\nforbid region = \"eu\"")), "");
    assert_eq!(told(&rule("for store\nforbid not (region = \"eu\")")), "");
    assert_eq!(
        told(&rule("for store where engine = redis\nforbid region is null")),
        "E0805 `cache` breaks `house.r` in `prod`"
    );
}

#[test]
fn rules_apply_what_the_source_left_open() {
    let (platform, found) = governed(
        &format!(
            "{USER}{}",
            rule("for field where #personal in labels\napply encrypted with pii searchable")
        ),
        None,
    );
    assert_eq!(found, []);
    let user = &platform.entities[0];
    let encrypted: Vec<&str> =
        user.fields.iter().filter(|f| f.encrypted.is_some()).map(|f| f.named.name.as_str()).collect();
    assert_eq!(encrypted, ["email", "face"]);
    assert_eq!(platform.applications.len(), 2);
}

#[test]
fn two_rules_that_want_different_things_are_one_error() {
    let two = "policy a { rule x { for field where #personal in labels; apply encrypted with pii } }
policy b { rule y { for field where name = \"email\"; apply encrypted with other } }
";
    assert_eq!(told(two), "E0803 `a.x` and `b.y` want `core.User.email` differently");
    // The order of the two means nothing.
    let lines: Vec<&str> = two.lines().collect();
    let turned = format!("{}\n{}\n", lines[1], lines[0]);
    assert_eq!(told(&turned), "E0803 `b.y` and `a.x` want `core.User.email` differently");
}

#[test]
fn two_rules_that_no_value_satisfies_are_one_error_with_both() {
    let rules = "policy privacy { rule short { for entity where #personal in labels; require retention_max <= 3y } }
policy books { rule long { for entity where name = \"User\"; require retention_min is null or retention_min >= 7y } }
";
    assert_eq!(told(rules), "E0807 `core.User` cannot keep both `privacy.short` and `books.long`");
    let waived = format!("{rules}waive books.long on core.User until 2027-06-30\n  because \"no books\"\n");
    assert_eq!(told(&waived), "", "the one that is left is kept");
    assert_eq!(
        told_on(&waived, Some(Date { year: 2027, month: 7, day: 1 })),
        "E0807 `core.User` cannot keep both `privacy.short` and `books.long`"
    );
    assert_eq!(
        told(&rules.replace("retention_min >= 7y", "retention_min >= 3y")),
        "E0805 `core.User` breaks `books.long`",
        "three years would keep both"
    );
    assert_eq!(told(&rules.replace("name = \"User\"", "name = \"Note\"")), "", "of two things");
    let forbid = rules.replace("require retention_max <= 3y", "forbid retention_min > 3y");
    assert_eq!(told(&forbid), "E0805 `core.User` breaks `books.long`", "nothing said keeps both");
}

#[test]
fn what_a_tier_or_a_tenant_changes_in_a_store_is_judged() {
    let broken = |tier: &str, tenant: &str, asks: &str| {
        let source = format!(
            "tenancy by tenant_id: uuid
tier small {{ isolation: database; {tier} }}
tenant acme: small {{ id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"; {tenant} }}
{}",
            rule(&format!("for store where name = \"cache\"\nrequire {asks}"))
        );
        told(&source)
    };
    let far = "store cache { region: \"us-east-1\" }";
    assert_eq!(broken("", "", "region is null"), "");
    assert_eq!(
        broken(far, "", "region is null"),
        "E0805 `cache` breaks `house.r` in `prod` for the tier `small`"
    );
    assert_eq!(
        broken("", far, "region is null"),
        "E0805 `cache` breaks `house.r` in `prod` for the tenant `acme`"
    );
    let only = |environment: &str| broken("", &format!("in {environment} {{ {far} }}"), "region is null");
    assert_eq!(only("prod"), "E0805 `cache` breaks `house.r` in `prod` for the tenant `acme`");
    assert_eq!(only("dev"), "", "no law asks about it");
}

#[test]
fn messages_carry_labels_as_keys_do() {
    let source = "channel News in cache { pattern \"news:{user: -> core.User}\"; value { name: text #personal, pan: text #card } }
service teller { publish cache.News }
service listener { subscribe cache.News }
";
    let broken = |rule_body: &str| told(&format!("{source}{}", rule(rule_body)));
    assert_eq!(broken("for channel\nforbid #card in labels"), "E0805 `cache.News` breaks `house.r`");
    assert_eq!(
        broken("for channel where store.engine = redis\nforbid field_names matches \" pan \""),
        "E0805 `cache.News` breaks `house.r`"
    );
    assert_eq!(
        broken("for store where #card in labels\nrequire can_encrypt"),
        "E0805 `cache` breaks `house.r`",
        "what a store passes on it holds"
    );
    assert_eq!(broken("for service\nforbid #card in writes"), "E0805 `teller` breaks `house.r`");
    assert_eq!(broken("for service\nforbid #card in reads"), "E0805 `listener` breaks `house.r`");
    let waived = format!(
        "{source}{}waive house.r on cache.News until 2027-06-30\n  because \"so\"\n",
        rule("for channel\nforbid #card in labels")
    );
    assert_eq!(told(&waived), "");
}

#[test]
fn a_security_code_is_known_by_many_names() {
    let pack = |name: &str| {
        let source = format!(
            "use policy pci_dss {{ key: pii }}\nschema core in main {{ entity P {{ id: uuid key; {name}: text(64) }} }}\n"
        );
        let (_, found) = governed(&source, None);
        found.iter().any(|d| d.message.contains("breaks `pci_dss.no_security_code_by_name`"))
    };
    for name in [
        "cvv",
        "cvvs",
        "cvc2",
        "card_cvv",
        "cvv_number",
        "cvv2_hash",
        "cvc_encrypted",
        "security_number",
        "verification_value",
        "card_security_code",
        "csc",
    ] {
        assert!(pack(name), "{name}");
    }
    for name in
        ["cvv_result", "cvv_checked", "social_security_number", "verification_code", "cavity", "csc_id"]
    {
        assert!(!pack(name), "{name}");
    }
}

#[test]
fn rules_that_want_two_values_of_one_thing_are_one_error() {
    let both = |of: &str, one: &str, other: &str| {
        told(&format!(
            "policy a {{ rule x {{ for {of}\n{one} }} }}\npolicy b {{ rule y {{ for {of}\n{other} }} }}\n"
        ))
    };
    let main = "store where name = \"main\"";
    let conflict = both(main, "require region = \"eu\"", "require region = \"us\"");
    assert_eq!(conflict, "E0807 `main` cannot keep both `a.x` and `b.y`");
    let born = "field where name = \"born\"";
    for (one, other) in [
        ("require encrypted", "forbid encrypted"),
        ("require encrypted", "require not encrypted"),
        ("forbid encrypted", "require encrypted"),
    ] {
        assert!(
            both(born, one, other).starts_with("E0807 `core.User.born` cannot keep both"),
            "{one}, {other}"
        );
    }
    assert_eq!(both(born, "require optional", "forbid encrypted"), "");
    let same = both(main, "require region = \"eu\"", "require region = \"eu\"");
    assert!(!same.contains("E0807"), "{same}");
    let out = both(main, "forbid region = \"eu\"", "forbid region = \"us\"");
    assert_eq!(out, "", "any other keeps both");
    assert_eq!(told(&rule("for encryption_key where name = \"pii\"\nrequire algorithm = aes_256_gcm")), "");
    let (_, found) = governed(&format!("{USER}{}", rule("for index\nforbid method = btree")), None);
    assert!(
        found.iter().any(|d| d.help.as_deref().is_some_and(|h| h.contains("waive house.r on core.User ")))
    );
}

#[test]
fn what_takes_a_row_along_bounds_how_long_it_lives() {
    let lives = |user: &str, reference: &str, retain: &str, asked: &str| {
        let source = format!(
            "schema core in main {{
  entity User {{ id: uuid key; at: timestamp; gone: timestamp?; subject; index (at); index (gone); {user} }}
  entity Invoice {{ id: uuid key; by: {reference}; at: timestamp; index (by); index (at); {retain} }}
  entity Line {{ id: uuid key; of: -> Invoice on delete cascade; total: int #financial; index (of) }}
}}
policy house {{ rule r {{ for entity where #financial in labels
  require {asked} }} }}
"
        );
        let (_, found) = governed(&source, None);
        let broken: Vec<_> = found.iter().filter(|d| d.message.contains("breaks")).collect();
        assert!(broken.len() == found.iter().filter(|d| d.is_error()).count(), "{found:?}");
        broken.is_empty()
    };
    let cascade = "-> User on delete cascade";
    assert!(lives("retain 1y after at", cascade, "", "retention_min = 1y and retention_max < 13mo"));
    assert!(lives(
        "retain 9y after at",
        cascade,
        "retain 2y after at",
        "retention_min = 2y and retention_max < 25mo"
    ));
    assert!(lives(
        "retain 2y after at",
        cascade,
        "retain 9y after at",
        "retention_min = 2y and retention_max < 25mo"
    ));
    assert!(lives("", cascade, "", "retention_min is null and not retention_max < 900y"), "nothing says so");
    assert!(!lives("", cascade, "", "retention_bounded") && lives("", cascade, "", "ends_with_subject"));
    let optional = "-> User? on delete cascade";
    assert!(lives("retain 1y after at", optional, "", "retention_min = 1y and not retention_bounded"));
    assert!(lives("retain 1y after at", optional, "", "not retention_max < 900y"), "it may refer to nobody");
    for keeps in ["-> User on delete restrict", "-> User unchecked"] {
        assert!(lives("retain 1y after at", keeps, "", "retention_min is null and not ends_with_subject"));
    }
    let stays = "retain 1y after at then anonymize";
    assert!(lives(stays, cascade, "", "retention_min is null"), "who is anonymized takes nothing along");
    assert!(lives(stays, cascade, "", "not ends_with_subject and erased"), "who is erased does");
    assert!(lives("retain 1y after gone", cascade, "", "retention_max < 13mo and not retention_bounded"));
    assert!(
        lives(
            "retain 1y after gone",
            cascade,
            "retain 5y after at",
            "retention_max > 5y and retention_bounded"
        ),
        "a bound that comes beats one that may not"
    );
    assert!(lives("", "-> User? on delete set null", "", "not erased"));
}

#[test]
fn a_rule_that_leaves_searchable_out_does_not_refuse_it() {
    let two = "policy a { rule x { for field where name = \"email\"; apply encrypted with pii } }
policy b { rule y { for field where name = \"email\"; apply encrypted with pii searchable } }
";
    for source in [two.to_owned(), two.lines().rev().map(|line| format!("{line}\n")).collect()] {
        let (platform, found) = governed(&format!("{USER}{source}"), None);
        assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
        let email = &platform.entities[0].fields[1];
        assert!(email.encrypted.as_ref().unwrap().searchable);
    }
}

#[test]
fn what_references_lead_to_is_not_encrypted_by_a_rule() {
    let source = "schema core in main {
  entity Person { id: uuid key; email: email unique #personal }
  entity Order { id: uuid key; by: -> Person.email; index (by) }
}
policy a { rule x { for field where #personal in labels; apply encrypted with pii } }
";
    let (platform, _) = governed(source, None);
    assert!(platform.applications.is_empty());
}

#[test]
fn rules_see_what_other_rules_applied() {
    let chain = "policy z { rule late { for field where #secret in labels; apply encrypted with pii } }
policy a { rule early { for field where name = \"born\"; apply #secret } }
";
    let (platform, found) = governed(&format!("{USER}{chain}"), None);
    let errors: Vec<_> = found.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let born = platform.entities[0].fields.iter().find(|f| f.named.name == "born").unwrap();
    assert!(born.encrypted.is_some(), "the label that one rule applied is the other's reason");
}

#[test]
fn a_rule_that_takes_its_own_reason_away_is_an_error() {
    assert_eq!(
        told(&rule("for field where name = \"email\" and not encrypted\napply encrypted with pii")),
        "E0804 `house.r` no longer selects `core.User.email` once it is carried out"
    );
}

#[test]
fn waivers_excuse_until_their_last_day() {
    let broken = rule("for entity where #personal in labels\nrequire retention_max <= 1y");
    let waived =
        format!("{broken}waive house.r on core.User until 2027-06-30\n  because \"ten years by law\"\n");
    let day = |day| Some(Date { year: 2027, month: 6, day });
    assert_eq!(told_on(&waived, day(30)), "");
    assert_eq!(
        told_on(&waived, Some(Date { year: 2027, month: 7, day: 1 })),
        "E0805 `core.User` breaks `house.r`"
    );
    let kept = waived.replace("<= 1y", "<= 5y");
    assert_eq!(told(&kept), "W0807 the waiver excuses nothing");
}

#[test]
fn parameters_must_be_given_in_their_type() {
    let policy = "policy p { parameter key: encryption_key; rule r { for field where #personal in labels; apply encrypted with key } }\n";
    assert_eq!(told(policy), "E0802 policy `p` needs its parameter `key`");
    assert_eq!(
        told(&format!("{policy}use policy p {{ key: 5y }}\n")),
        "E0802 parameter `key` is an encryption key"
    );
    assert_eq!(told(&format!("{policy}use policy p {{ key: pii }}\n")), "");
}

#[test]
fn months_and_days_are_compared_by_their_mean_length() {
    assert_eq!(told(&rule("for entity where name = \"User\"\nrequire retention_min = 24mo")), "");
    assert_eq!(
        told(&rule("for entity where name = \"User\"\nrequire retention_min between 730d and 731d")),
        ""
    );
}

#[test]
fn a_label_that_no_rule_speaks_of_is_told_once() {
    let (_, found) =
        governed(&format!("{USER}{}", rule("for field where #health in labels\nforbid unique")), None);
    let lines: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        lines,
        ["no policy in force speaks of `#personal`"],
        "a rule about a parent speaks of the child"
    );
    assert_eq!(governed(USER, None).1, [], "without a policy labels are no promise");
}

#[test]
fn waivers_name_whatever_a_rule_is_for() {
    let declared = "tenancy by tenant_id: uuid\n\
         tier small { isolation: row }\n\
         tenant acme: small { id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }\n\
         encryption key main { algorithm: aes_256_gcm, rotate: 30d, scope: platform, provider: vault(\"a\") }\n\
         service acme_api { read core.User, core.User (id) }\n";
    for (subject, asks, name, wrong) in [
        ("platform", "require name = \"other\"", "shop", "ship"),
        ("tier", "require name = \"other\"", "small", "smal"),
        ("tenant", "require name = \"other\"", "acme", "acne"),
        ("service", "require unused_privileges = 0", "acme_api", "acme"),
        // A store has this name as well: what the rule is for decides.
        ("encryption_key where name = \"main\"", "require name = \"other\"", "main", "mian"),
        ("store where name = \"main\"", "require name = \"other\"", "main", "mian"),
    ] {
        let broken = format!("{declared}{}", rule(&format!("for {subject}\n{asks}")));
        assert_eq!(told(&broken), format!("E0805 `{name}` breaks `house.r`"));
        let waive =
            |name: &str| format!("{broken}waive house.r on {name} until 2027-06-30\n  because \"so\"\n");
        assert_eq!(told(&waive(name)), "", "{subject}");
        let unknown = told(&waive(wrong));
        assert!(
            unknown.starts_with("E0201 there is no ") && unknown.contains(&format!("`{wrong}`\n")),
            "{unknown}"
        );
    }
}

#[test]
fn a_pattern_that_nobody_can_read_is_told() {
    let rules = "policy house {\n parameter names: text = \"^[a-z]+$\"\n \
                 rule r { for service\nrequire not (name matches names) }\n\
                 }\nservice API { read core.User }\n";
    let rules = rules.replace("service API", "service api_1");
    assert_eq!(told(&rules), "");
    let said = told(&rules.replace("^[a-z]+$", "^[a-z+$"));
    assert!(said.starts_with("E0802 parameter `names` is no pattern"), "{said}");
    let given = told(&format!("{rules}use policy house {{ names: \"(\" }}\n"));
    assert!(given.starts_with("E0802 parameter `names` is no pattern"), "{given}");
}

const HASHED: &str = "schema core in main {
  entity Person { phone: phone key #personal; face: bytes #biometric; }
  entity Seen #personal { id: uuid key; who: -> Person pseudonymous with pii; also: -> Person; \
    kept: -> Person pseudonymous with pii #personal; index (also); }
  view Who { sql \"select who from core.seen\"; who: -> Person; }
}
";

#[test]
fn a_keyed_hash_drops_what_is_personal_and_flows_there_and_no_more() {
    let (platform, _) = governed(HASHED, None);
    assert_eq!(labels(&platform, "core.Seen.who"), "");
    assert_eq!(labels(&platform, "core.Seen.also"), "personal");
    assert_eq!(labels(&platform, "core.Seen.kept"), "personal", "what is written beside it stays");
    assert!(platform.labels_of_column(platform.views[0].id, crate::model::FieldId(0)).is_empty());
    // A label with other parents than `personal` is no part of it.
    let other = HASHED.replace("phone key #personal", "phone key #financial");
    let (platform, _) = governed(&other, None);
    assert_eq!(labels(&platform, "core.Seen.who"), "financial");
}

#[test]
fn a_rule_makes_pseudonyms_of_references_that_bear_it() {
    let apply = rule("for field where reference\napply pseudonymous with pii");
    let (platform, found) = governed(&format!("{USER}{apply}"), None);
    assert_eq!(found.iter().filter(|d| d.is_error()).count(), 0, "{found:#?}");
    let note = platform.entities.iter().find(|e| e.named.name == "Note").unwrap();
    assert!(note.references.is_empty());
    let hashed = note.fields[1].pseudonymous.as_ref().unwrap();
    assert!(hashed.by_rule && hashed.of() == Some((platform.entities[0].id, platform.entities[0].key[0])));
    // A second rule may say the same, and no other key.
    let both = |key: &str| {
        told(&format!(
            "{apply}policy b {{\n rule r {{\nfor field where reference\napply pseudonymous with {key}\n}}\n}}\n"
        ))
    };
    assert_eq!(both("pii"), "");
    assert_eq!(both("other"), "E0803 `house.r` and `b.r` want `core.Note.user` differently");
    assert_eq!(
        told(&rule("for field\napply pseudonymous with pii\nrequire not pseudonymous or reference")),
        ""
    );
    // It takes its own reason away where that is who the row is of.
    let circular = rule("for field where reference and entity.reaches_subject\napply pseudonymous with pii");
    let subject = USER.replace("retain 2y after at }", "retain 2y after at; subject }");
    let (_, found) = governed(&format!("{subject}{circular}"), None);
    let codes: Vec<String> = found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect();
    assert_eq!(codes, ["E0804"]);
}

#[test]
fn a_parameter_of_a_policy_is_the_key_of_pseudonyms() {
    let policy = "policy p {\n parameter key: encryption_key\n \
         rule r {\n for field where reference\n apply pseudonymous with key\n }\n}\nuse policy p { key: other }\n";
    let (platform, found) = governed(&format!("{USER}{policy}"), None);
    assert_eq!(found.iter().filter(|d| d.is_error()).count(), 0, "{found:#?}");
    let (_, _, hashed) = platform.pseudonyms().next().unwrap();
    assert_eq!(platform[hashed.key.unwrap()].named.name, "other");
}
