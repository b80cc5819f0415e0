//! The least there is.
use daemon_rt::{Daemon, daemon};
#[derive(Default)]
struct Server;
impl Server {
    fn run(&mut self) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl ::daemon_rt::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: ::daemon_rt::Spec = ::daemon_rt::Spec::new("server")
        .signals(&[])
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
        use ::daemon_rt::{Event, Outcome};
        match event {
            Event::Run => Outcome::of(self.run()),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    assert!(Server::SPEC.signals.is_empty());
    assert!(Server::SPEC.timers.is_empty());
}
