//! Where the files go when nobody says.

use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, geteuid};

use crate::confine::privileges::Identity;
use crate::error::Error;
use crate::os::sys;

/// Whose default places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    /// Those of whoever runs the program.
    Own,
    /// Those of the system, as root has them: for units that somebody else installs.
    System,
}

impl Places {
    fn are_system(self) -> bool {
        self == Self::System || geteuid().is_root()
    }
}

/// Whose daemon it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner {
    /// That of whoever starts it.
    Caller,
    /// That of the declared user, if it exists.
    Declared(Option<(Uid, Gid)>),
}

impl Owner {
    /// The declared one where `is_named`, whether or not it is `known`.
    pub(crate) fn of(is_named: bool, known: Option<&Identity>) -> Self {
        if is_named {
            Self::Declared(known.map(|user| (user.uid, user.gid)))
        } else {
            Self::Caller
        }
    }
}

/// The files of a daemon, and the folders that a start makes for them.
#[derive(Debug)]
pub(crate) struct Files {
    pub pid_file: PathBuf,
    pub log_file: PathBuf,
    pub folders: Vec<Folder>,
}

/// A folder of a default place: made by a start where it is missing.
#[derive(Debug)]
pub(crate) struct Folder {
    pub path: PathBuf,
    pub mode: u32,
    /// Who gets it; none is whoever makes it.
    pub owner: Option<(Uid, Gid)>,
}

/// The given paths, or the default ones: `/run` and `/var/log` for root, folders of their own in
/// there for a daemon that becomes another user, and the state folder of the XDG base directory
/// specification for ordinary users (`$XDG_RUNTIME_DIR` vanishes at the last logout). The log of a
/// daemon with a root of its own is in there.
pub(crate) fn find(
    name: &str,
    pid_file: Option<&str>,
    log_file: Option<&str>,
    owner: Owner,
    places: Places,
    chroot: Option<&Path>,
) -> Result<Files, Error> {
    let mut folders = Vec::new();
    let mut place = |given: Option<&str>, default: Result<Folder, Error>, ending: &str| {
        let file = format!("{name}.{ending}");
        let folder = match given.map(PathBuf::from) {
            // To name the default place is to mean it: its folder is made all the same.
            Some(path) => match default {
                Ok(folder) if folder.path.join(&file) == path => folder,
                _ => return Ok(path),
            },
            None => default?,
        };
        let path = folder.path.join(file);
        folders.push(folder);
        Ok::<_, Error>(path)
    };
    let pid_file = place(pid_file, run_folder(name, owner, places), "pid")?;
    let log_folder = log_folder(name, owner, places, chroot.unwrap_or(Path::new("/")));
    let log_file = place(log_file, log_folder, "log")?;
    let is_default = |chroot: &&Path| log_file.starts_with(chroot.join(LOGS));
    if let Some(chroot) = chroot.filter(is_default) {
        // An empty root has none of them. Above the last, which is the user's.
        for path in [LOGS, "var"] {
            let path = chroot.join(path);
            let (mode, owner) = (0o755, None);
            folders.insert(0, Folder { path, mode, owner });
        }
    }
    Ok(Files {
        pid_file,
        log_file,
        folders,
    })
}

/// Root's, also for a daemon that becomes another user: root's verbs believe what is in it.
fn run_folder(name: &str, owner: Owner, places: Places) -> Result<Folder, Error> {
    Ok(match owner {
        Owner::Declared(_) => Folder {
            path: Path::new("/run").join(name),
            mode: 0o755,
            owner: None,
        },
        Owner::Caller if places.are_system() => Folder {
            path: "/run".into(),
            mode: 0o755,
            owner: None,
        },
        Owner::Caller => state_folder(name)?,
    })
}

/// Where logs are, below the root.
const LOGS: &str = "var/log";

/// The user's, so that the log can be opened again after a rotation.
fn log_folder(name: &str, owner: Owner, places: Places, root: &Path) -> Result<Folder, Error> {
    Ok(match owner {
        Owner::Declared(owner) => Folder {
            path: root.join(LOGS).join(name),
            mode: 0o750,
            owner,
        },
        Owner::Caller if places.are_system() => Folder {
            path: root.join(LOGS),
            mode: 0o755,
            owner: None,
        },
        Owner::Caller => state_folder(name)?,
    })
}

/// Whatever belongs to a daemon of an ordinary user.
fn state_folder(name: &str) -> Result<Folder, Error> {
    Ok(Folder {
        path: state_home()?.join(name),
        mode: 0o700,
        owner: None,
    })
}

/// The lock beside a pid file.
pub(crate) fn lock_file(pid_file: &Path) -> PathBuf {
    let mut name = pid_file.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// `${XDG_STATE_HOME:-~/.local/state}`; relative values are ignored, as the specification says.
fn state_home() -> Result<PathBuf, Error> {
    let variable = |name| {
        let value = std::env::var_os(name).filter(|_| !sys::is_secure_execution());
        value.map(PathBuf::from).filter(|path| path.is_absolute())
    };
    if let Some(path) = variable("XDG_STATE_HOME") {
        return Ok(path);
    }
    let known = || {
        User::from_uid(geteuid())
            .ok()
            .flatten()
            .map(|user| user.dir)
    };
    let home = variable("HOME").or_else(|| known().filter(|home| home.is_dir()));
    home.map(|home| home.join(".local/state")).ok_or_else(|| {
        Error::not_configured(format!(
            "no default location: uid {} has no home directory; pass --pid-file and --log-file",
            geteuid()
        ))
    })
}
