//! The life of a daemon whose root is another directory.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;
use tests::support::{DEADLINE, NOBODY, Running, Sandbox, Terminal, eventually};
use tests::{require_capability, require_namespaces, require_programs, require_root};

use super::Jail;

#[test]
fn verbs_outside_the_root_see_its_whole_life() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    let daemon = jail.start();
    assert_eq!(daemon.field("Uid"), ["65534"; 4].join("\t"));
    assert!(jail.said().contains("on_start"));
    for number in 0..3 {
        assert_eq!(daemon.descriptors()[&number], "/dev/null");
    }
    assert_eq!(daemon.title(), "scripted");
    // Without a word of the root: the page says where the log is.
    let sandbox = &jail.sandbox;
    let log = jail.log();
    let _ = sandbox
        .verb(&["status"])
        .exits(0)
        .says(log.to_str().unwrap());
    let _ = sandbox.verb(&["logs"]).exits(0).says("on_start");
    let _ = sandbox.verb(&["log-level", "info"]).exits(0);

    fs::rename(&log, jail.root.join("logs/old.log")).unwrap();
    let _ = sandbox.verb(&["reload"]).exits(0);
    let _ = sandbox.verb(&["signal", "USR1"]).exits(0);
    jail.await_log("got SIGUSR1");
    let _ = sandbox.verb(&["logs"]).exits(0).says("got SIGUSR1");

    let _ = jail.verb("restart", &[]).exits(0);
    assert!(daemon.has_ended());
    let next = sandbox.daemon();
    jail.assert_inside(&next);
    sandbox.stop();
    assert!(next.has_ended());
    sandbox.assert_nothing_left();
    assert!(jail.said().contains("SIGTERM"));
}

#[test]
fn killed_daemon_starts_again() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    jail.start().kill();
    let _ = jail.sandbox.verb(&["status"]).exits(1);
    let daemon = jail.start();
    // It may not remove the pid file, and empties it.
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
    assert_eq!(fs::read_to_string(jail.sandbox.pid_file()).unwrap(), "");
    let _ = jail.sandbox.verb(&["status"]).exits(3);
    jail.start();
    jail.sandbox.stop();
    jail.sandbox.assert_nothing_left();
}

#[test]
fn default_log_is_created_inside_the_root() {
    let Some(jail) = Jail::new() else { return };
    let start = |user: &str, mode| {
        let mut command = jail.command("start", &["--user", user]);
        command.env_remove("SCRIPTED_LOG_FILE");
        let _ = Running::begin(command).finish().exits(0);
        let directory = jail.root.join("var/log/scripted");
        let directory = fs::metadata(directory).unwrap().permissions().mode();
        assert_eq!(directory & 0o777, mode);
        let log = fs::read_to_string(jail.root.join("var/log/scripted/scripted.log")).unwrap();
        assert!(log.contains("on_start"));
        jail.sandbox.stop();
    };
    start("nobody", 0o750);
    start("nobody", 0o750);
    let _ = fs::remove_dir_all(jail.root.join("var"));
    // Root's own.
    let mut command = jail.command("start", &[]);
    command
        .env_remove("SCRIPTED_LOG_FILE")
        .env_remove("SCRIPTED_USER");
    let _ = Running::begin(command).finish().exits(0);
    jail.assert_inside(&jail.sandbox.daemon());
    assert!(jail.root.join("var/log/scripted.log").exists());
    jail.sandbox.stop();
}

#[test]
fn working_directory_is_inside_the_root() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    fs::create_dir_all(jail.root.join("srv/work")).unwrap();
    // A link that leads to two places, inside and outside of the root.
    symlink("/srv/work", jail.root.join("link")).unwrap();
    for (option, wanted) in [("/srv/work", "srv/work"), ("/link", "srv/work")] {
        let _ = jail.verb("start", &["--working-dir", option]).exits(0);
        let found = jail.sandbox.daemon().working_dir();
        assert_eq!(found, jail.root.join(wanted));
        jail.sandbox.stop();
    }
    for verb in ["check", "start"] {
        let refused = jail.verb(verb, &["--working-dir", "/srv/other"]).exits(6);
        let _ = refused
            .complains("working_dir")
            .complains("/jail/srv/other");
    }
    jail.sandbox.assert_nothing_left();
}

/// Nothing is made at those paths in the daemon's own root, and it goes on.
#[test]
fn removed_files_are_logged_and_not_created_inside() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    let directory = jail.sandbox.directory().strip_prefix("/").unwrap();
    let twin = jail.root.join(directory);
    // Where the daemon could make them if it went by their paths.
    fs::create_dir_all(&twin).unwrap();
    chown(&twin, Some(NOBODY), Some(NOBODY)).unwrap();
    let daemon = jail.start();
    let second = ", so verbs cannot reach this daemon and a second one may start";
    for (file, path, then) in [
        ("pid", jail.sandbox.pid_file(), ""),
        ("lock", jail.sandbox.lock_file(), second),
    ] {
        fs::remove_file(path).unwrap();
        let told = format!("cannot restore the {file} file{then}: it is outside of the chroot");
        // At a turn, and not at once: it cannot mend it.
        eventually(&told, || {
            daemon.signal(Signal::USR1);
            jail.said().contains(&told)
        });
    }
    assert_eq!(fs::read_dir(twin).unwrap().count(), 0);
    assert!(!daemon.has_ended());
    daemon.signal(Signal::TERM);
    daemon.wait_for_end();
}

