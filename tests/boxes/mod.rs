//! Throw-away machines: a real init system as PID 1 of its own namespaces.
//!
//! A machine sees a root of its own (this machine's, or one made by `root.sh`, under an overlay in
//! memory), its own processes, mounts, network, host name and cgroup tree. All of it ends with its
//! PID 1, and PID 1 ends with the test: when the [`Machine`] is dropped, when the test panics, and
//! when the test is killed. What a machine writes is lost.
//!
//! Only root may do this. Without that, or without a tool, [`Plan::boot`] returns `None` and prints
//! why; under `BOXES_REQUIRED=1` it panics.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test stops at the first thing that is not as it must be"
)]

mod cgroup;
pub mod init;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use self::cgroup::Cgroup;
use self::init::Init;

/// How long a machine may take to boot or to end, and a command in it to return.
const PATIENCE: Duration = Duration::from_secs(60);

/// Calls `attempt` until it returns something, for `time`.
pub fn poll<T>(time: Duration, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + time;
    loop {
        let found = attempt();
        if found.is_some() || Instant::now() >= end {
            return found;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A machine that has not booted: its init system and the files that it is to find.
#[derive(Debug)]
pub struct Plan {
    init: &'static Init,
    stage: Stage,
}

/// A folder that is copied into the machine's root; removed with its owner.
#[derive(Debug)]
struct Stage {
    name: String,
    path: PathBuf,
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
        let folder = cache();
        fs::create_dir_all(&folder).expect("the build folder is writable");
        for orphan in cgroup::orphans(&folder) {
            let _ = fs::remove_dir_all(orphan);
        }
        let name = cgroup::unique_name();
        let path = folder.join(&name);
        fs::create_dir_all(path.join("root")).expect("the build folder is writable");
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
        if let Some(folder) = staged.parent() {
            fs::create_dir_all(folder).expect("the build folder is writable");
        }
        staged
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, text: &str, mode: u32) -> Self {
        let staged = self.staged(path);
        fs::write(&staged, text).expect("the build folder is writable");
        set_mode(&staged, mode);
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.staged(path)).expect("the build folder is writable");
        self
    }

    /// Adds a copy of the executable `program`.
    #[must_use]
    pub fn program(self, path: &str, program: &Path) -> Self {
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
                skip(self.init, &reason);
                return None;
            }
        };
        let cgroup = Cgroup::create(&self.stage.name).expect("a cgroup can be made");
        let console = self.stage.path.join("console");
        let log = File::create(&console).expect("the build folder is writable");
        // Owned from here on, so that a panic below ends it.
        let mut machine = Machine {
            init: self.init,
            outer: spawn(self.init, &cgroup, &lower, &self.stage, log),
            pid: 0,
            device: 0,
            cgroup,
            stage: self.stage,
        };
        machine.wait_until_up();
        Some(machine)
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the file is ours");
}

/// The folder for roots and stages, in the build folder.
fn cache() -> PathBuf {
    let program = std::env::current_exe().expect("/proc is mounted");
    // TARGET/PROFILE/deps/PROGRAM
    let target = program
        .ancestors()
        .nth(3)
        .expect("tests run from cargo's build folder");
    target.join("boxes")
}

