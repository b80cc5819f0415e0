//! The command line: usage, exit codes, and the rights of other users.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;

use tests::require_root;
use tests::support::{NOBODY, Running, Sandbox};

#[test]
fn wrong_usage_exits_2_and_shows_the_right_one() {
    let sandbox = Sandbox::scripted();
    for line in [
        &[][..],
        &["strat"],
        &["start", "now"],
        &["stop", "--hard"],
        &["start", "--umask"],
        &["start", "--umask", "9"],
        &["start", "--start-timeout", "soon"],
        &["start", "--log-level", "loud"],
        &["start", "--pid-file", ""],
    ] {
        let wrong = sandbox.verb(line).exits(2);
        assert!(!wrong.stderr.trim().is_empty(), "{wrong:?}");
        assert!(wrong.stdout.is_empty(), "{wrong:?}");
    }
    let _ = sandbox.verb(&[]).complains("Usage: scripted");
    let _ = sandbox.verb(&["strat"]).complains("start");
    assert_eq!(
        fs::read_dir(sandbox.directory()).unwrap().count(),
        0,
        "it makes no files"
    );
}

#[test]
fn wrong_variable_exits_2_and_is_named() {
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.command(&["start"]);
    command.env("SCRIPTED_UMASK", "888");
    let _ = Running::begin(command)
        .finish()
        .exits(2)
        .complains("SCRIPTED_UMASK");
}

#[test]
fn verb_with_a_wrong_variable_of_another_verb_works() {
    let sandbox = Sandbox::scripted();
    let _daemon = sandbox.start();
    let wrong = |verb: &[&str]| {
        let mut command = sandbox.command(verb);
        for key in [
            "UMASK",
            "LOG_LEVEL",
            "LOG_LIMIT",
            "RLIMITS",
            "CAPABILITIES",
            "INTERVAL",
            "START_TIMEOUT",
        ] {
            command.env(sandbox.variable(key), "wrong");
        }
        Running::begin(command).finish()
    };
    let _ = wrong(&["status"]).exits(0);
    let _ = wrong(&["reload"])
        .exits(0)
        .complains("ignored SCRIPTED_START_TIMEOUT");
    let _ = wrong(&["logs"]).exits(0);
    let _ = wrong(&["signal", "SIGCONT"]).exits(0);
    let _ = wrong(&["start"]).exits(2).complains("SCRIPTED_LOG_LEVEL");
    let _ = wrong(&["stop"]).exits(0).says("stopped");
}

#[test]
fn status_with_wrong_usage_exits_4() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.verb(&["status", "--hard"]).exits(4);
    let _ = sandbox.verb(&["status", "--pid-file", "x/"]).exits(4);
    let mut command = sandbox.command(&["status"]);
    command.env("SCRIPTED_PID_FILE", "x/");
    let unknown = Running::begin(command).finish().exits(4);
    let _ = unknown.complains("unknown: SCRIPTED_PID_FILE: `x/`");
}

#[test]
fn empty_variable_counts_as_unset() {
    let sandbox = Sandbox::scripted();
    let help = sandbox.verb(&["run", "--help"]).exits(0).stdout;
    let variables = help
        .split(['[', ']'])
        .filter(|word| word.starts_with("SCRIPTED_"));
    let mut command = sandbox.command(&["check"]);
    let mut count = 0;
    for variable in variables.filter(|word| !word.ends_with("_FILE")) {
        command.env(variable, "");
        count += 1;
    }
    assert!(count > 20, "{help}");
    let _ = Running::begin(command).finish().exits(0);
    let mut command = sandbox.command(&["start"]);
    command
        .env("SCRIPTED_LOG_LEVEL", "")
        .env("SCRIPTED_UMASK", "");
    let _ = Running::begin(command).finish().exits(0);
    let _ = sandbox.verb(&["log-level"]).exits(0).says("debug");
    sandbox.stop();
}

#[test]
fn empty_option_is_refused() {
    let sandbox = Sandbox::scripted();
    let help = sandbox.verb(&["run", "--help"]).exits(0).stdout;
    let options = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    for option in options.filter(|word| !["--help", "--version"].contains(word)) {
        let refused = sandbox.verb(&["run", option, ""]).exits(2);
        let _ = refused.complains(&format!("{option}: the value is empty"));
    }
}

#[test]
fn help_goes_to_stdout_and_exits_0() {
    let sandbox = Sandbox::scripted();
    let help = sandbox.verb(&["--help"]).exits(0);
    for verb in ["start", "stop", "restart", "try-restart", "status", "run"] {
        assert!(help.stdout.contains(verb), "{verb}: {help:?}");
    }
    let _ = sandbox
        .verb(&["start", "--help"])
        .exits(0)
        .says("--start-timeout")
        .says("[default: 30s] [SCRIPTED_START_TIMEOUT]")
        .says("[default: 027] [SCRIPTED_UMASK]")
        .says("TIME is a number and a unit")
        .says("SCRIPTED_UMASK");
}

