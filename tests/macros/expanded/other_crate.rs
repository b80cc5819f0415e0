//! The runtime under another name.
mod facade {
    pub extern crate daemon_rt as runtime;
}
use facade::runtime::Daemon;
#[derive(Default)]
struct Server;
impl Server {
    fn run(&mut self) {}
    fn on_signal(&mut self, _: facade::runtime::Signal) {}
}
/// Runs `Server` as a daemon named `server`; written by `#[daemon]`.
impl crate::facade::runtime::Daemon for Server {
    /// Declares the daemon and every default. A key without a method is off.
    const SPEC: crate::facade::runtime::Spec = crate::facade::runtime::Spec::new(
            "server",
        )
        .signals(&[crate::facade::runtime::Signal::SIGUSR1])
        .pid_file(::core::option::Option::None)
        .working_dir("/")
        .umask(0o027)
        .env(crate::facade::runtime::spec::Env::Cleaned)
        .user(::core::option::Option::None)
        .group(::core::option::Option::None)
        .title("server")
        .log_file(::core::option::Option::None)
        .log_level("debug")
        .log_format(crate::facade::runtime::logger::Format::Seed)
        .interval(::core::time::Duration::ZERO)
        .start_timeout(::core::time::Duration::from_secs(30))
        .stop_timeout(::core::time::Duration::from_secs(20))
        .hang_after(::core::time::Duration::from_secs(60))
        .children(crate::facade::runtime::spec::Children::Own);
    /// Builds the daemon in the detached process.
    fn create() -> ::core::result::Result<Self, crate::facade::runtime::Failure> {
        crate::facade::runtime::outcome::by_default()
    }
    /// Lists the steps from the caller to the daemon. `Detach` documents each step.
    fn detach(steps: crate::facade::runtime::Detach) -> crate::facade::runtime::Detach {
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
        event: crate::facade::runtime::Event,
        _: &mut crate::facade::runtime::Context,
    ) -> crate::facade::runtime::Outcome {
        use crate::facade::runtime::{Event, Outcome, Signal};
        match event {
            Event::Run => Outcome::of(self.run()),
            Event::Signal(Signal::SIGUSR1, by) => Outcome::of(self.on_signal(by.get())),
            _ => Outcome::Unhandled,
        }
    }
}
fn main() {
    assert_eq!(Server::SPEC.name, "server");
    assert!(Server::create().is_ok());
}
