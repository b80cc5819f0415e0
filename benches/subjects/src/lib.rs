//! Shared by the subjects: the place of their work, their init hook, and their reports.
//! A subject adds its own way to detach, and its own way to catch signals.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a bench ends at the first surprise"
)]

pub mod by_hand;
pub mod upgraded;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::libc;
use nix::time::{ClockId, clock_gettime};

/// The file `name` in the directory that the bench made for this run.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(std::env::var_os("BENCH_DIR").unwrap()).join(name)
}

/// Where the pid file is to be; the bench may say a relative path.
#[must_use]
pub fn pid_file() -> PathBuf {
    std::env::var_os("BENCH_PID_FILE").unwrap().into()
}

/// Where the log is to be.
#[must_use]
pub fn log_file() -> PathBuf {
    std::env::var_os("BENCH_LOG_FILE").unwrap().into()
}

/// The user that the daemon is to become, if the bench names one.
#[must_use]
pub fn user() -> Option<String> {
    std::env::var("BENCH_USER").ok()
}

/// How long a stop may take.
#[must_use]
pub fn stop_timeout() -> Duration {
    let seconds = std::env::var("BENCH_STOP_TIMEOUT").ok();
    Duration::from_secs(seconds.map_or(20, |text| text.trim_end_matches('s').parse().unwrap()))
}

/// The daemon's log, for appending.
#[must_use]
pub fn log() -> File {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o640);
    options.open(log_file()).unwrap()
}

/// The init hook: fails or leaves a child behind if the bench says so, takes as long as it says,
/// then reports that the daemon is ready.
pub fn hook() {
    if std::env::var_os("BENCH_FAIL").is_some() {
        std::process::exit(42);
    }
    if std::env::var_os("BENCH_CHILD").is_some() {
        let quiet = || Stdio::null();
        let mut child = Command::new("sleep");
        child
            .arg("600")
            .stdin(quiet())
            .stdout(quiet())
            .stderr(quiet());
        drop(child.spawn().unwrap());
    }
    let wait = std::env::var("BENCH_HOOK_MS").map_or(0, |ms| ms.parse().unwrap());
    if wait != 0 {
        std::thread::sleep(Duration::from_millis(wait));
    }
    report(now(), 0);
}

/// Nanoseconds on the clock that all processes share.
#[must_use]
pub fn now() -> u64 {
    let time = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap());
    u64::try_from(time.as_nanos()).unwrap()
}

/// Tells the bench `when` something happened, to whom, and a number that belongs to it.
pub fn report(when: u64, value: u64) {
    let pid = u64::from(std::process::id());
    let words = [when, pid, value].map(u64::to_ne_bytes);
    let mut pipe = OpenOptions::new()
        .write(true)
        .open(file("reports"))
        .unwrap();
    pipe.write_all(words.as_flattened()).unwrap();
}

/// The handler: SIGUSR1 reports when it was entered, SIGUSR2 how many realtime signals it has seen.
#[derive(Debug, Default)]
pub struct Handler {
    queued: u64,
}

impl Handler {
    /// Does what the number says.
    pub fn handle(&mut self, signal: i32) {
        let entered = now();
        match signal {
            libc::SIGUSR1 => report(entered, 1),
            libc::SIGUSR2 => report(entered, self.queued),
            _ => self.queued += 1,
        }
    }
}
