//! Handwritten statements cannot follow tenants into schemas of their own.

use polity_govern::Stored;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0820;

/// `sql once` and `sql after` where tenants have schemas of their own.
pub(super) fn scoped_script(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(tier) = platform.tiers_with_schemas().next() else { return };
    let name = &tier.named.name;
    for script in platform.scripts.iter().filter(|script| script.store == store.id) {
        found.push(
            Diagnostic::new(
                E0820,
                script.span,
                format!(
                    "these statements name the tables that tenants share, and those of `{name}` have schemas of their own"
                ),
            )
            .also(tier.named.span, "their tables bear a prefix, which only queries of views are given")
            .help("run them by hand in each schema, or let the tier have `isolation: row` or `database`"),
        );
    }
}
