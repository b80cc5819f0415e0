//! The settings of one invocation. The environment overrides the declaration, and the command line
//! overrides the environment. The result is completed and checked.

#[cfg(feature = "config")]
pub(crate) mod config;
mod handed;
mod in_force;
mod keys;
mod listeners;
mod parse;
pub(crate) mod places;
#[cfg(any(feature = "cli", feature = "config"))]
mod shown;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use self::places::{Owner, Places};
use crate::confine::Confinement;
use crate::confine::capabilities::Capabilities;
use crate::confine::limits::Limits;
use crate::confine::privileges::Identity;
use crate::error::{Error, ErrorKind};
use crate::listen::Listen;
use crate::logger::{self, SyslogTarget};
use crate::os::console::complain;
use crate::os::sys;
use crate::spec::{OnPanic, Spec};
use crate::trust;

pub(crate) use self::in_force::InForce;
#[cfg(feature = "config")]
pub(crate) use self::in_force::{Now, Read};
pub(crate) use self::keys::CONFIG;
#[cfg(feature = "cli")]
pub(crate) use self::keys::Key;
pub(crate) use self::keys::{KEYS, LISTEN, VerbKind, variable};
#[cfg(feature = "units")]
pub(crate) use self::parse::timeout;

/// The name of the option that sets a key of the daemon's own settings.
#[cfg(all(feature = "cli", feature = "config"))]
pub(crate) const SET: &str = "set";

/// The values of the command line, by key.
#[derive(Debug, Default)]
pub(crate) struct Overrides(#[cfg(feature = "cli")] Vec<(&'static str, String)>);

#[cfg(feature = "cli")]
impl Overrides {
    /// Returns the values of an option, which may be repeated.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        let all = self.0.iter().filter(move |(name, _)| *name == key);
        all.map(|(_, text)| text.as_str())
    }

    /// Returns the settings of the daemon itself, `KEY=VALUE`.
    #[cfg(feature = "config")]
    pub(crate) fn set(&self) -> impl Iterator<Item = &str> {
        self.all(SET)
    }
}

#[cfg(all(feature = "config", not(feature = "cli")))]
impl Overrides {
    /// Returns nothing, because there are no options.
    #[allow(clippy::unused_self, reason = "with options it is needed")]
    fn set(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}

#[cfg(feature = "cli")]
impl FromIterator<(&'static str, String)> for Overrides {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(given: I) -> Self {
        Self(given.into_iter().collect())
    }
}

/// The settings of one invocation. Every path is absolute.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: &'static str,
    /// The declaration, overridden by the environment and the options.
    pub spec: Spec,
    pub pid_file: PathBuf,
    pub lock_file: PathBuf,
    /// Where a daemon of this name may hold its lock instead.
    pub other_locks: Vec<PathBuf>,
    /// The path of the log. Only the target [`LogTarget::File`] uses it.
    pub log_file: PathBuf,
    pub log_target: LogTarget,
    pub user: Option<Identity>,
    pub confinement: Confinement,
    /// The listeners, for verbs that start, stop or install a daemon.
    pub listeners: Vec<Listen>,
    /// The file of the daemon's own settings, for verbs that read it.
    #[cfg(feature = "config")]
    pub config: Option<config::Layers>,
    /// The keys that this invocation sets, not only the declaration, in the order in which they were
    /// read.
    given: Vec<Given>,
    /// Directories of the default locations, which a start creates.
    pub directories: Vec<places::Directory>,
}

/// The source of a key that an invocation sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A variable of the environment.
    Variable,
    /// An option of the command line.
    #[cfg(feature = "cli")]
    Option,
}

/// A key that an invocation sets, and its text. A path in it is absolute.
#[derive(Debug)]
struct Given {
    key: &'static str,
    source: Source,
    text: String,
}

/// The target of the daemon's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LogTarget {
    /// The default of `run`.
    Stderr,
    /// The default of `run` in PID 1 of a container.
    Stdout,
    /// The file [`Settings::log_file`].
    File,
    /// The local syslogd.
    Syslog(SyslogTarget),
}

