//! The columns that something comes from.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::rc::Rc;

use crate::Lineage;

/// A set that many things share: what is not understood comes from everything that is read, again and again.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Origins(Rc<BTreeSet<Lineage>>);

impl Origins {
    pub(super) fn of(lineage: Lineage) -> Self {
        Self(Rc::new(BTreeSet::from([lineage])))
    }

    pub(super) fn add(&mut self, others: &Self) {
        if self.is_empty() {
            *self = others.clone();
        } else if !self.is_with(others) {
            Rc::make_mut(&mut self.0).extend(others.iter().copied());
        }
    }

    /// Whether the others are certainly among these.
    fn is_with(&self, others: &Self) -> bool {
        Rc::ptr_eq(&self.0, &others.0) || others.len() <= 1 && others.is_subset(&self.0)
    }
}

impl Deref for Origins {
    type Target = BTreeSet<Lineage>;

    fn deref(&self) -> &BTreeSet<Lineage> {
        &self.0
    }
}

impl FromIterator<Lineage> for Origins {
    fn from_iter<I: IntoIterator<Item = Lineage>>(all: I) -> Self {
        Self(Rc::new(all.into_iter().collect()))
    }
}
