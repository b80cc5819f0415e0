//! The settings of one invocation. The environment overrides the declaration, and the command line
//! overrides the environment. The result is completed and checked.

mod keys;
mod parse;
pub(crate) mod places;
#[cfg(feature = "cli")]
mod shown;

use std::path::PathBuf;
use std::time::Duration;

use self::parse::syslog_socket;
use self::places::{Owner, Places};
use crate::confine::Confinement;
use crate::confine::capabilities::Capabilities;
use crate::confine::limits::Limits;
use crate::confine::privileges::Identity;
use crate::error::{Error, ErrorKind};
use crate::logger;
use crate::os::sys;
use crate::spec::{Env, OnPanic, Spec};
use crate::trust;

pub(crate) use self::keys::KEYS;
#[cfg(feature = "cli")]
pub(crate) use self::keys::{Key, Verbs};
#[cfg(feature = "cli")]
#[cfg(feature = "units")]
pub(crate) use self::parse::duration;

/// The values of the command line, by key.
#[derive(Debug, Default)]
pub(crate) struct Overrides(Vec<(&'static str, String)>);

impl Overrides {
    pub(crate) fn get(&self, key: &str) -> Option<&String> {
        let found = self.0.iter().find(|(name, _)| *name == key);
        found.map(|(_, text)| text)
    }
}

impl FromIterator<(&'static str, String)> for Overrides {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(given: I) -> Self {
        Self(given.into_iter().collect())
    }
}

/// The settings of one invocation. Every path is absolute.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: &'static str,
    pub pid_file: PathBuf,
    /// Whether the pid file was declared, or given to this invocation.
    pub pid_file_is_given: bool,
    pub lock_file: PathBuf,
    /// The path of the log. A foreground daemon does not use the default path.
    pub log_file: PathBuf,
    /// Whether the log file was declared, or given to this invocation.
    pub log_file_is_given: bool,
    /// The socket of syslogd, if records go there and not to the file.
    pub syslog: Option<PathBuf>,
    pub log: logger::Config,
    pub working_dir: PathBuf,
    pub umask: u32,
    pub env: Env,
    pub user: Option<Identity>,
    /// The user and the group, by the declared names.
    pub user_name: Option<String>,
    pub group_name: Option<String>,
    pub confinement: Confinement,
    pub title: String,
    pub interval: Duration,
    pub start_timeout: Duration,
    pub stop_timeout: Duration,
    /// Whether this invocation set the time-out, not only the declaration.
    pub stop_timeout_is_given: bool,
    pub hang_after: Duration,
    pub on_panic: OnPanic,
    /// The descriptor on which a supervisor waits for a newline.
    pub ready_fd: Option<i32>,
    /// Directories of the default locations, which a start creates.
    pub directories: Vec<places::Directory>,
}

impl Settings {
    /// Resolves the settings of this invocation for `spec`. They are boxed because several
    /// functions pass them on, and each copy would occupy a kilobyte of the daemon's stack.
    ///
    /// # Errors
    /// `ErrorKind::Usage` for an invalid value. `ErrorKind::NotConfigured` for an unknown user, or
    /// if the files have no default location.
    #[inline(never)]
    pub(crate) fn resolve(
        spec: &Spec,
        overrides: &Overrides,
        places: Places,
        needs_user: bool,
    ) -> Result<Box<Self>, Error> {
        let spec = &overridden(spec, overrides)?;
        let confinement = confinement(spec)?;
        let stop_timeout_is_given = overrides.get("stop_timeout").is_some()
            || environment(&variable(spec.name, "stop_timeout"))?.is_some();
        let user = Identity::find(spec.user, spec.group);
        let user = match user {
            // Only a start needs the user. A running daemon can be stopped after its account was
            // deleted.
            Err(error) if !needs_user && error.kind() == ErrorKind::NotConfigured => None,
            user => user?,
        };
        let is_named = spec.user.is_some() || spec.group.is_some();
        if let Some(user) = &user {
            trust::trust_also(user.uid);
        }
        let log_file = spec.log_file;
        let syslog = log_file.and_then(syslog_socket);
        let places = places::find(
            spec.name,
            spec.pid_file,
            log_file.filter(|_| syslog.is_none()),
            Owner::of(is_named, user.as_ref()),
            places,
            confinement.chroot.as_deref(),
        )?;
        Ok(Box::new(Self {
            name: spec.name,
            lock_file: places::lock_file(&places.pid_file),
            pid_file: places.pid_file,
            pid_file_is_given: spec.pid_file.is_some(),
            log_file_is_given: spec.log_file.is_some(),
            log_file: places.log_file,
            syslog,
            log: logger::Config {
                level: spec.log_level,
                format: spec.log_format,
                buffer: spec.log_buffer,
                rotate: spec.log_rotate,
                keep: spec.log_keep,
                limit: spec.log_limit,
                repeats: spec.log_repeats,
            },
            working_dir: PathBuf::from(spec.working_dir),
            umask: spec.umask,
            env: spec.env,
            user,
            user_name: spec.user.map(str::to_owned),
            group_name: spec.group.map(str::to_owned),
            confinement,
            title: spec.title.unwrap_or(spec.name).to_owned(),
            interval: spec.interval,
            start_timeout: spec.start_timeout,
            stop_timeout: spec.stop_timeout,
            stop_timeout_is_given,
            hang_after: spec.hang_after,
            on_panic: spec.on_panic,
            ready_fd: spec.ready_fd,
            directories: places.directories,
        }))
    }

