//! `check`: tests whether a start would succeed, without changing anything.

use std::fs;
use std::io;
use std::path::Path;

use nix::fcntl::AT_FDCWD;
use nix::unistd::{AccessFlags, geteuid, getpid};

use crate::confine::capabilities::Capabilities;
use crate::confine::privileges::Identity;
use crate::error::Error;
use crate::instance::lock::{Holder, LockFile};
use crate::listen::{Listen, Opener};
use crate::os::access::check_access;
use crate::os::console::{complain, report};
use crate::os::stdio::open_null;
use crate::os::sys;
use crate::resources::Validate;
use crate::settings::{LogTarget, Settings};
use crate::trust::{self, Rule};
use crate::verbs::holder::find_lock;
#[cfg(feature = "config")]
use crate::verbs::verdict;

/// Reports each requirement of a start. Returns the exit code of the first one that fails.
#[inline(never)]
pub(super) fn check(settings: &Settings, validate: Validate) -> u8 {
    let mut code = 0;
    for (what, result) in requirements(settings, validate) {
        match result {
            Ok(text) => report(settings.name, format_args!("{what}: {text}")),
            Err(error) => {
                complain(settings.name, format_args!("{what}: {error}"));
                code = if code == 0 { error.exit_code() } else { code };
            }
        }
    }
    code
}

/// Checks each requirement, and describes those that are met.
#[cfg_attr(
    not(feature = "config"),
    allow(unused_variables, reason = "there are no settings to validate then")
)]
fn requirements(
    settings: &Settings,
    validate: Validate,
) -> Vec<(&'static str, Result<String, Error>)> {
    let pid_file = trust::check_writable(&settings.pid_file, Rule::PidFile);
    let mut all = vec![
        ("user", user(settings)),
        ("pid file", file(settings, &settings.pid_file, pid_file)),
        ("lock", lock(settings)),
    ];
    let confinement = &settings.confinement;
    if let Some(root) = &confinement.chroot {
        let checked = confinement.check_root();
        all.push(("chroot", checked.map(|()| root.display().to_string())));
    }
    let log = match &settings.log_target {
        // The daemon also starts without a syslogd, and connects when one appears.
        // The path of another root says nothing here.
        LogTarget::Syslog(target) if confinement.chroot.is_some() => Ok(target.to_string()),
        LogTarget::Syslog(target) => target.check().map(|()| target.to_string()),
        _ => log_file(settings),
    };
    all.push(("log file", log));
    if let Some(capabilities) = confinement.capabilities {
        let names = capabilities.names().join(", ");
        let checked = capabilities.check_permitted();
        all.push(("capabilities", checked.map(|()| names)));
    }
    if let Some(text) = confinement.limits.declaration() {
        let checked = confinement.limits.check_permitted();
        all.push(("limits", checked.map(|()| text)));
    }
    #[cfg(feature = "config")]
    if settings.config.is_some() && settings.must_drop_privileges().is_ok() {
        let read = verdict::reach(settings, validate);
        all.push(("settings", read.map(|found| found.describe())));
    }
    if let Some(opener) = settings.spec.opener {
        let lock = find_lock(settings).ok().flatten();
        let daemon = lock.and_then(|lock| lock.holder().ok()?.pid());
        for listen in &settings.listeners {
            all.push(("listener", listener(settings, opener, listen, daemon)));
        }
    }
    all.push(("working directory", directory(settings)));
    all.push((
        "/dev/null",
        open_null().map(|_| "the null device".to_owned()),
    ));
    if let Err(errno) = sys::pidfd_open(getpid()) {
        let text = format!("by pid, because pidfd_open(2) fails: {errno}");
        all.push(("stop signals", Ok(text)));
    }
    all
}

