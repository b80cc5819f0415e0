//! Runs a verb under `ptrace(2)`. Makes one system call of one of its processes fail, or kills or
//! stops the process there.

use std::fmt;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tests::support::{DEADLINE, Sandbox};

use super::calls::CANNOT_FAIL;

/// A process of a start, by the order in which they are made.
pub const CALLER: usize = 0;
pub const FIRST_CHILD: usize = 1;
pub const DAEMON: usize = 2;

/// The descriptor that every traced verb has open, and no daemon may keep.
pub const INHERITED: &str = "/dev/full";

/// Calls of a running daemon that cannot fail in the way of the others.
const UNFAILING: [i64; 2] = [libc::SYS_rt_sigprocmask, libc::SYS_brk];

/// The treatment of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Fail(Errno),
    Kill,
    /// Stops the process while the closure of [`run_and`] runs.
    Stop,
}

/// Which calls of a process.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    Nth(usize),
    /// Every one of this number.
    Each(i64),
    /// The first `fcntl(2)` with this command.
    Fcntl(i32),
    /// The first of this number.
    First(i64),
}

/// Which calls of which process.
#[derive(Debug, Clone, Copy)]
pub struct Aim {
    pub role: usize,
    pub which: Which,
    pub act: Act,
}

/// The observed calls.
#[derive(Debug)]
pub struct Trace {
    /// The numbers of the calls of each process, in their order.
    pub calls: [Vec<i64>; 3],
    /// How the verb ended, as a shell says it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    /// Whether the call that was aimed at came.
    pub hit: bool,
    pub took: Duration,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            stdout,
            stderr,
            hit,
            ..
        } = self;
        write!(
            f,
            "code {code}, hit {hit}, says {stdout:?}, complains {stderr:?}"
        )
    }
}

#[derive(Debug)]
struct Tracee {
    pid: Pid,
    role: usize,
    /// Whether its calls count: not those of the loader and the runtime before `main`.
    counts: bool,
    /// The call after which they count.
    first: i64,
    /// The result of the current call, when it fails on purpose.
    failure: Option<Errno>,
    in_call: bool,
}

struct Tracer<'a> {
    tracees: Vec<Tracee>,
    /// Those and the ones that have ended. A thread may end before its parent's call is seen.
    known: Vec<Pid>,
    aim: Option<Aim>,
    /// Whether the daemon was running before.
    runs: bool,
    /// Runs while a process is stopped.
    then: &'a mut dyn FnMut(Pid),
    trace: Trace,
}

/// Traces `verb`, and the daemon `running`, if it is to do something for the verb.
pub fn run(sandbox: &Sandbox, verb: &[&str], running: Option<i32>, aim: Option<Aim>) -> Trace {
    trace(sandbox, verb, running, aim, &mut |_| {})
}

/// Traces `verb`, stops one of its processes at a call, and runs `then` with its pid.
pub fn run_and(
    sandbox: &Sandbox,
    verb: &[&str],
    role: usize,
    which: Which,
    mut then: impl FnMut(Pid),
) -> Trace {
    let act = Act::Stop;
    let trace = trace(
        sandbox,
        verb,
        None,
        Some(Aim { role, which, act }),
        &mut then,
    );
    assert!(trace.hit, "{which:?} never came: {trace}");
    trace
}

