//! Sockets that the next program in this process keeps.

use std::os::fd::OwnedFd;

use super::address::Address;
use super::declared::Listen;
use super::found::{address_of, is_at};
use super::open::{Listeners, Open, Source};
use super::plan::{Plan, make};
use super::unix;
use crate::error::Error;
use crate::os::file_id::FileId;

/// The facts of a socket that its descriptor does not tell.
#[derive(Debug, PartialEq, Eq)]
struct Facts<'a> {
    name: &'a str,
    is_stored: bool,
    file: Option<FileId>,
    /// The address as it is displayed, which the rest of the line is.
    address: &'a str,
}

impl Open {
    /// Returns the line from which [`Plan::adopt`] makes it again. Returns `None` if other code of this
    /// process has closed the socket.
    pub(crate) fn to_line(&self) -> Option<String> {
        let address = self.address.to_string();
        let facts = Facts {
            name: self.name,
            is_stored: self.is_stored,
            file: self.file,
            address: &address,
        };
        self.socket.is_open().then(|| facts.to_line())
    }
}

impl<'a> Facts<'a> {
    fn to_line(&self) -> String {
        let (device, inode) = self.file.map_or((0, 0), |file| (file.device, file.inode));
        let is_stored = u8::from(self.is_stored);
        format!(
            "{} {is_stored} {device} {inode} {}",
            self.name, self.address
        )
    }

    fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.splitn(5, ' ');
        let (name, is_stored) = (words.next()?, words.next()? == "1");
        let (device, inode) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self {
            name,
            is_stored,
            // No file has this number, `inode(7)`.
            file: (inode != 0).then_some(FileId { device, inode }),
            address: words.next()?,
        })
    }
}

impl Plan {
    /// Gives each listener the socket that the program before this one had for it, with its line of
    /// [`Open::to_line`]. The others stay open until [`Listeners::release`], since the program before
    /// may come back.
    ///
    /// # Errors
    /// A descriptor cannot be examined.
    pub(super) fn adopt(listeners: &[Listen], kept: Vec<(String, OwnedFd)>) -> Result<Self, Error> {
        let mut plan = Self::default();
        for (line, socket) in kept {
            let Some(facts) = Facts::parse(&line) else {
                continue;
            };
            let address = Address::parse(facts.address).or_else(|_| address_of(&socket));
            let Ok(address) = address else { continue };
            let Some(kind) = address.kind() else { continue };
            let is_it = |listen: &&Listen| {
                listen.name == facts.name
                    && listen.kind == kind
                    && is_at(&address, &listen.address)
                    && (listen.address.file().is_none() || listen.address == address)
            };
            let listen = listeners.iter().find(is_it);
            let name = listen.map_or_else(
                // It lives until the process is ready.
                || &*facts.name.to_owned().leak(),
                |listen| listen.name,
            );
            let open = Open {
                is_stored: facts.is_stored,
                ..make(name, kind, address, Source::Kept, socket, facts.file)?
            };
            match listen {
                Some(listen) => plan.found.push(Open {
                    is_nonblocking: listen.is_nonblocking,
                    ..open
                }),
                None => plan.dropped.push(open),
            }
        }
        Ok(plan)
    }
}

impl Listeners {
    /// Closes the sockets that no listener of this program has, and removes their files. Returns the
    /// names under which the service manager keeps some of them. Runs when the program is ready.
    pub(crate) fn release(&mut self) -> Vec<String> {
        let dropped = std::mem::take(&mut self.dropped);
        for open in &dropped {
            if let (Some(path), Some(file)) = (open.address.path(), open.file) {
                // After a privilege drop the directory is often root's.
                let _ = unix::remove_own(path, file);
            }
        }
        let stored = dropped.iter().filter(|open| open.is_stored);
        stored.filter_map(Open::stored_name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_what_was_handed_over() {
        let file = FileId {
            device: 5,
            inode: 6,
        };
        for file in [None, Some(file)] {
            let facts = Facts {
                name: "admin",
                is_stored: file.is_some(),
                file,
                address: "unix:/run/a b.sock",
            };
            assert_eq!(Facts::parse(&facts.to_line()), Some(facts));
        }
        assert_eq!(Facts::parse("admin 1"), None);
    }

    fn listen(name: &'static str, address: &str) -> Result<Listen, String> {
        let address = Address::parse(address)?;
        Ok(Listen {
            name,
            kind: address.kind().ok_or("a kind")?,
            address,
            is_nonblocking: false,
        })
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri has no such system calls")]
    fn kept_socket_goes_to_the_listener_at_its_address() -> Result<(), Box<dyn std::error::Error>> {
        let before = [
            listen("http", "127.0.0.1:0")?,
            listen("dns", "udp:127.0.0.1:0")?,
        ];
        let open = Plan::default().bind_rest(&before, None)?;
        let lines: Vec<_> = open.iter().filter_map(Open::to_line).collect();
        let addresses: Vec<_> = open.iter().map(|open| open.address.to_string()).collect();
        let sockets: Result<Vec<_>, _> = open.iter().map(Open::duplicate).collect();
        let next = [
            listen("http", &addresses[0])?,
            listen("web", "127.0.0.1:0")?,
        ];
        let plan = Plan::adopt(&next, lines.into_iter().zip(sockets?).collect())?;
        let mut adopted = plan.bind_rest(&next, None)?;
        let found: Vec<_> = adopted
            .iter()
            .map(|open| (open.name, open.source))
            .collect();
        assert_eq!(found, [("http", Source::Kept), ("web", Source::Bound)]);
        assert_eq!(adopted.dropped.len(), 1);
        assert!(adopted.release().is_empty() && adopted.dropped.is_empty());
        Ok(())
    }
}
