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
        .replace("@before@", &spaced(&plan.before))
        .replace("@all_options@", &spaced(&plan.options("status")))
        .replace("@start_options@", &spaced(&plan.options("start")))
        .replace("@stop_options@", &spaced(&plan.options("stop")));
    File::script(format!("/etc/init.d/{}", plan.name), text)
}

/// Returns the words for a shell, each after a space.
fn spaced(words: &[impl AsRef<str>]) -> String {
    let words = words.iter().map(|word| quote::shell(word.as_ref()));
    words.fold(String::new(), |line, word| line + " " + &word)
}
