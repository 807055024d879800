//! One hostile platform through every output, every engine and every parser: whatever a name, a comment, a default, a
//! value or a setting holds is refused with a reason, at its own place, or comes out exactly as it was written.

mod cell;
mod documents;
mod engines;
mod everything;
mod keys;
mod names;
mod pages;
mod parsers;
mod platform;
mod readers;
mod tables;
mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use polity_tests::engines::Postgres;
use polity_tests::proof::prove;

use platform::{PIECES, Platform, THINGS, Texts};

#[test]
fn proof_that_whatever_is_accepted_comes_out_as_it_was_written() {
    let server = RefCell::new(Postgres::server());
    let refused = RefCell::new(BTreeMap::<String, usize>::new());
    let tried = RefCell::new(0);
    prove("hostile", Duration::from_secs(8), &platform::texts(), |texts| {
        *tried.borrow_mut() += 1;
        for place in survive(texts, &mut server.borrow_mut()) {
            let kind = place.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
            *refused.borrow_mut().entry(kind).or_default() += 1;
        }
        Ok(())
    });
    // Where everything is refused nothing is tested.
    let places = tried.into_inner() * THINGS;
    for (kind, count) in refused.into_inner() {
        assert!(count < places, "every text is refused as {kind}");
    }
}

/// Each piece on its own in every place, so that nobody has to be lucky to meet one.
#[test]
fn the_worst_come_out_as_they_were_written() {
    let mut server = Postgres::server();
    for pieces in PIECES.chunks(THINGS) {
        survive(Texts::each(pieces), &mut server);
    }
}

#[test]
fn ten_thousand_characters_come_out_as_they_were_written() {
    let long = "a\"b'c\\d$$ é".chars().cycle().take(10_000).collect::<String>();
    // The name of a Secret is a key of a chart's values, which Helm reads up to 1,024 characters; Kubernetes takes 253.
    let secret = long.chars().take(253).collect::<String>();
    survive(Texts::each(&[&long]).with("secret", &secret), &mut Postgres::server());
}

/// Half of the stores end a text there, so none may hold one, however it is written.
#[test]
fn no_text_holds_a_nul() {
    let harmless = Platform::of(&Texts::harmless()).source;
    for nul in ["\0", "\\u{0}"] {
        for place in [
            "docs0",
            "table0",
            "column0",
            "index0",
            "default0",
            "value0",
            "check0",
            "collection0",
            "field0",
            "pattern0",
            "prefix",
            "secret",
            "note0",
            "note_name0",
            "channel",
        ] {
            if place.starts_with("docs") && nul.len() > 1 {
                continue; // A comment knows no escapes: these are five characters like others.
            }
            let source = harmless.replace(&format!("a_{place}"), &format!("a{nul}b"));
            let compiled = polity_tests::project::compile(&source);
            let refused = compiled.diagnostics.iter().any(|d| d.is_error() && d.primary.is_some());
            assert!(refused, "{nul:?} in {place} is accepted");
        }
    }
}

/// Compiles a platform, puts a harmless text where one is refused, and sends all the rest through everything that
/// reads it. Gives the places that were refused.
fn survive(mut texts: Texts, server: &mut Option<Postgres>) -> Vec<String> {
    let mut all = Vec::new();
    let artifacts = loop {
        match Platform::of(&texts).judge() {
            Ok(artifacts) => break artifacts,
            Err(mut refused) => {
                refused.sort();
                refused.dedup();
                refused.iter().for_each(|place| texts.calm(place));
                all.extend(refused);
            }
        }
    };
    parsers::json_files(&artifacts, &texts);
    parsers::terraform(&artifacts, &texts);
    parsers::rust(&artifacts, &texts);
    parsers::yaml(&artifacts, &texts);
    parsers::helm(&artifacts, &texts);
    parsers::prometheus(&artifacts);
    if let Some(server) = server {
        engines::postgres(server, &artifacts, &texts);
    }
    engines::mongo(&artifacts, &texts);
    engines::redis(&artifacts, &texts);
    all
}
