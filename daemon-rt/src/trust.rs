//! Opens files so that nobody else's plant is ever followed, truncated or believed.
//!
//! A path is walked one component at a time, each opened `O_NOFOLLOW` relative to the one before,
//! so that what was checked is what is used. A folder is trusted when root, the effective user or
//! the declared one owns it and others may not write to it, or when it is sticky, like `/tmp`, and
//! what comes next in it is root's or ours. A symbolic link counts only as much as who may have placed it.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, openat, readlinkat};
use nix::libc;
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{AccessFlags, Gid, Uid, faccessat, geteuid};

use crate::error::Error;

/// As many links as the kernel follows in one path, `path_resolution(7)`.
const MAX_LINKS: usize = 40;

/// How often a file is opened anew that was replaced meanwhile.
const TRIES: usize = 16;

/// Who may write to a folder besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Root's pid files: nobody. An ordinary user's: the group, which is often the user's own.
    PidFile,
    /// Log folders: the group, too (`/var/log` belongs to syslog's on some systems).
    Log,
    /// The root of a daemon: nobody but root, not even as the owner.
    Root,
}

impl Rule {
    fn group_may_write(self) -> bool {
        match self {
            Self::Log => true,
            Self::PidFile => !geteuid().is_root(),
            Self::Root => false,
        }
    }

    /// Whether whoever owns the file or the folder may have a say in what is done with it.
    fn trusts_owner(self, stat: &FileStat) -> bool {
        match self {
            Self::Root => stat.st_uid == 0,
            Self::Log | Self::PidFile => is_ours(stat),
        }
    }
}

/// A folder that was walked to and found trustworthy, and the name of a file in it.
#[derive(Debug)]
pub(crate) struct Place {
    folder: Rc<OwnedFd>,
    name: OsString,
    path: PathBuf,
}

impl Place {
    /// Walks to the folder of `path`, which must be absolute.
    ///
    /// # Errors
    /// [`Error::Untrusted`], or what the kernel said of the folder.
    pub(crate) fn of(path: &Path, rule: Rule) -> Result<Self, Error> {
        let usage = || Error::Usage(format!("{} names no file", path.display()));
        let name = path.file_name().ok_or_else(usage)?.to_owned();
        let folder = walk(path.parent().ok_or_else(usage)?, path, rule)?;
        Ok(Self {
            folder: Rc::new(folder),
            name,
            path: path.to_owned(),
        })
    }

    /// The place `name` in the same folder, which needs no second walk.
    pub(crate) fn beside(&self, name: OsString) -> Self {
        Self {
            folder: Rc::clone(&self.folder),
            path: self.path.with_file_name(&name),
            name,
        }
    }

    /// The folder, which is open for its name alone.
    pub(crate) fn folder(&self) -> &OwnedFd {
        &self.folder
    }

    pub(crate) fn name(&self) -> &OsStr {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file, never through a link, and never blocking on a FIFO.
    ///
    /// # Errors
    /// [`Error::Untrusted`] unless it is a regular file of root's or ours with one name.
    pub(crate) fn open(&self, step: &'static str, flags: OFlag, mode: u32) -> Result<File, Error> {
        self.open_stat(step, flags, mode).map(|(file, _)| file)
    }

    /// The same, and what the file is.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub(crate) fn open_stat(
        &self,
        step: &'static str,
        flags: OFlag,
        mode: u32,
    ) -> Result<(File, FileStat), Error> {
        // A rotation may rename the file just now, and another start may make it: again then.
        for _ in 0..TRIES {
            let (file, stat) = self.open_once(step, flags, mode)?;
            if self.has(&stat) {
                return Ok((file, stat));
            }
        }
        Err(self.untrusted("somebody keeps replacing it".to_owned()))
    }

    fn open_once(
        &self,
        step: &'static str,
        flags: OFlag,
        mode: u32,
    ) -> Result<(File, FileStat), Error> {
        let flags =
            flags | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let mode = Mode::from_bits_truncate(mode);
        let file =
            openat(&self.folder, self.name.as_os_str(), flags, mode).map_err(
                |errno| match errno {
                    Errno::ELOOP => self.untrusted("it is a symbolic link".to_owned()),
                    // A socket or a FIFO without a reader, and a folder.
                    Errno::ENXIO | Errno::EISDIR => {
                        self.untrusted("it is not a regular file".to_owned())
                    }
                    errno => Error::at(step, &self.path, errno),
                },
            )?;
        let stat = fstat(&file).map_err(|errno| Error::at(step, &self.path, errno))?;
        check_file(&stat).map_err(|reason| self.untrusted(reason))?;
        Ok((File::from(file), stat))
    }

    /// Whether this file is the one of this name, and has no other. A hard link to somebody's file
    /// that is taken away between the opening and the look leaves one name as well: the wrong one.
    pub(crate) fn names(&self, file: &File) -> bool {
        fstat(file).is_ok_and(|here| self.has(&here))
    }

