//! The facts that a policy's rules may speak of: what each is called, its type, and what has it. The page
//! `docs/facts.md` is written from this table; `govern/values.rs` knows how each is found out.

/// The kind of thing that the `for` of a rule selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    Platform,
    Store,
    Schema,
    Entity,
    Field,
    Index,
    Keyspace,
    Channel,
    View,
    Tier,
    Tenant,
    Service,
    EncryptionKey,
}

use Subject as S;

impl Subject {
    pub const ALL: &[Subject] = &[
        S::Platform,
        S::Store,
        S::Schema,
        S::Entity,
        S::Field,
        S::Index,
        S::Keyspace,
        S::Channel,
        S::View,
        S::Tier,
        S::Tenant,
        S::Service,
        S::EncryptionKey,
    ];

    /// As the source writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            S::Platform => "platform",
            S::Store => "store",
            S::Schema => "schema",
            S::Entity => "entity",
            S::Field => "field",
            S::Index => "index",
            S::Keyspace => "keyspace",
            S::Channel => "channel",
            S::View => "view",
            S::Tier => "tier",
            S::Tenant => "tenant",
            S::Service => "service",
            S::EncryptionKey => "encryption_key",
        }
    }

    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|subject| subject.name() == name)
    }

    /// The kinds of thing that a predicate may look at besides its own subject: those that the subject stands in,
    /// innermost first.
    #[must_use]
    pub fn around(self) -> &'static [Subject] {
        match self {
            S::Field | S::Index => &[S::Entity, S::Schema, S::Store, S::Platform],
            S::Entity | S::View => &[S::Schema, S::Store, S::Platform],
            S::Schema | S::Keyspace | S::Channel => &[S::Store, S::Platform],
            S::Tenant => &[S::Tier, S::Platform],
            S::Platform => &[],
            S::Store | S::Tier | S::Service | S::EncryptionKey => &[S::Platform],
        }
    }

    /// The facts that it has, in the order of the table.
    pub fn facts(self) -> impl Iterator<Item = &'static Spec> {
        FACTS.iter().filter(move |spec| spec.of.contains(&self))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FactType {
    Bool,
    Text,
    Number,
    Duration,
    Label,
    Labels,
    /// The name of an encryption key; only parameters are of this type.
    Key,
}

impl FactType {
    /// For messages: "a text".
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            FactType::Bool => "a condition",
            FactType::Text => "a text",
            FactType::Number => "a number",
            FactType::Duration => "a duration",
            FactType::Label => "a label",
            FactType::Labels => "a set of labels",
            FactType::Key => "an encryption key",
        }
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Spec {
    pub fact: Fact,
    pub name: &'static str,
    pub ty: FactType,
    /// The subjects that have it.
    pub of: &'static [Subject],
    /// One sentence for the reference.
    pub docs: &'static str,
}

