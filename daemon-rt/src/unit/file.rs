//! A generated file.

/// A file of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Where it is installed, absolute.
    pub(crate) path: String,
    /// Its mode.
    pub(crate) mode: u32,
    /// What it says.
    pub(crate) text: String,
}

impl File {
    /// A file that is read.
    pub(super) fn data(path: String, text: String) -> Self {
        Self {
            path,
            mode: 0o644,
            text,
        }
    }

    /// A file that is run.
    pub(super) fn script(path: String, text: String) -> Self {
        Self {
            path,
            mode: 0o755,
            text,
        }
    }
}
