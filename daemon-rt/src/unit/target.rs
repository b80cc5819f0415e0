//! Where files are installed.

use std::path::{Path, PathBuf};

/// The system that files are installed into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// Its root; `/` is this system.
    pub(crate) root: &'a Path,
    /// Whether to replace and remove what this daemon did not make.
    pub(crate) force: bool,
}

impl Target<'_> {
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}
