//! `status`: the truth, also about a daemon that cannot say it.

mod frozen;
mod in_flight;
mod lost_files;

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use tests::support::{NOBODY, Running, Sandbox, daemon_path, eventually};

fn json(sandbox: &Sandbox) -> Value {
    let status = sandbox.verb(&["status", "--json"]);
    let json: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(json["exit_code"], status.code(), "{status:?}");
    json
}

#[test]
fn running_daemon_is_described() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start status 3 \"clients\"\non_start child exec sleep 1000");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run ");
    let said = json(&sandbox);
    assert_eq!(said["name"], "scripted");
    assert_eq!(said["state"], "running");
    assert_eq!(said["pid"], daemon.pid);
    assert_eq!(said["status"], "3 \"clients\"");
    assert_eq!(said["threads"], 1);
    assert_eq!(
        (&said["children"], &said["zombies"]),
        (&Value::from(1), &Value::from(0))
    );
    assert_eq!(
        (&said["hook"], &said["hook_waits"]),
        (&Value::from("run"), &Value::from(true))
    );
    assert!(said["memory_kb"].as_u64().unwrap() > 100);
    assert!(said["uptime_seconds"].as_u64().unwrap() < 60);
    assert_eq!(said["log_file"], sandbox.log_file().to_str().unwrap());
    assert_eq!(said["log_level"], "debug");
    assert_eq!(said["reloads"], 0);
    let _ = sandbox.verb(&["reload"]).exits(0);
    assert_eq!(
        (&json(&sandbox)["reloads"], &json(&sandbox)["reload_error"]),
        (&Value::from(1), &Value::from(""))
    );
    let text = sandbox
        .verb(&["status"])
        .exits(0)
        .says(&format!("running, pid {}", daemon.pid));
    let _ = text.says("3 \"clients\"").says("kB").says("`run`, waiting");
    let children = sandbox.processes();
    let children = children.iter().filter(|other| other.pid != daemon.pid);
    sandbox.stop();
    children.for_each(tests::support::Process::kill);
}

#[test]
fn stopped_and_dead_daemons_are_described() {
    let sandbox = Sandbox::scripted();
    assert_eq!(json(&sandbox)["state"], "stopped");
    sandbox.start().kill();
    assert_eq!(json(&sandbox)["state"], "dead");
}

#[test]
fn hanging_hook_is_named() {
    let sandbox = Sandbox::of("own_reload");
    sandbox.script("on_reload hang");
    let daemon = sandbox.start();
    assert_eq!(json(&sandbox)["state"], "running");
    daemon.signal(Signal::HUP);
    eventually("it hangs", || json(&sandbox)["state"] == "hangs");
    let said = json(&sandbox);
    assert_eq!(
        (&said["hook"], &said["hangs"]),
        (&Value::from("on_reload"), &Value::from(true))
    );
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says("hangs, pid")
        .says("`on_reload` since");
    daemon.kill();
}

#[test]
fn waiting_hook_is_not_shown_as_hanging() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["start", "--hang-after", "100ms"]).exits(0);
    sandbox.wait_for_log("run ");
    // It has been in `run` for longer than that, asleep by its own will.
    let waits = || {
        json(&sandbox)["hook_seconds"]
            .as_u64()
            .is_some_and(|seconds| seconds >= 1)
    };
    eventually("a second is over", waits);
    assert_eq!(json(&sandbox)["state"], "running");
    sandbox.stop();
}

/// The text of the warning about a `run` that is an endless loop.
const BLOCKED: &str = "blocked by `run`, which began at this time";

#[test]
fn endless_first_run_is_logged_once() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run hang");
    let _ = sandbox.verb(&["start", "--hang-after", "50ms"]).exits(0);
    sandbox.wait_for_log(BLOCKED);
    // No thread of the runtime watches: user code may need to be the only one, as for `unshare(2)`.
    assert_eq!(json(&sandbox)["threads"], 1);
    assert_eq!(sandbox.count(BLOCKED), 1);
    sandbox.daemon().kill();
}

#[test]
fn first_run_that_only_waits_is_not_logged() {
    let sandbox = Sandbox::scripted();
    sandbox.script("run spin");
    let _ = sandbox.verb(&["start", "--hang-after", "50ms"]).exits(0);
    sandbox.wait_for_log("run on");
    let begun = Instant::now();
    eventually("the limit is over", || {
        begun.elapsed() > Duration::from_millis(100)
    });
    assert_eq!(sandbox.count(BLOCKED), 0);
    sandbox.stop();
}

