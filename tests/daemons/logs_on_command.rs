//! A program with the logger in it that does what its standard input says, a command a line, and
//! answers each with a line.
#![allow(unsafe_code, reason = "forks, and counts what is allocated")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failure is for the test to see"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use daemon_rt::Error;
use daemon_rt::logger::{Filter, Level, Logger};
use nix::libc;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

/// A logger of another crate.
struct Nobody;

impl log::Log for Nobody {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [output, format, filter] = &arguments[..] else {
        panic!("probe OUTPUT FORMAT FILTER")
    };
    let builder = match output.as_str() {
        "stderr" => Logger::builder().stderr(),
        "stdout" => Logger::builder().stdout(),
        other => match other.split_once(':') {
            Some(("syslog", socket)) => Logger::builder().syslog_at("probe", socket),
            Some((_, socket)) => Logger::builder().syslog_rfc5424("probe", socket),
            None => Logger::builder().file(other),
        },
    };
    let setting = |name: &str| std::env::var(name).ok();
    let mut builder = builder.format(read(format)).level(read::<Filter>(filter));
    if let Some(size) = setting("PROBE_BUFFER") {
        builder = builder.buffer(read(&size));
    }
    if let Some(when) = setting("PROBE_ROTATE") {
        builder = builder.rotate(read(&when));
    }
    if let Some(files) = setting("PROBE_KEEP") {
        builder = builder.keep(read(&files));
    }
    if let Some(records) = setting("PROBE_LIMIT") {
        builder = builder.limit(read(&records));
    }
    if let Some(how) = setting("PROBE_REPEATS") {
        builder = builder.repeats(read(&how));
    }
    let has_other = setting("PROBE_OTHER").is_some();
    if has_other {
        log::set_logger(&Nobody).unwrap();
    }
    match builder.install() {
        Err(_) if has_other && Logger::installed().is_some() => {}
        Err(error) => refuse(&error),
        Ok(_) => {}
    }
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = obey(command, rest);
        // A dead reader is a case that is tested.
        let _ = writeln!(std::io::stdout(), "{answer}");
    }
}

/// Reads a setting.
fn read<T: FromStr<Err = Error>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| refuse(&error))
}

fn logger() -> &'static Logger {
    Logger::installed().unwrap()
}

fn refuse(error: &Error) -> ! {
    println!("{error}");
    std::process::exit(2);
}

fn obey(command: &str, rest: &str) -> String {
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    match command {
        "log" => logger()
            .log(first.parse().unwrap(), format_args!("{second}"))
            .to_string(),
        "raw" => logger()
            .log(Level::Error, format_args!("{}", unescape(rest)))
            .to_string(),
        "macro" => done(|| emit(first.parse().unwrap(), second)),
        "module" => done(|| log::info!(target: first, "{second}")),
        "fields" => done(fields),
        "level" => done(|| logger().set_level(first.parse().unwrap())),
        "level?" => logger().level().to_string(),
        "filter" => shown(rest.parse().map(|filter| logger().set_filter(filter))),
        "file" => shown(logger().set_file(rest)),
        "reopen" => shown(logger().reopen()),
        "read" => done(|| drop(std::fs::read(rest))),
        "flush" => done(|| logger().flush()),
        "long" => {
            let text = "-".repeat(first.parse().unwrap());
            logger()
                .log(Level::Info, format_args!("{text}"))
                .to_string()
        }
        "panics" => done(panics),
        "nested" => done(|| log::info!("outer {Nested}")),
        "levels" => levels(first.parse().unwrap()).to_string(),
        "many" => done(|| many(first, second.parse().unwrap())),
        "threads" => {
            let (records, prefix) = second.split_once(' ').unwrap_or((second, ""));
            done(|| threads(first.parse().unwrap(), records.parse().unwrap(), prefix))
        }
        "allocations" => allocations(first.parse().unwrap()).to_string(),
        "orphan" => orphan().to_string(),
        "forks" => forks(first.parse().unwrap(), second.parse().unwrap()).to_string(),
        "chroot" => shown(nix::unistd::chroot(rest).and_then(|()| nix::unistd::chdir("/"))),
        "exec" => exec(),
        "end" => end(first),
        other => panic!("unknown command {other}"),
    }
}

fn done(action: impl FnOnce()) -> String {
    action();
    "done".to_owned()
}

fn fields() {
    log::warn!(
        port = 80, name = "a \"b\"", plain = "word", ratio = 0.5, none = f64::NAN, on = true;
        "with fields"
    );
}

struct Panics;

impl std::fmt::Display for Panics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("begun")?;
        panic!("as told")
    }
}

/// Logs what panics as it is shown, in the message and in a field.
fn panics() {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| log::error!("{Panics}")).unwrap_err();
    std::panic::catch_unwind(|| log::error!(field:% = Panics; "with a field")).unwrap_err();
}

/// Logs while it is shown.
struct Nested;

impl std::fmt::Display for Nested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        log::error!("inner");
        f.write_str("shown")
    }
}

