//! The daemon inherits nothing from its caller but the properties that the declaration keeps.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use tests::require_programs;
use tests::support::{Process, Sandbox, Terminal, eventually, until};

#[test]
fn daemon_has_no_parent_and_leads_no_session() {
    let sandbox = Sandbox::scripted();
    let daemon = sandbox.start();
    assert_ne!(daemon.parent(), i32::try_from(std::process::id()).unwrap());
    assert_ne!(
        daemon.session(),
        daemon.pid,
        "a leader could get a terminal again"
    );
    assert_eq!(daemon.group(), daemon.session());
    assert!(
        Process::find(daemon.session()).is_none(),
        "the process between is gone, and reaped"
    );
    assert_eq!(daemon.terminal(), 0);
    sandbox.stop();
}

#[test]
fn daemon_started_at_a_terminal_survives_it() {
    require_programs!("setsid");
    let sandbox = Sandbox::scripted();
    sandbox.script("run open /dev/tty");
    let mut terminal = Terminal::run(&sandbox.command(&["start"]));
    assert_eq!(terminal.exit_code(), Some(0), "{}", terminal.shows());
    let daemon = sandbox.daemon();
    assert_eq!(daemon.terminal(), 0);
    // ENXIO, which open(2) gives for the terminal of a process without one.
    sandbox.wait_for_log("open /dev/tty: Some(6)");
    drop(terminal);
    // The seed's daemon was hung up by the end of its starter's session: on_stop and on_start anew.
    daemon.signal(rustix::process::Signal::USR1);
    sandbox.wait_for_log("got SIGUSR1");
    assert_eq!(sandbox.count("on_start"), 1, "{}", sandbox.log());
    sandbox.stop();
}

#[test]
fn descriptors_of_the_caller_are_closed() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox
        .shell("exec 7<. 9</etc/passwd; exec \"$D\" start")
        .exits(0);
    let daemon = sandbox.daemon();
    let own = [
        sandbox.lock_file().display().to_string(),
        sandbox.log_file().display().to_string(),
        sandbox.pid_file().display().to_string(),
        // The directory of the pid file, by which it is removed, and which the kernel tells of.
        sandbox.directory().display().to_string(),
        "anon_inode:[eventfd]".to_owned(),
    ];
    let foreign = || {
        let mut open = daemon.descriptors();
        open.retain(|number, target| *number > 2 && !own.contains(target));
        open
    };
    // The pipe through which the caller heard that the daemon is ready is closed just afterwards.
    let closed = until(|| foreign().is_empty().then_some(()));
    assert!(closed.is_some(), "{:?}", foreign());
    for (number, target) in daemon.descriptors() {
        if number <= 2 {
            assert_eq!(target, "/dev/null");
            continue;
        }
        assert!(
            daemon.closes_on_exec(number),
            "{number} ({target}) outlives an exec"
        );
    }
    sandbox.stop();
}

#[test]
fn start_without_descriptors_works() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.shell("exec \"$D\" start <&- >&- 2>&-").exits(0);
    let daemon = sandbox.daemon();
    let targets = daemon.descriptors();
    for number in 0..=2 {
        assert_eq!(targets[&number], "/dev/null");
    }
    assert_eq!(sandbox.count("on_start"), 1);
    sandbox.stop();
    assert_eq!(sandbox.count("on_stop"), 1);
}

#[test]
fn failed_start_without_descriptors_harms_no_file() {
    let sandbox = Sandbox::scripted();
    sandbox.script("on_start print what should not get into a file\non_start fail no luck");
    let _ = sandbox.shell("exec \"$D\" start <&- >&- 2>&-").exits(1);
    assert_eq!(sandbox.count("what should not"), 0);
    let lock = fs::read(sandbox.lock_file()).unwrap();
    assert!(!lock.windows(15).any(|part| part == b"what should not"));
    sandbox.assert_nothing_left();
}

