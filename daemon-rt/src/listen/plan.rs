//! Which socket each listener gets: one that was passed, or one that is bound.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nix::unistd::Gid;

use super::address::{Address, Kind};
use super::bind;
use super::declared::Listen;
use super::found::{address_of, is_at};
use super::inherited::Inherited;
use super::open::{Listeners, Open, Source};
use super::stored::Stored;
use crate::error::Error;
use crate::os::file_id::FileId;
use crate::os::known_file::KnownFile;

/// How long the service manager may take to close a socket that it is no longer to store.
const CLOSING: Duration = Duration::from_secs(2);

/// The sockets that listeners have, before the others are bound.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(super) found: Vec<Open>,
    /// Those of the program before this one that no listener has.
    pub(super) dropped: Vec<Open>,
    /// The names under which the service manager keeps sockets that no listener has.
    pub(crate) unwanted: Vec<String>,
}

/// A socket that the manager passed.
struct Passed {
    name: String,
    socket: OwnedFd,
    address: Address,
}

impl Plan {
    /// Gives each listener the socket that was passed for it.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` for a socket of a unit `.socket` that is at another address than
    /// its listener, or that has none.
    pub(crate) fn of(listeners: &[Listen], inherited: Inherited) -> Result<Self, Error> {
        let mut plan = Self::default();
        for (number, socket) in inherited.numbered {
            plan.take_numbered(listeners, number, socket)?;
        }
        let mut passed = Vec::new();
        let mut stored = Vec::new();
        for (name, socket) in inherited.passed {
            let address = address_of(&socket);
            if Stored::parse(&name).is_some() {
                // It was this daemon's own, and is replaced if it is of no use.
                stored.push((name, socket, address.ok()));
                continue;
            }
            let address = address.map_err(|why| {
                refused(format!(
                    "cannot use the socket `{name}` of the service manager: it {why}"
                ))
            })?;
            passed.push(Passed {
                name,
                socket,
                address,
            });
        }
        plan.take_passed(listeners, passed)?;
        for (name, socket, address) in stored {
            plan.take_stored(listeners, name, socket, address);
        }
        Ok(plan)
    }

    /// Binds the listeners that have no socket. A path belongs to `group`.
    ///
    /// # Errors
    /// As for [`bind::bind_at`]. Sockets that this call bound are closed, and their files removed.
    pub(crate) fn bind_rest(
        self,
        listeners: &[Listen],
        group: Option<Gid>,
    ) -> Result<Listeners, Error> {
        // The manager has forgotten a socket before it has closed it.
        let patience = if self.unwanted.is_empty() {
            Duration::ZERO
        } else {
            CLOSING
        };
        let end = Instant::now() + patience;
        let mut open = Listeners::new(self.found, self.dropped);
        let found = open.open.len();
        for listen in listeners {
            if open.find(listen.name).is_some() {
                continue;
            }
            let bound = patiently(end, || bind::bind_at(listen, group))
                .and_then(|(socket, file)| open_as(listen, Source::Bound, socket, None, file));
            match bound {
                Ok(bound) => open.open.push(bound),
                Err(error) => {
                    let bound = open.open.split_off(found);
                    let _ = Listeners::new(bound, Vec::new()).remove_files();
                    // The program before this one may come back, and then needs its own at their
                    // numbers. Otherwise the process ends.
                    std::mem::forget(open);
                    return Err(error);
                }
            }
        }
        Ok(open)
    }

    fn has(&self, listen: &Listen) -> bool {
        self.found.iter().any(|open| open.name == listen.name)
    }

    fn take_numbered(
        &mut self,
        listeners: &[Listen],
        number: i32,
        socket: OwnedFd,
    ) -> Result<(), Error> {
        let is_it =
            |listen: &&Listen| listen.address == Address::Inherited(number) && !self.has(listen);
        let Some(listen) = listeners.iter().find(is_it) else {
            return Ok(());
        };
        let refused = |why: String| {
            refused(format!(
                "cannot use fd:{number} for `{}`: it {why}",
                listen.name
            ))
        };
        let address = address_of(&socket).map_err(refused)?;
        if address.kind() != Some(listen.kind) {
            return Err(refused(format!(
                "is at {address}, and `{}` is declared for {}; pass a socket of that kind",
                listen.name, listen.kind
            )));
        }
        let source = Source::Descriptor(number);
        self.found
            .push(open_as(listen, source, socket, Some(address), None)?);
        Ok(())
    }

