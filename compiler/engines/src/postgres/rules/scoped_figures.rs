//! A materialized view stores rows of every tenant, which PostgreSQL can guard only where they say whose they are.

use polity_govern::Governed;
use polity_model::{Store, View, ViewId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0825;

/// A materialized view over rows of tenants without the tenant's column, or over what shows one tenant alone.
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
        if let Some(below) = of_one_tenant(platform, view) {
            let (name, below) = (&view.named.name, &platform[below].named);
            found.push(
                Diagnostic::new(
                    E0825,
                    view.named.span,
                    format!("`{name}` is filled for every tenant at once, and `{}` shows one", below.name),
                )
                .also(below.span, "figures, and what is stored, are those of the tenant who reads them")
                .help(format!("read in `{name}` what `{}` reads", below.name)),
            );
        }
    }
}

/// The view below one, or below views of rows that it reads, that shows the tenant of whoever reads it.
fn of_one_tenant(platform: &Governed, view: &View) -> Option<ViewId> {
    let of_rows = view.builds_on.iter().flat_map(|below| platform.row_views(*below));
    let below = of_rows.flat_map(|row_view| &platform[row_view].builds_on).chain(&view.builds_on);
    below.copied().find(|below| platform.is_scoped_view(*below) && !platform.is_row_view(*below))
}
