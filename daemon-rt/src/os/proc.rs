//! Facts about processes, from `/proc`, `proc(5)`.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::stat::Mode;
use nix::sys::time::TimeSpec;
use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::error::Error;
use crate::os::clock;
use crate::os::file_id::FileId;
use crate::os::sys;

/// Returns the names of this process's threads, without the calling one.
pub(crate) fn other_threads() -> std::io::Result<Vec<String>> {
    // Each thread is a subdirectory, so a single-threaded process has a link count of 3.
    if fs::metadata("/proc/self/task")?.nlink() == 3 {
        return Ok(Vec::new());
    }
    let own = nix::unistd::gettid().to_string();
    let mut names = Vec::new();
    for thread in entries("/proc/self/task")? {
        if !thread.ends_with(&own) {
            let name = text(thread.join("comm")).unwrap_or_default();
            names.push(name.trim_end().to_owned());
        }
    }
    Ok(names)
}

/// A lock that a process holds on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldLock {
    pub kind: LockKind,
    pub is_exclusive: bool,
    /// The process that took it. The number is not positive for a lock of an open file description,
    /// and for a process of another PID namespace. An `flock(2)` may be held by a child of it now.
    pub pid: i32,
    /// The first byte.
    pub start: u64,
}

/// The kind of a [`HeldLock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockKind {
    Record,
    Description,
    Flock,
}

/// Returns the locks on a file, which may be open with `O_PATH`. So every user can ask about the
/// daemon of another one. `/proc/locks` omits record locks of other PID namespaces.
///
/// # Errors
/// `ErrorKind::Unknown` if `/proc` cannot be read, or is that of another PID namespace.
pub(crate) fn locks_of(file: &File) -> Result<Vec<HeldLock>, Error> {
    let unknown = |path: &str, error: std::io::Error| {
        Error::unknown(format!("cannot read {path}: {error}; mount all of /proc"))
    };
    let own = fs::read_link("/proc/self").map_err(|error| unknown("/proc/self", error))?;
    if !is_named_by(&own) {
        return Err(Error::unknown(
            "/proc is that of another PID namespace; mount the own one",
        ));
    }
    let place = place_in_locks(file).map_err(|error| unknown("/proc/self", error))?;
    let locks = text("/proc/locks").map_err(|error| unknown("/proc/locks", error))?;
    Ok(locks
        .lines()
        .filter_map(|line| HeldLock::parse(line, &place))
        .collect())
}

impl HeldLock {
    /// Reads a line such as `1: POSIX  ADVISORY  WRITE 4711 fe:01:1234 0 EOF`, if it is about
    /// `place`. A waiting process has an arrow before the kind.
    fn parse(line: &str, place: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, kind, _, access, pid, its_place, start, ..] = words[..] else {
            return None;
        };
        let kind = match kind {
            "POSIX" => LockKind::Record,
            "OFDLCK" => LockKind::Description,
            "FLOCK" => LockKind::Flock,
            _ => return None,
        };
        (its_place == place).then_some(Self {
            kind,
            is_exclusive: access == "WRITE",
            pid: pid.parse().ok()?,
            start: start.parse().ok()?,
        })
    }
}

/// Returns the file as `/proc/locks` shows it. The device is that of the mount: `fstat(2)` has
/// another one on btrfs, and on an overlay of several file systems.
fn place_in_locks(file: &File) -> std::io::Result<String> {
    let FileId { device, inode } = FileId::from(&file.metadata()?);
    let info = text(format!("/proc/self/fdinfo/{}", file.as_raw_fd()))?;
    let mount = info.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    let (major, minor) = match mount {
        Some(mount) => device_of_mount(mount.trim())?,
        None => (nix::libc::major(device), nix::libc::minor(device)),
    };
    Ok(format!("{major:02x}:{minor:02x}:{inode}"))
}

/// Returns the device of a mount by its number, `proc_pid_mountinfo(5)`.
fn device_of_mount(mount: &str) -> std::io::Result<(u32, u32)> {
    let mounts = text("/proc/self/mountinfo")?;
    let device = mounts.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == mount).then_some(())?;
        let (major, minor) = words.nth(1)?.split_once(':')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    });
    device.ok_or_else(|| std::io::Error::other(format!("mountinfo has no mount {mount}")))
}

/// Returns the processes that have mapped a file without access to it, as an
/// [`Anchor`](sys::Anchor) does. Omits those whose memory this process may not look into.
pub(crate) fn anchors_of(file: &File) -> Vec<i32> {
    let Some(place) = Some(file).filter(|_| is_own()) else {
        return Vec::new();
    };
    let Ok(place) = place_in_locks(place) else {
        return Vec::new();
    };
    let has_anchor = |pid: &i32| {
        let maps = text(format!("/proc/{pid}/maps")).unwrap_or_default();
        maps.lines().any(|line| is_anchor(line, &place))
    };
    let processes = entries("/proc").unwrap_or_default();
    let pids = processes
        .iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok());
    pids.filter(has_anchor).collect()
}

