//! The example's Server with the usual crates, to measure the cost of such a build.
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::time::{Duration, Instant, SystemTime};

use log::debug;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

/// Why the daemon did not start.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("cannot detach: {0}")]
    Detach(#[from] daemonize::Error),
    #[error("cannot log: {0}")]
    Log(#[from] fern::InitError),
    #[error("cannot catch signals: {0}")]
    Signals(#[from] std::io::Error),
}

#[cfg(feature = "by-hand-cli")]
mod options {
    use std::path::PathBuf;

    /// The command line.
    #[derive(Debug, clap::Parser)]
    pub(crate) struct Options {
        #[arg(long, default_value = "/run/server.pid")]
        pub(crate) pid_file: PathBuf,
        #[arg(long, default_value = "/var/log/server.log")]
        pub(crate) log_file: PathBuf,
    }

    pub(crate) fn get() -> Options {
        clap::Parser::parse()
    }
}

#[cfg(not(feature = "by-hand-cli"))]
mod options {
    use std::path::PathBuf;

    /// The settings that have no option.
    #[derive(Debug)]
    pub(crate) struct Options {
        pub(crate) pid_file: PathBuf,
        pub(crate) log_file: PathBuf,
    }

    pub(crate) fn get() -> Options {
        Options {
            pid_file: PathBuf::from("/run/server.pid"),
            log_file: PathBuf::from("/var/log/server.log"),
        }
    }
}

fn main() -> Result<(), Error> {
    let options = options::get();
    daemonize::Daemonize::new()
        .pid_file(options.pid_file)
        .working_directory("/")
        .umask(0o027)
        .start()?;
    let log = fern::log_file(options.log_file)?;
    let dispatch = fern::Dispatch::new().format(|out, message, _| {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        out.finish(format_args!(
            "{} : {message}",
            time.unwrap_or_default().as_secs()
        ));
    });
    dispatch.chain(log).apply().map_err(fern::InitError::from)?;
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2])?;
    serve(&mut signals);
    Ok(())
}

fn serve(signals: &mut Signals) {
    debug!("started with pid {}", std::process::id());
    loop {
        debug!("running");
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            for signal in signals.pending() {
                if signal == SIGTERM || signal == SIGINT {
                    return;
                }
                debug!("signal {signal}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
