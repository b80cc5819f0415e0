//! The cgroup of a machine: the root of the tree that its init system sees.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::support::until_within;

/// The stem of every name that a machine leaves in a shared place, with the test's pid and a
/// number.
const STEM: &str = "daemon-box-";

/// A name for one machine of this process.
pub(super) fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{STEM}{}-{number}", std::process::id())
}

/// The entries of `directory` that belong to test processes that are gone.
///
/// A test that was killed could not clean up; the next one does.
pub(super) fn orphans(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.path());
    names
        .filter(|path| owner_of(path).is_some_and(|pid| !is_alive(pid)))
        .collect()
}

fn owner_of(path: &Path) -> Option<u32> {
    let rest = path.file_name()?.to_str()?.strip_prefix(STEM)?;
    rest.split('-').next()?.parse().ok()
}

fn is_alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// A directory of the cgroup2 hierarchy, with a leaf for commands that run beside the init system.
#[derive(Debug)]
pub(super) struct Cgroup {
    path: PathBuf,
}

impl Cgroup {
    /// Makes the directory `name` at the top of this machine's cgroup2 hierarchy.
    pub(super) fn create(name: &str) -> io::Result<Self> {
        let top = mount_point()?;
        for orphan in orphans(&top) {
            remove(&orphan)?;
        }
        let path = top.join(name);
        fs::create_dir_all(path.join("shell"))?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A process in the `shell` leaf. systemd keeps processes out of inner directories.
    pub(super) fn shell(&self) -> PathBuf {
        self.path.join("shell")
    }

    /// Kills the remaining processes of the directory and removes it.
    pub(super) fn remove(&self) -> io::Result<()> {
        remove(&self.path)
    }
}

/// Where the cgroup2 hierarchy is mounted: `/sys/fs/cgroup`, or below it beside version 1.
fn mount_point() -> io::Result<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts")?;
    let path = mounts.lines().find_map(|line| {
        let mut fields = line.split(' ');
        let path = fields.nth(1)?;
        (fields.next()? == "cgroup2").then(|| PathBuf::from(path))
    });
    path.ok_or_else(|| io::Error::other("no cgroup2 hierarchy is mounted"))
}

fn remove(directory: &Path) -> io::Result<()> {
    // Linux 5.14; before it, the end of PID 1 has killed all that matters.
    let _ = fs::write(directory.join("cgroup.kill"), "1");
    until_within(Duration::from_secs(10), || match remove_tree(directory) {
        Err(error) if error.raw_os_error() == Some(EBUSY) => None,
        result => Some(result),
    })
    .unwrap_or_else(|| {
        Err(io::Error::other(format!(
            "{} stays busy",
            directory.display()
        )))
    })
}

/// `EBUSY`: processes that were killed are not gone yet.
const EBUSY: i32 = 16;

/// Removes the directory and those below; the files in them are the kernel's and go with them.
fn remove_tree(directory: &Path) -> io::Result<()> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(entries) => {
            for entry in entries.flatten() {
                if entry.file_type()?.is_dir() {
                    remove_tree(&entry.path())?;
                }
            }
        }
    }
    fs::remove_dir(directory)
}
