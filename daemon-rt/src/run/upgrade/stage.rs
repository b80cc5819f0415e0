//! The stages of an upgrade in the old program.

use super::check::{Check, Checked};

/// How far an upgrade is.
#[derive(Debug, Default)]
pub(in crate::run) enum Stage {
    /// No verb has asked for one.
    #[default]
    None,
    /// The program is being asked.
    Checking(Check),
    /// This program is to take over.
    Due(Checked),
}
