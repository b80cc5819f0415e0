//! The loggers that are compared, each set up as its documentation says, writing each record at
//! once unless its name says otherwise.

use std::any::Any;
use std::fmt;
use std::fs::File;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use daemon_rt::logger::{Buffer, Builder, Filter, Level, Logger};
use log::LevelFilter;

use crate::floor;

/// A logger, and how to log with it.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// Whether `log`'s macros lead to it.
    pub(crate) of_log: bool,
    /// Sets it up on a file; what comes back is dropped at the end.
    pub(crate) install: fn(&Path) -> Box<dyn Any>,
    /// Logs a record.
    pub(crate) emit: fn(usize),
    /// Logs this number of records that `info,noisy=warn,server=debug` refuses by their target.
    /// The loop is in here: a call of a pointer for each would be most of what is measured.
    pub(crate) refused: fn(usize),
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The loggers that stand behind `log`'s macros.
const fn logs(name: &'static str, install: fn(&Path) -> Box<dyn Any>) -> Subject {
    Subject {
        name,
        of_log: true,
        install,
        emit: |number| {
            log::info!(
                "request {number} from {} took {number} us, status {}",
                "192.0.2.7",
                200
            );
        },
        refused: |count| {
            for number in 0..count {
                log::info!(target: "noisy", "request {}", black_box(number));
            }
        },
    }
}

const fn traces(name: &'static str, install: fn(&Path) -> Box<dyn Any>) -> Subject {
    Subject {
        name,
        of_log: false,
        install,
        emit: |number| {
            tracing::info!(
                "request {number} from {} took {number} us, status {}",
                "192.0.2.7",
                200
            );
        },
        refused: |count| {
            for number in 0..count {
                tracing::info!(target: "noisy", "request {}", black_box(number));
            }
        },
    }
}

const fn spdlogs(name: &'static str, install: fn(&Path) -> Box<dyn Any>) -> Subject {
    Subject {
        name,
        of_log: false,
        install,
        emit: |number| {
            spdlog::info!(
                "request {number} from {} took {number} us, status {}",
                "192.0.2.7",
                200
            );
        },
        // It has no filter by target.
        refused: |count| {
            for number in 0..count {
                spdlog::debug!("request {}", black_box(number));
            }
        },
    }
}

pub(crate) const SUBJECTS: [Subject; 13] = [
    logs("ready-line", |file| floor::install(file, false)),
    logs("floor", |file| floor::install(file, true)),
    logs("daemon-rt", |file| ours(file, "seed")),
    logs("daemon-rt buffered", ours_buffered),
    logs("daemon-rt full", |file| ours(file, "full")),
    logs("daemon-rt json", |file| ours(file, "json")),
    logs("fern", fern),
    logs("env_logger", env_logger),
    logs("flexi_logger", flexi_logger),
    spdlogs("spdlog-rs", |file| {
        spdlog_rs(file, spdlog::LevelFilter::All)
    }),
    spdlogs("spdlog-rs buffered", |file| {
        spdlog_rs(file, spdlog::LevelFilter::Off)
    }),
    traces("tracing", |file| tracing(appended(file))),
    traces("tracing-appender", tracing_appender),
];

fn ours(file: &Path, format: &str) -> Box<dyn Any> {
    our_builder(file)
        .format(format.parse().unwrap())
        .install()
        .unwrap();
    Box::new(())
}

fn ours_buffered(file: &Path) -> Box<dyn Any> {
    our_builder(file).buffer(Buffer::kib(64)).install().unwrap();
    Box::new(())
}

fn our_builder(file: &Path) -> Builder {
    Logger::builder()
        .file(file)
        .level(Filter::all(Level::Info).with(&[("noisy", Level::Warn), ("server", Level::Debug)]))
}

fn appended(file: &Path) -> File {
    File::options()
        .append(true)
        .create(true)
        .open(file)
        .unwrap()
}

/// It leaves the time to its users: here the floor's, which is cheap.
fn fern(file: &Path) -> Box<dyn Any> {
    let dispatch = fern::Dispatch::new()
        .format(|out, message, _| out.finish(format_args!("{} : {message}", floor::stamp())))
        .level(LevelFilter::Info)
        .level_for("noisy", LevelFilter::Warn)
        .level_for("server", LevelFilter::Debug);
    dispatch
        .chain(fern::log_file(file).unwrap())
        .apply()
        .unwrap();
    Box::new(())
}

fn env_logger(file: &Path) -> Box<dyn Any> {
    env_logger::Builder::new()
        .parse_filters("info,noisy=warn,server=debug")
        .target(env_logger::Target::Pipe(Box::new(appended(file))))
        .init();
    Box::new(())
}

fn flexi_logger(file: &Path) -> Box<dyn Any> {
    let place = flexi_logger::FileSpec::try_from(file).unwrap();
    let logger = flexi_logger::Logger::try_with_str("info,noisy=warn,server=debug").unwrap();
    Box::new(logger.log_to_file(place).append().start().unwrap())
}

fn spdlog_rs(file: &Path, flushed: spdlog::LevelFilter) -> Box<dyn Any> {
    let sink = spdlog::sink::FileSink::builder()
        .path(file)
        .build()
        .unwrap();
    let logger = spdlog::Logger::builder()
        .sink(Arc::new(sink))
        .flush_level_filter(flushed)
        .level_filter(spdlog::LevelFilter::MoreSevereEqual(spdlog::Level::Info))
        .build()
        .unwrap();
    let logger = Arc::new(logger);
    spdlog::set_default_logger(logger.clone());
    Box::new(Flushed(logger))
}

struct Flushed(Arc<spdlog::Logger>);

impl Drop for Flushed {
    fn drop(&mut self) {
        self.0.flush();
    }
}

fn tracing(file: File) -> Box<dyn Any> {
    set_tracing(file);
    Box::new(())
}

fn tracing_appender(file: &Path) -> Box<dyn Any> {
    let builder = tracing_appender::non_blocking::NonBlockingBuilder::default().lossy(false);
    let (writer, guard) = builder.finish(appended(file));
    set_tracing(writer);
    Box::new(guard)
}

fn set_tracing<W>(writer: W)
where
    W: for<'a> tracing_subscriber::fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;

    let filter = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("noisy", LevelFilter::WARN)
        .with_target("server", LevelFilter::DEBUG);
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(writer);
    tracing_subscriber::registry()
        .with(filter)
        .with(layer)
        .init();
}
