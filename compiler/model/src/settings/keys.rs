//! The settings of encryption keys.

use super::catalogue::{Kind, Spec};
use super::levels::Levels;

/// Where a key may be kept, and what names it there.
pub const PROVIDERS: &[(&str, &[&str])] = &[
    ("vault", &["transit/NAME"]),
    ("aws_kms", &["alias/NAME"]),
    ("kubernetes_secret", &["SECRET", "KEY"]),
    ("file", &["PATH"]),
];

/// The settings of an `encryption key`.
pub const KEY: &[Spec] = &[
    Spec {
        name: "algorithm",
        kind: Kind::Word(&["aes_256_gcm", "chacha20_poly1305"]),
        levels: Levels::KEY,
        is_structural: false,
        docs: "What it encrypts with; `aes_256_gcm` where nothing is said.",
    },
    Spec {
        name: "rotate",
        kind: Kind::Duration,
        levels: Levels::KEY.and(Levels::ENVIRONMENT),
        is_structural: false,
        docs: "When a new version encrypts what is written from then on. Older ones still open what they sealed. The key of a blind index never rotates with it.",
    },
    Spec {
        name: "scope",
        kind: Kind::Word(&["platform", "tenant", "subject"]),
        levels: Levels::KEY,
        is_structural: false,
        docs: "Whether there is one, one for each tenant, or one for each person; `platform` where nothing is said. A blind index has a key for each tenant and field in any case.",
    },
    Spec {
        name: "provider",
        kind: Kind::Tagged(&[("vault", &[]), ("aws_kms", &[]), ("kubernetes_secret", &[]), ("file", &[])]),
        levels: Levels::KEY.and(Levels::ENVIRONMENT),
        is_structural: false,
        docs: "Where it is kept: `vault(\"transit/pii\")`, `aws_kms(\"alias/pii\")`, `kubernetes_secret(\"pii\", \"key\")`, or `file(\"pii.key\")`, which no environment listed under `production` may use. The root of the blind indexes stands beside it under the same name with `-index` behind it.",
    },
];
