//! The settings of one invocation: the declaration, overridden by the environment, overridden by
//! the command line, made whole and checked.

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

/// What the command line says, by key.
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

/// What one invocation works with. Every path is absolute.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: &'static str,
    pub pid_file: PathBuf,
    /// Whether somebody named the pid file.
    pub pid_file_is_given: bool,
    pub lock_file: PathBuf,
    /// Where the log is when nobody named one: nothing, for a foreground daemon.
    pub log_file: PathBuf,
    /// Whether somebody named the log file.
    pub log_file_is_given: bool,
    /// The socket of syslogd, if that takes the log instead of the file.
    pub syslog: Option<PathBuf>,
    pub log: logger::Config,
    pub working_dir: PathBuf,
    pub umask: u32,
    pub env: Env,
    pub user: Option<Identity>,
    /// The user and the group as they were named.
    pub user_name: Option<String>,
    pub group_name: Option<String>,
    pub confinement: Confinement,
    pub title: String,
    pub interval: Duration,
    pub start_timeout: Duration,
    pub stop_timeout: Duration,
    /// Whether the time-out was given to this verb, or is the declaration's.
    pub stop_timeout_is_given: bool,
    pub hang_after: Duration,
    pub on_panic: OnPanic,
    /// The descriptor on which a supervisor waits for a newline.
    pub ready_fd: Option<i32>,
    /// Folders of the default places, to be made by a start.
    pub folders: Vec<places::Folder>,
}

impl Settings {
    /// The settings that hold for `spec` here and now. On the heap, for they go from hand to hand, and
    /// each would leave a kilobyte of them on the daemon's stack.
    ///
    /// # Errors
    /// `ErrorKind::Usage` for a value that is none, `ErrorKind::NotConfigured` for an unknown user or
    /// when there is no place for the files.
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
            // Only a start needs the user: what runs is stopped also when its account is gone.
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
            folders: places.folders,
        }))
    }

    /// Whether the daemon becomes somebody else, which only root can.
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

    /// Refuses what this program cannot do, before anything is done.
    pub(crate) fn check_panics(&self) -> Result<(), Error> {
        if self.on_panic == OnPanic::Restart && cfg!(panic = "abort") {
            return Err(Error::not_configured(
                "`on_panic` cannot be `restart`: this program was built with `panic = \"abort\"` and ends at every panic".to_owned(),
            ));
        }
        Ok(())
    }

    /// How long a verb waits for another: as long as a whole restart may take.
    pub(crate) fn verb_timeout(&self) -> Duration {
        self.start_timeout.saturating_add(self.stop_timeout)
    }
}

/// The declaration, with what the environment and the options say instead.
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

/// # Errors
/// `ErrorKind::Usage` for names and limits that only a declaration by hand can get wrong.
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

/// The variable of a key: `SERVER_LOG_LEVEL`.
pub(crate) fn variable(name: &str, key: &str) -> String {
    let letter = |letter: char| match letter {
        '-' | '.' => '_',
        letter => letter.to_ascii_uppercase(),
    };
    format!("{name}_{key}").chars().map(letter).collect()
}

/// A variable's value, unless the program has more rights than whoever set it.
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
