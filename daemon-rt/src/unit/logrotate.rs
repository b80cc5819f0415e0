//! The rotation of the log, `logrotate(8)`.

use super::file::File;
use super::plan::Plan;
use super::plan::{directory_of, unwritable};
use super::quote;
use crate::error::Error;

/// Generates the file. With `create` and a reload the daemon opens the new log, and no line is
/// lost. `copytruncate` could lose lines between copy and truncation.
///
/// # Errors
/// A value contains a character that logrotate cannot read.
pub(super) fn rotation(plan: &Plan) -> Result<File, Error> {
    if plan.log_file.contains('{') {
        let reason = "contains `{`, which begins a block for logrotate";
        return Err(unwritable("the log file", &plan.log_file, reason));
    }
    let (owner, group) = plan.owner();
    for (what, value) in [("the user", owner), ("the group", group)] {
        let reason = if value.contains(char::is_whitespace) {
            "contains whitespace, which logrotate cannot quote there"
        } else if value.bytes().all(|byte| byte.is_ascii_digit()) {
            "is a number, but logrotate accepts names only"
        } else {
            continue;
        };
        return Err(unwritable(what, value, reason));
    }
    // In a directory that users other than root can change, logrotate needs `su` to its owner.
    let own_directory = plan.user.is_some() && directory_of(&plan.log_file) != "/var/log";
    let switch = if own_directory {
        format!("    su {owner} {group}\n")
    } else {
        String::new()
    };
    let path = quote::logrotate(&plan.log_file);
    let text = format!(
        "{mark}\n\
         {path} {{\n\
         {switch}    \
             weekly\n    \
             rotate 4\n    \
             missingok\n    \
             notifempty\n    \
             compress\n    \
             delaycompress\n    \
             create 0640 {owner} {group}\n    \
             postrotate\n        \
                 # A stopped daemon has no log to reopen, so this is not an error.\n        \
                 {status} >/dev/null 2>&1 || exit 0\n        \
                 {reload} >/dev/null\n    \
             endscript\n\
         }}\n",
        mark = plan.mark(),
        status = plan.shell("status"),
        reload = plan.shell("reload"),
    );
    Ok(File::data(format!("/etc/logrotate.d/{}", plan.name), text))
}
