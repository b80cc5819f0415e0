//! The effect of each signal on a daemon at work, at its start and at its end.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use tests::require_programs;
use tests::support::{Running, Sandbox, until};

#[test]
fn thousand_signals_are_handled_on_the_main_thread() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    for _ in 0..1000 {
        daemon.signal(Signal::USR1);
    }
    sandbox.wait_for_log("got SIGUSR1");
    // The last one counts: it is handled after all that was sent before it.
    daemon.signal(Signal::USR2);
    sandbox.wait_for_log("got SIGUSR2");
    assert!(!daemon.has_ended());
    let own = format!("on_signal on thread {}", daemon.pid);
    assert_eq!(sandbox.count("on_signal on thread"), sandbox.count(&own));
    assert!(sandbox.count("got SIGUSR1") <= 1000);
    sandbox.stop();
}

#[test]
fn signal_sender_is_logged() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    daemon.signal(Signal::USR1);
    let own = std::process::id();
    sandbox.wait_for_log(&format!("got SIGUSR1 from pid {own} "));
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    assert_eq!(sandbox.count(&format!("SIGTERM from pid {own} ")), 1);
}

#[test]
fn realtime_signals_arrive_each_with_its_value() {
    require_programs!("/bin/kill");
    let sandbox = Sandbox::scripted();
    sandbox.script("run block 500");
    let daemon = sandbox.start();
    // By number, since a C library may keep more real-time signals than the one of `kill`.
    let line = format!(
        "for n in 1 2 3 4 5; do kill -s {} -q $n {}; done",
        nix::libc::SIGRTMIN() + 3,
        daemon.pid
    );
    // The kill of util-linux or procps: the shell's own queues no value.
    let _ = sandbox
        .shell(&line.replace("kill", "$(command -v env) kill"))
        .exits(0);
    sandbox.wait_for_logs("got SIGRTMIN+3", 5);
    for value in 1..=5 {
        assert_eq!(
            sandbox.count(&format!("value Some({value})")),
            1,
            "{}",
            sandbox.log()
        );
    }
    sandbox.stop();
}

#[test]
fn term_and_int_stop_and_hangup_reloads() {
    for signal in [Signal::TERM, Signal::INT] {
        let sandbox = Sandbox::scripted();
        let daemon = sandbox.start();
        daemon.signal(Signal::HUP);
        sandbox.wait_for_logs("on_start", 2);
        assert_eq!(
            (sandbox.count("on_stop"), sandbox.daemon().pid),
            (1, daemon.pid)
        );
        daemon.signal(signal);
        daemon.wait_for_end();
        assert_eq!(sandbox.count("on_stop"), 2);
        sandbox.assert_nothing_left();
    }
}

#[test]
fn storm_of_hangups_starves_neither_run_nor_signals() {
    let sandbox = Sandbox::scripted();
    // One more has always come when a reload is over.
    sandbox.script("on_stop block 20");
    let daemon = sandbox.start();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                daemon.signal(Signal::HUP);
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        sandbox.wait_for_logs("on_start on", 3);
        daemon.signal(Signal::USR1);
        let runs = sandbox.count("run on");
        let done = until(|| {
            let runs = sandbox.count("run on") > runs + 1;
            (runs && sandbox.count("got SIGUSR1") == 1).then_some(())
        });
        over.store(true, Ordering::Relaxed);
        assert!(done.is_some(), "{}", sandbox.log());
    });
    sandbox.stop();
}

#[test]
fn timer_signal_reaches_the_handler_and_ends_nothing() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start timer 100");
    // Longer than a stop may take.
    let _ = sandbox.verb(&["start", "--stop-timeout", "1s"]).exits(0);
    sandbox.wait_for_logs("got SIGUSR1", 25);
    assert!(!sandbox.daemon().has_ended());
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
}

#[test]
fn sigchld_and_unlisted_signals_are_harmless() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    daemon.signal(Signal::CHILD);
    daemon.signal(Signal::WINCH);
    daemon.signal(Signal::PIPE);
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log("got SIGUSR1");
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.count("on_signal"), 1);
    sandbox.stop();
}

#[test]
fn stop_from_a_thread_ends_a_waiting_run() {
    let sandbox = Sandbox::scripted();
    let file = sandbox.path("file");
    sandbox.script(&format!(
        "on_start stopper {}\nrun nap 3600000\non_stop nap 1",
        file.display()
    ));
    let running = sandbox.begin(&["run"]);
    sandbox.wait_for_log("run on");
    assert_eq!(sandbox.count("on_stop"), 0);
    fs::write(file, "").unwrap();
    let _ = running.finish().exits(0);
    assert_eq!((sandbox.count("run on"), sandbox.count("on_stop")), (1, 1));
    sandbox.assert_nothing_left();
}

