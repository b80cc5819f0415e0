//! The default locations of the files.

use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, geteuid};

use crate::confine::privileges::Identity;
use crate::error::Error;
use crate::os::sys;
#[cfg(feature = "config")]
use crate::settings::keys::CONFIG;
use crate::settings::keys::variable;
use crate::trust::make_directory;

/// The user whose default locations apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// The locations of the user who runs the program.
    Own,
    /// The locations of the system, as for root. They are for a unit that another user installs.
    System,
}

impl Places {
    fn are_system(self) -> bool {
        self == Self::System || geteuid().is_root()
    }
}

/// The owner of the daemon.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    /// The caller that starts the daemon.
    Caller,
    /// The declared user, if it exists.
    Declared(Option<(Uid, Gid)>),
}

impl Owner {
    /// Returns `Declared` if the declaration names a user or a group, even an unknown one.
    pub(crate) fn of(is_named: bool, known: Option<&Identity>) -> Self {
        if is_named {
            Self::Declared(known.map(|user| (user.uid, user.gid)))
        } else {
            Self::Caller
        }
    }
}

/// The files of a daemon, and the directories that a start creates for them.
#[derive(Debug)]
pub(crate) struct Files {
    pub pid_file: PathBuf,
    pub lock_file: PathBuf,
    /// Where a daemon of this name may hold its lock instead.
    pub other_locks: Vec<PathBuf>,
    pub log_file: PathBuf,
    pub directories: Vec<Directory>,
}

/// A directory of a default location. A start creates it if it is missing.
#[derive(Debug)]
pub(crate) struct Directory {
    pub path: PathBuf,
    pub mode: u32,
    /// The owner it is given to. With `None` it stays with the process that creates it.
    pub owner: Option<(Uid, Gid)>,
}

impl Directory {
    fn of_root(path: PathBuf) -> Self {
        let (mode, owner) = (0o755, None);
        Self { path, mode, owner }
    }

    /// Creates the directory if it is missing.
    ///
    /// # Errors
    /// As [`make_directory`].
    pub(crate) fn make(&self) -> Result<(), Error> {
        make_directory(&self.path, self.mode, self.owner)
    }
}

/// Returns the given paths, or the default ones.
///
/// For root these are `/run` and `/var/log`. A daemon that becomes another user has its own
/// directories below them. For other users they lie in the state directory of the XDG base
/// directory specification, because `$XDG_RUNTIME_DIR` vanishes at the last logout. The log of a
/// daemon with `chroot` lies below its new root. Without `has_log` the path of the log is empty.
pub(crate) fn find(
    name: &str,
    pid_file: Option<&str>,
    log_file: Option<&str>,
    has_log: bool,
    owner: Owner,
    places: Places,
    chroot: Option<&Path>,
) -> Result<Files, Error> {
    let mut directories = Vec::new();
    let mut place = |given: Option<&str>, default: Result<Directory, Error>, ending: &str| {
        let file = format!("{name}.{ending}");
        let directory = match given.map(PathBuf::from) {
            // A path equal to the default one also gets its directory.
            Some(path) => match default {
                Ok(directory) if directory.path.join(&file) == path => directory,
                _ => return Ok(path),
            },
            None => default?,
        };
        let path = directory.path.join(file);
        directories.push(directory);
        Ok::<_, Error>(path)
    };
    let pid_file = place(pid_file, run_directory(name, owner, places), "pid")?;
    let log_directory = log_directory(name, owner, places, chroot.unwrap_or(Path::new("/")));
    let log_file = if has_log {
        place(log_file, log_directory, "log")?
    } else {
        PathBuf::new()
    };
    let is_default = |chroot: &&Path| log_file.starts_with(chroot.join(LOGS));
    if let Some(chroot) = chroot.filter(is_default) {
        // An empty root lacks these directories. They precede the last one, which belongs to the
        // user.
        for path in [LOGS, "var"] {
            directories.insert(0, Directory::of_root(chroot.join(path)));
        }
    }
    let (lock_file, other_locks) = lock_files(name, &pid_file);
    Ok(Files {
        pid_file,
        lock_file,
        other_locks,
        log_file,
        directories,
    })
}

/// Returns the directory of the pid file. It belongs to root even if the daemon becomes another
/// user, because root's verbs trust its content.
fn run_directory(name: &str, owner: Owner, places: Places) -> Result<Directory, Error> {
    match owner {
        Owner::Declared(_) => Ok(Directory::of_root(Path::new("/run").join(name))),
        Owner::Caller if places.are_system() => Ok(Directory::of_root("/run".into())),
        Owner::Caller => state_directory(name, "pid_file"),
    }
}

