//! `upgrade`: another program takes over the process.

mod foreground;
mod handed;
mod listeners;
mod locked;
mod refused;
mod rolled_back;
mod stopped;
mod storms;

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::process::Signal;
use tests::support::{Running, Sandbox, eventually};

#[test]
fn new_program_takes_over_the_process() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    let lock = std::fs::metadata(sandbox.lock_file()).unwrap();
    sandbox.install("scripted_next");
    let pid = daemon.pid;
    let said = format!("upgraded, pid {pid}");
    let _ = sandbox.verb(&["upgrade"]).exits(0).says(&said);
    assert_eq!((sandbox.daemon().pid, daemon.has_ended()), (pid, false));
    assert_eq!(sandbox.count("the next program"), 1);
    assert_eq!((sandbox.count("on_stop"), sandbox.count("drop")), (1, 1));
    assert_eq!(daemon.title(), "the next one");
    assert_eq!(daemon.field("SigBlk"), "0000000000000000");
    assert!(!daemon.environment().contains_key("DAEMON_RT_UPGRADE"));
    let status = sandbox.verb(&["status"]).exits(0);
    let _ = status.says(&format!("running, pid {pid}"));
    let same = std::fs::metadata(sandbox.lock_file()).unwrap();
    assert_eq!(
        std::os::unix::fs::MetadataExt::ino(&same),
        std::os::unix::fs::MetadataExt::ino(&lock)
    );
    // Its signals are those of its own declaration.
    daemon.signal(Signal::WINCH);
    sandbox.wait_for_log("the next program got SIGWINCH");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn upgrade_without_a_daemon_exits_with_7() {
    let sandbox = Sandbox::upgradable();
    let _ = sandbox.verb(&["upgrade"]).exits(7).complains("not running");
    let _ = sandbox.verb(&["start"]).exits(0);
    sandbox.stop();
    let _ = sandbox.verb(&["upgrade"]).exits(7);
}

#[test]
fn upgrade_follows_a_link_that_a_deployment_moves() {
    let sandbox = Sandbox::upgradable();
    let versions = ["scripted", "scripted_next"].map(|name| {
        let version = sandbox.path(&format!("version-{name}"));
        tests::support::copy_program(tests::support::daemon_path(name), &version);
        version
    });
    std::fs::remove_file(sandbox.exe()).unwrap();
    let link = |version| {
        let new = sandbox.path("link.new");
        std::os::unix::fs::symlink(version, &new).unwrap();
        std::fs::rename(new, sandbox.exe()).unwrap();
    };
    link(&versions[0]);
    let daemon = sandbox.start();
    link(&versions[1]);
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    let exe = std::fs::read_link(format!("/proc/{}/exe", daemon.pid)).unwrap();
    assert_eq!(exe, versions[1]);
    sandbox.stop();
}

#[test]
fn options_and_variables_of_the_start_stay_in_force() {
    let sandbox = Sandbox::upgradable();
    let log = sandbox.path("other.log");
    let mut command = sandbox.command(&["start", "--log-file", "other.log"]);
    command.env("SCRIPTED_LOG_LEVEL", "info").env("PATH", "");
    let _ = Running::begin(command).finish().exits(0);
    let daemon = sandbox.daemon();
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(
        text.contains("the next program") && !text.contains("on_start"),
        "{text}"
    );
    assert!(!daemon.has_ended());
    sandbox.stop();
}

/// Asks the kernel for the holder of a lock on some bytes, as another process would.
fn locked_by(file: &File, (start, length): (i64, i64)) -> Option<i32> {
    let mut lock = libc::flock {
        l_type: i16::try_from(libc::F_RDLCK).unwrap(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap(),
        l_start: start,
        l_len: length,
        l_pid: 0,
    };
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).unwrap();
    (i32::from(lock.l_type) != libc::F_UNLCK).then_some(lock.l_pid)
}

#[test]
fn lock_is_never_free_and_no_descriptor_is_left_over_many_upgrades() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    let file = File::options()
        .read(true)
        .open(sandbox.lock_file())
        .unwrap();
    let is_over = AtomicBool::new(false);
    let upgrade = || sandbox.verb(&["upgrade"]).exits(0);
    let _ = upgrade();
    let before = daemon.descriptors();
    thread::scope(|scope| {
        let prober = scope.spawn(|| {
            let mut seen = 0_u64;
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(
                    locked_by(&file, (0, 1)),
                    Some(daemon.pid),
                    "after {seen} looks"
                );
                seen += 1;
            }
            seen
        });
        let upgraded = ["scripted_next", "scripted"]
            .into_iter()
            .cycle()
            .take(20)
            .all(|name| {
                sandbox.install(name);
                let verb = sandbox.verb(&["upgrade"]);
                verb.code() == 0 && !prober.is_finished()
            });
        is_over.store(true, Ordering::Relaxed);
        assert!(upgraded);
        assert!(prober.join().unwrap() > 1000);
    });
    let kinds = |all: &std::collections::BTreeMap<i32, String>| {
        let mut kinds: Vec<_> = all.values().cloned().collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(&daemon.descriptors()), kinds(&before));
    let _ = sandbox.verb(&["status"]).exits(0).says("21 so far");
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn ordinary_user_upgrades_a_daemon() {
    let Some(sandbox) = Sandbox::scripted_by(65534) else {
        return;
    };
    let daemon = sandbox.start();
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    assert_eq!(sandbox.count("the next program"), 1);
    assert!(!daemon.has_ended());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn copy_of_the_daemon_does_not_keep_the_lock_after_an_upgrade() {
    let sandbox = Sandbox::upgradable();
    let mark = sandbox.path("copied");
    sandbox.script(&format!("next_tick copy apart {} hang", mark.display()));
    let daemon = sandbox.start();
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    eventually("there is a copy", || daemon.children().len() == 1);
    let copies = daemon.children();
    daemon.kill();
    let _ = sandbox.verb(&["status"]).exits(1);
    assert!(!copies[0].has_ended());
    copies[0].kill();
    let _ = sandbox.verb(&["stop"]).exits(0);
}