#[test]
fn stop_within_on_start_skips_run() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start raise 15");
    // The daemon got ready: whether to stay was its own affair.
    let _ = sandbox.verb(&["start"]).exits(0);
    sandbox.wait_for_log("drop");
    let calls: Vec<_> = sandbox.messages();
    let called = |hook: &str| calls.iter().filter(|m| m.starts_with(hook)).count();
    assert_eq!(
        (called("on_start"), called("run"), called("on_stop")),
        (1, 0, 1),
        "{calls:?}"
    );
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn interrupt_of_a_waiting_start_ends_all_of_it() {
    for (signal, number) in [(Signal::INT, 2), (Signal::TERM, 15), (Signal::HUP, 1)] {
        let sandbox = Sandbox::scripted();
        sandbox.script("on_start child exec sleep 1000\non_start hang");
        // The process that runs the tests may ignore them, as nohup(1) does, and so would start.
        let mut command = sandbox.program("env");
        command
            .arg("--default-signal")
            .arg(sandbox.exe())
            .arg("start");
        let verb = Running::begin(command);
        sandbox.wait_for_log("child ");
        verb.process().signal(signal);
        let ended = verb.finish().exits(128 + number);
        let _ = ended.complains("before the daemon was ready");
        tests::support::eventually("all is gone", || sandbox.processes().is_empty());
        sandbox.assert_nothing_left();
    }
}

#[test]
fn killed_starter_leaves_a_daemon_or_nothing() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start block 300");
    let verb = sandbox.begin(&["start"]);
    sandbox.wait_for_log("on_start");
    verb.process().signal(Signal::KILL);
    let _ = verb.finish().exits(128 + 9);
    sandbox.wait_for_log("run ");
    let _ = sandbox.verb(&["status"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn panics_and_errors_exit_with_their_codes() {
    let cases = [
        ("run panic boom", 101, "panicked: boom", 1),
        ("run fail bad", 1, "`run` failed: bad", 1),
        ("on_signal panic boom", 101, "panicked: boom", 1),
        ("on_signal fail bad", 1, "`on_signal` failed: bad", 1),
        ("on_stop panic boom", 101, "panicked: boom", 1),
        ("on_stop fail bad", 1, "`on_stop` failed: bad", 1),
        ("on_start panic boom", 101, "panicked: boom", 0),
        ("on_start fail bad", 1, "`on_start` failed: bad", 0),
        ("new panic boom", 101, "panicked: boom", 0),
        ("new fail bad", 1, "`new` failed: bad", 0),
        ("drop panic boom", 101, "panicked: boom", 1),
        ("run stop_with 7", 7, "on_stop", 1),
        ("run stop", 0, "on_stop", 1),
    ];
    for (script, code, message, stops) in cases {
        let sandbox = Sandbox::scripted();
        sandbox.script(script);
        let running = sandbox.begin(&["run"]);
        if script.starts_with("on_signal") {
            sandbox.wait_for_log("run ");
            running.process().signal(Signal::USR1);
        }
        if script.starts_with("on_stop") || script.starts_with("drop") {
            sandbox.wait_for_log("run ");
            running.process().signal(Signal::TERM);
        }
        let ended = running.finish();
        assert_eq!(
            ended.code(),
            code,
            "{script}: {ended:#?}\n{}",
            sandbox.log()
        );
        assert!(sandbox.count(message) >= 1, "{script}:\n{}", sandbox.log());
        assert_eq!(
            sandbox.count("on_stop on"),
            stops,
            "{script}:\n{}",
            sandbox.log()
        );
        sandbox.assert_nothing_left();
    }
}

#[test]
fn panic_of_a_detached_daemon_is_logged() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_signal panic the moon is full");
    let daemon = sandbox.start();
    daemon.signal(Signal::USR1);
    daemon.wait_for_end();
    assert_eq!(
        sandbox.count("panicked: the moon is full, at"),
        1,
        "{}",
        sandbox.log()
    );
    assert_eq!(sandbox.count("on_stop on"), 1);
    sandbox.assert_nothing_left();
}

#[test]
fn second_interrupt_ends_a_stuck_run() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run hang");
    let running = Running::begin(sandbox.command(&["run"]));
    let daemon = running.process();
    sandbox.wait_for_log("run ");
    daemon.signal(Signal::INT);
    std::thread::sleep(std::time::Duration::from_millis(1100)); // Tests the time between.
    daemon.signal(Signal::INT);
    let _ = running.finish().exits(128 + 2);
    let _ = sandbox.verb(&["stop"]).exits(0);
}
