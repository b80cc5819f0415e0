//! Root has one daemon of a name, whichever user it becomes.

use tests::require_namespaces;
use tests::support::{Finished, Running, Sandbox, program_or_skip, root_or_skip};

/// Runs shell lines where `/run` and `/var/log` are empty and the files have their default places.
/// `$N` stands for the option `--user nobody`, and `as_nobody` runs a command as that user.
fn in_default_places(lines: &str) -> Option<Finished> {
    if !root_or_skip("become another user") || !program_or_skip("setpriv") {
        return None;
    }
    require_namespaces!("--mount --pid --fork", None);
    let sandbox = Sandbox::scripted();
    let lines = format!(
        "mount -t tmpfs -o mode=755 none /run && mount -t tmpfs -o mode=755 none /var/log || exit 99
        mount -t proc proc /proc || exit 99
        unset SCRIPTED_PID_FILE SCRIPTED_LOG_FILE; N='--user nobody'
        as_nobody() {{ setpriv --reuid 65534 --regid 65534 --clear-groups \"$@\"; }}
        daemons() {{ grep -lx scripted /proc/[0-9]*/comm | wc -l; }}
        {lines}"
    );
    let mut command = sandbox.program("unshare");
    command
        .args(["-m", "--propagation", "private", "-p", "--fork"])
        .args(["--kill-child", "sh", "-c", &lines])
        .env("D", sandbox.exe());
    Some(Running::begin(command).finish())
}

#[test]
fn verbs_find_the_daemon_of_another_user() {
    let done = in_default_places(
        "for first in '' \"$N\"; do for second in '' \"$N\"; do
            \"$D\" start $first && \"$D\" status $second && \"$D\" start $second || exit 98
            \"$D\" reload $second && \"$D\" restart $second || exit 97
            [ $(daemons) = 1 ] || exit 96
            \"$D\" try-restart $first && [ $(daemons) = 1 ] || exit 95
            \"$D\" stop $second && [ $(daemons) = 0 ] || exit 94
            \"$D\" status $first; [ $? = 3 ] || exit 93
        done; done",
    );
    let Some(done) = done else { return };
    let done = done.exits(0);
    assert_eq!(done.stdout.matches("already running, pid").count(), 4);
}

#[test]
fn start_race_of_two_users_makes_one_daemon() {
    let done = in_default_places(
        "for i in 1 2 3 4 5 6 7 8; do
            \"$D\" start & \"$D\" start $N & wait
            [ $(daemons) = 1 ] || exit 98
            \"$D\" stop || exit 97
        done",
    );
    let Some(done) = done else { return };
    let done = done.exits(0);
    assert_eq!(done.stdout.matches("already running, pid").count(), 8);
}

/// Each takes its own lock before it looks for the other one a last time.
#[test]
fn start_race_of_root_and_a_supervisor_makes_one_daemon() {
    let done = in_default_places(
        "mkdir /run/scripted && chown 65534:65534 /run/scripted
        for i in 1 2 3 4 5 6 7 8; do
            \"$D\" start $N & as_nobody \"$D\" start $N --log-file /run/scripted/log & wait
            [ $(daemons) = 1 ] || exit 98
            \"$D\" stop $N || exit 97
        done",
    );
    let Some(done) = done else { return };
    let done = done.exits(0);
    assert_eq!(done.stdout.matches("already running, pid").count(), 8);
}

/// A file that root's daemon has left must not prevent every start.
#[test]
fn supervised_start_without_the_list_of_locks_ignores_a_free_one() {
    let done = in_default_places(
        "\"$D\" start && \"$D\" stop && mkdir -p /run/scripted && chown 65534:65534 /run/scripted
        mount -t proc -o subset=pid proc /proc || exit 98
        as_nobody \"$D\" start $N --log-file /run/scripted/log || exit 97
        \"$D\" stop $N",
    );
    let Some(done) = done else { return };
    let _ = done.exits(0);
}

#[test]
fn killed_daemon_of_another_user_is_dead_and_tidied() {
    let done = in_default_places(
        "\"$D\" start $N || exit; pid=$(cat /run/scripted/scripted.pid); kill -9 $pid
        until ! \"$D\" status -q; do :; done
        \"$D\" status; [ $? = 1 ] || exit 98
        \"$D\" stop || exit 97
        \"$D\" status; [ $? = 3 ] || exit 96
        [ ! -e /run/scripted/scripted.pid ]",
    );
    let Some(done) = done else { return };
    let _ = done.exits(0);
}

/// As under a unit with `User=`, which makes the directory.
#[test]
fn daemon_that_a_supervisor_starts_as_its_user_excludes_another() {
    let done = in_default_places(
        "mkdir /run/scripted && chown 65534:65534 /run/scripted
        as_nobody \"$D\" start $N --log-file /run/scripted/log || exit 98
        \"$D\" status && \"$D\" status $N && \"$D\" start $N || exit 97
        \"$D\" start; [ $? = 4 ] && [ $(daemons) = 1 ] || exit 96
        \"$D\" stop; [ $? = 4 ] || exit 95
        \"$D\" restart $N && [ $(daemons) = 1 ] || exit 94
        as_nobody \"$D\" start $N --log-file /run/scripted/log || exit 93
        [ $(daemons) = 1 ] && \"$D\" stop $N",
    );
    let Some(done) = done else { return };
    let done = done
        .exits(0)
        .complains("/run/scripted belongs to uid 65534");
    assert_eq!(done.stdout.matches("already running, pid").count(), 2);
}

#[test]
fn ordinary_user_learns_of_the_daemon_of_root() {
    for user in ["", "$N"] {
        let done = in_default_places(&format!(
            "mkdir -m 700 /run/home && chown 65534 /run/home && \"$D\" start {user} || exit 98
            export HOME=/run/home XDG_STATE_HOME=/run/home
            as_nobody \"$D\" status; [ $? = 3 ] || exit 97
            as_nobody \"$D\" stop || exit 96
            as_nobody \"$D\" status --pid-file /run/scripted.pid || exit 95
            \"$D\" stop && as_nobody \"$D\" status 2>&1 | grep root && exit 94
            :"
        ));
        let Some(done) = done else { return };
        let done = done.exits(0).says("stopped").says("not running");
        let hint = "root runs a daemon of this name, pid ";
        assert_eq!(done.stderr.matches(hint).count(), 2, "{done:#?}");
        let _ = done.complains("pass --pid-file /run/scripted.pid");
    }
}
