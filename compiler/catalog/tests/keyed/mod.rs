//! Catalogs of keys and values: their file is read as it was written, and a small change of one is a small change of its
//! file.

mod random;

use std::collections::BTreeMap;

use polity_catalog::Identified;
use polity_catalog::keyed::{
    Beginning, Catalog, Field, Key, Keyspace, Life, Object, ObjectId, Parameter, Part, Piece, Shape, Value,
};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_file_is_read_as_it_was_written(objects in prop::collection::vec(random::object(), 0..20)) {
        let mut catalog = Catalog::default();
        let mut last: BTreeMap<ObjectId, Object> = BTreeMap::new();
        for object in objects {
            last.insert(object.id(), object.clone());
            catalog.insert(object);
        }
        prop_assert!(catalog.objects().eq(last.values()), "each identity has the object that came last");
        let text = catalog.to_json();
        let read = Catalog::from_json(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(read.to_json(), text);
        prop_assert_eq!(read, catalog);
    }

    /// Many at once are as one by one, and those that gave way are the same ones.
    #[test]
    fn many_at_once_are_as_one_by_one(
        first in prop::collection::vec(random::object(), 0..10),
        more in prop::collection::vec(random::object(), 0..20),
    ) {
        let mut one_by_one: Catalog = first.into_iter().collect();
        let mut at_once = one_by_one.clone();
        let by_id = |mut gone: Vec<Object>| {
            gone.sort_by_key(|object| (object.id(), format!("{object:?}")));
            gone
        };
        let gave_way: Vec<Object> = more.iter().filter_map(|object| one_by_one.insert(object.clone())).collect();
        prop_assert_eq!(by_id(at_once.insert_all(more)), by_id(gave_way));
        prop_assert_eq!(at_once, one_by_one);
    }

    /// The pieces of a key are its parts in their order, and nothing but braces is added.
    #[test]
    fn pieces_are_the_parts(key in random::key()) {
        let mut parts = Vec::new();
        flatten(&key.parts, &mut parts);
        let pieces: Vec<String> = key.pieces().into_iter().map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Parameter { parameter, .. } => format!("<{}>", parameter.name),
        }).collect();
        prop_assert_eq!(pieces, parts);
    }
}

fn flatten(parts: &[Part], out: &mut Vec<String>) {
    for part in parts {
        match part {
            Part::Literal(text) => out.push(text.to_string()),
            Part::Parameter(parameter) | Part::Tenant { parameter, .. } => {
                out.push(format!("<{}>", parameter.name));
            }
            Part::HashTag(parts) => {
                out.push("{".to_owned());
                flatten(parts, out);
                out.push("}".to_owned());
            }
        }
    }
}

fn field(name: &str, shape: Shape) -> Field {
    Field { name: name.into(), ty: shape.into(), comment: Default::default() }
}

fn user() -> Part {
    Part::Parameter(Parameter { name: "user".into(), ty: Shape::Uuid.into(), hashed: false })
}

fn sessions() -> Keyspace {
    Keyspace {
        name: "Session".into(),
        database: 2,
        key: Key { parts: vec![Part::Literal("session:".into()), user()] },
        companion: None,
        value: Value::Json(vec![
            field("token", Shape::Text),
            field("roles", Shape::List(Box::new(Shape::OneOf(vec!["buyer".into(), "seller".into()]).into()))),
        ]),
        life: Some(Life { milliseconds: 86_400_000, from: Beginning::LastWrite }),
        limit: None,
        max_length: None,
        former: Vec::new(),
        comment: Default::default(),
    }
}

/// The text of a file, so that a change of the format is seen.
const FILE: &str = r#"{
  "format": 1,
  "objects": [
    {
      "keyspace": {
        "name": "Session",
        "database": 2,
        "key": [
          {
            "literal": "session:"
          },
          {
            "parameter": {
              "name": "user",
              "type": {
                "shape": "uuid"
              }
            }
          }
        ],
        "value": {
          "json": [
            {
              "name": "token",
              "type": {
                "shape": "text"
              }
            },
            {
              "name": "roles",
              "type": {
                "shape": {
                  "list": {
                    "shape": {
                      "one_of": [
                        "buyer",
                        "seller"
                      ]
                    }
                  }
                }
              }
            }
          ]
        },
        "life": {
          "milliseconds": 86400000,
          "from": "last_write"
        }
      }
    }
  ]
}
"#;

#[test]
fn a_file_is_plain_json() {
    let mut catalog = Catalog::default();
    catalog.insert(sessions());
    assert_eq!(catalog.to_json(), FILE);
}

/// A review of the change shows the field and nothing else.
#[test]
fn one_more_field_is_a_few_lines_more() {
    let (mut before, mut after) = (Catalog::default(), Catalog::default());
    before.insert(sessions());
    let mut changed = sessions();
    let Value::Json(fields) = &mut changed.value else { panic!("{changed:?}") };
    let mut added = field("expires", Shape::Timestamp);
    added.ty.optional = true;
    added.ty.max_length = Some(40);
    added.comment = "When it ends.".into();
    fields.insert(1, added);
    after.insert(changed);
    assert_ne!(before, after);
    let (before, after) = (before.to_json(), after.to_json());
    let (mut old, mut added) = (before.lines().peekable(), Vec::new());
    for line in after.lines() {
        match old.next_if_eq(&line) {
            Some(_) => {}
            None => added.push(line),
        }
    }
    assert_eq!(old.next(), None, "no line goes:\n{after}");
    assert!((1..=12).contains(&added.len()), "{added:#?}");
}

#[test]
fn a_file_that_is_none_is_refused_and_says_why() {
    let said = |text: &str| Catalog::from_json(text).map(drop).map_err(|error| error.to_string());
    assert!(said("").is_err_and(|error| error.starts_with("not a catalog: ")));
    assert!(said(r#"{"format": 7, "objects": []}"#).is_err_and(|error| error.contains("format 7")));
    let library = r#"{"library": {"name": "shop", "code": ""}}"#;
    let twice = format!(r#"{{"format": 1, "objects": [{library}, {library}]}}"#);
    assert!(said(&twice).is_err_and(|error| error.contains("twice")));
    assert!(said(r#"{"format": 1, "objects": [{"table": {}}]}"#).is_err_and(|error| error.contains("table")));
    assert_eq!(said(&format!(r#"{{"format": 1, "objects": [{library}]}}"#)), Ok(()));
}

/// The key next to another one lies in the same slot: it has the same hash tag, or the whole of the other is one.
#[test]
fn keys_next_to_each_other_share_a_tag() {
    let plain = Key { parts: vec![Part::Literal("jobs:".into()), user()] };
    let tagged = Key { parts: vec![Part::Literal("jobs:".into()), Part::HashTag(vec![user()])] };
    let written = |key: &Key| {
        let text = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Parameter { parameter, tagged, .. } => {
                format!("<{}{}>", parameter.name, if *tagged { "!" } else { "" })
            }
        };
        key.pieces().iter().map(text).collect::<String>()
    };
    assert_eq!(written(&plain.companion("dead")), "{jobs:<user>}:dead");
    assert_eq!(written(&tagged.companion("dead")), "jobs:{<user!>}:dead");
}
