//! The behaviour of each subject in hostile cases. Every case runs in a sandbox of its own, and
//! every cell shows the observation.

mod cases;
mod files;
mod trial;

use std::fmt;

use crate::subjects::{Builder, OURS, Program, STARTS};
use crate::table::{Cell, Table};

/// The result of a case.
#[derive(Debug)]
pub(crate) enum Verdict {
    Held,
    Fails(String),
    /// The subject has no such thing.
    HasNone,
}

impl Verdict {
    fn fails(text: impl Into<String>) -> Self {
        Self::Fails(text.into())
    }

    /// Held, if nothing was seen.
    fn unless(seen: Option<String>) -> Self {
        seen.map_or(Self::Held, Self::Fails)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => f.write_str("held"),
            Self::Fails(seen) => f.write_str(seen),
            Self::HasNone => f.write_str("-"),
        }
    }
}

/// A case, and the property that should hold.
type Case = (&'static str, fn(&Program) -> Verdict);

const CASES: [Case; 25] = [
    ("failing init hook: the caller learns", cases::failing_hook),
    (
        "pid file is there when start returns",
        cases::pid_file_at_once,
    ),
    ("pid file is a symlink: victim intact", files::symlink),
    ("pid file is a hard link: victim intact", files::hard_link),
    ("pid file is a FIFO: refused", files::fifo),
    ("pid file is another user's: refused", files::foreign),
    ("world-writable directory: refused", files::open_directory),
    (
        "umask 0: others cannot write the pid file",
        files::open_umask,
    ),
    (
        "relative pid file: in the caller's directory",
        files::relative,
    ),
    ("stale pid file, number taken: starts", files::stale),
    (
        "stale pid file: stop spares the other process",
        files::stop_of_stranger,
    ),
    ("empty pid file: starts", files::empty),
    (
        "empty pid file: stop sends no signal",
        files::stop_of_nobody,
    ),
    ("pid file removed: still one daemon", files::removed),
    ("50 starts at once: one daemon", cases::crowd),
    ("after SIGKILL: starts", cases::after_kill),
    (
        "after SIGKILL, its child lives: starts",
        cases::after_kill_with_child,
    ),
    ("start \\| cat: ends", cases::pipe),
    ("caller's descriptor: closed", cases::descriptor),
    ("caller's ignored signals: reset", cases::ignored_signals),
    (
        "caller's blocked signals: unblocked",
        cases::blocked_signals,
    ),
    ("cannot acquire a terminal", cases::terminal),
    ("change to user nobody: no group of root", cases::groups),
    ("change to user nobody: no id of root", cases::ids),
    (
        "the same with no_setuid_fixup: no capability",
        cases::capabilities,
    ),
];

/// Skipped for an ordinary user, who can neither give files away nor become `nobody`.
pub(crate) fn measure(builder: &Builder) -> Option<Table> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("hostile: needs root, left out");
        return None;
    }
    let peers = STARTS.iter().filter(|subject| is_peer(subject.name));
    let subjects: Vec<_> = std::iter::once(OURS).chain(peers.copied()).collect();
    let programs = builder.build(&subjects);
    let rows = CASES.iter().map(|(name, case)| {
        let cells = programs
            .iter()
            .map(|program| Cell::Text(case(program).to_string()));
        ((*name).to_owned(), cells.collect())
    });
    Some(Table {
        title: "Hostile cases".to_owned(),
        rows: rows.collect(),
        columns: programs.iter().map(|program| program.name).collect(),
        note: "As root. `exit 0, no daemon` means that nothing was harmed, but the caller was not \
               informed. `-` means that the program has no pid file, no user or no stop of its own. \
               libdaemon closes descriptors, resets and unblocks signals as its documentation's example \
               does. start-stop-daemon stops with `--exec` and without."
            .to_owned(),
    })
}

/// The floors are written for the benches; what they do wrong is nobody's.
fn is_peer(name: &str) -> bool {
    !["plain Rust", "C"].contains(&name) && !name.starts_with("daemon-rt")
}

/// The abilities of a program by its documentation.
fn has_pid_file(program: &Program) -> bool {
    program.name != "fork"
}

fn has_user(program: &Program) -> bool {
    !["fork", "libdaemon"].contains(&program.name)
}
