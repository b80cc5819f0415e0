//! The folders that vanish at a boot, `tmpfiles.d(5)`.

use super::file::File;
use super::plan::Plan;
use super::plan::folder_of;
use super::quote;

/// Folders that are always there, and not the daemon's to make.
const SHARED: &[&str] = &["/run", "/var/run", "/var/log", "/tmp", "/var/tmp", "/"];

pub(super) fn folders(plan: &Plan) -> File {
    let (user, group) = plan.owner();
    let (user, group) = (quote::systemd(user), quote::systemd(group));
    let (run, log) = (folder_of(&plan.pid_file), folder_of(&plan.log_file));
    let mut lines = vec![plan.mark()];
    if !SHARED.contains(&run) {
        // Root's: the daemon writes the pid file before it drops its rights.
        lines.push(format!("d {} 0755 root root -", quote::systemd(run)));
    }
    // Those in a root of the daemon's own a start makes.
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
