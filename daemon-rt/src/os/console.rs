//! Talking to people: what a verb prints, and the target of the runtime's own log records.

use std::fmt::Display;
use std::io::Write;

use crate::error::Error;
use crate::os::escape::printable;

/// The target of the runtime's own records.
pub(crate) const TARGET: &str = "daemon";

/// Says something to the person who typed the verb. The exit code says the same, so what cannot be
/// written is not missed.
pub(crate) fn say(name: &str, text: impl Display) {
    let _ = print(format_args!("{name}: {text}\n"));
}

/// Writes text that is a verb's whole result. A closed pipe is no error: `server logs | head -1`
/// has got what it wanted.
pub(crate) fn print(text: impl Display) -> Result<(), Error> {
    let (mut out, text) = (std::io::stdout(), text.to_string());
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::step("write to stdout", error))
        }
        _ => Ok(()),
    }
}

/// Says what went wrong. It may quote the daemon's own words, which a terminal must not obey.
pub(crate) fn complain(name: &str, text: impl Display) {
    let text = text.to_string();
    let lines: Vec<String> = text.lines().map(printable).collect();
    let _ = writeln!(std::io::stderr(), "{name}: {}", lines.join("\n"));
}
