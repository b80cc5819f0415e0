//! A pseudo terminal, `pty(7)`, at which a person types a verb.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::wait::until;

/// The terminal's own end, and the session that runs in it.
#[derive(Debug)]
pub struct Terminal {
    master: File,
    shown: String,
    child: Child,
}

impl Terminal {
    /// Runs `command` as the leader of a session with this terminal.
    pub fn run(command: &Command) -> Self {
        let (master, name) = open();
        let other_end = || {
            let file = File::options().read(true).write(true).open(&name);
            file.expect("the terminal")
        };
        let mut leader = Command::new("setsid");
        leader
            .args(["--ctty", "--wait"])
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(other_end())
            .stdout(other_end())
            .stderr(other_end());
        if let Some(directory) = command.get_current_dir() {
            leader.current_dir(directory);
        }
        let child = leader.spawn().expect("setsid");
        let shown = String::new();
        Self {
            master,
            shown,
            child,
        }
    }

    /// Types `text`; `\x03` is ctrl-c.
    pub fn types(&mut self, text: &str) {
        self.master
            .write_all(text.as_bytes())
            .expect("a terminal to type at");
    }

    /// The output so far.
    pub fn shows(&mut self) -> &str {
        let mut chunk = [0; 4096];
        // WouldBlock: nothing new. EIO: the last process of the terminal has closed it.
        while let Ok(length @ 1..) = self.master.read(&mut chunk) {
            self.shown
                .push_str(&String::from_utf8_lossy(&chunk[..length]));
        }
        &self.shown
    }

    /// The exit code of the session's leader.
    ///
    /// # Panics
    /// When it has not ended at the deadline.
    #[track_caller]
    pub fn exit_code(&mut self) -> Option<i32> {
        let ended = until(|| {
            self.shows();
            self.child.try_wait().expect("a child of ours")
        });
        ended
            .unwrap_or_else(|| panic!("still runs, and shows: {}", self.shows()))
            .code()
    }

    /// Closes the terminal, as a lost connection does. Returns the session's leader.
    pub fn hang_up(self) -> Child {
        self.child
    }
}

fn open() -> (File, String) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master: OwnedFd = openpt(flags).expect("a pseudo terminal");
    grantpt(master.as_fd()).expect("its other end");
    unlockpt(master.as_fd()).expect("its other end");
    fcntl_setfl(&master, OFlags::RDWR | OFlags::NONBLOCK).expect("reads that do not block");
    let name = ptsname(master.as_fd(), Vec::new()).expect("its name");
    (File::from(master), name.into_string().expect("a path"))
}
