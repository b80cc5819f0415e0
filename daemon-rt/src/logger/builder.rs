//! Setting the logger up.

use std::fmt;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;

use super::filter::Filter;
use super::format::{Dress, Format};
use super::sink::{Rotation, Sink};
use super::{Error, Level, Logger, recover};

/// What the logger is to be; [`Builder::install`] makes it so.
#[derive(Debug, Clone)]
#[must_use = "nothing is logged before `install`"]
pub struct Builder {
    output: Output,
    filter: String,
    format: Format,
    buffer: Option<usize>,
    rotation: Rotation,
}

#[derive(Debug, Clone)]
enum Output {
    File(PathBuf),
    Stdout,
    Stderr,
}

/// A logger to stderr, of level debug, in the seed's format, until the methods say otherwise.
pub fn builder() -> Builder {
    Builder {
        output: Output::Stderr,
        filter: "debug".to_owned(),
        format: Format::Seed,
        buffer: None,
        rotation: Rotation::default(),
    }
}

impl Builder {
    /// Appends to the file at `path`, which is made with mode 0640 if it is missing.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Output::File(path.into());
        self
    }

    /// Writes to stderr: in colour on a terminal (unless `NO_COLOR` is set), with journald's
    /// priorities when `JOURNAL_STREAM` says that journald reads it.
    pub fn stderr(mut self) -> Self {
        self.output = Output::Stderr;
        self
    }

    /// Writes to stdout, as [`Builder::stderr`] does to stderr.
    pub fn stdout(mut self) -> Self {
        self.output = Output::Stdout;
        self
    }

    /// Sets what is written: a [`Level`], or text as [`set_filter`](super::set_filter)
    /// takes it.
    pub fn level(mut self, filter: impl fmt::Display) -> Self {
        self.filter = filter.to_string();
        self
    }

    /// Chooses the shape of a line.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Buffers `bytes` of records, in steps of 4096, in a file beside the log: `LOG.stage.PID`, one
    /// a process, made at its first record. Streams are not buffered.
    ///
    /// Records reach the log when the buffer is full, with a record of level error or above, and
    /// within a second, for which a thread `log` sleeps. They are safe once logged: what a dead
    /// process leaves, killed by SIGKILL even, [`recover`](super::recover) puts into the log. When
    /// the file cannot be made, each record is written at once. The log should be written by
    /// buffered processes only, or by others only: a mixture is not recovered exactly.
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = Some(bytes).filter(|_| bytes > 0);
        self
    }

    /// Begins a new file when the log has `bytes` or more: `LOG` becomes `LOG.1`, that `LOG.2`, and
    /// so on. It is looked once a second at most, so a file may grow beyond it for a second.
    ///
    /// Any number of processes may do so on one log. The folder must be the process's to write.
    pub fn rotate_at(mut self, bytes: u64) -> Self {
        self.rotation.size = Some(bytes);
        self
    }

    /// Begins a new file at the first record of each local day, as [`Builder::rotate_at`] does.
    pub fn rotate_daily(mut self) -> Self {
        self.rotation.daily = true;
        self
    }

    /// Keeps so many old files, 7 unless told. None of them is compressed.
    pub fn keep(mut self, files: u32) -> Self {
        self.rotation.keep = files;
        self
    }

    /// Opens the output and makes this the logger of the process, for good. Starts no thread.
    /// Recovers first what a dead process left, see [`recover`].
    ///
    /// Reads the time zone, `NO_COLOR` and `JOURNAL_STREAM` here and never again.
    ///
    /// # Errors
    /// The filter is none, the output cannot be opened, or the process has a logger: this one
    /// already ([`Error::Installed`]), or another crate's ([`Error::Foreign`]). After the latter
    /// the functions of this module work, and `log`'s macros go to the other.
    pub fn install(self) -> Result<(), Error> {
        let filter: Filter = self.filter.parse()?;
        let mut recovery = Ok(0);
        let sink = match self.output {
            Output::File(path) => {
                recovery = recover(&path);
                Sink::file(&path, self.buffer, self.rotation)?
            }
            Output::Stdout => Sink::stream(io::stdout().as_fd(), dress(&io::stdout()))?,
            Output::Stderr => Sink::stream(io::stderr().as_fd(), dress(&io::stderr()))?,
        };
        Logger::new(sink, self.format).install(filter)?;
        if let Err(error) = recovery {
            super::log(
                Level::Warn,
                format_args!("what a dead process left stays there: {error}"),
            );
        }
        Ok(())
    }
}

/// How lines are dressed for whoever reads `stream`.
fn dress(stream: &(impl IsTerminal + AsFd)) -> Dress {
    if is_journal(stream) {
        Dress::Journal
    } else if stream.is_terminal() && wants_colour() {
        Dress::Colour
    } else {
        Dress::Plain
    }
}

/// `NO_COLOR` set and not empty means none, <https://no-color.org>; nor can a dumb terminal.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}

/// Whether `JOURNAL_STREAM`, device and inode of a stream, names this one: systemd.exec(5).
fn is_journal(stream: &impl AsFd) -> bool {
    let Ok(open) = nix::sys::stat::fstat(stream) else {
        return false;
    };
    let journal = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    journal == format!("{}:{}", open.st_dev, open.st_ino)
}
