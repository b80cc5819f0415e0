//! Renders the files of a kind from a plan.

#[cfg(feature = "completions")]
use super::complete;
use super::file::File;
use super::kind::Kind;
use super::plan::Plan;
use super::{logrotate, openrc, runit, s6, socket, systemd, sysv, tmpfiles};
use crate::error::Error;

/// Renders the files of `kind`: one, or those of a service directory.
///
/// # Errors
/// A path or an argument contains a character that the files cannot express.
pub(crate) fn render(kind: Kind, plan: &Plan) -> Result<Vec<File>, Error> {
    plan.check()?;
    match kind {
        Kind::Sysv => Ok(vec![sysv::script(plan)]),
        Kind::Systemd => Ok(vec![systemd::service(plan)]),
        Kind::SystemdSocket => socket::units(plan),
        Kind::Openrc => Ok(vec![openrc::script(plan)]),
        Kind::Runit => Ok(runit::files(plan)),
        Kind::S6 => Ok(s6::files(plan)),
        Kind::Logrotate => Ok(vec![logrotate::rotation(plan)?]),
        Kind::Tmpfiles => Ok(vec![tmpfiles::rules(plan)]),
        #[cfg(feature = "completions")]
        Kind::Bash | Kind::Zsh | Kind::Fish | Kind::Man => Ok(vec![complete::file(kind, plan)?]),
    }
}

/// Renders the output of `unit`: the text of a file, or several files under their paths.
///
/// # Errors
/// As [`render`].
pub(crate) fn print(kind: Kind, plan: &Plan) -> Result<String, Error> {
    let files = render(kind, plan)?;
    if let [file] = files.as_slice() {
        return Ok(file.text.clone());
    }
    let parts = files
        .iter()
        .map(|file| format!("==> {} <==\n{}", file.path, file.text));
    Ok(parts.collect::<Vec<_>>().join("\n"))
}
