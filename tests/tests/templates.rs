//! Templates print and loop: an `if` asks whether one part is there, on a line of its own, and a loop goes over one list.
//! What differs within a line, and every comparison, is a value.

use std::fs;

use polity_tests::project::root;

#[test]
fn templates_decide_nothing() {
    let (mut read, mut deciding) = (0, Vec::new());
    let mut folders = vec![root().join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "jinja") {
                read += 1;
                let lines = fs::read_to_string(&path).unwrap();
                let lines = lines.lines().filter(|line| tags(line).any(|tag| decides(line, tag)));
                deciding.extend(lines.map(|line| format!("{}: {line}", path.display())));
            }
        }
    }
    assert!(read > 40, "only {read} templates were read");
    assert!(deciding.is_empty(), "{}", deciding.join("\n"));
}

#[test]
fn a_decision_is_told_from_a_part_that_is_there() {
    let decides = |line: &str| tags(line).any(|tag| decides(line, tag));
    for line in [
        "{% if a.b_c %}",
        "{% if not a %}",
        "{% elif a %}",
        "{% else %}",
        "{% for a in b.c %}",
        "{% for a in b | reverse %}",
        "  {% if not loop.first %}UNION ALL {% endif %}a",
        "{{ a | length }}",
    ] {
        assert!(!decides(line), "{line}");
    }
    for line in [
        "a{% if b %}c{% endif %}",
        "{% if a == 'b' %}",
        "{% if a and b %}",
        "{% elif a > 1 %}",
        "{% for a in ['b'] %}",
        "{% set a = b %}",
        "{% macro a() %}",
    ] {
        assert!(decides(line), "{line}");
    }
}

/// The tags in a line, each without its braces.
fn tags(line: &str) -> impl Iterator<Item = &str> {
    let behind = line.split("{%").skip(1);
    behind.filter_map(|rest| Some(rest.split_once("%}")?.0.trim_matches(|c: char| "+- ".contains(c))))
}

fn decides(line: &str, tag: &str) -> bool {
    let is_path = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    let stands_alone = line.starts_with("{%") && line.ends_with("%}") && line.matches("{%").count() == 1;
    match tag.split_once(' ') {
        Some(("if" | "elif", asked)) => {
            let asked = asked.strip_prefix("not ").unwrap_or(asked);
            !is_path(asked) || !stands_alone && !asked.starts_with("loop.")
        }
        Some(("for", over)) => {
            let list = over.split_once(" in ").map_or("", |(_, list)| list);
            list.is_empty() || !is_path(list.strip_suffix(" | reverse").unwrap_or(list))
        }
        Some(_) => true,
        None => !["else", "endif", "endfor"].contains(&tag),
    }
}
