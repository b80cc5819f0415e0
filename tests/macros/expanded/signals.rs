//! Methods for single signals, beside the general one; realtime signals; every shape of them.
use daemon_rt::{Context, Daemon, Signal, SignalInfo, daemon};
#[derive(Default)]
struct Jobs;
impl Jobs {
    fn run(&mut self) {}
    fn on_signal(&mut self, _: SignalInfo, _: &mut Context) {}
    fn dump(&mut self) {}
    fn resize(&mut self, _: &mut Context) {}
    fn job(&mut self, _info: SignalInfo, _: &mut Context) -> Result<(), std::io::Error> {
        Ok(())
    }
}
/// Runs `Jobs` as a daemon named `jobs`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Jobs {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("jobs")
        .signals(
            &[
                ::daemon_rt::Signal::SIGUSR1,
                ::daemon_rt::Signal::SIGUSR2,
                ::daemon_rt::Signal::SIGWINCH,
                ::daemon_rt::Signal::Realtime(0),
                ::daemon_rt::Signal::Realtime(3),
                ::daemon_rt::Signal::SIGIO,
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("jobs")
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
impl ::daemon_rt::Hooks for Jobs {
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
        context: &mut ::daemon_rt::Context,
    ) -> ::daemon_rt::Outcome {
        use ::daemon_rt::{Event, Outcome, Signal};
        match event {
            Event::Run => Outcome::of(self.run()),
            Event::Signal(Signal::SIGUSR1, _) => Outcome::of(self.dump()),
            Event::Signal(Signal::SIGUSR2, _) => Outcome::of(self.dump()),
            Event::Signal(Signal::SIGWINCH, _) => Outcome::of(self.resize(context)),
            Event::Signal(Signal::Realtime(0), _) => Outcome::of(self.resize(context)),
            Event::Signal(Signal::Realtime(3), by) => {
                Outcome::of(self.job(by.get(), context))
            }
            Event::Signal(Signal::SIGIO, by) => {
                Outcome::of(self.on_signal(by.get(), context))
            }
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    let declared = format!("{:?}", Jobs::SPEC);
    assert!(declared.contains("Realtime(0), Realtime(3)"), "{declared}");
}
