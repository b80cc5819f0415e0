//! A daemon whose control group is frozen, as by `docker pause` or `systemctl freeze`.

use std::fs;
use std::path::{Path, PathBuf};

use tests::require_root;
use tests::support::{Process, Sandbox, eventually, skip};

/// A control group with one process, which goes back to the top group at the end.
struct Group {
    top: PathBuf,
    path: PathBuf,
    /// The file of the freezer, and its words for "frozen" and "thawed".
    file: &'static str,
    words: [&'static str; 2],
    pid: String,
}

impl Group {
    /// The group of `daemon` in a hierarchy of this version.
    fn of(daemon: &Process, version: u8) -> Option<Self> {
        let (kind, file, words) = match version {
            1 => ("cgroup", "freezer.state", ["FROZEN", "THAWED"]),
            _ => ("cgroup2", "cgroup.freeze", ["1", "0"]),
        };
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let top = mounts.lines().find_map(|line| {
            let fields: Vec<_> = line.split(' ').collect();
            let is_it = fields[2] == kind && (version == 2 || fields[3].contains("freezer"));
            is_it.then(|| PathBuf::from(fields[1]))
        });
        let pid = daemon.pid.to_string();
        let made = top.and_then(|top| {
            let path = top.join(format!("daemon-frozen-{}", daemon.pid));
            fs::create_dir(&path).ok()?;
            let group = Self {
                top,
                path,
                file,
                words,
                pid,
            };
            fs::write(group.path.join("cgroup.procs"), &group.pid).ok()?;
            Some(group)
        });
        if made.is_none() {
            skip(&format!("no freezer of version {version} can be used"));
        }
        made
    }

    fn set(&self, is_frozen: bool) {
        let word = self.words[usize::from(!is_frozen)];
        fs::write(self.path.join(self.file), word).unwrap();
        let state = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        eventually("the group has changed", || match self.file {
            "freezer.state" => state(&self.path.join(self.file)).trim() == word,
            _ => state(&self.path.join("cgroup.events")).contains(&format!("frozen {word}")),
        });
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.set(false);
        // It fails when the process has ended.
        let _ = fs::write(self.top.join("cgroup.procs"), &self.pid);
        eventually("the group is empty", || fs::remove_dir(&self.path).is_ok());
    }
}

#[test]
fn daemon_in_a_frozen_group_is_frozen() {
    require_root!("freeze a control group");
    for version in [1, 2] {
        let sandbox = Sandbox::scripted();
        let daemon = sandbox.start();
        let Some(group) = Group::of(&daemon, version) else {
            continue;
        };
        let _ = sandbox.verb(&["status"]).exits(0).says("running, pid");
        group.set(true);
        let _ = sandbox.verb(&["status"]).exits(0).says("frozen, pid");
        let short = [
            "reload",
            "--start-timeout",
            "100ms",
            "--stop-timeout",
            "100ms",
        ];
        let _ = sandbox.verb(&short).exits(1).complains(", frozen");
        group.set(false);
        eventually("it is thawed", || {
            sandbox
                .verb(&["status"])
                .exits(0)
                .stdout
                .contains("running, pid")
        });
        drop(group);
        sandbox.stop();
    }
}

#[test]
fn stop_of_a_frozen_group_names_the_reason() {
    require_root!("freeze a control group");
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    let Some(group) = Group::of(&daemon, 1) else {
        return;
    };
    group.set(true);
    let stop = sandbox.verb(&["stop", "--stop-timeout", "100ms"]).exits(1);
    let _ = stop.complains("was killed, and is not gone: frozen or in the kernel (state D)");
    drop(group);
    eventually("the killed daemon is gone", || daemon.has_ended());
    let _ = sandbox.verb(&["stop"]).exits(0);
}
