//! The directories that vanish at boot, `tmpfiles.d(5)`.

use super::file::File;
use super::plan::{Plan, directory_of};
use super::quote;

/// Directories that always exist, and that the daemon must not change.
const SHARED: &[&str] = &["/run", "/var/run", "/var/log", "/tmp", "/var/tmp", "/"];

/// Generates the rules.
pub(super) fn rules(plan: &Plan) -> File {
    let (user, group) = plan.owner();
    let (user, group) = (quote::systemd(user), quote::systemd(group));
    let (run, log) = (directory_of(&plan.pid_file), directory_of(&plan.log_file));
    let mut lines = vec![plan.mark()];
    if !SHARED.contains(&run) {
        // For root, since the daemon writes the pid file before it drops privileges.
        lines.push(format!("d {} 0755 root root -", quote::systemd(run)));
    }
    for directory in plan.socket_directories() {
        let is_gone_at_boot = directory.starts_with("/run/") || directory.starts_with("/var/run/");
        if is_gone_at_boot {
            lines.push(format!("d {} 0755 root root -", quote::systemd(directory)));
        }
    }
    // A start creates the directories inside a chroot.
    if !SHARED.contains(&log) && plan.chroot.is_none() {
        lines.push(format!("d {} 0750 {user} {group} -", quote::systemd(log)));
    }
    if lines.len() == 1 {
        lines.push(
            "# Nothing to create: the files are in directories that every system has.".to_owned(),
        );
    }
    File::data(
        format!("/etc/tmpfiles.d/{}.conf", plan.name),
        lines.join("\n") + "\n",
    )
}
