//! What belongs to the runtime and the program goes on working.

use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};

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
