//! A future that never yields keeps the loop from turning, which others see.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tests::support::{Sandbox, eventually, until};

#[test]
fn future_that_never_yields_is_shown_as_hanging() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run nap 10\nrun block 60000");
    let _ = sandbox.verb(&["start", "--hang-after", "300ms"]).exits(0);
    eventually("it hangs", || {
        let status = sandbox.verb(&["status"]).stdout;
        status.contains("hang") && status.contains("`run`")
    });
    sandbox.daemon().kill();
}

#[test]
fn future_that_awaits_does_not_hang() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run forever");
    let _ = sandbox.verb(&["start", "--hang-after", "50ms"]).exits(0);
    sandbox.wait_for_log("run begins");
    std::thread::sleep(Duration::from_millis(200));
    let status = sandbox.verb(&["status"]).exits(0);
    assert!(!status.stdout.contains("hang"), "{}", status.stdout);
    sandbox.daemon().kill();
}

#[test]
fn first_run_that_never_yields_is_in_the_log() {
    let sandbox = Sandbox::of("awaits");
    sandbox.script("run block 60000");
    let _ = sandbox.verb(&["start", "--hang-after", "200ms"]).exits(0);
    sandbox.wait_for_log("await in it");
    sandbox.daemon().kill();
}

#[test]
fn watchdog_is_fed_while_the_loop_turns_and_only_then() {
    let sandbox = Sandbox::of("awaits");
    let file = sandbox.path("file");
    sandbox.script(&format!("run await {}\nrun block 60000", file.display()));
    let manager = UnixDatagram::bind(sandbox.path("notify")).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_millis(1500)))
        .unwrap();
    let mut command = sandbox.command(&["run"]);
    command.env("NOTIFY_SOCKET", sandbox.path("notify"));
    command.env("WATCHDOG_USEC", "400000");
    let running = tests::support::Running::begin(command);
    let mut buffer = [0; 4096];
    let mut hear = || {
        let length = manager.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    };
    let mut fed = 0;
    let found = until(|| {
        fed += u32::from(hear()?.contains("WATCHDOG=1"));
        (fed == 3).then_some(())
    });
    assert!(found.is_some(), "the watchdog is never fed");
    std::fs::write(file, "").unwrap();
    // At some time the messages cease.
    assert!(
        until(|| hear().is_none().then_some(())).is_some(),
        "it is fed by a loop that hangs"
    );
    running.process().kill();
    let _ = running.finish();
}