/// Checks the requirements of the next daemon while the current one runs.
///
/// Omits the pid file and the lock, which the current daemon holds.
#[cfg_attr(
    not(feature = "config"),
    allow(unused_variables, reason = "there are no settings to validate then")
)]
pub(super) fn check_before_restart(
    settings: &Settings,
    validate: Validate,
    daemon: i32,
) -> Result<(), Error> {
    user(settings)?;
    settings.confinement.check_permitted()?;
    if settings.log_target == LogTarget::File {
        log_file(settings)?;
    }
    if let Some(opener) = settings.spec.opener {
        for listen in &settings.listeners {
            listener(settings, opener, listen, Some(daemon))?;
        }
    }
    directory(settings)?;
    #[cfg(feature = "config")]
    if settings.config.is_some() {
        verdict::reach(settings, validate)?;
    }
    open_null().map(drop)
}

fn user(settings: &Settings) -> Result<String, Error> {
    settings.must_drop_privileges()?;
    let account = settings
        .user
        .as_ref()
        .and_then(|user| user.account.as_ref());
    Ok(account.map_or_else(|| format!("uid {}", geteuid()), |(name, _)| name.clone()))
}

fn log_file(settings: &Settings) -> Result<String, Error> {
    let path = &settings.log_file;
    let root = settings.confinement.chroot.as_deref();
    let opened = opener_of_log(settings).map_or(Ok(()), |user| {
        let name = user.account.as_ref().map_or("the user", |(name, _)| name);
        let may = |wanted, file: &_| user.may(wanted, file);
        trust::check_reach(path, root.unwrap_or(Path::new("/")), name, may)
    });
    let checked = opened.and_then(|()| trust::check_writable(path, Rule::Log));
    file(settings, path, checked)
}

/// Returns the user who opens the log after the privilege drop, if file modes apply to that user.
fn opener_of_log(settings: &Settings) -> Option<&Identity> {
    let becomes = settings.must_drop_privileges().unwrap_or(false);
    let kept = settings.confinement.capabilities;
    settings.user.as_ref().filter(|user| {
        becomes && !user.uid.is_root() && !kept.is_some_and(Capabilities::override_modes)
    })
}

/// Describes a file that was `checked`, or whose directory a start will create.
fn file(settings: &Settings, path: &Path, checked: Result<(), Error>) -> Result<String, Error> {
    let made = settings
        .directories
        .iter()
        .any(|directory| path.parent() == Some(&directory.path));
    match checked {
        Err(error) if made && error.is_system(io::ErrorKind::NotFound) => Ok(format!(
            "{} (its directory will be created)",
            path.display()
        )),
        other => other.map(|()| path.display().to_string()),
    }
}

fn lock(settings: &Settings) -> Result<String, Error> {
    let Some(lock) = find_lock(settings)? else {
        return Ok("free".to_owned());
    };
    Ok(match lock.holder()? {
        Holder::Nobody => "free".to_owned(),
        Holder::Process(pid) => format!("held, already running, pid {pid}"),
        Holder::Elsewhere => "held, already running in another PID namespace".to_owned(),
        Holder::Unnamed => return Err(LockFile::unnamed(lock.path(), &settings.pid_file)),
    })
}

/// Checks that a start could open the listener.
fn listener(
    settings: &Settings,
    opener: &Opener,
    listen: &Listen,
    daemon: Option<i32>,
) -> Result<String, Error> {
    match ((opener.check)(listen, daemon), listen.address.path()) {
        (Err(error), Some(path)) if error.is_system(io::ErrorKind::NotFound) => {
            file(settings, path, Err(error))
        }
        (checked, _) => checked,
    }
}

fn directory(settings: &Settings) -> Result<String, Error> {
    let path = Path::new(settings.spec.working_dir);
    if let Some(root) = &settings.confinement.chroot {
        // Omit a log whose directory a start will create.
        let log = Some(settings.log_file.as_path()).filter(|log| {
            settings.log_target == LogTarget::File && log.parent().is_some_and(Path::exists)
        });
        settings.confinement.check_places(path, log)?;
        return Ok(format!("{} in {}", path.display(), root.display()));
    }
    let failed =
        |source: io::Error| Error::at("change to", path, source).of_declared("working_dir", path);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Err(failed(io::ErrorKind::NotADirectory.into()));
    }
    check_access(AT_FDCWD, path, AccessFlags::X_OK).map_err(|errno| failed(errno.into()))?;
    Ok(path.display().to_string())
}