#[allow(
    clippy::zombie_processes,
    reason = "`follow` waits for the verb, by its number"
)]
fn trace(
    sandbox: &Sandbox,
    verb: &[&str],
    running: Option<i32>,
    aim: Option<Aim>,
    then: &mut dyn FnMut(Pid),
) -> Trace {
    let (out, err) = (sandbox.path("traced.out"), sandbox.path("traced.err"));
    let mut command: Command = sandbox.program("sh");
    // Stopped until it is traced.
    let line = format!("exec 9<>{INHERITED}; kill -STOP $$; exec \"$@\"");
    command.args(["-c", &line, "sh"]);
    command.arg(sandbox.exe()).args(verb);
    command
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap());
    let child = command.spawn().unwrap();
    let verb = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let stopped = waitpid(verb, Some(WaitPidFlag::WUNTRACED)).unwrap();
    assert!(matches!(stopped, WaitStatus::Stopped(..)), "{stopped:?}");
    let mut tracer = Tracer {
        tracees: Vec::new(),
        known: Vec::new(),
        aim,
        runs: running.is_some(),
        then,
        trace: Trace {
            calls: Default::default(),
            code: 0,
            stdout: String::new(),
            stderr: String::new(),
            hit: false,
            took: Duration::ZERO,
        },
    };
    if let Some(daemon) = running {
        tracer.seize(Pid::from_raw(daemon), DAEMON, true);
        ptrace::interrupt(Pid::from_raw(daemon)).unwrap();
    }
    tracer.seize(verb, CALLER, false);
    let began = Instant::now();
    kill(verb, Signal::SIGCONT).unwrap();
    tracer.follow(verb);
    let mut trace = tracer.trace;
    trace.took = began.elapsed();
    trace.stdout = std::fs::read_to_string(out).unwrap();
    trace.stderr = std::fs::read_to_string(err).unwrap();
    trace
}

