//! Where the log and the lock of a container are, and a container without them.

use std::fs;

use rustix::process::Signal;
use tests::require_programs;
use tests::support::{Running, daemon_path, eventually};

use super::{Container, below, container, sandbox};

#[test]
fn log_goes_to_stdout_without_a_log_file() {
    let Some(sandbox) = sandbox() else { return };
    let mut command = container(&sandbox, "exec \"$D\" run");
    command.env_remove("SCRIPTED_LOG_FILE");
    sandbox.script("run touch up");
    let made = Container::of(Running::begin(command));
    eventually("it runs", || sandbox.path("up").exists());
    let _ = made
        .exec(&sandbox, "unset SCRIPTED_LOG_FILE; \"$D\" status")
        .exits(0)
        .says("log       stdout");
    let _ = made
        .exec(&sandbox, "\"$D\" logs")
        .exits(1)
        .complains("logs to stdout");
    made.init.signal(Signal::TERM);
    let ended = made
        .running
        .finish()
        .exits(0)
        .says("on_start")
        .says("on_stop");
    assert_eq!(ended.stderr, "");
    assert!(!sandbox.log_file().exists());
}

#[test]
fn pid_file_is_written_only_if_named() {
    let Some(sandbox) = sandbox() else { return };
    let path = sandbox.pid_file();
    let line = format!("exec \"$D\" run --pid-file {}", path.display());
    let made = Container::begin(&sandbox, &line);
    let inside = made.daemon.field("NSpid");
    let inside = inside.split_whitespace().last().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{inside}\n"));
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
    assert!(!path.exists());
}

/// The lock file of an earlier daemon says nothing, because this one could not hold it.
#[test]
fn read_only_container_with_an_old_lock_file_is_not_taken_for_stopped() {
    let Some(sandbox) = sandbox() else { return };
    let line =
        "umask 077 && : >/run/scripted.pid.lock && mount -o remount,ro /run && exec \"$D\" run";
    let made = Container::begin(&sandbox, line);
    sandbox.wait_for_log("verbs cannot reach this daemon");
    for (verb, code) in [("status", 4), ("stop", 1)] {
        let asked = made.exec(&sandbox, &format!("\"$D\" {verb}")).exits(code);
        let said = asked.stdout + &asked.stderr;
        assert!(said.contains("PID 1 is the init of scripted"), "{said}");
    }
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
}

#[test]
fn read_only_container_runs_without_a_lock() {
    let Some(sandbox) = sandbox() else { return };
    let line = "mount -o remount,ro /run && exec \"$D\" run";
    let made = Container::begin(&sandbox, line);
    sandbox.wait_for_log("verbs cannot reach this daemon");
    // No verb takes it for stopped.
    for (verb, code) in [("status", 4), ("stop", 1), ("reload", 1)] {
        let asked = made.exec(&sandbox, &format!("\"$D\" {verb}")).exits(code);
        let said = asked.stdout + &asked.stderr;
        assert!(said.contains("PID 1 is the init of scripted"), "{said}");
    }
    made.init.signal(Signal::HUP);
    sandbox.wait_for_logs("on_start", 2);
    made.init.signal(Signal::TERM);
    let _ = made.running.finish().exits(0);
    // A place that the user named is required.
    let line = "mount -o remount,ro /run && exec \"$D\" run --pid-file /run/named.pid";
    let failed = Running::begin(container(&sandbox, line)).finish().exits(1);
    let _ = failed
        .complains("/run/named.pid.lock")
        .complains("Read-only file system");
}

/// The Dockerfile of the documentation, line by line: its files, variables and commands.
#[test]
fn dockerfile_of_the_documentation_runs() {
    require_programs!("setpriv");
    let Some(sandbox) = sandbox() else { return };
    let page = include_str!("../../../docs/containers.md");
    let (_, text) = page.split_once("```dockerfile\n").unwrap();
    let (text, _) = text.split_once("```").unwrap();
    let of = |word: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(word))
            .unwrap()
    };
    let words = |list: &str| serde_json::from_str::<Vec<String>>(list).unwrap().join(" ");
    let (source, directory) = of("COPY ").split_once(' ').unwrap();
    let line = format!(
        "mount -t tmpfs none {directory} && cp {} {directory}{source} && export {} && exec {}",
        daemon_path("server_or_dropper"),
        of("ENV "),
        words(of("ENTRYPOINT ")),
    );
    let running = Running::begin(container(&sandbox, &line));
    let (init, daemon) = below(&running.process(), "server");
    let made = Container {
        running,
        init,
        daemon,
    };
    let health = format!("export {}; {}", of("ENV "), words(of("HEALTHCHECK CMD ")));
    eventually("it is healthy", || made.exec(&sandbox, &health).code() == 0);
    assert!(made.daemon.field("Uid").starts_with("65534\t65534\t65534"));
    made.init.signal(Signal::TERM);
    let _ = made
        .running
        .finish()
        .exits(0)
        .says("started")
        .says("stopped");
}

/// A container whose user may write nowhere.
#[test]
fn user_without_a_home_runs_without_a_lock() {
    require_programs!("setpriv");
    let Some(sandbox) = sandbox() else { return };
    let line = "cp \"$D\" /run/scripted && mkdir -m 700 /run/locked && export HOME=/run/locked
        unset XDG_STATE_HOME SCRIPTED_LOG_FILE DAEMON_RT_SCRIPT
        exec setpriv --reuid 65534 --regid 65534 --clear-groups /run/scripted run";
    let made = Container::of(Running::begin(container(&sandbox, line)));
    eventually("it catches signals", || {
        let caught = u64::from_str_radix(&made.daemon.field("SigCgt"), 16);
        caught.is_ok_and(|caught| caught & (1 << 14) != 0)
    });
    made.init.signal(Signal::TERM);
    let ended = made.running.finish().exits(0);
    let _ = ended
        .says("started without a lock")
        .says("Permission denied")
        .says("on_stop");
}
