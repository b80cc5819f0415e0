//! Another process swaps the files while the verbs work.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tests::require_root;
use tests::support::{Sandbox, eventually};

use super::bystander::Bystander;
use super::plant::{Plant, Victim};

/// How many starts and stops; `HOSTILE_ROUNDS`.
fn rounds() -> usize {
    let rounds = std::env::var("HOSTILE_ROUNDS").ok();
    rounds.map_or(30, |text| text.parse().expect("a number of rounds"))
}

fn clear(path: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir_all(path);
}

/// Puts one plant after the other at `path`, as fast as it can.
fn swap(path: &Path, victim: &Path, plants: &[Plant], done: &AtomicBool) -> usize {
    let new = path.with_file_name(format!("{}.swap", path.file_name().unwrap().display()));
    let mut swaps = 0;
    while !done.load(Ordering::Relaxed) {
        for plant in plants {
            clear(&new);
            plant.put(&new, victim);
            // A rename replaces at once; a directory cannot be put over a file so.
            if fs::rename(&new, path).is_err() {
                clear(path);
                let _ = fs::rename(&new, path);
            }
            swaps += 1;
            thread::yield_now();
            clear(path);
            thread::yield_now();
        }
    }
    clear(path);
    clear(&new);
    swaps
}

fn race(file: &str) {
    require_root!("make every plant");
    let sandbox = Sandbox::scripted();
    let victim = Victim::new(sandbox.path("victim"));
    let mut bystander = Bystander::new(&sandbox);
    let plants = [
        Plant::Link,
        Plant::HardLink,
        Plant::Fifo,
        Plant::Directory,
        Plant::ForeignFile,
        Plant::NullDevice,
    ];
    let (path, done) = (sandbox.path(file), AtomicBool::new(false));
    let rounds = rounds();
    let mut started = 0;
    let swaps = thread::scope(|scope| {
        let swapper = scope.spawn(|| swap(&path, &victim.path, &plants, &done));
        for round in 0..rounds {
            let start = sandbox.verb(&["start", "--start-timeout", "10s"]);
            let stop = sandbox.verb(&["stop", "--stop-timeout", "10s"]);
            for ended in [&start, &stop] {
                assert!([0, 1, 4].contains(&ended.code()), "{round}: {ended:#?}");
            }
            started += usize::from(start.code() == 0);
            bystander.assert_unharmed(file);
        }
        done.store(true, Ordering::Relaxed);
        swapper.join().unwrap()
    });
    victim.assert_untouched(file);
    println!("{file}: {rounds} rounds, {started} started, {swaps} swaps");
    // A plant that was renamed in place of the new pid file is there for good.
    clear(&sandbox.pid_file());
    // A daemon whose lock file was taken away restores it, and ends when another daemon has the
    // lock. No daemon may be left that no verb reaches.
    eventually("a stop reaches the remaining daemons", || {
        // Of two daemons the second may take the lock when the first is gone, so a stop may fail.
        let _ = sandbox.verb(&["stop", "--stop-timeout", "10s"]);
        sandbox.processes().is_empty()
    });
    clear(&path);
    let _ = sandbox.start();
    sandbox.stop();
}

#[test]
fn swapped_pid_file_touches_no_victim() {
    race("scripted.pid");
}

#[test]
fn swapped_lock_touches_no_victim() {
    race("scripted.pid.lock");
}

#[test]
fn swapped_log_touches_no_victim() {
    race("scripted.log");
}

#[test]
fn swapped_new_pid_file_touches_no_victim() {
    race(".scripted.pid.new");
}
