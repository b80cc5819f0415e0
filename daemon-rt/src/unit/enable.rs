//! Enables or disables the start of a service at boot.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::kind::Kind;
use super::plan::Plan;
use super::socket;
use super::systemd;
use super::target::Target;
use crate::error::Error;

/// The directory that s6-linux-init copies to the scan directory at boot.
const S6_SERVICES: &str = "/etc/s6-linux-init/current/run-image/service";

/// Enables or disables the service, in the caller.
///
/// # Errors
/// A tool of the init system or a system call fails; the scan directory of s6 is unknown.
pub(super) fn switch(kind: Kind, plan: &Plan, target: Target<'_>, on: bool) -> Result<(), Error> {
    let name = plan.name.as_str();
    let (place, to) = match kind {
        Kind::Systemd | Kind::SystemdSocket => return systemctl(kind, plan, target, on),
        Kind::Sysv => return sysv(name, target, on),
        Kind::Openrc => ("/etc/runlevels/default", "/etc/init.d"),
        Kind::Runit => (runit_services(target), "/etc/sv"),
        Kind::S6 if on && !target.path(S6_SERVICES).is_dir() => {
            return Err(Error::other(format!(
                "cannot find the scan directory of this system; link /etc/s6/sv/{name} into it"
            )));
        }
        Kind::S6 => (S6_SERVICES, "/etc/s6/sv"),
        _ => return Ok(()),
    };
    let path = target.path(&format!("{place}/{name}"));
    link(&path, &format!("{to}/{name}"), on)
}

/// Calls `systemctl`, which reloads the running systemd. With `--root` it only creates links.
fn systemctl(kind: Kind, plan: &Plan, target: Target<'_>, on: bool) -> Result<(), Error> {
    let mut command = Command::new("systemctl");
    if plan.choice.user_manager.is_some() {
        command.arg("--user");
    }
    if target.root != Path::new("/") {
        command.arg("--root").arg(target.root);
    }
    let action = if on { "enable" } else { "disable" };
    let units: Vec<_> = links(kind, plan);
    let names = units.iter().map(|(name, ..)| name);
    let done = run(command.args(["--quiet", action]).args(names));
    if on || done.is_ok() {
        return done;
    }
    // Remove the link if `systemctl` is missing or fails. Later it cannot remove a link to a
    // missing unit.
    let mut removed = 0;
    for (_, path, to) in &units {
        let path = target.path(path);
        let was_enabled = fs::symlink_metadata(&path).is_ok();
        link(&path, to, false)?;
        removed += usize::from(was_enabled && fs::symlink_metadata(&path).is_err());
    }
    if removed == units.len() { Ok(()) } else { done }
}

/// Returns the names of the units of `kind`, each with the link that enables it and the link's
/// target.
fn links(kind: Kind, plan: &Plan) -> Vec<(String, String, String)> {
    let directory = systemd::directory(plan);
    let (names, target) = match kind {
        Kind::SystemdSocket => (socket::names(plan).collect(), socket::TARGET),
        _ => (
            vec![format!("{}.service", plan.name)],
            systemd::target(plan),
        ),
    };
    let names: Vec<String> = names;
    let link = |name: String| {
        let link = format!("{directory}/{target}.wants/{name}");
        let to = format!("{directory}/{name}");
        (name, link, to)
    };
    names.into_iter().map(link).collect()
}

/// Calls the system's tool, which follows the order of the header. Without a tool, or in another
/// root, it creates the links S95 and K05, as in the `chkconfig` line.
fn sysv(name: &str, target: Target<'_>, on: bool) -> Result<(), Error> {
    // `-f`, since the script still exists when its links are removed.
    let (chkconfig, update_rc) = if on {
        (vec!["--add", name], vec![name, "defaults"])
    } else {
        (vec!["--del", name], vec!["-f", name, "remove"])
    };
    if target.root == Path::new("/") {
        for (tool, arguments) in [("chkconfig", chkconfig), ("update-rc.d", update_rc)] {
            match run(Command::new(tool).args(arguments)) {
                Err(error) if error.is_system(io::ErrorKind::NotFound) => {}
                done => return done,
            }
        }
    }
    let script = format!("../init.d/{name}");
    for (levels, order) in [("2345", "S95"), ("016", "K05")] {
        for level in levels.chars() {
            let path = target.path(&format!("/etc/rc{level}.d/{order}{name}"));
            link(&path, &script, on)?;
        }
    }
    Ok(())
}

/// Returns the directory that runsvdir scans. Void and Artix have their own.
fn runit_services(target: Target<'_>) -> &'static str {
    let places = ["/var/service", "/etc/runit/runsvdir/default"];
    // Debian's /etc/service leads to the second one through `current`.
    places
        .into_iter()
        .find(|place| target.path(place).is_dir())
        .unwrap_or("/etc/service")
}

/// Creates or removes the link from `path` to `to`. Another link at `path` is never removed.
fn link(path: &Path, to: &str, on: bool) -> Result<(), Error> {
    let is_ours = fs::read_link(path).is_ok_and(|found| found == Path::new(to));
    if is_ours == on {
        return Ok(());
    }
    if !on {
        return fs::remove_file(path).map_err(|error| Error::at("remove", path, error));
    }
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(directory)
        .map_err(|error| Error::at("create the directory", directory, error))?;
    symlink(to, path).map_err(|error| Error::at("link", path, error))
}

/// Runs a tool and returns its error output as error.
fn run(command: &mut Command) -> Result<(), Error> {
    let program = PathBuf::from(command.get_program());
    let output = command
        .output()
        .map_err(|error| Error::at("run", &program, error))?;
    if output.status.success() {
        return Ok(());
    }
    let reason = match String::from_utf8_lossy(&output.stderr).trim() {
        "" => output.status.to_string(),
        text => text.to_owned(),
    };
    Err(Error::other(format!("{command:?}: {reason}")))
}