    /// Gives sockets of units `.socket` to the listeners of their names. One without such a name
    /// goes to the listener at its address.
    fn take_passed(&mut self, listeners: &[Listen], passed: Vec<Passed>) -> Result<(), Error> {
        for one in passed {
            let named = listeners.iter().find(|listen| listen.name == one.name);
            let at_its_address = || {
                let is_it = |listen: &&Listen| {
                    !self.has(listen)
                        && is_at(&one.address, &listen.address)
                        && listen.address.kind().is_some()
                };
                listeners.iter().find(is_it)
            };
            let Some(listen) = named.or_else(at_its_address) else {
                let names: Vec<_> = listeners.iter().map(|listen| listen.name).collect();
                return Err(refused(format!(
                    "the service manager passed the socket `{}` at {}, which is no listener; set \
                     FileDescriptorName= of its unit to one of: {}",
                    one.name,
                    one.address,
                    names.join(", ")
                )));
            };
            let name = listen.name;
            if self.has(listen) {
                return Err(refused(format!(
                    "the service manager passed two sockets for `{name}`, the second at {}; remove \
                     all but one from the unit",
                    one.address
                )));
            }
            if !is_at(&one.address, &listen.address) {
                return Err(refused(format!(
                    "the service manager passed {} for `{name}`, which is to listen on {}; change \
                     the unit `.socket` or the address",
                    one.address, listen.address
                )));
            }
            let open = open_as(listen, Source::Manager, one.socket, Some(one.address), None)?;
            self.found.push(open);
        }
        Ok(())
    }

    /// Gives a stored socket to its listener, if that is still at its address.
    fn take_stored(
        &mut self,
        listeners: &[Listen],
        name: String,
        socket: OwnedFd,
        address: Option<Address>,
    ) {
        let listen = Stored::parse(&name).and_then(|stored| {
            let listen = listeners.iter().find(|one| one.name == stored.listener)?;
            let address = address.as_ref()?;
            let fits = !self.has(listen)
                && listen.address.kind() == address.kind()
                && (is_at(address, &listen.address) || stored.file.is_some())
                && stored.is_in_place(&listen.address);
            fits.then_some((listen, stored.file))
        });
        let open = listen
            .and_then(|(listen, file)| open_as(listen, Source::Stored, socket, address, file).ok());
        match open {
            Some(open) => self.found.push(open),
            None => self.unwanted.push(name),
        }
    }
}

/// Calls `bind` until `end` as long as another process has the address.
fn patiently<T>(end: Instant, bind: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    loop {
        match bind() {
            Err(error) if error.is_system(io::ErrorKind::AddrInUse) && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

/// Makes the value of a socket that `listen` has, which is at `address` if that is known.
fn open_as(
    listen: &Listen,
    source: Source,
    socket: OwnedFd,
    address: Option<Address>,
    file: Option<FileId>,
) -> Result<Open, Error> {
    let declared = &listen.address;
    let address = match (declared.file(), address) {
        // The declared path is shorter than one that leads through a descriptor, and has the mode.
        (Some(_), _) => declared.clone(),
        (None, Some(address)) => address,
        (None, None) => address_of(&socket).map_err(|why| {
            let name = listen.name;
            Error::other(format!("cannot use the socket for `{name}`: it {why}"))
        })?,
    };
    let open = make(listen.name, listen.kind, address, source, socket, file)?;
    Ok(Open {
        is_nonblocking: listen.is_nonblocking,
        ..open
    })
}

/// Makes the value of an open socket.
pub(super) fn make(
    name: &'static str,
    kind: Kind,
    address: Address,
    source: Source,
    socket: OwnedFd,
    file: Option<FileId>,
) -> Result<Open, Error> {
    let socket = KnownFile::new(socket);
    Ok(Open {
        name,
        kind,
        is_nonblocking: false,
        address,
        source,
        socket: socket.map_err(|errno| Error::step("examine a socket", errno))?,
        file,
        is_stored: source == Source::Stored,
    })
}

fn refused(text: String) -> Error {
    Error::not_configured(text)
}