impl Given {
    /// Notes the `text` of a key of `spec`, after it was set.
    fn of(spec: &Spec, key: &keys::Key, source: Source, text: String) -> Self {
        // A relative path was made absolute, as the working directory changes.
        let path = match key.name {
            "pid_file" => spec.pid_file,
            "log_file" => spec.log_file,
            CONFIG => spec.config_file,
            "chroot" => spec.chroot,
            "working_dir" => Some(spec.working_dir),
            _ => None,
        };
        Self {
            key: key.name,
            source,
            text: path.map_or(text, str::to_owned),
        }
    }
}

impl LogTarget {
    /// Decides the target, in the process of the verb.
    fn of(spec: &Spec, verb: VerbKind) -> Self {
        match spec.log_file {
            Some(text) => SyslogTarget::parse(text).map_or(Self::File, Self::Syslog),
            None if verb != VerbKind::Running => Self::File,
            None if std::process::id() == 1 => Self::Stdout,
            None => Self::Stderr,
        }
    }
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
        verb: VerbKind,
        places: Places,
    ) -> Result<Box<Self>, Error> {
        let (spec, given) = overridden(spec, overrides, verb)?;
        let confinement = confinement(&spec)?;
        let user = match Identity::find(spec.user, spec.group) {
            // Only a start needs the user. A running daemon can be stopped after its account was
            // deleted, and `unit` prints files for a machine that does not have it yet.
            Err(error) if !verb.starts() && error.kind() == ErrorKind::NotConfigured => None,
            user => user?,
        };
        if let Some(user) = &user {
            trust::trust_also(user.uid);
        }
        let log_target = LogTarget::of(&spec, verb);
        // Directories are created only for files that the daemon writes. A unit has all of them.
        let has_log = match verb {
            VerbKind::Installing => true,
            VerbKind::Waiting | VerbKind::Identifying => false,
            _ => log_target == LogTarget::File,
        };
        let is_named = spec.user.is_some() || spec.group.is_some();
        let owner = Owner::of(is_named, user.as_ref());
        #[cfg(feature = "config")]
        let config = if spec.config && (verb.starts() || verb == VerbKind::Installing) {
            let chroot = confinement.chroot.as_deref();
            Some(config::Layers::find(
                &spec, overrides, owner, places, chroot,
            )?)
        } else {
            None
        };
        let find = |has_log| {
            places::find(
                spec.name,
                spec.pid_file,
                spec.log_file.filter(|_| log_target == LogTarget::File),
                has_log,
                owner,
                places,
                confinement.chroot.as_deref(),
            )
        };
        let places = match find(has_log) {
            // The running daemon names its log, so its reader needs no home for a default one.
            Err(_) if verb == VerbKind::Reading => find(false)?,
            places => places?,
        };
        let listeners = match verb {
            VerbKind::Identifying | VerbKind::Reading => Vec::new(),
            _ => listeners::find(&spec, &places.pid_file)?,
        };
        Ok(Box::new(Self {
            name: spec.name,
            spec,
            lock_file: places.lock_file,
            other_locks: places.other_locks,
            pid_file: places.pid_file,
            log_file: places.log_file,
            log_target,
            user,
            confinement,
            listeners,
            #[cfg(feature = "config")]
            config,
            given,
            directories: places.directories,
        }))
    }

    /// Returns how this invocation sets `key`, if it does.
    pub(crate) fn is_given(&self, key: &str) -> Option<Source> {
        let given = self.given.iter().rev().find(|given| given.key == key);
        given.map(|given| given.source)
    }

    /// Returns the settings of the logger.
    pub(crate) fn log(&self) -> logger::Config {
        logger::Config {
            level: self.spec.log_level,
            format: self.spec.log_format,
            buffer: self.spec.log_buffer,
            rotate: self.spec.log_rotate,
            keep: self.spec.log_keep,
            limit: self.spec.log_limit,
            repeats: self.spec.log_repeats,
        }
    }

    /// Returns the paths where a daemon of this name may have left a pid file, its own first.
    pub(crate) fn pid_files(&self) -> Vec<PathBuf> {
        let mut paths = vec![self.pid_file.clone()];
        for lock in self.other_locks.iter().chain([&self.lock_file]) {
            let path = lock.with_extension("");
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
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
        Err(Error::not_allowed(format!(
            "only root can become {name}; start it as root"
        )))
    }

    /// Checks that this program can restart after a panic if `on_panic` is `restart`.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` if it was built with `panic = "abort"`.
    pub(crate) fn check_panics(&self) -> Result<(), Error> {
        if self.spec.on_panic == OnPanic::Restart && cfg!(panic = "abort") {
            return Err(Error::not_configured(
                "`on_panic` cannot be `restart`: this program was built with `panic = \"abort\"`; build it with `panic = \"unwind\"`".to_owned(),
            ));
        }
        Ok(())
    }

    /// Creates the directories of the default locations, in the caller of a start.
    ///
    /// # Errors
    /// As for [`places::Directory::make`], with advice.
    pub(crate) fn make_directories(&self) -> Result<(), Error> {
        let mut directories = self.directories.iter();
        let made = directories.try_for_each(places::Directory::make);
        made.map_err(|error| self.advise_place(error))
    }

    /// Appends to an error of a default location how to choose another one.
    pub(crate) fn advise_place(&self, error: Error) -> Error {
        let variable = variable(self.name, "pid_file");
        let user = nix::unistd::geteuid();
        if error.is_system(io::ErrorKind::ReadOnlyFilesystem) {
            error.advise(format!(
                "mount a tmpfs there, as by `docker run --tmpfs /run`, or set {variable}"
            ))
        } else if self.spec.pid_file.is_none()
            && error.is_system(io::ErrorKind::PermissionDenied)
            && !user.is_root()
        {
            let becomes = keys::variable(self.name, "user");
            error.advise(format!(
                "set {variable} to a path that uid {user} may write, or let root start it with {becomes}"
            ))
        } else {
            error
        }
    }

    /// Returns how long a verb waits for another verb: at most the duration of a restart.
    pub(crate) fn verb_timeout(&self) -> Duration {
        self.spec
            .start_timeout
            .saturating_add(self.spec.stop_timeout)
    }
}

