//! Hooks that fail or panic.

use rustix::process::Signal;
use tests::support::{Sandbox, eventually};

#[test]
fn errors_of_the_start_reach_its_caller() {
    for name in ["new", "on_start"] {
        let sandbox = Sandbox::of("awaits");
        sandbox.script(&format!("{name} nap 10\n{name} fail no luck"));
        let start = sandbox.verb(&["start"]).exits(1);
        let _ = start.complains(&format!("`{name}` failed: no luck"));
        sandbox.assert_nothing_left();
        sandbox.script(&format!("{name} nap 10\n{name} panic no luck"));
        let start = sandbox.verb(&["start"]).exits(1);
        let _ = start.complains(&format!("`{name}` panicked: no luck"));
        sandbox.assert_nothing_left();
    }
}

#[test]
fn error_of_a_hook_ends_the_daemon_after_on_stop() {
    for name in ["run", "tick", "usr1", "on_child"] {
        let sandbox = Sandbox::of("awaits");
        sandbox.script(&format!(
            "on_start spawn true\n{name} nap 10\n{name} fail no luck"
        ));
        let running = sandbox.begin(&["run"]);
        sandbox.wait_for_log("on_start ends");
        if name == "usr1" {
            sandbox.daemon().signal(Signal::USR1);
        }
        let _ = running.finish().exits(1);
        assert_eq!(sandbox.count("failed: no luck"), 1, "{}", sandbox.log());
        assert_eq!(
            (
                sandbox.count("on_stop ends"),
                sandbox.count("value is dropped")
            ),
            (1, 1)
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_of_a_hook_is_told_with_its_name() {
    let hooks = [
        ("run", "run"),
        ("tick", "tick"),
        ("usr1", "on_signal"),
        ("on_child", "on_child"),
        ("on_stop", "on_stop"),
    ];
    for (name, told) in hooks {
        let sandbox = Sandbox::of("awaits");
        sandbox.script(&format!(
            "on_start spawn true\n{name} nap 10\n{name} panic no luck"
        ));
        let running = sandbox.begin(&["run"]);
        sandbox.wait_for_log("on_start ends");
        let daemon = sandbox.daemon();
        match name {
            "usr1" => daemon.signal(Signal::USR1),
            "on_stop" => daemon.signal(Signal::TERM),
            _ => {}
        }
        let _ = running.finish().exits(101);
        assert_eq!(
            sandbox.count(&format!("`{told}` panicked: no luck")),
            1,
            "{}",
            sandbox.log()
        );
        assert_eq!(sandbox.count("value is dropped"), 1);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_is_followed_by_another_value_on_the_same_runtime() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("task watch\nrun nap 10\nrun panic no luck");
    let _ = sandbox.verb(&["start", "--on-panic", "restart"]).exits(0);
    sandbox.wait_for_log("restarting in");
    sandbox.script("task watch\nrun until_stop");
    sandbox.wait_for_logs("on_start ends", 2);
    let _ = sandbox.verb(&["status"]).exits(0).says("no luck");
    eventually("the first task ends", || {
        sandbox.count("the task saw the end") == 1
    });
    assert_eq!(
        (
            sandbox.count("on_stop ends"),
            sandbox.count("value is dropped")
        ),
        (1, 1)
    );
    assert_eq!(sandbox.count("ended the runtime"), 0);
    sandbox.stop();
    assert_eq!(
        (
            sandbox.count("on_stop ends"),
            sandbox.count("value is dropped")
        ),
        (2, 2)
    );
    sandbox.assert_nothing_left();
}

#[test]
fn stop_ends_the_pause_after_a_panic() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run panic no luck");
    let _ = sandbox.verb(&["start", "--on-panic", "restart"]).exits(0);
    sandbox.wait_for_log("restarting in 2s");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn panic_of_a_task_is_logged_and_ends_nothing() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("task panic no luck\nrun until_stop");
    let _ = sandbox.start();
    sandbox.wait_for_log("panicked: no luck");
    let _ = sandbox.verb(&["status"]).exits(0);
    sandbox.stop();
    assert_eq!(sandbox.count("on_stop ends"), 1);
}

#[test]
fn panic_of_a_destructor_of_a_dropped_run_is_told() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run bomb\nrun forever");
    let running = sandbox.begin(&["run", "--drain", "0s"]);
    sandbox.wait_for_log("run begins");
    sandbox.daemon().signal(Signal::TERM);
    let _ = running.finish().exits(101);
    assert_eq!(sandbox.count("`run` panicked: the bomb"), 1);
    assert_eq!(sandbox.count("on_stop ends"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn failure_of_run_at_a_reload_without_a_hook_ends_the_daemon() {
    for (failure, code) in [("fail", 1), ("panic", 101)] {
        let sandbox = Sandbox::of("awaits");
        sandbox.script(&format!(
            "run until_stop\nrun {failure} no luck\non_stop nap 300"
        ));
        let running = sandbox.begin(&["run"]);
        sandbox.wait_for_log("run begins");
        let _ = sandbox.verb(&["reload"]).exits(1).complains("no luck");
        let _ = running.finish().exits(code);
        assert_eq!(
            (
                sandbox.count("on_start ends"),
                sandbox.count("on_stop ends")
            ),
            (1, 1)
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_of_run_at_a_reload_without_a_hook_leads_to_another_value() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\nrun panic no luck");
    let _ = sandbox.verb(&["start", "--on-panic", "restart"]).exits(0);
    sandbox.wait_for_log("run begins");
    let _ = sandbox.verb(&["reload"]).exits(1).complains("no luck");
    sandbox.wait_for_logs("new ends", 2);
    sandbox.wait_for_logs("run begins", 2);
    sandbox.stop();
    assert_eq!(sandbox.count("value is dropped"), 2);
    sandbox.assert_nothing_left();
}
