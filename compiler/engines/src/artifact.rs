//! Generated files, in memory.

use std::collections::BTreeMap;

/// Every file of a build, by its path below the output folder (relative, with `/`). Sorted, so that the
/// manifest and every listing come out the same on every machine.
#[derive(Debug, Default, Clone)]
pub struct Artifacts {
    files: BTreeMap<String, Vec<u8>>,
}

impl Artifacts {
    /// Adds a file.
    ///
    /// # Panics
    /// When the path was written already: two emitters that fight over a path are a bug of the compiler.
    pub fn add(&mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) {
        let path = path.into();
        let before = self.files.insert(path.clone(), content.into());
        assert!(before.is_none(), "two emitters wrote `{path}`");
    }

    /// Takes over all files of `other`.
    pub fn merge(&mut self, other: Artifacts) {
        for (path, content) in other.files {
            self.add(path, content);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
