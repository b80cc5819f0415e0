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
        .pid_file(::core::option::Option::None)
        .working_dir("/")
        .umask(0o027)
        .env(::daemon_rt::spec::Env::Cleaned)
        .user(::core::option::Option::None)
        .group(::core::option::Option::None)
        .title("server")
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
        use ::daemon_rt::{Event, Outcome, Signal};
        match event {
            Event::Run => Outcome::of(self.run()),
            Event::Signal(Signal::SIGQUIT, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGTRAP, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGABRT, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGUSR1, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGUSR2, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGPIPE, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGALRM, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGCONT, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGTSTP, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGTTIN, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGTTOU, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGURG, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGXCPU, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGXFSZ, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGVTALRM, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGPROF, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGWINCH, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGIO, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGPWR, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::SIGSYS, by) => Outcome::of(self.on_signal(by.get())),
            Event::Signal(Signal::Realtime(29), by) => {
                Outcome::of(self.on_signal(by.get()))
            }
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    let free = (1..=31).filter_map(Signal::from_number).count() - 4;
    assert_eq!(Server::SPEC.signals.len(), free + 1);
}
