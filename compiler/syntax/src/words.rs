//! The words of the language, each once.

/// Every word that the grammar knows, in the order of the alphabet. Fields, entities and whatever else has a kind of its own
/// may be called so; what may be left out, such as the name of an index, may not, for `index unique (email)` would be an
/// index of that name.
pub const WORDS: &[&str] = &[
    "accept",
    "accept_leak",
    "across",
    "after",
    "ahead",
    "alert",
    "analyzed",
    "and",
    "anonymize",
    "anonymized",
    "append",
    "apply",
    "archive",
    "as",
    "asc",
    "at",
    "audit",
    "backfill",
    "basis",
    "because",
    "between",
    "bitmap",
    "bloom",
    "by",
    "cascade",
    "case",
    "chained",
    "channel",
    "check",
    "codec",
    "compress",
    "computed",
    "consume",
    "counter",
    "database",
    "dead_letter",
    "declassify",
    "default",
    "deferrable",
    "delete",
    "deleted",
    "desc",
    "dimension",
    "distinct",
    "document",
    "else",
    "encrypted",
    "encryption",
    "end",
    "entity",
    "enum",
    "every",
    "except",
    "first",
    "for",
    "forbid",
    "from",
    "geo",
    "global",
    "groups",
    "hash",
    "hashed",
    "help",
    "hyperloglog",
    "immutable",
    "in",
    "include",
    "index",
    "inline",
    "insert",
    "into",
    "is",
    "json",
    "keep",
    "key",
    "keyspace",
    "label",
    "language",
    "last",
    "length",
    "limit",
    "list",
    "local",
    "log",
    "map",
    "matches",
    "materialized",
    "max",
    "max_length",
    "metric",
    "min",
    "no",
    "none",
    "not",
    "null",
    "nulls",
    "of",
    "on",
    "once",
    "only",
    "optimistic",
    "or",
    "order",
    "overlap",
    "parameter",
    "partition",
    "pattern",
    "payloads",
    "per",
    "personal",
    "platform",
    "policy",
    "pseudonymous",
    "publish",
    "purpose",
    "read",
    "recipient",
    "ref",
    "refresh",
    "removed",
    "require",
    "restrict",
    "retain",
    "rollup",
    "rule",
    "rust",
    "schema",
    "seal",
    "searchable",
    "sequence",
    "service",
    "set",
    "severity",
    "shard",
    "sliding",
    "soft_delete",
    "sorted",
    "sql",
    "store",
    "stream",
    "strictly",
    "struct",
    "subject",
    "subscribe",
    "tag",
    "take",
    "tenancy",
    "tenant",
    "tenants",
    "then",
    "tier",
    "time",
    "timeseries",
    "to",
    "together",
    "transfer",
    "ttl",
    "type",
    "unchecked",
    "under",
    "unique",
    "unmanaged",
    "until",
    "update",
    "use",
    "using",
    "value",
    "view",
    "waive",
    "was",
    "weight",
    "when",
    "where",
    "with",
    "write",
];

/// Whether the grammar knows this word.
#[must_use]
pub fn is_word_of_language(word: &str) -> bool {
    WORDS.binary_search(&word).is_ok()
}

/// The first line of a text, or what of it stands in a help.
pub(crate) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= 40 { line.to_owned() } else { line.chars().take(39).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::WORDS;
    use std::collections::BTreeSet;

    /// The words between quotes in the text of the grammar, without its comments.
    fn words_of_grammar() -> BTreeSet<&'static str> {
        let lines = include_str!("grammar.pest").lines().filter(|line| !line.starts_with("//"));
        let quoted = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
        let is_word = |text: &&str| {
            text.starts_with(|c: char| c.is_ascii_lowercase())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        quoted.map(str::trim_end).filter(is_word).collect()
    }

    #[test]
    fn the_list_is_what_the_grammar_says() {
        let grammar = words_of_grammar();
        assert!(grammar.len() > 150, "{grammar:?}");
        assert_eq!(WORDS, grammar.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_reference_lists_every_word() {
        let reference = include_str!("../../docs/language.md");
        let (_, section) =
            reference.split_once("\n### Words of the language\n").expect("the reference lists them");
        let (_, list) = section.split_once("```text\n").expect("in a block");
        let (list, _) = list.split_once("\n```").expect("which ends");
        assert_eq!(list.split_whitespace().collect::<Vec<_>>(), WORDS);
    }
}
