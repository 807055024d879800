//! The sight that a view is read with, its reader's or another's, and what its readers may read with it.

use std::collections::BTreeSet;

use super::{EntityId, FieldId, Lineage, Platform, ViewId};

impl Platform {
    /// Whether a view shows its reader only what that may see of what it reads, and so brings the right to read that
    /// along: one that stores its rows, or shows figures of a tenant, is read with another's sight.
    #[must_use]
    pub fn is_row_view(&self, view: ViewId) -> bool {
        let of = &self[view];
        of.materialized.is_none() && !(of.figures && self.is_scoped_view(view))
    }

    /// The columns that whoever reads a view has the right to read: its own and, of a row view, all that its SQL names.
    #[must_use]
    pub fn named_with(&self, view: ViewId) -> BTreeSet<Lineage> {
        let own = (0..self[view].columns.len()).map(|i| Lineage::Column(view, FieldId(i as u32)));
        let below = self.row_views(view).into_iter().flat_map(|view| self[view].uses.iter().copied());
        own.chain(below).collect()
    }

    /// The columns of [`Platform::named_with`], and where the SQL of a row view is not understood, every column that it
    /// reads.
    #[must_use]
    pub fn read_with(&self, view: ViewId) -> BTreeSet<Lineage> {
        let mut read = self.named_with(view);
        for view in self.row_views(view).into_iter().filter(|view| self[*view].opaque) {
            read.extend(self.all_read(view));
            read.extend(self[view].lineage.iter().flatten().copied());
        }
        read
    }

    /// Every column of what a view reads.
    fn all_read(&self, view: ViewId) -> impl Iterator<Item = Lineage> {
        let of = &self[view];
        let fields = of
            .reads
            .iter()
            .flat_map(|entity| self[*entity].fields().map(|(field, _)| Lineage::Field(*entity, field)));
        let columns = of.builds_on.iter().flat_map(|other| {
            (0..self[*other].columns.len()).map(|i| Lineage::Column(*other, FieldId(i as u32)))
        });
        fields.chain(columns)
    }

    /// The row views among a view and those that it reads with the same sight.
    #[must_use]
    pub fn row_views(&self, view: ViewId) -> BTreeSet<ViewId> {
        self.views_below(view, |view| self.is_row_view(view))
    }

    /// The entities that a view reads, by way of other views too.
    #[must_use]
    pub fn entities_read(&self, view: ViewId) -> BTreeSet<EntityId> {
        let views = self.views_below(view, |_| true);
        let named = views.iter().flat_map(|view| self[*view].reads.iter().copied());
        // By functions, in which no table is seen.
        let called =
            views.iter().flat_map(|view| self[*view].lineage.iter().flatten()).filter_map(
                |from| match from {
                    Lineage::Field(entity, _) => Some(*entity),
                    Lineage::Column(..) | Lineage::AuditLog(_) => None,
                },
            );
        named.chain(called).collect()
    }

    /// The views among one and those that it reads, as far as each passes.
    fn views_below(&self, view: ViewId, passes: impl Fn(ViewId) -> bool) -> BTreeSet<ViewId> {
        let mut found = BTreeSet::new();
        let mut open = vec![view];
        while let Some(view) = open.pop() {
            if passes(view) && found.insert(view) {
                open.extend(self[view].builds_on.iter().copied());
            }
        }
        found
    }
}
