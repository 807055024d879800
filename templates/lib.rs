//! Templates: the document around what code printed. A template prints and loops; it never decides, names or
//! quotes.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

/// Renders a template of `templates/` with a serde value. An undefined name is an error, never an empty text.
///
/// # Panics
/// When the template does not fit the value: both are ours, and the tests render every template.
#[must_use]
pub fn render(source: &'static str, context: impl Serialize) -> String {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    environment.set_syntax(syntax.unwrap_or_default());
    environment
        .render_str(source, Serde(context))
        .unwrap_or_else(|error| panic!("a template does not fit its value: {error:#}"))
}

/// Parts of charts.
pub mod helm {
    pub const NETWORK_POLICIES: &str = include_str!("helm/network-policies.yaml");
}

/// Scripts for mongosh, each with the parts that it needs; where nothing else runs it, a last line does.
pub mod mongodb {
    pub const APPLY: &str = concat!(
        include_str!("mongodb/apply.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/shared.js.jinja")
    );
    pub const DATA_KEYS: &str = concat!(
        include_str!("mongodb/data_keys.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/shared.js.jinja")
    );
    pub const ERASE_SUBJECT: &str = concat!(
        include_str!("mongodb/subject.js.jinja"),
        include_str!("mongodb/anonymize.js.jinja"),
        include_str!("mongodb/moving.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const ERASE_TENANT: &str = concat!(
        include_str!("mongodb/tenant.js.jinja"),
        include_str!("mongodb/moving.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const MAINTENANCE: &str = concat!(
        include_str!("mongodb/maintenance.js.jinja"),
        include_str!("mongodb/anonymize.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const PROMOTE: &str = concat!(
        include_str!("mongodb/promote.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        "main();\n"
    );
    pub const ROLES: &str = concat!(
        include_str!("mongodb/roles.js.jinja"),
        include_str!("mongodb/place.js.jinja"),
        include_str!("mongodb/shared.js.jinja")
    );
}

/// Scripts for psql and shells, and functions that schemas need.
pub mod postgres {
    pub const ALL_MATCH: &str = include_str!("postgres/all_match.sql");
    pub const ALL_WITHIN: &str = include_str!("postgres/all_within.sql");
    pub const APPEND_ONLY: &str = include_str!("postgres/append_only.sql");
    pub const AUDIT: &str = include_str!("postgres/audit.sql.jinja");
    pub const CONTEXT: &str = include_str!("postgres/context.sql.jinja");
    pub const CONTEXT_SIGNED: &str = include_str!("postgres/context_signed.sql.jinja");
    pub const COPY_GLOBAL: &str = include_str!("postgres/copy_global.sh.jinja");
    pub const ERASURE: &str = include_str!("postgres/erasure.sql.jinja");
    pub const OFFBOARD: &str = include_str!("postgres/offboard.sql.jinja");
    pub const PARTITIONS: &str = include_str!("postgres/partitions.sql.jinja");
    pub const PROMOTE: &str = include_str!("postgres/promote.sh.jinja");
    pub const ROLES: &str = include_str!("postgres/roles.sql.jinja");
    pub const STAYS_ANONYMOUS: &str = include_str!("postgres/stays_anonymous.sql.jinja");
    pub const TENANCY: &str = include_str!("postgres/tenancy.sql.jinja");
    pub const TENANCY_TEST: &str = include_str!("postgres/tenancy_test.sql.jinja");
    pub const TENANT_ROLES: &str = include_str!("postgres/tenant_roles.sql.jinja");
    pub const UUID_V7: &str = include_str!("postgres/uuid_v7.sql");
}

/// Functions in Lua, and scripts for shells.
pub mod redis {
    pub const ERASE_SUBJECT: &str = include_str!("redis/erase_subject.sh.jinja");
    pub const ERASE_TENANT: &str = include_str!("redis/erase_tenant.sh.jinja");
    pub const ERASURE: &str = include_str!("redis/erasure.lua.jinja");
    pub const FUNCTIONS: &str = include_str!("redis/functions.lua.jinja");
    pub const PASSWORDS: &str = include_str!("redis/passwords.sh.jinja");
    pub const REQUESTS: &str = include_str!("redis/requests.lua");
}
