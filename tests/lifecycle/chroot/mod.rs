//! A daemon whose root is another directory.

mod life;
mod refusals;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::require_root;
use tests::support::{NOBODY, Process, Running, Sandbox, eventually};

/// A directory to be a root, where nobody can log.
struct Jail {
    sandbox: Sandbox,
    root: PathBuf,
}

impl Jail {
    fn new() -> Option<Self> {
        require_root!("change its root", None);
        let sandbox = Sandbox::scripted();
        let root = sandbox.path("above/jail");
        fs::create_dir_all(root.join("logs")).unwrap();
        for directory in [root.parent().unwrap(), &root] {
            fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
        }
        chown(root.join("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
        Some(Self { sandbox, root })
    }

    /// The log, as every process but the daemon names it.
    fn log(&self) -> PathBuf {
        self.root.join("logs/scripted.log")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn command(&self, verb: &str, options: &[&str]) -> Command {
        let mut command = self.sandbox.command(&[&[verb], options].concat());
        self.complete(&mut command);
        command
    }

    /// By variables, so that other programs can stand before the daemon's.
    fn complete(&self, command: &mut Command) {
        command
            .env("SCRIPTED_CHROOT", &self.root)
            .env("SCRIPTED_LOG_FILE", self.log())
            .env("SCRIPTED_USER", "nobody");
    }

    #[track_caller]
    fn verb(&self, verb: &str, options: &[&str]) -> tests::support::Finished {
        Running::begin(self.command(verb, options)).finish()
    }

    #[track_caller]
    fn start(&self) -> Process {
        let _ = self.verb("start", &[]).exits(0);
        let daemon = self.sandbox.daemon();
        self.assert_inside(&daemon);
        daemon
    }

    /// That no path and no descriptor leads out.
    #[track_caller]
    fn assert_inside(&self, daemon: &Process) {
        let link = |name| fs::read_link(format!("/proc/{}/{name}", daemon.pid)).unwrap();
        assert_eq!(link("root"), self.root);
        assert!(link("cwd").starts_with(&self.root));
        for (number, target) in daemon.descriptors() {
            let path = format!("/proc/{}/fd/{number}", daemon.pid);
            let is_directory = fs::metadata(path).is_ok_and(|file| file.is_dir());
            let is_inside = Path::new(&target).starts_with(&self.root);
            assert!(!is_directory || is_inside, "{number} is {target}");
        }
    }

    #[track_caller]
    fn await_log(&self, text: &str) {
        eventually(text, || self.said().contains(text));
    }
}