#[test]
fn time_zone_is_read_before_chroot() {
    let Some(jail) = Jail::new() else { return };
    let mut command = jail.command("start", &["--log-format", "full"]);
    command.env("TZ", "Asia/Kolkata");
    let _ = Running::begin(command).finish().exits(0);
    assert!(jail.said().contains("+05:30"), "{}", jail.said());
    jail.sandbox.stop();
}

/// The service manager's socket is also outside.
#[test]
fn manager_outside_the_root_is_notified() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    let address = jail.sandbox.path("notify");
    let manager = UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut command = jail.command("run", &[]);
    command.env("NOTIFY_SOCKET", &address);
    let running = Running::begin(command);
    let hears = |wanted: &str| loop {
        let mut message = [0; 4096];
        let length = manager.recv(&mut message).unwrap();
        let message = String::from_utf8_lossy(&message[..length]).into_owned();
        if message.contains(wanted) {
            break;
        }
    };
    hears("READY=1");
    let daemon = running.process();
    jail.assert_inside(&daemon);
    // Where it cannot be reached by its path any more.
    fs::remove_file(&address).unwrap();
    daemon.signal(Signal::TERM);
    hears("STOPPING=1");
    hears("BARRIER=1");
    let _ = running.finish().exits(0);
}

#[test]
fn hangup_of_the_terminal_stops_the_daemon() {
    require_programs!("setsid");
    let Some(jail) = Jail::new() else { return };
    let terminal = Terminal::run(&jail.command("run", &[]));
    jail.await_log("run ");
    let daemon = jail.sandbox.daemon();
    // A reload is none while the terminal is there.
    daemon.signal(Signal::HUP);
    jail.await_log("reloading");
    let mut leader = terminal.hang_up();
    daemon.wait_for_end();
    jail.await_log("lost the terminal: stopping");
    let _ = leader.wait();
}

/// The buffered records of a killed daemon are found from outside.
#[test]
fn buffered_records_are_recovered_from_outside() {
    require_capability!("CAP_SYS_PTRACE");
    let Some(jail) = Jail::new() else { return };
    chown(jail.root.join("logs"), Some(0), Some(0)).unwrap();
    let mut command = jail.command("start", &["--log-buffer", "64K"]);
    command.env_remove("SCRIPTED_USER");
    let _ = Running::begin(command).finish().exits(0);
    jail.sandbox.daemon().kill();
    let _ = jail.sandbox.verb(&["status"]).exits(1);
    assert!(jail.said().contains("on_start"), "{}", jail.said());
    let left = fs::read_dir(jail.root.join("logs")).unwrap().count();
    assert_eq!(left, 1, "nothing but the log");
    // The user's, by the next start.
    chown(jail.root.join("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    fs::remove_file(jail.log()).unwrap();
    let _ = jail.verb("start", &["--log-buffer", "64K"]).exits(0);
    jail.sandbox.daemon().kill();
    jail.start();
    assert_eq!(jail.said().matches("on_start").count(), 2);
    jail.sandbox.stop();
}

/// All keys by attribute, in a mount namespace: the declaration names a directory of the machine.
#[test]
fn attribute_confines_the_daemon_by_every_key() {
    require_root!("become another user");
    require_namespaces!("--mount");
    let sandbox = Sandbox::of("confined");
    let line = "
        mount -t tmpfs -o mode=755 none /srv && mkdir -p /srv/jail/work || exit 99
        unset CONFINED_LOG_FILE
        \"$D\" check && \"$D\" start || exit
        pid=$(cat \"$CONFINED_PID_FILE\")
        readlink /proc/$pid/root /proc/$pid/cwd
        grep -E '^(Uid|Cap|NoNew)' /proc/$pid/status
        grep -E 'core|open|processes|stack|cpu' /proc/$pid/limits
        stat -c 'owner %U' /proc/$pid/fd
        stat -c '%U %n' /srv/jail/var/log/confined/confined.log
        \"$D\" reload && \"$D\" logs && \"$D\" stop || exit
        \"$D\" status
        ";
    let mut command = sandbox.program("unshare");
    command
        .args(["-m", "sh", "-c", line])
        .env("D", sandbox.exe());
    let done = Running::begin(command).finish().exits(3);
    let words: Vec<String> = done
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for wanted in [
        "confined: capabilities: CAP_KILL, CAP_NET_BIND_SERVICE",
        "confined: chroot: /srv/jail",
        "/srv/jail",
        "/srv/jail/work",
        "Uid: 65534 65534 65534 65534",
        "CapEff: 0000000000000420",
        "CapPrm: 0000000000000420",
        "CapBnd: 0000000000000420",
        "CapInh: 0000000000000000",
        "CapAmb: 0000000000000000",
        "NoNewPrivs: 0",
        "Max cpu time unlimited unlimited seconds",
        "Max stack size 4194304 4194304 bytes",
        "Max core file size 0 0 bytes",
        "Max processes 300 300 processes",
        "Max open files 100 200 files",
        "owner root",
        "nobody /srv/jail/var/log/confined/confined.log",
        "confined: stopped",
    ] {
        assert!(
            words.iter().any(|line| line == wanted),
            "{wanted}: {words:#?}"
        );
    }
}
