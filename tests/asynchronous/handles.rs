//! The handle, on the loop's thread and on others.

use tests::support::{Sandbox, eventually};

#[test]
fn child_of_another_thread_is_reported() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("on_start spawn_beside exit 3\nrun until_stop");
    let _ = sandbox.start();
    sandbox.wait_for_log("ended: exit status: 3");
    let messages = sandbox.messages();
    let spawned = messages.iter().find_map(|m| m.strip_prefix("spawned "));
    let ended = format!("child {} ended: exit status: 3", spawned.unwrap());
    eventually("it is that child", || {
        messages.contains(&ended) || sandbox.count(&ended) == 1
    });
    sandbox.stop();
}

#[test]
fn status_of_another_thread_is_shown() {
    let sandbox = Sandbox::of("awaits");
    sandbox
        .script("on_start status from the loop\nusr1 status_beside from a thread\nrun until_stop");
    let daemon = sandbox.start();
    let _ = sandbox.verb(&["status"]).exits(0).says("from the loop");
    daemon.signal(rustix::process::Signal::USR1);
    eventually("the status changes", || {
        sandbox.verb(&["status"]).stdout.contains("from a thread")
    });
    sandbox.stop();
}

#[test]
fn another_thread_stops_the_daemon() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run stop_beside\nrun until_stop\nrun stopping");
    let _ = sandbox.begin(&["run"]).finish().exits(0);
    assert_eq!(sandbox.count("stopping: true"), 1);
    assert_eq!(sandbox.count("on_stop ends"), 1);
    sandbox.assert_nothing_left();
}
