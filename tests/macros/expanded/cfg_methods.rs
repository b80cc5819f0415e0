//! Methods under `#[cfg]`: what refers to them goes with them.
use daemon_rt::spec::Timer;
use daemon_rt::{Daemon, Hooks, Resources, Signal, daemon};
#[derive(Default)]
struct Server {
    built_by_new: bool,
}
impl Server {
    #[cfg(windows)]
    fn new() -> Self {
        Self { built_by_new: true }
    }
    #[cfg(windows)]
    fn run(&mut self) {
        missing();
    }
    #[cfg(not(windows))]
    fn run(&mut self) {}
    #[cfg(windows)]
    fn on_reload(&mut self) {
        missing();
    }
    fn on_signal(&mut self, _: Signal) {}
    #[cfg(unix)]
    fn dump(&mut self) {}
    #[cfg(windows)]
    #[cfg(debug_assertions)]
    fn print(&mut self) {
        missing();
    }
    #[cfg(windows)]
    fn flush(&mut self) {
        missing();
    }
    #[cfg(unix)]
    fn flush(&mut self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[::daemon_rt::Signal::SIGUSR1, ::daemon_rt::Signal::SIGUSR2])
        .timers(
            &[
                #[cfg(windows)]
                ::daemon_rt::spec::Timer::new(
                    "flush",
                    ::core::time::Duration::from_secs(1),
                ),
                #[cfg(unix)]
                ::daemon_rt::spec::Timer::new(
                    "flush",
                    ::core::time::Duration::from_secs(2),
                ),
            ],
        )
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .title("server")
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
impl ::daemon_rt::Hooks for Server {
    /// Builds the daemon in the detached process.
    #[cfg(windows)]
    fn create(
        _: &mut ::daemon_rt::Resources<'_>,
    ) -> ::core::result::Result<Self, ::daemon_rt::Failure> {
        ::daemon_rt::__private::created::<Self>(Self::new())
    }
    /// Builds the daemon in the detached process.
    #[cfg(not(windows))]
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
        use ::daemon_rt::{Event, Outcome, Signal};
        match event {
            #[cfg(windows)]
            Event::Run => Outcome::of(self.run()),
            #[cfg(not(windows))]
            Event::Run => Outcome::of(self.run()),
            #[cfg(windows)]
            Event::Reload(_) => Outcome::of(self.on_reload()),
            #[cfg(unix)]
            Event::Signal(Signal::SIGUSR1, _) => Outcome::of(self.dump()),
            #[cfg(not(unix))]
            Event::Signal(Signal::SIGUSR1, by) => Outcome::of(self.on_signal(by.get())),
            #[cfg(windows)]
            #[cfg(debug_assertions)]
            Event::Signal(Signal::SIGUSR2, _) => Outcome::of(self.print()),
            #[cfg(not(all(windows, debug_assertions)))]
            Event::Signal(Signal::SIGUSR2, by) => Outcome::of(self.on_signal(by.get())),
            #[cfg(windows)]
            Event::Timer("flush") => Outcome::of(self.flush()),
            #[cfg(unix)]
            Event::Timer("flush") => Outcome::of(self.flush()),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    assert_eq!(
        Server::create(& mut Resources::default()).map(| server | server.built_by_new)
        .ok(), Some(false)
    );
    let flush = Timer::new("flush", std::time::Duration::from_secs(2));
    assert!(format!("{:?}", Server::SPEC) .contains(& format!("timers: [{flush:?}]")));
}
