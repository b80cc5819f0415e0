//! The number of work in flight.

use std::fs;

use rustix::process::Signal;
use tests::support::{Sandbox, eventually};

use super::json;

#[test]
fn work_in_flight_is_counted_from_any_thread() {
    let sandbox = Sandbox::scripted();
    let (done, copied) = (sandbox.path("done"), sandbox.path("copied"));
    sandbox.script(&format!(
        "on_start guard_until {}\non_start guard 60000\non_signal copy fork {} guard 60000\non_signal log copied",
        done.display(),
        copied.display(),
    ));
    let _ = sandbox.verb(&["start", "--drain", "2s"]).exits(0);
    let daemon = sandbox.daemon();
    let count = || json(&sandbox)["in_flight"].as_u64();
    assert_eq!(count(), Some(2));
    let _ = sandbox.verb(&["status"]).exits(0).says("in flight 2");
    // The work of a copy of the daemon is not the daemon's.
    daemon.signal(Signal::USR1);
    sandbox.wait_for_log("copied");
    assert_eq!(count(), Some(2));
    // Another lock file says so as well.
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the lock is held", || json(&sandbox)["state"] == "running");
    assert_eq!(count(), Some(2));
    fs::write(done, "").unwrap();
    eventually("a thread is done", || count() == Some(1));
    daemon.signal(Signal::TERM);
    eventually("it drains", || json(&sandbox)["state"] == "stopping");
    assert_eq!(count(), Some(1));
    daemon.wait_for_end();
    assert_eq!(sandbox.count("1 guard is left"), 1);
    sandbox.assert_nothing_left();
}
