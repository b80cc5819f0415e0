//! The measured programs and their builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub name: &'static str,
    pub make: Make,
    /// The words after the program on its command line.
    pub words: &'static [&'static str],
}

/// How a subject is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Make {
    /// A binary of `bench-subjects` and its features.
    Cargo(&'static str, &'static str),
    /// A file of `c/` and the library it needs.
    C(&'static str, &'static str),
    /// python-daemon, when Python has it.
    Python,
    /// The floor in the foreground, when start-stop-daemon is there to detach it.
    StartStopDaemon,
}

const fn cargo(name: &'static str, bin: &'static str, words: &'static [&'static str]) -> Subject {
    let make = Make::Cargo(bin, bin);
    Subject { name, make, words }
}

pub(crate) const EMPTY: Subject = cargo("empty program", "empty", &[]);
pub(crate) const FLOOR: Subject = cargo("plain Rust", "floor", &["start"]);
pub(crate) const OURS: Subject = cargo("daemon-rt", "daemon-rt", &["start"]);
/// Ours, which logs and handles as much as it is told.
pub(crate) const COUNTED: Subject = cargo("counted", "counted", &["start"]);
pub(crate) const OURS_CLI: Subject = Subject {
    name: "daemon-rt, cli",
    make: Make::Cargo("daemon-rt", "daemon-rt,cli"),
    words: &["start"],
};

/// Those that detach, the floor first.
pub(crate) const STARTS: [Subject; 11] = [
    FLOOR,
    OURS,
    OURS_CLI,
    cargo("daemonize", "daemonize", &[]),
    cargo("daemonize2", "daemonize2", &[]),
    cargo("daemonizr", "daemonizr", &[]),
    cargo("fork", "fork", &[]),
    Subject {
        name: "C",
        make: Make::C("floor", ""),
        words: &[],
    },
    Subject {
        name: "libdaemon",
        make: Make::C("libdaemon", "-ldaemon"),
        words: &[],
    },
    Subject {
        name: "start-stop-daemon",
        make: Make::StartStopDaemon,
        words: &[],
    },
    Subject {
        name: "python-daemon",
        make: Make::Python,
        words: &[],
    },
];

pub(crate) const TOKIO: Subject = cargo("tokio, current thread", "tokio", &[]);
pub(crate) const TOKIO_THREADS: Subject = Subject {
    name: "tokio, threads",
    make: Make::Cargo("tokio", "tokio,threads"),
    words: &[],
};
pub(crate) const ASYNC: Subject = cargo("daemon-rt, tokio_current", "async", &["start"]);
pub(crate) const ASYNC_THREADS: Subject = Subject {
    name: "daemon-rt, tokio",
    make: Make::Cargo("async", "async,async-threads"),
    words: &["start"],
};

/// Those with async hooks that end.
pub(crate) const ENDS: [Subject; 3] = [
    ASYNC_THREADS,
    TOKIO_THREADS,
    cargo("tokio-graceful-shutdown", "tokio-graceful-shutdown", &[]),
];

/// Those that wait for signals, the floor first.
pub(crate) const SIGNALS: [Subject; 9] = [
    Subject {
        name: "C, self-pipe",
        make: Make::C("signals", ""),
        words: &["self-pipe"],
    },
    OURS,
    cargo("signal-hook's iterator", "signal-hook", &[]),
    TOKIO,
    ASYNC,
    TOKIO_THREADS,
    ASYNC_THREADS,
    Subject {
        name: "C, signalfd",
        make: Make::C("signals", ""),
        words: &["signalfd"],
    },
    Subject {
        name: "C, sigwaitinfo",
        make: Make::C("signals", ""),
        words: &["sigwaitinfo"],
    },
];

const BY_HAND: Subject = cargo("by hand", "web-by-hand", &["start"]);
const WEB: Subject = cargo("daemon-rt", "web", &["start"]);
const SYSTEMDAEMON: Subject = cargo("systemdaemon", "web-systemdaemon", &[]);

/// Those that serve what the example `web` serves, the one by hand first.
pub(crate) const SITES: [Subject; 6] = [
    BY_HAND,
    WEB,
    cargo("by hand, in the foreground", "web-by-hand", &["run"]),
    cargo("daemon-rt, in the foreground", "web", &["run"]),
    SYSTEMDAEMON,
    cargo(
        "foundations",
        "web-foundations",
        &["--config", "{dir}/web.yaml"],
    ),
];

/// Those of them that reload.
pub(crate) const RELOADED: [Subject; 3] = [BY_HAND, WEB, SYSTEMDAEMON];

/// Those that read a file of settings.
pub(crate) const READERS: [Subject; 6] = [
    Subject {
        name: "daemon-rt",
        make: Make::Cargo("settings", "settings-daemon-rt"),
        words: &["check", "--config", "{dir}/settings.toml"],
    },
    reader("toml", "settings-toml"),
    reader("figment", "settings-figment"),
    reader("config", "settings-config"),
    reader("systemdaemon", "settings-systemdaemon"),
    cargo(
        "foundations",
        "settings-foundations",
        &["{dir}/settings.yaml"],
    ),
];

const fn reader(name: &'static str, features: &'static str) -> Subject {
    Subject {
        name,
        make: Make::Cargo("settings", features),
        words: &["{dir}/settings.toml"],
    }
}

