//! The parts of the runtime and of the program go on working beside ours.

use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};
use tests::{require_namespaces, require_programs, require_root};

#[test]
fn signals_and_processes_of_tokio_work_beside_ours() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("task signals\ntask command sleep 0.2; exit 7\nrun until_stop\nusr1 log ours");
    let daemon = sandbox.start();
    sandbox.wait_for_log("tokio's child: exit status: 7");
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log("tokio saw SIGUSR1");
    sandbox.wait_for_log("ours");
    assert_eq!(sandbox.count("on_child"), 0);
    sandbox.stop();
}

/// As `std::process::Child::wait`, which is documented.
#[test]
fn reaper_of_every_child_leaves_tokio_an_error_and_no_wait() {
    let sandbox = Sandbox::of("reaps");
    let daemon = sandbox.start();
    sandbox.wait_for_log("child ended: exit status: 7");
    sandbox.wait_for_log("wait after the end: Err(Os { code: 10");
    // The quicker one of the two has the status of a child, and no child has none.
    sandbox.wait_for_log("each wait ended");
    let messages = sandbox.messages();
    let tokio = messages.iter().find_map(|m| m.split_once("tokio has "));
    let tokio: usize = tokio.unwrap().1.parse().unwrap();
    sandbox.wait_for_logs("child ended: exit status: 0", 50 - tokio);
    assert_eq!(sandbox.count("child ended"), 51 - tokio);
    assert!(daemon.children().is_empty());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn value_and_tasks_that_are_not_send_run_on_the_loops_thread() {
    let sandbox = Sandbox::of("awaits_here");
    sandbox.script("run nap 20");
    let daemon = sandbox.start();
    sandbox.wait_for_log("turn 3");
    assert_eq!(threads(&daemon), 2);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

fn threads(daemon: &Process) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", daemon.pid));
    tasks.expect("its threads").count()
}

#[test]
fn copy_of_the_daemon_ends_at_its_first_await() {
    let sandbox = Sandbox::of("awaits_here");
    sandbox.script("copy fork\nrun until_stop\nusr1 nap 10");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run begins");
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log("it awaits after `fork(2)`");
    sandbox.wait_for_log("usr1 ends");
    eventually("the copy is gone", || {
        daemon.children().iter().all(Process::has_ended)
    });
    assert_eq!(
        (sandbox.count("usr1 begins"), sandbox.count("usr1 ends")),
        (2, 1)
    );
    sandbox.stop();
    assert_eq!(
        (
            sandbox.count("on_stop begins"),
            sandbox.count("on_stop ends")
        ),
        (1, 1)
    );
    sandbox.assert_nothing_left();
}

#[test]
fn copy_of_the_daemon_ends_with_its_hook() {
    let sandbox = Sandbox::of("awaits_here");
    sandbox.script("copy fork\nrun until_stop\nusr1 log done");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run begins");
    daemon.signal(Signal::USR1);
    sandbox.wait_for_logs("usr1 ends", 2);
    eventually("the copy is gone", || {
        daemon.children().iter().all(Process::has_ended)
    });
    sandbox.stop();
    assert_eq!(sandbox.count("on_stop ends"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn removed_files_are_restored_while_a_run_is_pending() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop");
    let _ = sandbox.start();
    sandbox.wait_for_log("run begins");
    for file in [sandbox.pid_file(), sandbox.lock_file()] {
        std::fs::remove_file(&file).unwrap();
        eventually("it is there again", || file.exists());
    }
    let _ = sandbox.verb(&["status"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn level_of_the_log_changes_while_a_run_is_pending() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\nusr1 log quiet");
    let daemon = sandbox.start();
    let _ = sandbox.verb(&["log-level", "error"]).exits(0);
    daemon.signal(Signal::USR1);
    sandbox.stop();
    assert_eq!(sandbox.count("quiet"), 0);
}

#[test]
fn called_hook_that_awaits_a_stop_is_told() {
    let sandbox = Sandbox::of("surrounded");
    let _ = sandbox.verb(&["start", "--stop-timeout", "5s"]).exits(0);
    sandbox.wait_for_log("a task runs");
    let stop = sandbox.verb(&["stop"]).exits(0);
    assert!(!stop.stdout.contains("killed"), "{}", stop.stdout);
    assert_eq!(
        (sandbox.count("run ends"), sandbox.count("on_stop ends")),
        (1, 1)
    );
    sandbox.assert_nothing_left();
}

#[test]
fn runtime_that_cannot_be_built_fails_the_start() {
    for name in ["surrounded", "awaits"] {
        let sandbox = Sandbox::of(name);
        let variable = sandbox.variable("FAILS");
        let mut command = sandbox.command(&["start"]);
        command.env(variable, "1");
        let start = tests::support::Running::begin(command).finish().exits(1);
        let _ = start.complains("`runtime` failed: no luck");
        sandbox.assert_nothing_left();
    }
}

#[test]
fn limit_of_the_shutdown_can_be_asked_early() {
    let sandbox = Sandbox::of("surrounded");
    let _ = sandbox.verb(&["start", "--stop-timeout", "100ms"]).exits(0);
    let daemon = sandbox.daemon();
    // A stop that had begun would end the process after 1.1 s.
    std::thread::sleep(std::time::Duration::from_millis(1600));
    assert!(!daemon.has_ended());
    sandbox.stop();
}

#[test]
fn runtime_that_drops_the_life_leaves_no_child() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start spawn exec sleep 600\nrun forever");
    let mut command = sandbox.command(&["run"]);
    command.env("AWAITS_LIFE_MS", "300");
    let running = tests::support::Running::begin(command);
    sandbox.wait_for_log("run begins");
    let _ = running.finish().exits(1);
    sandbox.wait_for_log("it dropped the life of the daemon");
    sandbox.assert_nothing_left();
}

/// Tokio aborts the process then, since its own descriptors are gone.
#[test]
fn closed_descriptors_do_not_deafen_the_loop() {
    let sandbox = Sandbox::of("awaits_smol");
    sandbox.script("run until_stop\nusr1 close");
    let running = sandbox.begin(&["run"]);
    sandbox.wait_for_log("run begins");
    let daemon = sandbox.daemon();
    let open = daemon.descriptors().len();
    daemon.signal(Signal::USR1);
    eventually("they are closed", || daemon.descriptors().len() < open);
    // The log has lost records, and the directory of the pid file is closed.
    daemon.signal(Signal::TERM);
    let _ = running.finish().exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn async_daemon_of_a_container_drains_when_its_init_is_stopped() {
    require_root!("mount");
    require_programs!("unshare");
    require_namespaces!("--mount --pid --fork");
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\nrun nap 50");
    let line = "mount -t tmpfs -o mode=755 none /run || exit 99\nexec \"$D\" run";
    let mut command = sandbox.program("unshare");
    command.args([
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        line,
    ]);
    command
        .env("D", sandbox.exe())
        .env_remove("AWAITS_PID_FILE");
    let running = tests::support::Running::begin(command);
    sandbox.wait_for_log("run begins");
    let init = running.process().children().pop().expect("PID 1");
    init.signal(Signal::TERM);
    let _ = running.finish().exits(0);
    assert_eq!(
        (sandbox.count("run ends"), sandbox.count("on_stop ends")),
        (1, 1)
    );
}
