//! Removed pid and lock files.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use tests::support::{NOBODY, Process, Running, Sandbox, daemon_path, eventually};

use super::json;

#[test]
fn sleeping_daemon_restores_removed_files() {
    // Its `run` sleeps for longer than anything here waits, and no signal of ours wakes it.
    let sandbox = Sandbox::of("reaps_all");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on thread");
    for file in [sandbox.lock_file(), sandbox.pid_file(), sandbox.lock_file()] {
        fs::remove_file(&file).unwrap();
        eventually("the file is back", || file.exists());
    }
    eventually("the lock is held", || json(&sandbox)["state"] == "running");
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// Removes the directory `run` of a daemon that sleeps, and makes it anew when the daemon knows.
fn remove_the_directory(sandbox: &Sandbox) {
    let directory = sandbox.path("run");
    let daemon_place = directory.join("reaps_all.pid");
    let verb = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env("REAPS_ALL_PID_FILE", &daemon_place);
        Running::begin(command).finish()
    };
    let make = || sandbox.program("mkdir").arg(&directory).status().unwrap();
    assert!(make().success());
    let _ = verb(&["start"]).exits(0);
    sandbox.wait_for_log("run on thread");
    let pid = fs::read_to_string(&daemon_place).unwrap();
    let daemon = Process::of(pid.trim().parse().unwrap());
    // Frozen, since it would otherwise restore its files before the directory is empty.
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    fs::remove_dir_all(&directory).unwrap();
    daemon.signal(Signal::CONT);
    sandbox.wait_for_log("cannot restore the lock file");
    assert!(make().success());
    eventually("the lock is held", || verb(&["status", "-q"]).code() == 0);
    let again = format!("already running, pid {}", daemon.pid);
    let _ = verb(&["start"]).exits(0).says(&again);
    eventually("the pid file is back", || {
        fs::read_to_string(&daemon_place).is_ok_and(|there| there == pid)
    });
    sandbox.wait_for_log("restored the pid file");
    // One look more is due: the last signal of the new directory.
    let wakes = || daemon.field("voluntary_ctxt_switches");
    let mut before = wakes();
    eventually("it sleeps", || {
        std::thread::sleep(Duration::from_millis(1500)); // Tests that nothing happens.
        std::mem::replace(&mut before, wakes()) == wakes()
    });
    let _ = verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
}

#[test]
fn sleeping_daemon_restores_files_in_a_new_directory() {
    let reaps_all = &daemon_path("reaps_all");
    remove_the_directory(&Sandbox::new(reaps_all));
    if let Some(sandbox) = Sandbox::of_user(reaps_all, NOBODY) {
        remove_the_directory(&sandbox);
    }
}

/// A start makes the directory of the default place, so another daemon could be in there.
#[test]
fn sleeping_daemon_restores_its_default_directory() {
    let Some(sandbox) = Sandbox::of_user(&daemon_path("reaps_all"), NOBODY) else {
        return;
    };
    let verb = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env_remove("REAPS_ALL_PID_FILE");
        Running::begin(command).finish()
    };
    let directory = sandbox.path("state/reaps_all");
    let _ = verb(&["start"]).exits(0);
    sandbox.wait_for_log("run on thread");
    let pid = fs::read_to_string(directory.join("reaps_all.pid")).unwrap();
    let daemon = Process::of(pid.trim().parse().unwrap());
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    fs::remove_dir_all(&directory).unwrap();
    daemon.signal(Signal::CONT);
    eventually("the lock is held", || verb(&["status", "-q"]).code() == 0);
    let again = format!("already running, pid {}", daemon.pid);
    let _ = verb(&["start"]).exits(0).says(&again);
    let _ = verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
}

/// By a limit on the size of files; a full disk fails the same write.
#[test]
fn full_disk_restores_the_lock_without_its_page() {
    let sandbox = Sandbox::of("reaps_all");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on thread");
    let room = |bytes| {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        let pid = Pid::from_raw(daemon.pid);
        let _ = prlimit(pid, Resource::Fsize, limit).unwrap();
    };
    room(Some(0));
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the file is back", || sandbox.lock_file().exists());
    eventually("the lock is held", || json(&sandbox)["state"] == "running");
    let status = json(&sandbox);
    assert_eq!(status["pid"], daemon.pid);
    assert!(status["log_file"].is_null(), "{status}");
    let again = format!("already running, pid {}", daemon.pid);
    let _ = sandbox.verb(&["start"]).exits(0).says(&again);
    room(None);
    let log = sandbox.log_file();
    eventually("the state page is back", || {
        json(&sandbox)["log_file"] == log.to_str().unwrap()
    });
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.stop();
    assert!(daemon.has_ended());
}

#[test]
fn busy_directory_wakes_the_daemon_rarely() {
    let sandbox = Sandbox::of("reaps_all");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on thread");
    let wakes = || -> u32 { daemon.field("voluntary_ctxt_switches").parse().unwrap() };
    let (before, begin) = (wakes(), Instant::now());
    let directory = sandbox.pid_file().parent().unwrap().to_owned();
    for _ in 0..1000 {
        let file = directory.join("another");
        fs::write(&file, "").unwrap();
        fs::remove_file(&file).unwrap();
        // As slow as a process is that waits for the last one to be heard.
        std::thread::sleep(Duration::from_millis(1));
    }
    let (woken, took) = (wakes() - before, begin.elapsed().as_secs_f64());
    assert!(f64::from(woken) < 20.0 + 40.0 * took, "{woken} in {took} s");
    // It still hears.
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the file is back", || sandbox.lock_file().exists());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn removed_pid_and_lock_files_are_restored() {
    let sandbox = Sandbox::of("own_reload");
    let daemon = sandbox.start();
    fs::remove_file(sandbox.pid_file()).unwrap();
    eventually("the pid file is back", || sandbox.pid_file().exists());
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the lock is back", || json(&sandbox)["state"] == "running");
    let _ = sandbox
        .verb(&["start"])
        .exits(0)
        .says(&format!("already running, pid {}", daemon.pid));
    let _ = sandbox.verb(&["reload"]).exits(0);
    fs::remove_file(sandbox.log_file()).unwrap();
    daemon.signal(Signal::HUP);
    sandbox.wait_for_log("on_reload");
    sandbox.stop();
    sandbox.assert_nothing_left();
}
