//! How each thing is written, in the words of the reference: what a message shows when one cannot be read. The
//! lower-case words in a form are also what a misspelt word is compared with.

/// A keyword and the form of what it begins.
type Form = (&'static str, &'static str);

pub(super) const ITEMS: &[Form] = &[
    ("platform", "platform NAME { … }"),
    ("store", "store NAME: ENGINE VERSION { … }"),
    ("schema", "schema NAME in STORE { … }"),
    ("entity", "entity NAME [as \"stored\"] [in STORE] [from SOURCE] [was old_name] [#label] { … }"),
    ("enum", "enum NAME { value, value as \"stored\" }"),
    ("struct", "struct NAME { … }"),
    ("type", "type NAME = TYPE [MODIFIER …]"),
    ("view", "view NAME [in SCHEMA] [materialized refresh every 1h] { sql \"\"\"…\"\"\"; name: type }"),
    ("sql", "sql after ENTITY \"\"\"…\"\"\", or sql once \"name\" \"\"\"…\"\"\""),
    ("sequence", "sequence NAME [from 1000]"),
    ("audit", "audit log NAME [as \"stored\"] { … }"),
    ("keyspace", "keyspace NAME in STORE [from SOURCE] { pattern \"…\"; value …; ttl 1h }"),
    ("channel", "channel NAME in STORE { pattern \"…\"; value TYPE }"),
    ("tenancy", "tenancy by COLUMN: TYPE"),
    ("tier", "tier NAME { isolation: … }"),
    ("tenant", "tenant NAME: TIER { id: \"…\" }"),
    ("label", "label NAME[: PARENT, …] [\"title\"]"),
    ("encryption", "encryption key NAME { … }"),
    ("policy", "policy NAME [\"title\"] { rule NAME { … } }"),
    ("use", "use policy NAME [{ … }]"),
    ("waive", "waive POLICY.RULE on ENTITY until 2027-06-30 because \"…\""),
    ("service", "service NAME { read ENTITY; write ENTITY }"),
    ("purpose", "purpose NAME [\"title\"] basis consent|contract|legal_obligation|…"),
    ("rust", "rust { runtime: version 0.1 }"),
    ("backfill", "backfill ENTITY.FIELD = VALUE"),
    ("removed", "removed entity NAME because \"…\""),
    ("unmanaged", "unmanaged \"table core.legacy\" [in STORE] because \"…\""),
    ("accept", "accept rewrite|scan|loss|break on ENTITY[.FIELD] because \"…\""),
    ("global", "global entity NAME { … }"),
];

/// The words of other languages for an item, each with the keyword for it here.
pub(super) const FOREIGN_ITEMS: &[Form] = &[
    ("table", "entity"),
    ("collection", "entity"),
    ("model", "entity"),
    ("document", "entity"),
    ("class", "struct"),
    ("record", "struct"),
    ("message", "struct"),
    ("interface", "struct"),
    ("database", "store"),
    ("datasource", "store"),
    ("role", "service"),
    ("queue", "keyspace"),
    ("topic", "channel"),
];

pub(super) const CLAUSES: &[Form] = &[
    ("include", "include STRUCT"),
    ("key", "key (field, …)"),
    (
        "unique",
        "unique [NAME] (COLUMN, …) [where CONDITION] [nulls not distinct] [deferrable] [as \"stored\"]",
    ),
    ("ref", "ref (field, …) -> ENTITY [(field, …)] [on delete restrict|cascade|set null]"),
    ("check", "check [NAME] (CONDITION)"),
    ("no", "no overlap [NAME] [from, to] or [from, to) [per (field, …)] [where CONDITION]"),
    (
        "index",
        "index [NAME] (COLUMN [asc|desc] [nulls first|last] [weight N], …) [using METHOD] [include (…)] [where CONDITION] \
         [language \"…\"] [with { … }] [as \"stored\"]",
    ),
    (
        "partition",
        "partition by day|week|month|year (field) [ahead N], partition by hash (field) into N, or partition by list (field); [default]",
    ),
    ("shard", "shard by [hashed] (field, …)"),
    ("order", "order by (COLUMN [asc|desc], …)"),
    ("subject", "subject"),
    ("personal", "personal of REFERENCE"),
    ("retain", "retain DURATION [after FIELD] [then delete|anonymize|archive to PLACE]"),
    ("audit", "audit (insert, update, delete) [into AUDIT_LOG]"),
    ("append", "append only"),
    ("publish", "publish (insert, update, delete) to CHANNEL"),
    ("compress", "compress after DURATION"),
    ("rollup", "rollup NAME every DURATION [by (field, …)] [retain DURATION] { name: avg(field) }"),
    ("time", "time (field)"),
    ("with", "with { setting: value }"),
    ("take", "take FIELD [as \"stored\"] [MODIFIER], …"),
    ("removed", "removed NAME because \"…\""),
    ("sql", "sql \"\"\"…\"\"\""),
    ("chained", "chained [strictly | after audit.LOG]"),
    ("seal", "seal every DURATION"),
    ("keep", "keep payloads DURATION because \"…\""),
    ("pattern", "pattern \"prefix:{name: type}\""),
    (
        "value",
        "value TYPE, value json|document|hash|stream { … }, value list of|set of|geo of|bloom of TYPE, value sorted set of \
         TYPE [by TYPE] [desc], or value counter|bitmap|hyperloglog|timeseries",
    ),
    ("ttl", "ttl DURATION"),
    ("limit", "limit N per DURATION [sliding]"),
    ("max_length", "max_length N"),
    ("database", "database N"),
    ("together", "together by (parameter, …)"),
    ("groups", "groups [name, …]"),
    ("dead_letter", "dead_letter [KEYSPACE]"),
    ("on", "on write invalidate|update|queue"),
    ("refresh", "refresh at PERCENT, or refresh every DURATION"),
    ("local", "local DURATION [max SIZE]"),
    ("in", "in ENVIRONMENT { … }"),
    ("store", "store NAME { … }"),
    ("alert", "alert CONDITION [for DURATION] [severity NAME]"),
    ("accept", "accept NAME [in STORE] because \"…\""),
    ("parameter", "parameter NAME: TYPE [= VALUE]"),
    ("rule", "rule NAME [\"title\"] { for …; require … }"),
    ("for", "for field|entity|store|… [where CONDITION]"),
    ("require", "require CONDITION"),
    ("forbid", "forbid CONDITION"),
    ("apply", "apply MODIFIER, or apply CLAUSE"),
    ("help", "help \"…\""),
    ("severity", "severity critical|warning|info"),
    ("read", "read THING [(field, …)] [except #label, … or (field, …)], …"),
    ("write", "write THING [(field, …)], …"),
    ("insert", "insert THING, …"),
    ("update", "update THING [(field, …)], …"),
    ("delete", "delete THING, …"),
    ("subscribe", "subscribe CHANNEL, …"),
    ("consume", "consume STREAM as group"),
    ("across", "across tenants"),
    ("purpose", "purpose NAME, …"),
    ("recipient", "recipient \"NAME\" [transfer to \"COUNTRY\" under \"SAFEGUARD\"], or recipient none"),
];