#[test]
fn start_is_quick_with_a_million_descriptors_allowed() {
    let sandbox = Sandbox::scripted();
    // A user who may not raise the limit tests with the highest possible one.
    let limits = "for n in 1048576 $(ulimit -Hn); do ulimit -n $n 2>&- && break; done";
    let quickest = (0..5).map(|_| {
        let verb = sandbox
            .shell(&format!("{limits}; exec \"$D\" start"))
            .exits(0);
        sandbox.stop();
        verb.took
    });
    // The best of five: the machine may be busy with other tests.
    let quickest = quickest.min().unwrap();
    assert!(quickest < Duration::from_secs(1), "took {quickest:?}");
}

#[test]
fn pipe_of_the_caller_closes_when_start_returns() {
    let sandbox = Sandbox::scripted();
    // `cat` ends with the last writer of its pipe.
    let _ = sandbox
        .shell("\"$D\" start 2>&1 | cat")
        .exits(0)
        .says("started, pid ");
    assert!(!sandbox.daemon().has_ended());
    sandbox.stop();
}

#[test]
fn blocked_and_ignored_signals_are_not_inherited() {
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.program("env");
    command.args(["--block-signal", "--ignore-signal", "--"]);
    command.arg(sandbox.exe()).arg("start");
    let _ = tests::support::Running::begin(command).finish().exits(0);
    let daemon = sandbox.daemon();
    assert_eq!(daemon.field("SigBlk"), "0000000000000000");
    // SIGPIPE alone, as every Rust program has it. The C library keeps the signals from 32 to
    // SIGRTMIN for itself and rejects changes; glibc's posix_spawn ignores them in a test's
    // children.
    let ignored = u64::from_str_radix(&daemon.field("SigIgn"), 16).unwrap();
    let reserved = (32..nix::libc::SIGRTMIN()).fold(0, |bits, signal| bits | 1 << (signal - 1));
    assert_eq!(ignored & !reserved, 0x1000);
    sandbox.stop();
}

#[test]
fn ignored_sigchld_does_not_disturb_the_start() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox
        .shell("trap '' CHLD; exec \"$D\" start")
        .exits(0)
        .says("started, pid ");
    let _ = sandbox.shell("trap '' CHLD; exec \"$D\" restart").exits(0);
    sandbox.stop();
    sandbox.script("on_start exit 42");
    let failed = sandbox.shell("trap '' CHLD; exec \"$D\" start").exits(1);
    let _ = failed.complains("exited with code 42 before it was ready");
}

#[test]
fn umask_is_the_declared_one() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.shell("umask 077; exec \"$D\" start").exits(0);
    assert_eq!(sandbox.daemon().field("Umask"), "0027");
    let mode = |path| fs::metadata(path).unwrap().mode() & 0o7777;
    assert_eq!(mode(sandbox.pid_file()), 0o644);
    assert_eq!(mode(sandbox.log_file()), 0o640);
    assert_eq!(mode(sandbox.lock_file()), 0o600);
    let _ = sandbox
        .shell("umask 0; exec \"$D\" restart --umask 002")
        .exits(0);
    assert_eq!(sandbox.daemon().field("Umask"), "0002");
    assert_eq!(mode(sandbox.pid_file()), 0o644);
    assert_eq!(mode(sandbox.lock_file()), 0o600);
    sandbox.stop();
}

#[test]
fn working_directory_of_the_caller_is_not_kept() {
    let sandbox = Sandbox::scripted();
    let gone = sandbox.path("gone");
    fs::create_dir(&gone).unwrap();
    let _ = sandbox.shell("cd gone; exec \"$D\" start").exits(0);
    fs::remove_dir(&gone).unwrap();
    assert_eq!(sandbox.daemon().working_dir().to_str(), Some("/"));
    let _ = sandbox.shell("\"$D\" restart --working-dir /tmp").exits(0);
    assert_eq!(sandbox.daemon().working_dir().to_str(), Some("/tmp"));
    sandbox.stop();
    let failed = sandbox
        .verb(&["start", "--working-dir", "/no/such"])
        .exits(6);
    let _ = failed.complains("`working_dir`: the directory /no/such does not exist");
    sandbox.assert_nothing_left();
}