macro_rules! facts {
    ($($fact:ident $name:literal $ty:ident $of:expr, $docs:literal;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Fact { $($fact),* }

        /// Every fact, in the order of the reference.
        pub const FACTS: &[Spec] = &[
            $(Spec { fact: Fact::$fact, name: $name, ty: FactType::$ty, of: $of, docs: $docs }),*
        ];
    };
}

facts! {
    Name "name" Text S::ALL, "Its name in the source.";
    FieldNames "field_names" Text &[S::Entity, S::Keyspace, S::Channel, S::View], "The names of all its fields, those of records in it included, each between two blanks: ` id email `.";
    Labels "labels" Labels &[S::Entity, S::Field, S::Index, S::Keyspace, S::Channel, S::View, S::Store], "Every label it carries, written or flowed in, parents included; of an entity, a keyspace, a channel, a view or a store all that are in it.";
    Type "type" Text &[S::Field], "The scalar that it is stored as, such as `text`; `enum`, `record`, `list`, `map` and `reference` for the others.";
    Optional "optional" Bool &[S::Field], "Whether it may be absent.";
    Unique "unique" Bool &[S::Field, S::Index], "Whether it is unique, alone or together with others.";
    Indexed "indexed" Bool &[S::Field], "Whether an index or a unique constraint has it as a column.";
    RangeIndexed "range_indexed" Bool &[S::Field], "Whether something is written that ciphertext cannot do: an index but a unique one on it alone, an order, a check, a default, a partition or shard key, a computed field.";
    Key "key" Bool &[S::Field], "Whether it belongs to the entity's key.";
    Reference "reference" Bool &[S::Field], "Whether it refers to an entity.";
    Immutable "immutable" Bool &[S::Field], "Whether it never changes once written.";
    Computed "computed" Bool &[S::Field], "Whether it is computed from others.";
    Encrypted "encrypted" Bool &[S::Field], "Whether it is stored as ciphertext; a record also where everything in it that carries a label is.";
    Searchable "searchable" Bool &[S::Field], "Whether a blind index finds it by equality.";
    Pseudonymous "pseudonymous" Bool &[S::Field], "Whether it is a reference that is stored as a keyed hash.";
    Exempt "exempt" Bool &[S::Field], "Whether the source says `not encrypted because …`; of a record also where it says so, or `encrypted`, of everything in it that carries a label.";
    Method "method" Text &[S::Index], "Its method, such as `btree`.";
    Subject "subject" Bool &[S::Entity], "Whether it is the person whom personal data is about.";
    ReachesSubject "reaches_subject" Bool &[S::Entity, S::Keyspace], "Whether references (or a parameter of its pattern) lead from it to the subject.";
    RetentionMin "retention_min" Duration &[S::Entity], "How long a row is kept at least: what `retain` says, or what takes the row along before, by `on delete cascade`.";
    RetentionMax "retention_max" Duration &[S::Entity], "How long a row can live: what `retain` says, the width of a partition and the job's period, or less where it always goes with another row, by `on delete cascade`; for ever without either.";
    RetentionBounded "retention_bounded" Bool &[S::Entity], "Whether the moment always comes from which `retain` counts, its own or that of a row which takes it along.";
    EndsWithSubject "ends_with_subject" Bool &[S::Entity], "Whether it is the subject, or always goes with it, by `on delete cascade`; not where the subject's own rows are anonymized and stay.";
    Erased "erased" Bool &[S::Entity], "Whether its rows are deleted when a person is erased.";
    Audited "audited" Bool &[S::Entity], "Whether inserts, updates and deletes all leave a trail.";
    AuditRetain "audit_retain" Duration &[S::Entity], "How long its trail is kept; for ever without `retain` in the audit log.";
    AppendOnly "append_only" Bool &[S::Entity], "Whether rows are never changed.";
    Partitioned "partitioned" Bool &[S::Entity], "Whether it is partitioned.";
    TenantScoped "tenant_scoped" Bool &[S::Entity, S::Keyspace, S::Channel, S::View], "Whether each tenant has its own.";
    Ttl "ttl" Duration &[S::Keyspace], "How long at most what is written to a key stays in it: its `ttl`, of a limiter its window. For ever without one, and in a set, a ranking or a filter, of which each write keeps the whole.";
    Cached "cached" Bool &[S::Keyspace], "Whether it copies an entity.";
    Materialized "materialized" Bool &[S::View], "Whether its rows are stored.";
    Refresh "refresh" Duration &[S::View], "How old its stored rows can be: what `refresh every` says, for ever where nobody says it; nothing where no rows are stored.";
    Engine "engine" Text &[S::Store], "Its engine, such as `postgres`.";
    Version "version" Number &[S::Store], "Its major version.";
    Region "region" Text &[S::Store, S::Tenant], "Where it stands.";
    Replicas "replicas" Number &[S::Store], "Copies of the server beside the first.";
    CanEncrypt "can_encrypt" Bool &[S::Store], "Whether fields in it can be encrypted by the client.";
    EncryptionAtRest "encryption_at_rest" Text &[S::Store], "The setting `encryption.at_rest`; `none` where nothing is said.";
    EncryptionInTransit "encryption_in_transit" Text &[S::Store], "The setting `encryption.in_transit`; `none` where nothing is said.";
    BackupEvery "backup_every" Duration &[S::Store], "How often a backup is made.";
    BackupRetain "backup_retain" Duration &[S::Store], "How long a backup is kept.";
    Isolation "isolation" Text &[S::Tier, S::Tenant], "`row`, `schema` or `database`.";
    IsolationEnforced "isolation_enforced" Bool &[S::Store, S::Tier, S::Tenant], "Whether the engines themselves keep tenants apart.";
    AcrossTenants "across_tenants" Bool &[S::Service], "Whether it works on all tenants at once.";
    Reads "reads" Labels &[S::Service], "The labels of what it may read.";
    Writes "writes" Labels &[S::Service], "The labels of what it may insert, change or delete.";
    Deletes "deletes" Labels &[S::Service], "The labels of what it may delete.";
    WritesAudit "writes_audit" Bool &[S::Service], "Whether it may write an audit log by itself.";
    ReadsAudit "reads_audit" Bool &[S::Service], "Whether it may read an audit log.";
    UnusedPrivileges "unused_privileges" Number &[S::Service], "Privileges that another line of it gives already.";
    Algorithm "algorithm" Text &[S::EncryptionKey], "Its algorithm; `aes_256_gcm` where nothing is said.";
    Rotate "rotate" Duration &[S::EncryptionKey], "How often new data gets a new version; for ever without `rotate`.";
    Scope "scope" Text &[S::EncryptionKey], "`platform`, `tenant` or `subject`.";
    Provider "provider" Text &[S::EncryptionKey], "Who keeps it, such as `vault`.";
}

impl Fact {
    #[must_use]
    pub fn spec(self) -> &'static Spec {
        // The table is in the order of the variants.
        &FACTS[self as usize]
    }

    /// Whether its value may differ between environments, and between tiers and tenants.
    #[must_use]
    pub fn depends_on_environment(self) -> bool {
        matches!(
            self,
            Fact::Region
                | Fact::Replicas
                | Fact::EncryptionAtRest
                | Fact::EncryptionInTransit
                | Fact::BackupEvery
                | Fact::BackupRetain
                | Fact::Algorithm
                | Fact::Rotate
                | Fact::Scope
                | Fact::Provider
        )
    }
}

/// Words that facts of text may be, written without quotes; the names of engines are others.
pub const WORDS: &[&str] = &[
    "row",
    "schema",
    "database",
    "tenant",
    "platform",
    "subject",
    "aes_256_gcm",
    "chacha20_poly1305",
    "aes_256_xts",
    "tls_1_2",
    "tls_1_3",
    "none",
    "vault",
    "aws_kms",
    "kubernetes_secret",
    "file",
    "enum",
    "record",
    "list",
    "map",
    "reference",
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
    "btree",
    "hash",
    "gin",
    "gist",
    "brin",
    "geo",
    "trigram",
    "vector",
    "wildcard",
];
