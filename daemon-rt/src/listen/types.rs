//! The types that `new` may take for a listener.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};

use super::address::Kind;

/// The part of [`Socket`] that no other crate can implement.
pub trait Sealed {
    /// The kind of the sockets that the type is for, if it is for one alone.
    const KIND: Option<Kind>;
}

/// A type for a listener: a socket of the standard library, or an `OwnedFd`.
///
/// No other type has it. A library with sockets of its own converts them, as
/// `tokio::net::TcpListener::from_std` does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type for a listener",
    label = "expected `TcpListener`, `UdpSocket`, `UnixListener`, `UnixDatagram` or `OwnedFd` of `std`"
)]
pub trait Socket: Sealed + From<OwnedFd> {}

impl Sealed for OwnedFd {
    const KIND: Option<Kind> = None;
}
impl Socket for OwnedFd {}

/// Implements [`Socket`], and a trait for each kind of address. By the latter the compiler reports a
/// type that does not fit the address, at the parameter of `new`.
macro_rules! sockets {
    ($($kind:ident $socket:ty, $message:literal, $label:literal;)*) => {$(
        /// A type for a listener of one kind.
        #[diagnostic::on_unimplemented(message = $message, label = $label)]
        pub trait $kind: Socket {}

        #[diagnostic::do_not_recommend]
        impl $kind for OwnedFd {}
        #[diagnostic::do_not_recommend]
        impl $kind for $socket {}
        impl Socket for $socket {}
        impl Sealed for $socket {
            const KIND: Option<Kind> = Some(Kind::$kind);
        }
    )*};
}

sockets! {
    Tcp TcpListener,
        "`{Self}` is not a type for a listener of TCP",
        "expected `std::net::TcpListener` or `std::os::fd::OwnedFd`";
    Udp UdpSocket,
        "`{Self}` is not a type for a listener at `udp:`",
        "expected `std::net::UdpSocket` or `std::os::fd::OwnedFd`";
    Unix UnixListener,
        "`{Self}` is not a type for a listener at `unix:`",
        "expected `std::os::unix::net::UnixListener` or `std::os::fd::OwnedFd`";
    Unixgram UnixDatagram,
        "`{Self}` is not a type for a listener at `unixgram:`",
        "expected `std::os::unix::net::UnixDatagram` or `std::os::fd::OwnedFd`";
}
