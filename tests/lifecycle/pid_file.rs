//! The lock is the truth, the pid file is not: whatever stands in it, nobody is signalled for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Child, Command};

use rustix::process::Signal;
use tests::require_programs;
use tests::support::{Process, Running, Sandbox, eventually};

/// A process that has nothing to do with the daemon.
struct Bystander(Child);

impl Bystander {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().unwrap())
    }

    fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }

    #[track_caller]
    fn assert_unharmed(&mut self) {
        assert_eq!(
            self.0.try_wait().unwrap(),
            None,
            "the bystander was signalled"
        );
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn killed_daemon_is_dead_and_starts_again() {
    let sandbox = Sandbox::scripted();
    let first = sandbox.start();
    first.kill();
    let _ = sandbox
        .verb(&["status"])
        .exits(1)
        .says("dead")
        .says(&first.pid.to_string());
    let second = sandbox.start();
    assert_ne!(second.pid, first.pid);
    let _ = sandbox.verb(&["status"]).exits(0);
    sandbox.stop();
}

#[test]
fn stop_of_a_dead_daemon_removes_its_pid_file() {
    let sandbox = Sandbox::scripted();
    sandbox.start().kill();
    let _ = sandbox.verb(&["stop"]).exits(0).says("not running");
    sandbox.assert_nothing_left();
}

#[test]
fn pid_file_naming_a_stranger_signals_no_process() {
    let sandbox = Sandbox::scripted();
    let mut bystander = Bystander::new();
    let _ = sandbox.verb(&["stop"]);
    fs::write(sandbox.pid_file(), format!("{}\n", bystander.pid())).unwrap();
    let _ = sandbox.verb(&["status"]).exits(1);
    let _ = sandbox.verb(&["stop"]).exits(0);
    bystander.assert_unharmed();
    fs::write(sandbox.pid_file(), format!("{}\n", bystander.pid())).unwrap();
    let daemon = sandbox.start();
    assert_ne!(daemon.pid, bystander.pid());
    bystander.assert_unharmed();
    sandbox.stop();
    bystander.assert_unharmed();
}

#[test]
fn pid_file_with_garbage_hinders_no_verb() {
    let own = std::process::id().to_string();
    let digits = "9".repeat(30);
    let contents = [
        "", "abc", "-1", "0", "1", &digits, "4711\r\n", "1\n2\n", "\0\0\0\0", " 12 ", &own,
    ];
    for content in contents {
        let sandbox = Sandbox::scripted();
        fs::write(sandbox.pid_file(), content).unwrap();
        // A daemon that may no longer remove its pid file leaves an empty one.
        let dead_or_stopped = if content.is_empty() { 3 } else { 1 };
        let _ = sandbox.verb(&["status"]).exits(dead_or_stopped);
        let _ = sandbox.verb(&["stop"]).exits(0).says("not running");
        fs::write(sandbox.pid_file(), content).unwrap();
        let _ = sandbox.start();
        let _ = sandbox.verb(&["status"]).exits(0);
        sandbox.stop();
        sandbox.assert_nothing_left();
    }
}

#[test]
fn pid_file_overwritten_misleads_no_verb() {
    let sandbox = Sandbox::scripted();
    let mut bystander = Bystander::new();
    let daemon = sandbox.start();
    fs::write(sandbox.pid_file(), format!("{}\n", bystander.pid())).unwrap();
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says(&daemon.pid.to_string());
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
    bystander.assert_unharmed();
    sandbox.assert_nothing_left();
}

#[test]
fn pid_file_of_another_process_is_left_alone() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    // Frozen, since it would otherwise restore its own file at once.
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    // Another file by the same name: not the one that the daemon wrote.
    fs::write(sandbox.path("new"), "4711\n").unwrap();
    fs::rename(sandbox.path("new"), sandbox.pid_file()).unwrap();
    daemon.signal(Signal::TERM);
    daemon.signal(Signal::CONT);
    daemon.wait_for_end();
    assert_eq!(fs::read_to_string(sandbox.pid_file()).unwrap(), "4711\n");
    fs::remove_file(sandbox.pid_file()).unwrap();
}

#[test]
fn start_that_loses_a_race_leaves_the_pid_file() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    for _ in 0..5 {
        let _ = sandbox.verb(&["run"]).exits(150);
        let _ = sandbox.verb(&["start"]).exits(0);
    }
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
}

#[test]
fn pid_file_removed_admits_no_second_daemon() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    fs::remove_file(sandbox.pid_file()).unwrap();
    let _ = sandbox
        .verb(&["start"])
        .exits(0)
        .says(&format!("already running, pid {}", daemon.pid));
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says(&daemon.pid.to_string());
    let _ = sandbox.verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
}

#[test]
fn child_of_a_killed_daemon_holds_no_lock() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start child exec sleep 1000");
    let first = sandbox.start();
    let children = first.children();
    let [child] = children.as_slice() else {
        panic!("the daemon has not one child: {children:?}");
    };
    first.kill();
    assert!(!child.has_ended(), "the child outlives its parent");
    let _ = sandbox.verb(&["status"]).exits(1);
    sandbox.script("");
    let second = sandbox.start();
    assert_ne!(first.pid, second.pid);
    sandbox.stop();
    child.kill();
}

#[test]
fn partial_pid_file_is_replaced() {
    let sandbox = Sandbox::scripted();
    // A daemon that dies between the creation and the rename of the file leaves this.
    let half = sandbox.path(".scripted.pid.new");
    fs::write(&half, "47").unwrap();
    let daemon = sandbox.start();
    assert!(!half.exists());
    assert!(Process::find(daemon.pid).is_some());
    sandbox.stop();
}

/// A verb that has waited for another one works on the lock that counts by then.
#[test]
fn waiting_verb_notices_a_replaced_lock_file() {
    require_programs!("flock");
    for (verb, code) in [("stop", 0), ("reload", 0), ("restart", 0)] {
        let sandbox = Sandbox::scripted();
        let _ = sandbox.start();
        sandbox.stop();
        // Another verb at work, which ends when its file is there.
        let line = "flock scripted.pid.lock sh -c ': > held; until [ -e go ]; do sleep 0.01; done'";
        let mut command = sandbox.program("sh");
        command.args(["-c", line]);
        let other = Running::begin(command);
        eventually("the lock is held", || sandbox.path("held").exists());
        let waiting = sandbox.begin(&[verb]);
        // It has the file open, and waits.
        eventually("the verb waits", || {
            let open = waiting.process().descriptors();
            open.values()
                .any(|file| sandbox.lock_file().as_os_str() == file.as_str())
        });
        fs::remove_file(sandbox.lock_file()).unwrap();
        let daemon = sandbox.start();
        fs::write(sandbox.path("go"), "").unwrap();
        let _ = other.finish().exits(0);
        let _ = waiting.finish().exits(code);
        assert_eq!(daemon.has_ended(), verb != "reload", "{verb}");
        if verb != "stop" {
            sandbox.stop();
        }
    }
}

#[test]
fn status_of_a_pid_file_that_is_no_file_is_unknown() {
    let sandbox = Sandbox::scripted();
    let path = sandbox.pid_file();
    fs::create_dir(&path).unwrap();
    let status = sandbox.verb(&["status"]).exits(4);
    let _ = status.says("is not a regular file");
    fs::remove_dir(&path).unwrap();
    let _ = sandbox.verb(&["status"]).exits(3);
    symlink("/etc/passwd", &path).unwrap();
    let _ = sandbox.verb(&["status"]).exits(4);
}
