//! An ordinary user beside root's daemon sees some facts, and can change nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::time::{Duration, Instant};

use tests::support::{NOBODY, Process, Running, Sandbox, copy_program, eventually};
use tests::{require_capability, require_programs, require_root};

use super::bystander::Bystander;

/// A shell line as an ordinary user, on root's daemon.
fn as_nobody(sandbox: &Sandbox, line: &str) -> tests::support::Finished {
    let mut command = sandbox.program("sh");
    command.args(["-c", line]).uid(NOBODY).gid(NOBODY);
    // The program may lie where only root can go.
    let copy = sandbox.path("copy");
    if !copy.exists() {
        copy_program(sandbox.exe(), &copy);
    }
    command.env("D", copy);
    Running::begin(command).finish()
}

#[test]
fn ordinary_user_cannot_stop_or_block_roots_daemon() {
    require_root!("be root beside an ordinary user");
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    for verb in [
        "stop",
        "restart",
        "try-restart",
        "reload",
        "start",
        "log-level info",
    ] {
        let denied = as_nobody(&sandbox, &format!("exec \"$D\" {verb}"));
        let denied = denied.exits(4).complains("scripted.pid.lock");
        // A start that may not create the lock file has another remedy.
        if verb != "start" {
            let _ = denied.complains("run this command as root");
        }
    }
    // `status` prints the facts that the kernel shows to every user.
    let _ = as_nobody(&sandbox, "exec \"$D\" status").exits(0);
    let locked = "flock -n scripted.pid.lock true";
    assert_ne!(
        as_nobody(&sandbox, locked).code(),
        0,
        "the lock can be opened"
    );
    assert!(!daemon.has_ended());
    assert_eq!(sandbox.count("on_stop"), 0);
    sandbox.stop();
}

/// A daemon that dropped its rights cannot make root signal another process.
#[test]
fn pid_file_is_not_writable_by_the_daemons_user() {
    require_root!("become another user");
    let sandbox = Sandbox::scripted();
    let logs = sandbox.path("logs");
    fs::create_dir(&logs).unwrap();
    std::os::unix::fs::chown(&logs, Some(NOBODY), Some(NOBODY)).unwrap();
    let log = logs.join("d.log");
    let started = sandbox.verb(&[
        "start",
        "--user",
        "nobody",
        "--log-file",
        log.to_str().unwrap(),
    ]);
    let _ = started.exits(0);
    let daemon: Process = sandbox.daemon();
    assert!(daemon.field("Uid").starts_with("65534\t65534\t65534"));
    let mut bystander = Bystander::new(&sandbox);
    for file in ["scripted.pid", "scripted.pid.lock"] {
        let pid = bystander.pid();
        let line = format!("echo {pid} > {file}; rm -f {file}; mv logs {file}");
        let _ = as_nobody(&sandbox, &line);
    }
    assert_eq!(sandbox.daemon().pid, daemon.pid);
    sandbox.stop();
    assert!(daemon.has_ended());
    bystander.assert_unharmed("what nobody wrote");
}

/// Root's verbs wait for a lock that the daemon can also take.
#[test]
fn daemon_holding_the_verb_lock_is_stopped() {
    require_root!("become another user");
    // To see what the attacks leave, and end it.
    require_capability!("CAP_SYS_PTRACE");
    require_programs!("perl");
    require_programs!("flock");
    let perl = "exec perl -e 'flock(STDIN, 2) && sleep 1000'";
    let left = "perl -e 'flock(STDIN, 2) && fork && exit; sleep 1000'";
    let setuid = Sandbox::scripted();
    let sleep = setuid.path("sleep");
    copy_program("/bin/sleep", &sleep);
    fs::set_permissions(&sleep, Permissions::from_mode(0o4755)).unwrap();
    let as_root = format!(
        "exec perl -e 'flock(STDIN, 2) && exec q({}), 1000'",
        sleep.display()
    );
    for (attack, verb) in [
        (&*format!("lend {as_root}"), "stop"),
        ("hold exclusive", "stop"),
        ("hold exclusive", "restart"),
        ("hold shared", "stop"),
        (&format!("lend {perl}"), "stop"),
        (&format!("lend {left}"), "stop"),
    ] {
        let sandbox = Sandbox::scripted();
        let logs = sandbox.path("logs");
        fs::create_dir(&logs).unwrap();
        std::os::unix::fs::chown(&logs, Some(NOBODY), Some(NOBODY)).unwrap();
        let say = |verb| {
            let mut command = sandbox.command(&[verb]);
            command.env("SCRIPTED_USER", "nobody");
            command.env("SCRIPTED_NO_NEW_PRIVS", "false");
            command.env("SCRIPTED_LOG_FILE", logs.join("d.log"));
            Running::begin(command).finish()
        };
        // Which waits for others no longer than both times together.
        let say_in_a_hurry = |verb| {
            let limits = "SCRIPTED_START_TIMEOUT=100ms SCRIPTED_STOP_TIMEOUT=2s";
            sandbox.shell(&format!("{limits} exec \"$D\" {verb}"))
        };
        sandbox.script(&format!("run {attack}"));
        let _ = say("start").exits(0);
        let daemon = sandbox.daemon();
        let lock = sandbox.lock_file().display().to_string();
        let is_held = || sandbox.shell(&format!("flock -n {lock} true")).code() != 0;
        eventually("the lock is held", is_held);
        sandbox.script("");
        let done = match verb {
            "stop" => say_in_a_hurry(verb),
            _ => say(verb),
        };
        let done = done.exits(0);
        assert!(daemon.has_ended(), "{attack}: {done:?}");
        assert!(!done.stdout.contains("not running"), "{attack}: {done:?}");
        if verb == "restart" {
            assert_ne!(sandbox.daemon().pid, daemon.pid);
            let _ = say("stop").exits(0);
        }
        assert!(!sandbox.pid_file().exists(), "{attack}");
        // A child of the daemon still has it, and `start` names that child.
        for child in sandbox.processes() {
            let refused = say_in_a_hurry("start")
                .exits(1)
                .complains("is still running");
            if attack.contains("exec") {
                let _ = refused.complains(&format!("pid {}", child.pid));
            }
            child.kill();
        }
        sandbox.assert_nothing_left();
    }
}

