//! The parts of a source that the grammar does not see.

use std::ops::Range;

use crate::layout::layout;
use polity_text::source::FileId;

/// The places of a text that the grammar does not see: comments, and texts as other languages quote them.
#[derive(Debug)]
pub struct Unseen(Vec<Range<usize>>);

impl Unseen {
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(layout(FileId(0), text).unseen)
    }

    /// Whether a change of these bytes would change one of the places, beside one that begins with the change.
    #[must_use]
    pub fn is_hit_by(&self, change: &Range<usize>) -> bool {
        let from = self.0.partition_point(|unseen| unseen.end <= change.start);
        let hit = self.0[from..].iter().take_while(|unseen| unseen.start < change.end.max(change.start + 1));
        hit.into_iter().any(|unseen| unseen.start != change.start)
    }
}
