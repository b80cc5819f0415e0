//! The notifications to a service manager after a panic.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;

use tests::support::{DEADLINE, Running, Sandbox};

use super::assert_ended_as_stopping;

/// A service manager that records the daemon's notifications.
struct Manager {
    socket: UnixDatagram,
    path: std::path::PathBuf,
}

impl Manager {
    fn of(sandbox: &Sandbox) -> Self {
        let path = sandbox.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self { socket, path }
    }

    fn run(&self, sandbox: &Sandbox, options: &[&str]) -> Running {
        let mut command = sandbox.command(&[&["run"], options].concat());
        command.env("NOTIFY_SOCKET", &self.path);
        // Fed at half of it.
        command.env("WATCHDOG_USEC", "400000");
        Running::begin(command)
    }

    /// What it hears up to `last`, with that.
    #[track_caller]
    fn hears(&self, last: &str) -> String {
        let mut heard = String::new();
        while !heard.contains(last) {
            let mut datagram = [0; 4096];
            let received = self.socket.recv(&mut datagram);
            // With a time-out that is no signal handler's doing: a stop is enough, signal(7).
            if matches!(&received, Err(error) if error.kind() == ErrorKind::Interrupted) {
                continue;
            }
            heard.push_str(std::str::from_utf8(&datagram[..received.unwrap()]).unwrap());
            heard.push('\n');
        }
        heard
    }
}

#[test]
fn manager_learns_of_the_restart() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let manager = Manager::of(&sandbox);
    sandbox.script("tick panic the disk is on fire");
    let running = manager.run(&sandbox, &[]);
    let heard = manager.hears("STATUS=panicked; restarting in 1s\n");
    assert!(
        heard.contains("READY=1") && !heard.contains("RELOADING"),
        "{heard}"
    );
    sandbox.stop();
    let _ = running.finish().exits(0);
    assert_ended_as_stopping(&sandbox);
}

/// Otherwise `systemctl reload` would hang, and the service would stay in the state "reloading".
#[test]
fn manager_learns_that_a_panicked_reload_is_over() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let manager = Manager::of(&sandbox);
    let running = manager.run(&sandbox, &[]);
    let _ = manager.hears("READY=1");
    sandbox.script("on_reload panic the disk is on fire");
    let _ = sandbox.verb(&["reload"]).exits(1);
    let _ = manager.hears("RELOADING=1");
    let heard = manager.hears("restarting in 1s\n");
    assert!(heard.contains("READY=1"), "{heard}");
    sandbox.stop();
    let _ = running.finish().exits(0);
}

/// A child that ignores SIGTERM, before the next value.
#[test]
fn watchdog_is_fed_while_children_are_ended() {
    let sandbox = Sandbox::of("restarts_on_panic");
    let manager = Manager::of(&sandbox);
    sandbox.script(&format!(
        "run spawn trap '' TERM; touch {0}; while :; do sleep 1; done\nrun await {0}\n\
         run panic the disk is on fire",
        sandbox.path("trapped").display()
    ));
    let running = manager.run(&sandbox, &["--stop-timeout", "4s"]);
    let _ = manager.hears("READY=1");
    sandbox.wait_for_log("panicked: the disk is on fire");
    let heard = manager.hears("restarting in 1s\n");
    assert!(heard.matches("WATCHDOG=1").count() > 5, "{heard}");
    sandbox.stop();
    let _ = running.finish().exits(0);
}
