//! A link of the README, or of a page of the compiler, that leads to a file of the project leads to one that is there.

use std::fs;

use polity_tests::project::{files, root};

#[test]
fn links_between_files_lead_somewhere() {
    let mut pages = vec![root().join("README.md")];
    pages.extend(files(&root().join("compiler"), "md"));
    let (mut read, mut broken) = (0, Vec::new());
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for link in links(&text) {
            read += 1;
            if !page.parent().unwrap().join(link).exists() {
                broken.push(format!("{}: {link}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(read > 20 && pages.len() > 200, "{read} links of {} pages", pages.len());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_link_is_read_without_its_heading() {
    let text = "[a](b/c.md#d), [e](https://example.com), [f](#g), `x[0](y)`, ![h](i.png)";
    assert_eq!(links(text), ["b/c.md", "i.png"]);
}

/// The files that a page links to, relative to its folder.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 1 {
            continue;
        }
        for (at, _) in part.match_indices("](") {
            let link =
                part[at + 2..].split(')').next().unwrap_or_default().split('#').next().unwrap_or_default();
            if !link.is_empty() && !link.contains("://") {
                found.push(link);
            }
        }
    }
    found
}
