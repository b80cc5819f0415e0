//! One subject in one sandbox: its starts and their results.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Verdict;
use crate::sandbox::{Sandbox, adopt, descendants, reap};
use crate::subjects::Program;

/// After this long it hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// The longest wait of a start by itself, and a little more.
pub(super) const PATIENCE: Duration = Duration::from_secs(65);

/// The user id of `nobody`, and its group's.
pub(super) const NOBODY: u32 = 65534;

/// The conditions of a start.
#[derive(Debug, Default)]
pub(super) struct How<'a> {
    /// The words before the program on its command line.
    pub wrapper: &'a [&'a str],
    pub variables: &'a [(&'a str, &'a str)],
    /// The pid file, where it is not `bench.pid` in the sandbox.
    pub pid_file: Option<&'a str>,
}

/// The end of a start, and the processes that it left.
#[derive(Debug)]
pub(super) struct Start {
    /// None: it did not return. 128 and more: a signal.
    pub code: Option<i32>,
    pub daemon: Option<i32>,
    /// Whether processes are left that are no ready daemon.
    lingers: bool,
}

#[derive(Debug)]
pub(super) struct Trial<'a> {
    program: &'a Program,
    pub sandbox: Sandbox,
}

impl<'a> Trial<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        let sandbox = Sandbox::in_memory();
        let everybody = fs::Permissions::from_mode(0o666);
        fs::set_permissions(sandbox.file("reports"), everybody).unwrap();
        let logs = sandbox.file("logs");
        fs::create_dir(&logs).unwrap();
        chown(&logs, Some(NOBODY), Some(NOBODY)).unwrap();
        Self { program, sandbox }
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.sandbox.file("bench.pid")
    }

    /// Starts it, and waits for the result.
    pub(super) fn start(&self, how: &How) -> Start {
        let before = descendants();
        let mut child = self.command(how).spawn().unwrap();
        let code = code_of(&mut child, LIMIT);
        self.outcome(code, &before)
    }

    pub(super) fn plain(&self) -> Start {
        self.start(&How::default())
    }

    /// What becomes of a start that has ended so; `before` were there already.
    pub(super) fn outcome(&self, code: Option<i32>, before: &[i32]) -> Start {
        let end = Instant::now() + LIMIT;
        let lives = || {
            descendants()
                .iter()
                .any(|pid| !before.contains(pid) && is_alive(*pid))
        };
        let mut daemon = None;
        while daemon.is_none() && Instant::now() < end {
            // A process that is gone has reported before.
            let gone = !lives();
            daemon = self
                .sandbox
                .report_within(Duration::from_millis(20))
                .map(|report| report.pid);
            if gone {
                break;
            }
        }
        let daemon = daemon.filter(|pid| is_alive(*pid));
        let lingers = daemon.is_none() && lives();
        Start {
            code,
            daemon,
            lingers,
        }
    }

    pub(super) fn command(&self, how: &How) -> Command {
        let mut words: Vec<String> = how.wrapper.iter().map(|word| (*word).to_owned()).collect();
        words.extend(self.program.words.iter().cloned());
        if let Some(path) = how.pid_file {
            let default = "{dir}/bench.pid";
            for word in &mut words {
                *word = word.replace(default, path);
            }
        }
        let user = how.variables.iter().find(|(name, _)| *name == "BENCH_USER");
        if let (Some((_, user)), Some(at)) = (user, words.iter().position(|word| word == "--start"))
        {
            words.splice(at..=at, ["--start", "--chuid", user].map(str::to_owned));
        }
        let mut command = self.sandbox.command(&words);
        if let Some(path) = how.pid_file {
            command.env("BENCH_PID_FILE", path);
        }
        command
            .current_dir(self.sandbox.directory())
            .env("BENCH_CAREFUL", "1")
            .envs(how.variables.iter().copied())
            .stderr(Stdio::null());
        command
    }

    /// Runs its ways to stop, each to its end.
    pub(super) fn stops(&self) -> Option<Vec<Vec<String>>> {
        let pid_file = self.pid_file();
        let by_file = format!(
            "start-stop-daemon --stop --quiet --retry 1 --pidfile {}",
            pid_file.display()
        );
        let by_file: Vec<String> = by_file.split(' ').map(str::to_owned).collect();
        match self.program.name {
            "daemon-rt" | "libdaemon" => Some(vec![self.program.verb("stop")]),
            "start-stop-daemon" => {
                let at = self
                    .program
                    .words
                    .iter()
                    .position(|word| word == "--exec")?;
                let exec = self.program.words[at..=at + 1].iter().cloned();
                Some(vec![by_file.iter().cloned().chain(exec).collect(), by_file])
            }
            _ => None,
        }
    }

    /// Runs a way to stop in the process group `group`: some signal their own.
    pub(super) fn run(&self, words: &[String], group: i32) {
        let mut command = self.sandbox.command(words);
        command.stderr(Stdio::null()).process_group(group);
        code_of(&mut command.spawn().unwrap(), LIMIT);
    }
}

impl Start {
    /// For a start that should be refused: held when it is and the caller learns it.
    pub(super) fn refused(&self, ran: impl FnOnce(i32) -> Verdict) -> Verdict {
        match (self.code, self.daemon) {
            (None, _) => Verdict::fails("hangs"),
            (_, Some(pid)) => ran(pid),
            (_, None) if self.lingers => Verdict::fails("hangs in the background"),
            (Some(0), None) => Verdict::fails("exit 0, no daemon"),
            (Some(_), None) => Verdict::Held,
        }
    }

    /// For a start that should work.
    pub(super) fn runs(&self, then: impl FnOnce(i32) -> Verdict) -> Verdict {
        match (self.code, self.daemon) {
            (None, _) => Verdict::fails("hangs"),
            (Some(0), Some(pid)) => then(pid),
            (Some(0), None) if self.lingers => Verdict::fails("hangs in the background"),
            (Some(0), None) => Verdict::fails("exit 0, no daemon"),
            (Some(code), Some(_)) => Verdict::Fails(format!("runs, exit {code}")),
            (Some(_), None) => Verdict::fails("refused"),
        }
    }
}

/// Waits for the end of a command; one that hangs is ended, and has no code.
pub(super) fn code_of(child: &mut Child, limit: Duration) -> Option<i32> {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().or(status.signal().map(|signal| 128 + signal));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Ends a daemon as the kernel does when memory is short, and waits until it is gone, as PID 1 does
/// for all: some take a zombie for a daemon that runs.
pub(super) fn kill_hard(pid: i32) {
    adopt(pid);
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    reap(pid);
}

/// Whether it runs: a zombie does not.
pub(super) fn is_alive(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// A line of `/proc/PID/status`.
pub(super) fn field(pid: i32, name: &str) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap().trim().to_owned()
}