/// Returns the declaration, overridden by the environment and the options, and the overridden keys.
///
/// Reads the keys that the verb takes. A wrong value of another verb cannot keep a daemon from
/// being stopped.
#[cfg_attr(
    not(feature = "cli"),
    allow(unused_variables, reason = "there are no options then")
)]
fn overridden(
    declared: &Spec,
    overrides: &Overrides,
    verb: VerbKind,
) -> Result<(Spec, Vec<Given>), Error> {
    let (mut spec, mut given) = (*declared, Vec::new());
    let keys = KEYS.iter().filter(|key| key.is_for(verb));
    for key in keys.filter(|key| key.is_of(declared)) {
        let variable = variable(spec.name, key.name);
        if let Some(text) = environment(&variable)? {
            match (key.set)(&mut spec, &text) {
                Ok(()) => given.push(Given::of(&spec, key, Source::Variable, text)),
                // It only bounds the wait for another verb, or names a file to remove.
                Err(why)
                    if verb == VerbKind::Waiting
                        && ["start_timeout", LISTEN].contains(&key.name) =>
                {
                    complain(
                        spec.name,
                        format_args!("ignored {variable}: {why}; unset it"),
                    );
                }
                Err(why) => return Err(Error::usage(format!("{variable}: {why}"))),
            }
        }
        #[cfg(feature = "cli")]
        for text in overrides.all(key.name) {
            let option = key.option;
            let set = match text {
                "" => Err("the value is empty; omit the option".to_owned()),
                text => (key.set)(&mut spec, text),
            };
            set.map_err(|why| Error::usage(format!("--{option}: {why}")))?;
            given.push(Given::of(&spec, key, Source::Option, text.to_owned()));
        }
    }
    Ok((spec, given))
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

/// Returns the value of a variable, if it is set and not empty. In a setuid program the caller
/// controls the environment, so it is ignored.
fn environment(variable: &str) -> Result<Option<String>, Error> {
    match std::env::var(variable) {
        _ if sys::is_secure_execution() => Ok(None),
        Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::usage(format!(
            "{variable}: the value is not UTF-8; unset it"
        ))),
    }
}
