//! The locks during an upgrade and after it, with other holders of their descriptors.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::support::{Process, Sandbox};

use super::locked_by;

/// The record lock, and the two that exclude other daemons.
const ALL: (i64, i64) = (0, 3);

#[test]
fn descriptor_that_user_code_keeps_frees_no_lock_at_an_upgrade() {
    let sandbox = Sandbox::upgradable();
    let lock = sandbox.lock_file();
    sandbox.script(&format!("new keep {0}\nnext_new keep {0}", lock.display()));
    let daemon = sandbox.start();
    let file = File::open(&lock).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let prober = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                assert!(locked_by(&file, ALL).is_some(), "the lock is free");
            }
        });
        for name in ["scripted_next", "scripted"].into_iter().cycle().take(10) {
            sandbox.install(name);
            let _ = sandbox.verb(&["upgrade"]).exits(0);
        }
        is_over.store(true, Ordering::Relaxed);
        prober.join().unwrap();
    });
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn copy_of_the_first_program_keeps_no_lock_after_an_upgrade() {
    let sandbox = Sandbox::upgradable();
    let mark = sandbox.path("copied");
    sandbox.script(&format!("run copy apart {} hang", mark.display()));
    let daemon = sandbox.start();
    sandbox.wait_for_log("copied");
    let copies = daemon.children();
    sandbox.script("");
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    daemon.kill();
    daemon.wait_for_end();
    assert_eq!((copies.len(), copies[0].has_ended()), (1, false));
    let _ = sandbox.verb(&["start"]).exits(0).says("started");
    copies[0].kill();
    sandbox.stop();
}

#[test]
fn child_that_main_of_the_new_program_starts_keeps_no_lock() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    sandbox.script("next_main child exec sleep 77");
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    let children = daemon.children();
    sandbox.script("");
    daemon.kill();
    daemon.wait_for_end();
    assert!(children.iter().any(|child| !child.has_ended()));
    let _ = sandbox.verb(&["start"]).exits(0).says("started");
    sandbox.stop();
    // That of the program which was asked as well.
    sandbox.processes().iter().for_each(Process::kill);
}
