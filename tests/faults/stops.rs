//! A stop ends, by whichever way it was requested and wherever the daemon hangs.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tests::support::{Process, Running, Sandbox, eventually};

/// The time that the daemon adds to its own time-out, so that a verb sees its end first.
const GRACE: Duration = Duration::from_secs(1);

/// A daemon in the foreground that ends itself after a second.
fn begin(script: &str) -> (Sandbox, Running, Process) {
    begin_within("1s", script)
}

fn begin_within(time: &str, script: &str) -> (Sandbox, Running, Process) {
    let sandbox = Sandbox::scripted();
    sandbox.script(script);
    let running = sandbox.begin(&["run", "--stop-timeout", time]);
    let daemon = running.process();
    sandbox.wait_for_log("run ");
    (sandbox, running, daemon)
}

#[test]
fn plain_term_is_bounded_by_the_stop_timeout() {
    for (script, signal) in [
        ("on_stop hang", Signal::TERM),
        ("on_stop hang", Signal::INT),
        ("run hang", Signal::TERM),
        ("drop hang", Signal::TERM),
    ] {
        let (sandbox, running, daemon) = begin(script);
        let asked = Instant::now();
        daemon.signal(signal);
        let ended = running.finish();
        assert_eq!(ended.code(), 128 + 15, "{script}: {ended:#?}");
        assert!(
            asked.elapsed() >= Duration::from_secs(1) + GRACE,
            "{script}"
        );
        let _ = sandbox.start();
        sandbox.script("");
        let _ = sandbox.verb(&["stop", "--stop-timeout", "1s"]).exits(0);
    }
}

#[test]
fn own_stop_is_bounded_by_the_stop_timeout() {
    for script in ["run stop\non_stop hang", "run fail no more\non_stop hang"] {
        let (_sandbox, running, _) = begin(script);
        assert_eq!(running.finish().code(), 128 + 15, "{script}");
    }
}

/// `--no-kill` holds, and a longer time-out of a verb is also the daemon's.
#[test]
fn timeout_of_the_verb_overrides_the_daemons() {
    let (sandbox, running, daemon) = begin("on_stop hang");
    let verb = sandbox.verb(&["stop", "--no-kill", "--stop-timeout", "1s"]);
    let _ = verb.exits(1).complains("without --no-kill");
    std::thread::sleep(2 * GRACE); // Tests that nothing happens.
    assert!(!daemon.has_ended());
    let status = sandbox.verb(&["status"]).exits(0);
    let _ = status.says("stopping").says("`on_stop` since");
    // A second one is the end at once.
    let _ = sandbox.verb(&["stop"]).exits(0);
    assert_eq!(running.finish().code(), 128 + 15);
    let (sandbox, running, _daemon) = begin("on_stop hang");
    let verb = sandbox.verb(&["stop", "--stop-timeout", "3s"]).exits(0);
    let _ = verb.says("killed after 3s").complains("in `on_stop`");
    assert_eq!(running.finish().code(), 128 + 9);
}

/// Time enough is not cut short.
#[test]
fn stop_within_its_time_ends_well() {
    // Longer than the added time, and much less than both.
    let (_sandbox, running, daemon) = begin_within("20s", "on_stop block 1500");
    daemon.signal(Signal::TERM);
    assert_eq!(running.finish().code(), 0);
}

#[test]
fn blocking_hook_is_named() {
    let sandbox = Sandbox::scripted();
    for hook in ["run", "on_signal", "on_child"] {
        sandbox.script(&format!("{hook} hang"));
        let _ = sandbox.verb(&["start", "--hang-after", "100ms"]).exits(0);
        match hook {
            "on_signal" => drop(sandbox.verb(&["signal", "USR1"]).exits(0)),
            "on_child" => {
                sandbox.script("on_signal spawn true\non_child hang");
                drop(sandbox.verb(&["signal", "USR1"]).exits(0));
            }
            _ => {}
        }
        eventually("status names the hook", || {
            let status = sandbox.verb(&["status"]);
            status.stdout.contains("hangs") && status.stdout.contains(&format!("`{hook}` since"))
        });
        let stop = sandbox.verb(&["stop", "--no-kill", "--stop-timeout", "100ms"]);
        let _ = stop.exits(1).complains(&format!("in `{hook}` since"));
        let _ = sandbox.verb(&["stop", "--stop-timeout", "100ms"]).exits(0);
    }
}
