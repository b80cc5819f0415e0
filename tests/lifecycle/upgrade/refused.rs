//! A new program that cannot take over: nothing stops, and the verb says why.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use rustix::process::Signal;
use tests::support::{Process, Sandbox, eventually};

fn write(sandbox: &Sandbox, content: &[u8], mode: u32) {
    let new = sandbox.path("program.new");
    fs::write(&new, content).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(new, sandbox.exe()).unwrap();
}

/// Asserts that `upgrade` fails with `text`, and that the daemon goes on. The verb is that of the old
/// program, since the new one may not have it.
fn refuses(sandbox: &Sandbox, daemon: &Process, code: i32, text: &str) {
    let turns = sandbox.count("on_stop");
    let mut command = sandbox.program(tests::support::daemon_path("scripted"));
    command.arg("upgrade");
    let refused = tests::support::Running::begin(command).finish().exits(code);
    let _ = refused
        .complains("not upgraded, the old program runs")
        .complains(text);
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.count("on_stop"), turns);
    assert!(sandbox.count("refused the upgrade") > 0);
}

/// The old program could not open it either, and would not come back.
#[test]
fn log_that_cannot_be_opened_refuses_the_upgrade() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    sandbox.install("scripted_next");
    let moved = sandbox.path("moved.log");
    fs::rename(sandbox.log_file(), &moved).unwrap();
    fs::create_dir(sandbox.log_file()).unwrap();
    let path = sandbox.log_file().display().to_string();
    let refused = sandbox.verb(&["upgrade"]).exits(4);
    let _ = refused
        .complains("not upgraded, the old program runs")
        .complains(&path);
    assert!(!daemon.has_ended());
    fs::remove_dir(sandbox.log_file()).unwrap();
    fs::rename(&moved, sandbox.log_file()).unwrap();
    assert_eq!(sandbox.count("on_stop"), 0, "{}", sandbox.log());
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn program_that_is_none_is_refused() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    // The header of a program for another processor.
    let mut foreign = fs::read(sandbox.exe()).unwrap();
    foreign[4] = 1;
    foreign[18] = 0xf3;
    fs::remove_file(sandbox.exe()).unwrap();
    refuses(&sandbox, &daemon, 1, "No such file or directory");
    write(&sandbox, b"#!/bin/sh\n", 0o644);
    refuses(&sandbox, &daemon, 4, "Permission denied");
    write(&sandbox, &foreign, 0o755);
    refuses(&sandbox, &daemon, 1, "Exec format error");
    write(&sandbox, b"#!/bin/sh\nexit 0\n", 0o755);
    refuses(
        &sandbox,
        &daemon,
        1,
        "gave no answer to `check` (exit status: 0)",
    );
    write(&sandbox, b"#!/bin/sh\necho broken >&2\nexit 1\n", 0o755);
    refuses(&sandbox, &daemon, 1, "(exit status: 1): broken");
    write(&sandbox, b"#!/bin/sh\nkill -SEGV $$\n", 0o755);
    refuses(&sandbox, &daemon, 1, "signal: 11 (SIGSEGV)");
    write(&sandbox, b"#!/missing\n", 0o755);
    refuses(&sandbox, &daemon, 1, "No such file or directory");
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn program_whose_main_fails_or_panics_is_refused() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    sandbox.install("scripted_next");
    sandbox.script("next_main fail no disk");
    refuses(&sandbox, &daemon, 1, "(exit status: 9): no disk");
    sandbox.script("next_main panic no disk");
    refuses(&sandbox, &daemon, 1, "no disk");
    sandbox.script("");
    sandbox.stop();
}

