//! The settings that exist, and their types: the data behind "unknown setting, did you mean …" and behind the
//! reference's tables.

use super::levels::Levels;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub name: &'static str,
    pub kind: Kind,
    /// Where it has its effect; anywhere else it is an error.
    pub levels: Levels,
    /// Whether it changes what a store's catalog holds, so that a store that runs has to be migrated. Any other setting is
    /// a parameter of the server, of its surroundings or of a file.
    pub is_structural: bool,
    /// One sentence for the reference.
    pub docs: &'static str,
}

/// The kind of value that a setting may hold.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Bool,
    /// A whole number between the two, both included.
    Integer(i64, i64),
    /// A whole or a decimal number.
    Number,
    Text,
    Duration,
    Size,
    Percent,
    Rate,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any word (or text): a name in a list that is not ours.
    AnyWord,
    /// A list, each element of this kind.
    List(&'static Kind),
    /// A record of these settings.
    Record(&'static [Spec]),
    /// A record with any names, each value of this kind.
    Map(&'static Kind),
    /// A word of these, each with a record of its own that may be left out: `pgbouncer { mode: transaction }`.
    Tagged(&'static [(&'static str, &'static [Spec])]),
    /// `secret("…", "…")` or `env("…")`; a literal would be a secret in the source.
    Secret,
    /// The first of these that fits.
    OneOf(&'static [Kind]),
    /// Anything, carried along: `annotations`.
    Anything,
}

/// A measurement that an alert may watch.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    /// The kind of value that the threshold must be; `None` for `alert down`.
    pub threshold: Option<Kind>,
    /// The measurement in PromQL, in the threshold's unit (percent from 0 to 100, seconds, bytes); `$store` stands
    /// for the store's name, which the exporters carry as the label `store`.
    pub promql: &'static str,
    pub docs: &'static str,
}

/// The settings of a platform itself; it may also have those of every store.
pub const PLATFORM: &[Spec] = &[
    Spec {
        name: "environments",
        kind: Kind::List(&Kind::AnyWord),
        levels: Levels::PLATFORM,
        is_structural: false,
        docs: "What `in ENVIRONMENT` can name.",
    },
    Spec {
        name: "production",
        kind: Kind::List(&Kind::AnyWord),
        levels: Levels::PLATFORM,
        is_structural: false,
        docs: "Those of them in which real people's data is.",
    },
];

/// The settings that every store may have.
pub const COMMON: &[Spec] = &[
    Spec {
        name: "managed_by",
        kind: Kind::Tagged(&[
            (
                "terraform",
                &[Spec {
                    name: "variable",
                    kind: Kind::Text,
                    levels: OF_ONE_STORE,
                    is_structural: false,
                    docs: "The variable that takes this store's settings.",
                }],
            ),
            (
                "helm",
                &[
                    Spec {
                        name: "chart",
                        kind: Kind::Text,
                        levels: OF_ONE_STORE,
                        is_structural: false,
                        docs: "The public chart, such as `bitnami/mongodb`.",
                    },
                    Spec {
                        name: "namespace",
                        kind: Kind::Text,
                        levels: OF_STORES,
                        is_structural: false,
                        docs: "The namespace it is installed in.",
                    },
                ],
            ),
            ("aws_rds", &[]),
            ("aws_elasticache", &[]),
            ("operator", &[]),
            ("manual", &[]),
        ]),
        levels: OF_STORES,
        is_structural: false,
        docs: "Who runs the server.",
    },
    server("url", Kind::Secret, "Where the connection's address and password live; never what they are."),
    Spec {
        is_structural: true,
        ..server("replicas", Kind::Integer(0, 100), "Copies of the server beside the first.")
    },
    server("region", Kind::Text, "Where the server stands, such as `eu-west-1`."),
    server("storage", Kind::Size, "The size of its disk."),
    server(
        "resources",
        Kind::Record(&[
            server("cpu", Kind::Number, "Processor cores."),
            server("memory", Kind::Size, "Main memory."),
        ]),
        "What one server may use.",
    ),
    server(
        "backup",
        Kind::Record(&[
            server("every", Kind::Duration, "How often one is made."),
            server("retain", Kind::Duration, "How long each is kept."),
            server("point_in_time", Kind::Bool, "Whether any moment can be restored."),
            server("isolated", Kind::Bool, "Whether each tenant has backups of its own."),
        ]),
        "Backups.",
    ),
    server("load_balancing", Kind::Record(LOAD_BALANCING), "How clients are spread over the servers."),
    server(
        "encryption",
        Kind::Record(&[
            server(
                "at_rest",
                Kind::Word(&["aes_256_gcm", "aes_256_xts", "none"]),
                "How the server's disk is encrypted.",
            ),
            Spec {
                is_structural: true,
                ..server(
                    "in_transit",
                    Kind::Word(&["tls_1_2", "tls_1_3", "none"]),
                    "The oldest TLS that connections may use.",
                )
            },
        ]),
        "Encryption by the server and the network.",
    ),
    server(
        "monitoring",
        Kind::Record(&[
            server("metrics", Kind::List(&Kind::AnyWord), "What is collected."),
            Spec {
                name: "dashboard",
                kind: Kind::Bool,
                levels: Levels::PLATFORM.and(Levels::STORE),
                is_structural: false,
                docs: "Whether a dashboard is written, which shows all environments.",
            },
        ]),
        "What is watched.",
    ),
    ANNOTATIONS,
];

pub const ANNOTATIONS: Spec = Spec {
    name: "annotations",
    kind: Kind::Anything,
    levels: OF_STORES.and(Levels::TIER).and(Levels::TENANT),
    is_structural: false,
    docs: "Carried along as it is: declared, not enforced.",
};

const LOAD_BALANCING: &[Spec] = &[
    server(
        "strategy",
        Kind::Word(&["round_robin", "least_connections", "weighted_round_robin", "response_time_weighted"]),
        "How a server is chosen.",
    ),
    server(
        "health_check",
        Kind::Record(&[
            server("interval", Kind::Duration, "Time between two checks."),
            server("timeout", Kind::Duration, "When a check has failed."),
            server("retries", Kind::Integer(0, 100), "Failures before a server is left out."),
            server("deep", Kind::Bool, "Whether a check runs a query."),
        ]),
        "How a dead server is noticed.",
    ),
    server(
        "failover",
        Kind::Record(&[
            server("automatic", Kind::Bool, "Whether a replica takes over by itself."),
            server("detection", Kind::Duration, "Time until a failure is noticed."),
            server("recovery", Kind::Duration, "Time until the replica serves."),
        ]),
        "What happens when the first server dies.",
    ),
];

const OF_ONE_STORE: Levels = Levels::STORE.and(Levels::ENVIRONMENT);

const OF_STORES: Levels = OF_ONE_STORE.and(Levels::PLATFORM);

/// A setting that describes a server, and so also the server of a tenant with one of its own.
const fn server(name: &'static str, kind: Kind, docs: &'static str) -> Spec {
    Spec { name, kind, levels: OF_STORES.and(Levels::DATABASES), is_structural: false, docs }
}

/// The words for a kind in messages: "a duration".
#[must_use]
pub fn describe(kind: Kind) -> String {
    match kind {
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Integer(low, high) => match (low, high) {
            (i64::MIN, i64::MAX) => "a whole number".to_owned(),
            (low, i64::MAX) => format!("a whole number from {low}"),
            (low, high) => format!("a whole number from {low} to {high}"),
        },
        Kind::Number => "a number".to_owned(),
        Kind::Text => "a text".to_owned(),
        Kind::Duration => "a duration".to_owned(),
        Kind::Size => "a size".to_owned(),
        Kind::Percent => "a percentage".to_owned(),
        Kind::Rate => "a rate".to_owned(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::AnyWord => "a word".to_owned(),
        Kind::List(element) => format!("a list, each element {}", describe(*element)),
        Kind::Record(_) | Kind::Map(_) => "a record".to_owned(),
        Kind::Tagged(tags) => {
            format!("one of {}", tags.iter().map(|(tag, _)| *tag).collect::<Vec<_>>().join(", "))
        }
        Kind::Secret => "where a secret lives".to_owned(),
        Kind::OneOf(kinds) => kinds.iter().map(|k| describe(*k)).collect::<Vec<_>>().join(", or "),
        Kind::Anything => "anything".to_owned(),
    }
}

/// A value of a kind, as the source writes it.
#[must_use]
pub fn example(kind: Kind) -> String {
    match kind {
        Kind::Bool => "true".to_owned(),
        Kind::Integer(low, high) => if (low..=high).contains(&2) { 2 } else { low }.to_string(),
        Kind::Number => "1.5".to_owned(),
        Kind::Text => "\"text\"".to_owned(),
        Kind::Duration => "30s".to_owned(),
        Kind::Size => "2GiB".to_owned(),
        Kind::Percent => "80%".to_owned(),
        Kind::Rate => "100 per 1m".to_owned(),
        Kind::Word(words) => words.first().copied().unwrap_or("word").to_owned(),
        Kind::AnyWord => "word".to_owned(),
        Kind::List(element) => format!("[{}]", example(*element)),
        Kind::Record(specs) => match specs.first() {
            Some(spec) => format!("{{ {}: {} }}", spec.name, example(spec.kind)),
            None => "{}".to_owned(),
        },
        Kind::Map(element) => format!("{{ name: {} }}", example(*element)),
        Kind::Tagged(tags) => tags.first().map_or("word", |(tag, _)| tag).to_owned(),
        Kind::Secret => "secret(\"SECRET\", \"KEY\")".to_owned(),
        Kind::OneOf(kinds) => kinds.first().map_or_else(|| "null".to_owned(), |k| example(*k)),
        Kind::Anything => "{}".to_owned(),
    }
}