#[test]
fn phases_are_shown() {
    let sandbox = Sandbox::scripted();
    let [started, reloaded, stopped] = ["a", "b", "c"].map(|name| sandbox.path(name));
    let release = |path| drop(fs::File::create(path).unwrap());
    sandbox.script(&format!("on_start await {}", started.display()));
    let starting = sandbox.begin(&["start"]);
    sandbox.wait_for_log("on_start");
    assert_eq!(json(&sandbox)["state"], "starting");
    release(&started);
    let _ = starting.finish().exits(0);
    sandbox.script(&format!("on_stop await {}", reloaded.display()));
    let reloading = sandbox.begin(&["reload"]);
    sandbox.wait_for_log("on_stop");
    assert_eq!(json(&sandbox)["state"], "reloading");
    release(&reloaded);
    let _ = reloading.finish().exits(0);
    sandbox.script(&format!("on_stop await {}", stopped.display()));
    let stopping = sandbox.begin(&["stop"]);
    sandbox.wait_for_logs("on_stop", 2);
    assert_eq!(json(&sandbox)["state"], "stopping");
    release(&stopped);
    let _ = stopping.finish().exits(0);
}

#[test]
fn frozen_daemon_is_shown_as_frozen() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || json(&sandbox)["state"] == "frozen");
    daemon.signal(Signal::CONT);
    eventually("it runs", || json(&sandbox)["state"] == "running");
    sandbox.stop();
}

/// The kernel keeps 15 bytes of a name, be they text or not.
#[test]
fn name_cut_inside_a_character_hides_nothing() {
    const NAME: &str = "aaaaaaaaaaaaaa\u{e9}";
    let sandbox = Sandbox::scripted();
    let program = sandbox.path(NAME);
    let copied = sandbox
        .program("cp")
        .arg(daemon_path("scripted"))
        .arg(&program)
        .status();
    assert!(copied.is_ok_and(|status| status.success()));
    let mut start = sandbox.program(&program);
    start.args(["start", "--title", NAME]);
    let _ = Running::begin(start).finish().exits(0);
    let daemon = sandbox.daemon();
    assert!(json(&sandbox)["memory_kb"].as_u64().unwrap() > 100);
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || json(&sandbox)["state"] == "frozen");
    sandbox.stop();
}

#[test]
fn hostile_status_line_breaks_neither_text_nor_json() {
    let sandbox = Sandbox::scripted();
    sandbox.script(&format!(
        "on_start status \x1b[31m\"\\ é{}",
        "x".repeat(2000)
    ));
    let _ = sandbox.start();
    let status = json(&sandbox)["status"].as_str().unwrap().to_owned();
    assert!(
        status.starts_with("\x1b[31m\"\\ éxxx") && status.len() <= 511,
        "{status}"
    );
    let text = sandbox.verb(&["status"]).exits(0);
    let _ = text.says(r#"\x1b[31m"\ éxxx"#);
    sandbox.stop();
}

#[test]
fn ordinary_user_sees_what_the_kernel_shows() {
    let sandbox = Sandbox::scripted();
    let Some(other) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let daemon = sandbox.start();
    let path = sandbox.pid_file();
    let line = ["status", "--json", "--pid-file", path.to_str().unwrap()];
    let said: Value = serde_json::from_str(&other.verb(&line).exits(0).stdout).unwrap();
    assert_eq!(
        (&said["state"], &said["pid"]),
        (&Value::from("running"), &Value::from(daemon.pid))
    );
    assert!(said["memory_kb"].as_u64().unwrap() > 100);
    assert!(said.get("status").is_none(), "the page is root's");
    sandbox.stop();
}

#[test]
fn environment_has_only_the_listed_variables() {
    let sandbox = Sandbox::of("own_reload");
    let mut command = sandbox.command(&["start"]);
    command.env("LISTED", "kept").env("MINE", "gone");
    let _ = tests::support::Running::begin(command).finish().exits(0);
    let shown = sandbox.daemon().environment();
    let names: Vec<_> = shown.keys().map(String::as_str).collect();
    assert_eq!(names, ["DAEMON_RT_SCRIPT", "DAEMON_RT_TEST", "LISTED"]);
    sandbox.stop();
}

#[test]
fn trait_by_hand_obeys_every_verb() {
    let sandbox = Sandbox::of("trait-by-hand");
    let daemon = sandbox.start();
    assert_eq!(daemon.name(), "trait-by-hand");
    sandbox.wait_for_log("run ");
    let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
    sandbox.wait_for_log("on_signal");
    let _ = sandbox.verb(&["reload"]).exits(0);
    assert_eq!(
        (sandbox.count("on_stop"), sandbox.count("on_start")),
        (1, 2)
    );
    let _ = sandbox.verb(&["status"]).exits(0);
    let _ = sandbox.verb(&["restart"]).exits(0);
    assert!(daemon.has_ended());
    sandbox.stop();
    sandbox.assert_nothing_left();
    sandbox.script("on_start fail by hand");
    let _ = sandbox
        .verb(&["start"])
        .exits(1)
        .complains("`on_start` failed: by hand");
}
