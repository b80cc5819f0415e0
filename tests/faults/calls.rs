//! Every system call of a start, a stop, a restart and a reload fails in turn, or is the last one
//! of its process.

use std::path::Path;

use nix::errno::Errno;
use nix::libc;
use tests::support::{MARKER, Process, Sandbox, eventually};

use super::tracer::{self, Act, Aim, CALLER, DAEMON, FIRST_CHILD, INHERITED, Trace, Which};

/// Every how many calls one is tried; `FAULTS_EVERY`.
fn every() -> usize {
    let every = std::env::var("FAULTS_EVERY").ok();
    every.map_or(5, |text| text.parse().expect("a number of calls"))
}

pub(super) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::scripted();
    sandbox.script("main block 1");
    sandbox
}

/// The errors that the kernel could return for the call.
pub(super) fn errno(call: i64) -> Errno {
    match call {
        libc::SYS_openat | libc::SYS_pipe2 | libc::SYS_eventfd2 | libc::SYS_signalfd4 => {
            Errno::EMFILE
        }
        libc::SYS_mmap | libc::SYS_brk | libc::SYS_mprotect | libc::SYS_mremap => Errno::ENOMEM,
        libc::SYS_clone | libc::SYS_clone3 | libc::SYS_fork => Errno::EAGAIN,
        libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_fallocate => Errno::ENOSPC,
        libc::SYS_unlinkat | libc::SYS_renameat | libc::SYS_renameat2 | libc::SYS_fchmod => {
            Errno::EROFS
        }
        libc::SYS_fcntl => Errno::ENOLCK,
        libc::SYS_setsid | libc::SYS_prctl | libc::SYS_rt_sigaction => Errno::EPERM,
        _ => Errno::EIO,
    }
}

/// Those that never fail, by their manual pages; `close` fails only after writes to a remote file,
/// and std panics when it does for a directory.
pub(super) const CANNOT_FAIL: &[i64] = &[
    libc::SYS_exit_group,
    libc::SYS_exit,
    libc::SYS_close,
    libc::SYS_umask,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_geteuid,
    libc::SYS_getuid,
    libc::SYS_rt_sigreturn,
];

/// Those whose failure is want of memory: Rust ends a process for that, by SIGABRT.
pub(super) fn is_memory(call: i64) -> bool {
    let calls = [
        libc::SYS_mmap,
        libc::SYS_brk,
        libc::SYS_mprotect,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_sigaltstack,
    ];
    calls.contains(&call)
}

/// The calls to try of what a trace saw.
pub(super) fn aims(trace: &Trace, roles: &[usize]) -> Vec<(usize, usize, i64)> {
    let all = roles.iter().flat_map(|role| {
        let calls = trace.calls[*role].iter().enumerate();
        calls.map(|(at, number)| (*role, at, *number))
    });
    all.step_by(every()).collect()
}

