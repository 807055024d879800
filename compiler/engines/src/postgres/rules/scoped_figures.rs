//! A materialized view stores rows of every tenant, which PostgreSQL can guard only where they say whose they are.

use polity_govern::Stored;
use polity_model::{Store, View, ViewId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0825;

/// A materialized view over rows of tenants without the tenant's column, or over what shows one tenant alone; and figures of
/// a view of rows.
pub(super) fn scoped_figures(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(tenancy) = &platform.tenancy else { return };
    for view in platform.views.iter().filter(|view| view.store == store.id && view.materialized.is_none()) {
        found.extend(figures_of_rows(platform, view));
    }
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

/// Figures are shown with the sight of a role of their own. PostgreSQL judges a view of rows below them by whoever reads the
/// figures all the same (`CREATE VIEW`, `security_invoker`): a service across tenants would be shown the figures of all.
fn figures_of_rows(platform: &Stored, view: &View) -> Option<Diagnostic> {
    let is_of_rows = |below: ViewId| platform.is_scoped_view(below) && platform.is_row_view(below);
    if !view.figures || !platform.is_scoped_view(view.id) {
        return None;
    }
    let below = &platform[view.builds_on.iter().copied().find(|below| is_of_rows(*below))?].named;
    let message = format!(
        "`{}` makes figures of `{}`, which shows the rows of whoever reads it",
        view.named.name, below.name
    );
    let diagnostic = Diagnostic::new(E0825, view.named.span, message)
        .also(below.span, "a view of rows is judged by the rights of its reader, even below figures");
    Some(diagnostic.help(format!("read in `{}` what `{}` reads", view.named.name, below.name)))
}

/// The view below one, or below views of rows that it reads, that shows the tenant of whoever reads it.
fn of_one_tenant(platform: &Stored, view: &View) -> Option<ViewId> {
    let of_rows = view.builds_on.iter().flat_map(|below| platform.row_views(*below));
    let below = of_rows.flat_map(|row_view| &platform[row_view].builds_on).chain(&view.builds_on);
    below.copied().find(|below| platform.is_scoped_view(*below) && !platform.is_row_view(*below))
}
