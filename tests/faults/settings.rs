//! Every system call by which settings are read fails in turn.

use std::fs;

use nix::errno::Errno;
use tests::support::Sandbox;

use super::calls::{CANNOT_FAIL, aims, errno, is_memory};
use super::tracer::{self, Act, Aim, CALLER, DAEMON, FIRST_CHILD, Which};

/// A place for a daemon with settings, and the option that names their file.
fn place() -> (Sandbox, String) {
    let place = Sandbox::of("configured");
    let file = place.path("settings.toml");
    fs::write(&file, "port = 8080\ngreeting = 'salut'\n").unwrap();
    (place, format!("--config={}", file.display()))
}

/// A check whose call fails is a failure or whole, and it leaves no process.
#[test]
fn check_with_any_failed_call_says_so() {
    let (first, option) = place();
    let seen = tracer::run(&first, &["check", &option], None, None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    let (mut failed, mut tolerated) = (0, 0);
    for (role, call, number) in aims(&seen, &[CALLER, FIRST_CHILD]) {
        if CANNOT_FAIL.contains(&number) {
            continue;
        }
        let (place, option) = place();
        let (which, act) = (Which::Nth(call), Act::Fail(errno(number)));
        let aim = Aim { role, which, act };
        let trace = tracer::run(&place, &["check", &option], None, Some(aim));
        let input = format!("{aim:?}, call number {number}: {trace}");
        let aborted = is_memory(number) && trace.code > 128;
        if trace.code == 0 {
            tolerated += 1;
        } else {
            failed += 1;
            assert!(trace.code < 100 || aborted, "{input}");
            assert!(!trace.stderr.is_empty() || aborted, "{input}");
        }
        assert!(place.processes().is_empty(), "{input}");
    }
    println!("check: {failed} calls failed it, {tolerated} were done without");
}

/// A reload whose call fails in the daemon takes the settings or leaves the old ones in force.
#[test]
fn reload_with_a_failed_call_of_the_daemon_takes_all_or_nothing() {
    let text = "port = 8081\ngreeting = 'salut'\n";
    let begin = || {
        let (place, option) = place();
        let _ = place.verb(&["start", &option]).exits(0);
        let daemon = place.daemon().pid;
        fs::write(place.path("settings.toml"), text).unwrap();
        (place, daemon)
    };
    let (first, daemon) = begin();
    let seen = tracer::run(&first, &["reload"], Some(daemon), None);
    assert_eq!(seen.code, 0, "{seen:#?}");
    let (mut failed, mut tolerated) = (0, 0);
    for (role, call, number) in aims(&seen, &[DAEMON]) {
        let is_wait = number == nix::libc::SYS_ppoll;
        if CANNOT_FAIL.contains(&number) || is_memory(number) || is_wait {
            continue;
        }
        let (place, daemon) = begin();
        let act = Act::Fail(match errno(number) {
            Errno::EMFILE => Errno::EACCES,
            errno => errno,
        });
        let which = Which::Nth(call);
        let aim = Aim { role, which, act };
        let trace = tracer::run(&place, &["reload"], Some(daemon), Some(aim));
        let input = format!("{aim:?}, call number {number}: {trace}\n{}", place.log());
        assert_eq!(place.daemon().pid, daemon, "{input}");
        let shown = place.verb(&["config"]);
        let wanted = if trace.code == 0 {
            tolerated += 1;
            "port = 8081"
        } else {
            failed += 1;
            assert!(trace.stderr.starts_with("configured: "), "{input}");
            "port = 8080"
        };
        // Settings that cannot be published are in the log.
        let is_told = place.log().contains("cannot publish the settings");
        assert!(
            shown.stdout.contains(wanted) || is_told,
            "{shown:#?}\n{input}"
        );
        place.stop();
        place.assert_nothing_left();
    }
    println!("reload: {failed} calls failed it, {tolerated} were done without");
}
