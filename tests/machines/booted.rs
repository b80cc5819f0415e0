//! A machine that runs: commands and files in it, and its end.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::cgroup::{self, Cgroup};
use super::init::Init;
use super::plan::Stage;
use super::{PATIENCE, Traces, read, set_mode};
use crate::support::{copy_program, until_within};

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

/// The result of a command in a machine.
#[derive(Debug)]
pub struct Output {
    /// Its exit code; 124 when it did not return in time.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Machine {
    /// The machine whose `unshare` was just started.
    pub(super) fn new(init: &'static Init, outer: Child, cgroup: Cgroup, stage: Stage) -> Self {
        Self {
            init,
            outer,
            pid: 0,
            device: 0,
            cgroup,
            stage,
        }
    }

    pub(super) fn wait_until_up(&mut self) {
        let pid = until_within(PATIENCE, || self.find_pid_one());
        self.pid = pid.unwrap_or_else(|| self.fail("no PID 1"));
        // Until PID 1 has entered its root, its root is this machine's: nothing may be written
        // there.
        let device = until_within(PATIENCE, || {
            device_of_root(self.pid).filter(|device| *device != own_device())
        });
        self.device = device.unwrap_or_else(|| self.fail("it does not enter its root"));
        let up = until_within(PATIENCE, || {
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

    /// The standard output and error of PID 1.
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

    /// Writes a file, with the directories above it.
    pub fn write(&self, path: &str, text: &str, mode: u32) {
        let path = self.path(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).expect("the machine's root is writable");
        }
        // By way of another file: a script cannot be run while it is open for writing.
        let draft = self.scratch(&cgroup::unique_name(), "draft");
        fs::write(&draft, text).expect("the build directory is writable");
        copy_program(&draft, &path);
        let _ = fs::remove_file(draft);
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
            .stdout(File::create(&out).expect("the build directory is writable"))
            .stderr(File::create(&err).expect("the build directory is writable"))
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
        let found = until_within(PATIENCE, || (self.sh(script).code == 0).then_some(()));
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
        let ended = until_within(PATIENCE, || self.outer.try_wait().ok().flatten());
        assert!(
            ended.is_some(),
            "{}: it does not end\n{}",
            self.init.name,
            self.console()
        );
    }

    /// The remains of the machine, as a list.
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
