//! The service unit of systemd, `systemd.service(5)` and `systemd.exec(5)`.

use std::time::Duration;

use super::file::File;
use super::plan::Plan;
use super::plan::folder_of;
use super::{quote, sandbox};

/// Exit codes that another start cannot better: usage, not installed, not configured.
const HOPELESS: &str = "2 5 6";

pub(super) fn service(plan: &Plan) -> File {
    let mut unit = Unit::default();
    unit.comment(&plan.mark());
    if plan.choice.user_manager.is_some() {
        unit.comment(&format!(
            "# To change it: systemctl --user edit {}",
            plan.name
        ));
        // A user's manager ends with the last session, and begins with the first.
        unit.comment("# To start it at boot, before the first login: loginctl enable-linger");
    } else {
        unit.comment(&format!("# To change it: systemctl edit {}", plan.name));
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

/// What starts the service at a boot.
fn target(plan: &Plan) -> &'static str {
    match plan.choice.user_manager {
        Some(_) => "default.target",
        None => "multi-user.target",
    }
}

fn folder(plan: &Plan) -> &str {
    let users = plan.choice.user_manager.as_deref();
    users.unwrap_or("/etc/systemd/system")
}

fn path(plan: &Plan) -> String {
    format!("{}/{}.service", folder(plan), plan.name)
}

/// The link by which the service is enabled, and where it leads.
pub(super) fn link(plan: &Plan) -> (String, String) {
    let (folder, target, name) = (folder(plan), target(plan), &plan.name);
    (
        format!("{folder}/{target}.wants/{name}.service"),
        path(plan),
    )
}

/// How the daemon is started, told to reload, watched and stopped.
fn commands(plan: &Plan, unit: &mut Unit) {
    let exec = |verb| quote::exec(&plan.command(verb));
    if plan.choice.forking {
        unit.set("Type", "forking");
        unit.set("PIDFile", &quote::specifiers(&plan.pid_file));
        unit.set("ExecStart", &exec("start"));
        unit.set("ExecStop", &exec("stop"));
    } else {
        unit.set(
            "Type",
            if plan.choice.notify_reload {
                "notify-reload"
            } else {
                "notify"
            },
        );
        unit.set("ExecStart", &exec("run"));
    }
    if plan.choice.forking || !plan.choice.notify_reload {
        // Not a bare SIGHUP: the verb waits for the reload and says how it went.
        unit.set("ExecReload", &exec("reload"));
    }
    unit.set("TimeoutStartSec", &time(plan.start_timeout));
    unit.set("TimeoutStopSec", &time(plan.stop_timeout));
    if let Some(watchdog) = plan.choice.watchdog {
        unit.set("WatchdogSec", &time(watchdog));
    }
    // The daemon ends its children itself; what is left at the end of the time-out is killed.
    unit.set("KillMode", "mixed");
    unit.set("Restart", "on-failure");
    unit.set("RestartPreventExitStatus", HOPELESS);
}

/// As whom, where and with what rights the daemon runs.
fn identity(plan: &Plan, unit: &mut Unit) {
    let is_system = plan.choice.user_manager.is_none();
    // Under `forking` the daemon writes root's pid file first and drops its rights itself; so does one
    // that changes its root, for which it must be root.
    let drops = plan.choice.forking || plan.chroot.is_some();
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
        folders(plan, user.is_some(), unit);
    }
    for line in sandbox::settings(plan, user.is_some()) {
        unit.line(&line);
    }
}

/// The folders of the pid file and of the log: made by systemd where they are the daemon's own, and
/// writable in any case.
fn folders(plan: &Plan, drops_rights: bool, unit: &mut Unit) {
    let (run, log) = (folder_of(&plan.pid_file), folder_of(&plan.log_file));
    let mut writable = Vec::new();
    match run.strip_prefix("/run/") {
        // With `User=` the folder is the user's, so that the daemon can take its lock there.
        Some(name) => {
            unit.set("RuntimeDirectory", &quote::systemd(name));
            unit.set("RuntimeDirectoryMode", "0755");
            // A daemon that was started by hand has its lock there, too: a failed start of the unit
            // must not take it away.
            unit.set("RuntimeDirectoryPreserve", "yes");
        }
        None => writable.push(run),
    }
    match log.strip_prefix("/var/log/") {
        // Without `User=` systemd would give the folder to root, each time.
        Some(name) if drops_rights || plan.user.is_none() => {
            unit.set("LogsDirectory", &quote::systemd(name));
            unit.set("LogsDirectoryMode", "0750");
        }
        // It is in there.
        _ if plan.chroot.is_some() => {}
        // The daemon makes it.
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
    // `-`: that a folder is missing is for the daemon to say.
    let writable: Vec<String> = writable
        .iter()
        .map(|folder| quote::systemd(&format!("-{folder}")))
        .collect();
    if !writable.is_empty() {
        unit.set("ReadWritePaths", &writable.join(" "));
    }
}

/// A time as systemd reads it; none is for ever.
fn time(time: Duration) -> String {
    match (time.as_secs(), time.subsec_millis()) {
        (0, 0) => "infinity".to_owned(),
        (seconds, 0) => format!("{seconds}s"),
        _ => format!("{}ms", time.as_millis()),
    }
}

/// The text of a unit.
#[derive(Default)]
struct Unit(String);

impl Unit {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn comment(&mut self, comment: &str) {
        self.line(comment);
    }

    fn section(&mut self, name: &str) {
        self.line("");
        self.line(&format!("[{name}]"));
    }

    fn set(&mut self, key: &str, value: &str) {
        self.line(&format!("{key}={value}"));
    }
}
