//! The only place where SQL is quoted: identifiers, literals, bodies of functions and remarks write themselves
//! so that whatever stands in them comes out of PostgreSQL exactly as it went in.

pub(super) mod statements;

use std::fmt::{Display, Formatter, Result, Write};
use std::ops::Deref;

use smol_str::SmolStr;

use polity_catalog::relational;
use polity_text::quoting::visible;
use polity_text::tokens;

/// An identifier, in double quotes where it would otherwise be folded, refused or read as a keyword.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ident<'a>(pub(super) &'a str);

impl Display for Ident<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if is_plain(self.0) {
            return f.write_str(self.0);
        }
        f.write_char('"')?;
        doubled(self.0, '"', f)?;
        f.write_char('"')
    }
}

/// A name within its schema, so that no statement depends on `search_path`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name(pub(super) relational::Name);

impl Name {
    pub(super) fn new(schema: impl Into<SmolStr>, name: impl Into<SmolStr>) -> Self {
        Self(relational::Name::new(schema, name))
    }
}

impl Deref for Name {
    type Target = relational::Name;

    fn deref(&self) -> &relational::Name {
        &self.0
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Qualified(&self.0).fmt(f)
    }
}

/// The name of an object in the catalog.
#[derive(Debug, Clone, Copy)]
pub(super) struct Qualified<'a>(pub(super) &'a relational::Name);

impl Display for Qualified<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}.{}", Ident(&self.0.schema), Ident(&self.0.name))
    }
}

/// Identifiers with a comma between them.
pub(super) struct List<'a, T>(pub(super) &'a [T]);

impl<T: AsRef<str>> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (i, name) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            Ident(name.as_ref()).fmt(f)?;
        }
        Ok(())
    }
}

/// A text constant. Every file sets `standard_conforming_strings`, so only the quote itself is doubled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Literal<'a>(pub(super) &'a str);

impl Display for Literal<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_char('\'')?;
        doubled(self.0, '\'', f)?;
        f.write_char('\'')
    }
}

/// A text constant that PostgreSQL reads as an array of texts: `'{"id","at"}'`.
pub(super) struct ArrayText<'a>(pub(super) &'a [SmolStr]);

impl ArrayText<'_> {
    /// Returns the text itself: `{"id","at"}`.
    pub(super) fn text(&self) -> String {
        let quoted = |item: &SmolStr| format!("\"{}\"", item.replace('\\', "\\\\").replace('"', "\\\""));
        format!("{{{}}}", self.0.iter().map(quoted).collect::<Vec<_>>().join(","))
    }
}

impl Display for ArrayText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        Literal(&self.text()).fmt(f)
    }
}

/// The body of a function between dollar quotes whose tag does not occur in it.
pub(super) struct Body<'a>(pub(super) &'a str);

impl Display for Body<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let tag = dollar_quote(self.0);
        // A `$` at the end of the body would join the closing tag, so the body always ends in a newline.
        write!(f, "{tag}\n{}\n{tag}", self.0.trim_end_matches('\n'))
    }
}

/// `$polity$`, or one like it that does not occur in a text.
pub(super) fn dollar_quote(text: &str) -> String {
    let mut tag = "$polity$".to_owned();
    let mut n = 0;
    while text.contains(&tag) {
        n += 1;
        tag = format!("$polity{n}$");
    }
    tag
}

/// `-- …` lines. A carriage return ends a remark in PostgreSQL as a newline does, so both begin a new one.
pub(super) struct Remark<'a>(pub(super) &'a str);

impl Display for Remark<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for line in self.0.split(['\n', '\r']) {
            f.write_str("--")?;
            if !line.is_empty() {
                f.write_char(' ')?;
                f.write_str(&visible(line))?;
            }
            f.write_char('\n')?;
        }
        Ok(())
    }
}

