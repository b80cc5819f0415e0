//! Every plant, in the place of every file, before every verb.

use rustix::process::Signal;
use tests::require_root;
use tests::support::{Sandbox, eventually};

use super::plant::{Plant, Victim};

/// The verbs that touch the file, and whether the plant must make them fail with 4.
const LOCK: &[(&str, bool)] = &[
    ("start", true),
    ("restart", true),
    ("try-restart", true),
    ("stop", true),
    ("reload", true),
    ("run", true),
    ("status", true),
    ("check", true),
];

/// Without a lock file no daemon has ever run: `stop` has nothing to tidy up then.
const PID: &[(&str, bool)] = &[
    ("start", true),
    ("restart", true),
    ("run", true),
    ("check", true),
    ("stop", false),
    ("try-restart", false),
    ("reload", false),
    ("status", false),
];

const LOG: &[(&str, bool)] = &[
    ("start", true),
    ("restart", true),
    ("run", true),
    ("check", true),
];

/// The name that the pid file has until it is whole.
const NEW: &[(&str, bool)] = &[("start", true), ("restart", true), ("run", true)];

/// Returns how many inputs were tried.
fn try_all(file: &str, verbs: &[(&str, bool)]) -> usize {
    let sandbox = Sandbox::scripted();
    let victim = Victim::new(sandbox.path("victim"));
    let path = sandbox.path(file);
    for plant in Plant::ALL {
        for (verb, refused) in verbs {
            let input = format!("{plant:?} as {file}, {verb}");
            plant.put(&path, &victim.path);
            let ended = sandbox.verb(&[verb]);
            victim.assert_untouched(&input);
            assert!(ended.code() < 128, "{input}: {ended:#?}");
            if *refused {
                // A device without a driver cannot even be looked at.
                let codes: &[i32] = match plant {
                    Plant::BlockDevice => &[1, 4],
                    _ => &[4],
                };
                assert!(codes.contains(&ended.code()), "{input}: {ended:#?}");
                let said = format!("{}{}", ended.stdout, ended.stderr);
                assert!(said.contains(path.to_str().unwrap()), "{input}: {ended:#?}");
            }
            assert!(sandbox.processes().is_empty(), "{input}: a process is left");
            plant.take(&path, &input);
        }
    }
    sandbox.assert_nothing_left();
    sandbox.start().kill();
    Plant::ALL.len() * verbs.len()
}

fn table(file: &str, verbs: &[(&str, bool)]) {
    require_root!("make devices and give files away");
    println!("{file}: {} inputs", try_all(file, verbs));
}

#[test]
fn plant_in_place_of_the_lock_is_refused() {
    table("scripted.pid.lock", LOCK);
}

#[test]
fn plant_in_place_of_the_pid_file_is_refused() {
    table("scripted.pid", PID);
}

#[test]
fn plant_in_place_of_the_log_is_refused() {
    table("scripted.log", LOG);
}

#[test]
fn plant_in_place_of_the_new_pid_file_is_refused() {
    table(".scripted.pid.new", NEW);
}

/// `logs`, run by root, may read a file that another user planted.
#[test]
fn logs_shows_regular_files_only() {
    require_root!("make devices and give files away");
    let sandbox = Sandbox::scripted();
    let victim = Victim::new(sandbox.path("victim"));
    for plant in Plant::ALL {
        plant.put(&sandbox.log_file(), &victim.path);
        let ended = sandbox.verb(&["logs"]);
        plant.take(&sandbox.log_file(), "logs");
        let regular = [Plant::HardLink, Plant::ForeignFile, Plant::ForeignOpenFile];
        let wanted = i32::from(!regular.contains(&plant));
        assert_eq!(ended.code(), wanted, "{plant:?}: {ended:#?}");
    }
}

/// While the daemon runs, neither it nor a verb follows a planted link.
#[test]
fn plant_beside_a_running_daemon_is_not_followed() {
    require_root!("make devices and give files away");
    for plant in Plant::ALL {
        let sandbox = Sandbox::scripted();
        let victim = Victim::new(sandbox.path("victim"));
        let daemon = sandbox.start();
        // Frozen, or it would put its own file back before the plant is there.
        daemon.signal(Signal::STOP);
        eventually("it is frozen", || daemon.state() == 'T');
        std::fs::remove_file(sandbox.pid_file()).unwrap();
        plant.put(&sandbox.pid_file(), &victim.path);
        daemon.signal(Signal::CONT);
        let input = format!("{plant:?} as the pid file of a running daemon");
        let _ = sandbox.verb(&["status"]).exits(0);
        let _ = sandbox.verb(&["reload"]).exits(0);
        // It stops, and reports that the plant cannot be removed.
        let _ = sandbox.verb(&["stop"]);
        assert!(daemon.has_ended(), "{input}");
        victim.assert_untouched(&input);
        plant.take(&sandbox.pid_file(), &input);
    }
}
