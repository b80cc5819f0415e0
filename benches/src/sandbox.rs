//! A directory for one measure, with a pipe for its reports and a deadline for each step. It ends
//! every process that it started.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, mkfifo};

use crate::sys;

/// How long one step may take: longer than any does, unless something hangs.
const STEP: Duration = Duration::from_secs(120);

/// When the step at work must be over, on the monotonic clock, in nanoseconds.
static DEADLINE: AtomicU64 = AtomicU64::new(u64::MAX);

/// The report of a subject: the time, its pid, and a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub when: u64,
    pub pid: i32,
    pub value: u64,
}

/// The place of one measure.
#[derive(Debug)]
pub(crate) struct Sandbox {
    directory: PathBuf,
    reports: File,
}

/// Makes this process the one that orphans come to, and starts the watchdog.
pub(crate) fn prepare() {
    nix::sys::prctl::set_child_subreaper(true).unwrap();
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            if now() > DEADLINE.load(Ordering::Relaxed) {
                eprintln!("a step took longer than {STEP:?}: giving up");
                end_all();
                std::process::exit(1);
            }
        }
    });
}

/// Runs `work` on one processor and before others, as all that it starts.
pub(crate) fn pinned<T>(work: impl FnOnce() -> T) -> T {
    let all = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let last = (0..CpuSet::count())
        .rfind(|cpu| all.is_set(*cpu).unwrap())
        .unwrap();
    let mut one = CpuSet::new();
    one.set(last).unwrap();
    sched_setaffinity(Pid::from_raw(0), &one).unwrap();
    sys::hurry();
    let result = work();
    sys::relax();
    sched_setaffinity(Pid::from_raw(0), &all).unwrap();
    result
}

/// Nanoseconds on the clock that the subjects also use.
pub(crate) fn now() -> u64 {
    let time = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap());
    u64::try_from(time.as_nanos()).unwrap()
}

/// Gives the step that begins now its time.
fn begin_step(limit: Duration) {
    let end = now() + u64::try_from(limit.as_nanos()).unwrap();
    DEADLINE.store(end, Ordering::Relaxed);
}

/// Takes the deadline away, for what has none: compilers.
pub(crate) fn no_deadline() {
    DEADLINE.store(u64::MAX, Ordering::Relaxed);
}

impl Sandbox {
    /// A new directory in `parent`.
    pub(crate) fn new(parent: &Path) -> Self {
        let directory = parent.join(format!("benches.{}.{}", std::process::id(), now()));
        fs::create_dir(&directory).unwrap();
        let pipe = directory.join("reports");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        // Also for writing: so it never ends, and opening it does not wait.
        let reports = File::options().read(true).write(true).open(pipe).unwrap();
        begin_step(STEP);
        Self { directory, reports }
    }

    /// In memory: what is measured is not the disk.
    pub(crate) fn in_memory() -> Self {
        Self::new(Path::new("/dev/shm"))
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The words of a program as a command that works here, and says nothing.
    pub(crate) fn command(&self, words: &[String]) -> Command {
        begin_step(STEP);
        let directory = self.directory.to_string_lossy();
        let mut command = Command::new(&words[0]);
        command
            .args(
                words[1..]
                    .iter()
                    .map(|word| word.replace("{dir}", &directory)),
            )
            .env("BENCH_DIR", &self.directory)
            .env("BENCH_PID_FILE", self.file("bench.pid"))
            .env("BENCH_LOG_FILE", self.file("bench.log"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// The next report; the watchdog ends a bench to which none comes.
    pub(crate) fn report(&self) -> Report {
        begin_step(STEP);
        let mut words = [[0; 8]; 3];
        (&self.reports)
            .read_exact(words.as_flattened_mut())
            .unwrap();
        let [when, pid, value] = words.map(u64::from_ne_bytes);
        let pid = i32::try_from(pid).unwrap();
        Report { when, pid, value }
    }

    /// The next report if one comes within `limit`.
    pub(crate) fn report_within(&self, limit: Duration) -> Option<Report> {
        let mut wanted = [PollFd::new(self.reports.as_fd(), PollFlags::POLLIN)];
        let limit = PollTimeout::try_from(limit).unwrap();
        (poll(&mut wanted, limit).unwrap() > 0).then(|| self.report())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        end_all();
        fs::remove_dir_all(&self.directory).unwrap();
        no_deadline();
    }
}

/// Waits until `pid`, an orphan, has come to this process.
pub(crate) fn adopt(pid: i32) {
    begin_step(STEP);
    while let Err(Errno::ECHILD) = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)) {
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// Waits until `pid` is gone.
pub(crate) fn reap(pid: i32) -> WaitStatus {
    begin_step(STEP);
    waitpid(Pid::from_raw(pid), None).unwrap()
}

/// Waits until `pid` is gone, for at most `limit`.
pub(crate) fn reap_within(pid: i32, limit: Duration) -> Option<()> {
    begin_step(STEP);
    let end = Instant::now() + limit;
    while waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)).unwrap() == WaitStatus::StillAlive
    {
        if Instant::now() > end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Some(())
}

/// Ends every child, and the orphans that come from that, until there are none.
fn end_all() {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        for pid in children() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
        }
        if children().is_empty() {
            return;
        }
        assert!(Instant::now() < end, "processes stay: {:?}", children());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Every process below this one.
pub(crate) fn descendants() -> Vec<i32> {
    let mut found = children();
    let mut at = 0;
    while at < found.len() {
        found.extend(children_of(&found[at].to_string()));
        at += 1;
    }
    found
}

fn children() -> Vec<i32> {
    children_of("self")
}

/// The children of a process, `proc(5)`; none of one that is gone.
fn children_of(process: &str) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten();
    let lists = tasks
        .flatten()
        .map(|task| fs::read_to_string(task.path().join("children")));
    let lists: Vec<String> = lists.map(Result::unwrap_or_default).collect();
    let words = lists.iter().flat_map(|list| list.split_whitespace());
    words.map(|pid| pid.parse().unwrap()).collect()
}