fn doubled(text: &str, quote: char, f: &mut Formatter<'_>) -> Result {
    let mut parts = text.split(quote);
    f.write_str(parts.next().unwrap_or_default())?;
    for part in parts {
        f.write_char(quote)?;
        f.write_char(quote)?;
        f.write_str(part)?;
    }
    Ok(())
}

fn is_plain(name: &str) -> bool {
    let Some(first) = name.bytes().next() else { return false };
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        return !first.is_ascii_digit() && !is_keyword(name);
    }
    tokens::are_in(name) && is_plain_with_every_value(name)
}

/// Whether a name needs no quotes, whatever stands for the one token in it.
fn is_plain_with_every_value(name: &str) -> bool {
    let split = |token: &&str| name.split_once(*token);
    let Some((before, behind)) = [tokens::PREFIX, tokens::ROLE].iter().find_map(split) else { return false };
    let could_be = |word: &&str| word.starts_with(before) && word.ends_with(behind);
    is_plain(&format!("{before}t{behind}")) && !KEYWORDS.iter().any(could_be)
}

/// Every name that is written is asked about, so only the few words with its first letter are looked at.
fn is_keyword(name: &str) -> bool {
    let letter = name.bytes().next().filter(u8::is_ascii_lowercase).map(|letter| usize::from(letter - b'a'));
    letter.is_some_and(|letter| KEYWORDS[BY_LETTER[letter]..BY_LETTER[letter + 1]].contains(&name))
}

/// Where in [`KEYWORDS`] the words with each letter begin, and their end.
const BY_LETTER: [usize; 27] = {
    let mut begins = [0; 27];
    let (mut letter, mut at) = (0, 0);
    while letter < begins.len() {
        while at < KEYWORDS.len() && KEYWORDS[at].as_bytes()[0] < b'a' + letter as u8 {
            at += 1;
        }
        begins[letter] = at;
        letter += 1;
    }
    begins
};

/// Every word that PostgreSQL 14 to 18 reserves in some place (`pg_get_keywords()`, all but the unreserved).
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        let shown: Vec<String> = ["users", "order", "Users", "a b", "a\"b", "9x", "été", "", "_x1"]
            .iter()
            .map(|name| Ident(name).to_string())
            .collect();
        assert_eq!(
            shown,
            ["users", "\"order\"", "\"Users\"", "\"a b\"", "\"a\"\"b\"", "\"9x\"", "\"été\"", "\"\"", "_x1"]
        );
    }

    #[test]
    fn every_keyword_is_known_and_nothing_else() {
        assert!(KEYWORDS.is_sorted());
        for word in KEYWORDS {
            assert!(is_keyword(word) && !is_keyword(&format!("{word}x")), "{word}");
        }
        for name in ["", "_", "_all", "id", "zone", "queue", "é", "All"] {
            assert!(!is_keyword(name), "{name}");
        }
    }

    #[test]
    fn a_name_with_a_token_has_quotes_where_a_value_could_need_them() {
        for (name, shown) in [
            ("${tenant_prefix}core", "${tenant_prefix}core"),
            ("t_${tenant_role}_core", "t_${tenant_role}_core"),
            ("${tenant_prefix}Core", "\"${tenant_prefix}Core\""),
            ("${tenant_prefix}date", "\"${tenant_prefix}date\""), // current_date
            ("9${tenant_role}", "\"9${tenant_role}\""),
            ("${tenant_id}", "\"${tenant_id}\""),
            ("${x}", "\"${x}\""),
        ] {
            assert_eq!(Ident(name).to_string(), shown);
        }
    }

    #[test]
    fn a_body_never_closes_its_own_quotes() {
        let body = Body("SELECT '$polity$', '$polity1$';").to_string();
        assert_eq!(body, "$polity2$\nSELECT '$polity$', '$polity1$';\n$polity2$");
    }

    #[test]
    fn a_remark_cannot_be_left() {
        assert_eq!(Remark("a\rDROP TABLE x;\n\n--b").to_string(), "-- a\n-- DROP TABLE x;\n--\n-- --b\n");
    }
}