/// A subject that is ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub name: &'static str,
    /// The program and its arguments; `{dir}` is the sandbox's directory.
    pub words: Vec<String>,
}

impl Program {
    /// This program with another verb.
    pub(crate) fn verb(&self, verb: &str) -> Vec<String> {
        vec![self.words[0].clone(), verb.to_owned()]
    }
}

/// Builds subjects into a directory of its own below the target directory.
#[derive(Debug)]
pub(crate) struct Builder {
    target: PathBuf,
    bin: PathBuf,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let own = std::env::current_exe().unwrap();
        let target = own.parent().and_then(Path::parent).unwrap().join("benches");
        let bin = target.join("bin");
        fs::create_dir_all(&bin).unwrap();
        Self { target, bin }
    }

    /// Those of `subjects` that can be built here; says which cannot.
    pub(crate) fn build(&self, subjects: &[Subject]) -> Vec<Program> {
        let built = |subject: &Subject| {
            let words = self.make(subject);
            if words.is_none() {
                eprintln!("{}: not here, left out", subject.name);
            }
            Some(Program {
                name: subject.name,
                words: words?,
            })
        };
        subjects.iter().filter_map(built).collect()
    }

    /// The one program of `subject`, which needs cargo alone.
    pub(crate) fn one(&self, subject: Subject) -> Program {
        self.build(&[subject]).remove(0)
    }

    fn make(&self, subject: &Subject) -> Option<Vec<String>> {
        let (path, before) = match subject.make {
            Make::Cargo(bin, features) => (self.cargo(bin, features), Vec::new()),
            Make::C(source, library) => (self.cc(source, library)?, Vec::new()),
            Make::Python => {
                // The `python3` in the path may be a script that looks for the real one.
                let find = ["-c", "import daemon.pidfile, sys; print(sys.executable)"];
                let found = Command::new("python3").args(find).output().ok()?;
                let python = String::from_utf8(found.stdout).unwrap().trim().to_owned();
                found.status.success().then_some(())?;
                (sources().join("python/daemon_py.py"), vec![python])
            }
            Make::StartStopDaemon => {
                let version = Command::new("start-stop-daemon")
                    .arg("--version")
                    .output()
                    .ok()?;
                version.status.success().then_some(())?;
                return Some(start_stop_daemon(&self.cargo("floor", "floor")));
            }
        };
        let own = subject.words.iter().map(|word| (*word).to_owned());
        Some(before.into_iter().chain([text(path)]).chain(own).collect())
    }

    /// Builds a binary, and returns the path of a copy.
    pub(crate) fn cargo(&self, bin: &str, features: &str) -> PathBuf {
        let done = succeeds(&mut cargo_build(&self.target, bin, features));
        assert!(done, "{bin} with {features} does not build");
        let copy = self.bin.join(features.replace(',', "-"));
        fs::copy(self.target.join("small").join(bin), &copy).unwrap();
        copy
    }

    /// Builds a binary and returns its size in bytes.
    pub(crate) fn size(&self, bin: &str, features: &str) -> u64 {
        fs::metadata(self.cargo(bin, features)).unwrap().len()
    }

    /// Builds a binary that has its symbols.
    pub(crate) fn with_symbols(&self, bin: &str, features: &str) -> PathBuf {
        let target = self.target.join("symbols");
        let mut command = cargo_build(&target, bin, features);
        command.env("CARGO_PROFILE_SMALL_STRIP", "none");
        assert!(
            succeeds(&mut command),
            "{bin} with {features} does not build"
        );
        target.join("small").join(bin)
    }

    pub(crate) fn cc(&self, source: &str, library: &str) -> Option<PathBuf> {
        let (file, out) = (
            sources().join("c").join(source),
            self.bin.join(format!("c-{source}")),
        );
        let mut command = Command::new("cc");
        command
            .args(["-O2", "-s", "-o"])
            .arg(&out)
            .arg(file.with_extension("c"));
        if !library.is_empty() {
            command.arg(library);
        }
        succeeds(command.stderr(std::process::Stdio::null())).then_some(out)
    }
}

/// The command that builds one binary of `bench-subjects`, with the dependencies of `features`
/// alone.
pub(crate) fn cargo_build(target: &Path, bin: &str, features: &str) -> Command {
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--quiet",
            "--locked",
            "--profile",
            "small",
            "-p",
            "bench-subjects",
        ])
        .args(["--features", features, "--bin", bin, "--target-dir"])
        .arg(target)
        .current_dir(sources());
    // Those of the cargo that runs this bench say nothing of what it builds.
    let own = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_"));
    for (name, _) in own.filter(|(name, _)| name != "CARGO_HOME") {
        command.env_remove(name);
    }
    command
}

fn start_stop_daemon(floor: &Path) -> Vec<String> {
    let options = "start-stop-daemon --start --quiet --background --make-pidfile --pidfile {dir}/bench.pid \
                   --notify-await --chdir / --umask 027 --output {dir}/log --exec";
    let floor = [text(floor.to_owned()), "--".to_owned(), "run".to_owned()];
    options
        .split_whitespace()
        .map(str::to_owned)
        .chain(floor)
        .collect()
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("subjects")
}

fn text(path: PathBuf) -> String {
    path.into_os_string().into_string().unwrap()
}
