//! A generated file.

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// The absolute path at which it is installed.
    pub(crate) path: String,
    /// Its mode.
    pub(crate) mode: u32,
    /// The content.
    pub(crate) text: String,
}

impl File {
    /// Creates a file that programs read.
    pub(super) fn data(path: String, text: String) -> Self {
        let mode = 0o644;
        Self { path, mode, text }
    }

    /// Creates a file that is executed.
    pub(super) fn script(path: String, text: String) -> Self {
        let mode = 0o755;
        Self { path, mode, text }
    }
}