#[test]
fn option_beats_variable_beats_declaration() {
    let sandbox = Sandbox::scripted();
    let mut command = sandbox.command(&["start"]);
    command
        .env("SCRIPTED_UMASK", "007")
        .env("SCRIPTED_TITLE", "from-variable");
    command.args(["--title", "from-option"]);
    let _ = Running::begin(command).finish().exits(0);
    assert_eq!(sandbox.daemon().field("Umask"), "0007");
    assert_eq!(sandbox.daemon().title(), "from-option");
    sandbox.stop();
}

#[test]
fn closed_stdout_is_not_a_failure() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox
        .shell("\"$D\" start | true; \"$D\" status | true; \"$D\" stop >&-")
        .exits(0);
    let _ = sandbox.verb(&["status"]).exits(3);
}

#[test]
fn quiet_status_prints_nothing() {
    let sandbox = Sandbox::scripted();
    let quiet = |code| {
        let status = sandbox.verb(&["status", "-q"]).exits(code);
        assert_eq!((status.stdout.as_str(), status.stderr.as_str()), ("", ""));
    };
    quiet(3);
    let daemon = sandbox.start();
    quiet(0);
    daemon.kill();
    quiet(1);
}

#[test]
fn status_without_permission_exits_4() {
    require_root!("lock other users out");
    let sandbox = Sandbox::scripted();
    let Some(other) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let daemon = sandbox.start();
    fs::set_permissions(sandbox.directory(), fs::Permissions::from_mode(0o700)).unwrap();
    let path = sandbox.pid_file();
    let status = other
        .verb(&["status", "--pid-file", path.to_str().unwrap()])
        .exits(4);
    let _ = status.says("unknown");
    assert!(!daemon.has_ended());
    sandbox.stop();
}

#[test]
fn ordinary_user_sees_but_cannot_touch_roots_daemon() {
    let sandbox = Sandbox::scripted();
    let Some(other) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let daemon = sandbox.start();
    let path = sandbox.pid_file();
    let verb = |word| other.verb(&[word, "--pid-file", path.to_str().unwrap()]);
    let _ = verb("status").exits(0).says(&daemon.pid.to_string());
    for word in ["stop", "restart", "start"] {
        let _ = verb(word).exits(4).complains("Permission denied");
    }
    assert!(!daemon.has_ended());
    sandbox.stop();
    let _ = verb("status").exits(3);
}

#[test]
fn answer_that_cannot_be_written_is_a_failure() {
    let sandbox = Sandbox::scripted();
    let _ = sandbox.start();
    for (line, code) in [
        (&["status", "--json"][..], 4),
        (&["logs"], 1),
        (&["unit", "runit"], 1),
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = sandbox.command(line);
        let ended = command.stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{line:?}: {ended:?}");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(
            said.contains("cannot write to stdout"),
            "{line:?}: {ended:?}"
        );
    }
    sandbox.stop();
}

#[test]
fn uninstall_of_a_missing_file_reports_it() {
    let sandbox = Sandbox::scripted();
    let root = format!("--root={}", sandbox.directory().display());
    let _ = sandbox
        .verb(&["uninstall", "systemd", &root])
        .exits(0)
        .says("no file was removed");
}

/// A log of the caller's own, where the running daemon's would be by default.
#[test]
fn logs_shows_no_other_file_when_the_daemon_cannot_be_asked() {
    require_root!("lock other users out");
    let sandbox = Sandbox::scripted();
    let Some(other) = Sandbox::scripted_by(NOBODY) else {
        return;
    };
    let _daemon = sandbox.start();
    fs::set_permissions(sandbox.directory(), fs::Permissions::from_mode(0o711)).unwrap();
    fs::write(other.log_file(), "my own\n").unwrap();
    let pid_file = sandbox.pid_file().display().to_string();
    let logs = |arguments: &[&str], variable: bool| {
        let mut command =
            other.command(&[&["logs", "--pid-file", &pid_file][..], arguments].concat());
        if !variable {
            command.env_remove(other.variable("LOG_FILE"));
        }
        Running::begin(command).finish()
    };
    let refused = logs(&[], false).exits(4);
    assert_eq!(refused.stdout, "");
    let _ = refused.complains(&format!(
        "not allowed to see which log the daemon of {pid_file} writes; pass --log-file"
    ));
    let own = other.log_file().display().to_string();
    let _ = logs(&["--log-file", &own], false).exits(0).says("my own");
    let _ = logs(&[], true).exits(0).says("my own");
    sandbox.stop();
}

#[test]
fn logs_of_a_named_file_shows_that_file() {
    let sandbox = Sandbox::scripted();
    let _daemon = sandbox.start();
    let other = sandbox.path("other.log");
    fs::write(&other, "another file\n").unwrap();
    let other = other.display().to_string();
    let _ = sandbox
        .verb(&["logs", "--log-file", &other])
        .exits(0)
        .says("another file");
    // The daemon is ready before its first `run`.
    sandbox.wait_for_log("run ");
    let _ = sandbox.verb(&["logs"]).exits(0).says("run ");
    sandbox.stop();
}
