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
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("collector")
        .log_level(::daemon_rt::logger::Level::Debug)
        .log_format(::daemon_rt::logger::Format::Short)
        .start_timeout(::core::time::Duration::from_secs(30))
        .stop_timeout(::core::time::Duration::from_secs(20))
        .hang_after(::core::time::Duration::from_secs(60))
        .children(::daemon_rt::spec::Children::Own);
    /// Lists the steps from the caller to the daemon. `Step` documents each of them.
    const STEPS: &'static [::daemon_rt::Step] = &[
        ::daemon_rt::Step::Check,
        ::daemon_rt::Step::Fork,
        ::daemon_rt::Step::Setsid,
        ::daemon_rt::Step::ForkAgain,
        ::daemon_rt::Step::CloseDescriptors,
        ::daemon_rt::Step::TakeLock,
        ::daemon_rt::Step::ResetSignals,
        ::daemon_rt::Step::SetUmask,
        ::daemon_rt::Step::ChangeDir,
        ::daemon_rt::Step::CleanEnvironment,
        ::daemon_rt::Step::Listen,
        ::daemon_rt::Step::WritePidFile,
        ::daemon_rt::Step::DropPrivileges,
        ::daemon_rt::Step::OpenLog,
        ::daemon_rt::Step::SetTitle,
        ::daemon_rt::Step::CatchSignals,
    ];
    type Life = ::daemon_rt::Turns;
}
impl ::daemon_rt::Hooks for Collector {
    /// Builds the daemon in the detached process.
    fn create(
        _: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::by_default()
    }
    /// Calls the method for an event.
    fn dispatch(
        &mut self,
        event: ::daemon_rt::Event<'_>,
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
