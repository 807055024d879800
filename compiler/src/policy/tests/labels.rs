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
