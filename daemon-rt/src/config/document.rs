//! The settings of one invocation: the tree of the file, with the overrides in it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::file::File;
use super::overrides::Override;
use super::tree::{DEEPEST, Node, Numbers, Place, Value};
use crate::error::Error;

/// The table of the runtime's own keys.
pub(super) const DAEMON: &str = "daemon";

/// The settings that are in force, or would be.
pub(crate) struct Document {
    pub(super) file: File,
    /// Whether the file does not exist.
    pub(super) is_absent: bool,
    pub(super) overrides: Vec<Override>,
    /// Everything but the table `[daemon]`.
    pub(super) root: Node,
    /// The table `[daemon]`.
    pub(super) own: Option<Node>,
}

impl Document {
    /// Reads the `bytes` of the file at `path` and puts the overrides over it. Without bytes the
    /// file does not exist, and only the overrides count. Later overrides win, and those of the
    /// command line win over those of the environment.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` for a file that is too large, not UTF-8, not TOML or nested too
    /// deeply. `ErrorKind::Usage` for an override whose name is not a key, or leads through a value
    /// that is not a table.
    pub(crate) fn parse(
        path: PathBuf,
        bytes: Option<Vec<u8>>,
        overrides: Vec<Override>,
    ) -> Result<Self, Error> {
        if let Some(error) = Override::ambiguous(&overrides) {
            return Err(error);
        }
        let is_absent = bytes.is_none();
        let file = File::decode(path, bytes.unwrap_or_default())?;
        let mut numbers = Numbers::default();
        let mut root = file.parse(&mut numbers)?;
        let mut own = None;
        if let Value::Table(table) = &mut root.value {
            own = table.remove(DAEMON);
            for rank in 0..=DEEPEST + 1 {
                let given = overrides.iter().enumerate();
                for (index, given) in given.filter(|(_, given)| given.rank() == rank) {
                    given.apply(DAEMON, index, table, &mut numbers)?;
                }
            }
        }
        Ok(Self {
            file,
            is_absent,
            overrides,
            root,
            own,
        })
    }

    /// Returns the indices of the mistakes at these places, in the order of the file.
    pub(super) fn in_order(places: &[Place]) -> Vec<usize> {
        let mut order: Vec<_> = places.iter().copied().zip(0..).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, index)| index).collect()
    }

    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Returns whether the file does not exist.
    pub(crate) fn is_absent(&self) -> bool {
        self.is_absent
    }

    /// Returns `FILE:LINE:COLUMN` of a value or of its key, or the name of the override.
    pub(super) fn place(&self, node: &Node, is_key: bool) -> String {
        match node.place {
            // Of the whole file.
            Place::File { .. } if node.id == self.root.id => self.file.to_string(),
            // A table has its value where its name is.
            Place::File { key, value } => match node.value {
                Value::Table(_) => self.file.place(key),
                _ => self.file.place(if is_key { key } else { value }),
            },
            Place::Override(index) => self.source(index),
        }
    }

    /// Names the override of this index.
    pub(super) fn source(&self, index: usize) -> String {
        let given = self.overrides.get(index);
        given.map(Override::name).unwrap_or_default()
    }
}

/// Shows no value, since it may be a secret.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("path", &self.file.path)
            .finish_non_exhaustive()
    }
}
