//! Old filters of system calls, which answer EPERM to calls that they do not know.

use nix::errno::Errno;
use nix::libc;
use tests::support::{Sandbox, eventually};

use super::tracer::{self, Act, Aim, CALLER, Trace, Which};

/// A place for a daemon with this script. The first line marks `main` for the tracer.
fn sandbox(script: &str) -> Sandbox {
    let sandbox = Sandbox::scripted();
    sandbox.script(&format!("main block 1\n{script}"));
    sandbox
}

/// Runs a verb in which each call of this number is refused.
fn refused(sandbox: &Sandbox, verb: &[&str], call: i64, running: Option<i32>) -> Trace {
    let which = Which::Each(call);
    let (role, act) = (CALLER, Act::Fail(Errno::EPERM));
    tracer::run(sandbox, verb, running, Some(Aim { role, which, act }))
}

#[test]
fn verbs_without_pidfds_signal_by_pid() {
    for call in [libc::SYS_pidfd_open, libc::SYS_pidfd_send_signal] {
        let sandbox = sandbox("");
        let daemon = sandbox.start();
        for verb in [
            &["reload"][..],
            &["signal", "SIGCONT"],
            &["log-level", "info"],
        ] {
            let trace = refused(&sandbox, verb, call, None);
            assert!(trace.hit && trace.code == 0, "{verb:?}: {trace}");
        }
        let trace = refused(&sandbox, &["stop"], call, None);
        assert!(trace.hit && trace.code == 0, "{trace}");
        eventually("the daemon is gone", || daemon.has_ended());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn stop_without_pidfds_kills_after_its_limit() {
    let sandbox = sandbox("run hang");
    let daemon = sandbox.start();
    let verb = ["stop", "--stop-timeout", "100ms"];
    let trace = refused(&sandbox, &verb, libc::SYS_pidfd_open, None);
    assert!(trace.hit && trace.code == 0, "{trace}");
    assert!(trace.stdout.contains("killed after"), "{trace}");
    // The locks are free shortly before that.
    daemon.wait_for_end();
}

#[test]
fn check_without_pidfds_says_so() {
    let sandbox = sandbox("");
    let trace = refused(&sandbox, &["check"], libc::SYS_pidfd_open, None);
    assert_eq!(trace.code, 0, "{trace}");
    assert!(trace.stdout.contains("stop signals: by pid"), "{trace}");
}

#[test]
fn check_without_faccessat2_asks_the_older_call() {
    let sandbox = sandbox("");
    let trace = refused(&sandbox, &["check"], libc::SYS_faccessat2, None);
    assert!(trace.hit && trace.code == 0, "{trace}");
}
