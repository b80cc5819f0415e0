//! The supervisor of a foreground daemon, or of one that a unit starts, as the state page records
//! it.
//!
//! The record stays in the lock file when the daemon has ended. So a verb knows who starts the next
//! one, also between a crash and the supervisor's own restart.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::unistd::{getpgrp, getpid, getppid, getsid};

use crate::os::proc;

/// The process or the unit that runs a foreground daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Supervisor {
    /// A service of systemd.
    Unit(Unit),
    /// A program that starts the daemon again whenever it ends.
    Service(Parent),
    /// A process that may start the daemon again, such as a script with a loop.
    Process(Parent),
    /// A shell with job control, in which a person typed `run`.
    Shell(Parent),
    /// The runtime of a container, which ends with the daemon.
    Container,
}

/// A unit of systemd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub name: String,
    /// The user whose manager has the unit; `None` is the system's manager.
    pub user: Option<u32>,
}

/// The parent process of a foreground daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent {
    pub pid: i32,
    /// When it began, in clock ticks after boot. Its number may be another process's later.
    began: u64,
    /// The name by which supervisord knows the daemon; empty for other parents.
    pub program: String,
}

/// Shells, by the names of their processes.
const SHELLS: [&str; 10] = [
    "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "zsh",
];

/// Programs that supervise services, by the names of their processes. Some of them are PID 1.
const SERVICES: [&str; 10] = [
    "busybox",
    "dinit",
    "finit",
    "init",
    "perpd",
    "runsv",
    "s6-supervise",
    "supervise",
    "supervise-daemo",
    "supervisord",
];

impl Supervisor {
    /// Finds the unit that runs this process to start a daemon. Runs in the caller.
    pub(crate) fn find_unit() -> Option<Self> {
        let pid = getppid().as_raw();
        unit(pid, &command_name(pid)).map(Self::Unit)
    }

    /// Finds the supervisor of this process. Runs in the foreground daemon before its root changes.
    pub(crate) fn find() -> Option<Self> {
        let pid = getppid().as_raw();
        let name = command_name(pid);
        if let Some(unit) = unit(pid, &name) {
            return Some(Self::Unit(unit));
        }
        let leads = leads_session();
        let group: i32 = field(pid, 5)?;
        let variable = |name| std::env::var(name).ok();
        let program = variable("SUPERVISOR_PROCESS_NAME").map(|program| {
            match variable("SUPERVISOR_GROUP_NAME") {
                Some(group) if group != program => format!("{group}:{program}"),
                _ => program,
            }
        });
        let parent = Parent {
            pid,
            began: field(pid, 22)?,
            program: program.unwrap_or_default(),
        };
        // With job control each command has a group of its own. A script waits for its commands,
        // and may begin them again.
        let is_typed = group != getpgrp().as_raw();
        // supervisord, often PID 1 of a container, gives each of its programs a group only.
        let is_started = |name| leads || name == "supervisord" && getpgrp() == getpid();
        match name.as_str() {
            name if SERVICES.contains(&name) && (pid != 1 || is_started(name)) => {
                Some(Self::Service(parent))
            }
            // This process is an orphan.
            _ if pid == 1 || name == "systemd" => None,
            name if is_typed && SHELLS.contains(&name) => Some(Self::Shell(parent)),
            _ => Some(Self::Process(parent)),
        }
    }

    /// Returns whether it may start the daemon also after an end by `exit`.
    pub(crate) fn outlives_stop(&self) -> bool {
        matches!(self, Self::Unit(_) | Self::Service(_))
    }

    /// Parses the text that [`Display`](fmt::Display) writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        let parent = |pid: &str, began: &str, program: &str| {
            Some(Parent {
                pid: pid.parse().ok()?,
                began: began.parse().ok()?,
                program: program.to_owned(),
            })
        };
        match words[..] {
            ["unit", "system", name] => Some(Self::Unit(Unit {
                name: name.to_owned(),
                user: None,
            })),
            ["unit", user, name] => Some(Self::Unit(Unit {
                name: name.to_owned(),
                user: Some(user.parse().ok()?),
            })),
            ["container"] => Some(Self::Container),
            ["service", pid, began, program] => parent(pid, began, program).map(Self::Service),
            ["process", pid, began, program] => parent(pid, began, program).map(Self::Process),
            ["shell", pid, began, program] => parent(pid, began, program).map(Self::Shell),
            _ => None,
        }
    }
}

impl fmt::Display for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, parent) = match self {
            Self::Unit(Unit { name, user: None }) => return write!(f, "unit system {name}"),
            Self::Unit(Unit {
                name,
                user: Some(user),
            }) => return write!(f, "unit {user} {name}"),
            Self::Container => return f.write_str("container"),
            Self::Service(parent) => ("service", parent),
            Self::Process(parent) => ("process", parent),
            Self::Shell(parent) => ("shell", parent),
        };
        write!(
            f,
            "{kind} {} {} {}",
            parent.pid, parent.began, parent.program
        )
    }
}