/// The directory of logs, below the root.
const LOGS: &str = "var/log";

/// Returns the directory of the log. It belongs to the declared user, so that the daemon can reopen
/// the log after a rotation.
fn log_directory(
    name: &str,
    owner: Owner,
    places: Places,
    root: &Path,
) -> Result<Directory, Error> {
    match owner {
        Owner::Declared(owner) => Ok(Directory {
            path: root.join(LOGS).join(name),
            mode: 0o750,
            owner,
        }),
        Owner::Caller if places.are_system() => Ok(Directory::of_root(root.join(LOGS))),
        Owner::Caller => state_directory(name, "log_file"),
    }
}

/// Returns the state directory for a daemon of an ordinary user.
///
/// # Errors
/// `ErrorKind::NotConfigured` without a home. It names the variable of `key`, which sets the file.
fn state_directory(name: &str, key: &str) -> Result<Directory, Error> {
    let home = xdg_home("XDG_STATE_HOME", ".local/state").ok_or_else(|| {
        let (user, variable) = (geteuid(), variable(name, key));
        Error::not_configured(format!(
            "no default location of the {}: uid {user} has no home directory; set {variable}",
            key.replace('_', " ")
        ))
    })?;
    Ok(Directory {
        path: home.join(name),
        mode: 0o700,
        owner: None,
    })
}

/// Returns the default file of the settings: in `/etc` where pid file and log have a place of the
/// system, below the root `chroot`, and otherwise where the XDG base directory specification says.
///
/// # Errors
/// `ErrorKind::NotConfigured` without a home.
#[cfg(feature = "config")]
pub(super) fn config_file(
    name: &str,
    owner: Owner,
    places: Places,
    chroot: Option<&Path>,
) -> Result<PathBuf, Error> {
    let file = format!("{name}.toml");
    if matches!(owner, Owner::Declared(_)) || places.are_system() || chroot.is_some() {
        let root = chroot.unwrap_or(Path::new("/"));
        return Ok(root.join("etc").join(file));
    }
    let home = xdg_home("XDG_CONFIG_HOME", ".config");
    home.map(|home| home.join(file)).ok_or_else(|| {
        let (user, variable) = (geteuid(), variable(name, CONFIG));
        Error::not_configured(format!(
            "no default location of the settings: uid {user} has no home directory; set {variable}"
        ))
    })
}

/// Returns the lock file for a pid file, and the others where a daemon of this name may hold its
/// lock.
///
/// The lock file is beside the pid file. But root has one for the default places, whatever the user
/// of the daemon: another user is no other daemon. A daemon that a service manager starts as that
/// user cannot open it, and has the one in the directory of its name.
fn lock_files(name: &str, pid_file: &Path) -> (PathBuf, Vec<PathBuf>) {
    let own = lock_file(pid_file);
    let [of_root, of_user] = system_locks(name);
    if own == of_root || (own == of_user && geteuid().is_root()) {
        (of_root, vec![of_user])
    } else if own == of_user {
        (of_user, vec![of_root])
    } else {
        (own, Vec::new())
    }
}

/// Returns the default lock files of the system: that of root, and that of a daemon's user.
pub(crate) fn system_locks(name: &str) -> [PathBuf; 2] {
    let pid_file = format!("{name}.pid");
    let run = Path::new("/run");
    [run.join(&pid_file), run.join(name).join(&pid_file)].map(|path| lock_file(&path))
}

/// Returns the path of the lock file beside a pid file.
fn lock_file(pid_file: &Path) -> PathBuf {
    let mut name = pid_file.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Returns the directory in the variable `name`, or `default` in the home. Relative values are
/// ignored, as the XDG base directory specification requires.
fn xdg_home(name: &str, default: &str) -> Option<PathBuf> {
    let variable = |name| {
        let value = std::env::var_os(name).filter(|_| !sys::is_secure_execution());
        value.map(PathBuf::from).filter(|path| path.is_absolute())
    };
    let known = || Some(User::from_uid(geteuid()).ok()??.dir);
    let home = || variable("HOME").or_else(|| known().filter(|home| home.is_dir()));
    variable(name).or_else(|| home().map(|home| home.join(default)))
}