    fn has(&self, here: &FileStat) -> bool {
        let there = fstatat(
            &self.folder,
            self.name.as_os_str(),
            AtFlags::AT_SYMLINK_NOFOLLOW,
        );
        let same = |there: FileStat| {
            (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino) && there.st_nlink == 1
        };
        there.is_ok_and(same)
    }

    fn untrusted(&self, reason: String) -> Error {
        Error::Untrusted {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Opens the log for appending, creating it with mode 0640 whatever the umask.
pub(crate) fn open_log(path: &Path) -> Result<File, Error> {
    open_log_at(&Place::of(path, Rule::Log)?)
}

/// The same of the log's name in `folder`, which was trusted before: `path` may lead elsewhere now.
pub(crate) fn open_log_in(folder: OwnedFd, path: &Path) -> Result<File, Error> {
    open_log_at(&Place {
        folder: Rc::new(folder),
        name: path.file_name().unwrap_or_default().to_owned(),
        path: path.to_owned(),
    })
}

fn open_log_at(place: &Place) -> Result<File, Error> {
    const STEP: &str = "open the log";
    let flags = OFlag::O_WRONLY | OFlag::O_APPEND;
    match place.open_stat(STEP, flags | OFlag::O_CREAT | OFlag::O_EXCL, 0o640) {
        Ok((file, stat)) => {
            if stat.st_mode & 0o7777 != 0o640 {
                set_mode(&file, 0o640).map_err(|source| Error::at(STEP, &place.path, source))?;
            }
            Ok(file)
        }
        Err(Error::System { source, .. }) if source.raw_os_error() == Some(libc::EEXIST) => {
            place.open(STEP, flags, 0)
        }
        Err(error) => Err(error),
    }
}

/// Whether the file could be made or opened for writing; it is not touched.
pub(crate) fn check(path: &Path, rule: Rule) -> Result<(), Error> {
    let place = Place::of(path, rule)?;
    let failed = |errno| Error::at("write to", path, errno);
    match place.open("open", OFlag::O_WRONLY, 0) {
        Err(Error::System { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            let flags = AtFlags::AT_EACCESS;
            faccessat(
                &place.folder,
                ".",
                AccessFlags::W_OK | AccessFlags::X_OK,
                flags,
            )
            .map_err(failed)
        }
        other => other.map(drop),
    }
}

/// `fchmod(2)`: the mode that was asked for, whatever the umask took away.
pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(nix::sys::stat::fchmod(
        file,
        Mode::from_bits_truncate(mode),
    )?)
}

/// Makes the folder `path` and what is missing above it, with `mode`, and gives the last one to
/// `owner` if it is new.
///
/// # Errors
/// As [`Place::of`].
pub(crate) fn make_folder(path: &Path, mode: u32, owner: Option<(Uid, Gid)>) -> Result<(), Error> {
    const STEP: &str = "make the folder";
    let parent = path.parent().unwrap_or(Path::new("/"));
    match walk(path, path, Rule::Log) {
        Err(Error::System { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        other => return other.map(drop),
    }
    if parent != Path::new("/") {
        make_folder(parent, mode, None)?;
    }
    let place = Place::of(path, Rule::Log)?;
    let failed = |errno: Errno| Error::at(STEP, path, errno);
    let bits = Mode::from_bits_truncate(mode);
    match mkdirat(place.folder(), place.name(), bits) {
        // Somebody else's start made it just now: theirs is as good.
        Err(Errno::EEXIST) => return walk(path, path, Rule::Log).map(drop),
        result => result.map_err(failed)?,
    }
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let folder = openat(place.folder(), place.name(), flags, Mode::empty()).map_err(failed)?;
    nix::sys::stat::fchmod(&folder, bits).map_err(failed)?;
    if let Some((uid, gid)) = owner {
        nix::unistd::fchown(&folder, Some(uid), Some(gid)).map_err(failed)?;
    }
    Ok(())
}

/// Opens the folder of the log `target` for its name alone.
pub(crate) fn open_log_folder(path: &Path, target: &Path) -> Result<OwnedFd, Error> {
    walk(path, target, Rule::Log)
}

/// Opens a folder of root's in which nobody else has a say, nor in where it is.
pub(crate) fn open_roots(path: &Path) -> Result<OwnedFd, Error> {
    let folder = walk(path, path, Rule::Root)?;
    let stat = fstat(&folder).map_err(|errno| Error::at("look at", path, errno))?;
    // On the way to it a sticky folder will do.
    if stat.st_mode & (libc::S_IWGRP | libc::S_IWOTH) == 0 {
        return Ok(folder);
    }
    Err(Error::Untrusted {
        path: path.to_owned(),
        reason: "others than root may write to it".to_owned(),
    })
}

/// Opens the folder `path`, checking each component on the way; `target` is for the messages.
fn walk(path: &Path, target: &Path, rule: Rule) -> Result<OwnedFd, Error> {
    let mut left: VecDeque<OsString> = components(path);
    let mut walked = PathBuf::from("/");
    let mut links = 0;
    let (mut folder, mut here) =
        open_component(AT_FDCWD, OsStr::new("/")).map_err(|e| Error::at("open", path, e))?;
    let untrusted = |reason| Error::Untrusted {
        path: target.to_owned(),
        reason,
    };
    loop {
        check_folder(&here, rule)
            .map_err(|why| untrusted(format!("{} {why}", walked.display())))?;
        let Some(name) = left.pop_front() else {
            return Ok(folder);
        };
        let next_path = walked.join(&name);
        let failed = |errno| Error::at("open", &next_path, errno);
        let (next, stat) = open_component(&folder, &name).map_err(failed)?;
        if !rule.trusts_owner(&stat) && (is_sticky(&here) || is_kind(&stat, SFlag::S_IFLNK)) {
            return Err(untrusted(format!(
                "{} belongs to uid {}",
                next_path.display(),
                stat.st_uid
            )));
        }
        if is_kind(&stat, SFlag::S_IFLNK) {
            links += 1;
            if links > MAX_LINKS {
                return Err(failed(Errno::ELOOP));
            }
            let text = readlinkat(&next, "").map_err(failed)?;
            let text = Path::new(&text);
            if text.is_absolute() {
                walked = PathBuf::from("/");
                (folder, here) = open_component(AT_FDCWD, OsStr::new("/")).map_err(failed)?;
            }
            for name in components(text).into_iter().rev() {
                left.push_front(name);
            }
        } else if is_kind(&stat, SFlag::S_IFDIR) {
            (folder, here) = (next, stat);
            walked = next_path;
        } else {
            return Err(failed(Errno::ENOTDIR));
        }
    }
}

/// The names in a path; `..` is one, since only the kernel knows what is above a folder.
fn components(path: &Path) -> VecDeque<OsString> {
    let names = path.as_os_str().as_bytes().split(|byte| *byte == b'/');
    names
        .filter(|name| !name.is_empty() && *name != b".")
        .map(|name| OsStr::from_bytes(name).to_owned())
        .collect()
}

/// Opens a component as what it is, a link as a link, and looks at it: `O_PATH` needs no right to
/// read it.
fn open_component(folder: impl AsFd, name: &OsStr) -> nix::Result<(OwnedFd, FileStat)> {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let component = openat(folder, name, flags, Mode::empty())?;
    let stat = fstat(&component)?;
    Ok((component, stat))
}

fn check_folder(stat: &FileStat, rule: Rule) -> Result<(), String> {
    // The owner of a sticky folder may take away what is in it, whoever owns that.
    if !rule.trusts_owner(stat) {
        return Err(format!(
            "belongs to uid {}, who could replace it",
            stat.st_uid
        ));
    }
    if is_sticky(stat) {
        return Ok(());
    }
    if stat.st_mode & libc::S_IWOTH != 0 {
        return Err("is writable for everybody, who could replace it".to_owned());
    }
    if stat.st_mode & libc::S_IWGRP != 0 && !rule.group_may_write() {
        return Err(format!(
            "is writable for group {}, who could replace it",
            stat.st_gid
        ));
    }
    Ok(())
}

fn check_file(stat: &FileStat) -> Result<(), String> {
    if !is_kind(stat, SFlag::S_IFREG) {
        return Err("it is not a regular file".to_owned());
    }
    if !is_ours(stat) {
        return Err(format!("it belongs to uid {}", stat.st_uid));
    }
    if stat.st_nlink > 1 {
        return Err(format!("it has {} names (hard links)", stat.st_nlink));
    }
    Ok(())
}

/// The user that the declaration names.
static DECLARED: OnceLock<Uid> = OnceLock::new();

/// Trusts what belongs to the user that the daemon becomes as much as what is root's.
///
/// Its log folder is that user's, and under an init system that changes the user itself (`User=`)
/// so are the run folder, the pid file and the lock: root's verbs must find them. That user gains
/// nothing by it. No link is followed and no file with two names is opened, so nothing of anybody
/// else's is written to; nobody is signalled for a number in a file, but for holding the lock, which
/// only a process that could open the file holds: the user's own. What is left is to mislead root
/// about the user's own daemon.
pub(crate) fn trust_also(user: Uid) {
    // Once a process: there is one declaration.
    let _ = DECLARED.set(user);
}

/// Whether root, the effective user or the declared one owns it.
fn is_ours(stat: &FileStat) -> bool {
    let declared = DECLARED.get().map(|user| user.as_raw());
    stat.st_uid == 0 || stat.st_uid == geteuid().as_raw() || Some(stat.st_uid) == declared
}

fn is_sticky(stat: &FileStat) -> bool {
    stat.st_mode & libc::S_ISVTX != 0
}

fn is_kind(stat: &FileStat, kind: SFlag) -> bool {
    SFlag::from_bits_truncate(stat.st_mode & libc::S_IFMT) == kind
}
