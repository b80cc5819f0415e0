//! A daemon that becomes another user.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::time::Duration;

use rustix::process::Signal;
use tests::support::{NOBODY, Process, Running, Sandbox, eventually};
use tests::{require_namespaces, require_programs, require_root};

/// A place where the log directory belongs to `nobody`, and the pid file's directory to root.
fn sandbox() -> Option<Sandbox> {
    require_root!("become another user", None);
    require_programs!("setpriv", None);
    let sandbox = Sandbox::scripted();
    let log = sandbox.log_file();
    fs::create_dir(log.parent().unwrap().join("logs")).unwrap();
    chown(sandbox.path("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    Some(sandbox)
}

fn start(sandbox: &Sandbox, options: &[&str]) -> Process {
    let mut command = sandbox.program("setpriv");
    command
        .args(["--groups", "4,27", "--"])
        .arg(sandbox.exe())
        .arg("start")
        .args(options);
    command.env("SCRIPTED_LOG_FILE", sandbox.path("logs/scripted.log"));
    let _ = Running::begin(command).finish().exits(0);
    sandbox.daemon()
}

#[test]
fn user_and_all_groups_are_the_declared_ones() {
    let Some(sandbox) = sandbox() else { return };
    let variables = sandbox.path("logs/variables");
    sandbox.script(&format!("on_start command env > {}", variables.display()));
    let daemon = start(&sandbox, &["--user", "nobody"]);
    assert_eq!(daemon.field("Uid"), "65534\t65534\t65534\t65534");
    assert_eq!(daemon.field("Gid"), "65534\t65534\t65534\t65534");
    assert_eq!(daemon.field("Groups"), "65534");
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(
            daemon.field(set),
            "0000000000000000",
            "{set}: root could be regained"
        );
    }
    // As its children see it: `/proc` shows what fits into the room of the old environment.
    let variables = fs::read_to_string(variables).unwrap();
    for variable in ["USER=nobody", "LOGNAME=nobody"] {
        assert!(
            variables.lines().any(|line| line == variable),
            "{variables}"
        );
    }
    let log = fs::metadata(sandbox.path("logs/scripted.log")).unwrap();
    assert_eq!((log.uid(), log.mode() & 0o777), (NOBODY, 0o640));
    assert_eq!(fs::metadata(sandbox.pid_file()).unwrap().uid(), 0);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn file_that_cannot_be_restored_wakes_once() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("run sleep 60000");
    let _ = start(&sandbox, &["--user", "nobody"]);
    let count = |text: &str| {
        let log = fs::read_to_string(sandbox.path("logs/scripted.log")).unwrap();
        log.matches(text).count()
    };
    eventually("it runs", || count("run on") == 1);
    fs::remove_file(sandbox.pid_file()).unwrap();
    eventually("it says so", || count("cannot restore the pid file") == 1);
    eventually("it goes on", || count("run on") == 2);
    for _ in 0..10 {
        fs::write(sandbox.path("another"), "").unwrap();
        fs::remove_file(sandbox.path("another")).unwrap();
        std::thread::sleep(Duration::from_millis(60)); // Tests that nothing happens.
    }
    assert_eq!(count("run on"), 2);
    sandbox.stop();
}

/// A daemon that may not restore its lock ends when another daemon has it: verbs reach that one.
#[test]
fn daemon_whose_lock_was_taken_over_ends() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("run sleep 60000");
    let first = start(&sandbox, &["--user", "nobody"]);
    let log = || fs::read_to_string(sandbox.path("logs/scripted.log")).unwrap();
    eventually("it runs", || log().contains("run on"));
    fs::remove_file(sandbox.lock_file()).unwrap();
    eventually("it says what may come", || {
        log().contains("a second one may start: cannot open the lock file")
    });
    assert!(!first.has_ended(), "a service survives what root removed");
    let second = start(&sandbox, &["--user", "nobody"]);
    assert_ne!(first.pid, second.pid);
    first.wait_for_end();
    let fatal = format!(
        "lost the lock file to another daemon: already running, pid {}",
        second.pid
    );
    assert!(log().contains(&fatal), "{}", log());
    assert_eq!(sandbox.daemon().pid, second.pid);
    sandbox.stop();
    assert!(second.has_ended());
    sandbox.assert_nothing_left();
}

