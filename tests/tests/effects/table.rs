//! The smallest source in which each modifier and each clause matters. What stands in `⟦ ⟧` is left out to compare; `⟦a|b⟧`
//! is `a` with the line and `b` without it.

use super::{Effect, Effect::*};

/// The names of the tree for what a row is about, the source, and what comes of it.
pub type Row = (&'static [&'static str], &'static str, Effect);

/// Fields beside which modifiers stand, in PostgreSQL: the rest of a row is put into the schema `s`.
pub const POSTGRES: &[Row] = &[
    (&["ModifierKind::Key", "ClauseKind::Key"], "entity E { a: int⟦ key|⟧; b: int; ⟦|key (a, b)⟧ }", Changes),
    (&["ModifierKind::Unique"], "entity E { id: int key; a: int⟦ unique⟧ }", Changes),
    (
        &["ModifierKind::Immutable"],
        "entity E { id: int key; a: int⟦ immutable⟧ } service w { write s.E }",
        Changes,
    ),
    (&["ModifierKind::Inline"], "entity E { id: int key; a: { b: int }⟦ inline⟧ }", Changes),
    (&["ModifierKind::Optimistic"], "entity E { id: int key; a: int = 1⟦ optimistic⟧ }", Changes),
    (
        &["ModifierKind::SoftDelete"],
        "entity E { id: int key; a: timestamp?⟦ soft_delete⟧; index (a) }",
        Changes,
    ),
    (
        &["ModifierKind::Deferrable", "ModifierKind::Unchecked"],
        "entity E { id: int key; a: -> E?⟦ deferrable| unchecked⟧; index (a) }",
        Changes,
    ),
    (&["ModifierKind::Default"], "entity E { id: int key; a: int⟦ = 4⟧ }", Changes),
    (&["ModifierKind::Computed"], "entity E { id: int key; b: int; a: int⟦ computed (b + 1)⟧ }", Changes),
    (&["ModifierKind::Min"], "entity E { id: int key; a: int⟦ min 2⟧ }", Changes),
    (&["ModifierKind::Max"], "entity E { id: int key; a: int⟦ max 2⟧ }", Changes),
    (&["ModifierKind::Length"], "entity E { id: int key; a: text⟦ length 2..3⟧ }", Changes),
    (&["ModifierKind::Matches"], "entity E { id: int key; a: text⟦ matches \"^a$\"⟧ }", Changes),
    (&["ModifierKind::Check"], "entity E { id: int key; a: int⟦ check (a != 3)⟧ }", Changes),
    (
        &["ModifierKind::OnDelete"],
        "entity E { id: int key; a: -> E?⟦ on delete set null⟧; index (a) }",
        Changes,
    ),
    (
        &["ModifierKind::OnUpdate"],
        "entity E { id: int key; a: timestamp = now()⟦ on update now()⟧ }",
        Changes,
    ),
    (
        &["ModifierKind::Encrypted"],
        "entity E { id: uuid key = uuid_v7(); a: text(9)⟦ encrypted with k⟧ }",
        Changes,
    ),
    (
        &["ModifierKind::Pseudonymous"],
        "entity P { id: uuid key; subject } entity E { id: int key; a: -> P?⟦ pseudonymous with k⟧; index (a) }",
        Changes,
    ),
    (
        &["ModifierKind::AcceptLeak"],
        "entity E { id: uuid key = uuid_v7(); a: bool encrypted with k searchable⟦ accept_leak because \"few\"⟧ }",
        Without("E0833"),
    ),
    (
        &["ModifierKind::NotPersonal"],
        "entity P { id: uuid key; email: email #personal; phone: phone⟦ not personal because \"a shop's\"⟧; subject }",
        Without("W0885"),
    ),
    (
        &["ModifierKind::NotEncrypted"],
        "entity E { id: uuid key = uuid_v7(); a: text(9) #secret⟦ not encrypted because \"searched\"⟧ } policy p { rule r { for field where #secret in labels; apply encrypted with k } } use policy p",
        Changes,
    ),
    (
        &["ModifierKind::Of", "ClauseKind::PersonalOf"],
        "entity P { id: uuid key; email: email #personal; subject } entity E { id: int key; a: -> P?; b: -> P?; c: text(9)? #personal⟦ of a|⟧; ⟦|personal of a⟧; index (a); index (b) }",
        Same,
    ),
    (
        &["ModifierKind::Of", "ClauseKind::PersonalOf"],
        "entity P { id: uuid key; email: email #personal; subject } entity E { id: int key; a: -> P?; b: -> P?; c: text(9)? #personal⟦ of a⟧; index (a); index (b) }",
        Without("E0885"),
    ),
    (
        &["ModifierKind::Anonymized"],
        "entity P { id: uuid key; a: text(9) #personal⟦ anonymized as \"-\"⟧; d: timestamp?; subject; index (d); retain 1y after d then anonymize }",
        Changes,
    ),
    (
        &["ModifierKind::Was"],
        "entity E { id: uuid key = uuid_v7(); a: text(9) as \"a\"⟦ was old⟧ encrypted with k }",
        Changes,
    ),
    (&["ModifierKind::As"], "entity E { id: int key; a: int⟦ as \"other\"⟧ }", Changes),
    (
        &["ModifierKind::Label"],
        "entity E { id: int key; a: text(9)⟦ #secret⟧; audit (update) into L } audit log L { partition by month; retain 1y; chained }",
        Changes,
    ),
    (
        &["ModifierKind::Declassify"],
        "entity P { id: uuid key; a: int #personal; subject } view V materialized { sql \"select sum(a) as n from s.p\"; n: bigint?⟦ declassify #personal because \"a sum\"⟧ } service r { read s.V except #personal }",
        Changes,
    ),
    (
        &["ModifierKind::Weight"],
        "entity E { id: int key; a: text; b: text; index w (a⟦ weight 3⟧, b weight 2) using text }",
        Changes,
    ),
    (
        &[
            "ModifierKind::Analyzed",
            "ModifierKind::Tag",
            "ModifierKind::Dimension",
            "ModifierKind::Metric",
            "ModifierKind::Codec",
        ],
        "entity E in series { at: timestamp; g: text⟦ tag⟧; v: float metric; time (at) } store series: timescaledb 2 { database: \"t\" }",
        With("E0902"),
    ),
    (&["ClauseKind::Include"], "struct T { b: int } entity E { id: int key; a: int; ⟦include T⟧ }", Changes),
    (&["ClauseKind::Unique"], "entity E { id: int key; a: int?; unique (a)⟦ nulls not distinct⟧ }", Changes),
    (&["ClauseKind::Unique"], "entity E { id: int key; a: int?; unique (a)⟦ deferrable⟧ }", Changes),
    (&["ClauseKind::Unique"], "entity E { id: int key; a: int?; unique (a)⟦ where a > 3⟧ }", Changes),
    (
        &["ClauseKind::Ref"],
        "entity F { a: int; b: int; key (a, b) } entity E { id: int key; a: int; b: int; ⟦ref (a, b) -> F⟧; index (a, b) }",
        Changes,
    ),
    (&["ClauseKind::Check"], "entity E { id: int key; a: int; ⟦check c (a > id)⟧ }", Changes),
    (
        &["ClauseKind::NoOverlap"],
        "entity E { id: int key; a: timestamp; b: timestamp; no overlap ⟦[a, b]|[a, b)⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::NoOverlap"],
        "entity E { id: int key; a: timestamp; b: timestamp; no overlap [a, b)⟦ per (id)⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::NoOverlap"],
        "entity E { id: int key; a: timestamp; b: timestamp; no overlap [a, b)⟦ where id > 3⟧ }",
        Changes,
    ),
    (&["ClauseKind::Index"], "entity E { id: int key; a: int; b: int; index (a⟦ desc⟧, b) }", Changes),
    (&["ClauseKind::Index"], "entity E { id: int key; a: int?; index (a⟦ nulls first⟧) }", Changes),
    (&["ClauseKind::Index"], "entity E { id: int key; a: int; b: int; index (a)⟦ include (b)⟧ }", Changes),
    (&["ClauseKind::Index"], "entity E { id: int key; a: int; index (a)⟦ where a > 3⟧ }", Changes),
    (&["ClauseKind::Index"], "entity E { id: int key; a: int; index (a)⟦ using hash⟧ }", Changes),
    (
        &["ClauseKind::Index"],
        "entity E { id: int key; a: int; index (a)⟦ with { fillfactor: 80 }⟧ }",
        Changes,
    ),
    (&["ClauseKind::Index"], "entity E { id: int key; a: int; index (a)⟦ as \"ix\"⟧ }", Changes),
    (
        &["ClauseKind::Index"],
        "entity E { id: int key; a: text; index (a) using text⟦ language \"french\"⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Index"],
        "entity E { id: int key; a: int } view V materialized { sql \"select a, count(*) as n from s.e group by a\"; a: int; n: bigint; ⟦index (n)⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::PartitionBy"],
        "entity E { id: int; at: timestamp; key (id, at); ⟦partition by month (at)⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::PartitionBy"],
        "entity E { id: int; at: timestamp; key (id, at); partition by month (at)⟦ ahead 5⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::PartitionBy"],
        "entity E { id: int; at: timestamp; key (id, at); partition by month (at)⟦ default⟧ }",
        Changes,
    ),
    (&["ClauseKind::PartitionBy"], "entity E { id: int key; partition by hash (id) into ⟦3|4⟧ }", Changes),
    (&["ClauseKind::Subject"], "entity P { id: uuid key; email: email? #personal; ⟦subject⟧ }", Changes),
    (
        &["ClauseKind::Retain"],
        "entity E { id: int key; at: timestamp; index (at); ⟦retain 1y after at⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Retain"],
        "entity P { id: uuid key; email: email? #personal; at: timestamp; index (at); subject; retain 1y after at⟦ then anonymize⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Audit"],
        "entity E { id: int key; ⟦audit (update) into L⟧ } audit log L { partition by month; retain 1y }",
        Changes,
    ),
    (
        &["ClauseKind::Audit"],
        "entity E { id: int key; audit (⟦insert, ⟧update) into L } audit log L { partition by month; retain 1y }",
        Changes,
    ),
    (
        &["ClauseKind::Chained"],
        "entity E { id: int key; audit (update) into L } audit log L { partition by month; retain 1y; ⟦chained⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Chained"],
        "entity E { id: int key; audit (update) into L } audit log L { partition by month; retain 1y; chained⟦ strictly⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::SealEvery"],
        "entity E { id: int key; audit (update) into L } audit log L { partition by month; retain 1y; chained; ⟦seal every 30s⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::KeepPayloads"],
        "entity P { id: uuid key; email: email? #personal; subject; audit (update) into L } audit log L { partition by month; retain 10y; chained; ⟦keep payloads 5y because \"law\"⟧ }",
        Changes,
    ),
    (&["ClauseKind::AppendOnly"], "entity E { id: int key; ⟦append only⟧ }", Changes),
    (
        &["ClauseKind::Publish"],
        "entity E { id: int key; ⟦publish (insert) to cache.C⟧ } store cache: redis 7 {} channel C in cache { pattern \"c\"; value int }",
        Changes,
    ),
    (&["ClauseKind::With"], "entity E { id: int key; ⟦with { fillfactor: 80 }⟧ }", Changes),
    (
        &["ClauseKind::Sql"],
        "entity E { id: int key } view V { sql \"select id from s.e⟦ where id > 3⟧\"; id: int }",
        Changes,
    ),
    (&["ClauseKind::Removed"], "entity E { id: int key; ⟦removed a because \"gone\"⟧ }", With("E0901")),
    (
        &["ClauseKind::OrderBy", "ClauseKind::CompressAfter", "ClauseKind::Rollup", "ClauseKind::Time"],
        "entity E in series { at: timestamp; v: float metric; time (at); ⟦order by (at)⟧ } store series: timescaledb 2 { database: \"t\" }",
        With("E0902"),
    ),
    (
        &["ClauseKind::Take", "ClauseKind::RefreshEvery"],
        "entity E { id: int key; a: int } ⟦entity F from s.E { take a; refresh every 1h }⟧",
        With("E0901"),
    ),
    (&["ClauseKind::Grant"], "entity E { id: int key; a: int } service r { read s.E⟦ (id)⟧ }", Changes),
    (&["ClauseKind::Grant"], "entity E { id: int key; a: int } service r { read s.E⟦ except (a)⟧ }", Changes),
    (
        &["ClauseKind::Grant"],
        "entity E { id: int key; a: int #secret } service r { read s.E⟦ except #secret⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::AcrossTenants"],
        "entity E { id: int key; a: int } service r { read s.E; ⟦across tenants⟧ } tenancy by tenant_id: uuid tier standard { isolation: row }",
        Changes,
    ),
    (
        &["ClauseKind::Purpose"],
        "entity P { id: uuid key; email: email #personal; subject; purpose b } purpose b basis contract service r { read s.P; ⟦purpose b⟧ }",
        Without("E0865"),
    ),
    (
        &["ClauseKind::Recipient"],
        "entity P { id: uuid key; email: email #personal; subject } service r { read s.P; ⟦recipient \"A\"⟧ }",
        Record,
    ),
    (
        &["ClauseKind::InEnvironment"],
        "entity E { id: int key } store other: postgres 15 { database: \"o\"; ⟦in prod { settings: { work_mem: 64MiB } }⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Alert"],
        "entity E { id: int key } store other: postgres 15 { database: \"o\"; ⟦alert connections > 80% for 5m severity critical⟧ }",
        Monitoring,
    ),
    (
        &["ClauseKind::StoreSettings"],
        "entity E { id: int key } tenancy by tenant_id: uuid tier big { isolation: database; ⟦store main { settings: { work_mem: 64MiB } }⟧ } tenant acme: big { id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }",
        Changes,
    ),
    (
        &["ClauseKind::Accept"],
        "entity E { id: int key } store cache: redis 7 {} keyspace K in cache { pattern \"k\"; value text; ttl 1h } tenancy by tenant_id: uuid tier standard { isolation: row; ⟦accept client_enforced because \"one library\"⟧ }",
        Without("E0829"),
    ),
    (
        &[
            "ClauseKind::Parameter",
            "ClauseKind::Rule",
            "ClauseKind::For",
            "ClauseKind::Require",
            "ClauseKind::Help",
        ],
        "entity E { id: int key } policy p { parameter n: int = 1; rule r { for entity where store.engine = postgres; require ⟦1 > n|2 > n⟧; help \"no\" } } use policy p",
        With("E0805"),
    ),
    (
        &["ClauseKind::Forbid", "ClauseKind::Severity"],
        "entity E { id: int key } policy p { rule r { for entity where store.engine = postgres; forbid name = \"E\"; ⟦severity warning⟧ } } use policy p",
        Without("E0805"),
    ),
    (
        &["ClauseKind::Apply"],
        "entity E { id: uuid key = uuid_v7(); a: text(9) #secret } policy p { rule r { for field where #secret in labels; ⟦apply encrypted with k|require store.engine = postgres⟧ } } use policy p",
        Changes,
    ),
    (
        &["ClauseKind::ApplyClause"],
        "entity E { id: int key } audit log L { partition by month; retain 1y } policy p { rule r { for entity where name = \"E\"; ⟦apply audit (update)|require store.engine = postgres⟧ } } use policy p",
        Changes,
    ),
];

