//! The state page: what the daemon says of itself, in the first 4096 bytes of the lock file.
//!
//! The daemon maps the page and writes it under a sequence counter (odd while it writes); a verb
//! reads the file. So a verb learns the truth also from a daemon that hangs or is frozen, which
//! could answer no question. Only the daemon's owner can read or write the file.

mod layout;
mod page;
mod snapshot;

#[cfg(feature = "config")]
pub(super) use self::layout::BYTES;
pub(crate) use self::layout::Phase;
#[cfg(feature = "cli")]
pub(crate) use self::page::want_level;
pub(crate) use self::page::{Page, set_stop_limit, want_upgrade};
pub(crate) use self::snapshot::Snapshot;