impl Tracer<'_> {
    fn seize(&mut self, pid: Pid, role: usize, counts: bool) {
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACECLONE;
        ptrace::seize(pid, options).unwrap();
        self.add(pid, role, counts);
    }

    fn add(&mut self, pid: Pid, role: usize, counts: bool) {
        self.known.push(pid);
        self.tracees.push(Tracee {
            pid,
            role,
            counts,
            first: libc::SYS_clock_nanosleep,
            failure: None,
            in_call: false,
        });
    }

    /// Traces until the verb has ended; then detaches from the remaining processes.
    fn follow(&mut self, verb: Pid) {
        let end = Instant::now() + DEADLINE;
        let mut ended = false;
        while !ended || !self.tracees.is_empty() {
            if Instant::now() > end {
                for tracee in &self.tracees {
                    let _ = kill(tracee.pid, Signal::SIGKILL);
                }
                panic!("still at work at the deadline: {:?}", self.aim);
            }
            let flags = WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD | WaitPidFlag::WNOHANG;
            let status = match waitpid(None, Some(flags)) {
                Ok(WaitStatus::StillAlive) => {
                    std::thread::yield_now();
                    continue;
                }
                Err(Errno::ECHILD) => return,
                status => status.unwrap(),
            };
            let pid = status.pid().unwrap();
            match status {
                WaitStatus::Exited(_, code) => {
                    self.gone(pid);
                    if pid == verb {
                        self.trace.code = code;
                        ended = true;
                    }
                }
                WaitStatus::Signaled(_, signal, _) => {
                    self.gone(pid);
                    if pid == verb {
                        self.trace.code = 128 + signal as i32;
                        ended = true;
                    }
                }
                _ if ended => {
                    // Its child is stopped until it is detached as well.
                    self.add_child(pid, status);
                    self.known.push(pid);
                    self.gone(pid);
                    let _ = ptrace::detach(pid, delivered(status));
                }
                _ => self.stopped(pid, status),
            }
            if ended && pid == verb {
                for tracee in &self.tracees {
                    let _ = ptrace::interrupt(tracee.pid);
                }
            }
        }
    }

    fn gone(&mut self, pid: Pid) {
        self.tracees.retain(|tracee| tracee.pid != pid);
    }

    fn stopped(&mut self, pid: Pid, status: WaitStatus) {
        match status {
            WaitStatus::PtraceSyscall(_) => self.at_call(pid),
            WaitStatus::PtraceEvent(_, _, event) if event != libc::PTRACE_EVENT_STOP => {
                self.add_child(pid, status);
            }
            // A child may be seen before its parent's call that made it.
            WaitStatus::PtraceEvent(..) if !self.known.contains(&pid) => {
                let role = self.last_role() + 1;
                self.add(pid, role, true);
            }
            _ => {}
        }
        // ESRCH: it was killed meanwhile, and its end is reported next.
        let _ = ptrace::syscall(pid, delivered(status));
    }

    /// Traces the child that `pid` has just made.
    fn add_child(&mut self, pid: Pid, status: WaitStatus) {
        let WaitStatus::PtraceEvent(_, _, event) = status else {
            return;
        };
        if event == libc::PTRACE_EVENT_STOP {
            return;
        }
        let Ok(child) = ptrace::getevent(pid) else {
            return;
        };
        let child = Pid::from_raw(i32::try_from(child).unwrap());
        if !self.known.contains(&child) {
            let role = self.tracees.iter().map(|tracee| tracee.role).max();
            let seen = role.unwrap_or(0).max(self.last_role());
            self.add(child, seen + 1, true);
        }
    }

    fn last_role(&self) -> usize {
        let calls = &self.trace.calls;
        (0..3)
            .rev()
            .find(|role| !calls[*role].is_empty())
            .unwrap_or(0)
    }

    fn at_call(&mut self, pid: Pid) {
        let Some(tracee) = self.tracees.iter_mut().find(|tracee| tracee.pid == pid) else {
            return;
        };
        let Ok(mut registers) = ptrace::getregs(pid) else {
            return;
        };
        tracee.in_call = !tracee.in_call;
        if !tracee.in_call {
            if let Some(errno) = tracee.failure.take() {
                registers.rax = (-i64::from(errno as i32)).cast_unsigned();
                let _ = ptrace::setregs(pid, registers);
            }
            let number = registers.orig_rax.cast_signed();
            let executes = [libc::SYS_execve, libc::SYS_execveat].contains(&number);
            if executes && registers.rax == 0 && tracee.role == DAEMON {
                // A program that takes over has a way back from its first timer on.
                (tracee.counts, tracee.first) = (false, libc::SYS_timer_create);
            }
            return;
        }
        let number = registers.orig_rax.cast_signed();
        if !tracee.counts {
            // The daemon sleeps once in `main`: what comes before is the loader's.
            tracee.counts = number == tracee.first;
            return;
        }
        let Some(calls) = self.trace.calls.get_mut(tracee.role) else {
            return;
        };
        calls.push(number);
        let Some(aim) = self.aim.filter(|aim| aim.role == tracee.role) else {
            return;
        };
        let meant = match aim.which {
            Which::Nth(call) => calls.len() - 1 == call,
            Which::Each(wanted) => number == wanted,
            Which::First(wanted) => number == wanted && !self.trace.hit,
            Which::Fcntl(wanted) => {
                let command = registers.rsi == u64::from(wanted.cast_unsigned());
                number == libc::SYS_fcntl && command && !self.trace.hit
            }
        };
        if meant {
            self.trace.hit = true;
            match aim.act {
                Act::Kill => kill(pid, Signal::SIGKILL).unwrap(),
                Act::Stop => (self.then)(pid),
                // A busy daemon makes other calls than in the run that was counted.
                Act::Fail(_) if CANNOT_FAIL.contains(&number) => self.trace.hit = false,
                // The C library unblocks signals so after it has started a process, and `brk(2)`
                // returns no error.
                Act::Fail(_) if self.runs && UNFAILING.contains(&number) => {
                    self.trace.hit = false;
                }
                Act::Fail(errno) => {
                    tracee.failure = Some(errno);
                    registers.orig_rax = u64::MAX;
                    let _ = ptrace::setregs(pid, registers);
                }
            }
        }
    }
}

/// The signal that the tracee was about to get.
fn delivered(status: WaitStatus) -> Option<Signal> {
    match status {
        WaitStatus::Stopped(_, signal) => Some(signal),
        _ => None,
    }
}
