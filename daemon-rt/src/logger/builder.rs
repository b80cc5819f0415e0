//! Setting the logger up.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::PathBuf;

use super::config::{Buffer, Config, Filter, Format, Keep, Limit, Repeats, Rotate};
use super::error::Error;
use super::extras::LOG_EXTRAS;
use super::format::Audience;
use super::instance::Logger;
use super::level::Level;
use super::log_place::LogPlace;
use super::recover::recover_at;
use super::sink::{Aging, Sink};
use super::syslog::Syslog;
use super::throttle::Throttle;
use crate::trust;

/// What the logger is to be; [`Builder::install`] makes it so.
#[derive(Debug, Clone)]
#[must_use = "nothing is logged before `install`"]
pub struct Builder {
    output: Output,
    config: Config,
}

#[derive(Debug, Clone)]
enum Output {
    File(PathBuf),
    Found(trust::Place),
    Stdout,
    Stderr,
    Syslog { name: String, socket: PathBuf },
}

/// Where syslogd listens.
pub(crate) const SYSLOG: &str = "/dev/log";

/// Begins a logger to stderr, of level debug, in the format [`Format::Short`].
pub fn builder() -> Builder {
    Builder {
        output: Output::Stderr,
        config: Config::DEFAULT,
    }
}

impl Builder {
    /// Appends to the file at `path`, which is made with mode 0640 if it is missing.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Output::File(path.into());
        self
    }

    /// The same where the way to the file has been walked already.
    pub(crate) fn file_at(mut self, place: trust::Place) -> Self {
        self.output = Output::Found(place);
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

    /// Sends each record to syslogd under `name`, RFC 5424, as a datagram to `/dev/log`, with the
    /// facility `daemon`. The format shapes the message; time, level and pid are in the header.
    ///
    /// Waits for nobody: what syslogd does not take at once, because it is not there or its queue is
    /// full, is lost, and the first record that it takes then says how many were. A syslogd whose socket
    /// is a stream has no records' ends to go by and is not served. After a `chroot`
    /// a new syslogd is found only if the socket is in the new root, too.
    pub fn syslog(self, name: impl Into<String>) -> Self {
        self.syslog_at(name, SYSLOG)
    }

    /// The same with a socket elsewhere.
    pub fn syslog_at(mut self, name: impl Into<String>, socket: impl Into<PathBuf>) -> Self {
        self.output = Output::Syslog {
            name: name.into(),
            socket: socket.into(),
        };
        self
    }

    /// Sets all that [`Config`] has.
    pub(crate) fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets which records are written: those of a [`Level`] and above, or what a [`Filter`] lets pass.
    pub fn level(mut self, filter: impl Into<Filter>) -> Self {
        self.config.level = filter.into();
        self
    }

    /// Chooses the shape of a line.
    pub fn format(mut self, format: Format) -> Self {
        self.config.format = format;
        self
    }

    /// Buffers records in a file beside the log: `LOG.stage.PID`, one for each process, made at its
    /// first record. Streams are not buffered.
    ///
    /// Records reach the log when the buffer is full, with a record of level error or above, and within
    /// a second, for which a thread `log` sleeps. If the file or the thread cannot be made, each record
    /// is written at once.
    ///
    /// Every record is whole in the log at least once: if the process dies, even by SIGKILL, after
    /// [`recover()`](super::recover()). A SIGKILL inside one `write(2)`, or a full disk, may leave a
    /// partial record as well, on a line of its own. All processes of a log should buffer, or none: the
    /// recovery of a mixture is not exact.
    pub fn buffer(mut self, buffer: Buffer) -> Self {
        self.config.buffer = buffer;
        self
    }

    /// Begins a new file by itself: `LOG` becomes `LOG.1`, that `LOG.2`, and so on. It is looked once
    /// a second at most, so a file may grow beyond its size for a second.
    ///
    /// Any number of processes may do so on one log. The folder must be the process's to write.
    pub fn rotate(mut self, rotate: Rotate) -> Self {
        self.config.rotate = rotate;
        self
    }

    /// Sets what is kept of the old files, seven of them by default: the oldest go at a rotation. If they
    /// are to be compressed, a thread has `gzip(1)` do it, one after the other. What a rotation brings
    /// while it is at work stays as it is.
    ///
    /// With [`Builder::rotate`] a start, and each rotation, also removes `LOG.N` and `LOG.N.gz` beyond
    /// the number, up to 1000: they are from when more were kept. Other names are left alone.
    pub fn keep(mut self, keep: Keep) -> Self {
        self.config.keep = keep;
        self
    }

    /// Limits the records of each call site. The rest is counted, and the log says how many there were
    /// of which line when the time is over, with the next record of any kind, or when the process ends.
    ///
    /// Call sites are those of `log`'s macros, the first 1024 that log. Costs an allocation at the
    /// first record of each. What was counted when a SIGKILL came is not told.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.config.limit = limit;
        self
    }

    /// Chooses what becomes of a record that equals the one before, but for its time. If repeats are
    /// folded, `last message repeated 7 times` stands for them before the next other record, at the next
    /// record of any kind when a second is over, or when the process ends.
    pub fn repeats(mut self, repeats: Repeats) -> Self {
        self.config.repeats = repeats;
        self
    }

    /// Opens the output and makes this the logger of the process, for good. Starts no thread.
    /// Recovers first what a dead process left, see [`recover()`](super::recover()).
    ///
    /// Reads the time zone, `NO_COLOR` and `JOURNAL_STREAM` here and never again.
    ///
    /// # Errors
    /// The output cannot be opened; a setting needs the feature `log-extras`; or the process has a logger: this one
    /// already ([`Error::Installed`]), or another crate's ([`Error::Foreign`]). After the latter
    /// [`installed`](super::installed) has this one, and `log`'s macros go to the other.
    pub fn install(self) -> Result<&'static Logger, Error> {
        let config = self.config;
        config.check()?;
        let aging = Aging {
            rotate: config.rotate,
            keep: config.keep,
        };
        let mut recovery = Ok(0);
        let mut to_file = |place| {
            recovery = recover_at(&place);
            Sink::file(place, config.buffer.size(), aging)
        };
        let sink = match self.output {
            Output::File(path) => to_file(LogPlace::of(&path)?)?,
            Output::Found(place) => to_file(LogPlace::found(place))?,
            Output::Syslog { .. } if !LOG_EXTRAS => return Err(Error::Extra("syslog:".to_owned())),
            Output::Syslog { name, socket } => Sink::syslog_to(Syslog::new(&name, &socket))?,
            Output::Stdout => Sink::stream(io::stdout().as_fd(), audience_of(&io::stdout()))?,
            Output::Stderr => Sink::stream(io::stderr().as_fd(), audience_of(&io::stderr()))?,
        };
        let throttle = Throttle::new(config.limit, config.repeats);
        let logger = Logger::new(sink, config.format, throttle).install(config.level)?;
        if let Err(error) = recovery {
            logger.log(
                Level::Warn,
                format_args!("left the records of a dead process in its staging file: {error}"),
            );
        }
        Ok(logger)
    }
}

/// Returns who reads `stream`.
fn audience_of(stream: &(impl IsTerminal + AsFd)) -> Audience {
    if is_journal(stream) {
        Audience::Journal
    } else if stream.is_terminal() && wants_colour() {
        Audience::Colour
    } else {
        Audience::Plain
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
