//! The sockets at which a daemon listens. They outlive its value.

pub(crate) mod address;

pub(crate) use self::address::{Address, Kind};
