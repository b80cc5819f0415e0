//! The sandbox of a systemd unit, and the privileges that it leaves to the daemon,
//! `systemd.exec(5)`.

use super::plan::Plan;

/// Restrictions for every service. Each needs privileges over the whole system, so a user's manager
/// cannot apply them.
const SYSTEM: &[&str] = &[
    "ProtectControlGroups=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
];

/// Further restrictions for every service, which use a filter of system calls and so imply
/// `NoNewPrivileges=`.
const SYSTEM_FILTERED: &[&str] = &[
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
];

/// Restrictions that any process may apply to itself, also by such a filter.
const FILTERED: &[&str] = &[
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

/// The capabilities of a daemon that is root: files and processes of other users, low ports, and a
/// change of the user.
const ROOT: [&str; 7] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETGID",
    "CAP_SETUID",
];

/// Returns the settings, sorted.
pub(super) fn settings(plan: &Plan, becomes_user: bool) -> Vec<String> {
    let is_system = plan.choice.user_manager.is_none();
    let may_filter = plan.no_new_privs != Some(false);
    let mut settings: Vec<&str> = Vec::new();
    if may_filter {
        settings.extend(FILTERED);
        if plan.chroot.is_some() {
            settings.push("SystemCallFilter=chroot");
        }
    }
    if is_system {
        settings.extend(SYSTEM);
        if may_filter {
            settings.extend(SYSTEM_FILTERED);
        }
        // The daemon must see the directories of its own files.
        let homes = &["/home", "/root", "/run/user"];
        settings.push(if plan.lives_in(homes) {
            "ProtectHome=read-only"
        } else {
            "ProtectHome=yes"
        });
        if !plan.lives_in(&["/tmp", "/var/tmp"]) {
            settings.push("PrivateTmp=yes");
        }
    }
    let mut settings: Vec<String> = settings.into_iter().map(str::to_owned).collect();
    let limits = plan.limits.iter();
    settings.extend(limits.map(|(name, value)| format!("{name}={value}")));
    settings.sort_unstable();
    if is_system {
        settings.splice(..0, capabilities(plan, becomes_user));
    }
    settings
}

/// Returns the settings of the capabilities.
fn capabilities(plan: &Plan, becomes_user: bool) -> Vec<String> {
    // Setuid children get their capabilities from the bounding set.
    if plan.capabilities.is_none() && plan.no_new_privs == Some(false) {
        return Vec::new();
    }
    let kept: Vec<&str> = plan
        .capabilities
        .iter()
        .flatten()
        .map(String::as_str)
        .collect();
    // The daemon drops the others itself, for which it needs some.
    let drops = !becomes_user && (plan.user.is_some() || plan.chroot.is_some());
    let mut bounds = kept.clone();
    if drops || (!becomes_user && plan.capabilities.is_none()) {
        bounds.extend(ROOT);
    }
    if drops && plan.capabilities.is_some() {
        bounds.push("CAP_SETPCAP");
    }
    if plan.chroot.is_some() {
        bounds.push("CAP_SYS_CHROOT");
    }
    bounds.sort_unstable();
    bounds.dedup();
    let mut settings = vec![format!("CapabilityBoundingSet={}", bounds.join(" "))];
    if becomes_user && !kept.is_empty() {
        settings.insert(0, format!("AmbientCapabilities={}", kept.join(" ")));
    }
    settings
}