/// Clauses of MongoDB, whose store is `mongo`.
pub const MONGODB: &[Row] = &[
    (&["ClauseKind::ShardBy"], "entity E in mongo { id: uuid key; ⟦shard by (id)⟧ }", Changes),
    (&["ClauseKind::Index"], "entity E in mongo { id: uuid key; a: int; ⟦index (a)⟧ }", Changes),
    (&["ClauseKind::Check"], "entity E in mongo { id: uuid key; a: int; ⟦check c (a > 3)⟧ }", Changes),
    (
        &["ClauseKind::Retain"],
        "entity E in mongo { id: uuid key; a: timestamp; ⟦retain 1y after a⟧ }",
        Changes,
    ),
    (&["ModifierKind::Min"], "entity E in mongo { id: uuid key; a: int⟦ min 3⟧ }", Changes),
    (&["ModifierKind::As"], "entity E in mongo { id: uuid key; a: int⟦ as \"b\"⟧ }", Changes),
];

/// Clauses of Redis, whose store is `cache`.
pub const REDIS: &[Row] = &[
    (
        &["ClauseKind::Pattern"],
        "keyspace K in cache { pattern \"k⟦k⟧:{a: int}\"; value text; ttl 1h }",
        Changes,
    ),
    (
        &["ClauseKind::Value"],
        "keyspace K in cache { pattern \"k\"; value ⟦text|hash { a: int }⟧; ttl 1h }",
        Changes,
    ),
    (&["ClauseKind::Ttl"], "keyspace K in cache { pattern \"k\"; value text; ⟦ttl 1h⟧ }", Changes),
    (&["ClauseKind::Limit"], "keyspace K in cache { pattern \"k\"; limit 5 per 1m⟦ sliding⟧ }", Changes),
    (
        &["ClauseKind::MaxLength"],
        "keyspace K in cache { pattern \"k\"; value list of text; ⟦max_length 9⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Database"],
        "keyspace K in cache { pattern \"k\"; value text; ttl 1h; ⟦database 3⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::TogetherBy"],
        "keyspace K in cache { pattern \"k:{a: int}\"; value text; ttl 1h; ⟦together by (a)⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::Groups"],
        "keyspace K in cache { pattern \"k\"; value stream { a: int }; ⟦groups [g]⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::DeadLetter"],
        "keyspace K in cache { pattern \"k\"; value stream { a: int }; groups [g]; ⟦dead_letter⟧ }",
        Changes,
    ),
    (
        &["ClauseKind::OnWrite"],
        "entity E in main { id: int key; a: int } keyspace K in cache from main.E { pattern \"k:{id}\"; ttl 1h; ⟦on write invalidate⟧ } service w { write main.E }",
        Changes,
    ),
    (
        &["ClauseKind::OnWrite"],
        "entity E in main { id: int key; a: int } keyspace K in cache from main.E { pattern \"k:{id}\"; ttl 1h; ⟦on write update⟧ }",
        Declared,
    ),
    (
        &["ClauseKind::RefreshAt"],
        "entity E in main { id: int key; a: int } keyspace K in cache from main.E { pattern \"k:{id}\"; ttl 1h; ⟦refresh at 80%⟧ }",
        Declared,
    ),
    (
        &["ClauseKind::Local"],
        "entity E in main { id: int key; a: int } keyspace K in cache from main.E { pattern \"k:{id}\"; ttl 1h; ⟦local 5m⟧ }",
        Declared,
    ),
];
