//! `run` as PID 1: a mini-init, the daemon below it, and verbs from beside it.

mod init;
mod places;

use std::process::Command;

use tests::support::{Finished, Process, Running, Sandbox, until};
use tests::{require_namespaces, require_programs, require_root};

/// A command that makes the daemon PID 1 of namespaces of its own, with an empty `/run`, after
/// `line` was run there by a shell. The log is in a file, so that a test can wait for it.
fn container(sandbox: &Sandbox, line: &str) -> Command {
    let mut command = sandbox.program("unshare");
    let line = format!("mount -t tmpfs -o mode=755 none /run || exit 99\n{line}");
    command.args([
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
    ]);
    command.arg(line).env("D", sandbox.exe());
    command.env_remove("SCRIPTED_PID_FILE");
    command
}

/// A container whose daemon runs: the container, its PID 1 and the daemon.
struct Container {
    running: Running,
    init: Process,
    daemon: Process,
}

impl Container {
    #[track_caller]
    fn begin(sandbox: &Sandbox, line: &str) -> Self {
        let running = Running::begin(container(sandbox, line));
        sandbox.wait_for_log("run on thread");
        Self::of(running)
    }

    #[track_caller]
    fn of(running: Running) -> Self {
        let (init, daemon) = below(&running.process(), "scripted");
        Self {
            running,
            init,
            daemon,
        }
    }

    /// A shell line of another process in the container, as `docker exec` makes it.
    fn exec(&self, sandbox: &Sandbox, line: &str) -> Finished {
        let mut command = sandbox.program("nsenter");
        command.args([
            "-t",
            &self.init.pid.to_string(),
            "-p",
            "-m",
            "sh",
            "-c",
            line,
        ]);
        command
            .env("D", sandbox.exe())
            .env_remove("SCRIPTED_PID_FILE");
        Running::begin(command).finish()
    }
}

/// The PID 1 that `unshare` has made, and the daemon that this has.
#[track_caller]
fn below(unshare: &Process, name: &str) -> (Process, Process) {
    let only = |parent: &Process| {
        let mut children = parent.children();
        (children.len() == 1).then(|| children.remove(0))
    };
    let found = until(|| {
        let init = only(unshare)?;
        let daemon = only(&init).filter(|daemon| daemon.name() == name)?;
        Some((init, daemon))
    });
    found.expect("PID 1, and the daemon below it")
}

/// A sandbox, where namespaces can be made.
fn sandbox() -> Option<Sandbox> {
    require_root!("make a PID namespace", None);
    require_namespaces!("--mount --pid --fork --mount-proc", None);
    require_programs!("nsenter", None);
    Some(Sandbox::scripted())
}

#[test]
fn verbs_of_another_process_find_the_daemon() {
    let Some(sandbox) = sandbox() else { return };
    let made = Container::begin(&sandbox, "exec \"$D\" run");
    let inside = made.daemon.field("NSpid");
    let inside = inside.split_whitespace().last().unwrap();
    assert_ne!(inside, "1");
    let _ = made
        .exec(&sandbox, "\"$D\" status")
        .exits(0)
        .says(&format!("running, pid {inside}"));
    let _ = made.exec(&sandbox, "\"$D\" reload").exits(0);
    assert_eq!(sandbox.count("on_start"), 2);
    let _ = made.exec(&sandbox, "\"$D\" signal USR1").exits(0);
    sandbox.wait_for_log("got SIGUSR1");
    let _ = made
        .exec(&sandbox, "\"$D\" run")
        .exits(150)
        .complains("already running");
    let _ = made
        .exec(&sandbox, "\"$D\" restart")
        .exits(151)
        .complains("restart the container");
    // It may end with the container before it can say so.
    let _ = made.exec(&sandbox, "\"$D\" stop");
    let _ = made.running.finish().exits(0);
    assert_eq!(sandbox.count("SIGTERM from pid"), 1);
}

/// The end of PID 1 is the end of all: nothing can be left behind.
#[test]
fn start_as_pid_1_is_refused() {
    let Some(sandbox) = sandbox() else { return };
    for verb in ["start", "restart"] {
        let line = format!("exec \"$D\" {verb}");
        let refused = Running::begin(container(&sandbox, &line)).finish().exits(2);
        let _ = refused.complains("use `scripted run`");
    }
}
