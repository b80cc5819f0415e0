//! Verbs that see the files of a daemon on a read-only file system.

use tests::require_namespaces;
use tests::support::{Finished, Running, Sandbox, root_or_skip};

/// Runs shell lines in a mount namespace where `m` is read-only. `$D` is the daemon's program,
/// whose pid file is `m/p.pid`.
fn in_read_only_view(sandbox: &Sandbox, before: &str, lines: &str) -> Option<Finished> {
    if !root_or_skip("mount") {
        return None;
    }
    require_namespaces!("--mount", None);
    let lines = format!(
        "mkdir -p m && export SCRIPTED_PID_FILE=$PWD/m/p.pid && {before} &&
        exec unshare -m --propagation private sh -c '
            mount --bind m m && mount -o remount,bind,ro m || exit 99
            cd . && {lines}'"
    );
    let mut command = sandbox.program("sh");
    command.args(["-c", &lines]).env("D", sandbox.exe());
    Some(Running::begin(command).finish())
}

#[test]
fn read_only_view_permits_all_but_a_start() {
    let sandbox = Sandbox::scripted();
    let seen = in_read_only_view(
        &sandbox,
        "\"$D\" start",
        "\"$D\" status && \"$D\" reload && \"$D\" signal USR1 && \"$D\" logs && \"$D\" start || exit 98
        \"$D\" restart; echo restart $?; \"$D\" log-level debug; echo log-level $?
        \"$D\" stop; echo stop $?; \"$D\" status; echo status $?; \"$D\" start; echo start $?",
    );
    let Some(seen) = seen else { return };
    let seen = seen
        .exits(0)
        .says("running")
        .says("reloaded")
        .says("already running")
        .says("restart 1")
        .says("log-level 1")
        .says("stop 0")
        .says("status 3")
        .says("start 1");
    let _ = seen
        .complains("not restarted, the old daemon keeps running")
        .complains("m/p.pid.lock: Read-only file system")
        .complains("mount a tmpfs there");
    assert_eq!(sandbox.processes().len(), 0);
}

#[test]
fn stop_in_a_read_only_view_names_the_file_that_stays() {
    let sandbox = Sandbox::scripted();
    let seen = in_read_only_view(
        &sandbox,
        "\"$D\" start && kill -9 $(cat m/p.pid)",
        "\"$D\" stop; echo stop $?; \"$D\" status; echo status $?",
    );
    let Some(seen) = seen else { return };
    let seen = seen.exits(0).says("stop 0").says("status 1");
    let _ = seen.complains("cannot remove the pid file");
}
