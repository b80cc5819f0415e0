//! The service script of `OpenRC`, `openrc-run(8)`.

use super::file::File;
use super::plan::Plan;
use super::quote;

const TEMPLATE: &str = include_str!("openrc.sh");

/// Generates the script.
pub(super) fn script(plan: &Plan) -> File {
    let text = TEMPLATE
        .replace("@mark@", &plan.mark())
        .replace("@name@", &plan.name)
        .replace("@description@", &quote::shell(&plan.description))
        .replace("@start@", &plan.shell("start"))
        .replace("@stop@", &plan.shell("stop"))
        .replace("@reload@", &plan.shell("reload"))
        .replace("@status@", &plan.shell("status"));
    File::script(format!("/etc/init.d/{}", plan.name), text)
}
