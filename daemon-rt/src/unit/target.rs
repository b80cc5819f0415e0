//! The system into which files are installed.

use std::path::{Path, PathBuf};

/// The system that files are installed into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The root directory; `/` is this system.
    pub(crate) root: &'a Path,
    /// Whether to replace and remove files that this daemon did not generate.
    pub(crate) force: bool,
}

impl Target<'_> {
    /// Returns the path below the root.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}
