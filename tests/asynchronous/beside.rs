//! Hooks run beside one another, and none overlaps with itself.

use rustix::process::{Pid, Signal};
use tests::support::{Sandbox, eventually};

#[test]
fn signals_and_timers_run_beside_a_pending_run() {
    for name in ["awaits", "awaits_smol", "awaits_here"] {
        let sandbox = Sandbox::of(name);
        sandbox.script("run forever\nusr1 log heard\ntick log tock");
        let daemon = sandbox.start();
        sandbox.wait_for_log("run begins");
        daemon.signal(Signal::USR1);
        sandbox.wait_for_log("heard");
        if name == "awaits" {
            sandbox.wait_for_logs("tock", 3);
        }
        assert_eq!(sandbox.count("run begins"), 1);
        assert_eq!(sandbox.count("run ends"), 0);
        daemon.kill();
    }
}

#[test]
fn hook_never_overlaps_with_itself() {
    let sandbox = Sandbox::of("awaits");
    let file = sandbox.path("file");
    sandbox.script(&format!(
        "run forever\nusr1 await {}\ntick nap 250",
        file.display()
    ));
    let daemon = sandbox.start();
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log("usr1 begins");
    for _ in 0..20 {
        daemon.signal(Signal::USR1);
    }
    // Three ticks would be due in the time of each of these.
    sandbox.wait_for_logs("tick ends", 3);
    assert_eq!(sandbox.count("usr1 begins"), 1);
    std::fs::write(file, "").unwrap();
    // Standard signals are merged, and one of them waited.
    sandbox.wait_for_logs("usr1 ends", 2);
    sandbox.wait_for_logs("tick ends", 6);
    assert_eq!(sandbox.count("usr1 begins"), 2);
    assert_ordered(&sandbox, "tick");
    sandbox.stop();
}

/// Each begin of `hook` follows the end of the one before.
fn assert_ordered(sandbox: &Sandbox, hook: &str) {
    let messages = sandbox.messages();
    let (begins, ends) = (format!("{hook} begins"), format!("{hook} ends"));
    let own = messages.iter().filter(|m| **m == begins || **m == ends);
    for (index, message) in own.enumerate() {
        let expected = if index % 2 == 0 { &begins } else { &ends };
        assert_eq!(message, expected, "message {index} of {hook}");
    }
}

#[test]
fn realtime_signals_arrive_each_and_in_order_on_one_thread() {
    // Handlers on several threads may swap two signals.
    for (name, is_ordered) in [("awaits_here", true), ("awaits", false)] {
        let sandbox = Sandbox::of(name);
        sandbox.script("run until_stop\nrealtime nap 1");
        let daemon = sandbox.start();
        for value in 0..200 {
            daemon.queue(value);
        }
        sandbox.wait_for_logs("realtime ends", 200);
        let messages = sandbox.messages();
        let values = messages.iter().filter_map(|m| m.strip_prefix("value "));
        let mut values: Vec<u32> = values.map(|value| value.parse().unwrap()).collect();
        if !is_ordered {
            values.sort_unstable();
        }
        assert_eq!(values, (0..200).collect::<Vec<_>>());
        assert_ordered(&sandbox, "realtime");
        sandbox.stop();
    }
}

#[test]
fn storm_of_signals_neither_stops_run_nor_the_daemon() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run nap 5");
    let daemon = sandbox.start();
    let pid = Pid::from_raw(daemon.pid).unwrap();
    let begin = sandbox.count("run ends");
    for _ in 0..50_000 {
        let _ = rustix::process::kill_process(pid, Signal::USR1);
    }
    eventually("run goes on", || sandbox.count("run ends") > begin + 5);
    sandbox.wait_for_log("usr1 ends");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn signal_without_a_handler_is_logged() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run forever");
    let daemon = sandbox.start();
    daemon.signal(Signal::USR2);
    sandbox.wait_for_log("it has no handler");
    daemon.kill();
}

#[test]
fn reload_runs_beside_run() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_reload\non_reload nap 50");
    let _ = sandbox.start();
    sandbox.wait_for_log("run begins");
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.wait_for_log("saw a reload");
    assert_eq!(
        (sandbox.count("on_stop"), sandbox.count("on_reload ends")),
        (0, 1)
    );
    sandbox.script("run until_reload\non_reload fail not today");
    let _ = sandbox.verb(&["reload"]).exits(1).complains("not today");
    sandbox.script("");
    sandbox.stop();
}

#[test]
fn reload_without_a_hook_ends_run_and_starts_again() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("task watch\nrun until_stop");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run begins");
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.wait_for_logs("run begins", 2);
    assert_eq!(
        (
            sandbox.count("on_stop ends"),
            sandbox.count("on_start ends")
        ),
        (1, 2)
    );
    // Its task of the first start has ended, that of the second one lives.
    eventually("one task ended", || {
        sandbox.count("the task saw the end") == 1
    });
    assert!(!daemon.has_ended());
    sandbox.stop();
    assert_eq!(sandbox.count("the value is dropped"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn busy_run_does_not_starve_the_hooks_beside_it() {
    for name in ["awaits", "awaits_here"] {
        let sandbox = Sandbox::of(name);
        sandbox.script("run busy\nusr1 nap 1");
        let daemon = sandbox.start();
        sandbox.wait_for_log("run begins");
        for count in 1..=5 {
            daemon.signal(Signal::USR1);
            sandbox.wait_for_logs("usr1 ends", count);
        }
        assert_eq!(sandbox.count("run ends"), 0);
        daemon.kill();
    }
}

#[test]
fn realtime_signals_outlive_a_restart_in_place() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\nrealtime nap 50");
    let daemon = sandbox.start();
    for value in 0..20 {
        daemon.queue(value);
    }
    sandbox.wait_for_logs("realtime ends", 2);
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.wait_for_logs("realtime ends", 20);
    sandbox.stop();
    assert_eq!(
        (sandbox.count("value 0"), sandbox.count("value 19")),
        (1, 1)
    );
}

#[test]
fn timer_goes_on_over_reloads_that_start_again() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\ntick log tock");
    let daemon = sandbox.start();
    let begin = sandbox.count("tock");
    for _ in 0..12 {
        daemon.signal(Signal::HUP);
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    assert!(sandbox.count("tock") > begin, "{}", sandbox.log());
    sandbox.stop();
}

#[test]
fn tick_of_a_span_that_is_over_is_dropped_and_the_next_one_ticks() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run until_stop\ntick forever");
    let _ = sandbox.verb(&["start", "--drain", "200ms"]).exits(0);
    sandbox.wait_for_log("tick begins");
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.wait_for_logs("tick begins", 2);
    assert_eq!(sandbox.count("dropped `tick`"), 1, "{}", sandbox.log());
    assert_eq!(sandbox.count("tick is dropped"), 1);
    sandbox.stop();
    sandbox.assert_nothing_left();
}
