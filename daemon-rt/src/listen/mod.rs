//! The sockets at which a daemon listens. They outlive its value, and under a service manager also
//! its process.
//!
//! A socket is one that the service manager passed, one that the parent process left open, or one
//! that the daemon binds. It is bound before the privileges are dropped.

pub(crate) mod address;
mod bind;
mod check;
mod declared;
mod explain;
mod found;
mod inherited;
mod kept;
mod open;
mod opener;
mod owner;
mod plan;
mod shown;
mod socket;
mod stored;
pub(crate) mod types;
mod unix;

pub(crate) use self::address::{Address, Kind};
pub(crate) use self::declared::Listen;
pub(crate) use self::inherited::Inherited;
pub(crate) use self::open::Listeners;
pub(crate) use self::opener::{OPENER, Opener};
pub(crate) use self::shown::{Row, rows};
