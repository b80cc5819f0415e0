//! Clocks that do not agree: a verb and a daemon in different time namespaces, and a daemon that
//! was frozen.

use rustix::process::Signal;
use tests::support::{Running, Sandbox, eventually};
use tests::{require_namespaces, require_root};

/// Seconds by which the clocks of a namespace go wrong: forward by years, and back to nearly zero.
fn offsets() -> [i64; 3] {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let seconds: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    #[allow(clippy::cast_possible_truncation, reason = "whole seconds")]
    let back = 60 - seconds as i64;
    [1_000_000_000, 3600, back.min(0)]
}

fn elsewhen(sandbox: &Sandbox, offset: i64, line: &str) -> tests::support::Finished {
    let mut command = sandbox.program("unshare");
    let offset = offset.to_string();
    command.args([
        "--time",
        "--boottime",
        &offset,
        "--monotonic",
        &offset,
        "--fork",
    ]);
    command.args(["sh", "-c", line]).env("D", sandbox.exe());
    Running::begin(command).finish()
}

#[test]
fn verbs_work_with_wrong_clocks() {
    require_root!("make a time namespace");
    require_namespaces!("--time --fork");
    for offset in offsets() {
        let sandbox = Sandbox::scripted();
        let daemon = sandbox.start();
        let status = elsewhen(&sandbox, offset, "exec \"$D\" status --json").exits(0);
        let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
        // The age of the process is the kernel's word, and that is the namespace's.
        assert!(
            status["uptime_seconds"].as_u64().unwrap() < 60,
            "{offset}: {status}"
        );
        let _ = elsewhen(&sandbox, offset, "exec \"$D\" reload")
            .exits(0)
            .says("reloaded");
        let _ = elsewhen(&sandbox, offset, "exec \"$D\" start")
            .exits(0)
            .says("already running");
        let _ = elsewhen(&sandbox, offset, "exec \"$D\" restart").exits(0);
        assert!(daemon.has_ended(), "{offset}");
        // The one that runs now has the wrong clocks, and the verbs the right ones.
        let _ = sandbox.verb(&["status"]).exits(0);
        let _ = sandbox.verb(&["reload"]).exits(0);
        let daemon = sandbox.daemon();
        let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
        assert!(daemon.has_ended(), "{offset}");
        assert_eq!(sandbox.count("killed"), 0);
        sandbox.assert_nothing_left();
    }
}

/// A hook that hangs is killed after the verb's time, whatever the daemon's clock says.
#[test]
fn timeouts_follow_the_clock_of_the_verb() {
    require_root!("make a time namespace");
    require_namespaces!("--time --fork");
    for offset in offsets() {
        let sandbox = Sandbox::scripted();
        sandbox.script("on_stop hang");
        let _ = sandbox.start();
        let line = "exec \"$D\" stop --stop-timeout 300ms";
        let _ = elsewhen(&sandbox, offset, line)
            .exits(0)
            .says("killed after 300ms");
        sandbox.script("on_start hang");
        let line = "exec \"$D\" start --start-timeout 300ms";
        let failed = elsewhen(&sandbox, offset, line).exits(1);
        let _ = failed.complains("not ready after");
        sandbox.assert_nothing_left();
    }
}

/// Frozen again and again while it sleeps and while it is asked to stop: nothing is lost.
#[test]
fn frozen_daemon_resumes_where_it_was() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    sandbox.wait_for_log("run ");
    for round in 1..=5 {
        daemon.signal(Signal::STOP);
        eventually("it is frozen", || daemon.state() == 'T');
        // Each kind once, however often it was sent meanwhile; the queued ones all.
        for _ in 0..3 {
            daemon.signal(Signal::USR1);
        }
        daemon.signal(Signal::CONT);
        eventually("it has heard", || sandbox.count("got SIGUSR1") == round);
    }
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
    assert_eq!(sandbox.count("on_stop"), 1);
}
