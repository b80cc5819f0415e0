//! Reads the file of the settings. Links are followed, since tools that manage settings use them,
//! but no other user may have planted one.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, SFlag, fstat};

use super::owner::{NOT_REGULAR, Rule, check_writers, describe_owner, is_kind, is_sticky};
use super::place::TRIES;
use super::walk::{End, follow};
use crate::error::{Error, ErrorKind as Kind};

const STEP: &str = "read the settings";

/// The pause before another attempt to read a file that is being written.
const PAUSE: Duration = Duration::from_millis(10);

/// Reads the file at `path`, but not more than `limit` bytes, and returns its size with them.
/// Returns `None` if it is missing. `root` is the root directory of this process, if it has one of
/// its own. `by_root` is whether root starts the daemon.
///
/// A FIFO or a device is never opened, so this does not wait for another process.
///
/// # Errors
/// `ErrorKind::Untrusted` if another user could have written the file, or a directory or a link on
/// its path. It cannot be read, or it changes all the time.
pub(crate) fn read_settings(
    path: &Path,
    root: Option<&Path>,
    by_root: bool,
    limit: u64,
) -> Result<Option<(Vec<u8>, u64)>, Error> {
    let rule = Rule::Settings { by_root };
    for attempt in 0..TRIES {
        if attempt > 0 {
            sleep(PAUSE);
        }
        let end = match follow(path, path, rule, &mut |_, _| Ok(())) {
            Err(error) if error.kind() != Kind::Untrusted => {
                return match path.ancestors().find(|part| is_dangling(part)) {
                    Some(link) => Err(dangling(path, link, root)),
                    None if error.is_system(ErrorKind::NotFound) => Ok(None),
                    None => Err(error),
                };
            }
            end => end?,
        };
        match open_end(&end, path, rule) {
            // Another process replaced the file meanwhile.
            Err(error) if error.is_system(ErrorKind::NotFound) => {}
            opened => {
                let whole = read_whole(&opened?, path, limit)?;
                if whole.is_some() {
                    return Ok(whole);
                }
            }
        }
    }
    Err(Error::not_configured(format!(
        "cannot read the settings {}: another process keeps changing the file; write a new one and \
         rename it",
        path.display()
    )))
}

/// Returns whether `path` is a link to something that does not exist, or to itself.
fn is_dangling(path: &Path) -> bool {
    let is_link = fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink());
    let nowhere = |error: io::Error| {
        let is_loop = error.raw_os_error() == Some(Errno::ELOOP as i32);
        is_loop || error.kind() == ErrorKind::NotFound
    };
    is_link && fs::metadata(path).is_err_and(nowhere)
}

/// Returns the error for a link that leads nowhere. A target that is not mounted is not a file that
/// nobody wrote.
fn dangling(path: &Path, link: &Path, root: Option<&Path>) -> Error {
    let whole = |path: &Path| match root {
        Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
        None => path.to_owned(),
    };
    let where_to = match root {
        Some(root) => format!(
            "leads to nothing below the chroot {}; let it lead to a file below it",
            root.display()
        ),
        None => "leads to nothing; repair or remove it".to_owned(),
    };
    Error::not_configured(format!(
        "cannot read the settings {}: the link {} {where_to}",
        whole(path).display(),
        whole(link).display()
    ))
}

/// Opens the file to which `path` leads, and checks that it is the user's to write.
fn open_end(end: &End, path: &Path, rule: Rule) -> Result<File, Error> {
    let irregular = || Error::untrusted(path, NOT_REGULAR);
    let Some((name, found)) = &end.file else {
        return Err(irregular());
    };
    // Before it is opened, since to open a device can be an action.
    if !is_kind(found, SFlag::S_IFREG) {
        return Err(irregular());
    }
    let flags = OFlag::O_RDONLY
        | OFlag::O_NOFOLLOW
        | OFlag::O_CLOEXEC
        | OFlag::O_NONBLOCK
        | OFlag::O_NOCTTY;
    let failed = |errno| Error::at(STEP, path, errno);
    let opened = openat(&end.directory, name.as_os_str(), flags, Mode::empty());
    let file = opened.map_err(|errno| match errno {
        Errno::ELOOP => failed(Errno::ENOENT),
        Errno::ENXIO => irregular(),
        // Without O_NONBLOCK the call would wait for the other process, `fcntl(2)`.
        Errno::EAGAIN => Error::not_configured(format!(
            "cannot read the settings {}: another process has a lease on the file; try again, or \
             end that process",
            path.display()
        )),
        errno => failed(errno),
    })?;
    let stat = fstat(&file).map_err(failed)?;
    if !is_kind(&stat, SFlag::S_IFREG) {
        return Err(irregular());
    }
    let untrusted = |why: String| Error::untrusted(path, format!("{} {why}", end.walked.display()));
    if !rule.trusts_owner(&stat) {
        return Err(untrusted(describe_owner(stat.st_uid)));
    }
    check_writers(&stat, rule).map_err(untrusted)?;
    // Only there another user can give a second name to a file of ours.
    if is_sticky(&end.here) && stat.st_nlink > 1 {
        let links = stat.st_nlink;
        let why = format!("has {links} hard links; remove all but this one");
        return Err(untrusted(why));
    }
    Ok(File::from(file))
}

/// Returns the content and the size, or `None` if the file changed meanwhile.
fn read_whole(file: &File, path: &Path, limit: u64) -> Result<Option<(Vec<u8>, u64)>, Error> {
    let failed = |source| Error::at(STEP, path, source);
    let before = state(file).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
    let after = state(file).map_err(failed)?;
    Ok((before == after).then_some((bytes, after.0)))
}

/// Returns what each write changes.
fn state(file: &File) -> io::Result<(u64, [i64; 4])> {
    let stat = file.metadata()?;
    let times = [
        stat.mtime(),
        stat.mtime_nsec(),
        stat.ctime(),
        stat.ctime_nsec(),
    ];
    Ok((stat.len(), times))
}
