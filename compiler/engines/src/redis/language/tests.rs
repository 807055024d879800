//! Which patterns meet, each pair both ways round.

use super::*;
use polity_catalog::keyed::Part;

/// `a:<text>-x:<int>`: segments of a pattern whose parameters are types by name.
fn pattern(text: &str) -> Vec<Segment> {
    segments(&parsed(text))
}

fn parsed(text: &str) -> Key {
    let mut key = Key::default();
    for piece in text.split_inclusive('>') {
        let (literal, ty) = piece.split_once('<').unwrap_or((piece, ""));
        if !literal.is_empty() {
            key.parts.push(Part::Literal(literal.into()));
        }
        let shape = match ty.trim_end_matches('>') {
            "" => continue,
            "text" => Shape::Text,
            "int" => Shape::Integer { bits: 32 },
            "bool" => Shape::Boolean,
            "date" => Shape::Date,
            "uuid" => Shape::Uuid,
            "country" => Shape::Country,
            "email" => Shape::Email,
            other => panic!("no type {other}"),
        };
        let parameter = Parameter { name: "p".into(), ty: shape.into(), hashed: false };
        key.parts.push(Part::Parameter(parameter));
    }
    key
}

fn check(a: &str, b: &str, key: Option<&str>) {
    let (a, b) = (pattern(a), pattern(b));
    assert_eq!(common_key(&a, &b).as_deref(), key);
    assert_eq!(common_key(&b, &a).is_some(), key.is_some(), "it does not depend on the order");
}

#[test]
fn patterns_meet_where_each_segment_does() {
    check("a:b", "a:b", Some("a:b"));
    check("a:b", "a:c", None);
    check("a:<text>", "a:b", Some("a:b"));
    check("a:<text>", "a:b:c", None);
    check("<text>:b", "a:<text>", Some("a:b"));
    check("<text>", "a:b", None);
    check("x<text>", "<text>y", Some("xy"));
    check("x<text>x", "x", None);
    check("pre-<text>", "<text>-post", Some("pre-post"));
}

#[test]
fn a_glob_knows_neither_segments_nor_types() {
    let reaches = |glob: &str, keys: &str| key_in_glob(&parsed(glob), &pattern(keys));
    assert_eq!(reaches("user:<uuid>", "user:session:<int>").as_deref(), Some("user:session:0"));
    assert_eq!(reaches("<uuid>:flags:<int>", "<uuid>:session:<text>:<int>").map(|key| key.len()), Some(52));
    assert_eq!(reaches("user<int>", "user").as_deref(), Some("user"));
    assert_eq!(reaches("<uuid>:flags:<int>", "<uuid>:session:<int>:<bool>"), None);
    assert_eq!(reaches("user:<uuid>", "users:<uuid>"), None);
}

#[test]
fn an_empty_text_meets_too_but_is_not_shown_where_there_is_another() {
    check("a:<text>", "a:", Some("a:"));
    check("x<text>", "x", Some("x"));
    check("a:<text>", "a:<text>", Some("a:a"));
}

#[test]
fn types_keep_patterns_apart() {
    check("a:<uuid>", "a:count", None);
    check("a:<int>", "a:<uuid>", None);
    check("a:<int>", "a:12", Some("a:12"));
    check("a:<int>", "a:1-2", None);
    check("a:<bool>", "a:true", Some("a:true"));
    check("a:<bool>", "a:maybe", None);
    check("a:<date>", "a:<int>", None);
    check("a:<date>", "a:2027-01-31", Some("a:2027-01-31"));
    check("a:<country>", "a:SN", Some("a:SN"));
    check("a:<country>", "a:sn", None);
    check("a:<text>", "a:<int>", Some("a:0"));
    check("a:<email>", "a:all", None);
    check("a:<email>", "a:b@c.d", Some("a:b@c.d"));
    check("a:<email>", "a:<uuid>", None);
    check("a:<text>", "a:<email>", Some("a:a@a.a"));
}

#[test]
fn letters_beyond_ascii_are_told_apart() {
    check("a:é", "a:è", None);
    check("é<text>", "è<text>", None);
    check("é<text>", "<text>è", Some("éè"));
}

#[test]
fn a_long_pattern_is_judged_at_once() {
    let long = format!("a:{}", "b<text>".repeat(8));
    check(&long, &long.replace('b', "c"), None);
    check(&":a".repeat(10_000), &":a".repeat(9_999), None);
}

/// All patterns of up to three pieces over a tiny alphabet, against all keys of up to four characters.
#[test]
fn it_agrees_with_trying_every_key() {
    let pieces = ["a", "b", ":", "<text>", "<bit>"];
    let mut patterns = vec![String::new()];
    for _ in 0..3 {
        let longer: Vec<String> =
            patterns.iter().flat_map(|p| pieces.iter().map(move |piece| format!("{p}{piece}"))).collect();
        patterns.extend(longer);
    }
    patterns.sort();
    patterns.dedup();
    patterns.retain(|p| !p.contains("><") && !p.is_empty());
    let mut keys = vec![String::new()];
    for _ in 0..4 {
        let longer: Vec<String> =
            keys.iter().flat_map(|k| ["a", "b", ":"].map(|c| format!("{k}{c}"))).collect();
        keys.extend(longer);
    }
    keys.sort();
    keys.dedup();
    let matched: Vec<Vec<bool>> = patterns
        .iter()
        .map(|p| {
            let regex = p.replace("<text>", "[^:]*").replace("<bit>", "[ab]");
            let regex = regex_lite::Regex::new(&format!("^{regex}$")).unwrap();
            keys.iter().map(|k| regex.is_match(k)).collect()
        })
        .collect();
    let languages: Vec<Vec<Segment>> = patterns.iter().map(|p| bits(p)).collect();
    for (i, a) in languages.iter().enumerate() {
        for (j, b) in languages.iter().enumerate() {
            let by_hand = matched[i].iter().zip(&matched[j]).any(|(a, b)| *a && *b);
            let found = common_key(a, b);
            assert_eq!(found.is_some(), by_hand, "{} and {}: {found:?}", patterns[i], patterns[j]);
        }
    }
}

/// `<bit>` is `a` or `b`.
fn bits(text: &str) -> Vec<Segment> {
    let mut done = Vec::new();
    let mut here = Segment::Text(String::new());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("<text>") {
            here.parameter(vec![any(), Vec::new()]);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("<bit>") {
            here.parameter(vec![exactly("a"), exactly("b")]);
            rest = after;
        } else {
            rest = &rest[1..];
            match c {
                ':' => done.push(std::mem::replace(&mut here, Segment::Text(String::new()))),
                c => here.text(&c.to_string()),
            }
        }
    }
    done.push(here);
    done
}
