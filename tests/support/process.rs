//! Facts about one process, from `/proc`, `proc(5)`.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::wait::until;

/// A process, meant by a pidfd: its number may go to another one, this does not.
#[derive(Debug)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    pidfd: OwnedFd,
}

impl Process {
    /// The living process of this number, or a zombie.
    #[must_use]
    pub fn find(pid: i32) -> Option<Self> {
        let pidfd = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
        Some(Self { pid, pidfd })
    }

    /// # Panics
    /// When there is none of this number.
    #[must_use]
    #[track_caller]
    pub fn of(pid: i32) -> Self {
        Self::find(pid).unwrap_or_else(|| panic!("there is no process {pid}"))
    }

    /// Every process of the machine that can be seen.
    pub fn all() -> impl Iterator<Item = Self> {
        let entries = fs::read_dir("/proc").expect("/proc").flatten();
        entries.filter_map(|entry| Self::find(entry.file_name().to_str()?.parse().ok()?))
    }

    /// Sends a signal to this very process, and to no other that has got its number.
    pub fn signal(&self, signal: Signal) {
        pidfd_send_signal(&self.pidfd, signal).expect("a signal to a living process");
    }

    /// Queues `SIGRTMIN+3` with a value. The shell's own `kill` passes no value. The number is that of
    /// the C library of the tests and of the daemon: the one of kill(1) may be another.
    #[track_caller]
    pub fn queue(&self, value: i32) {
        let mut kill = std::process::Command::new("/bin/kill");
        let signal = nix::libc::SIGRTMIN() + 3;
        kill.args([format!("--signal={signal}"), format!("--queue={value}")]);
        let sent = kill.arg(self.pid.to_string()).status();
        assert!(sent.expect("kill").success());
    }

    /// Ends it by SIGKILL, and waits until it is gone.
    #[track_caller]
    pub fn kill(&self) {
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
        self.wait_for_end();
    }

    /// Whether it has ended; a zombie has.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let mut wanted = [PollFd::new(&self.pidfd, PollFlags::IN)];
        poll(&mut wanted, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// # Panics
    /// When it still lives at the deadline.
    #[track_caller]
    pub fn wait_for_end(&self) {
        let ended = until(|| self.has_ended().then_some(()));
        assert!(
            ended.is_some(),
            "{} ({}) still lives",
            self.pid,
            self.title()
        );
    }

    /// The text of a file in `/proc/PID`; empty when the process is gone or not ours to look at.
    #[must_use]
    pub fn read(&self, file: &str) -> String {
        let bytes = fs::read(format!("/proc/{}/{file}", self.pid)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A line of `/proc/PID/status`: `field("Umask")`.
    #[must_use]
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let status = self.read("status");
        let line = status.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            (field == name).then(|| value.trim().to_owned())
        });
        line.unwrap_or_else(|| panic!("no {name} in the status of {}: {status}", self.pid))
    }

    /// A field of `/proc/PID/stat` by its number in `proc(5)`, from 3 on.
    #[track_caller]
    pub fn stat(&self, number: usize) -> String {
        let field = self.find_stat(number);
        field.unwrap_or_else(|| panic!("{} has no stat any more", self.pid))
    }

    fn find_stat(&self, number: usize) -> Option<String> {
        let stat = self.read("stat");
        let (_, behind_name) = stat.rsplit_once(')')?;
        let field = behind_name.split_whitespace().nth(number - 3)?;
        Some(field.to_owned())
    }

    /// `R`, `S`, `T`, `Z` …; `proc(5)`.
    #[must_use]
    pub fn state(&self) -> char {
        self.stat(3).chars().next().unwrap_or('?')
    }

    /// Its parent's number.
    #[must_use]
    pub fn parent(&self) -> i32 {
        self.stat(4).parse().expect("a pid")
    }

    /// The number of its process group.
    #[must_use]
    pub fn group(&self) -> i32 {
        self.stat(5).parse().expect("a pid")
    }

    /// The number of its session.
    #[must_use]
    pub fn session(&self) -> i32 {
        self.stat(6).parse().expect("a pid")
    }

    /// The number of its terminal; 0 for none.
    #[must_use]
    pub fn terminal(&self) -> i32 {
        self.stat(7).parse().expect("a device number")
    }

    /// Its children, including zombies.
    #[must_use]
    pub fn children(&self) -> Vec<Self> {
        let own = Some(self.pid.to_string());
        Self::all()
            .filter(|other| other.find_stat(4) == own)
            .collect()
    }

    /// The arguments, as `ps` shows them.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.read("cmdline").replace('\0', " ");
        title.trim_end().to_owned()
    }

    /// The name, as `pgrep -x` matches it.
    #[must_use]
    pub fn name(&self) -> String {
        self.read("comm").trim_end().to_owned()
    }

    /// The environment that `/proc` shows, by name.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let text = self.read("environ");
        let entries = text.split('\0').filter_map(|entry| entry.split_once('='));
        entries
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Where it is.
    #[must_use]
    pub fn working_dir(&self) -> PathBuf {
        fs::read_link(format!("/proc/{}/cwd", self.pid)).expect("a working directory")
    }

    /// The open descriptors, and what each is.
    #[must_use]
    pub fn descriptors(&self) -> BTreeMap<i32, String> {
        let entries = fs::read_dir(format!("/proc/{}/fd", self.pid)).expect("its descriptors");
        let described = entries.flatten().filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let target = fs::read_link(entry.path()).ok()?;
            Some((number, target.to_string_lossy().into_owned()))
        });
        described.collect()
    }

    /// Whether a descriptor is closed by `exec`.
    #[must_use]
    pub fn closes_on_exec(&self, descriptor: i32) -> bool {
        const O_CLOEXEC: u32 = 0o2_000_000;
        let info = self.read(&format!("fdinfo/{descriptor}"));
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = u32::from_str_radix(flags.expect("flags in fdinfo").trim(), 8);
        flags.expect("an octal number") & O_CLOEXEC != 0
    }
}
