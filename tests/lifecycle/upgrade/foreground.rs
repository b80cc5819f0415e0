//! Upgrades of a daemon that `run` started, under a service manager and without one.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use tests::support::{DEADLINE, Running, Sandbox, eventually};

/// Collects what the manager hears until `wanted`.
fn hear(manager: &UnixDatagram, wanted: &str) -> String {
    let mut heard = String::new();
    while !heard.contains(wanted) {
        let mut message = [0; 4096];
        let length = manager.recv(&mut message).unwrap();
        heard += &String::from_utf8_lossy(&message[..length]);
    }
    heard
}

#[test]
fn manager_hears_a_reload_and_the_watchdog_is_fed() {
    let sandbox = Sandbox::upgradable();
    let address = sandbox.path("notify");
    let manager = UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut command = sandbox.command(&["run"]);
    command
        .env("NOTIFY_SOCKET", &address)
        .env("WATCHDOG_USEC", "300000");
    let running = Running::begin(command);
    let _ = hear(&manager, "READY=1");
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    let heard = hear(&manager, "READY=1");
    assert!(heard.contains("RELOADING=1\nMONOTONIC_USEC="), "{heard}");
    assert!(!heard.contains("STOPPING=1"), "{heard}");
    let _ = hear(&manager, "WATCHDOG=1");
    let daemon = running.process();
    assert!(!daemon.environment().contains_key("NOTIFY_SOCKET"));
    daemon.signal(Signal::TERM);
    let _ = hear(&manager, "STOPPING=1");
    let _ = running.finish().exits(0);
    sandbox.assert_nothing_left();
}

#[test]
fn log_on_stderr_goes_on() {
    let sandbox = Sandbox::upgradable();
    let mut command = sandbox.command(&["run"]);
    command.env_remove("SCRIPTED_LOG_FILE");
    let running = Running::begin(command);
    let daemon = running.process();
    eventually("it runs", || sandbox.verb(&["status"]).code() == 0);
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    daemon.signal(Signal::TERM);
    let ended = running.finish().exits(0);
    let _ = ended.complains("on_start").complains("the next program");
    sandbox.assert_nothing_left();
}

#[test]
fn hang_up_that_the_caller_ignored_stays_ignored() {
    let sandbox = Sandbox::upgradable();
    let mut command = sandbox.program("nohup");
    command.arg(sandbox.exe()).arg("run");
    let running = Running::begin(command);
    sandbox.wait_for_log("run on");
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    // The leader of the session is another process, so this is a request to reload.
    running.process().signal(Signal::HUP);
    sandbox.wait_for_log("reloading");
    sandbox.stop();
    let _ = running.finish().exits(0);
}
