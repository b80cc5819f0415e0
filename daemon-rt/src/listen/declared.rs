//! A declared listener.

use super::address::{Address, Kind};

/// A listener at its address.
#[derive(Debug, Clone)]
pub(crate) struct Listen {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The address. A path is absolute.
    pub(crate) address: Address,
    pub(crate) is_nonblocking: bool,
}
