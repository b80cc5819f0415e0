//! Reads the settings as the daemon would, in a process that has become the declared user.
//!
//! That process is a child, since nobody can become root again. It answers in text, because the
//! settings are of a type that only the user's code knows.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};

use crate::error::Error;
use crate::instance::published::Published;
use crate::os::proc;
use crate::os::sys::{self, Fork};
use crate::os::threads::{NOT_COPIED, refuse_threads};
use crate::resources::{Resources, Validate};
use crate::settings::Settings;
use crate::settings::config::refused;

/// The exit code of a child that has answered.
const ANSWERED: i32 = 0;

/// Reads and validates the settings in a child that becomes the declared user, below the declared
/// root directory. Waits for it, for at most `start_timeout`.
///
/// # Errors
/// Those of the child. It can also end without an answer.
#[inline(never)]
pub(super) fn reach(settings: &Settings, validate: Validate) -> Result<Published, Error> {
    refuse_threads(NOT_COPIED)?;
    let (read, write) = pipe2(OFlag::O_CLOEXEC).map_err(|e| Error::step("create a pipe", e))?;
    // Otherwise both processes would write the rest of the buffer.
    let _ = io::stdout().flush();
    let end = Instant::now() + settings.spec.start_timeout;
    match sys::fork().map_err(|source| Error::step("fork", source))? {
        Fork::Child(copies) => {
            // A process that `validate` leaves behind must not keep the lock of this verb.
            let closed = copies.close_all_but(&[write.as_fd()]);
            answer(settings, validate, closed, File::from(write))
        }
        Fork::Parent(child, _) => {
            drop(write);
            let mut answer = Vec::new();
            let is_whole = listen(File::from(read), end, &mut answer);
            if !is_whole {
                // It is our child and not reaped yet, so the number is still its own.
                let _ = sys::kill(child, libc::SIGKILL);
            }
            let status = wait(child)?;
            if !is_whole {
                let limit = settings.spec.start_timeout;
                return Err(Error::timed_out(format!(
                    "the settings were not read within {limit:?}; see what `validate` waits for"
                )));
            }
            understand(&answer, status)
        }
    }
}

/// Collects the answer until the child has closed its end. Returns false at `end`.
fn listen(mut from: File, end: Instant, answer: &mut Vec<u8>) -> bool {
    let mut chunk = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if !proc::wait_readable(from.as_fd(), left) {
            return false;
        }
        match from.read(&mut chunk) {
            Ok(0) => return true,
            Ok(length) => {
                answer.extend_from_slice(&chunk[..length]);
                // A process that the child leaves behind may keep the pipe.
                if whole(answer).is_some() {
                    return true;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return true,
        }
    }
}

fn wait(child: Pid) -> Result<WaitStatus, Error> {
    loop {
        match waitpid(child, None) {
            Err(nix::errno::Errno::EINTR) => {}
            waited => {
                return waited.map_err(|e| Error::step("wait for the check of the settings", e));
            }
        }
    }
}

/// Converts the answer: the exit code, and the text.
fn understand(answer: &[u8], status: WaitStatus) -> Result<Published, Error> {
    let how = match status {
        WaitStatus::Exited(_, ANSWERED) => None,
        WaitStatus::Exited(_, code) => Some(format!("exit code {code}")),
        WaitStatus::Signaled(_, signal, _) => Some(signal.to_string()),
        _ => Some("an unknown state".to_owned()),
    };
    let answer = whole(answer).filter(|_| how.is_none());
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let published = match answer {
        Some((0, found)) => Published::decode(&text(found)),
        Some((code, reason)) => return Err(Error::not_ready(text(reason), code)),
        None => None,
    };
    published.ok_or_else(|| {
        let how = how.unwrap_or_else(|| "no answer".to_owned());
        Error::other(format!(
            "the process that reads the settings ended with {how}; see what `validate` does"
        ))
    })
}

/// Returns the exit code and the text of an answer that is complete.
fn whole(answer: &[u8]) -> Option<(u8, &[u8])> {
    let (code, rest) = answer.split_first()?;
    let (length, text) = rest.split_first_chunk()?;
    let is_whole = u64::from_le_bytes(*length) == text.len() as u64;
    is_whole.then_some((*code, text))
}

/// Reads the settings in the child, and ends it.
fn answer(settings: &Settings, validate: Validate, closed: io::Result<()>, mut to: File) -> ! {
    let read = catch_unwind(AssertUnwindSafe(|| {
        closed.map_err(|source| Error::step("close the inherited descriptors", source))?;
        read(settings, validate)
    }));
    let (code, text) = match read {
        Ok(Ok(found)) => (0, found.encode()),
        Ok(Err(error)) => (error.exit_code().max(1), error.to_string()),
        // The panic hook has printed it.
        Err(payload) => {
            std::mem::forget(payload);
            (6, "`validate` panicked; see above".to_owned())
        }
    };
    let length = (text.len() as u64).to_le_bytes();
    let sent = to.write_all(&[&[code], &length[..], text.as_bytes()].concat());
    // No destructor of the caller runs twice, and no buffer is written twice.
    signal_hook::low_level::exit(if sent.is_ok() { ANSWERED } else { 1 })
}

fn read(settings: &Settings, validate: Validate) -> Result<Published, Error> {
    let user = settings.user.as_ref().filter(|user| !user.is_current());
    settings.must_drop_privileges()?;
    settings.confinement.enter_as_reader(user)?;
    // After the change of the user, which ends it.
    let _ = prctl::set_pdeathsig(Signal::SIGKILL);
    let read = settings.read_config(&settings.spec)?;
    let read = read.ok_or_else(|| Error::other("there are no settings; declare `config`"))?;
    let validated = validate(&Resources::of(Some(&read.document)));
    validated.map_err(|failure| refused(&failure.to_string()))?;
    Ok(settings.published(&read))
}
