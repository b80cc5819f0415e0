//! The service folder of runit, `runsv(8)`.

use super::file::File;
use super::plan::Plan;
use super::quote;

/// `run` becomes the daemon, and `check` is how `sv` learns that it is ready. TERM and HUP, which
/// `sv stop` and `sv hup` send, mean to the daemon what they mean to `sv`.
pub(super) fn folder(plan: &Plan) -> Vec<File> {
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
