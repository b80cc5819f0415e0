//! The init script for System V, the LSB and Red Hat's `chkconfig`.

use super::file::File;
use super::plan::Plan;
use super::quote;

/// The template of the script. Names between `@` are replaced, and nothing else is computed.
const TEMPLATE: &str = include_str!("sysv.sh");

/// Generates the script.
pub(super) fn script(plan: &Plan) -> File {
    let text = TEMPLATE
        .replace("@mark@", &plan.mark())
        .replace("@name@", &plan.name)
        .replace("@description@", &plan.description)
        .replace("@pid_file@", &plan.pid_file)
        .replace("@executable@", &quote::shell(&plan.executable))
        .replace(
            "@before@",
            &spaced(quote::words(&plan.before, quote::shell)),
        )
        .replace("@all_options@", &options(plan, "status"))
        .replace("@start_options@", &options(plan, "start"))
        .replace("@stop_options@", &options(plan, "stop"));
    File::script(format!("/etc/init.d/{}", plan.name), text)
}

/// Returns the options of a verb after a space.
fn options(plan: &Plan, verb: &'static str) -> String {
    spaced(plan.shell_options(verb))
}

/// Puts a space before words, if there are any.
fn spaced(words: String) -> String {
    if words.is_empty() {
        words
    } else {
        format!(" {words}")
    }
}
