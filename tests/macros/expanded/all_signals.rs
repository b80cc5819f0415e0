//! Every signal that a daemon may list.
use daemon_rt::{Daemon, Signal, daemon};
#[derive(Default)]
struct Server;
impl Server {
    fn run(&mut self) {}
    fn on_signal(&mut self, _: Signal) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(
            &[
                ::daemon_rt::Signal::SIGQUIT,
                ::daemon_rt::Signal::SIGTRAP,
                ::daemon_rt::Signal::SIGABRT,
                ::daemon_rt::Signal::SIGUSR1,
                ::daemon_rt::Signal::SIGUSR2,
                ::daemon_rt::Signal::SIGPIPE,
                ::daemon_rt::Signal::SIGALRM,
                ::daemon_rt::Signal::SIGCONT,
                ::daemon_rt::Signal::SIGTSTP,
                ::daemon_rt::Signal::SIGTTIN,
                ::daemon_rt::Signal::SIGTTOU,
                ::daemon_rt::Signal::SIGURG,
                ::daemon_rt::Signal::SIGXCPU,
                ::daemon_rt::Signal::SIGXFSZ,
                ::daemon_rt::Signal::SIGVTALRM,
                ::daemon_rt::Signal::SIGPROF,
                ::daemon_rt::Signal::SIGWINCH,
                ::daemon_rt::Signal::SIGIO,
                ::daemon_rt::Signal::SIGPWR,
                ::daemon_rt::Signal::SIGSYS,
                ::daemon_rt::Signal::Realtime(29),
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
            Event::Run => Outcome::of(self.run()),
            Event::Signal(
                Signal::SIGQUIT
                | Signal::SIGTRAP
                | Signal::SIGABRT
                | Signal::SIGUSR1
                | Signal::SIGUSR2
                | Signal::SIGPIPE
                | Signal::SIGALRM
                | Signal::SIGCONT
                | Signal::SIGTSTP
                | Signal::SIGTTIN
                | Signal::SIGTTOU
                | Signal::SIGURG
                | Signal::SIGXCPU
                | Signal::SIGXFSZ
                | Signal::SIGVTALRM
                | Signal::SIGPROF
                | Signal::SIGWINCH
                | Signal::SIGIO
                | Signal::SIGPWR
                | Signal::SIGSYS
                | Signal::Realtime(29),
                by,
            ) => Outcome::of(self.on_signal(by.get())),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    let free = (1..=31).filter_map(Signal::from_number).count() - 4;
    let declared = format!("{:?}", Server::SPEC);
    assert_eq!(declared.matches("SIG").count(), free);
    assert!(declared.contains("Realtime"), "{declared}");
}
