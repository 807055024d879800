//! Names of objects, and the text that stands for them in a file.

use std::fmt::{Display, Formatter, Result as Written};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

/// A name within a schema. As a text it is `schema.name`, and a part with anything but letters, digits and `_` stands in
/// double quotes, of which those within it are doubled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    pub schema: SmolStr,
    pub name: SmolStr,
}

/// A function: its name and the types of its arguments, by which it is told from others of that name. As a text it is
/// `schema.name(type, type)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    pub name: Name,
    pub arguments: Vec<SmolStr>,
}

/// The error for a text that is no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableName {
    pub text: String,
    pub expected: &'static str,
}

impl Name {
    pub fn new(schema: impl Into<SmolStr>, name: impl Into<SmolStr>) -> Self {
        Self { schema: schema.into(), name: name.into() }
    }

    /// Returns each `schema.name` that a text of SQL mentions; aliases with a column look the same.
    #[must_use]
    pub fn all_in(sql: &str) -> Vec<Self> {
        let mut found = Vec::new();
        super::scan::names(sql, |name| found.push(name));
        found
    }
}

impl Signature {
    /// A function without arguments.
    #[must_use]
    pub fn of(name: Name) -> Self {
        Self { name, arguments: Vec::new() }
    }
}

impl Display for UnreadableName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "`{}` is not {}", self.text, self.expected)
    }
}

impl std::error::Error for UnreadableName {}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "{}.{}", Part(&self.schema), Part(&self.name))
    }
}

impl Display for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "{}({})", self.name, self.arguments.join(", "))
    }
}

/// A part of a name as a text, in quotes where it needs them.
pub(super) struct Part<'n>(pub(super) &'n str);

impl Display for Part<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        if !self.0.is_empty() && self.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            f.write_str(self.0)
        } else {
            write!(f, "\"{}\"", self.0.replace('"', "\"\""))
        }
    }
}

impl FromStr for Name {
    type Err = UnreadableName;

    fn from_str(text: &str) -> Result<Self, UnreadableName> {
        let unreadable = || UnreadableName { text: text.to_owned(), expected: "a name such as `core.users`" };
        let (schema, rest) = part(text).ok_or_else(unreadable)?;
        let (name, rest) = rest.strip_prefix('.').and_then(part).ok_or_else(unreadable)?;
        if rest.is_empty() { Ok(Self { schema, name }) } else { Err(unreadable()) }
    }
}

impl FromStr for Signature {
    type Err = UnreadableName;

    fn from_str(text: &str) -> Result<Self, UnreadableName> {
        let unreadable =
            || UnreadableName { text: text.to_owned(), expected: "a function such as `core.add(integer)`" };
        let (schema, rest) = part(text).ok_or_else(unreadable)?;
        let (name, rest) = rest.strip_prefix('.').and_then(part).ok_or_else(unreadable)?;
        let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(unreadable)?;
        Ok(Self { name: Name { schema, name }, arguments: types(inner) })
    }
}

/// Returns the first part of a name, and what follows it.
fn part(text: &str) -> Option<(SmolStr, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        return (end > 0).then(|| (SmolStr::new(&text[..end]), &text[end..]));
    };
    let mut from = 0;
    loop {
        let end = from + quoted[from..].find('"')?;
        if !quoted[end + 1..].starts_with('"') {
            return Some((SmolStr::new(quoted[..end].replace("\"\"", "\"")), &quoted[end + 1..]));
        }
        from = end + 2;
    }
}

/// Splits types at the commas that stand in no parentheses: `numeric(10, 2), text` are two.
fn types(text: &str) -> Vec<SmolStr> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(SmolStr::new(text[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        parts.push(SmolStr::new(last));
    }
    parts
}

/// The forms in which a name is read: as a text, or as its parts, which is what an engine gives.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Text(SmolStr),
    Name(SmolStr, SmolStr),
    Signature(SmolStr, SmolStr, Vec<SmolStr>),
}

impl TryFrom<Form> for Name {
    type Error = UnreadableName;

    fn try_from(form: Form) -> Result<Self, UnreadableName> {
        match form {
            Form::Text(text) => text.parse(),
            Form::Name(schema, name) => Ok(Self { schema, name }),
            Form::Signature(..) => Signature::try_from(form)?.to_string().parse(),
        }
    }
}

impl TryFrom<Form> for Signature {
    type Error = UnreadableName;

    fn try_from(form: Form) -> Result<Self, UnreadableName> {
        match form {
            Form::Text(text) => text.parse(),
            Form::Name(schema, name) => Name { schema, name }.to_string().parse(),
            Form::Signature(schema, name, arguments) => Ok(Self { name: Name { schema, name }, arguments }),
        }
    }
}

macro_rules! serde_as_text {
    ($($kind:ty),*) => { $(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Form::deserialize(deserializer)?.try_into().map_err(de::Error::custom)
            }
        }
    )* };
}

serde_as_text!(Name, Signature);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_is_read_as_it_was_written(schema in ".*", name in ".*") {
            let name = Name::new(schema, name);
            prop_assert_eq!(name.to_string().parse::<Name>(), Ok(name.clone()));
            let parts = serde_json::json!([name.schema, name.name]);
            prop_assert_eq!(serde_json::from_value::<Name>(parts).map_err(|e| e.to_string()), Ok(name.clone()));
            let types = vec![SmolStr::new("numeric(10, 2)"), SmolStr::new("text[]")];
            let signature = Signature { name, arguments: types };
            prop_assert_eq!(signature.to_string().parse::<Signature>(), Ok(signature.clone()));
            let parts = serde_json::json!([signature.name.schema, signature.name.name, signature.arguments]);
            let read = serde_json::from_value::<Signature>(parts).map_err(|e| e.to_string());
            prop_assert_eq!(read, Ok(signature));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "a", "a.", ".b", "a.b.c", "a b.c", "\"a.b", "a.b(c)"] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
        assert!("a.b".parse::<Signature>().is_err());
        let parts = |json: &str| serde_json::from_str::<Name>(json).is_ok();
        assert!(parts(r#"["a", "b"]"#) && !parts(r#"["a", "b", []]"#) && !parts(r#"["a"]"#));
        assert!(serde_json::from_str::<Signature>(r#"["a", "b"]"#).is_err());
    }
}
