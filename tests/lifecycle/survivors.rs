//! After all other tests: nothing of them lives. And what a test leaves, its sandbox ends, alone.

use std::path::Path;

use tests::support::{Sandbox, home_of, survivors};

const FIXTURE: &str = env!("CARGO_BIN_EXE_fixture");

#[test]
fn no_process_of_any_test_is_left() {
    let home = format!("{}:", home_of(Path::new(FIXTURE)).display());
    assert_eq!(survivors(&home), Vec::<String>::new());
    // The search finds what there is to find.
    let sandbox = Sandbox::new(FIXTURE);
    let daemon = sandbox.start();
    assert_eq!(survivors(&home), ["fixture"]);
    daemon.kill();
    assert_eq!(survivors(&home), Vec::<String>::new());
    // Number 11 begins like number 1.
    let others = [(); 10].map(|()| Sandbox::new(FIXTURE));
    let last = Sandbox::new(FIXTURE);
    let daemon = last.start();
    drop(others);
    assert!(!daemon.has_ended(), "another sandbox ended the daemon");
}
