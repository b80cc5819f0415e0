//! The service unit of systemd, `systemd.service(5)` and `systemd.exec(5)`.

use std::iter;
use std::time::Duration;

use super::file::File;
use super::plan::{Plan, directory_of};
use super::{quote, sandbox};
use crate::error::ALREADY_RUNNING;

/// Exit codes after which another start would also fail: usage, not allowed, not installed, not
/// configured, and already running.
const PERMANENT_FAILURES: [u8; 5] = [2, 4, 5, 6, ALREADY_RUNNING];

/// Generates the unit.
pub(super) fn service(plan: &Plan) -> File {
    let mut unit = Unit::default();
    unit.line(&plan.mark());
    let name = &plan.name;
    if plan.choice.user_manager.is_some() {
        unit.line(&format!("# To change it: systemctl --user edit {name}"));
        // A user's manager starts with the first session and ends with the last.
        unit.line("# To start it at boot, before the first login: loginctl enable-linger");
    } else {
        unit.line(&format!("# To change it: systemctl edit {name}"));
    }
    unit.section("Unit");
    unit.set("Description", &quote::specifiers(&plan.description));
    if plan.choice.user_manager.is_none() {
        unit.set("After", "network.target");
    }
    unit.section("Service");
    commands(plan, &mut unit);
    identity(plan, &mut unit);
    unit.section("Install");
    unit.set("WantedBy", target(plan));
    File::data(path(plan), unit.0)
}

/// Returns the target that starts the service at boot.
pub(super) fn target(plan: &Plan) -> &'static str {
    match plan.choice.user_manager {
        Some(_) => "default.target",
        None => "multi-user.target",
    }
}

/// Returns the directory of the unit.
pub(super) fn directory(plan: &Plan) -> &str {
    let users = plan.choice.user_manager.as_deref();
    users.unwrap_or("/etc/systemd/system")
}

/// Returns the path of the unit.
fn path(plan: &Plan) -> String {
    format!("{}/{}.service", directory(plan), plan.name)
}

/// Writes the settings that start, reload, watch and stop the daemon.
fn commands(plan: &Plan, unit: &mut Unit) {
    let exec = |verb| quote::exec(&plan.command(verb));
    if plan.choice.forking {
        unit.set("Type", "forking");
        unit.set("PIDFile", &quote::specifiers(&plan.pid_file));
        unit.set("ExecStart", &exec("start"));
        unit.set("ExecStop", &exec("stop"));
    } else {
        let reloads = if plan.choice.notify_reload {
            "-reload"
        } else {
            ""
        };
        unit.set("Type", &format!("notify{reloads}"));
        unit.set("ExecStart", &exec("run"));
    }
    if plan.choice.forking || !plan.choice.notify_reload {
        // Not a bare SIGHUP, since the verb waits for the reload and reports its result.
        unit.set("ExecReload", &exec("reload"));
    }
    unit.set("TimeoutStartSec", &time(plan.start_timeout));
    unit.set("TimeoutStopSec", &time(plan.stop_timeout));
    if !plan.sockets.is_empty() {
        // systemd keeps the sockets over a restart and a crash, so that no connection is refused.
        unit.set("FileDescriptorStoreMax", &plan.sockets.len().to_string());
    }
    if let Some(watchdog) = plan.choice.watchdog {
        unit.set("WatchdogSec", &time(watchdog));
    }
    // The daemon ends its children itself. At the end of the timeout systemd kills the rest.
    unit.set("KillMode", "mixed");
    unit.set("Restart", "on-failure");
    let permanent = PERMANENT_FAILURES.map(|code| code.to_string()).join(" ");
    unit.set("RestartPreventExitStatus", &permanent);
}

/// Writes the user, the directories and the privileges of the daemon.
fn identity(plan: &Plan, unit: &mut Unit) {
    let is_system = plan.choice.user_manager.is_none();
    // Under `forking` the daemon writes root's pid file and then drops privileges itself. A daemon
    // with a `chroot` or a low port also drops them itself, since it must be root for either.
    let has_low_port = plan.sockets.iter().any(|socket| socket.has_low_port);
    let drops = plan.choice.forking || plan.chroot.is_some() || has_low_port;
    let named = |name: &Option<String>| name.clone().filter(|_| is_system && !drops);
    let user = named(&plan.user);
    if let Some(user) = &user {
        unit.set("User", user);
    }
    if let Some(group) = named(&plan.group) {
        unit.set("Group", &group);
    }
    unit.set("UMask", &format!("{:04o}", plan.umask));
    let working_dir = match plan.chroot {
        Some(_) => "/",
        None => &plan.working_dir,
    };
    unit.set("WorkingDirectory", &quote::specifiers(working_dir));
    if is_system {
        directories(plan, user.is_some(), unit);
    }
    for line in sandbox::settings(plan, user.is_some()) {
        unit.line(&line);
    }
}

/// Writes the settings for the directories of pid file, sockets and log. systemd creates those that
/// belong to the daemon, and all are writable.
fn directories(plan: &Plan, becomes_user: bool, unit: &mut Unit) {
    let (run, log) = (directory_of(&plan.pid_file), directory_of(&plan.log_file));
    let mut writable = Vec::new();
    let mut names = Vec::new();
    for directory in iter::once(run).chain(plan.socket_directories()) {
        match directory.strip_prefix("/run/") {
            Some(name) if names.contains(&name) => {}
            Some(name) => names.push(name),
            None => writable.push(directory),
        }
    }
    // With `User=` they belong to the user, so that the daemon can lock and bind there.
    if !names.is_empty() {
        unit.set("RuntimeDirectory", &quote::words(&names, quote::systemd));
        unit.set("RuntimeDirectoryMode", "0755");
        // A daemon that was started by hand also has its lock there, and a failed start of the
        // unit must not remove it.
        unit.set("RuntimeDirectoryPreserve", "yes");
    }
    match log.strip_prefix("/var/log/") {
        // Without `User=` systemd would give the directory to root at each start.
        Some(name) if becomes_user || plan.user.is_none() => {
            unit.set("LogsDirectory", &quote::systemd(name));
            unit.set("LogsDirectoryMode", "0750");
        }
        // The log is inside the chroot.
        _ if plan.chroot.is_some() => {}
        // The daemon creates the directory.
        Some(_) => writable.push("/var/log"),
        None => writable.push(log),
    }
    match &plan.chroot {
        Some(root) => writable.push(root),
        None if plan.working_dir == "/" => {}
        None => writable.push(&plan.working_dir),
    }
    writable.sort_unstable();
    writable.dedup();
    // `-`, since the daemon itself reports a missing directory.
    let writable: Vec<_> = writable.iter().map(|path| format!("-{path}")).collect();
    if !writable.is_empty() {
        unit.set("ReadWritePaths", &quote::words(&writable, quote::systemd));
    }
}

/// Formats a time for systemd.
fn time(time: Duration) -> String {
    match (time.as_secs(), time.subsec_millis()) {
        (seconds, 0) => format!("{seconds}s"),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// The text of a unit.
#[derive(Default)]
pub(super) struct Unit(pub(super) String);

impl Unit {
    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    pub(super) fn section(&mut self, name: &str) {
        self.line("");
        self.line(&format!("[{name}]"));
    }

    pub(super) fn set(&mut self, key: &str, value: &str) {
        self.line(&format!("{key}={value}"));
    }
}
