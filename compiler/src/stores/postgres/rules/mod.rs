//! What PostgreSQL cannot do, or would do to somebody's harm, said before it does: one rule a file, in the order
//! of the reference.

use crate::stores::StoreRule;

pub(super) const RULES: &[StoreRule] = &[];
