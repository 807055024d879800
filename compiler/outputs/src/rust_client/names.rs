//! Names of the source as names of Rust: never a keyword, never taken, whatever the source calls its things.

use foldhash::HashSet;
use smol_str::{SmolStr, format_smolstr};

use polity_text::naming::upper_camel;

/// The names that generated modules, and the macros that they call, know without an import; a type of the platform
/// that took such a name would hide it. `New` is there because a constructor must not have the name of its type.
const PRELUDE: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Default",
    "Deserialize",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Into",
    "IntoIterator",
    "Iterator",
    "New",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Serialize",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// Keywords that may stand as `r#type`; strict and reserved ones alike.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that may not.
const NEVER_RAW: &[&str] = &["_", "crate", "self", "super", "Self"];

/// The names that are taken in one place.
#[derive(Debug, Default)]
pub(super) struct Scope {
    taken: HashSet<SmolStr>,
}

impl Scope {
    /// A place for types: a module.
    pub(super) fn of_types() -> Self {
        Self { taken: PRELUDE.iter().map(|&name| SmolStr::new_static(name)).collect() }
    }

    /// A place where only these are taken.
    pub(super) fn with(taken: &[&'static str]) -> Self {
        Self { taken: taken.iter().map(|&name| SmolStr::new_static(name)).collect() }
    }

    /// Takes a name, with as many `_` behind it as make it free; a keyword comes back as `r#type`.
    pub(super) fn claim(&mut self, wanted: &str) -> SmolStr {
        let mut name = SmolStr::new(wanted);
        while NEVER_RAW.contains(&name.as_str()) || !self.taken.insert(name.clone()) {
            name = format_smolstr!("{name}_");
        }
        if KEYWORDS.binary_search(&name.as_str()).is_ok() { format_smolstr!("r#{name}") } else { name }
    }

    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.taken.contains(name)
    }
}

/// `written_off` as `WrittenOff`; what is in camel case already stays.
pub(super) fn camel_case(name: &str) -> String {
    let mut camel = String::from(upper_camel(name));
    if camel.starts_with(|c: char| c.is_ascii_digit()) || camel.is_empty() {
        camel.insert(0, 'V');
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_stand_in_the_order_in_which_they_are_searched() {
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn names_are_made_free() {
        let mut scope = Scope::of_types();
        let mut claim = |name: &str| scope.claim(name).to_string();
        assert_eq!(claim("User"), "User");
        assert_eq!(claim("User"), "User_");
        assert_eq!(claim("User"), "User__");
        assert_eq!(claim("Option"), "Option_");
        assert_eq!(claim("Self"), "Self_");
        assert_eq!(claim("type"), "r#type");
        assert_eq!(claim("type"), "type_");
        assert_eq!(claim("self"), "self_");
        assert_eq!(claim("super"), "super_");
    }

    #[test]
    fn values_become_variants() {
        assert_eq!(camel_case("written_off"), "WrittenOff");
        assert_eq!(camel_case("User"), "User");
        assert_eq!(camel_case("a1_b"), "A1B");
        assert_eq!(camel_case("_"), "V");
        assert_eq!(camel_case("_1"), "V1");
    }
}
