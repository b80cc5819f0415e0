//! Panics at every place where the user's code runs are reported. The lock is free, the log is
//! whole, and nothing hangs.

use std::process::Command;

use tests::support::{Running, Sandbox, build_directory, daemon_path, eventually, until};

/// `scripted` built with `panic = "abort"`, by cargo, into a directory of its own.
fn aborting() -> String {
    let profile = build_directory();
    let target = profile.parent().expect("cargo's target directory");
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "-q",
            "-p",
            "tests",
            "--bin",
            "scripted",
            "--target-dir",
        ])
        .arg(target.join("aborting"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_PROFILE_DEV_PANIC", "abort")
        .status()
        .unwrap();
    assert!(built.success());
    let scripted = target.join("aborting/debug/scripted");
    scripted.into_os_string().into_string().unwrap()
}

/// A start in which `hook` panics; `code` is the one that the text names.
fn panics_before_ready(exe: &str, hook: &str) {
    let sandbox = Sandbox::new(exe);
    sandbox.script(&format!("{hook} panic the disk is on fire"));
    let failed = sandbox.verb(&["start"]);
    assert_ne!(failed.code(), 0, "{hook}");
    let _ = failed
        .complains("panicked: the disk is on fire")
        .complains("script.rs");
    sandbox.assert_nothing_left();
    sandbox.script("");
    let _ = sandbox.start();
    sandbox.stop();
}

/// A daemon in the foreground in which `script` panics at once or when `signal` comes.
fn panics_when_ready(exe: &str, script: &str, code: i32) {
    let sandbox = Sandbox::new(exe);
    sandbox.script(script);
    let mut command = sandbox.command(&["run"]);
    command.env("SCRIPTED_STOP_TIMEOUT", "10s");
    let running = Running::begin(command);
    let hook = script.split(' ').next().unwrap();
    match hook {
        "on_signal" => {
            sandbox.wait_for_log("run ");
            let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
        }
        "on_reload" => {
            sandbox.wait_for_log("run ");
            assert_ne!(sandbox.verb(&["reload"]).code(), 0);
        }
        "on_stop" | "drop" => {
            sandbox.wait_for_log("run ");
            let _ = sandbox.verb(&["stop"]).exits(0);
        }
        _ => {}
    }
    let ended = running.finish();
    assert_eq!(
        ended.code(),
        code,
        "{script}: {ended:#?}\n{}",
        sandbox.log()
    );
    assert!(
        sandbox.count("panicked: the disk is on fire") >= 1,
        "{script}: {}",
        sandbox.log()
    );
    // The hooks that are left are called, but for an abort.
    if code == 101 && hook != "on_stop" && hook != "drop" {
        assert_eq!(sandbox.count("on_stop"), 1, "{script}: {}", sandbox.log());
        assert_eq!(sandbox.count("drop"), 1, "{script}: {}", sandbox.log());
    }
    sandbox.script("");
    let _ = sandbox.start();
    sandbox.stop();
    sandbox.assert_nothing_left();
}

const HOOKS: [&str; 5] = ["run", "on_signal", "on_child", "on_stop", "drop"];

fn script(hook: &str) -> String {
    match hook {
        "on_child" => "run spawn true\non_child panic the disk is on fire".to_owned(),
        hook => format!("{hook} panic the disk is on fire"),
    }
}

#[test]
fn hook_that_panics_ends_the_daemon_in_order() {
    for hook in ["new", "on_start"] {
        panics_before_ready(&daemon_path("scripted"), hook);
    }
    for hook in HOOKS {
        panics_when_ready(&daemon_path("scripted"), &script(hook), 101);
    }
}

#[test]
fn hook_that_panics_under_abort_is_logged_first() {
    let exe = aborting();
    for hook in ["new", "on_start"] {
        panics_before_ready(&exe, hook);
    }
    for hook in HOOKS {
        panics_when_ready(&exe, &script(hook), 128 + 6);
    }
}

/// Nothing can be caught there, so nothing could begin again: said before anything is done.
#[test]
fn restart_under_abort_is_refused() {
    let exe = aborting();
    let sandbox = Sandbox::new(&exe);
    for verb in ["start", "run", "restart", "check"] {
        let refused = sandbox.verb(&[verb, "--on-panic", "restart"]).exits(6);
        let _ = refused.complains("`on_panic` cannot be `restart`");
    }
    sandbox.assert_nothing_left();
}

#[test]
fn thread_that_panics_is_logged_and_survived() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start thread panic the disk is on fire");
    let daemon = sandbox.start();
    sandbox.wait_for_log("thread `worker` panicked: the disk is on fire");
    assert!(!daemon.has_ended());
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.stop();
    assert_eq!(sandbox.count("drop"), 1);
}

/// In a `Display` that is being logged: the record is lost, and no other one is.
#[test]
fn display_that_panics_leaves_the_log_whole() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run display the disk is on fire");
    let running = sandbox.begin(&["run"]);
    assert_eq!(running.finish().code(), 101);
    assert_eq!(
        sandbox.count("panicked: the disk is on fire"),
        1,
        "{}",
        sandbox.log()
    );
    assert!(sandbox.log().ends_with('\n'));
    assert_eq!(sandbox.count("half of it"), 0, "{}", sandbox.log());
    let whole = until(|| (sandbox.count("drop") == 1).then_some(()));
    assert!(whole.is_some(), "{}", sandbox.log());
}

/// A panic during the report of a panic is an abort by the language. Still no lock is left.
#[test]
fn panic_in_a_panic_leaves_nothing() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run panic the disk is on fire\ndrop panic so is the other");
    let ended = sandbox.begin(&["run"]).finish();
    assert_eq!(ended.code(), 101, "{}", sandbox.log());
    assert_eq!(sandbox.count("panicked: so is the other"), 1);
    sandbox.script("");
    let _ = sandbox.start();
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// The language ends the process there, whatever a panic is otherwise.
#[test]
fn panic_that_cannot_unwind_is_logged() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run panic_in_c now");
    let daemon = sandbox.start();
    eventually("it is gone", || daemon.has_ended());
    assert_eq!(
        sandbox.count("panicked: deep down, at "),
        1,
        "{}",
        sandbox.log()
    );
    let _ = sandbox.verb(&["status"]).exits(1).says("dead");
}
