//! Row isolation needs what PostgreSQL has from 15 on.

use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0823;

/// The first major version whose views judge rows by who reads, and whose `SET NULL` can leave the tenant alone.
const FIRST: u32 = 15;

/// Tenancy on a server that is too old for it.
pub(super) fn tenancy_version(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    if let Some(tenancy) = &platform.tenancy
        && store.version.major() < FIRST
    {
        found.push(
            Diagnostic::new(
                E0823,
                store.engine_span,
                format!("PostgreSQL {} cannot keep tenants apart by row", store.version),
            )
            .note("its views would show the rows of every tenant, and `on delete set null` would empty the tenant's column")
            .also(tenancy.span, "declared here")
            .help(format!("write `postgres {FIRST}` or later"))
            .edit(store.version_span.unwrap_or(store.engine_span), FIRST.to_string()),
        );
    }
}
