//! Signals as one catches them by hand: a handler that writes the number to a pipe, and a loop
//! that reads it.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::Handler;

static PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn note(number: i32) {
    let byte = number.to_le_bytes();
    #[allow(unsafe_code, reason = "a handler may call nothing that is safe Rust's")]
    // SAFETY: `write(2)` may be called in a handler; the byte lives through the call.
    unsafe {
        libc::write(PIPE.load(Ordering::Relaxed), byte.as_ptr().cast(), 1);
    }
}

/// The caught signals, to be read in the loop.
#[derive(Debug)]
pub struct Signals {
    read: File,
    _write: OwnedFd,
}

/// Catches SIGTERM, SIGUSR1 and SIGUSR2.
#[must_use]
pub fn catch() -> Signals {
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).unwrap();
    PIPE.store(write.as_raw_fd(), Ordering::Relaxed);
    let action = SigAction::new(
        SigHandler::Handler(note),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    for signal in [Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGUSR2] {
        #[allow(unsafe_code, reason = "to catch a signal")]
        // SAFETY: the handler touches an atomic and calls `write(2)`.
        unsafe { sigaction(signal, &action) }.unwrap();
    }
    Signals {
        read: File::from(read),
        _write: write,
    }
}

/// Lives until SIGTERM.
pub fn live(mut signals: Signals) {
    let mut handler = Handler::default();
    let mut numbers = [0; 256];
    loop {
        let mut wanted = [PollFd::new(signals.read.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut wanted, PollTimeout::NONE);
        match signals.read.read(&mut numbers) {
            Ok(count) => {
                for number in &numbers[..count] {
                    match i32::from(*number) {
                        libc::SIGTERM => return,
                        number => handler.handle(number),
                    }
                }
            }
            Err(error) => assert!(matches!(
                error.kind(),
                ErrorKind::WouldBlock | ErrorKind::Interrupted
            )),
        }
    }
}