#[test]
fn every_thread_becomes_the_user() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.script("on_start thread");
    let daemon = start(&sandbox, &["--user", "nobody"]);
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.pid)).unwrap();
    let ids = tasks.map(|task| {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        status
            .lines()
            .find(|line| line.starts_with("Uid:"))
            .unwrap()
            .to_owned()
    });
    assert_eq!(
        ids.collect::<Vec<_>>(),
        ["Uid:\t65534\t65534\t65534\t65534"; 2]
    );
    sandbox.stop();
}

#[test]
fn group_alone_leaves_the_user() {
    let Some(sandbox) = sandbox() else { return };
    // As root, which trusts no directory of the user `nobody`.
    chown(sandbox.path("logs"), Some(0), Some(0)).unwrap();
    let daemon = start(&sandbox, &["--group", "nogroup"]);
    assert_eq!(daemon.field("Uid"), "0\t0\t0\t0");
    assert_eq!(daemon.field("Gid"), "65534\t65534\t65534\t65534");
    assert_eq!(daemon.field("Groups"), "65534");
    sandbox.stop();
}

#[test]
fn user_with_another_group_has_that_group() {
    let Some(sandbox) = sandbox() else { return };
    let daemon = start(&sandbox, &["--user", "nobody", "--group", "daemon"]);
    assert_eq!(daemon.field("Uid"), "65534\t65534\t65534\t65534");
    assert_eq!(daemon.field("Gid"), "1\t1\t1\t1");
    assert_eq!(daemon.field("Groups"), "1");
    sandbox.stop();
}