/// How often two threads that set the level at once leave `log` with another than the logger.
fn levels(rounds: u64) -> usize {
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let set = |level: Level| {
            let barrier = &barrier;
            move || {
                let differs = |_: &u64| {
                    barrier.wait();
                    logger().set_level(level);
                    barrier.wait();
                    log::max_level().to_string() != logger().level().to_string().to_uppercase()
                };
                (0..rounds).filter(differs).count()
            }
        };
        let other = scope.spawn(set(Level::Trace));
        set(Level::Error)();
        other.join().unwrap()
    })
}

fn shown(result: Result<(), impl std::fmt::Display>) -> String {
    result.map_or_else(|error| error.to_string(), |()| "done".to_owned())
}

fn unescape(text: &str) -> String {
    text.replace("<LF>", "\n")
        .replace("<ESC>", "\x1b")
        .replace("<RLO>", "\u{202e}")
}

fn emit(level: Level, text: &str) {
    match level {
        Level::Trace => log::trace!("{text}"),
        Level::Debug => log::debug!("{text}"),
        Level::Info => log::info!("{text}"),
        Level::Warn => log::warn!("{text}"),
        Level::Error => log::error!("{text}"),
        Level::Fatal => daemon_rt::fatal!("{text}"),
        Level::Off => {}
    }
}

/// Records that a test can check one by one: who, which, some text, and a checksum of all that.
fn many(who: &str, count: u64) {
    for number in 0..count {
        record(who, number);
    }
}

fn record(who: &str, number: u64) {
    let filling = "abcdefghijklmnopqrstuvwxyz";
    let filling = &filling[..usize::try_from(number % 26).unwrap()];
    let sum = [who.as_bytes(), &number.to_le_bytes(), filling.as_bytes()].concat();
    let sum = sum.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    log::info!("{who} {number} {filling}- {sum:016x}");
}

fn threads(count: u64, records: u64, prefix: &str) {
    std::thread::scope(|scope| {
        for thread in 0..count {
            scope.spawn(move || many(&format!("{prefix}t{thread}"), records));
        }
    });
}

/// How many allocations `count` records of each kind cost.
fn allocations(count: u64) -> u64 {
    let kinds = |number: u64| {
        log::info!("literal");
        log::warn!("number {number} and {:?}", "text");
        log::error!(key = number, text = "a b"; "line\nbreak");
        log::info!("{number:>5000}");
        daemon_rt::fatal!(target: "elsewhere", "é {number}");
        log::trace!("refused {number}");
    };
    kinds(0);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    (0..count).for_each(kinds);
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

/// Forks `count` children, each of which logs and ends, while `busy` threads log; how many of the
/// children did not end well.
fn forks(count: u64, busy: u64) -> u64 {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..busy {
            let stop = &stop;
            scope.spawn(move || {
                let who = format!("parent{thread}");
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    record(&who, number);
                    number += 1;
                }
            });
        }
        let failed = (0..count).filter(|child| !forked(*child)).count();
        stop.store(true, Ordering::Relaxed);
        u64::try_from(failed).unwrap()
    })
}

/// Forks a child that does nothing until it is killed.
fn orphan() -> i32 {
    // SAFETY: the child only sleeps.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => loop {
            std::thread::sleep(Duration::from_secs(60));
        },
        ForkResult::Parent { child } => child.as_raw(),
    }
}

fn forked(child: u64) -> bool {
    // SAFETY: the child only logs, which takes no lock of its parent's, and leaves by `_exit`.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            log::info!("child {child} {} says", std::process::id());
            let _ = logger().reopen();
            log::info!("child {child} {} bids farewell", std::process::id());
            // SAFETY: ends the process here and now.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => {
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                match waitpid(child, Some(nix::sys::wait::WaitPidFlag::WNOHANG)).unwrap() {
                    WaitStatus::StillAlive if Instant::now() > deadline => {
                        nix::sys::signal::kill(child, Signal::SIGKILL).unwrap();
                        waitpid(child, None).unwrap();
                        return false;
                    }
                    WaitStatus::StillAlive => std::thread::yield_now(),
                    status => return status == WaitStatus::Exited(child, 0),
                }
            }
        }
    }
}

/// Executes this program in this process, which must not have buffered commands.
fn exec() -> String {
    let arguments = std::env::args_os().skip(1);
    let mut own = Command::new(std::env::current_exe().unwrap());
    own.args(arguments).exec().to_string()
}

fn end(how: &str) -> String {
    match how {
        "return" => {
            nix::unistd::close(0).unwrap();
            String::new()
        }
        "exit" => std::process::exit(0),
        "panic" => panic!("as told"),
        "abort" => std::process::abort(),
        "SIGTERM" => raise(Signal::SIGTERM).map(|()| String::new()).unwrap(),
        "SIGKILL" => raise(Signal::SIGKILL).map(|()| String::new()).unwrap(),
        other => panic!("unknown end {other}"),
    }
}
