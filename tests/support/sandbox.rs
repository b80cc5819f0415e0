//! The place of one test: a directory, a marker, and the promise that nothing stays behind.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::copy::copy_program;
use super::daemons::{build_directory, daemon_path};
use super::process::Process;
use super::script;
use super::skip::root_or_skip;
use super::verb::{Finished, Running};
use super::wait::until;

/// The variable that every process of a test has, and that daemons keep.
pub const MARKER: &str = "DAEMON_RT_TEST";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A directory of its own, and a daemon's program that works in it.
#[derive(Debug)]
pub struct Sandbox {
    directory: PathBuf,
    exe: PathBuf,
    name: String,
    /// The user of the verbs; `None` is the user of the tests.
    user: Option<u32>,
    marker: String,
}

impl Sandbox {
    /// A place for the daemon `exe`, which is called like its file.
    #[must_use]
    pub fn new(exe: &str) -> Self {
        let exe = PathBuf::from(exe);
        let name = exe
            .file_name()
            .and_then(OsStr::to_str)
            .expect("a name")
            .to_owned();
        let (unique, directory) = new_directory();
        set_mode(&directory, 0o755);
        let marker = format!("{}{unique}", home());
        Self {
            directory,
            exe,
            name,
            user: None,
            marker,
        }
    }

    /// A place for the daemon `name` of `tests/daemons/`.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::new(&daemon_path(name))
    }

    /// A place for the scripted daemon.
    #[must_use]
    pub fn scripted() -> Self {
        Self::of("scripted")
    }

    /// A place for the scripted daemon of an ordinary user, as with [`Self::of_user`].
    #[must_use]
    pub fn scripted_by(user: u32) -> Option<Self> {
        Self::of_user(&daemon_path("scripted"), user)
    }

    /// The same for an ordinary user, whose the directory is then; only root can make it.
    #[must_use]
    pub fn of_user(exe: &str, user: u32) -> Option<Self> {
        if !root_or_skip("run verbs as another user") {
            return None;
        }
        let mut sandbox = Self::new(exe);
        // The program may lie where only root can go.
        sandbox.exe = sandbox.directory.join(&sandbox.name);
        copy_program(exe, &sandbox.exe);
        chown(&sandbox.directory, Some(user), Some(user)).expect("the directory's owner");
        sandbox.user = Some(user);
        Some(sandbox)
    }

    /// A place for the scripted daemon, whose program is in the directory, where it can be replaced.
    #[must_use]
    pub fn upgradable() -> Self {
        Self::upgradable_of("scripted")
    }

    /// A place for the daemon `name` of `tests/daemons/`, whose program can be replaced.
    #[must_use]
    pub fn upgradable_of(name: &str) -> Self {
        let mut sandbox = Self::of(name);
        sandbox.exe = sandbox.path(name);
        sandbox.install(name);
        sandbox
    }

    /// Puts the daemon `name` of `tests/daemons/` in place of the program, as a deployment does.
    pub fn install(&self, name: &str) {
        let new = self.path("program.new");
        copy_program(daemon_path(name), &new);
        fs::rename(&new, &self.exe).expect("a program in place of the old one");
    }

    /// The directory of this test.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// A path in the directory.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The daemon's program.
    #[must_use]
    pub fn exe(&self) -> &Path {
        &self.exe
    }

    /// Where the pid file is.
    #[must_use]
    pub fn pid_file(&self) -> PathBuf {
        self.path(&format!("{}.pid", self.name))
    }

    /// Where its lock is.
    #[must_use]
    pub fn lock_file(&self) -> PathBuf {
        self.path(&format!("{}.pid.lock", self.name))
    }

    /// Where the log is.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.path(&format!("{}.log", self.name))
    }

    /// The variable of a key: `SCRIPTED_LOG_FILE`.
    #[must_use]
    pub fn variable(&self, key: &str) -> String {
        format!("{}_{key}", self.name)
            .to_ascii_uppercase()
            .replace('-', "_")
    }

    /// Replaces the daemon's script.
    pub fn script(&self, lines: &str) {
        let (path, new) = (self.path("script"), self.path("script.new"));
        fs::write(&new, lines)
            .and_then(|()| fs::rename(&new, &path))
            .expect("a script");
    }

    /// `program`, in this sandbox's environment and as its user.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some(user) = self.user {
            // Without any other group, as the standard library does it for root.
            command.uid(user).gid(user);
        }
        command.env_clear().current_dir(&self.directory);
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
        command
            .env("HOME", &self.directory)
            .env("XDG_STATE_HOME", self.path("state"));
        command
            .env(MARKER, &self.marker)
            .env(script::VARIABLE, self.path("script"));
        command.env(self.variable("PID_FILE"), self.pid_file());
        command.env(self.variable("LOG_FILE"), self.log_file());
        command
    }

    /// The daemon's program with these arguments.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(&self.exe);
        command.args(arguments);
        command
    }

    /// A shell line; `$D` is the daemon's program.
    #[track_caller]
    #[must_use]
    pub fn shell(&self, line: &str) -> Finished {
        let mut command = self.program("sh");
        command.args(["-c", line]).env("D", &self.exe);
        Running::begin(command).finish()
    }

    /// Begins the daemon's program with these arguments.
    #[track_caller]
    #[must_use]
    pub fn begin(&self, arguments: &[&str]) -> Running {
        Running::begin(self.command(arguments))
    }

    /// Runs the daemon's program to its end.
    #[track_caller]
    #[must_use]
    pub fn verb(&self, arguments: &[&str]) -> Finished {
        self.begin(arguments).finish()
    }

    /// `start`, which must succeed. Returns the daemon.
    #[track_caller]
    #[must_use]
    pub fn start(&self) -> Process {
        let _ = self.verb(&["start"]).exits(0);
        self.daemon()
    }

    /// `stop`, which must succeed.
    #[track_caller]
    pub fn stop(&self) {
        let _ = self.verb(&["stop"]).exits(0);
    }

    /// The process that the pid file names.
    #[track_caller]
    #[must_use]
    pub fn daemon(&self) -> Process {
        let text = fs::read_to_string(self.pid_file()).expect("a pid file");
        let pid = text
            .strip_suffix('\n')
            .and_then(|digits| digits.parse().ok());
        Process::of(pid.unwrap_or_else(|| panic!("the pid file says {text:?}")))
    }

    /// The daemon of a verb that has not ended yet.
    #[track_caller]
    #[must_use]
    pub fn wait_for_daemon(&self) -> Process {
        let found = until(|| {
            let text = fs::read_to_string(self.pid_file()).ok()?;
            Process::find(text.trim_end().parse().ok()?)
        });
        found.expect("a daemon before the deadline")
    }

    /// All of the log.
    #[must_use]
    pub fn log(&self) -> String {
        // A test may have put a FIFO there, which would be read for ever.
        let path = Some(self.log_file()).filter(|path| path.is_file());
        path.and_then(|path| fs::read_to_string(path).ok())
            .unwrap_or_default()
    }

    /// The messages of the log, without their times.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        let log = self.log();
        let messages = log
            .lines()
            .map(|line| line.split_once(" : ").map_or(line, |(_, m)| m));
        messages.map(str::to_owned).collect()
    }

    /// How many times the log says `text`.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.messages()
            .iter()
            .filter(|message| message.contains(text))
            .count()
    }

    /// Waits until the log says `text`.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) {
        self.wait_for_logs(text, 1);
    }

    /// Waits until the log says `text` in at least `count` lines.
    #[track_caller]
    pub fn wait_for_logs(&self, text: &str, count: usize) {
        let found = until(|| (self.count(text) >= count).then_some(()));
        assert!(
            found.is_some(),
            "the log never says `{text}` {count} times:\n{}",
            self.log()
        );
    }

    /// Asserts that nothing of a start is left: no pid file, no process, and a free lock.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        assert_eq!(self.daemon_is_gone(), Ok(()));
        let _ = self.verb(&["status"]).exits(3);
    }

    /// Whether no pid file and no process is left.
    ///
    /// # Errors
    /// The remaining processes.
    pub fn daemon_is_gone(&self) -> Result<(), String> {
        let left = titles(&self.processes());
        if self.pid_file().exists() || !left.is_empty() {
            return Err(format!("{} or {left:?}", self.pid_file().display()));
        }
        Ok(())
    }

    /// The living processes of this test besides itself.
    #[must_use]
    pub fn processes(&self) -> Vec<Process> {
        marked(|marker| marker == self.marker)
    }
}

