//! Every system call by which settings are read fails in turn.

use std::fs;

use tests::support::Sandbox;

use super::calls::{CANNOT_FAIL, aims, errno, is_memory};
use super::tracer::{self, Act, Aim, CALLER, FIRST_CHILD, Which};

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
