//! A daemon that the attribute wrote and the same by hand, side by side, as processes.
#![expect(clippy::expect_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use tests::support::daemon_path;

/// A request, and the line of the log that answers it.
const TALK: [(&str, &str); 5] = [
    ("", "flush"),
    ("USR1", "SIGUSR1, sender known: true"),
    (
        "USR2",
        "signal SIGUSR2 after [\"run\", \"flush\", \"dump\"]",
    ),
    ("RTMIN+3", "SIGRTMIN+3, sender known: true"),
    ("HUP", "reload"),
];

const TWINS: [&str; 2] = ["twin_by_attribute", "twin_by_hand"];

#[test]
fn twin_by_hand_behaves_like_the_attribute() {
    let written = life(&daemon_path("twin_by_attribute"));
    let by_hand = life(&daemon_path("twin_by_hand"));
    assert_eq!(written, by_hand);
}

#[test]
fn version_is_printed_and_known_to_the_help() {
    for program in TWINS.map(daemon_path) {
        for option in ["--version", "-V"] {
            let version = format!("twin {}\n", env!("CARGO_PKG_VERSION"));
            assert_eq!(output(&program, &[option]), version, "{program}");
        }
    }
    assert!(output(&daemon_path("twin_by_attribute"), &["--help"]).contains("--version"));
}

#[test]
fn description_begins_the_help_and_is_in_the_unit() {
    let about = "Logs each kind of event once, and knows its directory";
    for program in TWINS.map(daemon_path) {
        let help = output(&program, &["--help"]);
        assert!(help.starts_with(&format!("{about}.\n\nUsage: ")), "{help}");
        let unit = output(&program, &["unit", "systemd"]);
        let description = format!("Description={about}");
        assert!(unit.lines().any(|line| line == description), "{unit}");
    }
}

/// Returns the output of a verb that must succeed.
fn output(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output = output.expect("the program runs");
    assert!(output.status.success(), "{program} {words:?}: {output:?}");
    String::from_utf8(output.stdout).expect("the output is UTF-8")
}

/// Starts the daemon, talks to it, stops it, and returns what it logged.
fn life(program: &str) -> Vec<String> {
    let directory = Directory::new(program);
    let daemon = Twin {
        program,
        directory: &directory.0,
    };
    assert!(daemon.verb("start"), "{program} does not start");
    for (signal, answer) in TALK {
        if !signal.is_empty() {
            daemon.send(signal);
        }
        daemon.wait_for(answer);
    }
    assert!(daemon.verb("stop"), "{program} does not stop");
    daemon.log()
}

/// One of the two programs.
struct Twin<'a> {
    program: &'a str,
    directory: &'a Path,
}

impl Twin<'_> {
    fn verb(&self, verb: &str) -> bool {
        let mut command = Command::new(self.program);
        command
            .arg(verb)
            .arg("--pid-file")
            .arg(self.directory.join("twin.pid"));
        if verb == "start" {
            command
                .arg("--log-file")
                .arg(self.directory.join("twin.log"));
        }
        command.output().expect("the program runs").status.success()
    }

    fn send(&self, signal: &str) {
        let pid = fs::read_to_string(self.directory.join("twin.pid")).expect("a pid file");
        let mut kill = Command::new("kill");
        let sent = kill.args(["-s", signal, pid.trim()]).status();
        assert!(sent.expect("kill runs").success(), "kill -s {signal}");
    }

    fn wait_for(&self, line: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.log().iter().any(|logged| logged == line) {
            let log = self.log();
            assert!(
                Instant::now() < deadline,
                "{} never logged `{line}`: {log:#?}",
                self.program
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The messages, without the date, and without process ids.
    fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.directory.join("twin.log")).unwrap_or_default();
        let message = |line: &str| {
            let (_, message) = line.split_once(" : ").unwrap_or(("", line));
            let words = message
                .split(' ')
                .filter(|word| word.parse::<u32>().is_err());
            words.collect::<Vec<_>>().join(" ")
        };
        text.lines().map(message).collect()
    }
}

impl Drop for Twin<'_> {
    fn drop(&mut self) {
        // After a test that went well there is nothing left to stop.
        self.verb("stop");
    }
}

/// A directory that goes away with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(program: &str) -> Self {
        let stem = Path::new(program)
            .file_stem()
            .expect("a name")
            .to_string_lossy();
        let path = env::temp_dir().join(format!("{stem}-{}", process::id()));
        fs::create_dir(&path).expect("the directory is new");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A directory left behind in the temporary directory fails no test.
        let _ = fs::remove_dir_all(&self.0);
    }
}
