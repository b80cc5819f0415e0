//! The facts that a program hands to the next one.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::str::FromStr;

use super::lines;
use super::memory::{read_sealed, write};
use super::words::{BEFORE, OWN, VARIABLE, VERSION};
use crate::error::Error;
use crate::os::sys;

/// The facts and the descriptors that the program before this one handed over.
#[derive(Debug)]
pub(crate) struct Inheritance {
    facts: Vec<(String, OsString)>,
}

impl Inheritance {
    /// Returns the inheritance of this process, if another program ran in it before. Removes the
    /// variable that names it.
    ///
    /// A process that a program starts before it has taken over has the variable as well. It ignores
    /// the variable, and so does a setuid program, whose caller controls the environment.
    ///
    /// # Errors
    /// It is of another version.
    pub(crate) fn find() -> Result<Option<Self>, Error> {
        let value = std::env::var(VARIABLE).unwrap_or_default();
        let Some((number, pid)) = value.split_once(' ') else {
            return Ok(None);
        };
        let own = std::process::id();
        if pid.parse() != Ok(own) || sys::is_secure_execution() {
            return Ok(None);
        }
        let file = number
            .parse()
            .ok()
            .and_then(|number| sys::adopt_descriptor(number).ok());
        let Some(text) = file.and_then(|file| read_sealed(&File::from(file)).ok()) else {
            return Ok(None);
        };
        let inheritance = Self::parse(&text);
        if inheritance.number("pid") != Some(own) {
            return Ok(None);
        }
        // In a process with other threads it stays.
        let _ = sys::remove_variable(VARIABLE);
        if inheritance.number("version") != Some(VERSION) {
            return Err(Error::other(
                "the program before has another version of `daemon-rt`; run `restart`",
            ));
        }
        Ok(Some(inheritance))
    }

    /// Returns the inheritance of a text.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self {
            facts: lines::parse(text),
        }
    }

    /// Returns the values of a key, in their order.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a OsStr> {
        let facts = self.facts.iter().filter(move |(name, _)| name == key);
        facts.map(|(_, value)| value.as_os_str())
    }

    /// Returns the first value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&OsStr> {
        let facts = &self.facts;
        let found = facts.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_os_str())
    }

    /// Returns the first value of a key, if it is UTF-8.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.to_str()
    }

    /// Returns the first value of a key, parsed.
    pub(crate) fn number<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    /// Takes the descriptor of a key, which is close-on-exec from now on. Each can be taken once.
    ///
    /// # Errors
    /// The inheritance has no such descriptor, or it is not open.
    pub(crate) fn descriptor(&self, key: &str) -> Result<OwnedFd, Error> {
        let number = self.number_of(key);
        let taken = number.map_or_else(
            || Err(io::ErrorKind::NotFound.into()),
            sys::adopt_descriptor,
        );
        taken.map_err(|source| {
            Error::other(format!(
                "cannot take over the descriptor `{key}`: {source}; run `restart`"
            ))
        })
    }

    /// Takes the descriptor of a key, if the inheritance has it.
    ///
    /// # Errors
    /// It is not open.
    pub(crate) fn descriptor_if_any(&self, key: &str) -> Result<Option<OwnedFd>, Error> {
        self.number_of(key)
            .map(|_| self.descriptor(key))
            .transpose()
    }

    /// Returns whether the inheritance has a descriptor of this key.
    pub(crate) fn has_descriptor(&self, key: &str) -> bool {
        self.number_of(key).is_some()
    }

    fn number_of(&self, key: &str) -> Option<RawFd> {
        let descriptors = self.all(DESCRIPTOR).filter_map(OsStr::to_str);
        let mut descriptors = descriptors.filter_map(|text| text.split_once(' '));
        let (_, number) = descriptors.find(|(name, _)| *name == key)?;
        number.parse().ok()
    }
}

/// The key of a signal that the program before this one did not handle.
const SIGNAL: &str = "signal";

/// The key of the signals that the program before this one caught.
const CAUGHT: &str = "caught";

/// The key of a descriptor. Its value is a name and the number.
const DESCRIPTOR: &str = "fd";

