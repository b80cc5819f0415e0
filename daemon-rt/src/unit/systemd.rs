//! The service unit of systemd, `systemd.service(5)` and `systemd.exec(5)`.

use std::time::Duration;

use super::plan::folder_of;
use super::{File, Plan, quote};

/// What no service needs, sorted. Each needs the right to change the whole system, so a user's own
/// manager has no use for them.
const SANDBOX: &[&str] = &[
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
];

/// What any process may deny to itself.
const SELF_DENIAL: &[&str] = &[
    "LockPersonality=yes",
    "MemoryDenyWriteExecute=yes",
    "NoNewPrivileges=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "SystemCallErrorNumber=EPERM",
    "SystemCallFilter=@system-service",
];

/// What a daemon that is root may still do: files and processes of other users, low ports, and the
/// change to another user.
const ROOT_CAPABILITIES: &str = "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL \
     CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID";

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
        unit.comment("# To start it at a boot, before anybody logs in: loginctl enable-linger");
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
    let target = if plan.choice.user_manager.is_some() {
        "default"
    } else {
        "multi-user"
    };
    unit.set("WantedBy", &format!("{target}.target"));
    let folder = plan
        .choice
        .user_manager
        .as_deref()
        .unwrap_or("/etc/systemd/system");
    File::data(format!("{folder}/{}.service", plan.name), unit.0)
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
    // Under `forking` the daemon writes root's pid file first and drops its rights itself.
    let user = plan
        .user
        .as_deref()
        .filter(|_| is_system && !plan.choice.forking);
    if let Some(user) = user {
        unit.set("User", user);
    }
    if let Some(group) = plan
        .group
        .as_deref()
        .filter(|_| is_system && !plan.choice.forking)
    {
        unit.set("Group", group);
    }
    unit.set("UMask", &format!("{:04o}", plan.umask));
    unit.set("WorkingDirectory", &quote::specifiers(&plan.working_dir));
    let mut denied = SELF_DENIAL.to_vec();
    if is_system {
        folders(plan, user.is_some(), unit);
        denied.extend(SANDBOX);
        // What the daemon itself lives in it has to see.
        let homes = &["/home", "/root", "/run/user"];
        denied.push(if plan.lives_in(homes) {
            "ProtectHome=read-only"
        } else {
            "ProtectHome=yes"
        });
        if !plan.lives_in(&["/tmp", "/var/tmp"]) {
            denied.push("PrivateTmp=yes");
        }
        unit.set(
            "CapabilityBoundingSet",
            if user.is_some() {
                ""
            } else {
                ROOT_CAPABILITIES
            },
        );
    }
    denied.sort_unstable();
    for line in denied {
        unit.line(line);
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
        // The daemon makes it.
        Some(_) => writable.push("/var/log"),
        None => writable.push(log),
    }
    if plan.working_dir != "/" {
        writable.push(&plan.working_dir);
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
