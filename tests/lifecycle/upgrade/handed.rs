//! The next program has the children, the log and the capabilities of the one before.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use rustix::process::Signal;
use tests::require_root;
use tests::support::{NOBODY, Process, Running, Sandbox, copy_program, daemon_path, eventually};

/// Returns the pids of the children that are alive.
fn children(daemon: &Process) -> Vec<i32> {
    let mut pids: Vec<_> = daemon.children().iter().map(|child| child.pid).collect();
    pids.sort_unstable();
    pids
}

#[test]
fn children_stay_those_of_the_daemon_over_an_upgrade() {
    let sandbox = Sandbox::upgradable();
    sandbox.script("on_start spawn exec sleep 5000\non_start child exec sleep 5000");
    let daemon = sandbox.start();
    eventually("there are two", || children(&daemon).len() == 2);
    let before = children(&daemon);
    sandbox.script("");
    for name in ["scripted_next", "scripted"] {
        sandbox.install(name);
        let _ = sandbox.verb(&["upgrade"]).exits(0);
        assert_eq!(children(&daemon), before);
    }
    // The first is of `Context::spawn`, the second is for nobody in this program.
    for pid in &before {
        Process::of(*pid).signal(Signal::TERM);
    }
    eventually("both are reaped", || children(&daemon).is_empty());
    sandbox.wait_for_log(&format!("child {} ended: signal: 15", before[0]));
    assert_eq!(sandbox.count("ended: signal"), 1);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn child_that_ends_during_an_upgrade_is_reported_to_the_new_program() {
    let sandbox = Sandbox::upgradable();
    let go = sandbox.path("go");
    let line = format!(
        "until test -e {}; do sleep 0.01; done; exit 5",
        go.display()
    );
    sandbox.script(&format!("on_start spawn {line}"));
    let daemon = sandbox.start();
    sandbox.script(&format!(
        "on_stop touch {}\non_stop block 300",
        go.display()
    ));
    sandbox.install("scripted_next");
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    sandbox.wait_for_log("ended: exit status: 5");
    assert!(sandbox.count("ended: exit status: 5") == 1 && children(&daemon).is_empty());
    sandbox.stop();
    sandbox.assert_nothing_left();
}

#[test]
fn children_of_a_stop_are_those_of_all_programs() {
    let sandbox = Sandbox::upgradable();
    sandbox.script("on_start spawn exec sleep 5000");
    let daemon = sandbox.start();
    let _ = sandbox.verb(&["upgrade"]).exits(0);
    eventually("there are two", || children(&daemon).len() == 2);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// The children of the failed program end. Those of the old one stay.
#[test]
fn rollback_ends_the_children_of_the_program_that_failed() {
    for failure in ["fail no disk", "abort"] {
        let sandbox = Sandbox::upgradable();
        sandbox.script("on_start spawn exec sleep 5000\non_start child exec sleep 6000");
        let daemon = sandbox.start();
        eventually("there are two", || children(&daemon).len() == 2);
        let before = children(&daemon);
        sandbox.install("scripted_next");
        sandbox.script(&format!(
            "next_new child exec sleep 7000\nnext_start {failure}"
        ));
        let _ = sandbox.verb(&["upgrade"]).exits(1);
        eventually("its child is gone", || children(&daemon) == before);
        sandbox.stop();
        Process::of(before[1]).kill();
        sandbox.assert_nothing_left();
    }
}

/// A file of the process that stays would take its name from the next program.
#[test]
fn buffered_log_loses_and_doubles_no_record_over_upgrades() {
    const UPGRADES: usize = 20;
    let sandbox = Sandbox::upgradable();
    sandbox.script("on_start log begun\non_stop log ended");
    let _ = sandbox.verb(&["start", "--log-buffer", "64K"]).exits(0);
    let own = format!("scripted.log.stage.{}", sandbox.daemon().pid);
    for name in ["scripted_next", "scripted"]
        .into_iter()
        .cycle()
        .take(UPGRADES)
    {
        sandbox.install(name);
        let _ = sandbox.verb(&["upgrade"]).exits(0);
        let names = fs::read_dir(sandbox.directory()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let stages: Vec<_> = names.filter(|name| name.contains(".stage.")).collect();
        assert_eq!(stages, [own.as_str()]);
    }
    sandbox.stop();
    let count = |text: &str| sandbox.messages().iter().filter(|m| **m == text).count();
    assert_eq!(
        (count("begun"), count("ended")),
        (UPGRADES + 1, UPGRADES + 1)
    );
    sandbox.assert_nothing_left();
}

/// A crash leaves its records in the file of the process, and the old program recovers them.
#[test]
fn buffered_log_keeps_the_records_of_a_program_that_crashes() {
    let sandbox = Sandbox::upgradable();
    let _ = sandbox.verb(&["start", "--log-buffer", "64K"]).exits(0);
    sandbox.install("scripted_next");
    sandbox.script("next_start log last words\nnext_start abort");
    let _ = sandbox.verb(&["upgrade"]).exits(1);
    eventually("they are there", || sandbox.count("last words") == 1);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// The ids and the capabilities of a daemon.
fn rights(daemon: &Process) -> [String; 10] {
    let fields = [
        "Uid",
        "Gid",
        "Groups",
        "CapInh",
        "CapPrm",
        "CapEff",
        "CapBnd",
        "CapAmb",
        "NoNewPrivs",
        "SigBlk",
    ];
    fields.map(|name| daemon.field(name))
}

/// Makes a directory below `place` in which the user `nobody` can log, and returns the option.
fn log_of_nobody(sandbox: &Sandbox, place: &str) -> String {
    let directory = sandbox.path(place).join("logs");
    fs::create_dir(&directory).unwrap();
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(sandbox.directory(), mode).unwrap();
    chown(&directory, Some(NOBODY), Some(NOBODY)).unwrap();
    format!("--log-file={}", directory.join("scripted.log").display())
}

/// Returns the libraries of this process, which a program of the tests needs as well.
fn libraries() -> Vec<String> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let files = maps
        .lines()
        .filter_map(|line| Some(&line[line.find('/')?..]));
    let mut libraries: Vec<_> = files
        .filter(|file| file.contains(".so"))
        .map(str::to_owned)
        .collect();
    libraries.dedup();
    // The kernel takes the loader by another name.
    libraries.push("/lib64/ld-linux-x86-64.so.2".to_owned());
    libraries.retain(|library| std::path::Path::new(library).exists());
    libraries
}

#[test]
fn capabilities_and_user_stay_over_an_upgrade_and_a_rollback() {
    require_root!("become another user");
    let sandbox = Sandbox::upgradable();
    let log = log_of_nobody(&sandbox, ".");
    let line = [
        "start",
        "--user=nobody",
        "--capabilities=net_bind_service",
        &log,
    ];
    let _ = sandbox.verb(&line).exits(0);
    let daemon = sandbox.daemon();
    let before = rights(&daemon);
    assert_eq!(before[4], "0000000000000400");
    sandbox.install("scripted_next");
    for script in ["next_start fail no disk", "next_start abort", ""] {
        sandbox.script(script);
        let code = i32::from(!script.is_empty());
        let _ = sandbox.verb(&["upgrade"]).exits(code);
        assert_eq!(rights(&daemon), before, "{script}");
    }
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// The new root has the program with its libraries, and no `/proc`.
#[test]
fn daemon_in_its_own_root_is_upgraded_to_the_program_there() {
    require_root!("change the root directory");
    let sandbox = Sandbox::scripted();
    let jail = sandbox.path("jail");
    fs::create_dir(&jail).unwrap();
    fs::set_permissions(&jail, fs::Permissions::from_mode(0o755)).unwrap();
    let exe = jail.join("scripted");
    for library in libraries() {
        let inside = jail.join(library.trim_start_matches('/'));
        fs::create_dir_all(inside.parent().unwrap()).unwrap();
        fs::copy(&library, inside).unwrap();
    }
    let install = |name: &str| {
        let new = jail.join("new");
        copy_program(daemon_path(name), &new);
        fs::rename(new, &exe).unwrap();
    };
    install("scripted");
    let verb = |arguments: &[&str]| {
        let mut command = sandbox.program(&exe);
        command.args(arguments);
        Running::begin(command).finish()
    };
    let log = log_of_nobody(&sandbox, "jail");
    let chroot = format!("--chroot={}", jail.display());
    let options = [
        "--user=nobody",
        "--capabilities=net_bind_service",
        &log,
        &chroot,
    ];
    let _ = verb(&[&["start"], &options[..]].concat()).exits(0);
    let daemon = sandbox.daemon();
    let before = rights(&daemon);
    let root = || fs::read_link(format!("/proc/{}/root", daemon.pid)).unwrap();
    assert_eq!(root(), jail);
    install("scripted_next");
    for _ in 0..2 {
        let _ = verb(&["upgrade"]).exits(0);
        assert_eq!((rights(&daemon), root()), (before.clone(), jail.clone()));
    }
    let text = fs::read_to_string(jail.join("logs/scripted.log")).unwrap();
    assert_eq!(text.matches("the next program").count(), 2);
    // The way back, and another upgrade after it.
    let script = jail.join(sandbox.path("script").strip_prefix("/").unwrap());
    fs::create_dir_all(script.parent().unwrap()).unwrap();
    for failure in ["fail no disk", "abort"] {
        for (name, does, code) in [("scripted", "", 0), ("scripted_next", failure, 1)] {
            install(name);
            fs::write(&script, format!("next_start {does}")).unwrap();
            let _ = verb(&["upgrade"]).exits(code);
            assert_eq!((rights(&daemon), root()), (before.clone(), jail.clone()));
        }
    }
    assert_eq!(daemon.name(), "scripted");
    let _ = verb(&["stop"]).exits(0);
}
