//! The items that a consumer gets from a platform through `build.rs`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use polity_consumer::library::cache::{SessionKey, SessionValue};
use polity_consumer::library::core::{Book, NewBook, NewReader, Reader, ReaderId};
use polity_consumer::library::types::BookState;
use polity_runtime::{Uuid, serde_json};

fn reader() -> Reader {
    let email = "ada@example.org".parse().expect("it is an address");
    Reader::new(NewReader { email, name: "Ada".into() }).expect("it keeps to its limits")
}

#[test]
fn rows_are_made_with_the_defaults_and_limits_of_the_source() {
    let book = Book::new(NewBook { title: "Notes".into() }).expect("it keeps to its limits");
    assert_eq!((book.state, book.reader_id), (BookState::OnShelf, None));
    assert_eq!(BookState::OnShelf.stored(), "on_shelf");
    let too_long = Book::new(NewBook { title: "x".repeat(201) }).expect_err("the source allows 200");
    assert!(too_long.to_string().contains("title"), "{too_long}");
}

#[test]
fn personal_and_secret_fields_are_not_shown() {
    let (reader, value) = (reader(), SessionValue { token: "hunter2".into() });
    let shown = format!("{reader:?} {value:?}");
    assert!(!shown.contains("ada@example.org") && !shown.contains("hunter2"), "{shown}");
    assert!(shown.contains(&reader.id.to_string()), "{shown}");
}

#[test]
fn keys_are_typed_and_carry_how_long_they_live() {
    let id: Uuid = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10".parse().expect("it is a uuid");
    let key = SessionKey::new(ReaderId(id));
    assert_eq!(key.to_string(), "session:018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10");
    assert_eq!(SessionKey::TTL, Duration::from_secs(24 * 60 * 60));
}

#[test]
fn rows_go_to_json_and_back() {
    let before = reader();
    let json = serde_json::to_string(&before).expect("it is JSON");
    let after: Reader = serde_json::from_str(&json).expect("it is a reader");
    assert_eq!(after, before);
}

/// The build script makes cargo watch the folder and every file in it; cargo keeps the script's output next to
/// `OUT_DIR`.
#[test]
fn cargo_watches_the_folder_and_every_file_in_it() {
    let said = Path::new(env!("OUT_DIR")).join("../output");
    let said = fs::read_to_string(said).expect("cargo keeps what a build script says");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "cargo::rerun-if-changed=platform",
            "cargo::rerun-if-changed=platform/core.polity",
            "cargo::rerun-if-changed=platform/library.polity",
        ]
    );
}
