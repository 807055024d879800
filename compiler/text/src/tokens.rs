//! Tokens in a text that serves every tenant of a tier: `${tenant_prefix}` and its like, which Flyway and Liquibase replace as
//! well. A value is so plain that it means the same wherever a token can stand, in quotes or without, so nothing is quoted when
//! it is put in.

use std::fmt::{Display, Formatter, Result as Shown};

/// The prefix of the names of the tenant's schemas or databases.
pub const PREFIX: &str = "${tenant_prefix}";
/// The tenant's name, as the names of roles and jobs hold it.
pub const ROLE: &str = "${tenant_role}";
/// The value that tells the tenant's rows from others'.
pub const ID: &str = "${tenant_id}";
/// The tenant's name as Kubernetes takes it: with `-` for `_`. It follows from the name.
pub const DNS: &str = "${tenant_dns}";
/// A dollar sign, before what would otherwise be read as a token.
pub const DOLLAR: &str = "${tenant_dollar}";

/// The parts of a quota that have a token of their own: how many connections, and how many milliseconds.
pub const QUOTAS: [&str; 3] = ["connections", "statement", "idle"];
/// Every token for which a tenant has a value.
pub const ALL: [&str; 7] =
    [PREFIX, ROLE, ID, DNS, "${tenant_connections}", "${tenant_statement}", "${tenant_idle}"];

/// The most bytes of a value that becomes a part of a name.
pub const LONGEST: usize = 31;

/// The beginning of every token.
const BEGIN: &str = "${tenant_";

/// Why a text cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// A value that may mean something else where it stands: the parameter, and the value.
    Value(String, String),
    /// A token without a value.
    Token(String),
    /// A name that no token has.
    Name(String),
}

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> Shown {
        match self {
            Self::Value(name, value) => write!(
                f,
                "`{name}` cannot be `{}`: a value is a name ([a-z][a-z0-9_]{{0,30}}), a UUID or an integer",
                crate::quoting::visible(value)
            ),
            Self::Token(token) => {
                write!(f, "nothing says what `{}` stands for", crate::quoting::visible(token))
            }
            Self::Name(name) => write!(f, "no token is called `{}`", crate::quoting::visible(name)),
        }
    }
}

/// The token of a part of a quota, one of [`QUOTAS`].
#[must_use]
pub fn of_quota(part: &str) -> String {
    format!("{BEGIN}{part}}}")
}

/// The name of a token's parameter: `tenant_id`.
#[must_use]
pub fn name(token: &str) -> &str {
    token.trim_start_matches("${").trim_end_matches('}')
}

/// Whether a text holds a token.
#[must_use]
pub fn are_in(text: &str) -> bool {
    // Every name is asked, and hardly any holds the first character.
    text.as_bytes().contains(&b'$') && text.contains(BEGIN)
}

/// The bytes of a name when the longest values stand for its tokens.
#[must_use]
pub fn length(name: &str) -> usize {
    if !are_in(name) {
        return name.len();
    }
    let tokens = [PREFIX, ROLE, ID];
    tokens.iter().fold(name.len(), |length, token| {
        let times = name.matches(token).count();
        length + times * LONGEST - times * token.len()
    })
}

/// Whether a value may stand for a token: a name, a UUID in small letters, or an integer.
#[must_use]
pub fn is_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    let is_name = value.len() <= LONGEST
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_');
    let is_hex = |group: &str| group.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let groups: Vec<&str> = value.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_uuid = lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| is_hex(group));
    let is_integer = (1..=18).contains(&value.len()) && bytes.iter().all(u8::is_ascii_digit);
    is_name || is_uuid || is_integer
}

/// Whether a parameter can have this name: `tenant_` and more letters.
fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix("tenant_").unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// The text with the values of these parameters, each by its name, for its tokens.
///
/// # Errors
/// When a value is none ([`is_value`]), or a token has none.
pub fn render<'v>(
    text: &str,
    parameters: impl IntoIterator<Item = (&'v str, &'v str)>,
) -> Result<String, Refused> {
    let mut values: Vec<(String, String)> = Vec::new();
    for (name, value) in parameters {
        if !is_name(name) {
            return Err(Refused::Name(name.to_owned()));
        }
        if !is_value(value) {
            return Err(Refused::Value(name.to_owned(), value.to_owned()));
        }
        if name == "tenant_role" {
            values.push((DNS.to_owned(), value.replace('_', "-")));
        }
        values.push((format!("${{{name}}}"), value.to_owned()));
    }
    values.push((DOLLAR.to_owned(), "$".to_owned()));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let (before, token) = rest.split_at(at);
        let known = values.iter().find(|(name, _)| token.starts_with(name.as_str()));
        let Some((name, value)) = known else {
            let end = token.find('}').map_or(BEGIN.len(), |end| end + 1);
            return Err(Refused::Token(token[..end].to_owned()));
        };
        out.push_str(before);
        out.push_str(value);
        rest = &token[name.len()..];
    }
    out.push_str(rest);
    Ok(out)
}

/// The text with [`DOLLAR`] for the first letter of whatever looks like a token and is none; with `every`, of whatever another
/// tool than ours would take for one.
#[must_use]
pub fn escaped(text: &str, every: bool) -> String {
    let begin = if every { "${" } else { BEGIN };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        let (before, token) = rest.split_at(at);
        out.push_str(before);
        let is_own = ALL.iter().any(|own| token.starts_with(own));
        let dollar = if is_own { "$" } else { DOLLAR };
        out.push_str(dollar);
        rest = &token[1..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_token_comes_out_as_it_went_in() {
        for text in ["${tenant_role}", "a ${x} ${tenant_x} ${tenant_rolex} $${ ${tenant_dollar}", "${", "$"] {
            for every in [false, true] {
                let kept = escaped(text, every);
                let rendered = render(&kept, [("tenant_role", "acme")]).expect("it is rendered");
                assert_eq!(rendered, text.replace(ROLE, "acme"), "{kept}");
            }
        }
        assert_eq!(escaped("${x}", true), "${tenant_dollar}{x}");
        assert_eq!(escaped("${x}", false), "${x}");
    }

    #[test]
    fn the_longest_value_counts() {
        for part in QUOTAS {
            assert!(ALL.contains(&of_quota(part).as_str()));
        }
        assert_eq!(length("core"), 4);
        assert_eq!(length("a_${tenant_role}_b"), 4 + LONGEST);
        assert_eq!(length("${tenant_prefix}core"), 4 + LONGEST);
    }
}
