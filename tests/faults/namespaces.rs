//! A PID namespace of its own, in which numbers come back at once.

use tests::support::{Running, Sandbox};
use tests::{require_namespaces, require_root};

/// A shell line as PID 1 of a namespace with its own `/proc`; it ends with all that is in it.
fn in_namespace(sandbox: &Sandbox, line: &str) -> tests::support::Finished {
    let mut command = sandbox.program("unshare");
    command.args([
        "--pid",
        "--fork",
        "--mount-proc",
        "--kill-child",
        "sh",
        "-c",
        line,
    ]);
    command.env("D", sandbox.exe());
    Running::begin(command).finish()
}

/// The pid of a killed daemon goes to a stranger, which no verb signals.
#[test]
fn reused_pid_is_not_taken_for_the_daemon() {
    require_root!("make a PID namespace");
    require_namespaces!("--pid --fork --mount-proc");
    let sandbox = Sandbox::scripted();
    // The shell is its parent now, and reaps it while it waits for another command.
    let line = "for turn in 1 2 3 4 5 6 7 8 9 10; do
            \"$D\" start || exit 90
            pid=$(cat scripted.pid); kill -9 $pid
            while [ -d /proc/$pid ]; do \"$D\" status -q; done
            echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid
            sleep 1000 & stranger=$!
            [ $stranger = $pid ] || exit 91
            \"$D\" status -q; [ $? = 1 ] || exit 92
            \"$D\" reload; [ $? = 7 ] || exit 93
            \"$D\" stop || exit 94
            echo $pid > scripted.pid
            \"$D\" try-restart || exit 95
            echo $pid > scripted.pid
            \"$D\" start || exit 96
            [ $(cat scripted.pid) != $pid ] || exit 97
            \"$D\" stop || exit 98
            kill -0 $stranger || exit 99
            kill $stranger; wait $stranger; [ $? = 143 ] || exit 89
        done";
    let _ = in_namespace(&sandbox, line).exits(0);
}

/// So few numbers that they wrap within some starts; several daemons' worth of verbs at once.
#[test]
fn wrapping_pids_confuse_no_verb() {
    require_root!("make a PID namespace");
    require_namespaces!("--pid --fork --mount-proc");
    let sandbox = Sandbox::scripted();
    // Kernels before 6.14 have one limit for all namespaces: there the numbers are set back.
    let line = "echo 320 > /proc/sys/kernel/pid_max 2> /dev/null
        sleep 1000 & stranger=$!
        for turn in $(seq 40); do
            echo 300 > /proc/sys/kernel/ns_last_pid
            \"$D\" start > out || exit 90
            \"$D\" restart > out || exit 91
            \"$D\" status -q || exit 92
            \"$D\" stop > out & \"$D\" stop > out2; wait $! || exit 93
            \"$D\" status -q; [ $? = 3 ] || exit 94
            kill -0 $stranger || exit 95
        done";
    // The limit is the machine's on old kernels, so it is not touched there.
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let line = if version < (6, 14) {
        line.split_once('\n').unwrap().1
    } else {
        line
    };
    let _ = in_namespace(&sandbox, line).exits(0);
}