impl Drop for Sandbox {
    /// Ends what the test has left by its own marker, and by nothing else. To leave a daemon is
    /// allowed: it is stopped here. To leave anything else is a failure of the test.
    fn drop(&mut self) {
        if self.lock_file().exists() {
            let _ = self.command(&["stop", "--stop-timeout", "1s"]).output();
        }
        let left = self.processes();
        let titles = titles(&left);
        left.iter().for_each(Process::kill);
        if std::thread::panicking() {
            println!("the log of {}:\n{}", self.directory.display(), self.log());
            let _ = fs::remove_dir_all(&self.directory);
            return;
        }
        fs::remove_dir_all(&self.directory).expect("a directory to remove");
        assert!(
            titles.is_empty(),
            "the test left processes behind: {titles:?}"
        );
    }
}

/// The command lines of the living processes of all tests of this build.
#[must_use]
pub fn survivors() -> Vec<String> {
    let home = home();
    titles(&marked(|marker| marker.starts_with(&home)))
}

fn titles(processes: &[Process]) -> Vec<String> {
    processes.iter().map(Process::title).collect()
}

fn marked(is_meant: impl Fn(&str) -> bool) -> Vec<Process> {
    let is_marked = |process: &Process| {
        let marker = process.environment().remove(MARKER);
        marker.is_some_and(|marker| is_meant(&marker)) && !process.has_ended()
    };
    Process::all().filter(is_marked).collect()
}

/// The beginning of the markers of all tests of this build.
fn home() -> String {
    format!("{}:", build_directory().display())
}

/// Makes a new directory and returns the unique part of its name. The directory of a killed test
/// whose pid was reused is passed over.
fn new_directory() -> (String, PathBuf) {
    loop {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let unique = format!("{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(format!("daemon-rt-{unique}"));
        match fs::create_dir(&directory) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made.expect("a new directory");
                return (unique, directory);
            }
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}