/// Reads a line such as `7f5c8000-7f5c9000 ---p 00000000 fe:01 1234 /run/NAME.pid.lock`.
fn is_anchor(line: &str, place: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [_, access, _, device, inode, ..] = words[..] else {
        return false;
    };
    access == "---p" && place.split_once(device) == Some(("", &format!(":{inode}")))
}

/// Returns whether `/proc` shows this process by its number. In a new PID namespace `/proc` may
/// still be that of the old one, where the numbers mean other processes.
fn is_own() -> bool {
    fs::read_link("/proc/self").is_ok_and(|link| is_named_by(&link))
}

fn is_named_by(link: &Path) -> bool {
    link.as_os_str() == std::process::id().to_string().as_str()
}

/// Returns whether `uid` stands for every user that this user namespace does not map,
/// `user_namespaces(7)`. Such a number identifies nobody.
pub(crate) fn is_unmapped(uid: u32) -> bool {
    static UNMAPPED: OnceLock<Option<u32>> = OnceLock::new();
    let find = || {
        let overflow = text("/proc/sys/kernel/overflowuid").ok()?;
        let overflow: u32 = overflow.trim().parse().ok()?;
        let map = text("/proc/self/uid_map").ok()?;
        let holds = |line: &str| {
            let mut words = line.split_whitespace().map(str::parse::<u32>);
            let (first, count) = (words.next()?.ok()?, words.nth(1)?.ok()?);
            Some((first..first.saturating_add(count)).contains(&overflow))
        };
        let is_mapped = map.lines().any(|line| holds(line).unwrap_or(true));
        (!is_mapped).then_some(overflow)
    };
    *UNMAPPED.get_or_init(find) == Some(uid)
}

/// Returns the real and the effective user of a process.
pub(crate) fn users(pid: i32) -> Option<[u32; 2]> {
    is_own().then_some(())?;
    let status = text(format!("/proc/{pid}/status")).ok()?;
    let users = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let mut users = users.split_whitespace().map_while(|user| user.parse().ok());
    Some([users.next()?, users.next()?])
}

/// Waits until process `pid` has ended or is a zombie, at most `limit`.
pub(crate) fn wait_for_end(pid: i32, limit: Duration) {
    match sys::pidfd_open(Pid::from_raw(pid)) {
        Ok(pidfd) => drop(wait_readable(pidfd.as_fd(), limit)),
        Err(Errno::ESRCH) => {}
        // Without a descriptor the caller has to poll.
        Err(_) => std::thread::sleep(limit.min(Duration::from_millis(20))),
    }
}

/// Waits until `fd` can be read, at most `limit`. Returns false only when the time is over, since
/// the caller may then kill a process.
pub(crate) fn wait_readable(fd: BorrowedFd<'_>, limit: Duration) -> bool {
    // The kernel rejects more seconds than its type holds.
    let limit = limit.min(Duration::from_secs(u64::from(u32::MAX)));
    let end = Instant::now() + limit;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let mut wanted = [PollFd::new(fd, PollFlags::POLLIN)];
        match ppoll(&mut wanted, Some(TimeSpec::from(left)), None) {
            Ok(ready) if ready > 0 => return true,
            Ok(_) => {}
            // A signal interrupted the call, or the kernel lacks memory.
            Err(_) => std::thread::sleep(left.min(Duration::from_millis(10))),
        }
        if left.is_zero() {
            return false;
        }
    }
}

/// Returns the command line of a process, for display. It is empty if nothing is known.
pub(crate) fn command_line(pid: i32) -> String {
    let raw = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let raw = Some(raw).filter(|_| is_own()).unwrap_or_default();
    let words = raw.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The facts about a process that `/proc` shows to every user.
#[derive(Debug)]
pub(crate) struct Facts {
    pub uptime: Duration,
    /// Resident memory, in units of 1024 bytes.
    pub memory_kb: u64,
    pub threads: u64,
    pub children: u64,
    pub zombies: u64,
    /// Whether a signal, a debugger or a control group has stopped it, so that it cannot answer.
    pub is_frozen: bool,
}

impl Facts {
    /// Reads the facts about process `pid`. Returns `None` when it has ended, or when `/proc` is
    /// that of another PID namespace.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        is_own().then_some(())?;
        let stat = Stat::of(pid)?;
        let children = children(pid, stat.threads);
        let zombies = children
            .iter()
            .filter(|child| Stat::of(**child).is_some_and(|stat| stat.state == 'Z'));
        Some(Self {
            uptime: stat.uptime(),
            memory_kb: stat.resident * system_value(SysconfVar::PAGE_SIZE, 4096) / 1024,
            threads: stat.threads,
            children: children.len() as u64,
            zombies: zombies.count() as u64,
            is_frozen: stat.is_stopped() || is_frozen_by_group(pid),
        })
    }
}

/// Returns whether a signal, a debugger or a control group has stopped process `pid`.
pub(crate) fn is_frozen(pid: i32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.is_stopped()) || is_frozen_by_group(pid)
}

