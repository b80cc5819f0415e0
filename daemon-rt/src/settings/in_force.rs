//! The settings of the daemon itself that are in force, in the daemon.

#[cfg(feature = "config")]
use std::sync::Arc;

#[cfg(feature = "config")]
use crate::config::Document;
#[cfg(feature = "config")]
use crate::spec::Spec;

/// The settings in force. Without the feature `config` there are none.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    #[cfg(feature = "config")]
    pub(crate) now: Option<Box<Now>>,
}

/// The result of the layers, for a daemon or for a check.
#[cfg(feature = "config")]
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) document: Document,
    /// The declaration with the keys that the file may set.
    pub(crate) spec: Spec,
}

/// The settings in force, with which the next reload begins.
#[cfg(feature = "config")]
#[derive(Debug)]
pub(crate) struct Now {
    pub(crate) read: Arc<Read>,
    /// The declaration without the file.
    pub(crate) base: Spec,
    /// The last failed reload, by its number, and its reason.
    pub(crate) failed: (u64, String),
}

#[cfg(feature = "config")]
impl InForce {
    pub(crate) fn document(&self) -> Option<&Document> {
        self.now.as_ref().map(|now| &now.read.document)
    }
}