/// The facts and the descriptors that this program hands over to the next one.
#[derive(Debug)]
pub(crate) struct Heritage {
    text: Vec<u8>,
    descriptors: Vec<RawFd>,
}

impl Heritage {
    pub(crate) fn new() -> Self {
        let mut new = Self {
            text: Vec::new(),
            descriptors: Vec::new(),
        };
        new.put_number("version", VERSION);
        new.put_number("pid", std::process::id());
        new
    }

    /// Hands on what this program has inherited, to the program from which it has it. That excludes the
    /// descriptors of the two programs, and the signals that this program `takes`, by number.
    pub(crate) fn returned(from: &Inheritance, takes: impl Fn(i32) -> bool) -> Self {
        let mut new = Self {
            text: Vec::new(),
            descriptors: Vec::new(),
        };
        for (key, value) in &from.facts {
            let number = value.to_str().and_then(|text| text.split_once(' '));
            match number {
                Some((name, number)) if key == DESCRIPTOR => {
                    if [BEFORE, OWN].contains(&name) {
                        continue;
                    }
                    new.descriptors.extend(number.parse::<RawFd>());
                }
                Some((number, _)) if key == SIGNAL && number.parse().is_ok_and(&takes) => continue,
                _ if key == CAUGHT => continue,
                _ => {}
            }
            new.put(key, value);
        }
        new
    }

    /// Adds a value of a key.
    pub(crate) fn put(&mut self, key: &str, value: impl AsRef<OsStr>) {
        lines::append(&mut self.text, key, value.as_ref());
    }

    /// Adds a number, or another value in its text form.
    pub(crate) fn put_number(&mut self, key: &str, value: impl Display) {
        self.put(key, value.to_string());
    }

    /// Adds a descriptor, which keeps its number in the next program. It must stay open until then.
    pub(crate) fn put_descriptor(&mut self, key: &str, descriptor: impl AsFd) {
        let number = descriptor.as_fd().as_raw_fd();
        self.put(DESCRIPTOR, format!("{key} {number}"));
        self.descriptors.push(number);
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the descriptors that the next program is to find open.
    pub(crate) fn descriptors(&self) -> &[RawFd] {
        &self.descriptors
    }

    /// Fails if a descriptor is not open, which the next program could not take over.
    ///
    /// # Errors
    /// Code of this process has closed it, as by `close_range(2)`.
    pub(crate) fn refuse_closed(&self) -> Result<(), Error> {
        if self.descriptors.iter().all(|number| sys::is_open(*number)) {
            return Ok(());
        }
        Err(Error::other(
            "code of the program has closed a descriptor of the daemon; run `restart`",
        ))
    }

    /// Writes it to a file in memory, to which lines can be appended until it is sealed.
    ///
    /// # Errors
    /// Those of `memfd_create(2)` and `write(2)`.
    pub(crate) fn write(&self) -> Result<File, Error> {
        write(&self.text).map_err(|source| Error::step("write the inheritance", source))
    }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use std::fs::File;

    use super::{Heritage, Inheritance};
    use crate::os::departure::SEALS;
    use crate::upgrade::memory::{add_seals, read_sealed};

    #[test]
    fn inheritance_is_what_was_handed_over() -> Result<(), Box<dyn std::error::Error>> {
        let null = File::open("/dev/null")?;
        let mut heritage = Heritage::new();
        heritage.put("path", "/a\nb");
        heritage.put("path", "/c");
        heritage.put_descriptor("null", &null);
        let sealed = heritage.write()?;
        assert!(read_sealed(&sealed).is_err());
        add_seals(&sealed, SEALS)?;
        let found = Inheritance::parse(&read_sealed(&sealed)?);
        assert_eq!(found.all("path").collect::<Vec<_>>(), ["/a\nb", "/c"]);
        assert_eq!(found.number("pid"), Some(std::process::id()));
        // Code of this process may own a descriptor that is close-on-exec.
        let refused = found.descriptor("null").map_err(|error| error.to_string());
        assert!(refused.is_err_and(|text| text.contains("Bad file descriptor")));
        assert!(found.descriptor("missing").is_err());
        Ok(())
    }
}
