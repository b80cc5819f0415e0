//! A program with commands of its own, one of which is a daemon.
use std::io;
use std::process::ExitCode;
use clap::Command;
use daemon_rt::{cli, daemon};
use log::info;
#[derive(Default)]
struct Collector;
impl Collector {
    /// Runs once a minute, because the shortest average covers one minute.
    fn collect(&mut self) -> io::Result<()> {
        info!("{}", load() ?);
        Ok(())
    }
    fn on_start(&mut self) -> io::Result<()> {
        self.collect()
    }
}
/// Runs `Collector` as a daemon named `collector`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Collector {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("collector")
        .signals(&[])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "collect",
                    ::core::time::Duration::from_secs(60),
                ),
            ],
        )
        .pid_file(::core::option::Option::None)
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .user(::core::option::Option::None)
        .group(::core::option::Option::None)
        .title("collector")
        .log_file(::core::option::Option::None)
        .log_level("debug")
        .log_format(::daemon_rt::logger::Format::Seed)
        .interval(::core::time::Duration::ZERO)
        .start_timeout(::core::time::Duration::from_secs(30))
        .stop_timeout(::core::time::Duration::from_secs(20))
        .hang_after(::core::time::Duration::from_secs(60))
        .children(::daemon_rt::spec::Children::Own);
    /// Builds the daemon in the detached process.
    fn create() -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::outcome::by_default()
    }
    /// Lists the steps from the caller to the daemon. `Detach` documents each step.
    fn detach(steps: ::daemon_rt::Detach) -> ::daemon_rt::Detach {
        steps
            .check()
            .fork()
            .setsid()
            .fork_again()
            .close_descriptors()
            .take_lock()
            .reset_signals()
            .set_umask()
            .change_dir()
            .clean_environment()
            .write_pid_file()
            .drop_privileges()
            .open_log()
            .set_title()
            .catch_signals()
    }
    /// Calls the method for an event.
    fn dispatch(
        &mut self,
        event: ::daemon_rt::Event,
        _: &mut ::daemon_rt::Context,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Start => Outcome::of(self.on_start()),
            Event::Timer("collect") => Outcome::of(self.collect()),
            _ => Outcome::Unhandled,
        }
    }
}
/// The load averages, proc_loadavg(5).
fn load() -> io::Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let averages = text.split(' ').take(3);
    Ok(averages.collect::<Vec<_>>().join(" "))
}
fn main() -> ExitCode {
    let show = Command::new("show").about("Show the load averages now");
    let program = Command::new("nested")
        .about("The load of this machine")
        .subcommand_required(true)
        .subcommand(show)
        .subcommand(
            cli::command::<Collector>().about("Collect the averages in the background"),
        );
    match program.get_matches().subcommand() {
        Some(("collector", matches)) => cli::dispatch::<Collector>(matches),
        _ => {
            match load() {
                Ok(load) => {
                    println!("{load}");
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    eprintln!("nested: {error}");
                    ExitCode::FAILURE
                }
            }
        }
    }
}
