//! The hooks of a scripted daemon follow the lines of its script, `HOOK ACTION [ARGUMENT]`. The
//! script is read at each call, so that a test can change it.

use std::ffi::OsStr;
use std::fs::DirEntry;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use daemon_rt::Context;
use log::{debug, info};
use nix::sys::signal::{SigEvent, SigevNotify};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::time::ClockId;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{
    PidfdFlags, PidfdGetfdFlags, Signal, getpid, kill_process, pidfd_getfd, pidfd_open,
};

/// The variable that names the script.
pub const VARIABLE: &str = "DAEMON_RT_SCRIPT";

/// Kept open for the life of the process.
static LISTENERS: Mutex<Vec<TcpListener>> = Mutex::new(Vec::new());

/// Logs that `hook` was called, and runs its action of the script.
///
/// # Errors
/// The text of the action `fail`.
pub fn perform(hook: &str, mut context: Option<&mut Context>) -> Result<(), String> {
    debug!("{hook} on thread {}", rustix::thread::gettid().as_raw_pid());
    for (action, argument) in actions(hook) {
        act(&action, &argument, context.as_deref_mut())?;
    }
    Ok(())
}

/// The actions of the script for `hook`.
pub fn actions(hook: &str) -> Vec<(String, String)> {
    let path = std::env::var_os(VARIABLE)
        .map(PathBuf::from)
        .unwrap_or_default();
    let script = std::fs::read_to_string(path).unwrap_or_default();
    let lines = script.lines().filter_map(|line| {
        let (first, rest) = line.trim().split_once(' ')?;
        (first == hook).then_some(rest)
    });
    let split = |line: &str| {
        let (action, argument) = line.split_once(' ').unwrap_or((line, ""));
        (action.to_owned(), argument.to_owned())
    };
    lines.map(split).collect()
}

/// A function that C calls cannot unwind.
extern "C" fn in_c() {
    panic!("deep down");
}

fn act(action: &str, argument: &str, context: Option<&mut Context>) -> Result<(), String> {
    match action {
        "copy" => return super::forks::copy(argument, act, context),
        "fail" => return Err(argument.to_owned()),
        "panic" => panic!("{argument}"),
        "panic_in_c" => in_c(),
        "panic_twice" => std::panic::panic_any(Bomb),
        "display" => info!("half of it: {}", Unwilling(argument)),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(number(argument)),
        // Blocks as code does that knows nothing of the runtime.
        "hang" => loop {
            std::thread::sleep(Duration::from_secs(60));
        },
        "block" => std::thread::sleep(milliseconds(argument)),
        // Blocks until the test makes the file.
        "await" => {
            while !std::path::Path::new(argument).exists() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        "sleep" => daemon_rt::sleep(milliseconds(argument)),
        "log" => info!("{argument}"),
        "print" => println!("{argument}"),
        "raise" => raise(argument),
        "timer" => timer(argument),
        "holes" => holes(),
        "listen" => listen(argument),
        "open" => match std::fs::File::open(argument) {
            Ok(_) => info!("open {argument}: done"),
            Err(error) => info!("open {argument}: {:?}", error.raw_os_error()),
        },
        "close" => close(argument),
        "keep" => std::mem::forget(std::fs::File::open(argument)),
        "touch" => drop(std::fs::File::create(argument).map_err(|e| e.to_string())?),
        "thread" => thread(argument),
        "hold" => hold(argument)?,
        "lend" => lend(argument)?,
        // A child that the daemon never waits for, and that outlives it.
        "child" => {
            let child = shell(argument).spawn().map_err(|e| e.to_string())?;
            info!("child {}", child.id());
        }
        "command" => {
            let status = shell(argument).status().map_err(|e| e.to_string())?;
            info!("command {status}");
        }
        _ => return with_context(action, argument, context.ok_or("no context here")?),
    }
    Ok(())
}

fn with_context(action: &str, argument: &str, context: &mut Context) -> Result<(), String> {
    match action {
        "stop" => context.stop(),
        "nap" => context.sleep(milliseconds(argument)),
        "spin" => {
            while context.is_running() {
                context.sleep(Duration::from_secs(60));
            }
        }
        // Another thread stops the daemon when the test makes the file.
        "stopper" => {
            let (stopper, file) = (context.handle(), PathBuf::from(argument));
            drop(std::thread::spawn(move || {
                while !file.exists() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                stopper.stop();
                stopper.clone().stop();
            }));
        }
        // Another thread notices that the span of life ends.
        "notice" => {
            let handle = context.handle();
            drop(std::thread::spawn(move || {
                while !handle.is_stopping() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                info!("the span is over");
            }));
        }
        // Work of another thread, until the test makes the file.
        "guard_until" => {
            let (guard, file) = (context.guard(), PathBuf::from(argument));
            drop(std::thread::spawn(move || {
                while !file.exists() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                drop(guard);
            }));
        }
        // Work of another thread, for a time.
        "guard" => {
            let (guard, time) = (context.guard(), milliseconds(argument));
            drop(std::thread::spawn(move || {
                std::thread::sleep(time);
                info!("the guard goes");
                drop(guard);
            }));
        }
        "stop_with" => context.stop_with(number(argument)),
        "status" => context.status(argument),
        "spawn" => {
            let child = context
                .spawn(&mut shell(argument))
                .map_err(|e| e.to_string())?;
            info!("spawned {child}");
        }
        "spawn_many" => {
            for _ in 0..number::<u32>(argument) {
                context
                    .spawn(&mut Command::new("true"))
                    .map_err(|e| e.to_string())?;
            }
        }
        other => return Err(format!("the script says `{other}`, which is no action")),
    }
    Ok(())
}

/// A value that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the bomb went off");
    }
}