#[test]
fn start_with_any_failed_call_recovers() {
    let place = sandbox();
    let seen = tracer::run(&place, &["start"], None, None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    place.stop();
    let (mut failed, mut tolerated) = (0, 0);
    for (role, call, number) in aims(&seen, &[CALLER, FIRST_CHILD, DAEMON]) {
        if CANNOT_FAIL.contains(&number) {
            continue;
        }
        let place = sandbox();
        let act = Act::Fail(errno(number));
        let which = Which::Nth(call);
        let aim = Aim { role, which, act };
        let trace = tracer::run(&place, &["start"], None, Some(aim));
        let input = format!("{aim:?}, call number {number}: {trace}\n{}", place.log());
        if trace.code == 0 {
            tolerated += usize::from(trace.hit);
            assert_eq!(place.verb(&["status", "-q"]).code(), 0, "{input}");
            assert_whole(&place, &input);
            place.stop();
        } else {
            failed += 1;
            let aborted = is_memory(number) && trace.code > 128;
            assert!(trace.code < 100 || aborted, "{input}");
            assert!(
                trace.stderr.starts_with("scripted: ") || aborted || number == libc::SYS_write,
                "{input}"
            );
            let left: Vec<_> = place.processes().iter().map(Process::title).collect();
            assert!(left.is_empty(), "{left:?} {input}");
            assert_eq!(place.verb(&["status", "-q"]).code(), 3, "{input}");
        }
        let _ = place.start();
        place.stop();
        place.assert_nothing_left();
    }
    println!("start: {failed} calls failed it, {tolerated} were done without");
}

/// A start may do without a call only when nothing that it promises depends on it.
fn assert_whole(place: &Sandbox, input: &str) {
    let daemon = place.daemon();
    for mask in ["SigBlk", "SigPnd", "ShdPnd"] {
        assert_eq!(daemon.field(mask), "0".repeat(16), "{mask}: {input}");
    }
    assert_eq!(daemon.field("Umask"), "0027", "{input}");
    assert_eq!(daemon.working_dir(), Path::new("/"), "{input}");
    assert_eq!(daemon.terminal(), 0, "{input}");
    assert_ne!(daemon.session(), daemon.pid, "{input}");
    assert_eq!(daemon.name(), "scripted", "{input}");
    assert!(daemon.environment().contains_key(MARKER), "{input}");
    let descriptors = daemon.descriptors();
    for standard in 0..3 {
        assert_eq!(descriptors[&standard], "/dev/null", "{input}");
    }
    let inherited = descriptors.values().any(|file| file == INHERITED);
    assert!(!inherited, "the caller's is open: {input}");
    let log = place.log_file();
    assert!(
        descriptors
            .values()
            .any(|file| log.as_os_str() == file.as_str()),
        "{input}"
    );
    // A record that cannot be written is owned up to.
    let said = ["on_start", "1 record lost"];
    assert!(
        said.iter().any(|text| place.log().contains(text)),
        "{input}"
    );
}

/// After SIGKILL at any call, a normal start works at once.
pub(super) fn kill_at_every_call(verb: &str, roles: &[usize], runs: bool) {
    let begin = || {
        let place = sandbox();
        let daemon = runs.then(|| place.start().pid);
        (place, daemon)
    };
    let (place, daemon) = begin();
    let seen = tracer::run(&place, &[verb], daemon, None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    drop(place);
    let aims = aims(&seen, roles);
    for (role, call, number) in &aims {
        let (place, daemon) = begin();
        let aim = Aim {
            role: *role,
            which: Which::Nth(*call),
            act: Act::Kill,
        };
        let trace = tracer::run(&place, &[verb], daemon, Some(aim));
        let started = place.verb(&["start"]);
        let input = format!("{aim:?}, call number {number}: {trace}\n{}", place.log());
        assert_eq!(started.code(), 0, "{input}\n{started:#?}");
        if place.verb(&["status", "-q"]).code() != 0 {
            // Killed just after its signal: the start found the daemon before it had heard.
            assert!(started.stdout.contains("already running"), "{input}");
            assert_eq!(place.count(": stopping"), 1, "{input}");
            let _ = place.start();
        }
        // A new program that was only asked goes by itself.
        eventually("there is one process", || place.processes().len() == 1);
        place.stop();
        place.assert_nothing_left();
    }
    println!("{verb}: {} kills", aims.len());
}

#[test]
fn start_killed_at_any_call_recovers() {
    kill_at_every_call("start", &[CALLER, FIRST_CHILD, DAEMON], false);
}

#[test]
fn stop_killed_at_any_call_recovers() {
    kill_at_every_call("stop", &[CALLER, DAEMON], true);
}

#[test]
fn reload_killed_at_any_call_recovers() {
    kill_at_every_call("reload", &[CALLER, DAEMON], true);
}

#[test]
fn restart_killed_at_any_call_recovers() {
    kill_at_every_call("restart", &[CALLER], true);
}

/// Every failing call of a verb on a running daemon: it does its work, or says that it has not.
fn fail_every_call(verb: &str, done: impl Fn(&Sandbox, i32, &str)) {
    let place = sandbox();
    let seen = tracer::run(&place, &[verb], Some(place.start().pid), None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    drop(place);
    let (mut failed, mut tolerated) = (0, 0);
    for (role, call, number) in aims(&seen, &[CALLER]) {
        if CANNOT_FAIL.contains(&number) {
            continue;
        }
        let place = sandbox();
        let daemon = place.start().pid;
        let (which, act) = (Which::Nth(call), Act::Fail(errno(number)));
        let aim = Aim { role, which, act };
        let trace = tracer::run(&place, &[verb], Some(daemon), Some(aim));
        let input = format!(
            "{verb}: {aim:?}, call number {number}: {trace}\n{}",
            place.log()
        );
        if trace.code == 0 {
            tolerated += 1;
            done(&place, daemon, &input);
        } else {
            failed += 1;
            let aborted = is_memory(number) && trace.code > 128;
            assert!(trace.code < 100 || aborted, "{input}");
            let told = trace.stderr.starts_with("scripted: ");
            assert!(told || aborted || number == libc::SYS_write, "{input}");
        }
        let _ = place.start();
        place.stop();
        place.assert_nothing_left();
    }
    println!("{verb}: {failed} calls failed it, {tolerated} were done without");
}

#[test]
fn stop_with_any_failed_call_recovers() {
    fail_every_call("stop", |place, daemon, input| {
        assert!(
            Process::find(daemon).is_none_or(|process| process.has_ended()),
            "{input}"
        );
        // Nothing took longer than it may.
        assert!(!input.contains("killed after"), "{input}");
        assert_eq!(place.count("on_stop"), 1, "{input}");
    });
}

#[test]
fn reload_with_any_failed_call_recovers() {
    fail_every_call("reload", |place, daemon, input| {
        assert_eq!(place.daemon().pid, daemon, "{input}");
        assert!(place.count("on_stop") >= 1, "nothing was reloaded: {input}");
    });
}

/// Nobody is killed before the time is over because the verb could not wait.
#[test]
fn stop_that_cannot_wait_sends_no_early_kill() {
    let stop = ["stop", "--stop-timeout", "2s"];
    for errno in [Errno::ENOMEM, Errno::EINTR] {
        let place = sandbox();
        place.script("main block 1\non_stop block 300");
        let daemon = place.start();
        let aim = Aim {
            role: CALLER,
            which: Which::Each(libc::SYS_ppoll),
            act: Act::Fail(errno),
        };
        let trace = tracer::run(&place, &stop, Some(daemon.pid), Some(aim));
        let input = format!("{errno}: {trace}");
        assert!(trace.code == 0 && trace.hit, "{input}");
        assert!(trace.stdout.contains(": stopped"), "{input}");
        assert_eq!(place.count("drop"), 1, "{input}");
        let tried = trace.calls[CALLER].len();
        assert!(tried < 5000, "it spins: {tried} calls, {input}");
        place.assert_nothing_left();
    }
}

/// Kernels and sandboxes older than the call.
#[test]
fn missing_close_range_still_closes_descriptors() {
    for errno in [Errno::ENOSYS, Errno::EPERM] {
        let place = sandbox();
        let aim = Aim {
            role: DAEMON,
            which: Which::Each(libc::SYS_close_range),
            act: Act::Fail(errno),
        };
        let trace = tracer::run(&place, &["start"], None, Some(aim));
        let input = format!("{errno}: {trace}");
        assert!(trace.code == 0 && trace.hit, "{input}");
        assert_whole(&place, &input);
        place.stop();
        place.assert_nothing_left();
    }
}

/// As a lock on a network file system may be held by a process of another machine.
#[test]
fn foreign_holder_is_reported_and_not_waited_for() {
    for verb in ["stop", "reload", "restart"] {
        let place = sandbox();
        let daemon = place.start();
        let aim = Aim {
            role: CALLER,
            which: Which::Each(libc::SYS_pidfd_open),
            act: Act::Fail(Errno::ESRCH),
        };
        let trace = tracer::run(&place, &[verb], Some(daemon.pid), Some(aim));
        assert!(trace.code == 1 && trace.hit, "{verb}: {trace}");
        assert!(
            trace.stderr.contains("no such process exists here"),
            "{verb}: {trace}"
        );
        let asked = trace.calls[CALLER].iter();
        let asked = asked.filter(|call| **call == libc::SYS_pidfd_open).count();
        assert!(asked < 1000, "{verb} asked {asked} times");
        assert!(!daemon.has_ended());
        place.stop();
    }
}
