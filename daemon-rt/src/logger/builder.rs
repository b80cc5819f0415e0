//! The builder of the logger.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::config::{Buffer, Config, Filter, Format, Keep, Limit, Repeats, Rotate};
use super::extras::{LOG_EXTRAS, needs_extras};
use super::format::Audience;
use super::instance::Logger;
use super::level::Level;
use super::log_place::LogPlace;
use super::recover::{recover, recover_at};
use super::sink::{Aging, Sink};
use super::syslog::{Syslog, SyslogTarget};
use super::throttle::Throttle;
use crate::error::Error;
use crate::trust;

/// Configures the logger of the process. [`Builder::install`] installs it.
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
    Syslog { name: String, target: SyslogTarget },
}

impl Logger {
    /// Returns a builder for a logger to stderr, with the level debug and the format
    /// [`Format::Short`].
    pub fn builder() -> Builder {
        Builder {
            output: Output::Stderr,
            config: Config::DEFAULT,
        }
    }

    /// Appends the records in the staging files of dead processes to the log at `path`. Returns
    /// their number.
    ///
    /// The runtime calls it in a daemon that starts. The verbs `status` and `stop` also call it for
    /// the user who owns the log. The verbs of root leave the log of a daemon with a `user` to its
    /// next start. The staging files of living processes are left alone.
    ///
    /// # Errors
    /// Fails if the log, or a staging file beside it, cannot be opened or written. The next call
    /// retries the remaining records.
    pub fn recover(path: impl AsRef<Path>) -> Result<usize, Error> {
        recover(path.as_ref())
    }
}

