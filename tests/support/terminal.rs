//! A pseudo terminal, `pty(7)`: what a person types a verb at.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::wait::until;

/// The terminal's own end, and the session that runs in it.
#[derive(Debug)]
pub struct Terminal {
    master: File,
    shown: Arc<Mutex<String>>,
    pub child: Child,
}

impl Terminal {
    /// Runs `command` as the leader of a session with this terminal.
    #[must_use]
    pub fn run(command: &Command) -> Self {
        let (master, name) = open();
        let slave = || {
            File::options()
                .read(true)
                .write(true)
                .open(&name)
                .expect("the terminal")
        };
        let mut leader = Command::new("setsid");
        leader
            .args(["--ctty", "--wait"])
            .arg(command.get_program())
            .args(command.get_args());
        leader.env_clear();
        leader.envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        leader
            .stdin(Stdio::from(slave()))
            .stdout(slave())
            .stderr(slave());
        let child = leader.spawn().expect("setsid");
        let shown = Arc::new(Mutex::new(String::new()));
        show(
            master.try_clone().expect("a descriptor"),
            Arc::clone(&shown),
        );
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

    /// What was shown so far.
    #[must_use]
    pub fn shows(&self) -> String {
        self.shown.lock().expect("no panic while reading").clone()
    }

    /// The exit code of the session's leader.
    ///
    /// # Panics
    /// When it has not ended at the deadline.
    #[track_caller]
    pub fn exit_code(&mut self) -> Option<i32> {
        let ended = until(|| self.child.try_wait().expect("a child of ours"));
        ended
            .unwrap_or_else(|| panic!("still runs, and shows: {}", self.shows()))
            .code()
    }
}

fn open() -> (File, String) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master: OwnedFd = openpt(flags).expect("a pseudo terminal");
    grantpt(master.as_fd()).expect("its other end");
    unlockpt(master.as_fd()).expect("its other end");
    let name = ptsname(master.as_fd(), Vec::new()).expect("its name");
    (File::from(master), name.into_string().expect("a path"))
}

fn show(mut master: File, shown: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut chunk = [0; 1024];
        // EIO: the last process of the terminal has closed it.
        while let Ok(length @ 1..) = master.read(&mut chunk) {
            let text = String::from_utf8_lossy(&chunk[..length]).into_owned();
            shown
                .lock()
                .expect("no panic while reading")
                .push_str(&text);
        }
    });
}
