//! The service directory of runit, `runsv(8)`.

use super::file::File;
use super::plan::Plan;
use super::quote;

/// Generates `run`, which becomes the daemon, and `check`, by which `sv` learns that it is ready.
/// `sv stop` and `sv hup` send TERM and HUP, which stop and reload the daemon.
pub(super) fn files(plan: &Plan) -> Vec<File> {
    let mark = plan.mark();
    let script = |name: &str, text: String| {
        File::script(
            format!("/etc/sv/{}/{name}", plan.name),
            format!("#!/bin/sh\n{mark}\n{text}"),
        )
    };
    let run = quote::words(&plan.supervised(), quote::shell);
    vec![
        script("run", format!("exec 2>&1\nexec {run}\n")),
        script(
            "check",
            format!("exec {} >/dev/null\n", plan.shell("status")),
        ),
    ]
}
