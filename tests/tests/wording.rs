//! The first word of every doc comment: a noun phrase with its noun, or a verb in the third person, says what an item is
//! before the reader looks at it.

use std::fs;
use std::path::Path;

use polity_tests::project::rust_files;
use proc_macro2::{TokenStream, TokenTree};

/// Words with which a sentence begins that does not name its subject.
const RIDDLES: &[&str] = &["What", "Who", "Whom", "Whose", "Whoever", "Those", "These", "That", "Of", "By"];

/// Beginnings of two words that do the same.
const LONGER: &[&str] = &["The same", "All that"];

const FOLDERS: &[&str] = &["compiler", "templates", "runtime", "tests", "xtask/src"];

#[test]
fn every_doc_comment_begins_with_what_it_is_about() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut read, mut found) = (0, Vec::new());
    for path in FOLDERS.iter().flat_map(|folder| rust_files(&root.join(folder))) {
        let text = fs::read_to_string(&path).unwrap();
        let tokens = text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for words in comments(tokens) {
            read += 1;
            if is_riddle(&words) {
                let path = path.strip_prefix(&root).unwrap_or(&path).display();
                found.push(format!("{path}: {words}"));
            }
        }
    }
    assert!(read > 2000, "only {read} comments were read");
    assert!(found.is_empty(), "{} comments begin with no subject:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_beginning_is_judged_by_whole_words() {
    for words in ["What it takes.", "The same of a tenant.", "Of a column: its type.", "All that is left."] {
        assert!(is_riddle(words), "{words}");
    }
    for words in
        ["Whatever the order.", "Offboards a tenant.", "The samples.", "Bytes.", "Whether it is one."]
    {
        assert!(!is_riddle(words), "{words}");
    }
    let text = "/// Returns one.\n/// What follows is no beginning.\nfn a() { \"/// What stands in a text.\" }\n\
                struct A {\n    /// Of a field.\n    #[allow(dead_code)]\n    a: u8,\n    /// What else.\n    b: u8,\n}\n";
    let found = comments(text.parse().expect("these are tokens"));
    assert_eq!(found, ["Returns one.", "Of a field.", "What else."]);
}

fn is_riddle(words: &str) -> bool {
    let begins = |beginning: &str| {
        words.strip_prefix(beginning).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
    };
    RIDDLES.iter().chain(LONGER).any(|beginning| begins(beginning))
}

/// The first line of each doc comment. To the compiler a line of one is an attribute, `#[doc = "…"]`.
fn comments(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    // Whether the line before belongs to a comment, and whether an attribute begins.
    let (mut goes_on, mut begins) = (false, false);
    for token in tokens {
        match token {
            TokenTree::Punct(sign) if sign.as_char() == '#' || begins && sign.as_char() == '!' => {
                begins = true
            }
            TokenTree::Group(group) if begins => {
                begins = false;
                let line = documentation(group.stream());
                found.extend(line.clone().filter(|_| !goes_on));
                goes_on = line.is_some();
            }
            TokenTree::Group(group) => {
                (goes_on, begins) = (false, false);
                found.extend(comments(group.stream()));
            }
            _ => (goes_on, begins) = (false, false),
        }
    }
    found
}

/// The text of `doc = "…"`; `None` of any other attribute.
fn documentation(attribute: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(text)] = &tokens[..] else {
        return None;
    };
    let text: syn::LitStr = syn::parse_str(&text.to_string()).ok().filter(|_| name == "doc")?;
    Some(text.value().trim().to_owned())
}
