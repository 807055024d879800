//! A materialized view stores rows of every tenant, which PostgreSQL can guard only where they say whose they are.

use polity_govern::Governed;
use polity_model::Store;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0825;

/// A materialized view over rows of tenants, without the tenant's column.
pub(super) fn scoped_figures(platform: &Governed, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &platform.tenancy else { return };
    for view in platform.views.iter().filter(|view| view.store == store.id && view.materialized.is_some()) {
        if platform.is_scoped_view(view.id) && !view.columns.iter().any(|c| c.named.name == tenancy.column) {
            let column = &tenancy.column;
            found.push(
                Diagnostic::new(
                    E0825,
                    view.named.span,
                    format!("`{}` stores rows of every tenant and does not say whose", view.named.name),
                )
                .also(tenancy.span, "tenants are told apart by this")
                .help(format!("select `{column}`, group by it, and declare the column `{column}`")),
            );
        }
    }
}
