//! What settings exist, and of which type: the data behind "unknown setting, did you mean …" and behind the
//! reference's tables.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    pub name: &'static str,
    pub kind: Kind,
    /// One sentence for the reference.
    pub docs: &'static str,
}

/// What a setting may hold.
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

/// What an alert may watch.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    /// What the threshold must be; `None` for `alert down`.
    pub threshold: Option<Kind>,
    /// The measurement in PromQL, in the threshold's unit (percent from 0 to 100, seconds, bytes); `$store` stands
    /// for the store's name, which the exporters carry as the label `store`.
    pub promql: &'static str,
    pub docs: &'static str,
}

/// The settings that every store may have.
pub const COMMON: &[Spec] = &[
    Spec { name: "database", kind: Kind::Text, docs: "The database's name on the server." },
    Spec {
        name: "managed_by",
        kind: Kind::Tagged(&[
            (
                "terraform",
                &[Spec {
                    name: "variable",
                    kind: Kind::Text,
                    docs: "The variable that takes this store's settings.",
                }],
            ),
            (
                "helm",
                &[
                    Spec {
                        name: "chart",
                        kind: Kind::Text,
                        docs: "The public chart, such as `bitnami/mongodb`.",
                    },
                    Spec { name: "namespace", kind: Kind::Text, docs: "The namespace it is installed in." },
                ],
            ),
            ("aws_rds", &[]),
            ("aws_elasticache", &[]),
            ("operator", &[]),
            ("manual", &[]),
        ]),
        docs: "Who runs the server.",
    },
    Spec {
        name: "url",
        kind: Kind::Secret,
        docs: "Where the connection's address and password live; never what they are.",
    },
    Spec { name: "replicas", kind: Kind::Integer(0, 100), docs: "Copies of the server beside the first." },
    Spec { name: "region", kind: Kind::Text, docs: "Where the server stands, such as `eu-west-1`." },
    Spec { name: "storage", kind: Kind::Size, docs: "The size of its disk." },
    Spec {
        name: "resources",
        kind: Kind::Record(&[
            Spec { name: "cpu", kind: Kind::Number, docs: "Processor cores." },
            Spec { name: "memory", kind: Kind::Size, docs: "Main memory." },
        ]),
        docs: "What one server may use.",
    },
    Spec {
        name: "backup",
        kind: Kind::Record(&[
            Spec { name: "every", kind: Kind::Duration, docs: "How often one is made." },
            Spec { name: "retain", kind: Kind::Duration, docs: "How long each is kept." },
            Spec { name: "point_in_time", kind: Kind::Bool, docs: "Whether any moment can be restored." },
            Spec { name: "isolated", kind: Kind::Bool, docs: "Whether each tenant has backups of its own." },
        ]),
        docs: "Backups.",
    },
    Spec {
        name: "load_balancing",
        kind: Kind::Record(&[
            Spec {
                name: "strategy",
                kind: Kind::Word(&[
                    "round_robin",
                    "least_connections",
                    "weighted_round_robin",
                    "response_time_weighted",
                ]),
                docs: "How a server is chosen.",
            },
            Spec {
                name: "health_check",
                kind: Kind::Record(&[
                    Spec { name: "interval", kind: Kind::Duration, docs: "Time between two checks." },
                    Spec { name: "timeout", kind: Kind::Duration, docs: "When a check has failed." },
                    Spec {
                        name: "retries",
                        kind: Kind::Integer(0, 100),
                        docs: "Failures before a server is left out.",
                    },
                    Spec { name: "deep", kind: Kind::Bool, docs: "Whether a check runs a query." },
                ]),
                docs: "How a dead server is noticed.",
            },
            Spec {
                name: "failover",
                kind: Kind::Record(&[
                    Spec {
                        name: "automatic",
                        kind: Kind::Bool,
                        docs: "Whether a replica takes over by itself.",
                    },
                    Spec {
                        name: "detection",
                        kind: Kind::Duration,
                        docs: "Time until a failure is noticed.",
                    },
                    Spec { name: "recovery", kind: Kind::Duration, docs: "Time until the replica serves." },
                ]),
                docs: "What happens when the first server dies.",
            },
        ]),
        docs: "How clients are spread over the servers.",
    },
    Spec {
        name: "encryption",
        kind: Kind::Record(&[
            Spec {
                name: "at_rest",
                kind: Kind::Word(&["aes_256_gcm", "aes_256_xts", "none"]),
                docs: "How the server's disk is encrypted.",
            },
            Spec {
                name: "in_transit",
                kind: Kind::Word(&["tls_1_2", "tls_1_3", "none"]),
                docs: "The oldest TLS that connections may use.",
            },
        ]),
        docs: "Encryption by the server and the network.",
    },
    Spec {
        name: "monitoring",
        kind: Kind::Record(&[
            Spec { name: "metrics", kind: Kind::List(&Kind::AnyWord), docs: "What is collected." },
            Spec { name: "dashboard", kind: Kind::Bool, docs: "Whether a dashboard is written." },
        ]),
        docs: "What is watched.",
    },
    Spec {
        name: "annotations",
        kind: Kind::Anything,
        docs: "Carried along as it is: declared, not enforced.",
    },
];

/// What a kind is, for messages: "a duration, such as `30s`".
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
