//! Words that some reader between the source and an engine could take for its own, fitted to the place in which each stands.

use super::platform::literal;

/// Sets that together hold whatever a shell, psql, JavaScript, Lua, YAML, Markdown or Helm reads as more than text. Each set
/// stands in every name, and is short enough that PostgreSQL stores a name with it whole.
pub const SETS: [&str; 5] = [
    "-e'\"`touch pwned`$(touch pwned)\\;&|>pwned;",
    "\\! touch pwned :x:'x':\"x\"$$$polity$$1${HOME}%s%I%%",
    "{{ .x }}{{ fail \"x\" }}*?[x](y)<b>#!%{#",
    "--[[~/**/]]EOF SQL é🐘שלום # TODO",
    "';SELECT 1/0;--\";SELECT 1/0;--\\gexec__proto__*/",
];

/// One set, in names that differ by what stands behind it.
#[derive(Clone, Copy)]
pub struct Words {
    set: &'static str,
    /// The sets that stand next to `set` in a value.
    others: &'static [&'static str],
}

impl Words {
    pub fn of(set: &'static str) -> Self {
        Self { set, others: &SETS }
    }

    /// Words that nobody could take for anything else.
    pub fn plain() -> Self {
        Self { set: "w_", others: &[] }
    }

    /// A name of PostgreSQL, which is short.
    pub fn name(self, tag: &str) -> String {
        format!("{}{tag}", self.set)
    }

    /// The name of a schema or of a database of PostgreSQL, which leaves room for the prefix of a tenant: half of the set, that of
    /// the schema `s` the first one.
    pub fn schema(self, tag: &str) -> String {
        let letters: Vec<char> = self.set.chars().collect();
        let half = letters.len().div_ceil(2);
        let part = if tag == "s" { &letters[..half] } else { &letters[letters.len() - half..] };
        part.iter().collect::<String>() + tag
    }

    /// The name of a schema as a quoted identifier of SQL.
    pub fn schema_ident(self, tag: &str) -> String {
        format!("\"{}\"", self.schema(tag).replace('"', "\"\""))
    }

    /// A value, or any other text that may be anything on one line: all sets, this one first.
    pub fn value(self, tag: &str) -> String {
        let others: String = self.others.iter().copied().filter(|set| *set != self.set).collect();
        format!("{}{others}{tag}", self.set)
    }

    /// A name of PostgreSQL as a quoted identifier of SQL.
    pub fn ident(self, tag: &str) -> String {
        format!("\"{}\"", self.name(tag).replace('"', "\"\""))
    }

    /// A field of a document, of which no path could be told if it had points or dollars.
    pub fn field(self, tag: &str) -> String {
        self.without(".$\0", tag)
    }

    /// A collection, which is a file name too.
    pub fn collection(self, tag: &str) -> String {
        format!("é-_.{tag}")
    }

    /// A database of MongoDB.
    pub fn database(self, tag: &str) -> String {
        let plain: String = self.set.chars().filter(|c| !"/\\. \"$*<>:|?".contains(*c)).take(20).collect();
        plain + tag
    }

    /// The text of a pattern of keys.
    pub fn pattern(self, tag: &str) -> String {
        self.without(" *?[]\\%{}()'\":", tag)
    }

    /// The id of a tenant with a place of its own, which may hold nothing odd.
    pub fn plain_id(self, tag: &str) -> String {
        format!("id_{}_{tag}", self.set.chars().count())
    }

    /// A comment or a reason: many lines, with what would end one.
    pub fn prose(self, tag: &str) -> String {
        format!("{0}\n{0}\nSQL\nEOF\n```\n*/ --> ]] ?>\n\\! touch pwned\n$(touch pwned)", self.value(tag))
    }

    /// A comment of many lines, like [`Words::prose`], as documentation of the source.
    pub fn docs(self, tag: &str) -> String {
        self.prose(tag).lines().map(|line| format!("/// {line}\n")).collect()
    }

    fn without(self, odd: &str, tag: &str) -> String {
        self.value(tag).chars().filter(|c| !odd.contains(*c)).collect()
    }
}

/// Puts words into a source: `‹n:tag›` is a name as a literal, `‹v:tag›` a value, and so on.
pub fn filled(source: &str, words: Words) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('‹') {
        let (hole, after) = after.split_once('›').expect("it is closed");
        let (kind, tag) = hole.split_once(':').expect("a kind and a tag");
        out.push_str(before);
        out.push_str(&match kind {
            "n" => literal(&words.name(tag)),
            "s" => literal(&words.schema(tag)),
            "v" => literal(&words.value(tag)),
            "f" => literal(&words.field(tag)),
            "c" => literal(&words.collection(tag)),
            "db" => literal(&words.database(tag)),
            "p" => literal(&words.pattern(tag)).trim_matches('"').to_owned(),
            "id" => literal(&words.plain_id(tag)),
            "prose" => literal(&words.prose(tag)),
            "docs" => words.docs(tag),
            _ => panic!("no kind `{kind}`"),
        });
        rest = after;
    }
    out + rest
}