/// The read-only root of the machine, made if need be; or why there is none.
fn lower_root(init: &Init) -> Result<PathBuf, String> {
    let own = fs::metadata("/proc/self").map_err(|error| error.to_string())?;
    if own.uid() != 0 {
        return Err("only root can boot a machine".into());
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
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/boxes/root.sh");
    let made = Command::new("sh").arg(script).arg(name).arg(&path).output();
    let made = made.expect("sh can be run");
    assert!(
        made.status.success(),
        "root {name}: {}",
        String::from_utf8_lossy(&made.stderr)
    );
    Ok(path)
}

/// Says on the real stderr, which the test harness does not keep to itself, what was not tested.
fn skip(init: &Init, reason: &str) {
    assert!(
        std::env::var_os("BOXES_REQUIRED").is_none(),
        "{}: {reason}",
        init.name
    );
    let _ = writeln!(
        io::stderr(),
        "skipped: a machine with {}: {reason}",
        init.name
    );
}

/// Starts the machine: joins the cgroup, then makes the namespaces, so that it is the root of its own.
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
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/boxes/enter.sh"))
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

/// A machine that runs.
#[derive(Debug)]
pub struct Machine {
    init: &'static Init,
    /// `unshare`, which waits for PID 1.
    outer: Child,
    /// PID 1, as this machine numbers it; 0 before it is known.
    pid: u32,
    /// The device of its root.
    device: u64,
    cgroup: Cgroup,
    stage: Stage,
}

/// What a command in a machine did.
#[derive(Debug)]
pub struct Output {
    /// Its exit code; 124 when it did not return in time.
    pub code: i32,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Machine {
    fn wait_until_up(&mut self) {
        let pid = poll(PATIENCE, || self.find_pid_one());
        self.pid = pid.unwrap_or_else(|| self.fail("no PID 1"));
        // Until PID 1 has entered its root, its root is this machine's: nothing may be written there.
        let device = poll(PATIENCE, || {
            device_of_root(self.pid).filter(|device| *device != own_device())
        });
        self.device = device.unwrap_or_else(|| self.fail("it does not enter its root"));
        let up = poll(PATIENCE, || {
            (self.sh(self.init.ready).code == 0).then_some(())
        });
        if up.is_none() {
            self.fail("it does not come up");
        }
    }

    fn find_pid_one(&mut self) -> Option<u32> {
        if let Ok(Some(status)) = self.outer.try_wait() {
            self.fail(&format!("it ended: {status}"));
        }
        let outer = self.outer.id();
        read(&format!("/proc/{outer}/task/{outer}/children"))
            .trim()
            .parse()
            .ok()
    }

    fn fail(&self, what: &str) -> ! {
        panic!(
            "{}: {what}; its console:\n{}",
            self.init.name,
            self.console()
        );
    }

    /// What PID 1 wrote to its standard output and error.
    #[must_use]
    pub fn console(&self) -> String {
        fs::read_to_string(self.stage.path.join("console")).unwrap_or_default()
    }

    /// The number that this machine gives to PID 1 of the box.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The machine's root, as a path of this machine.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        // Not this machine's root, nor that of a process which got the number later.
        assert_eq!(
            device_of_root(self.pid),
            Some(self.device),
            "{} has ended",
            self.init.name
        );
        PathBuf::from(format!(
            "/proc/{}/root/{}",
            self.pid,
            path.trim_start_matches('/')
        ))
    }

    /// The text of a file; empty when there is none.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, path: &str, text: &str, mode: u32) {
        let path = self.path(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("the machine's root is writable");
        }
        fs::write(&path, text).expect("the machine's root is writable");
        set_mode(&path, mode);
    }

    /// Runs a shell script as root, in `/`, with nothing in the environment but `PATH`.
    ///
    /// Its output goes to files: a daemon that keeps a pipe open cannot hang the test.
    #[must_use]
    pub fn sh(&self, script: &str) -> Output {
        let name = cgroup::unique_name();
        let (out, err) = (self.scratch(&name, "out"), self.scratch(&name, "err"));
        let status = Command::new("sh")
            .args(["-c", "echo 0 >\"$0/cgroup.procs\" && exec nsenter \"$@\""])
            .arg(self.cgroup.shell())
            .args(["--target", &self.pid.to_string()])
            .args(["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"])
            .args([
                "env",
                "-i",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ])
            .args(["timeout", "--kill-after=5", &PATIENCE.as_secs().to_string()])
            .args(["sh", "-c", script])
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("the build folder is writable"))
            .stderr(File::create(&err).expect("the build folder is writable"))
            .status()
            .expect("sh can be run");
        let output = Output {
            code: status.code().unwrap_or(-1),
            out: read(&out),
            err: read(&err),
        };
        let _ = fs::remove_file(out);
        let _ = fs::remove_file(err);
        output
    }

    fn scratch(&self, name: &str, kind: &str) -> String {
        self.stage
            .path
            .join(format!("{name}.{kind}"))
            .display()
            .to_string()
    }

    /// Runs a script that has to succeed, and returns its standard output.
    #[allow(clippy::must_use_candidate, reason = "most scripts say nothing")]
    pub fn ok(&self, script: &str) -> String {
        let output = self.sh(script);
        assert_eq!(
            output.code,
            0,
            "{}: {script}: {output:?}\n{}",
            self.init.name,
            self.console()
        );
        output.out
    }

    /// Runs a script until it succeeds.
    pub fn until(&self, script: &str) {
        let found = poll(PATIENCE, || (self.sh(script).code == 0).then_some(()));
        assert!(
            found.is_some(),
            "{}: never true: {script}\n{}",
            self.init.name,
            self.console()
        );
    }

    /// Shuts the machine down as an administrator would and waits for the end of its PID 1.
    pub fn power_off(&mut self) {
        let _ = self.sh(self.init.poweroff);
        let ended = poll(PATIENCE, || self.outer.try_wait().ok().flatten());
        assert!(
            ended.is_some(),
            "{}: it does not end\n{}",
            self.init.name,
            self.console()
        );
    }

    /// Whether anything of the machine is left, as a list of what.
    ///
    /// For the harness's own tests, after the machine was dropped.
    #[must_use]
    pub fn traces(&self) -> Traces {
        Traces {
            namespace: fs::read_link(format!("/proc/{}/ns/pid", self.pid)).unwrap_or_default(),
            cgroup: self.cgroup.path().to_owned(),
            stage: self.stage.path.clone(),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Not by PID 1's number, which may be another process's by now: the kernel passes it on.
        let _ = self.outer.kill();
        let _ = self.outer.wait();
        let removed = self.cgroup.remove();
        if !thread::panicking() {
            removed.expect("nothing of the machine is left in its cgroup");
        }
    }
}

/// The device of the root that the process `pid` sees.
fn device_of_root(pid: u32) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/root/"))
        .ok()
        .map(|root| root.dev())
}

/// The device of this machine's root.
fn own_device() -> u64 {
    fs::metadata("/").expect("there is a root").dev()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Where a machine would show if something of it were left.
#[derive(Debug)]
pub struct Traces {
    namespace: PathBuf,
    cgroup: PathBuf,
    stage: PathBuf,
}

impl Traces {
    /// What is left of the machine.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        let processes = fs::read_dir("/proc").expect("/proc is mounted").flatten();
        let processes = processes.map(|entry| entry.path()).filter(|process| {
            fs::read_link(process.join("ns/pid")).is_ok_and(|namespace| namespace == self.namespace)
        });
        let folders = [&self.cgroup, &self.stage]
            .into_iter()
            .filter(|path| path.exists());
        processes
            .chain(folders.cloned())
            .map(|path| path.display().to_string())
            .collect()
    }
}
