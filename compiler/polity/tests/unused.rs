//! Declarations that nothing uses are told, each kind of them; mistakes that only follow from others are not.

use polity::source::Sources;

const HEAD: &str = "platform shop { environments: [dev] }\nstore main: postgres 15 { database: \"shop\", extensions: [btree_gist] }\n";

/// The codes of all that is told, each with the text that is marked.
fn told(source: &str) -> Vec<String> {
    let sources = Sources::single("shop.polity", source);
    let shown = |d: &polity::Diagnostic| {
        let at = d.primary.as_ref().map_or("", |label| sources.text(label.span));
        format!("{} {at}", d.code)
    };
    polity::check(&sources, None).iter().map(shown).collect()
}

#[test]
fn each_kind_is_told_and_what_only_the_unused_uses() {
    let source = format!(
        "{HEAD}store docs: mongodb 7 {{ database: \"shop\" }}\nstore cache: redis 7 {{ persistence: [rdb] }}\n\
         encryption key pii {{ provider: vault(\"secret/pii\") }}\nlabel lonely\nlabel above\nlabel below: above\n\
         schema core in main {{\n enum Alone {{ a }}\n enum Inner {{ a }}\n struct Outer {{ inner: Inner }}\n type Sku = text(8)\n \
         sequence numbers\n audit log Trail {{ retain 1y }}\n enum Held {{ a }}\n struct Holder {{ held: Held }}\n \
         entity A {{ id: uuid key; holder: Holder; text: text #below }}\n}}\n"
    );
    let unused = ["docs", "cache", "pii", "lonely", "Alone", "Inner", "Outer", "Sku", "numbers", "Trail"];
    let expected: Vec<String> = unused.iter().map(|name| format!("W0103 {name}")).collect();
    assert_eq!(told(&source), expected);
}

#[test]
fn what_is_used_in_any_way_is_used() {
    let source = format!(
        "{HEAD}schema core in main {{\n enum Kind {{ a, b }}\n sequence numbers\n sequence others\n struct Part {{ n: int }}\n \
         type Sku = text(8)\n type Long = Sku\n audit log Trail {{ retain 1y }}\n \
         entity A {{ id: uuid key; include Part; sku: Long; n2: bigint = next(numbers); audit (update) into Trail }}\n \
         view V in core {{ sql \"\"\"select id, 'a'::core.kind as kind, nextval('core.others') as n from core.a\"\"\"; id: uuid }}\n}}\n"
    );
    let told = told(&source);
    assert!(!told.iter().any(|told| told.starts_with("W0103")), "{told:?}");
}

#[test]
fn a_key_that_a_policy_is_given_is_used() {
    let source = format!(
        "{HEAD}encryption key pii {{ provider: vault(\"secret/pii\") }}\npolicy house {{ parameter key: encryption_key\n \
         rule r {{ for field where #personal in labels; apply encrypted with key }} }}\nuse policy house {{ key: pii }}\n\
         schema core in main {{ entity A {{ id: uuid key }} }}\n"
    );
    assert_eq!(told(&source), Vec::<String>::new());
}

#[test]
fn nothing_is_unused_where_something_is_wrong() {
    let source = format!(
        "{HEAD}schema core in main {{ enum Kind {{ a }}\n entity A {{ id: uuid key; kind: Kimd }} }}\n"
    );
    assert_eq!(told(&source), ["E0201 Kimd"]);
}

/// Statements of an entity beside one that it refers to, with what is told: the mistake, and nothing that follows.
#[test]
fn what_follows_from_another_mistake_is_not_told() {
    for (body, expected) in [
        ("b: -> B on delete restrict; index (b dsc)", "E0117 dsc"),
        ("b: -> B on_delete cascade", "E0119 on_delete cascade"),
        ("b: -> B; index (b, zz)", "E0201 zz"),
        ("b: -> B; indx (b)", "E0116 indx"),
        ("at: timestamp; index (at dsc); retain 1y after at", "E0117 dsc"),
        ("n: int; index (n); index unique (n)", "E0128 unique"),
    ] {
        let source = format!(
            "{HEAD}schema core in main {{ entity B {{ id: uuid key }}\n entity A {{ id: uuid key; {body} }} }}\n"
        );
        assert_eq!(told(&source), [expected], "{body}");
    }
}