#[test]
fn program_that_does_not_answer_is_refused_and_ended() {
    let sandbox = Sandbox::upgradable();
    let _ = sandbox
        .verb(&["start", "--start-timeout", "300ms"])
        .exits(0);
    let daemon = sandbox.daemon();
    sandbox.install("scripted_next");
    sandbox.script("next_main hang");
    refuses(
        &sandbox,
        &daemon,
        1,
        "did not answer to `check` within 300ms",
    );
    // Its verbs would hang as well.
    sandbox.script("");
    assert!(daemon.children().is_empty());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn program_of_another_daemon_is_refused_by_each_key() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    sandbox.install("own_reload");
    refuses(
        &sandbox,
        &daemon,
        6,
        "`name` from \"scripted\" to \"own_reload\"",
    );
    sandbox.install("confined");
    refuses(&sandbox, &daemon, 6, "run `restart`");
    sandbox.install("scripted");
    sandbox.stop();
}

#[test]
fn script_that_executes_the_program_is_one() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    let program = tests::support::daemon_path("scripted_next");
    let script = format!("#!/bin/sh\nexec {program} \"$@\"\n");
    write(&sandbox, script.as_bytes(), 0o755);
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    assert_eq!(sandbox.count("the next program"), 1);
    assert!(!daemon.has_ended());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// A service manager may call the program by any name.
#[test]
fn program_is_found_whatever_its_first_argument_is() {
    let sandbox = Sandbox::upgradable();
    for name in ["sh", "./sh", "/missing", ""] {
        let mut command = sandbox.command(&["start"]);
        command.arg0(name);
        let _ = tests::support::Running::begin(command).finish().exits(0);
        let _ = sandbox.verb(&["upgrade"]).exits(0);
        sandbox.stop();
    }
}

#[test]
fn variable_of_another_process_is_ignored() {
    let sandbox = Sandbox::upgradable();
    let file = sandbox.path("stdin");
    for value in ["check", "0 1", "7", "7 x"] {
        fs::write(&file, "content").unwrap();
        let line = format!("DAEMON_RT_UPGRADE='{value}' \"$D\" status 0<>stdin");
        let _ = sandbox.shell(&line).exits(3).says("stopped");
        assert_eq!(fs::read_to_string(&file).unwrap(), "content");
    }
}

#[test]
fn request_of_a_killed_verb_is_forgotten() {
    let sandbox = Sandbox::upgradable();
    let daemon = sandbox.start();
    daemon.signal(Signal::STOP);
    let verb = sandbox.begin(&["upgrade"]);
    let asks = || {
        let page = fs::read(sandbox.lock_file()).unwrap();
        page[462 * 8] == 1
    };
    eventually("it asks", asks);
    verb.process().kill();
    let _ = verb.finish();
    // A verb that has the lock now is another one.
    let reload = sandbox.begin(&["reload"]);
    eventually("the request is withdrawn", || !asks());
    daemon.signal(Signal::CONT);
    let _ = reload.finish().exits(0);
    assert_eq!(sandbox.count("asked for an upgrade"), 0);
    sandbox.stop();
}

#[test]
fn program_that_was_replaced_after_its_check_is_refused() {
    let sandbox = Sandbox::upgradable();
    let go = sandbox.path("go");
    sandbox.script(&format!("on_stop await {}", go.display()));
    let daemon = sandbox.start();
    let verb = sandbox.begin(&["upgrade"]);
    sandbox.wait_for_log("on_stop");
    write(&sandbox, b"#!/bin/sh\n", 0o755);
    fs::write(go, "").unwrap();
    let refused = verb.finish().exits(1);
    let _ = refused.complains("was replaced during the upgrade; run `upgrade` again");
    // The old program goes on with another value.
    assert!(!daemon.has_ended());
    assert_eq!((sandbox.count("new on"), sandbox.count("on_start")), (2, 2));
    sandbox.install("scripted");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn descriptors_that_the_program_has_closed_end_no_daemon() {
    let sandbox = Sandbox::upgradable();
    sandbox.script("on_stop close all");
    let daemon = sandbox.start();
    let first = sandbox.verb(&["upgrade"]);
    assert!(first.code() <= 1, "{first:?}");
    assert!(!daemon.has_ended());
    sandbox.script("");
    let status = sandbox.verb(&["status"]).exits(0);
    let _ = status.says(&format!("running, pid {}", daemon.pid));
    sandbox.stop();
    sandbox.assert_nothing_left();
}
