//! From a source to its catalog.
