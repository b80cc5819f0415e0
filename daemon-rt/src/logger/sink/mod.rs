//! The output of lines: one descriptor whose number never changes, and the treatment of its
//! failures.

mod begun;
mod complaint;
mod compress;
mod follow;
mod host;
mod old_files;
mod open;
mod put;
mod rotate;
mod staged;

pub(super) use self::host::Host;
pub(super) use self::open::Sink;
pub(super) use self::rotate::Aging;
