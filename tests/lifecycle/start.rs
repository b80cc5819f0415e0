//! `start`: it returns when the daemon is ready, or says the truth about why it is not.

use std::fs;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;
use tests::support::{Process, Running, Sandbox, eventually};
use tests::{require_namespaces, require_root};

/// To look for free pages in it takes a second for some gigabytes, and the daemon is ready.
#[test]
#[cfg(target_env = "gnu")]
fn large_heap_does_not_delay_the_first_run() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start holes");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on");
    let resident = daemon.field("VmRSS");
    let kilobytes: u64 = resident.trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes > 120_000, "{resident}");
    sandbox.stop();
}

#[test]
fn pid_file_is_whole_when_start_returns() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["start"]).exits(0).says("started, pid ");
    let text = fs::read_to_string(sandbox.pid_file()).unwrap();
    let pid: i32 = text.strip_suffix('\n').unwrap().parse().unwrap();
    let daemon = Process::of(pid);
    assert!(!daemon.has_ended());
    assert_eq!(daemon.name(), "scripted");
    sandbox.stop();
}

#[test]
fn terminated_daemon_removes_its_pid_file() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    assert!(!sandbox.pid_file().exists());
    let _ = sandbox.verb(&["status"]).exits(3).says("stopped");
}

#[test]
fn error_of_on_start_reaches_the_caller() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start fail the database is locked");
    let failed = sandbox.verb(&["start"]).exits(1);
    let _ = failed.complains("`on_start` failed: the database is locked");
    sandbox.assert_nothing_left();
    assert_eq!(
        sandbox.count("on_stop"),
        0,
        "what never started is not stopped"
    );
}

#[test]
fn error_of_new_reaches_the_caller() {
    let sandbox = Sandbox::scripted();
    sandbox.script("new fail no such device");
    let _ = sandbox
        .verb(&["start"])
        .exits(1)
        .complains("`new` failed: no such device");
    sandbox.assert_nothing_left();
}

#[test]
fn death_before_ready_is_reported_at_once() {
    for (script, signal) in [
        ("on_start raise 9", 9),
        ("on_start abort", 6),
        ("new raise 9", 9),
    ] {
        let sandbox = Sandbox::scripted();
        sandbox.script(script);
        let failed = sandbox.verb(&["start"]).exits(1);
        let failed = failed.complains(&format!(
            "was killed by signal {signal} before it was ready"
        ));
        assert!(
            failed.took < Duration::from_secs(10),
            "told by the time-out only: {failed:#?}"
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn slow_start_is_ended_with_all_its_processes() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start child sleep 1000\non_start hang");
    let begun = Instant::now();
    let failed = sandbox.verb(&["start", "--start-timeout", "1"]).exits(1);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let _ = failed.complains("not ready after 1 s");
    assert_eq!(sandbox.count("child "), 1, "the child was never there");
    eventually("its child is gone, too", || sandbox.processes().is_empty());
    sandbox.assert_nothing_left();
}

#[test]
fn panic_before_ready_is_shown() {
    for hook in ["new", "on_start"] {
        let sandbox = Sandbox::scripted();
        sandbox.script(&format!("{hook} panic the moon is full"));
        let failed = sandbox.verb(&["start"]).exits(1);
        let _ = failed
            .complains("panicked: the moon is full, at ")
            .complains("script.rs:");
        sandbox.assert_nothing_left();
    }
}

#[test]
fn exit_before_ready_is_reported_with_its_code() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start exit 42");
    let _ = sandbox
        .verb(&["start"])
        .exits(1)
        .complains("exited with code 42 before it was ready");
    sandbox.assert_nothing_left();
}

#[test]
fn exit_0_before_ready_is_a_failure() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start exit 0");
    let _ = sandbox
        .verb(&["start"])
        .exits(1)
        .complains("exited with code 0 before it was ready");
    sandbox.assert_nothing_left();
}

#[test]
fn second_start_changes_nothing() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    let before = fs::read(sandbox.pid_file()).unwrap();
    let again = sandbox.verb(&["start"]).exits(0);
    let _ = again.says(&format!("already running, pid {}", daemon.pid));
    assert_eq!(fs::read(sandbox.pid_file()).unwrap(), before);
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.count("on_start"), 1);
    sandbox.stop();
}