/// Returns whether the freezer of a control group has stopped process `pid`, `cgroups(7)`. The
/// state in `/proc` does not show it.
fn is_frozen_by_group(pid: i32) -> bool {
    let groups = text(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    let mounts = text("/proc/self/mountinfo").unwrap_or_default();
    // The lines look like `0::/a/b` in version 2, and like `7:freezer:/a/b` in version 1.
    groups.lines().any(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
            return false;
        };
        let (kind, option, file, frozen) = match controllers {
            "" => ("cgroup2", "", "cgroup.events", "frozen 1"),
            "freezer" => ("cgroup", "freezer", "freezer.state", "FRO"),
            _ => return false,
        };
        let found = mounts.lines().filter_map(|mount| {
            let (place, device) = mount.split_once(" - ")?;
            let place: Vec<_> = place.split(' ').collect();
            let is_it = device.starts_with(&format!("{kind} ")) && device.contains(option);
            let below = path.strip_prefix(place.get(3)?.trim_end_matches('/'))?;
            is_it.then(|| format!("{}{below}/{file}", place.get(4).unwrap_or(&"")))
        });
        let mut found = found.filter_map(|file| text(file).ok());
        found.any(|state| state.lines().any(|line| line.starts_with(frozen)))
    })
}

/// Some fields of `/proc/PID/stat`.
#[derive(Debug)]
struct Stat {
    state: char,
    threads: u64,
    /// Start time, in clock ticks after boot.
    started: u64,
    /// Resident memory, in pages.
    resident: u64,
}

impl Stat {
    fn of(pid: i32) -> Option<Self> {
        let stat = stat(pid).ok()?;
        let fields: Vec<&str> = stat.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse().ok();
        Some(Self {
            state: fields.first()?.chars().next()?,
            threads: number(20)?,
            started: number(22)?,
            resident: number(24)?,
        })
    }

    /// Returns whether a signal or a debugger has stopped the process.
    fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }

    fn uptime(&self) -> Duration {
        let ticks = system_value(SysconfVar::CLK_TCK, 100);
        clock::boot().saturating_sub(Duration::from_secs(self.started / ticks))
    }
}

/// Returns the fields after the name in `/proc/PID/stat`. The name is cut to 15 bytes and may be
/// invalid text.
///
/// # Errors
/// The file cannot be read or is not UTF-8.
pub(crate) fn stat(pid: impl Display) -> std::io::Result<String> {
    // Room for all of it, since each growth would cost another read. It is also more than the
    // allocator caches when freed, so an idle daemon does not keep it.
    let mut stat = Vec::with_capacity(2048);
    File::open(format!("/proc/{pid}/stat"))?
        .take(1024)
        .read_to_end(&mut stat)?;
    // The second field is the name in brackets, which may hold anything.
    let end = stat.iter().rposition(|byte| *byte == b')');
    stat.drain(..end.map_or(0, |end| end + 1));
    String::from_utf8(stat).map_err(|_| std::io::ErrorKind::InvalidData.into())
}

/// Lists a directory of `/proc`. When it returns, the descriptor of the list is closed.
///
/// # Errors
/// The directory cannot be read.
pub(crate) fn entries(directory: &str) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    Ok(paths)
}

/// Reads a file of `/proc`. It may hold names of processes, which are any bytes and cut anywhere.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn text(path: impl AsRef<Path>) -> std::io::Result<String> {
    // Such a file has no size, for which `fs::read` asks before it begins with reads of 32 bytes.
    let mut text = Vec::with_capacity(4096);
    File::open(path)?.take(u64::MAX).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Returns a constant of this system, `sysconf(3)`, or `usual` where it is unknown.
fn system_value(name: SysconfVar, usual: u64) -> u64 {
    let value = sysconf(name).ok().flatten();
    let value = value.and_then(|value| u64::try_from(value).ok());
    value.filter(|value| *value > 0).unwrap_or(usual)
}

/// Opens the program of this process with `O_PATH`, `open(2)`. It can be executed so, whatever has
/// become of its path.
pub(crate) fn own_program() -> nix::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    open("/proc/self/exe", flags, Mode::empty())
}

/// Returns the children of this process, or none if `/proc` is not that of its PID namespace.
pub(crate) fn own_children() -> Vec<i32> {
    if !is_own() {
        return Vec::new();
    }
    // However many there are.
    children(std::process::id().cast_signed(), u64::MAX)
}

/// Returns the children of every thread of a process. A single thread has the number of its
/// process, so no listing is needed.
fn children(pid: i32, threads: u64) -> Vec<i32> {
    let tasks = format!("/proc/{pid}/task");
    let tasks = if threads == 1 {
        vec![PathBuf::from(format!("{tasks}/{pid}"))]
    } else {
        entries(&tasks).unwrap_or_default()
    };
    let mut children = Vec::new();
    for task in tasks {
        let list = text(task.join("children")).unwrap_or_default();
        children.extend(
            list.split_whitespace()
                .filter_map(|pid| pid.parse::<i32>().ok()),
        );
    }
    children
}