/// Returns the unit that runs this process, if the parent `pid` with this `name` is a manager.
fn unit(pid: i32, name: &str) -> Option<Unit> {
    // `ProtectProc=` hides the manager.
    let is_hidden = || name.is_empty() && std::env::var_os("INVOCATION_ID").is_some();
    if !((name == "systemd" || is_hidden()) && leads_session() && is_started_process()) {
        return None;
    }
    let name = service_of("self")?;
    let manager = || fs::metadata(format!("/proc/{pid}")).ok();
    let user = (pid != 1).then(manager).flatten();
    let user = user.map(|manager| manager.uid());
    Some(Unit { name, user })
}

/// Returns whether this process leads its session.
///
/// An init makes each process that it starts the leader of a session. An orphan of a job has the
/// same parent. It is in the cgroup of another service, such as that of cron(8).
fn leads_session() -> bool {
    getsid(None) == Ok(getpid())
}

/// Returns false if systemd has started another process of the unit. This one then inherited
/// `SYSTEMD_EXEC_PID` from it, `systemd.exec(5)`. Versions before 248 do not set the variable.
fn is_started_process() -> bool {
    let started = std::env::var("SYSTEMD_EXEC_PID").ok();
    started.is_none_or(|pid| pid == getpid().to_string())
}

/// Returns the service whose cgroup a process is in, `cgroups(7)`. `self` is this process.
pub(crate) fn service_of(process: impl fmt::Display) -> Option<String> {
    let groups = proc::text(format!("/proc/{process}/cgroup")).ok()?;
    groups.lines().find_map(service_in)
}

/// Parses a line of `/proc/PID/cgroup`, of the unified hierarchy or of systemd's own.
fn service_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once(':')?;
    let (controllers, path) = rest.split_once(':')?;
    if !controllers.is_empty() && controllers != "name=systemd" {
        return None;
    }
    let mut services = path.rsplit('/').filter(|part| part.ends_with(".service"));
    // A name that could be one of the kernel's files has a mark.
    let service = services.next()?;
    let service = service.strip_prefix('_').unwrap_or(service);
    // The processes of a user's manager are in a scope or a service below it.
    (!service.starts_with("user@")).then(|| service.to_owned())
}

impl Parent {
    /// Returns whether it is PID 1, and no supervisord in a container, which has commands for a
    /// start.
    pub(crate) fn is_init(&self) -> bool {
        self.pid == 1 && self.program.is_empty()
    }

    /// Returns whether the process still exists.
    pub(crate) fn is_alive(&self) -> bool {
        field(self.pid, 22) == Some(self.began)
    }

    /// Returns whether it is the parent of process `child`.
    pub(crate) fn has_child(&self, child: i32) -> bool {
        field(child, 4) == Some(self.pid)
    }

    /// Returns whether it is the parent of this process, or that parent's, and so on.
    pub(crate) fn is_ancestor(&self) -> bool {
        let first = Some(getppid().as_raw());
        let mut above = std::iter::successors(first, |pid| field(*pid, 4).filter(|pid| *pid > 0));
        above.any(|pid| pid == self.pid) && self.is_alive()
    }

    /// Returns the name of its program, at most 15 bytes.
    pub(crate) fn name(&self) -> String {
        command_name(self.pid)
    }

    /// Returns its working directory, which for runit and s6 is that of the service.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/cwd", self.pid)).ok()
    }
}

fn command_name(pid: i32) -> String {
    let name = proc::text(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_ascii_end().to_owned()
}

/// Returns a field of `/proc/PID/stat` by its number in `proc(5)`.
fn field<T: std::str::FromStr>(pid: i32, number: usize) -> Option<T> {
    let stat = proc::stat(pid).ok()?;
    stat.split_whitespace().nth(number - 3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Parent, Supervisor, Unit, service_in};

    #[test]
    fn cgroup_names_the_service() {
        for (line, name) in [
            ("0::/system.slice/server.service", Some("server.service")),
            (
                "1:name=systemd:/system.slice/a.service/sub",
                Some("a.service"),
            ),
            ("0::/system.slice/_cpu.service", Some("cpu.service")),
            (
                "0::/u.slice/user@7.service/app.slice/x.service",
                Some("x.service"),
            ),
            ("0::/u.slice/user@7.service/init.scope", None),
            ("0::/u.slice/session-1.scope", None),
            ("4:memory:/system.slice/server.service", None),
            ("0::/", None),
        ] {
            assert_eq!(service_in(line).as_deref(), name, "{line}");
        }
    }

    #[test]
    fn record_reads_back() {
        let unit = |user| Unit {
            name: "server.service".to_owned(),
            user,
        };
        let parent = |program: &str| Parent {
            pid: 12,
            began: 345,
            program: program.to_owned(),
        };
        for supervisor in [
            Supervisor::Unit(unit(None)),
            Supervisor::Unit(unit(Some(7))),
            Supervisor::Service(parent("a:b")),
            Supervisor::Process(parent("")),
            Supervisor::Shell(parent("")),
            Supervisor::Container,
        ] {
            assert_eq!(Supervisor::parse(&supervisor.to_string()), Some(supervisor));
        }
        assert_eq!(Supervisor::parse(""), None);
        assert_eq!(Supervisor::parse("process x 1 "), None);
    }
}