#[test]
fn fifty_starts_at_once_make_one_daemon() {
    let sandbox = Sandbox::scripted();
    let verbs: Vec<_> = (0..50).map(|_| sandbox.begin(&["start"])).collect();
    let ended: Vec<_> = verbs
        .into_iter()
        .map(|verb| verb.finish().exits(0))
        .collect();
    let daemon = sandbox.daemon();
    let said = |text: &str| {
        ended
            .iter()
            .filter(|verb| verb.stdout.contains(text))
            .count()
    };
    assert_eq!(said(&format!("started, pid {}", daemon.pid)), 1);
    assert_eq!(said(&format!("already running, pid {}", daemon.pid)), 49);
    assert_eq!(sandbox.count("on_start"), 1);
    assert_eq!(sandbox.processes().len(), 1);
    sandbox.stop();
}

/// As `daemon(3)` does. A rotation or a script may have put a file there.
#[test]
fn null_device_that_is_a_file_is_refused_before_the_users_code() {
    require_root!("mount over /dev/null");
    require_namespaces!("--mount");
    let sandbox = Sandbox::scripted();
    let line = "unshare --mount --propagation private sh -c '
        : >null && chmod 666 null && mount --bind null /dev/null || exit 90
        \"$D\" start; [ $? = 1 ] || exit 91
        [ ! -s scripted.log ] || exit 92
        \"$D\" check; [ $? = 1 ] || exit 93
        [ ! -s null ] || exit 94'";
    let refused = sandbox.shell(line).exits(0);
    let text = "cannot use /dev/null: it is not the null device";
    assert_eq!(refused.stderr.matches(text).count(), 2, "{refused:#?}");
    sandbox.assert_nothing_left();
}

#[test]
fn null_device_that_is_missing_is_refused_with_the_command() {
    require_root!("mount over /dev");
    require_namespaces!("--mount");
    let sandbox = Sandbox::scripted();
    let line = "unshare --mount --propagation private sh -c '
        mount -t tmpfs tmpfs /dev || exit 90
        \"$D\" check; [ $? = 1 ] || exit 91
        \"$D\" start; [ $? = 1 ] || exit 92'";
    let refused = sandbox.shell(line).exits(0);
    let text = "No such file or directory (os error 2); run `mknod";
    assert_eq!(refused.stderr.matches(text).count(), 2, "{refused:#?}");
    sandbox.assert_nothing_left();
}

/// Begins a start whose `on_start` waits for a file and then does `action`, and kills the caller.
fn start_without_caller(action: &str) -> (Sandbox, impl Fn()) {
    let sandbox = Sandbox::scripted();
    let release = sandbox.path("release");
    sandbox.script(&format!(
        "on_start await {}\non_start {action}",
        release.display()
    ));
    let start = sandbox.begin(&["start"]);
    sandbox.wait_for_log("on_start");
    start.process().kill();
    drop(start);
    (sandbox, move || fs::write(&release, "").unwrap())
}

#[test]
fn failure_without_a_caller_is_logged() {
    for (action, text) in [
        ("fail no database", "`on_start` failed: no database"),
        ("panic no database", "`on_start` panicked: no database"),
    ] {
        let (sandbox, release) = start_without_caller(action);
        release();
        sandbox.wait_for_log(text);
        // A process that is ending has its lock a little longer than its memory.
        eventually("it ends", || sandbox.verb(&["status"]).code() == 3);
        assert!(sandbox.log().contains(text), "{}", sandbox.log());
        sandbox.assert_nothing_left();
    }
}

/// Waits until `verb` has the verbs' lock and sleeps.
fn wait_until_it_waits(sandbox: &Sandbox, verb: &Running) {
    let lock = fs::File::open(sandbox.lock_file()).unwrap();
    let is_held = || {
        let taken = flock(&lock, FlockOperation::NonBlockingLockShared);
        let _ = flock(&lock, FlockOperation::Unlock);
        taken.is_err()
    };
    let sleeps = || verb.process().field("State").starts_with('S');
    eventually("the verb waits", || is_held() && sleeps());
}

#[test]
fn start_waits_for_a_daemon_that_starts_without_a_caller() {
    let (sandbox, release) = start_without_caller("fail no database");
    let second = sandbox.begin(&["start"]);
    wait_until_it_waits(&sandbox, &second);
    release();
    // On a busy machine it may find that one gone, and then its own fails.
    let _ = second.finish().exits(1).complains("failed");
    sandbox.assert_nothing_left();

    let (sandbox, release) = start_without_caller("log ready now");
    let late = sandbox
        .verb(&["start", "--start-timeout", "100ms"])
        .exits(1);
    let _ = late.complains("is still starting after 100ms");
    let second = sandbox.begin(&["start"]);
    release();
    let _ = second.finish().exits(0).says("already running");
    assert_eq!(sandbox.count("ready now"), 1);
    sandbox.stop();
}
