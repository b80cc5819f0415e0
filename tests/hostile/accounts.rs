//! The accounts are not what the program expects: no source of names, no file, too many groups.
//! All in a mount namespace, so that the machine's own files are not touched.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::chown;

use tests::support::{Finished, NOBODY, Process, Running, Sandbox, eventually};
use tests::{require_namespaces, require_root};

/// A place with a log directory that belongs to `nobody`; `None` without root's rights.
fn sandbox() -> Option<Sandbox> {
    require_root!("mount other account files", None);
    require_namespaces!("--mount", None);
    let sandbox = Sandbox::scripted();
    fs::create_dir(sandbox.path("logs")).unwrap();
    chown(sandbox.path("logs"), Some(NOBODY), Some(NOBODY)).unwrap();
    Some(sandbox)
}

/// The sandbox's file `name` in the place of the one in `/etc`, for a start with `options`.
fn command(sandbox: &Sandbox, name: &str, options: &str) -> std::process::Command {
    let mut command = sandbox.program("unshare");
    let line = format!("mount --bind {name} /etc/{name} || exit 99; exec \"$D\" start {options}");
    command
        .args(["-m", "sh", "-c", &line])
        .env("D", sandbox.exe());
    command.env("SCRIPTED_LOG_FILE", sandbox.path("logs/d.log"));
    command
}

fn start(sandbox: &Sandbox, name: &str, text: &str, options: &str) -> Finished {
    fs::write(sandbox.path(name), text).unwrap();
    Running::begin(command(sandbox, name, options)).finish()
}

/// A daemon of the user `nobody`, in these groups.
fn groups(sandbox: &Sandbox) -> Vec<u32> {
    let daemon = sandbox.daemon();
    assert_eq!(daemon.field("Uid"), ["65534"; 4].join("\t"));
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(daemon.field(set), "0".repeat(16), "{set}");
    }
    let groups = daemon.field("Groups");
    groups
        .split_whitespace()
        .map(|group| group.parse().unwrap())
        .collect()
}

#[test]
fn user_without_a_name_source_is_unknown() {
    let Some(sandbox) = sandbox() else { return };
    let sources = "passwd: nosuch\ngroup: nosuch\n";
    for (option, who) in [
        ("--user", "nobody"),
        ("--user", "65534"),
        ("--group", "nogroup"),
    ] {
        let options = format!("{option} {who}");
        let refused = start(&sandbox, "nsswitch.conf", sources, &options);
        let _ = refused.exits(6).complains("cannot find ").complains(who);
        assert!(
            !sandbox.lock_file().exists(),
            "{options}: something was made"
        );
        assert!(sandbox.processes().is_empty(), "{options}");
    }
}

/// A daemon without `user` needs no accounts.
#[test]
fn daemon_of_root_starts_without_accounts() {
    let Some(sandbox) = sandbox() else { return };
    chown(sandbox.path("logs"), Some(0), Some(0)).unwrap();
    for name in ["passwd", "group"] {
        let _ = start(&sandbox, name, "", "").exits(0);
        sandbox.stop();
    }
    sandbox.assert_nothing_left();
}

/// A source of names that never answers keeps the caller waiting, before anything was begun.
#[test]
fn names_are_looked_up_before_the_fork() {
    let Some(sandbox) = sandbox() else { return };
    let fifo = sandbox.path("passwd");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = Running::begin(command(&sandbox, "passwd", "--user nobody"));
    let caller = running.process();
    // It sleeps nowhere else.
    eventually("it asks for the name", || {
        caller.name() == "scripted" && caller.state() == 'S'
    });
    assert!(caller.children().is_empty() && !sandbox.lock_file().exists());
    caller.kill();
    let _ = running.finish();
    sandbox.assert_nothing_left();
    let _ = sandbox.start();
    sandbox.stop();
}

/// The entries of root hold: another group of the same number, root's own group, a primary group.
#[test]
fn groups_are_those_of_the_account_alone() {
    let Some(sandbox) = sandbox() else { return };
    let machine = fs::read_to_string("/etc/group").unwrap();
    let more = "a:x:500:nobody\nb:x:500:nobody\nc:x:0:nobody\nd:x:501:somebody\n";
    let started = start(
        &sandbox,
        "group",
        &format!("{machine}{more}"),
        "--user nobody",
    );
    let _ = started.exits(0);
    let mut found = groups(&sandbox);
    found.dedup();
    assert_eq!(found, [0, 500, NOBODY]);
    sandbox.stop();
    let account = "nobody:x:65534:0:nobody:/nonexistent:/usr/sbin/nologin\n";
    let _ = start(&sandbox, "passwd", account, "--user nobody").exits(0);
    assert_eq!(groups(&sandbox), [0]);
    sandbox.stop();
    sandbox.assert_nothing_left();
}

/// The kernel takes 65,536 of them, `NGROUPS_MAX`.
#[test]
fn many_groups_are_taken_and_too_many_refused() {
    let Some(sandbox) = sandbox() else { return };
    let machine = fs::read_to_string("/etc/group").unwrap();
    let many = |count: u32| {
        let mut text = machine.clone();
        for number in 1_000_000..1_000_000 + count {
            let _ = writeln!(text, "g{number}:x:{number}:nobody");
        }
        text
    };
    let _ = start(&sandbox, "group", &many(40_000), "--user nobody").exits(0);
    assert_eq!(groups(&sandbox).len(), 40_001);
    sandbox.stop();
    let refused = start(&sandbox, "group", &many(70_000), "--user nobody");
    let _ = refused
        .exits(6)
        .complains("`nobody` is in more groups than the kernel allows");
    let left: Vec<_> = sandbox.processes().iter().map(Process::title).collect();
    assert!(left.is_empty(), "{left:?}");
    sandbox.assert_nothing_left();
}