impl Builder {
    /// Appends to the file at `path`, and creates it with mode 0640 if it is missing.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.output = Output::File(path.into());
        self
    }

    /// Appends to the file at `place`, whose directories were checked already.
    pub(crate) fn file_at(mut self, place: trust::Place) -> Self {
        self.output = Output::Found(place);
        self
    }

    /// Writes to stderr. Output to a terminal is coloured unless `NO_COLOR` is set. If
    /// `JOURNAL_STREAM` names the stream, each line begins with a priority for journald.
    pub fn stderr(mut self) -> Self {
        self.output = Output::Stderr;
        self
    }

    /// Writes to stdout, with colours or priorities as for [`Builder::stderr`].
    pub fn stdout(mut self) -> Self {
        self.output = Output::Stdout;
        self
    }

    /// Sends each record to syslogd under `name`, as syslog(3) does: to `/dev/log`, in local time
    /// and with the facility `daemon`. The format shapes the message. Time, level and pid are in
    /// the header. The socket may be a datagram socket or a stream.
    ///
    /// Never waits for syslogd. A record is lost if syslogd is absent or its queue is full. The
    /// first record accepted afterwards is preceded by the number of lost ones. After a `chroot` a
    /// restarted syslogd is found only if the new root also contains the socket.
    pub fn syslog(self, name: impl Into<String>) -> Self {
        self.syslog_at(name, "/dev/log")
    }

    /// Sends each record to the syslogd at `socket`, as [`Builder::syslog`] does to `/dev/log`.
    pub fn syslog_at(self, name: impl Into<String>, socket: impl Into<PathBuf>) -> Self {
        let (socket, is_rfc5424) = (socket.into(), false);
        self.syslog_target(name, SyslogTarget { socket, is_rfc5424 })
    }

    /// Sends each record to the syslogd at `socket` in the form of RFC 5424. A syslogd reads it
    /// only if it is configured for it.
    pub fn syslog_rfc5424(self, name: impl Into<String>, socket: impl Into<PathBuf>) -> Self {
        let (socket, is_rfc5424) = (socket.into(), true);
        self.syslog_target(name, SyslogTarget { socket, is_rfc5424 })
    }

    pub(crate) fn syslog_target(mut self, name: impl Into<String>, target: SyslogTarget) -> Self {
        let name = name.into();
        self.output = Output::Syslog { name, target };
        self
    }

    /// Sets all values of [`Config`].
    pub(crate) fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets the filter: the least severe [`Level`] to write, or a [`Filter`] by target.
    pub fn level(mut self, filter: impl Into<Filter>) -> Self {
        self.config.level = filter.into();
        self
    }

    /// Sets the format of a line.
    pub fn format(mut self, format: Format) -> Self {
        self.config.format = format;
        self
    }

    /// Buffers records in a staging file beside the log, `LOG.stage.PID`. Each process creates one
    /// at its first record. Streams are not buffered.
    ///
    /// The buffer is written to the log when it is full, and with each record of level error or
    /// above. A thread `log` writes the rest within a second. If the file or the thread cannot be
    /// created, each record is written at once.
    ///
    /// Every record is whole in the log at least once. After the death of the process, even by
    /// SIGKILL, [`Logger::recover`] restores the missing ones. A SIGKILL inside one
    /// `write(2)`, or a full disk, may also leave a partial record on a line of its own. Either all
    /// processes of a log should buffer or none of them, because the recovery of a mixture is not
    /// exact.
    pub fn buffer(mut self, buffer: Buffer) -> Self {
        self.config.buffer = buffer;
        self
    }

    /// Rotates the log inside the process: `LOG` becomes `LOG.1`, which becomes `LOG.2`, and so on.
    /// The size is checked at most once a second, so a file may exceed it for a second.
    ///
    /// Any number of processes may rotate one log. The process needs write access to the directory.
    pub fn rotate(mut self, rotate: Rotate) -> Self {
        self.config.rotate = rotate;
        self
    }

    /// Limits the old files, to seven by default. A rotation removes the oldest. To compress them,
    /// a thread runs `gzip(1)` for one file at a time. Files of a rotation that happens meanwhile
    /// are not compressed.
    ///
    /// With [`Builder::rotate`], a start and each rotation also remove surplus files of an earlier,
    /// larger limit. These are `LOG.N` and `LOG.N.gz` with N above the limit and up to 1000. Other
    /// names are left alone.
    pub fn keep(mut self, keep: Keep) -> Self {
        self.config.keep = keep;
        self
    }

    /// Limits the records of each call site. Further records are counted, and the log reports their
    /// number and line. It does so with the next record after the period, or when the process ends.
    ///
    /// A call site is a use of a macro of `log`. The first 1024 that log are limited. The first
    /// record of each costs an allocation. A SIGKILL loses the counts that were not reported.
    pub fn limit(mut self, limit: Limit) -> Self {
        self.config.limit = limit;
        self
    }

    /// Sets the treatment of a record that repeats the previous one but for its time. Folded
    /// repeats appear as `last message repeated 7 times`. That line is written before the next
    /// different record, at the next record after a second, or when the process ends.
    pub fn repeats(mut self, repeats: Repeats) -> Self {
        self.config.repeats = repeats;
        self
    }

    /// Opens the output and installs the logger for the life of the process. Starts no thread.
    /// First recovers the records of dead processes, see [`Logger::recover`].
    ///
    /// Reads the time zone, `NO_COLOR` and `JOURNAL_STREAM` at this call. The daemon reads the time
    /// zone again at a reload. If `TZ` or `/etc/localtime` cannot be read, the log says so.
    ///
    /// # Errors
    /// Fails if the output cannot be opened, if a setting needs the feature `log-extras`, or if
    /// this logger is installed already. Also fails if another crate has set the logger of `log`.
    /// In that case [`Logger::installed`] returns this logger, but `log`'s macros use the other
    /// one.
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
            Output::Syslog { .. } if !LOG_EXTRAS => return Err(needs_extras("syslog:")),
            Output::Syslog { name, target } => Sink::syslog_to(Syslog::new(&name, target))?,
            Output::Stdout => Sink::stream(io::stdout().as_fd(), audience_of(&io::stdout()))?,
            Output::Stderr => Sink::stream(io::stderr().as_fd(), audience_of(&io::stderr()))?,
        };
        let throttle = Throttle::new(config.limit, config.repeats);
        let logger = Logger::new(sink, config.format, throttle).install(config.level)?;
        logger.report_zone();
        if let Err(error) = recovery {
            logger.log(
                Level::Warn,
                format_args!("left the records of a dead process in its staging file: {error}"),
            );
        }
        Ok(logger)
    }
}

/// Returns the audience of `stream`.
fn audience_of(stream: &(impl IsTerminal + AsFd)) -> Audience {
    if is_journal(stream) {
        Audience::Journal
    } else if stream.is_terminal() && wants_colour() {
        Audience::Colour
    } else {
        Audience::Plain
    }
}

/// Returns whether a terminal should show colours. A non-empty `NO_COLOR` forbids them, see
/// <https://no-color.org>, and a dumb terminal has no colours.
fn wants_colour() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}

/// Returns whether `JOURNAL_STREAM` names this stream by its device and inode, see systemd.exec(5).
fn is_journal(stream: &impl AsFd) -> bool {
    let Ok(open) = nix::sys::stat::fstat(stream) else {
        return false;
    };
    let journal = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    journal == format!("{}:{}", open.st_dev, open.st_ino)
}