/// Excess rights of the caller do not pass to the daemon's user.
#[test]
fn capabilities_and_groups_of_the_caller_are_dropped() {
    require_root!("become another user");
    require_programs!("setpriv");
    require_capability!("CAP_SYS_ADMIN");
    let callers = [
        "--inh-caps=+net_bind_service",
        "--inh-caps=+net_bind_service --ambient-caps=+net_bind_service",
        "--inh-caps=+setuid,+sys_admin,+dac_override",
        "--securebits=+no_setuid_fixup",
        "--securebits=+no_setuid_fixup_locked,+no_setuid_fixup",
        "--inh-caps=+setuid,+sys_admin --ambient-caps=+setuid,+sys_admin --securebits=+no_setuid_fixup",
        "--inh-caps=+setuid,+setgid,+setpcap,+dac_override --ambient-caps=+setuid,+setgid,+setpcap,+dac_override --securebits=+noroot,+noroot_locked",
        "--bounding-set=-setpcap",
        "--groups=0,4,27",
        "--no-new-privs",
        "--reset-env",
    ];
    for caller in callers {
        let sandbox = Sandbox::scripted();
        let logs = sandbox.path("logs");
        fs::create_dir(&logs).unwrap();
        std::os::unix::fs::chown(&logs, Some(NOBODY), Some(NOBODY)).unwrap();
        let line = format!(
            "exec setpriv {caller} \"$D\" start --user nobody --pid-file {} --log-file {}",
            sandbox.pid_file().display(),
            logs.join("d.log").display(),
        );
        let _ = sandbox.shell(&line).exits(0);
        let daemon = sandbox.daemon();
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(daemon.field(set), "0".repeat(16), "{caller}: {set}");
        }
        assert_eq!(daemon.field("Uid"), ["65534"; 4].join("\t"), "{caller}");
        assert_eq!(daemon.field("Gid"), ["65534"; 4].join("\t"), "{caller}");
        assert_eq!(daemon.field("Groups"), "65534", "{caller}");
        sandbox.stop();
    }
}

/// Nobody by the effective ids alone can become root again.
#[test]
fn remaining_ids_of_root_are_refused() {
    require_root!("become another user");
    require_programs!("setpriv");
    for caller in [
        "--euid 65534 --egid 65534 --clear-groups",
        "--euid 65534 --regid 65534 --clear-groups",
        "--reuid 65534 --egid 65534 --clear-groups",
    ] {
        let sandbox = Sandbox::scripted_by(NOBODY).unwrap();
        let mut command = std::process::Command::new("setpriv");
        // With ids that differ the environment counts for nothing.
        command.args(caller.split(' ')).arg(sandbox.exe());
        command.args(["start", "--user", "nobody", "--pid-file"]);
        command
            .arg(sandbox.pid_file())
            .arg("--log-file")
            .arg(sandbox.log_file());
        let refused = Running::begin(command).finish();
        let _ = refused.exits(4).complains("only root can become nobody");
        sandbox.assert_nothing_left();
    }
}

/// Root without capabilities cannot change its user, and the error names the step.
#[test]
fn root_without_capabilities_is_refused() {
    require_root!("become another user");
    require_programs!("setpriv");
    for caller in [
        "--securebits=+noroot,+noroot_locked",
        "--bounding-set=-setgid --inh-caps=-all",
        "--bounding-set=-setuid --inh-caps=-all",
    ] {
        let sandbox = Sandbox::scripted();
        let line = format!("exec setpriv {caller} \"$D\" start --user nobody");
        let refused = sandbox.shell(&line);
        assert!([1, 4].contains(&refused.code()), "{caller}: {refused:#?}");
        assert!(
            refused.stderr.contains("cannot set the "),
            "{caller}: {refused:#?}"
        );
        sandbox.assert_nothing_left();
    }
}

/// A pid file that the daemon's user cannot see, in a directory of root, counts as present.
#[test]
fn hidden_pid_file_is_not_taken_for_removed() {
    require_root!("become another user");
    let sandbox = Sandbox::scripted();
    let (hidden, logs) = (sandbox.path("hidden"), sandbox.path("logs"));
    fs::create_dir(&hidden).unwrap();
    fs::set_permissions(&hidden, Permissions::from_mode(0o700)).unwrap();
    fs::create_dir(&logs).unwrap();
    std::os::unix::fs::chown(&logs, Some(NOBODY), Some(NOBODY)).unwrap();
    let log = logs.join("d.log");
    let say = |verb| {
        let mut command = sandbox.command(&[verb]);
        command.env("SCRIPTED_USER", "nobody");
        command.env("SCRIPTED_PID_FILE", hidden.join("d.pid"));
        command.env("SCRIPTED_LOG_FILE", &log);
        Running::begin(command).finish().exits(0)
    };
    let _ = say("start");
    let begun = Instant::now();
    // It looks once a second at its turns, which a reload makes.
    while begun.elapsed() < Duration::from_millis(2500) {
        let _ = say("reload");
    }
    let _ = say("stop");
    let log = fs::read_to_string(log).unwrap();
    assert!(!log.contains("removed"), "{log}");
}
