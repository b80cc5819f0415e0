//! The way back to the program before this one, while this one is not ready.

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::sys::prctl;

use crate::confine::capabilities::Capabilities;
use crate::confine::handed_over;
use crate::error::Error;
use crate::logger::Logger;
use crate::os::console::TARGET;
use crate::os::departure::Departure;
use crate::os::known_file::KnownFile;
use crate::os::sys::{Program, rollback};
use crate::pending;
use crate::signal::Signal;
use crate::upgrade::{BACK, BEFORE, Heritage, Inheritance, Invocation, OWN, UNDUMPABLE, VARIABLE};

/// Prepares the way back to the program before, in case that this one crashes, fails or is too slow.
/// That program has no way back in turn.
///
/// # Errors
/// A system call fails.
pub(crate) fn arm(from: &Inheritance, signals: &[Signal]) -> Result<(), Error> {
    // At once, since other processes of the user could look into this one.
    if from.get(UNDUMPABLE).is_some() {
        prctl::set_dumpable(false).map_err(|e| Error::step("set the dumpable flag", e))?;
    }
    let capabilities = handed_over(from);
    if let Some(kept) = capabilities {
        // Programs that this one executes are not to have them.
        kept.keep()?;
    }
    if from.get(BACK).is_some() {
        return Ok(());
    }
    let failed = |source| Error::step("prepare the way back", source);
    let before = from.descriptor(BEFORE)?;
    let mut heritage = Heritage::returned(from, |number| pending::catches(signals, number));
    if from.has_descriptor(OWN) {
        heritage.put_descriptor(OWN, &before);
    }
    let inheritance = heritage.write()?;
    let invocation = Invocation::adopt(from);
    let program = Program::open(before, invocation.arguments(), environment(&inheritance));
    let departure = Departure {
        program: program
            .map_err(failed)?
            .with_capabilities(capabilities.map_or(0, Capabilities::bits)),
        keep: heritage.descriptors().to_vec(),
        inheritance: KnownFile::new(inheritance).map_err(|errno| failed(errno.into()))?,
    };
    let limit = from
        .number("start-timeout")
        .map_or(Duration::MAX, Duration::from_millis);
    rollback::arm(departure, limit).map_err(|errno| failed(errno.into()))
}

/// Executes the program before this one for the `reason`. Returns if this one was not to
/// take over, or if that fails.
pub(crate) fn go_back(reason: &str) {
    if !rollback::is_armed() {
        return;
    }
    if let Some(logger) = Logger::installed() {
        logger.hand_over();
    }
    if let Some(errno) = rollback::go_back(reason) {
        log::error!(target: TARGET, "cannot execute the program before this one: {errno}");
    }
}

/// Returns the environment of a program that takes over, with the variable that names its inheritance.
pub(crate) fn environment(inheritance: &File) -> Vec<(OsString, OsString)> {
    let value = format!("{} {}", inheritance.as_raw_fd(), std::process::id());
    let own = std::env::vars_os().filter(|(name, _)| name != VARIABLE);
    own.chain([(VARIABLE.into(), value.into())]).collect()
}
