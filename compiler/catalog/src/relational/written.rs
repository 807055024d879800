//! Objects as a server gives them back, with the texts that were written. A server keeps the meaning of an expression and prints it in
//! a form of its own; where it makes the same of what the compiler writes, both are the same text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::differences::{EXPRESSION, REWRITTEN};
use super::{Catalog, Name, Object, ObjectId};
use crate::objects::Identified;

/// The objects that a server made of those that were lowered, by the identity of the latter.
pub type Normal = BTreeMap<ObjectId, Object>;

impl Object {
    /// Returns the object with the texts of `written`, wherever its own is what the server makes of them in `normal`.
    #[must_use]
    pub fn written_as(&self, normal: &Self, written: &Self) -> Self {
        // Objects are maps from their kind to their attributes, and hold nothing that JSON could not say.
        let value = |object: &Self| serde_json::to_value(object).unwrap_or_default();
        let (mut live, normal, written) = (value(self), value(normal), value(written));
        for (kind, path) in REWRITTEN {
            if let (Some(live), Some(normal), Some(written)) =
                (live.get_mut(*kind), normal.get(*kind), written.get(*kind))
            {
                take(live, normal, written, path);
            }
        }
        serde_json::from_value(live).unwrap_or_else(|_| self.clone())
    }

    /// Whether two constraints of a table, or two indexes, differ in their names alone.
    fn differs_in_name(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Constraint(one), Self::Constraint(other)) => {
                let mut other = other.clone();
                other.name = one.name.clone();
                *one == other
            }
            (Self::Index(one), Self::Index(other)) => {
                let mut other = other.clone();
                other.name = one.name.clone();
                *one == other
            }
            _ => false,
        }
    }
}

impl Catalog {
    /// Returns what a server holds, with the texts of what was lowered wherever both mean the same. Constraints and indexes of a table
    /// may have other names.
    #[must_use]
    pub fn written_as(&self, lowered: &Self, normal: &Normal) -> Self {
        let of = |object: &Object, other: &Object| {
            normal.get(&other.id()).map_or_else(|| object.clone(), |normal| object.written_as(normal, other))
        };
        let mut named_otherwise: BTreeMap<Name, Vec<&Object>> = BTreeMap::new();
        for object in lowered.objects().filter(|object| self.get(&object.id()).is_none()) {
            if let Some(table) = table_of(object) {
                named_otherwise.entry(table.clone()).or_default().push(object);
            }
        }
        let mut written = Self::default();
        for object in self.objects() {
            let mut alike = || {
                let left = named_otherwise.get_mut(table_of(object)?)?;
                let at = left.iter().position(|other| of(object, other).differs_in_name(other))?;
                Some(of(object, left.remove(at)))
            };
            match lowered.get(&object.id()) {
                Some(other) => drop(written.insert(of(object, other))),
                None => drop(written.insert(alike().unwrap_or_else(|| object.clone()))),
            }
        }
        written
    }
}

/// The table of a constraint or an index.
fn table_of(object: &Object) -> Option<&Name> {
    match object {
        Object::Constraint(one) => Some(&one.table),
        Object::Index(index) => Some(&index.table),
        _ => None,
    }
}

/// Takes the text at the end of a path from `written`, where the object has that of `normal` there.
fn take(live: &mut Value, normal: &Value, written: &Value, path: &[&str]) {
    match (path, live) {
        ([] | [EXPRESSION], live) => {
            if live == normal && live.is_string() {
                *live = written.clone();
            }
        }
        (["*", rest @ ..], Value::Array(items)) => {
            let (Some(normal), Some(written)) = (normal.as_array(), written.as_array()) else { return };
            if items.len() == normal.len() && items.len() == written.len() {
                let others = normal.iter().zip(written);
                items
                    .iter_mut()
                    .zip(others)
                    .for_each(|(item, (normal, written))| take(item, normal, written, rest));
            }
        }
        ([name, rest @ ..], live) => {
            let (live, normal, written) = match name.parse::<usize>() {
                Ok(at) => (live.get_mut(at), normal.get(at), written.get(at)),
                Err(_) => (live.get_mut(name), normal.get(name), written.get(name)),
            };
            if let (Some(live), Some(normal), Some(written)) = (live, normal, written) {
                take(live, normal, written, rest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(value: &Value) -> Object {
        serde_json::from_value(value.clone()).expect("an object")
    }

    fn check(name: &str, sql: &str) -> Object {
        object(&json!({"constraint": {"table": "a.t", "name": name, "check": sql}}))
    }

    #[test]
    fn a_text_of_the_same_meaning_is_the_one_that_was_written() {
        let (written, normal) = (check("c", "x <> 'a'"), check("c", "(x <> 'a'::text)"));
        assert_eq!(normal.written_as(&normal, &written), written);
        let other = check("c", "(x <> 'b'::text)");
        assert_eq!(other.written_as(&normal, &written), other);
    }

    #[test]
    fn elements_of_lists_are_compared_each_by_itself() {
        let index = |first: &str, second: &str| {
            object(&json!({"index": {"name": "a.i", "table": "a.t", "method": "btree",
                "columns": [{"sql": first}, {"sql": second}], "filter": "f"}}))
        };
        let (written, normal) = (index("(lower(x))", "y"), index("(lower((x)::text))", "y"));
        let live = index("(lower((x)::text))", "z");
        assert_eq!(live.written_as(&normal, &written), index("(lower(x))", "z"));
    }

    #[test]
    fn a_constraint_of_another_name_is_found_by_what_it_says() {
        let lowered: Catalog =
            [check("t_check_1", "x > 0"), check("t_check_2", "y > 0")].into_iter().collect();
        let normal: Normal = [("t_check_1", "(x > 0)"), ("t_check_2", "(y > 0)")]
            .map(|(name, sql)| (check(name, "").id(), check(name, sql)))
            .into();
        let live: Catalog = [check("positive", "(y > 0)"), check("odd", "(z > 0)")].into_iter().collect();
        let expected: Catalog = [check("positive", "y > 0"), check("odd", "(z > 0)")].into_iter().collect();
        assert_eq!(live.written_as(&lowered, &normal), expected);
    }
}