#[test]
fn start_from_a_removed_directory_works() {
    let sandbox = Sandbox::scripted();
    fs::create_dir(sandbox.path("gone")).unwrap();
    let _ = sandbox
        .shell("cd gone; rmdir ../gone; exec \"$D\" start")
        .exits(0);
    sandbox.stop();
}

#[test]
fn environment_is_cleaned_and_shows_no_secret() {
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.command(&["start"]);
    // A preloaded library that is not there is skipped with a warning.
    command
        .env("LD_PRELOAD", "/no/such.so")
        .env("IFS", "x")
        .env("SUDO_USER", "somebody");
    command
        .env("SSH_AUTH_SOCK", "/tmp/agent")
        .env("BASH_ENV", "/tmp/rc")
        .env("MINE", "kept");
    let _ = tests::support::Running::begin(command).finish().exits(0);
    let daemon = sandbox.daemon();
    let shown = daemon.environment();
    for gone in [
        "LD_PRELOAD",
        "IFS",
        "SUDO_USER",
        "SSH_AUTH_SOCK",
        "BASH_ENV",
    ] {
        assert!(!shown.contains_key(gone), "{gone} is still there");
    }
    assert_eq!(shown["MINE"], "kept");
    assert!(
        !daemon.read("environ").contains("somebody"),
        "half of it is still readable"
    );
    sandbox.stop();
}

#[test]
fn threads_before_start_are_refused_by_name() {
    let sandbox = Sandbox::scripted();
    sandbox.script("main thread");
    let refused = sandbox.verb(&["start"]).exits(1);
    let _ = refused
        .complains("1 other threads (worker)")
        .complains("start them in `new`")
        .complains("`#[tokio::main]` cannot stand on `main`");
    sandbox.assert_nothing_left();
}

#[test]
fn title_is_what_ps_and_pgrep_show() {
    require_programs!("ps pgrep awk");
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["start", "--title", "dmn"]).exits(0);
    let daemon = sandbox.daemon();
    assert_eq!(daemon.title(), "dmn");
    assert_eq!(daemon.name(), "dmn");
    let pid = daemon.pid.to_string();
    let listed = sandbox
        .shell(&format!("ps -ef | awk '$2 == {pid}'"))
        .exits(0);
    assert!(listed.stdout.trim_end().ends_with(" dmn"), "{listed:?}");
    let found = sandbox.shell("pgrep -x dmn").exits(0);
    assert!(found.stdout.lines().any(|line| line == pid), "{found:?}");
    sandbox.stop();
}

#[test]
fn long_title_is_cut_and_hides_the_arguments() {
    let sandbox = Sandbox::scripted();
    let long = "t".repeat(5000);
    let _ = sandbox.verb(&["start", "--title", &long]).exits(0);
    let daemon = sandbox.daemon();
    assert_eq!(daemon.name(), "t".repeat(15), "as much as the kernel keeps");
    let shown = daemon.title();
    assert!(
        shown.len() > 4000 && shown.bytes().all(|byte| byte == b't'),
        "{shown}"
    );
    assert!(
        daemon.environment().contains_key(tests::support::MARKER),
        "overwritten"
    );
    sandbox.stop();
}

#[test]
fn daemon_is_adopted_and_not_kept_by_its_caller() {
    require_programs!("ps");
    let sandbox = Sandbox::scripted();
    // The caller is a subreaper while it waits; the shell that started it outlives it.
    let _ = sandbox
        .shell("\"$D\" start; : ; ps -o ppid= -p $(cat scripted.pid) > parent")
        .exits(0);
    let daemon = sandbox.daemon();
    eventually("it has a parent that lives", || {
        Process::find(daemon.parent()).is_some()
    });
    sandbox.stop();
}
