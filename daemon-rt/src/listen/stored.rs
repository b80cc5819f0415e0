//! The names under which the service manager keeps sockets, `FDSTORE=1` of `sd_notify(3)`.
//!
//! The names differ from that of a unit `.socket`, which is the listener's own. Such a socket has
//! another owner, and its address is not ours to change. No listener has a hyphen in its name.

use super::address::Address;
use super::open::{Open, Source};
use crate::os::file_id::FileId;
use crate::trust::{Place, Rule};

const PREFIX: &str = "stored-";

/// The longest name that the manager takes.
const LONGEST: usize = 255;

/// The name of a stored socket.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored<'a> {
    pub(super) listener: &'a str,
    /// The file at the path of the socket, whose name does not tell whether it is still this one.
    pub(super) file: Option<FileId>,
}

impl<'a> Stored<'a> {
    /// Parses a name. Returns `None` for that of another socket.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let mut words = name.strip_prefix(PREFIX)?.split('-');
        let listener = words.next()?;
        let mut number = || u64::from_str_radix(words.next()?, 16).ok();
        let file = number().zip(number());
        let file = file.map(|(device, inode)| FileId { device, inode });
        Some(Self { listener, file })
    }

    /// Returns whether the file is still at the path of `address`, with the declared mode.
    pub(super) fn is_in_place(&self, address: &Address) -> bool {
        let Some((path, mode)) = address.file() else {
            return true;
        };
        let place = Place::of(path, Rule::PidFile).ok();
        let there = place.and_then(|place| place.stat().ok());
        there.is_some_and(|there| {
            Some(FileId::from(&there)) == self.file && there.st_mode & 0o777 == mode
        })
    }
}

impl Open {
    /// Returns the name under which the manager is to keep the socket. Returns `None` for one that
    /// has another owner.
    pub(crate) fn name_to_store(&self) -> Option<String> {
        Some(self)
            .filter(|open| open.source == Source::Bound)?
            .stored_name()
    }

    /// Returns the name under which the manager would keep the socket.
    pub(super) fn stored_name(&self) -> Option<String> {
        let plain = format!("{PREFIX}{}", self.name);
        let name = match self.file {
            Some(FileId { device, inode }) => format!("{plain}-{device:x}-{inode:x}"),
            None => plain,
        };
        Some(name).filter(|name| name.is_ascii() && name.len() <= LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_has_the_listener_and_its_file() {
        let file = FileId {
            device: 0x1a,
            inode: 0x3f,
        };
        for (name, wanted) in [
            ("stored-http", Some(("http", None))),
            ("stored-admin-1a-3f", Some(("admin", Some(file)))),
            ("stored-admin-1a", Some(("admin", None))),
            ("stored", None),
            ("http", None),
        ] {
            let found = Stored::parse(name);
            let wanted = wanted.map(|(listener, file)| Stored { listener, file });
            assert_eq!(found, wanted, "{name}");
        }
    }
}