/// A value that panics while it is logged.
struct Unwilling<'a>(&'a str);

impl std::fmt::Display for Unwilling<'_> {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("{}", self.0)
    }
}

/// `HOW PATH`: opens the file and closes it again, in different ways. `all` closes every descriptor
/// of the daemon.
fn close(words: &str) {
    let (how, path) = words.split_once(' ').unwrap_or((words, ""));
    let read = {
        let path = path.to_owned();
        move || drop(std::fs::read(path))
    };
    match how {
        "read" => read(),
        "thread" => std::thread::spawn(read).join().expect("a read"),
        "later" => drop(std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            read();
            info!("closed later");
        })),
        "dup" => drop(std::fs::File::open(path).and_then(|file| file.try_clone())),
        "exec" => {
            let file = std::fs::File::open(path).map_or(Stdio::null(), Stdio::from);
            let _ = shell("true").stdin(file).status();
        }
        "all" => (3..1024).for_each(|number| {
            let _ = nix::unistd::close(number);
        }),
        other => panic!("the script says `close {other}`"),
    }
}

fn raise(signal: &str) {
    let signal = Signal::from_named_raw(number(signal)).expect("a signal with a name");
    kill_process(getpid(), signal).expect("a signal to oneself");
}

/// A heap of 128 MB that is kept, of which every second block is free.
fn holes() {
    let blocks: Vec<Vec<u8>> = (0..16_384).map(|_| vec![1; 8192]).collect();
    let every_second = blocks.into_iter().step_by(2);
    std::mem::forget(every_second.collect::<Vec<_>>());
}

/// A timer of the program's own, which sends SIGUSR1 after each `period`.
fn timer(period: &str) {
    let event = SigEvent::new(SigevNotify::SigevSignal {
        signal: nix::sys::signal::Signal::SIGUSR1,
        si_value: 0,
    });
    let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, event).expect("a timer");
    let period = Expiration::Interval(milliseconds(period).into());
    timer
        .set(period, TimerSetTimeFlags::empty())
        .expect("it runs");
    std::mem::forget(timer);
}

fn listen(port: &str) {
    let listener = TcpListener::bind(("127.0.0.1", number(port))).expect("a free port");
    LISTENERS
        .lock()
        .expect("no panic while listening")
        .push(listener);
}

/// Another descriptor of the daemon's lock file. Never to be closed: the daemon's own lock would
/// go.
fn lock_file() -> Result<OwnedFd, String> {
    let is_lock = |entry: &DirEntry| {
        let target = std::fs::read_link(entry.path());
        target.is_ok_and(|target| target.extension() == Some(OsStr::new("lock")))
    };
    let open = std::fs::read_dir("/proc/self/fd").map_err(|e| e.to_string())?;
    let found = open.flatten().find(is_lock).ok_or("no lock file is open")?;
    let number = number(&found.file_name().to_string_lossy());
    let own = pidfd_open(getpid(), PidfdFlags::empty()).map_err(|e| e.to_string())?;
    pidfd_getfd(own, number, PidfdGetfdFlags::empty()).map_err(|e| e.to_string())
}

/// Takes the verb lock, as a compromised daemon may.
fn hold(how: &str) -> Result<(), String> {
    let lock = lock_file()?;
    let operation = match how {
        "shared" => FlockOperation::LockShared,
        _ => FlockOperation::LockExclusive,
    };
    let held = flock(&lock, operation).map_err(|e| e.to_string());
    std::mem::forget(lock);
    held
}

/// Starts a child that has the lock file as its stdin.
fn lend(line: &str) -> Result<(), String> {
    let mut command = shell(line);
    command.stdin(lock_file()?);
    let spawned = command.spawn().map(drop).map_err(|e| e.to_string());
    std::mem::forget(command);
    spawned
}

fn thread(argument: &str) {
    let argument = argument.to_owned();
    let thread = std::thread::Builder::new().name("worker".to_owned());
    let (begun, begins) = std::sync::mpsc::channel();
    let work = move || {
        let _ = begun.send(());
        match argument.strip_prefix("panic ") {
            Some(text) => panic!("{text}"),
            None => loop {
                std::thread::sleep(Duration::from_secs(60));
            },
        }
    };
    drop(thread.spawn(work).expect("a thread"));
    // It gives itself its name first.
    begins.recv().expect("a thread that runs");
}

fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(number(text))
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .ok()
        .unwrap_or_else(|| panic!("the script says `{text}`, which is no number"))
}
