//! Planted files in place of the pid file, and hostile contents of it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::trial::{How, NOBODY, Trial, is_alive};
use super::{Verdict, has_pid_file};
use crate::sandbox::now;
use crate::subjects::Program;

/// After this long a signal has come.
const SIGNAL: Duration = Duration::from_millis(200);

const PRECIOUS: &str = "precious\n";

/// A start with `plant` in the place of its pid file, linked to a victim.
fn linked(program: &Program, link: fn(&std::path::Path, &std::path::Path)) -> Verdict {
    if !has_pid_file(program) {
        return Verdict::HasNone;
    }
    let trial = Trial::new(program);
    let victim = trial.sandbox.file("victim");
    fs::write(&victim, PRECIOUS).unwrap();
    link(&victim, &trial.pid_file());
    let facts = || {
        let stat = fs::metadata(&victim).unwrap();
        (stat.mode(), stat.uid(), stat.gid())
    };
    let before = facts();
    let start = trial.plain();
    if fs::read_to_string(&victim).unwrap() != PRECIOUS {
        Verdict::fails("victim overwritten")
    } else if facts() != before {
        Verdict::fails("victim's mode or owner changed")
    } else {
        start.refused(|_| Verdict::Held)
    }
}

pub(super) fn symlink(program: &Program) -> Verdict {
    linked(program, |victim, path| {
        std::os::unix::fs::symlink(victim, path).unwrap();
    })
}

pub(super) fn hard_link(program: &Program) -> Verdict {
    linked(program, |victim, path| fs::hard_link(victim, path).unwrap())
}

pub(super) fn fifo(program: &Program) -> Verdict {
    with(program, |trial| {
        mkfifo(&trial.pid_file(), Mode::S_IRWXU).unwrap();
        trial.plain().refused(|_| Verdict::fails("used"))
    })
}

/// The owner of the file can choose the process that is signalled.
pub(super) fn foreign(program: &Program) -> Verdict {
    with(program, |trial| {
        let path = trial.pid_file();
        fs::write(&path, "4711\n").unwrap();
        chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        trial.plain().refused(|_| {
            let stays = fs::metadata(&path).is_ok_and(|stat| stat.uid() == NOBODY);
            Verdict::unless(stays.then(|| "used".to_owned()))
        })
    })
}

pub(super) fn open_directory(program: &Program) -> Verdict {
    with(program, |trial| {
        let directory = trial.sandbox.file("open");
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        let path = directory.join("bench.pid");
        let how = How {
            pid_file: path.to_str(),
            ..How::default()
        };
        trial.start(&how).refused(|_| Verdict::fails("used"))
    })
}

pub(super) fn open_umask(program: &Program) -> Verdict {
    with(program, |trial| {
        let how = How {
            wrapper: &["sh", "-c", "umask 0; exec \"$@\"", "sh"],
            ..How::default()
        };
        trial.start(&how).runs(|_| {
            let mode = fs::metadata(trial.pid_file()).unwrap().mode() & 0o777;
            Verdict::unless((mode & 0o022 != 0).then(|| format!("mode {mode:o}")))
        })
    })
}

pub(super) fn relative(program: &Program) -> Verdict {
    with(program, |trial| {
        let name = format!("bench.{}.{}.pid", std::process::id(), now());
        let how = How {
            pid_file: Some(&name),
            ..How::default()
        };
        let start = trial.start(&how);
        let here = trial.sandbox.file(&name).exists();
        let at_root = fs::remove_file(format!("/{name}")).is_ok();
        start.runs(|_| match (here, at_root) {
            (true, _) => Verdict::Held,
            (false, true) => Verdict::fails("made in /"),
            (false, false) => Verdict::fails("made nowhere"),
        })
    })
}

/// A process that has nothing to do with the daemon, in a group of its own; the sandbox ends it.
fn stranger() -> i32 {
    let mut sleep = Command::new("sleep");
    sleep.arg("600").stdout(Stdio::null()).process_group(0);
    i32::try_from(sleep.spawn().unwrap().id()).unwrap()
}

pub(super) fn stale(program: &Program) -> Verdict {
    with(program, |trial| {
        fs::write(trial.pid_file(), format!("{}\n", stranger())).unwrap();
        trial.plain().runs(|_| Verdict::Held)
    })
}

pub(super) fn stop_of_stranger(program: &Program) -> Verdict {
    stopped(program, |stranger| format!("{stranger}\n"))
}

/// As a number it is 0, which `kill(2)` takes for the caller's own process group.
pub(super) fn stop_of_nobody(program: &Program) -> Verdict {
    stopped(program, |_| String::new())
}

/// Each way to stop, with a pid file that names no daemon, in a stranger's process group.
fn stopped(program: &Program, text: fn(i32) -> String) -> Verdict {
    let trial = Trial::new(program);
    let Some(stops) = trial.stops() else {
        return Verdict::HasNone;
    };
    for stop in stops {
        let stranger = stranger();
        fs::write(trial.pid_file(), text(stranger)).unwrap();
        trial.run(&stop, stranger);
        // A signal takes a moment to be the end.
        std::thread::sleep(SIGNAL);
        if !is_alive(stranger) {
            let without =
                program.name == "start-stop-daemon" && !stop.contains(&"--exec".to_owned());
            return Verdict::fails(if without {
                "killed without --exec"
            } else {
                "killed"
            });
        }
    }
    Verdict::Held
}

pub(super) fn empty(program: &Program) -> Verdict {
    with(program, |trial| {
        fs::write(trial.pid_file(), "").unwrap();
        trial.plain().runs(|_| Verdict::Held)
    })
}

pub(super) fn removed(program: &Program) -> Verdict {
    with(program, |trial| {
        trial.plain().runs(|first| {
            // One that is put back at once may be there again.
            fs::remove_file(trial.pid_file()).unwrap();
            let second = trial.plain().daemon;
            let two = second.is_some() && is_alive(first);
            Verdict::unless(two.then(|| "two daemons".to_owned()))
        })
    })
}

fn with(program: &Program, case: impl FnOnce(&Trial) -> Verdict) -> Verdict {
    if has_pid_file(program) {
        case(&Trial::new(program))
    } else {
        Verdict::HasNone
    }
}