    /// Returns whether the daemon changes its user or group.
    ///
    /// # Errors
    /// `ErrorKind::NotAllowed` if it does and the process is not root.
    pub(crate) fn must_drop_privileges(&self) -> Result<bool, Error> {
        let Some(user) = self.user.as_ref().filter(|user| !user.is_current()) else {
            return Ok(false);
        };
        if nix::unistd::geteuid().is_root() {
            return Ok(true);
        }
        let name = user
            .account
            .as_ref()
            .map_or("another group", |(name, _)| name);
        Err(Error::not_allowed(format!("only root can become {name}")))
    }

    /// Checks that this program can restart after a panic if `on_panic` is `restart`.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` if it was built with `panic = "abort"`.
    pub(crate) fn check_panics(&self) -> Result<(), Error> {
        if self.on_panic == OnPanic::Restart && cfg!(panic = "abort") {
            return Err(Error::not_configured(
                "`on_panic` cannot be `restart`: this program was built with `panic = \"abort\"` and ends at every panic".to_owned(),
            ));
        }
        Ok(())
    }

    /// Returns how long a verb waits for another verb: at most the duration of a restart.
    pub(crate) fn verb_timeout(&self) -> Duration {
        self.start_timeout.saturating_add(self.stop_timeout)
    }
}

/// Returns the declaration, overridden by the environment and the options.
#[cfg_attr(
    not(feature = "cli"),
    allow(unused_variables, reason = "there are no options then")
)]
fn overridden(declared: &Spec, overrides: &Overrides) -> Result<Spec, Error> {
    let mut spec = *declared;
    let mut variable = variable(spec.name, "");
    let prefix = variable.len();
    for key in KEYS {
        variable.truncate(prefix);
        variable.push_str(key.name);
        variable.make_ascii_uppercase();
        let from_environment = environment(&variable)?;
        if let Some(text) = &from_environment {
            (key.set)(&mut spec, text).map_err(|why| Error::usage(format!("{variable}: {why}")))?;
        }
        #[cfg(feature = "cli")]
        if let Some(text) = overrides.get(key.name) {
            let option = key.option;
            (key.set)(&mut spec, text).map_err(|why| Error::usage(format!("--{option}: {why}")))?;
        }
    }
    Ok(spec)
}

/// Parses the capabilities and the resource limits.
///
/// # Errors
/// `ErrorKind::Usage` for an invalid name or limit. Only a declaration without the macro can
/// contain one.
fn confinement(spec: &Spec) -> Result<Confinement, Error> {
    let wrong = |key: &str, why: &str| Error::usage(format!("the declaration of `{key}`: {why}"));
    let capabilities = spec.capabilities.map(Capabilities::from_names).transpose();
    Ok(Confinement {
        no_new_privs: spec.no_new_privs,
        capabilities: capabilities.map_err(|why| wrong("capabilities", &why))?,
        limits: Limits::parse(spec.rlimits).map_err(|why| wrong("rlimits", &why))?,
        chroot: spec.chroot.map(PathBuf::from),
        core: spec.core,
    })
}

/// Returns the environment variable of a key, such as `SERVER_LOG_LEVEL`.
pub(crate) fn variable(name: &str, key: &str) -> String {
    let letter = |letter: char| match letter {
        '-' | '.' => '_',
        letter => letter.to_ascii_uppercase(),
    };
    format!("{name}_{key}").chars().map(letter).collect()
}

/// Returns the value of a variable. In a setuid program the caller controls the environment, so it
/// is ignored.
fn environment(variable: &str) -> Result<Option<String>, Error> {
    match std::env::var(variable) {
        _ if sys::is_secure_execution() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Error::usage(format!("{variable}: the value is not UTF-8")))
        }
    }
}
