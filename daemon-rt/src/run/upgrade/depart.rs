//! The change to the new program.

use std::io;
use std::os::fd::OwnedFd;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use super::check::path_of;
use crate::detach::environment;
use crate::error::Error;
use crate::logger::Logger;
use crate::os::departure::{Departure, Refused};
use crate::os::known_file::KnownFile;
use crate::os::sys::Program;
use crate::run::runtime::Runtime;
use crate::upgrade::{BEFORE, Heritage};

impl Runtime {
    /// Executes the new program. The value is gone. Returns `None` if the daemon is to stop instead, and
    /// otherwise why it failed.
    pub(in crate::run) fn depart(&mut self) -> Option<Error> {
        let prepared = self.prepare();
        let logger = Logger::installed();
        // Both descriptors are open until the call returns.
        let refused = prepared.as_ref().map(|(departure, _)| {
            if let Some(logger) = logger {
                logger.hand_over();
            }
            departure.leave()
        });
        if let Some(logger) = logger {
            logger.resume();
        }
        match refused {
            Ok(Refused::Stop) => None,
            Ok(Refused::Failed(errno)) => {
                let path = path_of(&self.detached);
                Some(Error::at("execute", &path, errno))
            }
            Err(_) => prepared.err(),
        }
    }

    /// Returns the new program with all that it takes over, and the descriptor of this one.
    fn prepare(&mut self) -> Result<(Departure, OwnedFd), Error> {
        let own = std::process::id().cast_signed();
        // Otherwise the lock would be free for a moment.
        self.detached.lock.regain_name(own)?;
        let mut heritage = Heritage::new();
        self.detached.hand_over(&mut heritage);
        self.terminal.hand_over(&mut heritage);
        let before = this_program()?;
        heritage.put_descriptor(BEFORE, &before);
        let inheritance = heritage.write()?;
        let invocation = &self.detached.invocation;
        let path = path_of(&self.detached);
        let program = Program::at(&path, invocation.arguments(), environment(&inheritance))
            .map_err(|source| Error::at("execute", &path, source))?;
        let departure = Departure {
            program,
            keep: heritage.descriptors().to_vec(),
            inheritance: KnownFile::new(inheritance)
                .map_err(|errno| Error::step("write the inheritance", errno))?,
        };
        Ok((departure, before))
    }
}

/// Opens this program, by which the next one can come back when it fails.
fn this_program() -> Result<OwnedFd, Error> {
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    open("/proc/self/exe", flags, Mode::empty())
        .map_err(|errno| Error::step("open the program that runs", io::Error::from(errno)))
}
