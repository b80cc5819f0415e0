//! The folders that vanish at a boot, `tmpfiles.d(5)`.

use super::plan::folder_of;
use super::{File, Plan, quote};

/// Folders that are always there, and not the daemon's to make.
const SHARED: &[&str] = &["/run", "/var/run", "/var/log", "/tmp", "/var/tmp", "/"];

pub(super) fn folders(plan: &Plan) -> File {
    let (user, group) = plan.owner();
    let mut text = format!("{}\n", plan.mark());
    let run = folder_of(&plan.pid_file);
    if !SHARED.contains(&run) {
        // Root's: the daemon writes the pid file before it drops its rights.
        text.push_str(&format!("d {} 0755 root root -\n", quote::systemd(run)));
    }
    let log = folder_of(&plan.log_file);
    if !SHARED.contains(&log) {
        text.push_str(&format!(
            "d {} 0750 {user} {group} -\n",
            quote::systemd(log)
        ));
    }
    if text.lines().count() == 1 {
        text.push_str("# Nothing to make: the files are in folders that every system has.\n");
    }
    File::data(format!("/etc/tmpfiles.d/{}.conf", plan.name), text)
}