pub(super) const MODIFIERS: &[Form] = &[
    ("key", "key"),
    ("unique", "unique"),
    ("immutable", "immutable"),
    ("inline", "inline"),
    ("optimistic", "optimistic"),
    ("soft_delete", "soft_delete"),
    ("deferrable", "deferrable"),
    ("unchecked", "unchecked"),
    ("tag", "tag"),
    ("dimension", "dimension"),
    ("metric", "metric"),
    ("=", "= VALUE, where a comparison or `and` needs parentheses"),
    ("computed", "computed (EXPRESSION)"),
    ("min", "min NUMBER"),
    ("max", "max NUMBER"),
    ("length", "length 1..80"),
    ("matches", "matches \"…\""),
    ("check", "check (CONDITION)"),
    ("on", "on delete restrict|cascade|set null, or on update VALUE"),
    ("encrypted", "encrypted with KEY [searchable]"),
    ("pseudonymous", "pseudonymous [with KEY]"),
    ("not", "not encrypted because \"…\", or not personal because \"…\""),
    ("of", "#personal of REFERENCE"),
    ("accept_leak", "accept_leak because \"…\""),
    ("anonymized", "anonymized as VALUE"),
    ("was", "was old_name"),
    ("as", "as \"stored name\""),
    ("declassify", "declassify #label because \"…\""),
    ("analyzed", "analyzed LANGUAGE"),
    ("weight", "weight N"),
    ("codec", "codec NAME"),
];

/// The words that other languages write after a type, each with how to write it here.
pub(super) const FOREIGN_MODIFIERS: &[Form] = &[
    ("foreign", "a reference is a type: write `name: -> Entity`"),
    ("generated", "write `computed (EXPRESSION)`"),
    ("comment", "write the comment as `///` above the field"),
    ("index", "write a clause of its own: `index (field)`"),
    ("stored", "what is `computed` is stored; leave the word out"),
    ("collate", "texts are ordered by their characters; a field has no collation of its own"),
    ("in", "values that a field may have are an `enum`, which is its type"),
    ("enum", "declare `enum Name { … }` and write its name as the type"),
    ("hidden", "who may read a field is said by services, and by `#label`"),
];

/// Words that stand where an operator should, and what is written instead.
pub(super) const FOREIGN_OPERATORS: &[Form] = &[
    ("like", "write `matches \"…\"`, with a regular expression"),
    ("ilike", "write `lower(…) matches \"…\"`, with a regular expression"),
    ("~", "write `matches \"…\"`"),
    ("contains", "write `value in list`"),
    ("?", "a choice is written `case when CONDITION then VALUE else VALUE end`"),
    ("^", "there is no power; multiply"),
];

/// Types that everybody knows: after a word, one of these means that the colon was forgotten.
pub(super) const TYPES: &[&str] = &[
    "bool",
    "smallint",
    "int",
    "bigint",
    "float",
    "decimal",
    "text",
    "char",
    "bytes",
    "uuid",
    "inet",
    "json",
    "object_id",
    "date",
    "time",
    "timestamp",
    "interval",
    "email",
    "phone",
    "url",
    "country",
    "currency",
    "language",
    "password",
    "vector",
    "map",
];

/// Types of other languages, and what they are here.
pub(super) const FOREIGN_TYPES: &[Form] = &[
    ("list", "T[]"),
    ("array", "T[]"),
    ("set", "T[]"),
    ("vec", "T[]"),
    ("optional", "T?"),
    ("option", "T?"),
    ("maybe", "T?"),
];

pub(super) fn form(forms: &'static [Form], word: &str) -> Option<&'static str> {
    forms.iter().find(|(keyword, _)| *keyword == word).map(|(_, form)| *form)
}

pub(super) fn keywords(forms: &'static [Form]) -> impl Iterator<Item = &'static str> {
    forms.iter().map(|(keyword, _)| *keyword)
}

/// The words that a form itself holds.
pub(super) fn words_of(form: &'static str) -> impl Iterator<Item = &'static str> {
    form.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).filter(|word| word.len() > 1)
}
