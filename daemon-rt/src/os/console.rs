//! Output of the verbs for people, and the target of the runtime's log records.

use std::fmt::Display;
use std::io::Write;

use crate::error::Error;
use crate::os::escape::printable;

/// The target of the runtime's log records.
pub(crate) const TARGET: &str = "daemon";

/// Prints a line for the user of a verb, in the caller. Ignores write errors, since the exit code
/// carries the result.
pub(crate) fn report(name: &str, text: impl Display) {
    let _ = print(format_args!("{name}: {text}\n"));
}

/// Prints text that is the whole result of a verb, in the caller. A closed pipe is not an error:
/// `server logs | head -1` has read enough.
///
/// # Errors
/// `write(2)` fails otherwise.
pub(crate) fn print(text: impl Display) -> Result<(), Error> {
    let (mut out, text) = (std::io::stdout(), text.to_string());
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::step("write to stdout", error))
        }
        _ => Ok(()),
    }
}

/// Prints an error to stderr, in the caller. Escapes control characters, since the text may quote
/// the daemon.
pub(crate) fn complain(name: &str, text: impl Display) {
    let text = text.to_string();
    let lines: Vec<String> = text.lines().map(printable).collect();
    let _ = writeln!(std::io::stderr(), "{name}: {}", lines.join("\n"));
}
