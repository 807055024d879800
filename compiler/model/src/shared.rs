//! Tables whose things another table may hold as well, so that one that differs in few of them is small.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// A table of things that may be shared with others.
#[derive(Debug, Clone)]
pub struct Shared<T>(Vec<Arc<T>>);

/// The things of a table, in order.
pub type Things<'t, T> = std::iter::Map<std::slice::Iter<'t, Arc<T>>, fn(&'t Arc<T>) -> &'t T>;

impl<T> Shared<T> {
    pub fn iter(&self) -> Things<'_, T> {
        self.0.iter().map(AsRef::as_ref)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn push(&mut self, thing: T) {
        self.0.push(Arc::new(thing));
    }

    /// Puts another thing into this table alone.
    pub fn replace(&mut self, at: usize, thing: T) {
        self.0[at] = Arc::new(thing);
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'t, T> IntoIterator for &'t Shared<T> {
    type Item = &'t T;
    type IntoIter = Things<'t, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Index<usize> for Shared<T> {
    type Output = T;
    fn index(&self, at: usize) -> &T {
        &self.0[at]
    }
}

impl<T: Clone> IndexMut<usize> for Shared<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        Arc::make_mut(&mut self.0[at])
    }
}
