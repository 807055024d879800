//! The generated crate, as the programs that use it meet it: it compiles without a warning, its documentation too, and
//! it does what the source says.

use polity_tests::project::{build, example, text};
use polity_tests::workspace::Workspace;

/// The generated crates of ISMAIL, of a small platform, of one whose every name and text is hostile, of one with encrypted
/// fields, of one with every form of a default and of one that computes, pass clippy, rustdoc and the tests of programs that use them.
#[test]
fn generated_crates_are_sound_and_do_what_their_sources_say() {
    let hostile = build(include_str!("fixtures/hostile_client.polity"));
    let tested = |text: &'static str| ("tests/client.rs", text);
    let workspace = Workspace::new(
        "client_workspace",
        &[
            ("ismail", example("ismail"), tested(include_str!("fixtures/ismail_client.rs"))),
            (
                "shop",
                build(include_str!("fixtures/small_client.polity")),
                tested(include_str!("fixtures/small_client.rs")),
            ),
            ("hostile", hostile, tested(include_str!("fixtures/hostile_client.rs"))),
            (
                "vault",
                build(include_str!("fixtures/sealed_client.polity")),
                tested(include_str!("fixtures/sealed_client.rs")),
            ),
            ("forms", build(crate::values::DEFAULTS), tested(include_str!("fixtures/forms_client.rs"))),
            ("sums", build(crate::values::EXPRESSIONS), tested(include_str!("fixtures/sums_client.rs"))),
        ],
    );
    workspace.cargo("clippy --quiet --all-targets -- -D warnings");
    workspace.cargo("doc --quiet --no-deps");
    workspace.cargo("test --quiet");
}

#[test]
fn documentation_travels() {
    let core = text(&example("ismail"), "rust/src/core.rs");
    assert!(core.contains("/// Money held for one account in one currency."));
    assert!(core.contains("\n///\n/// Rows of `core.wallets`.\n"));
    assert!(core.contains(
        "required until nothing tells who it was.\n    /// Encrypted with `pii`.\n    pub phone: Option<polity_runtime::seal::Sealed>,"
    ));
}

#[test]
fn whoever_makes_a_row_gives_what_is_required_until_it_is_anonymized() {
    let source = r#"platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
struct Address { street: text(80), city: text(80)? }
schema core in main {
  entity Buyer {
    id: uuid key = uuid_v7()
    name: text(80) #personal
    address: Address inline #personal
    size: text(8)? #personal
    at: timestamp = now()
    index (at)
    retain 5y after at then anonymize
  }
}
"#;
    let client = text(&build(source), "rust/src/core.rs");
    let of = |name: &str| {
        let (_, from) = client.split_once(&format!("pub struct {name} {{")).expect("it is there");
        from.split_once("\n}").expect("it ends").0.to_owned()
    };
    assert!(of("Buyer").contains("pub name: Option<String>"), "{client}");
    assert!(of("Buyer").contains("pub address: Option<super::types::Address>"), "{client}");
    assert!(of("NewBuyer").contains("pub name: String"), "{client}");
    assert!(of("NewBuyer").contains("pub address: super::types::Address,"), "{client}");
    assert!(!of("NewBuyer").contains("size"), "{client}");
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let once = example("ismail");
    let again = example("ismail");
    assert!(
        once.iter()
            .filter(|(path, _)| path.starts_with("rust/"))
            .eq(again.iter().filter(|(path, _)| path.starts_with("rust/")))
    );
}

/// A small platform whole, so that a change of what is written shows.
#[test]
fn a_small_platform() {
    let artifacts = build(include_str!("fixtures/small_client.polity"));
    let mut all = String::new();
    for (path, content) in artifacts.iter().filter(|(path, _)| path.starts_with("rust/")) {
        all.push_str(&format!("==== {path}\n{}\n", String::from_utf8_lossy(content)));
    }
    insta::assert_snapshot!(all);
}
