//! The service directory of s6, `s6-supervise`.

use super::file::File;
use super::plan::Plan;
use super::quote;
use crate::error::ALREADY_RUNNING;

/// The descriptor on which the daemon reports readiness; 0 to 2 are its standard ones.
const READY: &str = "3";

/// Generates the files. `run` becomes the daemon, and `notification-fd` and `--ready-fd` share one
/// descriptor.
pub(super) fn files(plan: &Plan) -> Vec<File> {
    let path = |name: &str| format!("/etc/s6/sv/{}/{name}", plan.name);
    let mut command = plan.supervised();
    command.push(format!("--ready-fd={READY}"));
    let command = quote::words(&command, quote::shell);
    let run = format!("#!/bin/sh\n{}\nexec 2>&1\nexec {command}\n", plan.mark());
    // After exit code 125 s6 does not start it again.
    let finish = format!(
        "#!/bin/sh\n{}\n# Another daemon runs, so that this service stays down until it is started.\n\
         [ \"$1\" != {ALREADY_RUNNING} ] || exit 125\nexit 0\n",
        plan.mark()
    );
    // In milliseconds. After the daemon's time to stop, s6 kills it.
    let kill = plan.stop_timeout.as_millis();
    vec![
        File::script(path("run"), run),
        File::script(path("finish"), finish),
        File::data(path("notification-fd"), format!("{READY}\n")),
        File::data(path("timeout-kill"), format!("{kill}\n")),
        File::data(path("type"), "longrun\n".to_owned()),
    ]
}
