//! The last tests: no process of any other test lives.
//!
//! Cargo runs the targets of a package in the order of their names, and this one's is the last.

use tests::support::{Sandbox, survivors};

#[test]
fn all_tests_leave_no_process() {
    assert_eq!(survivors(), Vec::<String>::new());
    // The search finds what there is to find.
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    assert_eq!(survivors(), ["scripted"]);
    daemon.kill();
    assert_eq!(survivors(), Vec::<String>::new());
    // Number 11 begins like number 1.
    let others = [(); 10].map(|()| Sandbox::scripted());
    let last = Sandbox::scripted();
    let daemon = last.start();
    drop(others);
    assert!(!daemon.has_ended(), "another sandbox ended the daemon");
}
