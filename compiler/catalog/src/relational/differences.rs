//! The differences between two catalogs, object by object and attribute by attribute, for people to read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Formatter, Result as Written};

use serde_json::Value;

use super::{Catalog, Object, ObjectId};
use crate::origins::Origins;

/// A difference between two catalogs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub object: ObjectId,
    pub kind: DifferenceKind,
}

/// The way in which an object differs.
#[derive(Debug, Clone, PartialEq)]
pub enum DifferenceKind {
    OnlyInFirst,
    OnlyInSecond,
    /// Both have it, and the second calls it otherwise.
    Renamed(ObjectId),
    /// Both have it, and an attribute differs.
    Attribute {
        /// The names from the object to the value, such as `columns[0].descending`.
        path: String,
        /// The value, or `None` where it is not there.
        first: Option<Value>,
        second: Option<Value>,
    },
}

/// The way in which texts are compared that an engine rewrites when it reads them (`REWRITTEN`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// Letter by letter, for two catalogs of the same origin.
    Exact,
    /// Whether they are there or not, for a catalog that was lowered and one that a server gave. Jobs are left out, since
    /// they stand in the database of the scheduler.
    Structure,
}

/// The texts of SQL that a server gives back in a form of its own: kind of the object, and the way to the text, where
/// `*` is each of a list.
pub(super) const REWRITTEN: &[(&str, &[&str])] = &[
    ("column", &["value", "default"]),
    ("column", &["value", "generated"]),
    ("constraint", &["check"]),
    ("constraint", &["exclude", "elements", "*", "0"]),
    ("constraint", &["exclude", "filter"]),
    ("index", &["columns", "*", "sql", EXPRESSION]),
    ("index", &["filter"]),
    ("function", &["arguments", "*", "default"]),
    ("function", &["body", "atomic"]),
    ("view", &["query"]),
    ("trigger", &["condition"]),
    ("policy", &["using"]),
    ("policy", &["check"]),
    ("rule", &["condition"]),
    ("rule", &["action"]),
];

/// The end of a way to a text that is either an expression in parentheses, which is rewritten, or the name of a column.
pub(super) const EXPRESSION: &str = "(";

impl Catalog {
    /// Returns all differences to another catalog, by kind and name of the objects.
    #[must_use]
    pub fn differences(&self, other: &Self, texts: Texts) -> Vec<Difference> {
        self.paired(other, texts, &BTreeMap::new())
    }

    /// Returns all differences to another catalog, in which an object of the same origin is the same object, whatever it is
    /// called.
    #[must_use]
    pub fn differences_by_origin(
        &self,
        other: &Self,
        texts: Texts,
        (own, others): (&Origins, &Origins),
    ) -> Vec<Difference> {
        let named = |catalog: &'_ Self| -> BTreeMap<String, ObjectId> {
            catalog.by_id.keys().map(|id| (id.to_string(), id.clone())).collect()
        };
        let (here, there) = (named(self), named(other));
        let pairs = own.renamed(others).into_iter().filter_map(|(old, new)| {
            let (old, new) = (here.get(old)?, there.get(new)?);
            Some((old.clone(), new.clone()))
        });
        self.paired(other, texts, &pairs.collect())
    }

    /// Compares each object with the one in the other catalog that `renamed` names, otherwise with that of its own name.
    fn paired(&self, other: &Self, texts: Texts, renamed: &BTreeMap<ObjectId, ObjectId>) -> Vec<Difference> {
        let is_compared = |id: &&ObjectId| texts == Texts::Exact || !matches!(id, ObjectId::Job(_));
        let taken: BTreeSet<&ObjectId> = renamed.values().collect();
        let mut differences = Vec::new();
        let mut add = |object: &ObjectId, kind| differences.push(Difference { object: object.clone(), kind });
        for id in self.by_id.keys().filter(is_compared) {
            let new = renamed.get(id);
            if let Some(new) = new {
                add(id, DifferenceKind::Renamed(new.clone()));
            }
            // A name that another object has now is not this one's.
            let second = other.get(new.unwrap_or(id)).filter(|_| new.is_some() || !taken.contains(id));
            match (self.get(id), second) {
                (Some(first), Some(second)) if first == second => {}
                (Some(first), Some(second)) => {
                    let (mut first, mut second) = (attributes(first, texts), attributes(second, texts));
                    if new.is_some() {
                        without_names(&mut first);
                        without_names(&mut second);
                    }
                    compare(String::new(), Some(&first), Some(&second), &mut |kind| add(id, kind));
                }
                _ => add(id, DifferenceKind::OnlyInFirst),
            }
        }
        for id in other.by_id.keys().filter(is_compared).filter(|id| !taken.contains(id)) {
            if self.get(id).is_none() || renamed.contains_key(id) {
                add(id, DifferenceKind::OnlyInSecond);
            }
        }
        differences.sort_by(|a, b| a.object.cmp(&b.object));
        differences
    }
}

