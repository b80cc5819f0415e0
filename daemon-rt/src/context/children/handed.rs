//! The children of a process that another program takes over.

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Child, Children};
use crate::os::proc;
use crate::os::sys;
use crate::os::sys::arrivals;
use crate::upgrade::{BACK, Heritage, Inheritance};

/// The key of a child of [`Context::spawn`](crate::Context::spawn).
const OWN: &str = "child";

/// The key of another child of the process.
const OTHER: &str = "other-child";

/// No value of this program has spawned it: it is of a program before.
const INHERITED: u32 = 0;

impl Children {
    /// Hands the children to the next program.
    pub(crate) fn hand_over(&mut self, to: &mut Heritage) {
        self.adopt();
        for child in &self.own {
            to.put_number(OWN, child.pid);
        }
        for pid in proc::own_children() {
            if self.find(pid).is_err() {
                to.put_number(OTHER, pid);
            }
        }
    }

    /// Takes over the children of the program before, before this one has any.
    ///
    /// Nothing in this program waits for a `std::process::Child` of that one, so the loop reaps it.
    /// After a program that crashed, its children are killed: they are known to nobody.
    pub(crate) fn take_over(&mut self, from: &Inheritance) {
        let pids = |key| from.all(key).filter_map(|pid| pid.to_str()?.parse().ok());
        for pid in pids(OWN).filter(|pid| is_child(*pid)) {
            let value = INHERITED;
            self.insert(Child { pid, value });
        }
        self.others = pids(OTHER).filter(|pid| is_child(*pid)).collect();
        if from.get(BACK).is_some() {
            for pid in proc::own_children() {
                if self.find(pid).is_err() && !self.others.contains(&pid) {
                    let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
                    self.others.push(pid);
                }
            }
        }
        // The SIGCHLD of one that has ended may have been taken by the program before.
        arrivals::suspect_child();
    }

    /// Reaps the other children of the program before.
    pub(super) fn reap_others(&mut self) {
        self.others
            .retain(|pid| sys::waitpid(*pid, libc::WNOHANG) == Ok(None));
    }
}

/// Returns whether the process is a child of this one, alive or not.
fn is_child(pid: i32) -> bool {
    sys::peek(Some(Pid::from_raw(pid))) != Err(Errno::ECHILD)
}
