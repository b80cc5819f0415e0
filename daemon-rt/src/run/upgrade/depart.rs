//! The change to the new program.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use super::check::path_of;
use super::stage::Stage;
use crate::confine::capabilities::Capabilities;
use crate::detach::environment;
use crate::error::Error;
use crate::logger::Logger;
use crate::os::departure::{Departure, Refused};
use crate::os::known_file::KnownFile;
use crate::os::proc;
use crate::os::sys::Program;
use crate::run::runtime::Runtime;
use crate::upgrade::{BEFORE, Heritage, OWN};

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
        self.detached.lock.settle();
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
        if let Stage::Due(program) = &self.upgrade {
            program.refuse_another()?;
        }
        let own = std::process::id().cast_signed();
        // Otherwise the lock would be free for a moment.
        self.detached.lock.regain_name(own)?;
        self.detached.lock.carry()?;
        let mut heritage = Heritage::new();
        self.detached.hand_over(&mut heritage);
        self.terminal.hand_over(&mut heritage);
        self.context.children.hand_over(&mut heritage);
        let before = self.this_program()?;
        heritage.put_descriptor(BEFORE, &before);
        let path = path_of(&self.detached);
        let failed = |source| Error::at("execute", &path, source);
        let next = match &self.detached.outside {
            // It may not find itself in its root.
            Some(_) => Some(open_program(&path).map_err(|errno| failed(errno.into()))?),
            None => None,
        };
        if let Some(next) = &next {
            heritage.put_descriptor(OWN, next);
        }
        heritage.refuse_closed()?;
        let inheritance = heritage.write()?;
        let (arguments, variables) = (
            self.detached.invocation.arguments(),
            environment(&inheritance),
        );
        let program = match next {
            Some(next) => Program::open(next, arguments, variables),
            None => Program::at(&path, arguments, variables),
        };
        let program = program.map_err(failed)?;
        let capabilities = self.detached.settings.confinement.capabilities;
        let program = program.with_capabilities(capabilities.map_or(0, Capabilities::bits));
        let departure = Departure {
            program,
            keep: heritage.descriptors().to_vec(),
            inheritance: KnownFile::new(inheritance)
                .map_err(|errno| Error::step("write the inheritance", errno))?,
        };
        Ok((departure, before))
    }

    /// Opens this program, by which the next one can come back when it fails.
    fn this_program(&self) -> Result<OwnedFd, Error> {
        let opened = match &self.detached.outside {
            None => proc::own_program().map_err(io::Error::from),
            Some(outside) => match outside.program.as_ref().filter(|file| file.is_open()) {
                Some(file) => file.as_fd().try_clone_to_owned(),
                None => Err(Errno::EBADF.into()),
            },
        };
        opened.map_err(|source| Error::step("open the program that runs", source))
    }
}

fn open_program(path: &Path) -> nix::Result<OwnedFd> {
    open(path, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
}
