//! A machine before it boots: the files that it is to find, and the root below them.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::cgroup::{self, Cgroup};
use super::init::Init;
use super::{Machine, set_mode};
use crate::support::{build_directory, can_unshare, is_installed, skip};

/// A machine that has not booted: its init system and the files that it is to find.
#[derive(Debug)]
pub struct Plan {
    init: &'static Init,
    stage: Stage,
}

/// A directory that is copied into the machine's root; removed with its owner.
#[derive(Debug)]
pub(super) struct Stage {
    name: String,
    pub(super) path: PathBuf,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Plan {
    /// A machine with this init system.
    #[must_use]
    pub fn new(init: &'static Init) -> Self {
        let directory = cache();
        fs::create_dir_all(&directory).expect("the build directory is writable");
        for orphan in cgroup::orphans(&directory) {
            let _ = fs::remove_dir_all(orphan);
        }
        let name = cgroup::unique_name();
        let path = directory.join(&name);
        fs::create_dir_all(path.join("root")).expect("the build directory is writable");
        let mut plan = Self {
            init,
            stage: Stage { name, path },
        };
        for (path, mode, text) in init.files {
            plan = plan.file(path, text, *mode);
        }
        for unit in init.masks {
            plan = plan.link(&format!("/etc/systemd/system/{unit}"), "/dev/null");
        }
        plan
    }

    fn staged(&self, path: &str) -> PathBuf {
        let staged = self
            .stage
            .path
            .join("root")
            .join(path.trim_start_matches('/'));
        if let Some(directory) = staged.parent() {
            fs::create_dir_all(directory).expect("the build directory is writable");
        }
        staged
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, text: &str, mode: u32) -> Self {
        let staged = self.staged(path);
        fs::write(&staged, text).expect("the build directory is writable");
        set_mode(&staged, mode);
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.staged(path)).expect("the build directory is writable");
        self
    }

    /// Adds a copy of the executable `program`.
    #[must_use]
    pub fn program(self, path: &str, program: impl AsRef<Path>) -> Self {
        let staged = self.staged(path);
        fs::copy(program, &staged).expect("the program exists");
        set_mode(&staged, 0o755);
        self
    }

    /// Boots the machine and waits until it is up; `None` where this machine cannot have one.
    #[must_use]
    pub fn boot(self) -> Option<Machine> {
        let lower = match lower_root(self.init) {
            Ok(lower) => lower,
            Err(reason) => {
                skip(&format!("a machine with {}: {reason}", self.init.name));
                return None;
            }
        };
        let cgroup = match Cgroup::create(&self.stage.name) {
            Ok(cgroup) => cgroup,
            Err(error) => {
                skip(&format!("a machine needs a cgroup of its own: {error}"));
                return None;
            }
        };
        let console = self.stage.path.join("console");
        let log = File::create(&console).expect("the build directory is writable");
        // Owned from here on, so that a panic below ends it.
        let mut machine = Machine::new(
            self.init,
            spawn(self.init, &cgroup, &lower, &self.stage, log),
            cgroup,
            self.stage,
        );
        machine.wait_until_up();
        Some(machine)
    }
}

/// The directory for roots and stages, in the build directory.
fn cache() -> PathBuf {
    let profile = build_directory();
    let target = profile.parent().expect("cargo's target directory");
    target.join("machines")
}

/// The read-only root of the machine, made if need be; or why there is none.
fn lower_root(init: &Init) -> Result<PathBuf, String> {
    let own = fs::metadata("/proc/self").map_err(|error| error.to_string())?;
    if own.uid() != 0 {
        return Err("only root can boot a machine".into());
    }
    for program in ["unshare", "mount", "nsenter", "setpriv", "timeout"] {
        if !is_installed(program) {
            return Err(format!("{program} is not installed"));
        }
    }
    if !can_unshare("--mount --pid --cgroup --ipc --uts --net --fork") {
        return Err("namespaces are not permitted".into());
    }
    let lower = match init.root {
        None => PathBuf::from("/"),
        Some(name) => made_root(name)?,
    };
    if fs::symlink_metadata(lower.join(init.needs.trim_start_matches('/'))).is_err() {
        return Err(format!("{} is not installed", init.needs));
    }
    Ok(lower)
}

fn made_root(name: &str) -> Result<PathBuf, String> {
    let path = cache().join(name);
    if path.is_dir() {
        return Ok(path);
    }
    if !Path::new("/usr/bin/mmdebstrap").exists() {
        return Err("mmdebstrap is not installed".into());
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/machines/root.sh");
    let made = Command::new("sh").arg(script).arg(name).arg(&path).output();
    let made = made.expect("sh can be run");
    if made.status.success() {
        return Ok(path);
    }
    let said = String::from_utf8_lossy(&made.stderr);
    let last = said.lines().last().unwrap_or_default();
    Err(format!("the root {name} cannot be made: {last}"))
}

/// Starts the machine: joins the cgroup, then makes the namespaces, so that it is the root of its
/// own.
fn spawn(init: &Init, cgroup: &Cgroup, lower: &Path, stage: &Stage, log: File) -> Child {
    Command::new("sh")
        .args(["-c", "echo 0 >\"$0/cgroup.procs\" && exec \"$@\""])
        .arg(cgroup.path())
        // The chain that ends the machine when the test is killed: the test, unshare, PID 1.
        .args(["setpriv", "--pdeathsig", "KILL"])
        .args([
            "unshare", "--mount", "--pid", "--cgroup", "--ipc", "--uts", "--net",
        ])
        .args(["--fork", "--kill-child", "sh"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/machines/enter.sh"))
        .arg(lower)
        .arg(stage.path.join("root"))
        .arg(init.capabilities)
        .args(init.command)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a descriptor is left"))
        .stderr(log)
        .spawn()
        .expect("sh can be run")
}
