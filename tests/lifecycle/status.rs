//! `status`: the truth, also about a daemon that cannot say it.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use serde_json::Value;
use tests::support::{NOBODY, Process, Running, Sandbox, daemon_path, eventually};

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
fn stopped_and_dead_are_described() {
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
fn hook_that_waits_does_not_hang() {
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

#[test]
fn phases_are_told() {
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
fn frozen_daemon_is_frozen() {
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
fn name_that_is_cut_inside_a_character_hides_nothing() {
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
fn ordinary_user_learns_what_the_kernel_shows_of_roots_daemon() {
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
fn environment_that_is_listed_is_all_there_is() {
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
fn daemon_by_hand_does_all_the_same() {
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

#[test]
fn sleeping_daemon_hears_that_its_files_are_removed() {
    // Its `run` sleeps for longer than anything here waits, and no signal of ours wakes it.
    let sandbox = Sandbox::of("reaps_all");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on thread");
    for file in [sandbox.lock_file(), sandbox.pid_file(), sandbox.lock_file()] {
        fs::remove_file(&file).unwrap();
        eventually("the file is back", || file.exists());
    }
    eventually("the lock is held", || json(&sandbox)["state"] == "running");
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// Removes the folder `run` of a daemon that sleeps, and makes it anew when the daemon knows.
fn remove_the_folder(sandbox: &Sandbox) {
    let folder = sandbox.path("run");
    let daemon_place = folder.join("reaps_all.pid");
    let verb = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env("REAPS_ALL_PID_FILE", &daemon_place);
        Running::begin(command).finish()
    };
    let make = || sandbox.program("mkdir").arg(&folder).status().unwrap();
    assert!(make().success());
    let _ = verb(&["start"]).exits(0);
    sandbox.wait_for_log("run on thread");
    let pid = fs::read_to_string(&daemon_place).unwrap();
    let daemon = Process::of(pid.trim().parse().unwrap());
    // Frozen, since it would else put its files back before the folder is empty.
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    fs::remove_dir_all(&folder).unwrap();
    daemon.signal(Signal::CONT);
    sandbox.wait_for_log("the lock file was removed");
    assert!(make().success());
    eventually("the lock is held", || verb(&["status", "-q"]).code() == 0);
    let again = format!("already running, pid {}", daemon.pid);
    let _ = verb(&["start"]).exits(0).says(&again);
    eventually("the pid file is back", || {
        fs::read_to_string(&daemon_place).is_ok_and(|there| there == pid)
    });
    sandbox.wait_for_log("the pid file was removed and is there again");
    // One look more is due: the last signal of the new folder.
    let wakes = || daemon.field("voluntary_ctxt_switches");
    let mut before = wakes();
    eventually("it sleeps", || {
        std::thread::sleep(Duration::from_millis(1500)); // What is tested is that nothing happens.
        std::mem::replace(&mut before, wakes()) == wakes()
    });
    let _ = verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
}

#[test]
fn sleeping_daemon_puts_its_files_into_a_folder_that_was_made_anew() {
    let reaps_all = &daemon_path("reaps_all");
    remove_the_folder(&Sandbox::new(reaps_all));
    if let Some(sandbox) = Sandbox::of_user(reaps_all, NOBODY) {
        remove_the_folder(&sandbox);
    }
}

/// A start makes the folder of the default place, so another daemon could be in there.
#[test]
fn sleeping_daemon_makes_the_folder_of_its_default_place_anew() {
    let Some(sandbox) = Sandbox::of_user(&daemon_path("reaps_all"), NOBODY) else {
        return;
    };
    let verb = |words: &[&str]| {
        let mut command = sandbox.command(words);
        command.env_remove("REAPS_ALL_PID_FILE");
        Running::begin(command).finish()
    };
    let folder = sandbox.path("state/reaps_all");
    let _ = verb(&["start"]).exits(0);
    sandbox.wait_for_log("run on thread");
    let pid = fs::read_to_string(folder.join("reaps_all.pid")).unwrap();
    let daemon = Process::of(pid.trim().parse().unwrap());
    daemon.signal(Signal::STOP);
    eventually("it is frozen", || daemon.state() == 'T');
    fs::remove_dir_all(&folder).unwrap();
    daemon.signal(Signal::CONT);
    eventually("the lock is held", || verb(&["status", "-q"]).code() == 0);
    let again = format!("already running, pid {}", daemon.pid);
    let _ = verb(&["start"]).exits(0).says(&again);
    let _ = verb(&["stop"]).exits(0).says("stopped");
    assert!(daemon.has_ended());
}

/// By a limit on the size of files; a full disk fails the same write.
#[test]
fn lock_file_is_held_also_while_there_is_no_room_for_the_state_page() {
    let sandbox = Sandbox::of("reaps_all");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on thread");
    let room = |bytes| {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        let pid = Pid::from_raw(daemon.pid);
        let _ = prlimit(pid, Resource::Fsize, limit).unwrap();
    };
    room(Some(0));
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the file is back", || sandbox.lock_file().exists());
    eventually("the lock is held", || json(&sandbox)["state"] == "running");
    let status = json(&sandbox);
    assert_eq!(status["pid"], daemon.pid);
    assert!(status["log_file"].is_null(), "{status}");
    let again = format!("already running, pid {}", daemon.pid);
    let _ = sandbox.verb(&["start"]).exits(0).says(&again);
    room(None);
    let log = sandbox.log_file();
    eventually("the state page is back", || {
        json(&sandbox)["log_file"] == log.to_str().unwrap()
    });
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.stop();
    assert!(daemon.has_ended());
}

#[test]
fn busy_folder_wakes_the_daemon_a_few_times_a_second() {
    let sandbox = Sandbox::of("reaps_all");
    let daemon = sandbox.start();
    sandbox.wait_for_log("run on thread");
    let wakes = || -> u32 { daemon.field("voluntary_ctxt_switches").parse().unwrap() };
    let (before, begin) = (wakes(), Instant::now());
    let folder = sandbox.pid_file().parent().unwrap().to_owned();
    for _ in 0..1000 {
        let file = folder.join("another");
        fs::write(&file, "").unwrap();
        fs::remove_file(&file).unwrap();
        // As slow as a process is that waits for the last one to be heard.
        std::thread::sleep(Duration::from_millis(1));
    }
    let (woken, took) = (wakes() - before, begin.elapsed().as_secs_f64());
    assert!(f64::from(woken) < 20.0 + 40.0 * took, "{woken} in {took} s");
    // It still hears.
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the file is back", || sandbox.lock_file().exists());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn removed_pid_and_lock_files_are_put_back() {
    let sandbox = Sandbox::of("own_reload");
    let daemon = sandbox.start();
    fs::remove_file(sandbox.pid_file()).unwrap();
    eventually("the pid file is back", || sandbox.pid_file().exists());
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("the lock is back", || json(&sandbox)["state"] == "running");
    let _ = sandbox
        .verb(&["start"])
        .exits(0)
        .says(&format!("already running, pid {}", daemon.pid));
    let _ = sandbox.verb(&["reload"]).exits(0);
    fs::remove_file(sandbox.log_file()).unwrap();
    daemon.signal(Signal::HUP);
    sandbox.wait_for_log("on_reload");
    sandbox.stop();
    sandbox.assert_nothing_left();
}