/// Takes the names off that an object is known by: a difference of them is told once.
fn without_names(attributes: &mut Value) {
    if let Value::Object(attributes) = attributes {
        attributes.remove("table");
        attributes.remove("name");
    }
}

/// Returns the attributes of an object as JSON, with a mark for each text that is not compared.
fn attributes(object: &Object, texts: Texts) -> Value {
    // An object is a map from its kind to its attributes, and holds nothing that JSON could not say.
    let Ok(Value::Object(kinds)) = serde_json::to_value(object) else { return Value::Null };
    let Some((kind, mut attributes)) = kinds.into_iter().next() else { return Value::Null };
    if texts == Texts::Structure {
        for (_, path) in REWRITTEN.iter().filter(|(of, _)| *of == kind) {
            hide(&mut attributes, path);
        }
    }
    attributes
}

/// Puts a mark in place of the text at the end of a path, if there is one.
fn hide(value: &mut Value, path: &[&str]) {
    match (path, value) {
        ([], text) => *text = Value::from("…"),
        ([EXPRESSION], Value::String(text)) if !text.starts_with('(') => {}
        ([EXPRESSION], text) => *text = Value::from("(…)"),
        (["*", rest @ ..], Value::Array(items)) => items.iter_mut().for_each(|item| hide(item, rest)),
        ([place, rest @ ..], Value::Array(items)) => {
            if let Some(item) = place.parse().ok().and_then(|at: usize| items.get_mut(at)) {
                hide(item, rest);
            }
        }
        ([name, rest @ ..], value) => {
            if let Some(inner) = value.get_mut(name) {
                hide(inner, rest);
            }
        }
    }
}

