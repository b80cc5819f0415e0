//! An upgrade in which something fails at every step: the daemon is the old program or the new one.

use nix::errno::Errno;
use nix::libc;
use tests::support::Sandbox;

use super::calls::{CANNOT_FAIL, aims, errno, is_memory, kill_at_every_call, sandbox};
use super::tracer::{self, Act, Aim, CALLER, DAEMON, Which};

#[test]
fn upgrade_killed_at_any_call_recovers() {
    kill_at_every_call("upgrade", &[CALLER, DAEMON], true);
}

/// Asserts that the daemon lives on in its process, and that another upgrade succeeds.
fn assert_whole(place: &Sandbox, daemon: i32, input: &str) {
    let again = place.verb(&["upgrade"]);
    assert_eq!(again.code(), 0, "{again:#?}\n{input}");
    assert_eq!(place.daemon().pid, daemon, "{input}");
    assert_eq!(place.verb(&["status", "-q"]).code(), 0, "{input}");
    for mask in ["SigBlk", "ShdPnd"] {
        let value = place.daemon().field(mask);
        assert_eq!(value, "0".repeat(16), "{mask}: {input}");
    }
}

/// Each failing call of `role`: the daemon lives on, and the verb tells which program it is.
fn fail_every_call(role: usize) {
    let place = sandbox();
    let seen = tracer::run(&place, &["upgrade"], Some(place.start().pid), None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    place.stop();
    let (mut failed, mut tolerated) = (0, 0);
    // The verb looks many times until the daemon has answered.
    for (role, call, number) in aims(&seen, &[role]).into_iter().take(80) {
        // Want of memory ends a program as a crash does, for which there are other tests.
        if CANNOT_FAIL.contains(&number) || is_memory(number) {
            continue;
        }
        let place = sandbox();
        let daemon = place.start().pid;
        let (which, act) = (Which::Nth(call), Act::Fail(errno(number)));
        let aim = Aim { role, which, act };
        let trace = tracer::run(&place, &["upgrade"], Some(daemon), Some(aim));
        let input = format!("{aim:?}, call number {number}: {trace}\n{}", place.log());
        if trace.code == 0 {
            tolerated += 1;
        } else {
            failed += 1;
            assert!(trace.code < 100, "{input}");
            let told = trace.stderr.starts_with("scripted: ");
            assert!(told || number == libc::SYS_write, "{input}");
        }
        assert_whole(&place, daemon, &input);
        place.stop();
        place.assert_nothing_left();
    }
    println!("upgrade: {failed} calls failed it, {tolerated} were done without");
}

#[test]
fn upgrade_with_any_failed_call_of_the_verb_keeps_the_daemon() {
    fail_every_call(CALLER);
}

#[test]
fn upgrade_with_any_failed_call_of_the_daemon_keeps_it() {
    fail_every_call(DAEMON);
}

#[test]
fn program_that_cannot_be_executed_leaves_the_old_one() {
    for errno in [Errno::ENOMEM, Errno::ETXTBSY, Errno::EACCES] {
        let place = sandbox();
        let daemon = place.start().pid;
        let aim = Aim {
            role: DAEMON,
            which: Which::First(libc::SYS_execve),
            act: Act::Fail(errno),
        };
        let trace = tracer::run(&place, &["upgrade"], Some(daemon), Some(aim));
        let code = if errno == Errno::EACCES { 4 } else { 1 };
        assert!(trace.hit && trace.code == code, "{trace}");
        assert!(trace.stderr.contains("cannot execute"), "{trace}");
        assert_whole(&place, daemon, &trace.to_string());
        place.stop();
        place.assert_nothing_left();
    }
}

/// The new program has another listener. Its error must close no socket of the old one.
#[test]
fn listener_that_cannot_be_bound_brings_the_old_program_back() {
    let place = Sandbox::upgradable_of("answers");
    let daemon = place.start();
    let descriptors = daemon.descriptors().len();
    place.install("answers_next");
    let aim = Aim {
        role: DAEMON,
        which: Which::First(libc::SYS_bind),
        act: Act::Fail(Errno::EADDRINUSE),
    };
    let trace = tracer::run(&place, &["upgrade"], Some(daemon.pid), Some(aim));
    assert!(trace.hit && trace.code == 1, "{trace}\n{}", place.log());
    assert_eq!(place.daemon().pid, daemon.pid);
    assert_eq!(daemon.descriptors().len(), descriptors);
    let _ = place.verb(&["upgrade"]).exits(0);
    place.stop();
    place.assert_nothing_left();
}
