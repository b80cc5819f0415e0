//! Copies of a scripted daemon, which its hooks make by `fork(2)` without `exec`.
#![allow(unsafe_code, reason = "forks in place of the user's code")]

use std::fs::File;
use std::panic::resume_unwind;

use daemon_rt::Context;
use log::info;
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork};

/// Runs the action in the copy of the daemon.
pub type Act = fn(&str, &str, Option<&mut Context>) -> Result<(), String>;

/// `KIND MARK ACTION [ARGUMENT]`: once, as long as there is no file MARK, makes a copy of the
/// daemon that runs the action. The kind is `fork`, `clone`, `thread` or `apart`; only for the last
/// the daemon does not wait.
///
/// # Errors
/// In the copy, the error of the action.
pub fn copy(words: &str, act: Act, context: Option<&mut Context>) -> Result<(), String> {
    let mut words = words.splitn(3, ' ');
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (kind, mark, rest) = (next(), next(), next());
    if File::create_new(mark).is_err() {
        return Ok(());
    }
    let (action, argument) = rest.split_once(' ').unwrap_or((&rest, ""));
    match kind.as_str() {
        "thread" => {
            let (action, argument) = (action.to_owned(), argument.to_owned());
            let work = move || {
                if is_copy(false) {
                    act(&action, &argument, None).unwrap_or_else(|error| panic!("{error}"));
                }
            };
            std::thread::spawn(work)
                .join()
                .unwrap_or_else(|payload| resume_unwind(payload));
            Ok(())
        }
        "apart" => {
            // SAFETY: the daemon has no other thread.
            match unsafe { fork() }.expect("a child") {
                ForkResult::Child => act(action, argument, context),
                ForkResult::Parent { child } => {
                    info!("copied {child}");
                    Ok(())
                }
            }
        }
        _ if is_copy(kind == "clone") => act(action, argument, context),
        _ => Ok(()),
    }
}

/// Makes the copy, and waits for its end in the daemon.
fn is_copy(raw: bool) -> bool {
    // SAFETY: no other thread has a lock that the child uses. The call has the arguments of a fork.
    let child = unsafe {
        if raw {
            let flags = libc::SIGCHLD;
            libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0)
                .try_into()
                .expect("a pid")
        } else {
            libc::fork()
        }
    };
    if child != 0 {
        let ended = waitpid(Pid::from_raw(child), None);
        info!("copied {child}: {ended:?}");
    }
    child == 0
}
