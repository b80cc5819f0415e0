//! The service directory of runit, `runsv(8)`.

use super::file::File;
use super::plan::Plan;
use super::quote;
use crate::error::ALREADY_RUNNING;

/// Generates `run`, which becomes the daemon, and `check`, by which `sv` learns that it is ready.
/// `finish` ends the attempts where another daemon runs. `sv stop` and `sv hup` send TERM and HUP,
/// which stop and reload the daemon.
pub(super) fn files(plan: &Plan) -> Vec<File> {
    let mark = plan.mark();
    let script = |name: &str, text: String| {
        File::script(
            format!("/etc/sv/{}/{name}", plan.name),
            format!("#!/bin/sh\n{mark}\n{text}"),
        )
    };
    // `sv` would wait for the end of this script.
    let finish = format!(
        "# Another daemon runs, so that this service stays down until `sv up`.\n\
         [ \"$1\" != {ALREADY_RUNNING} ] || sv -w 0 down . >/dev/null 2>&1\nexit 0\n"
    );
    let run = quote::words(&plan.supervised(), quote::shell);
    vec![
        script("run", format!("exec 2>&1\nexec {run}\n")),
        script("finish", finish),
        script(
            "check",
            format!("exec {} >/dev/null\n", plan.shell("status")),
        ),
    ]
}
