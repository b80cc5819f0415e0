//! Compresses old files with `gzip(1)` in a thread, apart from the path of the records.
//!
//! The result is first named after the inode and the state of its source. A rotation may renumber
//! the source meanwhile, and a slow process may still write to it. The result gets its final name
//! under the lock, which excludes rotations.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::stat::{FileStat, SFlag, fstat};

use super::old_files::{COMPRESSED, numbered};
use crate::error::Error;
use crate::logger::log_place::{LogPlace, is_number};
use crate::logger::recover;
use crate::os::file_id::FileId;
use crate::os::own;
use crate::os::{helper, sys};

/// The number of the first settled old file. For a second after a rotation, other processes may
/// still write to the newest one.
const SETTLED: u32 = 2;

/// Replaces old files with their compressed copies. The caller holds the lock on the log.
///
/// A file is left alone while a staging file notes a batch for it, because recovery reads it.
pub(super) fn adopt_all(place: &LogPlace, files: u32) {
    let in_use = recover::logs_in_use(place);
    for number in SETTLED..=files {
        let name = numbered(place, number, "");
        let Ok(plain) = place.stat_of(&*name) else {
            continue;
        };
        if in_use.contains(&FileId::from(&plain)) {
            continue;
        }
        let packed = packed_name(place, &plain);
        let compressed = numbered(place, number, COMPRESSED);
        if place.rename(&*packed, &*compressed).is_ok() {
            let _ = place.remove(&*name);
        }
    }
}

/// Returns the leftovers of compressions among `names`. Their process died, or their source was
/// removed or changed. The caller holds the lock on the log.
pub(super) fn leftovers<'a>(
    place: &'a LogPlace,
    names: &'a [String],
) -> impl Iterator<Item = &'a String> {
    let prefix = place.packed_prefix();
    names.iter().filter(move |name| {
        let parts = name.strip_prefix(&prefix).map(|rest| rest.split('.'));
        match parts.map(Iterator::collect::<Vec<_>>).as_deref() {
            Some(["part", pid]) => is_number(pid) && is_abandoned(place, name),
            Some(parts @ [_, _, _, _]) => {
                parts.iter().all(|part| is_number(part)) && !is_wanted(place, names, name)
            }
            _ => false,
        }
    })
}

/// Returns whether `packed` is the compressed form of one of `names`.
fn is_wanted(place: &LogPlace, names: &[String], packed: &str) -> bool {
    let mut files = names.iter().filter_map(|name| place.stat_of(&**name).ok());
    files.any(|file| packed_name(place, &file) == packed)
}

/// Returns whether no process compresses into the file. A compressing process holds a lock on it.
fn is_abandoned(place: &LogPlace, name: &str) -> bool {
    let file = place.open_other(name, OFlag::O_WRONLY);
    file.is_ok_and(|file| lock_part(&file).is_ok())
}

/// Locks the file of a compression. The lock also belongs to `gzip`, which shares the open file.
fn lock_part(part: &File) -> nix::Result<()> {
    sys::flock(part.as_fd(), libc::LOCK_EX | libc::LOCK_NB)
}

/// Returns the name of the compressed copy, which encodes the inode and the state of its source. A
/// source changed since, or a reused inode, does not match it.
fn packed_name(place: &LogPlace, plain: &FileStat) -> String {
    let (inode, size) = (plain.st_ino, plain.st_size);
    let (second, nanosecond) = (plain.st_mtime, plain.st_mtime_nsec);
    format!(
        "{}{inode}.{size}.{second}.{nanosecond}",
        place.packed_prefix()
    )
}

/// Compresses one file. Returns whether there was a file to compress.
pub(super) fn make(place: &LogPlace) -> Result<bool, Error> {
    let name = numbered(place, SETTLED, "");
    make_of(place, &name)
        .map_err(|source| Error::at("compress", &place.path().with_file_name(name), source))
}

fn make_of(place: &LogPlace, name: &OsStr) -> io::Result<bool> {
    let source = match place.open_other(name, OFlag::O_RDONLY) {
        Ok(source) => source,
        Err(Errno::ENOENT) => return Ok(false),
        Err(errno) => return Err(errno.into()),
    };
    let stat = fstat(&source)?;
    if SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
        return Ok(false);
    }
    let part = format!("{}part.{}", place.packed_prefix(), own::pid());
    // The leftover of a thread that was killed with its process.
    if is_abandoned(place, &part) {
        let _ = place.remove(&*part);
    }
    let output = match place.create_other(&part, 0o640) {
        Ok(output) => output,
        // Another thread of this process still compresses the previous file.
        Err(Errno::EEXIST) => return Ok(false),
        Err(errno) => return Err(errno.into()),
    };
    // The lock is held until the file has its name.
    let done = lock_part(&output)
        .map_err(io::Error::from)
        .and_then(|()| compress(source, &output))
        .and_then(|()| Ok(place.rename(&*part, &*packed_name(place, &stat))?));
    if done.is_err() {
        let _ = place.remove(&*part);
    }
    done.map(|()| true)
}

fn compress(source: File, output: &File) -> io::Result<()> {
    let size = source.metadata()?.len();
    let mut gzip = Command::new("gzip");
    gzip.arg("-c")
        .stdin(source)
        .stdout(output.try_clone()?)
        .stderr(Stdio::null());
    match helper::run(&mut gzip) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(io::Error::other(format!("gzip: {status}"))),
        // `gzip` has ended, but another caller of `wait` received its status.
        Err(error) if error.raw_os_error() == Some(libc::ECHILD) && is_whole(output, size) => {
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(io::Error::other("gzip is not in PATH"))
        }
        Err(error) => Err(io::Error::other(format!("gzip: {error}"))),
    }
}

/// Returns whether `packed` holds `size` bytes. At its end gzip stores their number modulo 2^32.
fn is_whole(packed: &File, size: u64) -> bool {
    /// The size of the head, an empty block and the tail.
    const LEAST: u64 = 20;
    let length = packed.metadata().map_or(0, |packed| packed.len());
    let mut tail = [0; 4];
    length >= LEAST
        && packed.read_exact_at(&mut tail, length - 4).is_ok()
        && u64::from(u32::from_le_bytes(tail)) == size & u64::from(u32::MAX)
}
