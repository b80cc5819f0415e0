//! The purpose of each system call of a start.

/// Whether a start needs a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Without it a start would lose a check or a promise.
    Needed,
    /// Another call could do its work as well.
    Merged,
    /// Nothing would be lost without it.
    Avoidable,
}

impl Group {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Merged => "could be merged",
            Self::Avoidable => "avoidable",
        }
    }
}

pub(super) type Purpose = (&'static str, Group);

pub(super) const LOADER: Purpose = ("exec, the loader and the C library", Group::Needed);
pub(super) const STANDARD: Purpose = (
    "Rust's own start: standard streams, SIGPIPE, guard of the stack",
    Group::Needed,
);
pub(super) const LATER: Purpose = (
    "after READY: the watch of the directory, timers, the first sleep",
    Group::Needed,
);
pub(super) const UNKNOWN: Purpose = ("without a known purpose", Group::Avoidable);

const WALK: Purpose = (
    "walk to the directory of the lock, so that no planted link is followed",
    Group::Needed,
);
const LOCK_FILE: Purpose = (
    "open the lock file, check its kind, owner and links",
    Group::Needed,
);
const CURRENT: Purpose = ("check that the path still leads to it", Group::Needed);
const RELEASE: Purpose = (
    "compare a descriptor before its close, since other code may have closed it",
    Group::Merged,
);
pub(super) const WAIT: Purpose = ("wait for the verdict", Group::Needed);
const PREPARE: Purpose = ("prepare the fork and the wait, restore both", Group::Needed);
const STAT: Purpose = (
    "ignored signals and the area of the arguments",
    Group::Needed,
);
const PID_FILE: Purpose = (
    "write the pid file under a new name, rename it",
    Group::Needed,
);
const LOG: Purpose = (
    "open the log, check its kind, owner and links",
    Group::Needed,
);
const ZONE: Purpose = ("read the time zone", Group::Needed);
const PAGE: Purpose = ("the state page and its SIGBUS handler", Group::Needed);
const SUPERVISOR: Purpose = ("find the unit that starts this daemon", Group::Needed);
const NULL: Purpose = ("open /dev/null for the standard streams", Group::Needed);

/// The call, a part of its line, and the purpose; the first row that fits counts.
pub(super) const RULES: &[(&str, &str, Purpose)] = &[
    ("write(1<", "", ("report the result", Group::Needed)),
    (
        "newfstatat(AT_FDCWD",
        "",
        (
            "know the root, in which the path of the log leads to its file",
            Group::Merged,
        ),
    ),
    ("", "DIR/reports", ("the hook of the bench", Group::Needed)),
    (
        "",
        "/proc/self/task",
        ("refuse other threads", Group::Needed),
    ),
    ("unshare", "", ("refuse other threads", Group::Needed)),
    ("", "/etc/localtime", ZONE),
    ("", "/zoneinfo/", ZONE),
    ("", "/stat\"", STAT),
    ("", "/stat>", STAT),
    ("", "/comm", SUPERVISOR),
    ("getppid", "", SUPERVISOR),
    ("getsid", "", SUPERVISOR),
    (
        "fcntl",
        "F_OFD_GETLK",
        ("ask who holds the locks", Group::Needed),
    ),
    ("fcntl", "SETLK", ("take the two locks", Group::Needed)),
    (
        "madvise",
        "",
        ("keep the second lock by a mapping", Group::Needed),
    ),
    (
        "mmap",
        "PROT_NONE",
        ("keep the second lock by a mapping", Group::Needed),
    ),
    ("mmap", "MAP_SHARED", PAGE),
    ("pwrite64", "", PAGE),
    ("rt_sigaction", "SIGBUS", PAGE),
    ("flock", "", ("take the verb lock", Group::Needed)),
    ("statx", "bench.pid.lock", CURRENT),
    ("close", "bench.pid.lock", LOCK_FILE),
    ("", "bench.pid.lock\"", LOCK_FILE),
    ("newfstatat", "bench.pid.lock>", LOCK_FILE),
    ("", "bench.pid", PID_FILE),
    ("", "bench.log", LOG),
    ("openat", "O_PATH", WALK),
    ("newfstatat", "S_IFDIR", WALK),
    ("close", "</dev", WALK),
    ("close", "</>", WALK),
    ("close", "<DIR>", RELEASE),
    ("", "/dev/null", NULL),
    ("dup2", "", NULL),
    (
        "write",
        "\"P",
        ("tell the caller the daemon's pid", Group::Needed),
    ),
    (
        "write",
        "\"R",
        ("tell the caller that the daemon is ready", Group::Needed),
    ),
    ("pipe2", "", PREPARE),
    ("fcntl", "F_SETFL", PREPARE),
    ("signalfd4", "", PREPARE),
    ("prctl", "SUBREAPER", PREPARE),
    ("clone", "", ("fork", Group::Needed)),
    ("set_robust_list", "", ("fork", Group::Needed)),
    ("ppoll", "", WAIT),
    ("wait", "", WAIT),
    ("read", "signalfd", WAIT),
    ("read", "pipe:", WAIT),
    (
        "setsid",
        "",
        ("leave the session and the terminal", Group::Needed),
    ),
    (
        "close_range",
        "",
        ("close inherited descriptors", Group::Needed),
    ),
    ("close", "pipe:", PREPARE),
    ("close", "signalfd", PREPARE),
    (
        "umask",
        "",
        ("set umask and working directory", Group::Needed),
    ),
    (
        "chdir",
        "",
        ("set umask and working directory", Group::Needed),
    ),
    ("prctl", "PR_SET_NAME", ("set the title", Group::Needed)),
    (
        "timer_create",
        "",
        ("the timer that ends a stop that hangs", Group::Needed),
    ),
    (
        "eventfd2",
        "",
        (
            "the queue of signals and the eventfd that wakes the loop",
            Group::Needed,
        ),
    ),
    (
        "mmap",
        "2097152",
        (
            "the queue of signals and the eventfd that wakes the loop",
            Group::Needed,
        ),
    ),
    (
        "rt_sigaction",
        "SIGRT",
        (
            "reset ignored realtime signals, which only this call shows",
            Group::Needed,
        ),
    ),
    (
        "rt_sigaction",
        "",
        ("reset and catch signals", Group::Needed),
    ),
    (
        "rt_sigprocmask",
        "",
        ("block and unblock signals", Group::Needed),
    ),
    (
        "geteuid",
        "",
        (
            "the effective user, for owners other than root",
            Group::Needed,
        ),
    ),
    (
        "getpid",
        "",
        (
            "the own pid: whether the user's code has forked",
            Group::Merged,
        ),
    ),
    ("brk", "", ("heap", Group::Needed)),
    ("mmap", "", ("heap", Group::Needed)),
    (
        "newfstatat",
        "(2<",
        ("compare the log with stderr", Group::Needed),
    ),
    ("sigaltstack", "", ("exit", Group::Needed)),
    ("munmap", "", ("exit", Group::Needed)),
    ("exit_group", "", ("exit", Group::Needed)),
];
