//! The words that are refused.

pub(super) const ROLES: &str = "roles and what they may do follow from the platform; leave the statement out";
pub(super) const ROWS: &str = "row security follows from the platform; leave the statement out";
pub(super) const VIEWS: &str =
    "declare the view in the source; said again by hand it would lose whose sight it has";
pub(super) const TABLES: &str =
    "declare it in the source: of what stands beside it, no label, right or erasure knows";
pub(super) const STATED: &str =
    "take it out of the source instead: whatever stands there is written again, and what reads it would fail";
pub(super) const NUMBERS: &str =
    "write the number itself: a sequence has no labels, so nothing that tables hold may go into it";
pub(super) const SERVER: &str = "leave it out: it reaches past the database, where no policy holds";
pub(super) const TEXTS: &str =
    "write the statement itself: SQL that is put together as it runs cannot be read here";
pub(super) const CURSOR: &str =
    "put the query into the statement that needs it: what is fetched elsewhere cannot be followed";
pub(super) const CATALOG: &str = "leave it out: the server's own tables say who may do what";
pub(super) const APART: &str = "write it as a statement of its own, where it can be read";
pub(super) const RENAMED: &str =
    "change it in the source: labels and rights go by the names that stand there";
pub(super) const SESSION: &str =
    "leave it out: the session's settings are what the statements around it need";

/// A sequence of words, of which any one of those between `|` stands for the place; what it is called; what to do instead.
pub(super) type Forbidden = (&'static [&'static str], &'static str, &'static str);

pub(super) const FORBIDDEN: &[Forbidden] = &[
    (
        &["security", "definer"],
        "SECURITY DEFINER",
        "a function runs with the rights of whoever calls it; leave it out",
    ),
    (&["create|alter|drop|set|reset", "role|user|group"], "ROLE", ROLES),
    (&["set", "local|session", "role|authorization"], "ROLE", ROLES),
    (&["create|alter|drop", "policy"], "POLICY", ROWS),
    (&["row", "level", "security"], "ROW LEVEL SECURITY", ROWS),
    (&["disable|replica|always", "trigger"], "TRIGGER", ROWS),
    (&["owner", "to"], "OWNER TO", ROLES),
    (&["alter", "default", "privileges"], "DEFAULT PRIVILEGES", ROLES),
    (&["reassign|drop", "owned"], "OWNED", ROLES),
    (&["security", "label"], "SECURITY LABEL", ROLES),
    (&["or", "replace", "view"], "OR REPLACE VIEW", VIEWS),
    (&["alter|drop", "view"], "VIEW", VIEWS),
    (&["alter|drop", "materialized", "view"], "VIEW", VIEWS),
    (&["create|alter|drop", "rule"], "RULE", ROWS),
    (&["or", "replace", "rule"], "RULE", ROWS),
    (&["create|alter|drop", "event", "trigger"], "EVENT TRIGGER", ROWS),
    (&["create|alter|drop", "extension"], "EXTENSION", "list it under `extensions` of the store"),
    (&["create|alter|drop", "server|subscription|publication"], "SERVER", SERVER),
    (&["create|alter|drop|import", "foreign"], "FOREIGN", SERVER),
    (&["create|alter|drop", "language"], "LANGUAGE", SERVER),
    (&["create|alter|drop", "trusted|procedural", "language"], "LANGUAGE", SERVER),
    (&["alter", "domain"], "ALTER DOMAIN", STATED),
    (&["alter", "system|database"], "ALTER SYSTEM", "give the setting to the store in the source"),
    (&["reset|discard", "all"], "RESET ALL", SESSION),
];

/// Names that are refused wherever they stand, also where they name a setting.
pub(super) const WORDS: &[(&str, &str)] =
    &[("row_security", ROWS), ("session_replication_role", ROWS), ("set_config", SESSION)];

/// The kinds of things that must not be created by hand, each with where it must not, and what to do instead.
pub(super) const CREATED: &[(&str, Where, &str)] = &[
    ("view", Where::Anywhere, VIEWS),
    ("table", Where::Anywhere, TABLES),
    (
        "operator",
        Where::Anywhere,
        "call the function itself: what an operator reads cannot be seen where it stands",
    ),
    ("cast", Where::Anywhere, "call the function itself: what a cast reads cannot be seen where it stands"),
    ("aggregate", Where::Anywhere, "what it reads cannot be seen where it stands; write it as a function"),
    (
        "domain",
        Where::Anywhere,
        "write `type NAME = …` in the source, which knows its checks: what those of a domain call cannot be seen \
         where a value becomes one",
    ),
    ("function", Where::InTexts, APART),
    ("procedure", Where::InTexts, APART),
    ("trigger", Where::InTexts, APART),
];

/// The kinds of things that a script must not drop: tables of others have no place next to those of the source.
pub(super) const DROPPED: &[&str] = &["table", "schema", "sequence", "type", "domain"];

/// Words that may stand in a call of `setval`, beside texts and numbers.
pub(super) const OF_SETVAL: &[&str] = &["regclass", "bigint", "int8", "true", "false"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Anywhere,
    /// In bodies, and in texts that could be executed.
    InTexts,
}

/// Words between `create` and what is created.
pub(super) const BESIDE: &[&str] = &[
    "or",
    "replace",
    "global",
    "local",
    "temp",
    "temporary",
    "unlogged",
    "recursive",
    "materialized",
    "constraint",
];

/// Languages of bodies that can be read here.
pub(super) const LANGUAGES: &[&str] = &["sql", "plpgsql"];

/// The compiler's own triggers.
pub(super) const TRIGGERS: &[&str] =
    &["aa_require_tenant", "zz_audit_delete", "zz_audit_insert", "zz_audit_update", "append_only"];
