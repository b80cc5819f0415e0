//! A program with and without each feature of daemon-rt, and its messages about missing features.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use tempfile::TempDir;

const CLI: bool = cfg!(feature = "cli");
const UNITS: bool = cfg!(feature = "units");
const LOG_EXTRAS: bool = cfg!(feature = "log-extras");

/// The server in a directory of its own. `stop` ends it when a test fails.
struct Server(TempDir);

impl Server {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Runs `server WORDS` with these variables, and returns what it said and its exit code.
    fn run(&self, words: &[impl AsRef<OsStr>], variables: &[(&str, &str)]) -> (String, i32) {
        let path = |name: &str| self.0.path().join(name);
        let output = Command::new(env!("CARGO_BIN_EXE_features-server"))
            .args(words)
            .env_clear()
            .env("SERVER_PID_FILE", path("server.pid"))
            .env("SERVER_LOG_FILE", path("server.log"))
            .envs(variables.iter().copied())
            .output();
        let Output {
            status,
            stdout,
            stderr,
        } = output.unwrap();
        let said = String::from_utf8([stdout, stderr].concat()).unwrap();
        (said, status.code().unwrap_or(-1))
    }

    /// Asserts that a word without its feature is refused, and that the message names the feature.
    fn lacks(&self, feature: &str, words: &[&str], variables: &[(&str, &str)]) {
        let (said, code) = self.run(words, variables);
        let wanted = format!("built without the feature `{feature}`");
        assert!(said.contains(&wanted), "{words:?} {variables:?}: {said}");
        assert_eq!(code, 2, "{words:?} {variables:?}: {said}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run(&["stop"], &[]);
    }
}

#[test]
fn every_choice_prints_its_version() {
    for option in ["--version", "-V"] {
        let mut versioned = Command::new(env!("CARGO_BIN_EXE_features-versioned"));
        let output = versioned.arg(option).output().unwrap();
        assert!(output.status.success(), "{option}: {output:?}");
        assert_eq!(output.stdout, b"versioned 1.2.3\n", "{option}");
    }
}

#[test]
fn every_choice_lives_a_life() {
    let server = Server::new();
    for (verb, wanted) in [
        ("status", 3),
        ("check", 0),
        ("start", 0),
        ("start", 0),
        ("status", 0),
        ("reload", 0),
        ("try-restart", 0),
        ("stop", 0),
        ("stop", 0),
        ("status", 3),
    ] {
        let (said, code) = server.run(&[verb], &[]);
        assert_eq!(code, wanted, "{verb}: {said}");
    }
    let log = std::fs::read_to_string(server.0.path().join("server.log")).unwrap();
    assert!(log.contains("Démarrage du processus avec le pid "), "{log}");
}

#[test]
fn log_extras_value_without_the_feature_is_refused() {
    let server = Server::new();
    for variable in [
        ("SERVER_LOG_FORMAT", "json"),
        ("SERVER_LOG_FORMAT", "full"),
        ("SERVER_LOG_BUFFER", "64K"),
        ("SERVER_LOG_ROTATE", "daily"),
        ("SERVER_LOG_KEEP", "3,gz"),
        ("SERVER_LOG_LIMIT", "100/1s"),
        ("SERVER_LOG_REPEATS", "fold"),
    ] {
        if LOG_EXTRAS {
            let (said, code) = server.run(&["check"], &[variable]);
            assert_eq!(code, 0, "{variable:?}: {said}");
        } else {
            server.lacks("log-extras", &["check"], &[variable]);
            server.lacks("log-extras", &["start"], &[variable]);
        }
    }
    if !LOG_EXTRAS {
        server.lacks("log-extras", &["start"], &[("SERVER_LOG_FILE", "syslog:")]);
    }
    // A value that disables such a feature needs no feature.
    for variable in [
        ("SERVER_LOG_FORMAT", "seed"),
        ("SERVER_LOG_ROTATE", "never"),
    ] {
        let (said, code) = server.run(&["check"], &[variable]);
        assert_eq!(code, 0, "{variable:?}: {said}");
    }
}

#[test]
fn unit_without_the_feature_is_refused() {
    let server = Server::new();
    if UNITS {
        let (said, code) = server.run(&["unit", "systemd"], &[]);
        assert!(code == 0 && said.contains("[Service]"), "{code}: {said}");
        return;
    }
    let root = server.0.path().to_str().unwrap();
    server.lacks("units", &["unit", "systemd"], &[]);
    server.lacks("units", &["install", "sysv", "--root", root], &[]);
    server.lacks("units", &["uninstall", "sysv"], &[]);
}

#[test]
fn unit_calls_the_program_by_its_link() {
    if !UNITS {
        return;
    }
    let directory = TempDir::new().unwrap();
    let link = directory.path().join("called-so");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_features-server"), &link).unwrap();
    let unit = |command: &mut Command| {
        let output = command.args(["unit", "systemd"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let line = format!("ExecStart={} run", link.display());
    let by_path = unit(&mut Command::new(&link));
    assert!(by_path.contains(&line), "{by_path}");
    let by_name = unit(Command::new("called-so").env("PATH", directory.path()));
    assert!(by_name.contains(&line), "{by_name}");
    // A name that leads elsewhere is only a name.
    let own = format!("ExecStart={} run", env!("CARGO_BIN_EXE_features-server"));
    let misnamed = unit(Command::new(&link).env("PATH", "/usr/bin").arg0("sh"));
    assert!(misnamed.contains(&own), "{misnamed}");
}

#[test]
fn command_line_that_is_not_text_is_refused() {
    let server = Server::new();
    let (start, torn) = (OsStr::new("start"), OsStr::from_bytes(b"\xff"));
    for words in [&[torn][..], &[start, torn], &[torn, start]] {
        let (said, code) = server.run(words, &[]);
        assert_eq!(code, 2, "{words:?}: {said}");
    }
    let (said, code) = server.run(&["status"], &[]);
    assert_eq!(code, 3, "{said}");
}

#[test]
fn option_without_cli_is_refused() {
    let server = Server::new();
    let start = ["start", "--log-level", "info"];
    if CLI {
        let (said, code) = server.run(&start, &[]);
        assert_eq!(code, 0, "{said}");
        let (said, code) = server.run(&["log-level"], &[]);
        assert!(code == 0 && said.contains("info"), "{code}: {said}");
        return;
    }
    server.lacks("cli", &start, &[]);
    let (said, _) = server.run(&start, &[]);
    assert!(said.contains("SERVER_LOG_LEVEL"), "{said}");
    for verb in ["logs", "log-level", "signal"] {
        server.lacks("cli", &[verb], &[]);
    }
    let (said, code) = server.run(&["sart"], &[]);
    assert!(code == 2 && said.contains("start|stop"), "{code}: {said}");
}

/// The file needs a home that a test does not have, so variables name it. Without `cli` they also take
/// the place of `--set`.
#[cfg(feature = "config")]
#[test]
fn settings_are_read_with_and_without_cli() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("settings.toml");
    let run = |verb: &str, variables: &[(&str, &str)]| {
        let output = Command::new(env!("CARGO_BIN_EXE_features-configured"))
            .arg(verb)
            .env_clear()
            .env("CONFIGURED_PID_FILE", directory.path().join("a.pid"))
            .env("CONFIGURED_LOG_FILE", directory.path().join("a.log"))
            .env("CONFIGURED_CONFIG", &file)
            .envs(variables.iter().copied())
            .output();
        let output = output.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            String::from_utf8(said).unwrap(),
            output.status.code().unwrap_or(-1),
        )
    };
    for (text, code, wanted) in [
        ("port = 'x'", 6, "settings.toml:1:8: port: found the string"),
        ("port = 1", 0, "settings.toml"),
    ] {
        std::fs::write(&file, text).unwrap();
        let (said, found) = run("check", &[]);
        assert!(found == code && said.contains(wanted), "{found}: {said}");
    }
    let (said, code) = run("start", &[("CONFIGURED__PORT", "2")]);
    assert_eq!(code, 0, "{said}");
    let (said, _) = run("config", &[]);
    std::fs::write(&file, "port = 'x'").unwrap();
    let (refused, refusal) = run("reload", &[]);
    let (_, stopped) = run("stop", &[]);
    assert!(said.contains("port = 2"), "{said}");
    // The variable still wins over the file.
    assert_eq!((refusal, stopped), (0, 0), "{refused}");
}
