//! Rows that are deleted by an update.

use super::{Entity, FieldId};

impl Entity {
    /// The field that says when a row was deleted, where deleting only sets that.
    #[must_use]
    pub fn soft_delete(&self) -> Option<FieldId> {
        self.fields().find(|(_, field)| field.soft_delete.is_some()).map(|(id, _)| id)
    }
}