/// Calls `add` with each attribute that differs, the innermost that can be named.
fn compare(
    path: String,
    first: Option<&Value>,
    second: Option<&Value>,
    add: &mut impl FnMut(DifferenceKind),
) {
    match (first, second) {
        _ if first == second => {}
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(inner, one.get(name), other.get(name), add);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if one.len() == other.len() => {
            for (at, (first, second)) in one.iter().zip(other).enumerate() {
                compare(format!("{path}[{at}]"), Some(first), Some(second), add);
            }
        }
        _ => add(DifferenceKind::Attribute { path, first: first.cloned(), second: second.cloned() }),
    }
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match &self.kind {
            DifferenceKind::OnlyInFirst => write!(f, "{}: only in the first", self.object),
            DifferenceKind::OnlyInSecond => write!(f, "{}: only in the second", self.object),
            DifferenceKind::Renamed(to) => write!(f, "{}: is {to} in the second", self.object),
            DifferenceKind::Attribute { path, first, second } => {
                let shown = |value: &Option<Value>| match value {
                    Some(value) => value.to_string(),
                    None => "nothing".to_owned(),
                };
                write!(
                    f,
                    "{}: {path} is {} in the first and {} in the second",
                    self.object,
                    shown(first),
                    shown(second)
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Catalog, Object, Texts};

    fn catalog(object: &Value) -> Catalog {
        let object: Object = serde_json::from_value(object.clone()).expect("an object");
        let mut catalog = Catalog::default();
        catalog.insert(object);
        catalog
    }

    fn report(first: &Value, second: &Value, texts: Texts) -> Vec<String> {
        let (first, second) = (catalog(first), catalog(second));
        first.differences(&second, texts).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_object_of_one_catalog_is_named_with_its_kind() {
        let column = json!({"column": {"table": "core.users", "name": "E mail", "type": "text"}});
        let schema = json!({"schema": {"name": "core", "owner": "o"}});
        let expected = ["schema core: only in the second", "column core.users.\"E mail\": only in the first"];
        assert_eq!(report(&column, &schema, Texts::Structure), expected);
        assert_eq!(report(&column, &column, Texts::Exact), [""; 0]);
    }

    #[test]
    fn an_attribute_is_named_by_its_path_with_both_values() {
        let index = |columns: Value| json!({"index": {"name": "a.i", "table": "a.t", "method": "btree", "columns": columns}});
        let first = index(json!([{"sql": "b"}, {"sql": "c"}]));
        for (second, expected) in [
            (
                index(json!([{"sql": "b"}, {"sql": "d", "descending": true}])),
                vec![
                    "index a.i: columns[1].descending is nothing in the first and true in the second",
                    "index a.i: columns[1].sql is \"c\" in the first and \"d\" in the second",
                ],
            ),
            (
                index(json!([])),
                vec![
                    "index a.i: columns is [{\"sql\":\"b\"},{\"sql\":\"c\"}] in the first and [] in the second",
                ],
            ),
        ] {
            assert_eq!(report(&first, &second, Texts::Structure), expected);
        }
    }

    #[test]
    fn a_job_is_compared_with_another_that_was_lowered() {
        let job = |schedule: &str| json!({"job": {"name": "a/b", "schedule": schedule, "command": "SELECT 1", "role": "r"}});
        let (first, second) = (job("7 3 * * *"), job("8 3 * * *"));
        let expected =
            ["job \"a/b\": schedule is \"7 3 * * *\" in the first and \"8 3 * * *\" in the second"];
        assert_eq!(report(&first, &second, Texts::Exact), expected);
        assert_eq!(report(&first, &second, Texts::Structure), [""; 0]);
    }

    /// Each text that a server rewrites is compared in one way and not in the other; that it goes is seen in both.
    #[test]
    fn a_text_that_is_rewritten_is_compared_as_there_or_not() {
        let object = |kind: &str, attributes: &str, text: &str| -> Value {
            let json = format!("{{\"{kind}\": {{{}}}}}", attributes.replace('?', text));
            serde_json::from_str(&json).expect("an object")
        };
        let column = r#""table": "a.t", "name": "c", "type": "text""#;
        let index = r#""name": "a.i", "table": "a.t", "method": "btree""#;
        let function = r#""name": "a.f", "owner": "o", "language": "sql""#;
        for (kind, attributes) in [
            ("column", format!(r#"{column}, "value": {{"default": "?"}}"#)),
            ("column", format!(r#"{column}, "value": {{"generated": "?"}}"#)),
            ("constraint", r#""table": "a.t", "name": "c", "check": "?""#.to_owned()),
            ("index", format!(r#"{index}, "columns": [{{"sql": "(?)"}}]"#)),
            ("index", format!(r#"{index}, "columns": [], "filter": "?""#)),
            ("function", format!(r#"{function}, "body": {{"atomic": "?"}}"#)),
            (
                "rule",
                r#""table": "a.t", "name": "r", "on": "delete", "condition": "", "action": "?""#.to_owned(),
            ),
        ] {
            let (first, second) = (object(kind, &attributes, "x"), object(kind, &attributes, "y"));
            assert_eq!(report(&first, &second, Texts::Structure), [""; 0], "{attributes}");
            assert_eq!(report(&first, &second, Texts::Exact).len(), 1, "{attributes}");
        }
        for (kind, attributes) in [
            ("index", format!(r#"{index}, "columns": [{{"sql": "?"}}]"#)),
            ("function", format!(r#"{function}, "body": {{"text": "?"}}"#)),
        ] {
            let (first, second) = (object(kind, &attributes, "x"), object(kind, &attributes, "y"));
            assert_eq!(report(&first, &second, Texts::Structure).len(), 1, "{attributes}");
        }
        let without = object("column", column, "");
        let with = object("column", &format!(r#"{column}, "value": {{"default": "?"}}"#), "x");
        let gone = "column a.t.c: value is {\"default\":\"…\"} in the first and nothing in the second";
        assert_eq!(report(&with, &without, Texts::Structure), [gone]);
    }
}
