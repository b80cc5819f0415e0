//! What a unit of systemd denies to a daemon, and what rights it leaves, `systemd.exec(5)`.

use super::plan::Plan;

/// What no service needs. Each needs the right to change the whole system, so a user's own manager
/// has no use for them.
const SYSTEM: &[&str] = &[
    "ProtectControlGroups=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
];

/// The same, but by a filter of system calls, which takes `NoNewPrivileges=` with it.
const SYSTEM_FILTERED: &[&str] = &[
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
];

/// What any process may deny to itself, by such a filter, too.
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

/// What a daemon that is root may still do: files and processes of other users, low ports, and the
/// change to another user.
const ROOT: [&str; 7] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETGID",
    "CAP_SETUID",
];

/// The settings, sorted.
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
        // What the daemon itself lives in it has to see.
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

fn capabilities(plan: &Plan, becomes_user: bool) -> Vec<String> {
    let kept: Vec<&str> = match &plan.capabilities {
        Some(kept) => kept.iter().map(String::as_str).collect(),
        // Its setuid programs get theirs from the bounding set.
        None if plan.no_new_privs == Some(false) => return Vec::new(),
        None => Vec::new(),
    };
    // It gives up the others itself, and needs some to do so.
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
    let ambient = format!("AmbientCapabilities={}", kept.join(" "));
    let bounds = format!("CapabilityBoundingSet={}", bounds.join(" "));
    [ambient]
        .into_iter()
        .filter(|_| becomes_user && !kept.is_empty())
        .chain([bounds])
        .collect()
}
