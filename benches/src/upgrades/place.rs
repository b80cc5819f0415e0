//! The directory and the address of one server.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use load::{Target, get};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{Sandbox, reap_within};

/// How long a step of an upgrade may take.
const LIMIT: Duration = Duration::from_secs(30);

/// The place of one server. A drop ends its processes.
#[derive(Debug)]
pub(super) struct Place {
    sandbox: Sandbox,
    pub(super) address: SocketAddr,
}

impl Place {
    /// A place on a disk, since programs may not run from memory, with a free address.
    pub(super) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let place = Self {
            sandbox: Sandbox::new(&std::env::temp_dir()),
            address,
        };
        place.write("address", &address.to_string());
        place
    }

    pub(super) fn target(&self) -> Target {
        Target::Tcp(self.address)
    }

    pub(super) fn directory(&self) -> &Path {
        self.sandbox.directory()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.sandbox.file(name)
    }

    /// Replaces the file `name` at once.
    pub(super) fn write(&self, name: &str, text: &str) {
        let new = self.file("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.file(name)).unwrap();
    }

    /// A command that works here.
    pub(super) fn command(&self, program: &Path, words: &[&str]) -> Command {
        let program = program.to_str().unwrap().to_owned();
        let words = words.iter().map(|word| (*word).to_owned());
        let words: Vec<String> = [program].into_iter().chain(words).collect();
        let mut command = self.sandbox.command(&words);
        let log = fs::File::options()
            .append(true)
            .create(true)
            .open(self.file("output"));
        command
            .env("BENCH_LISTEN", format!("http={}", self.address))
            .stderr(log.unwrap());
        command
    }

    /// Starts a server that stays a child.
    pub(super) fn spawn(&self, program: &Path, words: &[&str]) -> Child {
        let mut command = self.command(program, words);
        command.stdout(Stdio::null()).spawn().unwrap()
    }

    /// Waits until `is_done`.
    pub(super) fn wait(&self, what: &str, is_done: impl Fn() -> bool) {
        let end = Instant::now() + LIMIT;
        while !is_done() {
            assert!(Instant::now() < end, "{what}: {}", self.output());
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Waits until `build` answers.
    pub(super) fn wait_for(&self, build: &str) {
        self.wait(build, || {
            let answer = get(&self.target(), "/", LIMIT);
            answer.is_ok_and(|answer| answer.starts_with(build.as_bytes()))
        });
    }

    /// Reads the pid file `name`, and waits until there is one.
    pub(super) fn pid(&self, name: &str) -> i32 {
        let read = || {
            let text = fs::read_to_string(self.file(name)).ok()?;
            text.trim().parse().ok()
        };
        self.wait(name, || read().is_some());
        read().unwrap()
    }

    /// Sends `signal`, and waits for the end of the process.
    pub(super) fn end(&self, pid: i32, signal: Signal) {
        kill(Pid::from_raw(pid), signal).unwrap();
        self.wait_for_end(pid);
    }

    /// Waits for the end of a process of this place, and reaps it.
    pub(super) fn wait_for_end(&self, pid: i32) {
        let ended = reap_within(pid, LIMIT);
        assert!(ended.is_some(), "{pid} stays: {}", self.output());
    }

    /// Returns what the programs of this place have said.
    pub(super) fn output(&self) -> String {
        let read = |name| fs::read_to_string(self.file(name)).unwrap_or_default();
        read("output") + &read("bench.log")
    }
}
