//! `logs`: prints the end of the log, and follows it.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, StdoutLock, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::OFlag;

use crate::error::Error;
use crate::instance::lock::Holder;
use crate::instance::state::Snapshot;
use crate::logger::SyslogTarget;
use crate::os::file_id::FileId;
use crate::settings::{LogTarget, Settings, Source};
use crate::verbs::holder::{find_lock, read_page};

/// The interval between two reads of a followed file.
const LOOK: Duration = Duration::from_millis(200);

/// The number of reads of a file after it was renamed. Its writer notices the rename within a
/// second.
const LAST_LOOKS: u32 = 15;

/// Prints the last `lines` lines. With `follow` continues without end, across rotations.
#[inline(never)]
pub(super) fn logs(settings: &Settings, lines: usize, follow: bool) -> Result<u8, Error> {
    let path = log_file(settings)?;
    let failed = |source| Error::at("read the log", &path, source);
    let mut out = Out {
        stdout: io::stdout().lock(),
        failed: false,
    };
    let mut file = open(&path).map_err(failed)?;
    let start = start_of_last(&file, lines).map_err(failed)?;
    file.seek(SeekFrom::Start(start)).map_err(failed)?;
    let shown = io::copy(&mut file, &mut out)
        .and_then(|_| out.flush())
        .and_then(|()| {
            if follow {
                print_appended(&path, file, &mut out)
            } else {
                Ok(())
            }
        });
    match shown {
        // The reader has closed the pipe.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) if out.failed => Err(Error::step("write to stdout", error)),
        shown => shown.map(|()| 0).map_err(failed),
    }
}

/// Standard output, whose errors differ from errors of the log.
struct Out {
    stdout: StdoutLock<'static>,
    failed: bool,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stdout.write(bytes);
        self.failed = written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.stdout.flush();
        self.failed = flushed.is_err();
        flushed
    }
}

/// Opens the log, which may be in a directory of the daemon's user.
///
/// Refuses a symbolic link, which could show another file, and a FIFO, which could block.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("not a regular file; pass --log-file"))
    }
}

/// Returns the log that the command line names, or that of the running daemon, or otherwise that of
/// the settings.
///
/// # Errors
/// This caller cannot find out whether a daemon runs; the log is not a file.
fn log_file(settings: &Settings) -> Result<PathBuf, Error> {
    let own = || match settings.log_target {
        LogTarget::File if settings.log_file.as_os_str().is_empty() => Err(Error::not_configured(
            "the log has no default location without a home directory; pass --log-file".to_owned(),
        )),
        LogTarget::File => Ok(settings.log_file.clone()),
        _ => Err(with_syslogd()),
    };
    if settings.is_given("log_file") == Some(Source::Option) {
        return own();
    }
    let page = match find_page(settings) {
        Ok(page) => page,
        Err(_) if settings.is_given("log_file").is_some() => return own(),
        Err(error) => return Err(unknown_log(settings, &error)),
    };
    let Some(page) = page else { return own() };
    let place = page.log_file();
    match place.as_str() {
        "" if page.is_foreground() => Err(Error::other(
            "the daemon runs in the foreground and logs to stderr; look in the log of its supervisor",
        )),
        // It starts, and has not opened its log.
        "" => own(),
        "stdout" => Err(Error::other(
            "the daemon runs in a container and logs to stdout; look in the log of the container",
        )),
        place if SyslogTarget::parse(place).is_some() => Err(with_syslogd()),
        _ => page.log_path().ok_or_else(|| {
            Error::other("the path of the log is too long for the state page; pass --log-file")
        }),
    }
}

/// Returns the state page of the running daemon, if one runs.
fn find_page(settings: &Settings) -> Result<Option<Snapshot>, Error> {
    match find_lock(settings)? {
        Some(lock) if lock.holder()? != Holder::Nobody => read_page(&lock).map(Some),
        _ => Ok(None),
    }
}

/// Creates the error for a daemon that this caller cannot ask. Its log may be another file than the
/// caller's default.
fn unknown_log(settings: &Settings, error: &Error) -> Error {
    let pid_file = settings.pid_file.display();
    Error::not_allowed(if error.is_system(io::ErrorKind::PermissionDenied) {
        format!(
            "not allowed to see which log the daemon of {pid_file} writes; pass --log-file, or \
             run this command as its user"
        )
    } else {
        format!("cannot see which log the daemon of {pid_file} writes: {error}; pass --log-file")
    })
}

fn with_syslogd() -> Error {
    Error::other("the log goes to syslogd; look in its files")
}

/// Returns the position of the last `lines` lines, by a search from the end.
fn start_of_last(file: &File, lines: usize) -> io::Result<u64> {
    let mut block = [0; 8192];
    let end = file.metadata()?.len();
    let mut start = end;
    let mut missing = lines;
    while start > 0 && missing > 0 {
        let length = usize::try_from(start)
            .unwrap_or(usize::MAX)
            .min(block.len());
        let from = start - length as u64;
        file.read_exact_at(&mut block[..length], from)?;
        for (at, byte) in block[..length].iter().enumerate().rev() {
            let place = from + at as u64 + 1;
            // A line has no NUL. Before it is the hole of a log that was truncated in place.
            if *byte == 0 {
                return Ok(place);
            }
            // The newline at the end of the file ends the last line.
            if *byte == b'\n' && place != end {
                missing -= 1;
                if missing == 0 {
                    return Ok(place);
                }
            }
        }
        start = from;
    }
    Ok(if lines == 0 { end } else { 0 })
}

/// Prints the lines that are appended.
///
/// Reads a renamed file to its end before the new one, and then both for a while.
fn print_appended(path: &Path, mut file: File, out: &mut impl Write) -> io::Result<()> {
    let mut renamed: Option<(File, u32)> = None;
    loop {
        let moved = is_moved(path, &file);
        if let Some((old, looks)) = &mut renamed {
            io::copy(old, out)?;
            *looks -= 1;
        }
        renamed = renamed.filter(|(_, looks)| *looks > 0);
        io::copy(&mut file, out)?;
        out.flush()?;
        if moved {
            // It may not exist yet, because the daemon creates it with the next record.
            if let Ok(new) = open(path) {
                renamed = Some((std::mem::replace(&mut file, new), LAST_LOOKS));
                continue;
            }
        } else if file.metadata()?.len() < file.stream_position()? {
            // Truncated in place.
            file.seek(SeekFrom::Start(0))?;
            continue;
        }
        std::thread::sleep(LOOK);
    }
}

fn is_moved(path: &Path, file: &File) -> bool {
    let there = std::fs::metadata(path);
    there.is_err() || there.ok().as_ref().map(FileId::from) != FileId::of(file)
}
