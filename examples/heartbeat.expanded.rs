//! A daemon with timers and without `run`: it beats every second and measures the delay.
use std::process::ExitCode;
use std::time::{Duration, Instant};
use daemon_rt::{Context, daemon};
use log::{debug, info};
struct Heartbeat {
    beats: u64,
    last: Instant,
    worst: Duration,
}
impl Heartbeat {
    fn new() -> Self {
        Self {
            beats: 0,
            last: Instant::now(),
            worst: Duration::ZERO,
        }
    }
    /// Reports the delay to `status`, and each beat to the log.
    fn beat(&mut self, context: &mut Context) {
        let late = self.last.elapsed().saturating_sub(Duration::from_secs(1));
        self.last = Instant::now();
        self.worst = self.worst.max(late);
        self.beats += 1;
        debug!("beat {}", self.beats);
        context.status(&format!("beating, at worst {} ms late", self.worst.as_millis()));
    }
    fn report(&mut self) {
        info!("a minute, at worst {} ms late", self.worst.as_millis());
        self.worst = Duration::ZERO;
    }
}
/// Runs `Heartbeat` as a daemon named `heartbeat`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Heartbeat {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("heartbeat")
        .signals(&[])
        .timers(
            &[
                ::daemon_rt::spec::Timer::new(
                    "beat",
                    ::core::time::Duration::from_secs(1),
                ),
                ::daemon_rt::spec::Timer::new(
                    "report",
                    ::core::time::Duration::from_secs(60),
                ),
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("heartbeat")
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
impl ::daemon_rt::Hooks for Heartbeat {
    /// Builds the daemon in the detached process.
    fn create(
        _: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::created::<Self>(Self::new())
    }
    /// Calls the method for an event.
    fn dispatch(
        &mut self,
        event: ::daemon_rt::Event<'_>,
        context: &mut ::daemon_rt::Context,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Timer("beat") => Outcome::of(self.beat(context)),
            Event::Timer("report") => Outcome::of(self.report()),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() -> ExitCode {
    daemon_rt::main::<Heartbeat>()
}
