//! Values that engines derived of their stores while they judged them.

use std::any::Any;
use std::fmt::{Debug, Formatter, Result as Written};
use std::sync::{Mutex, PoisonError};

use foldhash::HashMap;

use polity_model::StoreId;

/// One value of an engine's own for each store.
#[derive(Default)]
pub(super) struct Kept(Mutex<HashMap<StoreId, Box<dyn Any + Send>>>);

impl Kept {
    pub(super) fn keep(&self, store: StoreId, derived: Box<dyn Any + Send>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(store, derived);
    }

    pub(super) fn take(&self, store: StoreId) -> Option<Box<dyn Any + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&store)
    }
}

impl Debug for Kept {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.write_str("Kept")
    }
}
