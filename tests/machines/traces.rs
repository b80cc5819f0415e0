//! The remains of a machine.

use std::fs;
use std::path::PathBuf;

/// Where a machine would show if something of it were left.
#[derive(Debug)]
pub struct Traces {
    pub(super) namespace: PathBuf,
    pub(super) cgroup: PathBuf,
    pub(super) stage: PathBuf,
}

impl Traces {
    /// The remains of the machine.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
        let processes = processes.map(|entry| entry.path()).filter(|process| {
            fs::read_link(process.join("ns/pid")).is_ok_and(|namespace| namespace == self.namespace)
        });
        let directories = [&self.cgroup, &self.stage]
            .into_iter()
            .filter(|path| path.exists());
        processes
            .chain(directories.cloned())
            .map(|path| path.display().to_string())
            .collect()
    }
}