#[test]
fn pid_file_is_emptied_if_it_cannot_be_removed() {
    let Some(sandbox) = sandbox() else { return };
    let daemon = start(&sandbox, &["--user", "nobody"]);
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    assert_eq!(fs::read_to_string(sandbox.pid_file()).unwrap(), "");
    let _ = sandbox.verb(&["status"]).exits(3).says("stopped");
    let daemon = start(&sandbox, &["--user", "nobody"]);
    assert!(!daemon.has_ended());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn log_is_reopened_after_the_drop() {
    let Some(sandbox) = sandbox() else { return };
    let daemon = start(&sandbox, &["--user", "nobody"]);
    let log = sandbox.path("logs/scripted.log");
    fs::rename(&log, sandbox.path("logs/old.log")).unwrap();
    daemon.signal(Signal::HUP);
    tests::support::eventually("the new log is written", || {
        fs::read_to_string(&log).is_ok_and(|text| text.contains("on_start"))
    });
    assert_eq!(fs::metadata(&log).unwrap().uid(), NOBODY);
    let _ = sandbox.verb(&["reload"]).exits(0);
    sandbox.stop();
}

/// The findings of `check` as root hold for the user who opens the log.
#[test]
fn check_and_start_agree_on_the_users_log() {
    let Some(sandbox) = sandbox() else { return };
    let log = sandbox.path("place/in/scripted.log");
    let option = ["--user", "nobody", "--log-file", log.to_str().unwrap()];
    let cases = [
        ("true", "write to"),
        ("chown nobody in", ""),
        ("chown nobody in; chmod 500 in", "write to"),
        ("chgrp nogroup in; chmod 770 in", ""),
        ("chgrp nogroup in; chmod 760 in", "search"),
        ("chown nobody in; chmod 700 .", "search"),
        ("chown nobody in; chgrp nogroup .; chmod 705 .", "search"),
        ("chown nobody in; chgrp nogroup .; chmod 710 .", ""),
        ("touch in/scripted.log", "write to"),
        ("touch in/scripted.log; chown nobody in/scripted.log", ""),
        (
            "touch in/scripted.log; chgrp nogroup in/scripted.log",
            "write to",
        ),
        (
            "touch in/scripted.log; chgrp nogroup in/scripted.log; chmod 620 in/scripted.log",
            "",
        ),
        (
            "mkdir -m 700 shut; mkdir shut/in; chown nobody shut/in; rmdir in; ln -s shut/in in",
            "search",
        ),
    ];
    for (made, denied) in cases {
        let _ = sandbox
            .shell(&format!("umask 22; mkdir -p place/in; cd place; {made}"))
            .exits(0);
        for verb in ["check", "start"] {
            let said = sandbox.verb(&[&[verb][..], &option].concat());
            let code = if denied.is_empty() { 0 } else { 4 };
            assert_eq!(said.code(), code, "{made}: {said:#?}");
            if verb == "check" && code != 0 {
                let place = sandbox.path("place");
                let _ = said.complains(&format!("nobody cannot {denied} {}", place.display()));
            }
        }
        sandbox.stop();
        // With this capability the modes do not count.
        let kept = ["check", "--capabilities", "dac_override"];
        let _ = sandbox.verb(&[&kept[..], &option].concat()).exits(0);
        let _ = sandbox.shell("rm -r place").exits(0);
    }
}

/// No mode shows the rights that a list grants.
#[test]
fn check_leaves_access_control_lists_to_the_start() {
    let Some(sandbox) = sandbox() else { return };
    require_programs!("setfacl");
    let log = sandbox.path("place/scripted.log");
    let option = ["--user", "nobody", "--log-file", log.to_str().unwrap()];
    let made = "mkdir -m 700 place && setfacl -m u:nobody:rwx place";
    let _ = sandbox.shell(made).exits(0);
    for verb in ["check", "start"] {
        let _ = sandbox.verb(&[&[verb][..], &option].concat()).exits(0);
    }
    sandbox.stop();
}

#[test]
fn restart_with_an_unusable_log_stops_nothing() {
    let Some(sandbox) = sandbox() else { return };
    let daemon = start(&sandbox, &["--user", "nobody"]);
    // The sandbox's own directory is root's.
    let refused = sandbox.verb(&["restart", "--user", "nobody"]).exits(4);
    let _ = refused.complains("not restarted, the old daemon keeps running");
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
}

#[test]
fn unknown_names_are_refused_and_leave_nothing() {
    let sandbox = Sandbox::scripted();
    for option in ["--user", "--group"] {
        let failed = sandbox
            .verb(&["start", option, "nobody-of-this-name"])
            .exits(6);
        let _ = failed.complains("nobody-of-this-name");
    }
    assert_eq!(fs::read_dir(sandbox.directory()).unwrap().count(), 0);
}

#[test]
fn ordinary_user_cannot_become_another() {
    let Some(sandbox) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let _ = sandbox
        .verb(&["start", "--user", "root"])
        .exits(4)
        .complains("only root can become");
    assert!(sandbox.processes().is_empty());
    // A change to the current user needs no right.
    let _ = sandbox.verb(&["start", "--user", "nobody"]).exits(0);
    sandbox.stop();
}

#[test]
fn default_places_of_a_user_are_its_own_directories() {
    require_namespaces!("--mount");
    let Some(sandbox) = sandbox() else { return };
    // In a mount namespace, so that the machine's own directories are not touched.
    let line = "
        mount -t tmpfs -o mode=755 none /run && mount -t tmpfs -o mode=755 none /var/log || exit 99
        unset SCRIPTED_PID_FILE SCRIPTED_LOG_FILE
        export SCRIPTED_USER=nobody
        \"$D\" check || exit
        \"$D\" start || exit
        stat -c '%n %U %a' /run/scripted /run/scripted/scripted.pid /var/log/scripted \
            /var/log/scripted/scripted.log
        \"$D\" status -q || exit
        \"$D\" reload || exit
        \"$D\" restart || exit
        \"$D\" stop || exit
        ls /run/scripted";
    let mut command = sandbox.program("unshare");
    command
        .args(["-m", "sh", "-c", line])
        .env("D", sandbox.exe());
    let done = Running::begin(command).finish().exits(0);
    let lines: Vec<_> = done
        .stdout
        .lines()
        .filter(|line| line.starts_with('/'))
        .collect();
    assert_eq!(
        lines,
        [
            "/run/scripted root 755",
            "/run/scripted/scripted.pid root 644",
            "/var/log/scripted nobody 750",
            "/var/log/scripted/scripted.log nobody 640",
        ]
    );
    assert!(
        !done.stdout.lines().any(|line| line == "scripted.pid"),
        "{done:?}"
    );
}
