//! Which labels flow where.

use super::{USER, governed, labels, rule, told};

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
    let names = |carried: &[crate::labels::Carried]| {
        carried.iter().map(|c| platform[c.label].name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(platform.labels_of_audit_log(platform.audit_logs[0].id)), ["personal"]);
    assert_eq!(
        names(platform.labels_of_column(platform.views[0].id, polity_model::FieldId(0))),
        ["personal"]
    );
    let read = platform.labels_granted(&platform.services[0], &["read"]);
    assert_eq!(read, [platform.label("personal").unwrap()]);
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
